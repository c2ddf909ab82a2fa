import { instantToText } from "../base/instant.ts";
import type { DeadlineInputs, InputName } from "./deadline-preset.ts";
import { presetOf } from "./deadline-presets.ts";
import type { CandidateDate } from "./model.ts";

/** Dates as people read them: which preset, which facts, what was assumed, why a clock stands. */
const yesWords: Readonly<Record<string, readonly [yes: string, no: string]>> = {
  kev: ["known to be exploited", "not known to be exploited"],
  exposed: ["exposed", "not exposed"],
  automatable: ["automatable", "not automatable"],
  total: ["total impact", "partial impact"],
  exploit: ["an exploit is known", "no exploit is known"],
  likely: ["exploitation is likely", "exploitation is not likely"],
};

export function factInWords(name: InputName, value: unknown): string {
  const words = yesWords[name];
  if (words !== undefined) return value === true ? words[0] : words[1];
  return `${name} ${String(value)}`;
}

export interface ToldInput {
  readonly name: string;
  readonly text: string;
  readonly isAssumed: boolean;
}

export function toldInputs(date: {
  readonly inputs: Partial<DeadlineInputs>;
  readonly assumed: readonly InputName[];
}): readonly ToldInput[] {
  return Object.entries(date.inputs).map(([name, value]) => ({
    name,
    text: factInWords(name as InputName, value),
    isAssumed: date.assumed.includes(name as InputName),
  }));
}

export function presetTitle(id: string): string {
  return presetOf(id)?.title ?? id;
}

/** Why this date, in one sentence. */
export function dateSentence(date: CandidateDate): string {
  if (date.vulnerability === null) return "No known vulnerability: it goes with the next upgrade.";
  const facts = toldInputs(date).map(({ text, isAssumed }) =>
    isAssumed ? `${text} (assumed)` : text,
  );
  const period = date.period === "" ? "" : ` → ${date.period}`;
  const stands =
    date.pause?.since == null
      ? ""
      : `; the clock stands since ${instantToText(date.pause.since).slice(0, 10)}: no source offers a fix`;
  return `${date.vulnerability}: ${facts.join(", ")}${period}${stands}`;
}
