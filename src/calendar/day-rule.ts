/**
 * The rules that people say in words: `every sunday`, `weekdays`, `2nd tuesday + 4 days`, `day 15`.
 * "Patch Tuesday" is the second Tuesday of a month; an offset in days counts from the day named, so
 * that "2nd tuesday + 4 days" can fall into the third week, where the third Saturday would be wrong in
 * months that begin on a Wednesday.
 */
export interface DayRule {
  /** As RFC 5545 §3.3.10 writes it. */
  readonly rule: string;
  readonly shiftDays: number;
}

const WEEKDAYS: Readonly<Record<string, string>> = {
  monday: "MO",
  tuesday: "TU",
  wednesday: "WE",
  thursday: "TH",
  friday: "FR",
  saturday: "SA",
  sunday: "SU",
};

const PLACES: Readonly<Record<string, number>> = {
  "1st": 1,
  first: 1,
  "2nd": 2,
  second: 2,
  "3rd": 3,
  third: 3,
  "4th": 4,
  fourth: 4,
  "5th": 5,
  fifth: 5,
  last: -1,
};

const SHIFT_DAYS_MAX = 31;
export const DAY_RULE_HINT =
  "write every day, weekdays, weekends, every sunday, every monday and thursday, 2nd tuesday, last friday, patch tuesday, day 15 or last day, each with an offset such as + 4 days where wanted";

/** `null` for anything else. */
export function dayRuleFromText(text: string): DayRule | null {
  const words = text.trim().toLowerCase().replace(/\s+/g, " ");
  const match = /^(.*?)(?: ?([+-]) ?(\d{1,2}) days?)?$/.exec(words);
  const rule = ruleOf(match?.[1]?.trim() ?? "");
  const size = Number(match?.[3] ?? 0);
  if (rule === null || size > SHIFT_DAYS_MAX) return null;
  return { rule, shiftDays: match?.[2] === "-" && size > 0 ? -size : size };
}

function ruleOf(words: string): string | null {
  if (words === "every day" || words === "daily") return "FREQ=DAILY";
  if (words === "weekdays") return "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR";
  if (words === "weekends") return "FREQ=WEEKLY;BYDAY=SA,SU";
  if (words === "patch tuesday") return "FREQ=MONTHLY;BYDAY=2TU";
  if (words === "last day") return "FREQ=MONTHLY;BYMONTHDAY=-1";
  const day = Number(/^day (\d{1,2})$/.exec(words)?.[1] ?? 0);
  if (day >= 1 && day <= 31) return `FREQ=MONTHLY;BYMONTHDAY=${day}`;
  const weekly = weekdaysOf(/^every (.+)$/.exec(words)?.[1] ?? "");
  if (weekly !== null) return `FREQ=WEEKLY;BYDAY=${weekly}`;
  const [place = "", weekday = "", ...rest] = words.replace(/ of the month$/, "").split(" ");
  const code = WEEKDAYS[weekday];
  const nth = PLACES[place];
  const isNth = code !== undefined && nth !== undefined && rest.length === 0;
  return isNth ? `FREQ=MONTHLY;BYDAY=${nth}${code}` : null;
}

function weekdaysOf(words: string): string | null {
  const codes = words.split(/(?:, ?| and )/).map((word) => WEEKDAYS[word]);
  return codes.length > 0 && codes.every((code) => code !== undefined) ? codes.join(",") : null;
}
