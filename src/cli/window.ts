import type { Command } from "commander";
import { Failure } from "../base/failure.ts";
import { type Occurrence, occurrences } from "../calendar/occurrences.ts";
import { wallTimes } from "../calendar/recurrence.ts";
import { type RecurrenceRule, readRule } from "../calendar/recurrence-rule.ts";
import { secondsToText, wallFromText, wallToText, zonedToText } from "../calendar/wall-text.ts";
import { type ZoneClock, zoneClock } from "../calendar/zone-time.ts";
import type { OfflineCli } from "./lines.ts";

interface Flags {
  readonly rrule: string;
  readonly dtstart: string;
  readonly tz: string;
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

/** Maintenance windows and what their rules mean. */
export function registerWindow(program: Command, cli: OfflineCli): void {
  program
    .command("window")
    .description("Maintenance windows: when a rule opens them")
    .command("occurrences")
    .description(
      "The moments that a recurrence rule (RFC 5545) names, one a line in UTC. Times that a change of the clocks leaves out are told on standard error",
    )
    .requiredOption("--rrule <rule>", "for example FREQ=MONTHLY;BYDAY=2TU")
    .requiredOption("--dtstart <time>", "the first time on the wall there: 2026-01-13T22:00")
    .option("--tz <zone>", "time zone of the IANA database", "UTC")
    .option("--from <time>", "leave out what is before this moment or wall time")
    .option("--until <time>", "stop after this moment or wall time")
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
  /** Nobody said where to stop, and the rule does not either. */
  readonly isEndless: boolean;
}

function asked(flags: Flags): Asked {
  const clock = zoneClock(flags.tz);
  const rule = readRule(flags.rrule);
  const start = timeOf("--dtstart", flags.dtstart, clock);
  const until = flags.until === undefined ? null : instantOf("--until", flags.until, clock);
  const limit = flags.limit === undefined ? null : wholeOf("--limit", flags.limit, LIMIT_MAX);
  const shiftDays = flags.shift === undefined ? 0 : shiftOf(flags.shift);
  const hasEnd = rule.count !== null || rule.until !== null;
  const isEndless = !hasEnd && until === null && limit === null;
  return {
    clock,
    found: occurrences({ rule, start, shiftDays }, clock),
    isStartNamed: isNamed(rule, start),
    from: flags.from === undefined ? -Infinity : instantOf("--from", flags.from, clock),
    until: until ?? Infinity,
    limit: isEndless ? ENDLESS_SHOWN : (limit ?? LIMIT_MAX),
    isEndless,
  };
}

function isNamed(rule: RecurrenceRule, start: number): boolean {
  const [first] = wallTimes(rule, start);
  return first === start;
}

function timeOf(flag: string, text: string, clock: ZoneClock): number {
  const wall = wallFromText(text, clock);
  if (wall !== null) return wall;
  const hint = "Write 2026-01-13T22:00, 20260113T220000 or 2026-01-13T21:00:00Z";
  throw new Failure("invalid", `${flag} ${JSON.stringify(text.slice(0, 60))} is no time. ${hint}.`);
}

function instantOf(flag: string, text: string, clock: ZoneClock): number {
  return clock.worldTime(timeOf(flag, text, clock)).instant;
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
    const instant = one.kind === "occurs" ? one.instant : clock.worldTime(one.wall).instant;
    if (instant > until) break;
    if (instant < from) continue;
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
  if (wanted.isEndless && shown >= limit) cli.streams.err(endless(shown));
}

function endless(shown: number): string {
  return `The rule has no end; these are the first ${shown}. Ask with --limit or --until.\n`;
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
