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

  it.each([
    ["--rrule FREQ=DAILY --dtstart tomorrow", '--dtstart "tomorrow" is no time'],
    ["--rrule FREQ=DAILY --dtstart 2026-02-30", "is no time"],
    ["--rrule FREQ=DAILY --dtstart 2026-02-03 --tz Mars/Base", 'no time zone "Mars/Base"'],
    ["--rrule FREQ=DAILY --dtstart 2026-02-03 --limit 0", "--limit takes a whole number"],
    ["--rrule FREQ=DAILY --dtstart 2026-02-03 --shift 999", "--shift takes days"],
  ])("refuses %s", async (words, problem) => {
    await expect(run(words)).rejects.toThrow(problem);
  });
});
