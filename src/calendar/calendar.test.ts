import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Temporal } from "temporal-polyfill";
import { describe, expect, it } from "vitest";
import { DAY_MS, HOUR_MS } from "../base/instant.ts";
import { calendarJsonSchema, parseCalendar } from "./calendar-policy.ts";
import { dayRuleFromText } from "./day-rule.ts";
import { entryTimes } from "./entry-times.ts";
import { hostTimes } from "./host-times.ts";
import { hostZone } from "./host-zone.ts";
import type { Calendar } from "./model.ts";
import { whenNext } from "./when-next.ts";
import { closedToText, toldToText, whenNextToText } from "./words.ts";

const head = "format: fettle-calendar 1\nzone: Europe/Berlin\nothers: closed\n";

function calendarOf(text: string): Calendar {
  return parseCalendar(head + text, "calendar.yaml").calendar;
}

const at = (text: string): number => Date.parse(text);
const berlin = { labels: { env: "prod" }, zone: "Europe/Berlin" };

function open(calendar: Calendar, from: string, days: number, host = berlin): string[] {
  const span = { from: at(from), to: at(from) + days * DAY_MS };
  const times = hostTimes(calendar, host, { span, urgency: "normal" });
  return times.open.map((one) =>
    [one.from, one.to].map((t) => new Date(t).toISOString()).join(" "),
  );
}

const patchTuesday = `windows:
  - { name: servers, hosts: env=prod, zone: host, on: patch tuesday + 4 days, at: "22:00", lasts: 4h }
`;

describe("a window after Patch Tuesday", () => {
  it("follows the second Tuesday, also where its weekday's own count would differ", () => {
    // September 2027 begins on a Wednesday: its second Tuesday is the 14th, its second Saturday the 11th.
    expect(open(calendarOf(patchTuesday), "2027-09-01T00:00Z", 30)).toEqual([
      "2027-09-18T20:00:00.000Z 2027-09-19T00:00:00.000Z",
    ]);
  });

  it("opens on the wall clock of each host, told by its label, by itself or by the calendar", () => {
    const calendar = calendarOf(patchTuesday);
    const tokyo = { labels: { env: "prod", tz: "Asia.Tokyo" }, zone: "Europe/Berlin" };
    expect(open(calendar, "2026-12-01T00:00Z", 30, tokyo)).toEqual([
      "2026-12-12T13:00:00.000Z 2026-12-12T17:00:00.000Z",
    ]);
    const silent = { labels: { env: "prod" }, zone: null } as unknown as typeof berlin;
    expect(open(calendar, "2026-12-01T00:00Z", 30, silent)).toEqual(
      open(calendar, "2026-12-01T00:00Z", 30),
    );
    expect(hostZone({ labels: { tz: "Mars" }, zone: null }, "UTC")).toEqual({
      zone: "UTC",
      from: "calendar",
      unknown: "Mars",
    });
  });

  it("is asked for in words that people use, and in no others", () => {
    expect(dayRuleFromText("Second Tuesday + 4 days")).toEqual({
      rule: "FREQ=MONTHLY;BYDAY=2TU",
      shiftDays: 4,
    });
    expect(dayRuleFromText("last friday of the month")?.rule).toBe("FREQ=MONTHLY;BYDAY=-1FR");
    expect(dayRuleFromText("every monday and thursday")?.rule).toBe("FREQ=WEEKLY;BYDAY=MO,TH");
    expect(dayRuleFromText("last day - 2 days")).toEqual({
      rule: "FREQ=MONTHLY;BYMONTHDAY=-1",
      shiftDays: -2,
    });
    for (const text of ["", "tuesday", "6th monday", "every", "day 32", "2nd tuesday + 99 days"]) {
      expect(dayRuleFromText(text), text).toBeNull();
    }
  });
});

describe("what closes hosts", () => {
  const calendar = calendarOf(`${patchTuesday}freezes:
  - { name: year-end, hosts: all, from: "2026-12-12T23:00", to: "2027-01-04T00:00", reason: books, emergency: passes }
blackouts:
  - { name: move, hosts: env=prod, from: "2026-12-12T22:00", to: "2026-12-12T22:30", reason: power }
peaks:
  - { name: friday-sale, hosts: shop=yes, on: every friday, at: "08:00", lasts: 12h, reason: sale }
`);

  it("is taken out of windows, half open, and only for the hosts it names", () => {
    expect(open(calendar, "2026-12-01T00:00Z", 30)).toEqual([
      "2026-12-12T21:30:00.000Z 2026-12-12T22:00:00.000Z",
    ]);
  });

  it("is passed by an emergency where it says so, a blackout never", () => {
    const span = { from: at("2026-12-12T20:00Z"), to: at("2026-12-13T20:00Z") };
    const times = hostTimes(calendar, berlin, { span, urgency: "emergency" });
    expect(times.open).toEqual([{ from: at("2026-12-12T21:30Z"), to: at("2026-12-13T01:00Z") }]);
    expect(times.passed.map(({ entry }) => entry.name)).toEqual(["year-end"]);
  });

  it("says why not now with the strongest reason first, and when it opens next", () => {
    const now = at("2026-12-12T21:10Z");
    const when = whenNext(calendar, berlin, { now, urgency: "normal" });
    expect(when.closed.map((one) => one.why)).toEqual(["closed-by"]);
    expect(whenNextToText(when)).toBe(
      'Can be patched next from 2026-12-12 22:30 +01:00 (Europe/Berlin) until 2026-12-12 23:00 +01:00 (Europe/Berlin) (servers). Not now: the blackout "move" (calendar.yaml) holds until 2026-12-12T21:30:00.000Z: power.',
    );
    const later = whenNext(calendar, berlin, { now: at("2026-12-20T12:00Z"), urgency: "normal" });
    expect(later.closed.map(closedToText)).toEqual([
      'the freeze "year-end" (calendar.yaml) holds until 2027-01-03T23:00:00.000Z: books; a change of the class emergency passes it',
      'no maintenance window is open; "servers" opens 2027-01-16T21:00:00.000Z',
    ]);
  });

  it("keeps a host closed that no window selects where the file says so", () => {
    const when = whenNext(calendar, { labels: {}, zone: null }, { now: 0, urgency: "normal" });
    expect(when.next).toBeNull();
    expect(when.closed).toEqual([{ why: "no-window-at-all" }]);
    const free = { ...calendar, others: "open" as const, entries: [] };
    expect(whenNextToText(whenNext(free, berlin, { now: 0, urgency: "normal" }))).toBe(
      "Can be patched at any time: nothing in the calendar keeps it closed.",
    );
  });
});

describe("a change of the clocks", () => {
  const nightly = calendarOf(
    'windows:\n  - { name: night, hosts: all, on: every day, at: "02:30", lasts: 4h }\n',
  );
  const [entry] = nightly.entries;
  if (entry === undefined) throw new Error("no entry");
  const around = (day: string) =>
    entryTimes(entry, "UTC", { from: at(`${day}T00:00Z`), to: at(`${day}T23:00Z`) });

  it("leaves a window out and says so, and tells which of two equal times counts", () => {
    const spring = around("2027-03-28");
    expect(spring.times).toEqual([]);
    expect(spring.leftOut.map(toldToText)).toEqual([
      "2027-03-28 02:30 in Europe/Berlin does not happen: the clocks jump over it that day",
    ]);
    const [autumn] = around("2026-10-25").times;
    expect(autumn?.told.map(toldToText)).toEqual([
      "2026-10-25 02:30 in Europe/Berlin is shown twice that day; the first counts",
      "the time from 2026-10-25 02:30 in Europe/Berlin lasts 4 h and looks like 3 h on the wall, as the clocks change",
    ]);
  });

  // All of them in `npm test`; what is quick tries every fourth.
  const every = process.env["FETTLE_TEST_QUICK"] === "1" ? 4 : 1;
  const zones = Intl.supportedValuesOf("timeZone").filter((_, i) => i % every === 0);

  it("never changes how long hours last, and loses or doubles no day, in any zone for 20 years", () => {
    const wrong: string[] = [];
    let switches = 0;
    for (const zone of zones) {
      const wallOf = new Intl.DateTimeFormat("sv-SE", {
        timeZone: zone,
        dateStyle: "short",
        timeStyle: "medium",
      });
      const mine = { ...entry, timing: { ...entry.timing, zone: "host" as const } };
      for (const instant of transitions(zone)) {
        switches += 1;
        const span = { from: instant - 2 * DAY_MS, to: instant + 2 * DAY_MS };
        const { times, leftOut } = entryTimes(mine, zone, span);
        const days = times.map((time) => wallOf.format(time.from));
        for (const [i, time] of times.entries()) {
          if (!days[i]?.endsWith("02:30:00")) wrong.push(`${zone} begins ${days[i]}`);
          if (time.to - time.from !== 4 * HOUR_MS) wrong.push(`${zone} ${days[i]} is not 4 h`);
          const ends = wallOf.format(time.to);
          const isOdd = !ends.endsWith("06:30:00");
          if (isOdd !== time.told.some(({ kind }) => kind === "length")) {
            wrong.push(`${zone} ${days[i]} ends ${ends} untold`);
          }
        }
        const seen = new Set(days.map((day) => day.slice(0, 10)));
        if (seen.size !== days.length) wrong.push(`${zone} has a day twice`);
        for (const { wall } of leftOut) {
          if (seen.has(new Date(wall * 1000).toISOString().slice(0, 10))) {
            wrong.push(`${zone} leaves out what happens`);
          }
        }
        if (days.length + leftOut.length < 4) wrong.push(`${zone} lost a day: ${days.join()}`);
      }
    }
    expect(wrong.slice(0, 10)).toEqual([]);
    expect(switches).toBeGreaterThan(3_000 / every);
  });
});

function transitions(zone: string): number[] {
  const found: number[] = [];
  let at: Temporal.ZonedDateTime | null =
    Temporal.Instant.from("2015-01-01T00:00Z").toZonedDateTimeISO(zone);
  while (at !== null) {
    at = at.getTimeZoneTransition("next");
    if (at === null || at.epochMilliseconds > Date.UTC(2035, 0, 1)) break;
    found.push(at.epochMilliseconds);
  }
  return found;
}

describe("the calendar's file", () => {
  it.each([
    ["an unknown field", "windows:\n  - { name: a, hosts: all, when: now }\n", "known are"],
    [
      "two ways to say when",
      'windows:\n  - { name: a, hosts: all, on: weekdays, at: "02:00", lasts: 1h, from: "2026-01-01T00:00", to: "2026-01-02T00:00" }\n',
      "in one way",
    ],
    [
      "a window without a length",
      'windows:\n  - { name: a, hosts: all, on: weekdays, at: "02:00" }\n',
      "lasts is missing",
    ],
    [
      "hosts left empty",
      'windows:\n  - { name: a, hosts: "", on: weekdays, at: "02:00", lasts: 1h }\n',
      "write all",
    ],
    [
      "a freeze without a reason",
      'freezes:\n  - { name: a, hosts: all, from: "2026-01-01T00:00", to: "2026-01-02T00:00" }\n',
      "reason",
    ],
    [
      "an end before the beginning",
      'windows:\n  - { name: a, hosts: all, from: "2026-01-02T00:00", to: "2026-01-01T00:00" }\n',
      "later than from",
    ],
    [
      "a rule by the minute",
      'windows:\n  - { name: a, hosts: all, rrule: FREQ=MINUTELY, start: "2026-01-01T00:00", lasts: 1m }\n',
      "not one by the minute",
    ],
    [
      "a zone that is none",
      'windows:\n  - { name: a, hosts: all, zone: Berlin, on: weekdays, at: "02:00", lasts: 1h }\n',
      "Europe/Berlin",
    ],
    [
      "a time with an offset",
      'windows:\n  - { name: a, hosts: all, from: "2026-01-01T00:00Z", to: "2026-01-02T00:00" }\n',
      "without an offset",
    ],
    [
      "one name twice",
      'windows:\n  - { name: a, hosts: all, on: weekdays, at: "02:00", lasts: 1h }\n  - { name: a, hosts: all, on: weekdays, at: "02:00", lasts: 1h }\n',
      "same name",
    ],
    [
      "an emergency that passes a blackout",
      'blackouts:\n  - { name: a, hosts: all, from: "2026-01-01T00:00", to: "2026-01-02T00:00", reason: x, emergency: passes }\n',
      "emergency",
    ],
  ])("refuses %s", (_, text, expected) => {
    expect(() => calendarOf(text)).toThrow(expected);
  });

  it("takes exceptions and additions, of one time and of a whole day", () => {
    const calendar = calendarOf(`windows:
  - name: weekly
    hosts: all
    zone: UTC
    rrule: FREQ=WEEKLY;COUNT=4
    start: "2026-12-05T22:00"
    lasts: 1h
    except: ["2026-12-12", "2026-12-19T22:00"]
    also: ["2026-12-13T22:00"]
`);
    expect(open(calendar, "2026-12-01T00:00Z", 60).map((span) => span.slice(0, 10))).toEqual([
      "2026-12-05",
      "2026-12-13",
      "2026-12-26",
    ]);
  });

  it("reads the example that the documentation shows", () => {
    const docs = readFileSync(join(import.meta.dirname, "../../docs/calendar.md"), "utf8");
    const example = /```yaml\n(.*?)```/s.exec(docs)?.[1] ?? "";
    const { entries } = parseCalendar(example, "calendar.yaml").calendar;
    expect(entries.map(({ kind }) => kind)).toEqual([
      ...["window", "window", "blackout", "freeze", "peak", "release", "cab"],
    ]);
    expect(entries.filter(({ isClosing }) => isClosing).map(({ name }) => name)).toEqual([
      ...["move", "year-end", "friday-sale", "erp-7"],
    ]);
  });

  it("ships a calendar that closes nothing, and the schema that editors are given", () => {
    const folder = join(import.meta.dirname, "../../policies");
    const text = readFileSync(join(folder, "calendar.yaml"), "utf8");
    expect(parseCalendar(text, "calendar.yaml").calendar.entries).toEqual([]);
    const schema = readFileSync(join(folder, "calendar.schema.json"), "utf8");
    expect(JSON.parse(schema)).toEqual(calendarJsonSchema());
  });
});
