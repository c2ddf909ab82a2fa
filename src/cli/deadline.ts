import { type Command, InvalidArgumentError, Option } from "commander";
import { Failure } from "../base/failure.ts";
import { type Instant, instantFromText, instantToText } from "../base/instant.ts";
import {
  type ClockFacts,
  type DueDate,
  dueDate,
  dueInWords,
  effectiveDate,
  periodEnd,
  shortest,
} from "../triage/deadline-date.ts";
import {
  type ImpactLevel,
  type InputName,
  impactLevels,
  type KnownInputs,
  type Preset,
  type Ruling,
  ruling,
} from "../triage/deadline-preset.ts";
import { HOUSE_PRESET, presetOf, presets } from "../triage/deadline-presets.ts";
import { factInWords } from "../triage/deadline-words.ts";
import type { OfflineCli } from "./lines.ts";

/** Deadlines by preset, explained. */
export function registerDeadline(program: Command, cli: OfflineCli): void {
  const deadline = program
    .command("deadline")
    .description("By when something must be patched, and which rule says so");
  explainCommand(deadline).action(async (flags: Flags) => {
    const asked = (flags.preset ?? [HOUSE_PRESET]).map(knownPreset);
    const known = inputsOfFlags(flags);
    const clock = clockOfFlags(flags);
    const explained = explain(asked, known, clock);
    await cli.streams.write(
      cli.output() === "table" ? explained.text : `${JSON.stringify(explained.json)}\n`,
    );
  });
  deadline
    .command("presets")
    .description("Every preset with its version")
    .action(async () => {
      const list = presets.map(({ id, title, version, clock, isInForce }) => ({
        ...{ id, title, version, clock, isInForce },
      }));
      const lines = list.map(({ id, version, title }) => `${id}\t${version}\t${title}\n`).join("");
      await cli.streams.write(
        cli.output() === "table" ? lines : list.map((one) => `${JSON.stringify(one)}\n`).join(""),
      );
    });
}

function explainCommand(deadline: Command): Command {
  const yesNo = (flags: string, says: string): Option =>
    choice(flags, says, ["yes", "no", "unknown"]);
  return deadline
    .command("explain")
    .description(
      "The period that a preset gives for these facts, and why; unknown ones are assumed",
    )
    .option("--preset <name...>", `one or more of ${presets.map(({ id }) => id).join(", ")}`)
    .addOption(yesNo("--kev <answer>", "listed as known to be exploited"))
    .addOption(yesNo("--exposed <answer>", "reachable by everybody, as from the internet"))
    .addOption(yesNo("--automatable <answer>", "exploitation can be automated (SSVC)"))
    .addOption(
      choice("--impact <answer>", "technical impact (SSVC)", ["total", "partial", "unknown"]),
    )
    .addOption(
      choice("--severity <name>", "severity", ["critical", "high", "medium", "low", "none"]),
    )
    .option("--cvss <score>", "CVSS score, 0.0 to 10.0")
    .addOption(yesNo("--exploit <answer>", "a working exploit is known"))
    .addOption(yesNo("--likely <answer>", "exploitation is likely"))
    .addOption(choice("--level <name>", "adverse impact", impactLevels))
    .option("--detected <time>", "when it was first seen on the asset")
    .option("--listed <time>", "when it was listed as known to be exploited")
    .option("--released <time>", "when the fix was published");
}

/** What forms and other programs write for the same answers. */
const sameAnswers: ReadonlyMap<string, string> = new Map([
  ...["y", "true", "1"].map((word) => [word, "yes"] as const),
  ...["n", "false", "0"].map((word) => [word, "no"] as const),
]);

/** One of a few words, in whatever letter case. */
function choice(flags: string, says: string, words: readonly string[]): Option {
  return new Option(flags, says).choices(words).argParser((text: string) => {
    const word = text.toLowerCase();
    const own = words.find((each) => each.toLowerCase() === word) ?? sameAnswers.get(word);
    if (own !== undefined && words.includes(own)) return own;
    throw new InvalidArgumentError(`Allowed choices are ${words.join(", ")}.`);
  });
}

type Answer = "yes" | "no" | "unknown";

interface Flags {
  readonly preset?: readonly string[];
  readonly kev?: Answer;
  readonly exposed?: Answer;
  readonly automatable?: Answer;
  readonly impact?: "total" | "partial" | "unknown";
  readonly severity?: "critical" | "high" | "medium" | "low" | "none";
  readonly cvss?: string;
  readonly exploit?: Answer;
  readonly likely?: Answer;
  readonly level?: ImpactLevel;
  readonly detected?: string;
  readonly listed?: string;
  readonly released?: string;
}

function knownPreset(name: string): Preset {
  const preset = presetOf(name);
  if (preset !== null) return preset;
  throw new Failure(
    "invalid",
    `No preset is called ${name}. Choose ${presets.map(({ id }) => id).join(", ")}.`,
  );
}

function inputsOfFlags(flags: Flags): KnownInputs {
  const answer = (given: Answer | undefined): boolean | null =>
    given === undefined || given === "unknown" ? null : given === "yes";
  const total = flags.impact === undefined || flags.impact === "unknown" ? null : flags.impact;
  return {
    kev: answer(flags.kev),
    exposed: answer(flags.exposed),
    automatable: answer(flags.automatable),
    total: total === null ? null : total === "total",
    severity: flags.severity ?? null,
    cvss: flags.cvss === undefined ? null : score(flags.cvss),
    exploit: answer(flags.exploit),
    likely: answer(flags.likely),
    level: flags.level ?? null,
  };
}

function score(text: string): number {
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value <= 10) return value;
  throw new Failure("invalid", `The score ${text} is not a number from 0.0 to 10.0.`);
}

function clockOfFlags(flags: Flags): ClockFacts {
  return {
    detections: flags.detected === undefined ? [] : [instant(flags.detected)],
    listedAt: flags.listed === undefined ? null : instant(flags.listed),
    releasedAt: flags.released === undefined ? null : instant(flags.released),
  };
}

function instant(text: string): Instant {
  const found = instantFromText(text);
  if (found !== null) return found;
  throw new Failure("invalid", `The time ${text} is not like 2026-11-22 or 2026-11-22T10:00:00Z.`);
}

interface Explained {
  readonly text: string;
  readonly json: object;
}

/** The preset that counts first; below it what each one says. */
function explain(asked: readonly Preset[], known: KnownInputs, clock: ClockFacts): Explained {
  const rulings = asked.map((preset) => ruling(preset, known));
  // A release starts the clock of some presets even where nobody has seen the finding yet.
  const start = clock.detections.length > 0 ? null : (clock.listedAt ?? clock.releasedAt);
  const dated = start === null ? clock : { ...clock, detections: [start] };
  const dates = asked.flatMap((preset) => dueDate(preset, known, dated) ?? []);
  const first = effectiveDate(dates) ?? shortest(rulings);
  const all = dates.length > 0 ? dates : rulings;
  if (first === null) throw new Failure("invalid", "Name a preset.");
  const json = { period: dueInWords(first.row.due), rule: first.row.id, presets: all.map(shown) };
  const lines = [dueInWords(first.row.due), ...all.flatMap((each) => [...linesOf(each), ""])];
  return { text: `${lines.slice(0, -1).join("\n")}\n`, json };
}

function isDated(ruled: Ruling | DueDate): ruled is DueDate {
  return "startedAt" in ruled;
}

interface Step {
  readonly what: string;
  readonly due: string;
  readonly at: string | null;
}

function stepsOf(ruled: Ruling | DueDate): readonly Step[] {
  const steps = presetOf(ruled.preset)?.steps ?? [];
  return steps.map(({ what, due }) => ({
    what,
    due: dueInWords(due),
    at: isDated(ruled) ? instantToText(periodEnd(ruled.startedAt, due)) : null,
  }));
}

function shown(ruled: Ruling | DueDate): object {
  const { preset, version, row, inputs, assumed } = ruled;
  return {
    preset,
    version,
    rule: row.id,
    period: dueInWords(row.due),
    needsForensicTriage: row.needsForensicTriage === true,
    inputs,
    assumed,
    note: row.note ?? null,
    steps: stepsOf(ruled),
    startedAt: isDated(ruled) ? instantToText(ruled.startedAt) : null,
    startedBy: isDated(ruled) ? ruled.startedBy : null,
    isStartAssumed: isDated(ruled) && ruled.isStartAssumed,
    dueAt: isDated(ruled) && ruled.at !== null ? instantToText(ruled.at) : null,
  };
}

function linesOf(ruled: Ruling | DueDate): readonly string[] {
  const { preset, version, row, inputs, assumed } = ruled;
  const facts = Object.entries(inputs).map(([name, value]) => {
    const isAssumed = assumed.includes(name as InputName);
    return `  ${factInWords(name as InputName, value)}${isAssumed ? " (assumed: nothing is known)" : ""}`;
  });
  return [
    `preset ${preset}, version ${version}`,
    `rule ${row.id}: ${dueInWords(row.due)}`,
    ...(row.needsForensicTriage === true
      ? ["forensic triage: collect evidence before the update is applied"]
      : []),
    ...(row.note === undefined ? [] : [`note: ${row.note}`]),
    ...stepsOf(ruled).map(
      ({ what, due, at }) => `step: ${what}, ${due}${at === null ? "" : `, ${at}`}`,
    ),
    ...(isDated(ruled) ? clockLines(ruled) : []),
    ...(facts.length === 0 ? [] : ["because", ...facts]),
  ];
}

function clockLines(date: DueDate): readonly string[] {
  const assumed = date.isStartAssumed ? " (assumed: its own start is not known)" : "";
  const from = `clock from ${instantToText(date.startedAt)}, the ${date.startedBy}${assumed}`;
  return date.at === null ? [from] : [from, `due ${instantToText(date.at)}`];
}
