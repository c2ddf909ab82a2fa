import ICAL from "ical.js";
import { describe, expect, it } from "vitest";
import { DAY_MS } from "../base/instant.ts";
import { parseSelector } from "../base/labels.ts";
import { entryTimes } from "./entry-times.ts";
import { canBothSelect } from "./host-overlap.ts";
import { readIcal } from "./ical-read.ts";
import { writeIcal } from "./ical-write.ts";

const as = { kind: "freeze", name: "company", hosts: [], passesEmergency: true } as const;

function calendar(...events: readonly string[][]): string {
  const body = events.flatMap((lines) => ["BEGIN:VEVENT", "UID:1", ...lines, "END:VEVENT"]);
  return ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", ...body, "END:VCALENDAR", ""].join("\r\n");
}

function times(text: string, from: string, days = 31, zone = "Europe/Berlin"): string[] {
  const span = { from: Date.parse(from), to: Date.parse(from) + days * DAY_MS };
  return readIcal(text, as).flatMap((entry) =>
    entryTimes(entry, zone, span).times.map((time) =>
      [time.from, time.to].map((t) => new Date(t).toISOString().slice(0, 16)).join(" "),
    ),
  );
}

describe("an iCalendar that is taken in", () => {
  it("has its zone's own rules, without exceptions, with additions and with what was moved", () => {
    const text = calendar(
      [
        "SUMMARY:Fair",
        "DTSTART;TZID=/mozilla.org/20050126_1/Europe/Berlin:20261019T220000",
        "DTEND;TZID=Europe/Berlin:20261020T020000",
        "RRULE:FREQ=WEEKLY;COUNT=4",
        "EXDATE;TZID=Europe/Berlin:20261026T220000",
        "RDATE;TZID=Europe/Berlin:20261027T220000",
      ],
      [
        "SUMMARY:Fair, one day later",
        "RECURRENCE-ID;TZID=Europe/Berlin:20261102T220000",
        "DTSTART;TZID=Europe/Berlin:20261103T220000",
        "DURATION:PT1H",
      ],
    );
    expect(times(text, "2026-10-01T00:00Z", 60)).toEqual([
      "2026-10-19T20:00 2026-10-20T00:00",
      "2026-10-27T21:00 2026-10-28T01:00",
      "2026-11-09T21:00 2026-11-10T01:00",
      "2026-11-03T21:00 2026-11-03T22:00",
    ]);
  });

  it("has whole days of each host's wall clock where an event names no zone", () => {
    const text = calendar([
      "SUMMARY:Year end",
      "DTSTART;VALUE=DATE:20261224",
      "DTEND;VALUE=DATE:20261227",
    ]);
    expect(times(text, "2026-12-01T00:00Z")).toEqual(["2026-12-23T23:00 2026-12-26T23:00"]);
    expect(times(text, "2026-12-01T00:00Z", 31, "Asia/Tokyo")).toEqual([
      "2026-12-23T15:00 2026-12-26T15:00",
    ]);
  });

  it.each([
    ["no calendar", "hello", "cannot be read"],
    ["an empty calendar", calendar(), "no event"],
    [
      "a zone of Windows",
      calendar(["DTSTART;TZID=W. Europe Standard Time:20261019T220000", "DURATION:PT1H"]),
      "none of the IANA database",
    ],
    ["an event without a beginning", calendar(["DURATION:PT1H"]), "DTSTART"],
    ["an event without a length", calendar(["DTSTART:20261019T220000Z"]), "length"],
    [
      "a rule by the second",
      calendar(["DTSTART:20261019T220000Z", "DURATION:PT1S", "RRULE:FREQ=SECONDLY"]),
      "no rule for a calendar",
    ],
    [
      "a rule that RFC 5545 forbids",
      calendar(["DTSTART:20261019T220000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;BYMONTHDAY=1"]),
      "BYMONTHDAY",
    ],
    ["a day that no month has", calendar(["DTSTART:20260231T220000Z", "DURATION:PT1H"]), "no time"],
    ["a length without end", calendar(["DTSTART:20261019T220000Z", "DURATION:P9999D"]), "length"],
    [
      "what moves all that follows",
      calendar(
        ["DTSTART:20261019T220000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY"],
        [
          "RECURRENCE-ID;RANGE=THISANDFUTURE:20261020T220000Z",
          "DTSTART:20261020T230000Z",
          "DURATION:PT1H",
        ],
      ),
      "THISANDFUTURE",
    ],
    ["parts within parts", "BEGIN:VEVENT\r\n".repeat(50_000), "too deep"],
    ["more than a megabyte", "x".repeat(1_100_000), "bytes"],
  ])("is refused with words: %s", (_, text, why) => {
    expect(() => readIcal(text, as)).toThrow(why);
  });
});

it("in the year 9999 is read without the sixteen thousand changes of its clocks until then", () => {
  const begun = process.cpuUsage();
  const text = calendar(["DTSTART;TZID=Europe/Vienna:99991206T220000", "DTEND:99991207T010000Z"]);
  const far = times(text, "9999-12-01T00:00Z", 14, "Europe/Vienna");
  expect(far).toEqual(["9999-12-06T21:00 9999-12-07T01:00"]);
  expect(process.cpuUsage(begun).user).toBeLessThan(2_000_000);
});

describe("our calendar given out", () => {
  it("is read again as the same times, in lines of at most 75 bytes", () => {
    const text = calendar([
      "SUMMARY:Späte Messe; mit Komma\\, und Zeichen 🦊",
      "DTSTART;TZID=Europe/Berlin:20261019T220000",
      "DURATION:PT4H",
      "RRULE:FREQ=WEEKLY;COUNT=3",
    ]);
    const span = { from: Date.UTC(2026, 9, 1), to: Date.UTC(2026, 11, 1) };
    const found = readIcal(text, as).flatMap((entry) => entryTimes(entry, "UTC", span).times);
    const out = writeIcal(found, Date.UTC(2026, 9, 1));
    for (const line of out.split("\r\n")) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75);
    expect(times(out, "2026-10-01T00:00Z", 60)).toEqual(times(text, "2026-10-01T00:00Z", 60));
    const [first] = new ICAL.Component(ICAL.parse(out)).getAllSubcomponents("vevent");
    expect(first?.getFirstPropertyValue("summary")).toContain("mit Komma, und Zeichen 🦊");
  });

  it("leaves out only what no asked host could be selected by", () => {
    const both = (a: string, b: string) => canBothSelect(parseSelector(a), parseSelector(b));
    expect(both("env=prod", "env=dev")).toBe(false);
    expect(both("env in (prod,dev)", "env=dev,zone=a")).toBe(true);
    expect(both("env=prod", "!env")).toBe(false);
    expect(both("env=prod", "env!=prod")).toBe(false);
    expect(both("", "env=prod")).toBe(true);
  });
});
