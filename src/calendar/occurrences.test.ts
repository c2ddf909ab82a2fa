import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { occurrences } from "./occurrences.ts";
import { readRule } from "./recurrence-rule.ts";
import { wallFromText, wallToText } from "./wall-text.ts";
import { zoneClock } from "./zone-time.ts";

interface Asked {
  readonly zone?: string;
  readonly shiftDays?: number;
  readonly limit?: number;
}

function told(start: string, rule: string, { zone, shiftDays = 0, limit = 40 }: Asked = {}) {
  const clock = zoneClock(zone ?? "America/New_York");
  const wall = wallFromText(start, clock);
  if (wall === null) throw new Error(`${start} is no time`);
  const found = [];
  for (const one of occurrences({ rule: readRule(rule), start: wall, shiftDays }, clock)) {
    found.push(one);
    if (found.length >= limit) break;
  }
  return found;
}

function walls(start: string, rule: string, asked: Asked = {}): string[] {
  return told(start, rule, asked)
    .filter((one) => one.kind === "occurs")
    .map((one) => wallToText(one.wall));
}

/** `1997-09: 2 15 | 1997-10: 2` as dates. */
function dates(text: string): string[] {
  return text.split("|").flatMap((part) => {
    const [month = "", days = ""] = part.split(":");
    const numbers = days.trim().split(" ");
    return numbers.map((day) => `${month.trim()}-${day.padStart(2, "0")}`);
  });
}

/** The examples of RFC 5545 §3.8.5.3, all in New York and at nine, with the dates printed there. */
const published: readonly (readonly [start: string, rule: string, expected: string])[] = [
  ["19970902", "FREQ=DAILY;COUNT=10", "1997-09: 2 3 4 5 6 7 8 9 10 11"],
  ["19970902", "FREQ=DAILY;INTERVAL=10;COUNT=5", "1997-09: 2 12 22 | 1997-10: 2 12"],
  ["19970902", "FREQ=WEEKLY;COUNT=10", "1997-09: 2 9 16 23 30 | 1997-10: 7 14 21 28 | 1997-11: 4"],
  [
    "19970901",
    "FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;WKST=SU;BYDAY=MO,WE,FR",
    "1997-09: 1 3 5 15 17 19 29 | 1997-10: 1 3 13 15 17 27 29 31 | 1997-11: 10 12 14 24 26 28 | 1997-12: 8 10 12 22",
  ],
  [
    "19970902",
    "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH",
    "1997-09: 2 4 16 18 30 | 1997-10: 2 14 16",
  ],
  [
    "19970905",
    "FREQ=MONTHLY;COUNT=10;BYDAY=1FR",
    "1997-09: 5 | 1997-10: 3 | 1997-11: 7 | 1997-12: 5 | 1998-01: 2 | 1998-02: 6 | 1998-03: 6 | 1998-04: 3 | 1998-05: 1 | 1998-06: 5",
  ],
  [
    "19970907",
    "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU",
    "1997-09: 7 28 | 1997-11: 2 30 | 1998-01: 4 25 | 1998-03: 1 29 | 1998-05: 3 31",
  ],
  [
    "19970922",
    "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO",
    "1997-09: 22 | 1997-10: 20 | 1997-11: 17 | 1997-12: 22 | 1998-01: 19 | 1998-02: 16",
  ],
  [
    "19970930",
    "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1",
    "1997-09: 30 | 1997-10: 1 31 | 1997-11: 1 30 | 1997-12: 1 31 | 1998-01: 1 31 | 1998-02: 1",
  ],
  [
    "19970910",
    "FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15",
    "1997-09: 10 11 12 13 14 15 | 1999-03: 10 11 12 13",
  ],
  [
    "19970310",
    "FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3",
    "1997-03: 10 | 1999-01: 10 | 1999-02: 10 | 1999-03: 10 | 2001-01: 10 | 2001-02: 10 | 2001-03: 10 | 2003-01: 10 | 2003-02: 10 | 2003-03: 10",
  ],
  [
    "19970101",
    "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200",
    "1997-01: 1 | 1997-04: 10 | 1997-07: 19 | 2000-01: 1 | 2000-04: 9 | 2000-07: 18 | 2003-01: 1 | 2003-04: 10 | 2003-07: 19 | 2006-01: 1",
  ],
  ["19970519", "FREQ=YEARLY;COUNT=3;BYDAY=20MO", "1997-05: 19 | 1998-05: 18 | 1999-05: 17"],
  [
    "19970512",
    "FREQ=YEARLY;COUNT=3;BYWEEKNO=20;BYDAY=MO",
    "1997-05: 12 | 1998-05: 11 | 1999-05: 17",
  ],
  ["19970313", "FREQ=YEARLY;COUNT=7;BYMONTH=3;BYDAY=TH", "1997-03: 13 20 27 | 1998-03: 5 12 19 26"],
  [
    "19970902",
    "FREQ=MONTHLY;COUNT=5;BYDAY=FR;BYMONTHDAY=13",
    "1998-02: 13 | 1998-03: 13 | 1998-11: 13 | 1999-08: 13 | 2000-10: 13",
  ],
  [
    "19970913",
    "FREQ=MONTHLY;COUNT=5;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13",
    "1997-09: 13 | 1997-10: 11 | 1997-11: 8 | 1997-12: 13 | 1998-01: 10",
  ],
  [
    "19961105",
    "FREQ=YEARLY;INTERVAL=4;COUNT=3;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
    "1996-11: 5 | 2000-11: 7 | 2004-11: 2",
  ],
  [
    "19970904",
    "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3",
    "1997-09: 4 | 1997-10: 7 | 1997-11: 6",
  ],
  [
    "19970929",
    "FREQ=MONTHLY;COUNT=7;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
    "1997-09: 29 | 1997-10: 30 | 1997-11: 27 | 1997-12: 30 | 1998-01: 29 | 1998-02: 26 | 1998-03: 30",
  ],
  ["19970805", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", "1997-08: 5 10 19 24"],
  ["19970805", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", "1997-08: 5 17 19 31"],
  [
    "20070115",
    "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5",
    "2007-01: 15 30 | 2007-02: 15 | 2007-03: 15 30",
  ],
];

describe("the times of a recurrence rule", () => {
  it.each(published)("are those that RFC 5545 prints: from %s %s", (day, rule, expected) => {
    const found = walls(`${day}T090000`, rule);
    expect(found).toEqual(dates(expected).map((date) => `${date}T09:00:00`));
  });

  it("go on inside a day where the rule counts hours and minutes", () => {
    const at = (rule: string) => walls("19970902T090000", rule).map((wall) => wall.slice(8, 16));
    expect(at("FREQ=MINUTELY;INTERVAL=15;COUNT=6").at(-1)).toBe("02T10:15");
    expect(at("FREQ=MINUTELY;INTERVAL=90;COUNT=4")).toEqual([
      "02T09:00",
      "02T10:30",
      "02T12:00",
      "02T13:30",
    ]);
    const hours = "BYHOUR=9,10,11,12,13,14,15,16";
    const daily = at(`FREQ=DAILY;${hours};BYMINUTE=0,20,40`);
    expect(daily.slice(0, 3)).toEqual(["02T09:00", "02T09:20", "02T09:40"]);
    expect(at(`FREQ=MINUTELY;INTERVAL=20;${hours}`)).toEqual(daily);
    expect(at("FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T210000Z")).toHaveLength(3);
  });

  it("are those that python-dateutil finds for 400 rules made at random", () => {
    const text = readFileSync(join(import.meta.dirname, "fixtures/dateutil-cases.tsv"), "utf8");
    const wrong = [];
    for (const line of text.trim().split("\n").slice(1)) {
      const [start = "", rule = "", expected = ""] = line.split("\t");
      const found = walls(start, rule, { zone: "UTC", limit: 6 })
        .filter((wall) => wall < "2201")
        .map((wall) => wall.replaceAll(/[-:]/g, ""));
      if ((found.join(" ") || "-") !== expected) wrong.push({ line, found });
    }
    expect(wrong).toEqual([]);
  });

  it("end where a rule can name nothing more", () => {
    expect(walls("20260101T000000", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30")).toEqual([]);
    expect(walls("20260101T000000", "FREQ=DAILY;BYMONTH=4;BYMONTHDAY=31")).toEqual([]);
    expect(() => walls("20260101T000000", "FREQ=SECONDLY;INTERVAL=60;BYSECOND=1")).toThrow(
      "names no more times",
    );
  });

  it("move by whole days on the wall", () => {
    const rule = "FREQ=MONTHLY;COUNT=2;BYDAY=2TU";
    expect(walls("2026-10-13T22:00", rule, { shiftDays: 2 })).toEqual([
      "2026-10-15T22:00:00",
      "2026-11-12T22:00:00",
    ]);
  });
});

describe("a change of the clocks", () => {
  it("leaves a time out that it jumps over, tells it, and does not count it", () => {
    const found = told("2026-03-07T02:30", "FREQ=DAILY;COUNT=3");
    expect(found.map(({ kind, wall }) => [kind, wallToText(wall)])).toEqual([
      ["occurs", "2026-03-07T02:30:00"],
      ["left-out", "2026-03-08T02:30:00"],
      ["occurs", "2026-03-09T02:30:00"],
      ["occurs", "2026-03-10T02:30:00"],
    ]);
    expect(found[1]).toMatchObject({ shown: Date.UTC(2026, 2, 8, 3, 30) / 1000 });
  });

  it("that repeats an hour means its first showing, once", () => {
    const found = told("2026-10-31T01:30", "FREQ=DAILY;COUNT=3");
    expect(found.map((one) => one.kind === "occurs" && one.isTwice)).toEqual([false, true, false]);
    const [, second] = found;
    expect(second).toMatchObject({ instant: Date.UTC(2026, 10, 1, 5, 30) / 1000 });
  });

  it("keeps order, wall time and the gap's width in every zone for 20 years", () => {
    const zones = Intl.supportedValuesOf("timeZone");
    const anyTime = fc.integer({
      min: Date.UTC(2020, 0, 1) / 1000,
      max: Date.UTC(2039, 11, 31) / 1000,
    });
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.array(anyTime, { maxLength: 20 }),
        (zone, times) => {
          const clock = zoneClock(zone);
          for (const wall of times) {
            const time = clock.worldTime(wall);
            const shown = clock.wallTime(time.instant);
            if (time.kind === "gap") expect(shown).toBe(time.shown);
            else expect(shown).toBe(wall);
            expect(time.kind === "gap" ? shown > wall : true).toBe(true);
            if (time.kind === "twice") expect(clock.wallTime(time.again)).toBe(wall);
            expect(clock.worldTime(clock.wallTime(wall)).instant).toBeLessThanOrEqual(wall);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it("is where the platform's own clock has it", () => {
    for (const zone of [
      "Europe/Berlin",
      "Australia/Lord_Howe",
      "Africa/Casablanca",
      "Asia/Kathmandu",
    ]) {
      const clock = zoneClock(zone);
      const shownBy = new Intl.DateTimeFormat("sv-SE", {
        timeZone: zone,
        dateStyle: "short",
        timeStyle: "medium",
      });
      for (
        let at = Date.UTC(2024, 0, 1) / 1000;
        at < Date.UTC(2027, 0, 1) / 1000;
        at += 1_800 * 7
      ) {
        const wall = wallToText(clock.wallTime(at)).replace("T", " ");
        if (shownBy.format(at * 1000) !== wall) throw new Error(`${zone} ${wall}`);
      }
    }
  });
});

describe("a rule that cannot be used", () => {
  it.each([
    ["FREQ=FORTNIGHTLY", "FREQ=FORTNIGHTLY is none of"],
    ["BYDAY=MO", "it has no FREQ"],
    ["FREQ=DAILY;BYDAY=2TU", "goes with FREQ=MONTHLY or YEARLY only"],
    ["FREQ=DAILY;COUNT=2;UNTIL=20270101", "both COUNT and UNTIL"],
    ["FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY does not go with FREQ=WEEKLY"],
    ["FREQ=MONTHLY;BYWEEKNO=3", "BYWEEKNO goes with FREQ=YEARLY only"],
    ["FREQ=MONTHLY;BYYEARDAY=3", "BYYEARDAY does not go with FREQ=MONTHLY"],
    ["FREQ=YEARLY;BYWEEKNO=3;BYDAY=1MO", "does not go with BYWEEKNO"],
    ["FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS chooses among"],
    ["FREQ=MONTHLY;BYMONTHDAY=0", 'BYMONTHDAY has "0"'],
    ["FREQ=MONTHLY;BYMONTH=13", 'BYMONTH has "13"'],
    ["FREQ=DAILY;INTERVAL=0", "INTERVAL=0 is no whole number"],
    ["FREQ=DAILY;FREQ=DAILY", "FREQ stands in it twice"],
    ["FREQ=DAILY;UNTIL=20270231", "UNTIL=20270231 is no date"],
    ["FREQ=MONTHLY;SKIP=FORWARD", 'a part "SKIP"'],
    ["FREQ", '"FREQ" is no part'],
    ["", '"" is no part'],
  ])("%s is refused by the part that is wrong", (rule, problem) => {
    expect(() => readRule(rule)).toThrow(problem);
  });
});
