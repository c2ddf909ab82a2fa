import { counted } from "../base/counted.ts";
import type { RolloutId } from "../base/ids.ts";
import { DAY_MS, durationToText, type Instant, instantToText } from "../base/instant.ts";
import type { MarkTone, Words } from "../base/word.ts";
import type { Forecast } from "../rollout/forecast.ts";

/**
 * Which hosts of a case will miss its date, and why, as things stand. Nothing is guessed: a date that
 * no forecast gives is told as not known, and typical durations are those of this deployment's own
 * cases.
 */
export const verdictWords = {
  missed: ["bad", "missed"],
  "will-miss": ["bad", "will miss it"],
  "may-miss": ["attention", "may miss it"],
  unknown: ["unknown", "not known"],
  "in-time": ["good", "in time"],
} as const satisfies Words<string>;
export type Verdict = keyof typeof verdictWords;

/** Worst first. */
export const verdicts = Object.keys(verdictWords) as readonly Verdict[];

export function verdictTone(verdict: Verdict): MarkTone {
  return verdictWords[verdict][0];
}

/** Hosts that still lack the update and are alike in why. */
export interface HostsBehind {
  readonly hosts: number;
  /** A few of them. */
  readonly names: readonly string[];
  /** One of their sources offers the target, or something newer. */
  readonly isOffered: boolean;
  /** Until when exceptions cover all of the case there; null where they do not. */
  readonly exceptedUntil: Instant | null;
  /** Not reached since; null for hosts that answer. */
  readonly silentSince: Instant | null;
  /** The newest plan of the case that names them. */
  readonly plan: {
    readonly digest: string;
    readonly wave: number;
    readonly notBefore: Instant;
    readonly notAfter: Instant;
  } | null;
  readonly rollout: {
    readonly id: RolloutId;
    readonly number: number;
    /** Of the host in it; null where it left the host out. */
    readonly target: string | null;
  } | null;
}

export interface Known {
  readonly deadlineAt: Instant;
  readonly now: Instant;
  readonly forecasts: ReadonlyMap<string, Forecast>;
  /** From opening a case to having it on the hosts, over the newest cases; null where none ended. */
  readonly usual: { readonly medianMs: number; readonly cases: number } | null;
}

export interface Judged {
  readonly verdict: Verdict;
  readonly sentence: string;
}

export function judgeBehind(group: HostsBehind, caseKnown: Known): Judged {
  const { exceptedUntil } = group;
  const deadlineAt = Math.max(caseKnown.deadlineAt, exceptedUntil ?? Number.NEGATIVE_INFINITY);
  const known = { ...caseKnown, deadlineAt };
  const { verdict, sentence } = reasonOf(group, known);
  const excepted =
    exceptedUntil === null ? "" : `Excepted until ${dayText(exceptedUntil).slice(0, 10)}. `;
  if (deadlineAt >= known.now) return { verdict, sentence: `${excepted}${sentence}` };
  return { verdict: "missed", sentence: `${excepted}The date has passed. ${sentence}` };
}

function reasonOf(group: HostsBehind, known: Known): Judged {
  if (!group.isOffered) {
    return say("will-miss", "No source of these hosts offers the update yet.");
  }
  if (group.silentSince !== null) {
    const since = durationToText(known.now - group.silentSince);
    return say("will-miss", `Not reached for ${since}: nothing can be applied there.`);
  }
  if (group.rollout !== null) return inRollout(group.rollout, known);
  if (group.plan !== null) return planned(group.plan, known);
  return unplanned(known);
}

const waiting = ["ready", "leased", "permitted", "applying", "rebooting", "verifying"];

function inRollout(rollout: NonNullable<HostsBehind["rollout"]>, known: Known): Judged {
  const { number, target } = rollout;
  const name = `R-${number}`;
  if (target === null) return say("will-miss", `${name} left them out.`);
  if (target === "done" || target === "noop") {
    return say("may-miss", `${name} applied it; no fresh look at them has shown it yet.`);
  }
  if (target === "unknown") return say("unknown", `${name} has no word from them.`);
  if (!waiting.includes(target)) {
    return say("will-miss", `In ${name} they are ${target}, and nobody tried again.`);
  }
  const forecast = known.forecasts.get(rollout.id);
  if (forecast === undefined || forecast.endsAt === null) {
    const why = forecast?.reason ?? "its forecast is not known";
    return say("unknown", `${name} is under way; when it ends nobody can say: ${why}.`);
  }
  const ends = `${name} is forecast to end ${dayText(forecast.endsAt)}`;
  if (forecast.endsAt > known.deadlineAt) return say("will-miss", `${ends}, after the date.`);
  if (forecast.endsAt + forecast.marginMs > known.deadlineAt) {
    return say("may-miss", `${ends}, give or take ${durationToText(forecast.marginMs)}.`);
  }
  return say("in-time", `${ends}.`);
}

function planned(plan: NonNullable<HostsBehind["plan"]>, known: Known): Judged {
  const wave = `Wave ${plan.wave} of plan ${plan.digest.slice(0, 8)}`;
  if (plan.notAfter < known.now) {
    return say("will-miss", `${wave} had its time until ${dayText(plan.notAfter)}, never started.`);
  }
  if (plan.notBefore > known.deadlineAt) {
    return say("will-miss", `${wave} opens ${dayText(plan.notBefore)}, after the date.`);
  }
  return say("may-miss", `${wave} is not started: it waits for approval or for its start.`);
}

function unplanned(known: Known): Judged {
  const left = known.deadlineAt - known.now;
  const days = durationToText(Math.max(0, left));
  const { usual } = known;
  if (usual === null)
    return say("may-miss", `Nothing is planned for them, ${days} before the date.`);
  const took = `the last ${counted(usual.cases, "case")} took ${durationToText(usual.medianMs)} in the middle`;
  const verdict = usual.medianMs > left ? "will-miss" : "may-miss";
  return say(verdict, `Nothing is planned for them, ${days} before the date; ${took}.`);
}

function say(verdict: Verdict, sentence: string): Judged {
  return { verdict, sentence };
}

function dayText(at: Instant): string {
  return instantToText(Math.floor(at / 60_000) * 60_000)
    .slice(0, 16)
    .replace("T", " ");
}

/** A host that did not answer for so long counts as away. */
export const SILENT_MS = 3 * DAY_MS;

/** The worst of all; null where no host lacks it. */
export function worst(judged: readonly Judged[]): Verdict | null {
  return verdicts.find((verdict) => judged.some((one) => one.verdict === verdict)) ?? null;
}
