import { Command } from "commander";
import { describe, expect, it } from "vitest";
import type { Output } from "./cli.ts";
import { registerWindow } from "./window.ts";

/** What the command prints and what it says beside it. */
async function run(words: string, output: Output = "table") {
  const told = { out: "", err: "" };
  const streams = {
    read: async function* () {},
    isFile: () => false,
    isInputTerminal: false,
    write: async (text: string) => {
      told.out += text;
    },
    err: (text: string) => {
      told.err += text;
    },
  };
  const program = new Command("fettle");
  registerWindow(program, { streams, output: () => output });
  await program.parseAsync(["window", "occurrences", ...words.split(" ")], { from: "user" });
  return told;
}

describe("fettle window occurrences", () => {
  const berlin = "--dtstart 2026-03-27T02:30 --tz Europe/Berlin";

  it("prints moments in UTC, a line each, and tells what the clocks jump over", async () => {
    expect(await run(`--rrule FREQ=DAILY;COUNT=3 ${berlin}`)).toEqual({
      out: "2026-03-27T01:30:00Z\n2026-03-28T01:30:00Z\n2026-03-30T00:30:00Z\n",
      err: "Left out: the clocks of Europe/Berlin jump over 2026-03-29 02:30:00 that day (RFC 5545 §3.3.10).\n",
    });
  });

  it("shows the wall's time beside it as JSON", async () => {
    const { out } = await run(`--rrule FREQ=YEARLY;COUNT=1 ${berlin}`, "json");
    expect(JSON.parse(out)).toEqual({
      instant: "2026-03-27T01:30:00Z",
      local: "2026-03-27T02:30:00+01:00",
      twice: false,
    });
  });

  it("stops where it is asked to, and says so where the rule never would", async () => {
    const until = await run(`--rrule FREQ=DAILY ${berlin} --until 2026-03-28T02:30`);
    expect(until).toEqual({ out: "2026-03-27T01:30:00Z\n2026-03-28T01:30:00Z\n", err: "" });
    const from = await run(`--rrule FREQ=DAILY;COUNT=3 ${berlin} --from 2026-03-30T00:00:00Z`);
    expect(from.out).toBe("2026-03-30T00:30:00Z\n");
    const endless = await run(`--rrule FREQ=DAILY --dtstart 20260101T000000Z`);
    expect(endless.out.split("\n")).toHaveLength(101);
    expect(endless.err).toContain("these are the first 100");
    const limited = await run(`--rrule FREQ=DAILY --dtstart 20260101T000000Z --limit 2`);
    expect(limited).toEqual({ out: "2026-01-01T00:00:00Z\n2026-01-02T00:00:00Z\n", err: "" });
  });

  it("does not list a start that the rule does not name, and moves by days", async () => {
    const words = "--rrule FREQ=MONTHLY;BYDAY=2TU --shift 2 --dtstart 2026-01-01T22:00 --limit 2";
    const { out, err } = await run(words);
    expect(out).toBe("2026-01-15T22:00:00Z\n2026-02-12T22:00:00Z\n");
    expect(err).toContain("not one of the rule's own times");
  });

  it("takes lines of an iCalendar file as they stand there", async () => {
    // The Fridays that are a 13th, RFC 5545 §3.8.5.3.
    const rule = "--rrule RRULE:FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13 --limit 2";
    const line = "TZID=America/New_York:19970902T090000";
    const { out } = await run(`${rule} --dtstart DTSTART;${line} --exdate EXDATE;${line}`);
    expect(out).toBe("1998-02-13T14:00:00Z\n1998-03-13T14:00:00Z\n");
    const words = "--rrule freq=daily;count=1 --dtstart";
    for (const start of [line, `;${line}`, "19970902t090000 --tz america/new_york"]) {
      expect((await run(`${words} ${start}`)).out).toBe("1997-09-02T13:00:00Z\n");
    }
    const day = await run(`${words} DTSTART;VALUE=DATE:19970902`);
    expect(day.out).toBe("1997-09-02T00:00:00Z\n");
  });

  it("adds and takes out single times and days, and puts several rules in one order", async () => {
    const rules = "--rrule FREQ=DAILY;COUNT=3 FREQ=WEEKLY;COUNT=2 --dtstart 20261024T090000Z";
    const added = "--rdate 20261025T003000Z,20261025T013000Z --tz Europe/Berlin";
    const { out } = await run(`${rules} ${added} --exdate 2026-10-26 20261031T100000Z`);
    expect(out.trim().split("\n")).toEqual([
      "2026-10-24T09:00:00Z",
      // The clocks of that night show half past two twice: both moments were asked for.
      "2026-10-25T00:30:00Z",
      "2026-10-25T01:30:00Z",
      "2026-10-25T10:00:00Z",
    ]);
  });

  it("includes the last day that it is asked for, and says when nothing is found", async () => {
    const words = "--rrule FREQ=DAILY --dtstart 2026-03-01T22:00 --until";
    expect((await run(`${words} 2026-03-02`)).out.trim().split("\n")).toHaveLength(2);
    const none = await run(`${words} 2026-02-28`);
    expect(none).toEqual({ out: "", err: "No time of the rules lies in what was asked for.\n" });
  });

  it("reads years before 1970 and before 100", async () => {
    const early = await run("--rrule FREQ=HOURLY;INTERVAL=5;COUNT=2 --dtstart 19691231T213007Z");
    expect(early.out).toBe("1969-12-31T21:30:07Z\n1970-01-01T02:30:07Z\n");
    const first = await run("--rrule FREQ=YEARLY;COUNT=1 --dtstart 00500101T000000Z");
    expect(first.out).toBe("0050-01-01T00:00:00Z\n");
  });

  it.each([
    ["--rrule FREQ=DAILY --dtstart TZID=Asia/Tokyo:20260101T000000 --tz UTC", "not the same"],
    ["--rrule FREQ=DAILY --dtstart EXDATE:20260101T000000", "was given a line of EXDATE"],
    ["--rrule FREQ=DAILY --dtstart 20260101,20260102", "takes one time, not 2"],
    ["--rrule FREQ=DAILY --dtstart 20260101 --exdate x", '--exdate "x" is no time'],
    ["--rrule FREQ=DAILY --dtstart tomorrow", '--dtstart "tomorrow" is no time'],
    ["--rrule FREQ=DAILY --dtstart 2026-02-30", "is no time"],
    ["--rrule FREQ=DAILY --dtstart 2026-02-03 --tz Mars/Base", 'no time zone "Mars/Base"'],
    ["--rrule FREQ=DAILY --dtstart 2026-02-03 --limit 0", "--limit takes a whole number"],
    ["--rrule FREQ=DAILY --dtstart 2026-02-03 --shift 999", "--shift takes days"],
  ])("refuses %s", async (words, problem) => {
    await expect(run(words)).rejects.toThrow(problem);
  });
});
