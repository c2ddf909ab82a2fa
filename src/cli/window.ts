import type { Command } from "commander";
import { Failure } from "../base/failure.ts";
import type { Occurrence, Recurrence } from "../calendar/occurrences.ts";
import { wallTimes } from "../calendar/recurrence.ts";
import { readRule } from "../calendar/recurrence-rule.ts";
import { recurrenceSet } from "../calendar/recurrence-set.ts";
import { DAY_SECONDS } from "../calendar/wall-days.ts";
import { secondsToText, wallToText, zonedToText } from "../calendar/wall-text.ts";
import { type ZoneClock, zoneClock } from "../calendar/zone-time.ts";
import type { OfflineCli } from "./lines.ts";
import { exclusionsOf, type FlagTime, flagTime, flagTimes, momentOf } from "./window-times.ts";

interface Flags {
  readonly rrule: readonly string[];
  readonly dtstart: string;
  readonly tz?: string;
  readonly exdate?: readonly string[];
  readonly rdate?: readonly string[];
  readonly until?: string;
  readonly from?: string;
  readonly limit?: string;
  readonly shift?: string;
}

/** So many are shown of a rule without an end when nobody says how many. */
const ENDLESS_SHOWN = 100;
const LIMIT_MAX = 1_000_000;
const SHIFT_DAYS_MAX = 366;
const BATCH = 500;
const START_NOT_NAMED =
  "The start is not one of the rule's own times, so it is not listed (RFC 5545 §3.8.5.3 leaves that open).\n";
const NONE_NAMED = "No time of the rules lies in what was asked for.\n";

/** Maintenance windows and what their rules mean. */
export function registerWindow(program: Command, cli: OfflineCli): void {
  program
    .command("window")
    .description("Maintenance windows: when a rule opens them")
    .command("occurrences")
    .description(
      "The moments that a recurrence rule (RFC 5545) names, one a line in UTC. Times that a change of the clocks leaves out are told on standard error",
    )
    .requiredOption("--rrule <rule...>", "one or more, for example FREQ=MONTHLY;BYDAY=2TU")
    .requiredOption("--dtstart <time>", "the first time on the wall there: 2026-01-13T22:00")
    .option("--tz <zone>", "time zone of the IANA database; else DTSTART's TZID, else UTC")
    .option("--exdate <time...>", "take out these times, or all of a day: 2026-12-25")
    .option("--rdate <time...>", "add these times")
    .option("--from <time>", "leave out what is before this moment or wall time")
    .option("--until <time>", "stop after this moment, wall time or day")
    .option("--limit <n>", "stop after so many")
    .option("--shift <days>", "move each by so many days: 2 makes Thursday of a second Tuesday")
    .action(async (flags: Flags) => {
      await show(cli, asked(flags));
    });
}

interface Asked {
  readonly clock: ZoneClock;
  readonly found: Iterable<Occurrence>;
  readonly isStartNamed: boolean;
  readonly from: number;
  readonly until: number;
  readonly limit: number;
  /** Nobody said how many; that the limit was met must then be told. */
  readonly isOwnLimit: boolean;
}

function asked(flags: Flags): Asked {
  const begin = flagTime("--dtstart", flags.dtstart);
  const clock = clockOf(flags.tz, begin);
  const start = begin.offset === null ? begin.wall : clock.wallTime(begin.wall - begin.offset);
  const shiftDays = flags.shift === undefined ? 0 : shiftOf(flags.shift);
  const rules = flags.rrule.map((text) => ({ rule: readRule(text), start, shiftDays }));
  const until = flags.until === undefined ? null : lastMoment(flags.until, clock);
  const limit = flags.limit === undefined ? null : wholeOf("--limit", flags.limit, LIMIT_MAX);
  const times = (flag: string, texts: readonly string[] | undefined): readonly FlagTime[] =>
    (texts ?? []).flatMap((text) => flagTimes(flag, text));
  const added = times("--rdate", flags.rdate).map((time) => momentOf(time, clock));
  const without = exclusionsOf(times("--exdate", flags.exdate), clock);
  const isEndless = rules.some(goesOn) && until === null && limit === null;
  return {
    clock,
    found: recurrenceSet({ rules, added, without }, clock),
    isStartNamed: rules.some(namesStart) || added.includes(clock.worldTime(start).instant),
    from: flags.from === undefined ? -Infinity : momentOf(flagTime("--from", flags.from), clock),
    until: until ?? Infinity,
    limit: isEndless ? ENDLESS_SHOWN : (limit ?? LIMIT_MAX),
    isOwnLimit: limit === null,
  };
}

/** `TZID` in the line of DTSTART is the zone; `--tz` beside it must say the same. */
function clockOf(flag: string | undefined, begin: FlagTime): ZoneClock {
  const clock = zoneClock(flag ?? begin.zone ?? "UTC");
  if (begin.zone === null || zoneClock(begin.zone).zone === clock.zone) return clock;
  const problem = `--tz ${clock.zone} and the zone ${begin.zone} of --dtstart are not the same`;
  throw new Failure("invalid", `${problem}. Leave one of them out.`);
}

function goesOn({ rule }: Recurrence): boolean {
  return rule.count === null && rule.until === null;
}

function namesStart({ rule, start }: Recurrence): boolean {
  const [first] = wallTimes(rule, start);
  return first === start;
}

/** A day alone is shown whole, as UNTIL of a rule has it. */
function lastMoment(text: string, clock: ZoneClock): number {
  const time = flagTime("--until", text);
  return momentOf(time.isDay ? { ...time, wall: time.wall + DAY_SECONDS - 1 } : time, clock);
}

function wholeOf(flag: string, text: string, max: number): number {
  const value = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= max) return value;
  throw new Failure("invalid", `${flag} takes a whole number from 1 to ${max}, not ${text}.`);
}

function shiftOf(text: string): number {
  const value = /^[+-]?\d{1,3}d?$/.test(text) ? Number.parseInt(text, 10) : Number.NaN;
  if (Math.abs(value) <= SHIFT_DAYS_MAX) return value;
  const range = `from -${SHIFT_DAYS_MAX} to ${SHIFT_DAYS_MAX}`;
  throw new Failure("invalid", `--shift takes days ${range}, not ${text.slice(0, 20)}.`);
}

async function show(cli: OfflineCli, wanted: Asked): Promise<void> {
  const { clock, found, from, until, limit } = wanted;
  if (!wanted.isStartNamed) cli.streams.err(START_NOT_NAMED);
  let lines: string[] = [];
  let shown = 0;
  for (const one of found) {
    if (one.instant > until) break;
    if (one.instant < from) continue;
    if (one.kind === "left-out") {
      cli.streams.err(leftOut(one, clock));
      continue;
    }
    lines.push(lineOf(cli, one, clock));
    shown += 1;
    if (shown >= limit) break;
    if (lines.length < BATCH) continue;
    await cli.streams.write(lines.join(""));
    lines = [];
  }
  await cli.streams.write(lines.join(""));
  if (shown === 0) cli.streams.err(NONE_NAMED);
  if (wanted.isOwnLimit && shown >= limit) cli.streams.err(firstOnes(shown));
}

function firstOnes(shown: number): string {
  return `There may be more; these are the first ${shown}. Ask with --limit or --until.\n`;
}

function leftOut(one: Extract<Occurrence, { kind: "left-out" }>, clock: ZoneClock): string {
  const wall = wallToText(one.wall).replace("T", " ");
  return `Left out: the clocks of ${clock.zone} jump over ${wall} that day (RFC 5545 §3.3.10).\n`;
}

function lineOf(
  cli: OfflineCli,
  one: Extract<Occurrence, { kind: "occurs" }>,
  clock: ZoneClock,
): string {
  const instant = secondsToText(one.instant);
  if (cli.output() === "table") return `${instant}\n`;
  const json = { instant, local: zonedToText(one.instant, clock), twice: one.isTwice };
  const text = JSON.stringify(json);
  return cli.output() === "yaml" ? `- ${text}\n` : `${text}\n`;
}
