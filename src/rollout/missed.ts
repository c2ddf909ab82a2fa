import { never } from "../base/failure.ts";
import { type Instant, instantToText } from "../base/instant.ts";
import type { Span } from "../base/spans.ts";
import type { Exclusion } from "../plan/model.ts";
import { exclusionToText } from "../plan/plan-story.ts";
import { type Hold, holdToText } from "./hold.ts";
import type { RolloutState, WaveState } from "./model.ts";

/**
 * Rollouts that went on, or ended, without a host: why, and what will become of it. What is tried again
 * is told with the time when; for the rest stands what sees to it, or what a person has to do.
 */
export interface MissedFacts {
  /** The rollout's number, as in `R-7`. */
  readonly rollout: number;
  readonly title: string;
  readonly plan: string;
  /** The case's number, as in `P-1`. */
  readonly patch: number;
  readonly rolloutState: RolloutState;
  readonly state: "ready" | "held" | "skipped" | "lost" | "left-out";
  readonly since: Instant;
  readonly hold: Hold | null;
  /** Only of a host that the plan left out. */
  readonly because: Exclusion | null;
  /** Null of a host that the plan left out, as are the times. */
  readonly waveState: WaveState | null;
  readonly notBefore: Instant | null;
  readonly notAfter: Instant | null;
  /** The approved times of the host within its wave; empty: the wave's whole time. */
  readonly windows: readonly Span[] | null;
  /** It answered with a reason that passes, and an attempt is left. */
  readonly isTriedAgain: boolean;
  readonly retryAt: Instant | null;
  /** What the person said who skipped it. */
  readonly words: string | null;
  /** Another rollout of the same patch that has the host and is under way. */
  readonly other: number | null;
  /** A plan of the same patch that has the host and is not carried out yet. */
  readonly next: {
    readonly plan: string;
    readonly change: number | null;
    readonly state: "requested" | "approved" | null;
  } | null;
}

/**
 * `waiting`: its time in the rollout is not over; `missed`: it is, and nothing was begun there;
 * `left-out`: the plan took other hosts and not this one.
 */
export const missedKinds = ["waiting", "missed", "skipped", "lost", "left-out"] as const;
export type MissedKind = (typeof missedKinds)[number];

/** `tried`: by this rollout; `taken`: by another one or by a plan; `nothing`: unless a person acts. */
export type MissedFate = "tried" | "taken" | "nothing";

export interface Missed {
  readonly kind: MissedKind;
  readonly why: string;
  readonly fate: MissedFate;
  /** What will become of it, or what to do. */
  readonly outlook: string;
  /** The command that sees to it; null where none is needed or it is not one command. */
  readonly command: string | null;
  readonly href: string;
}

export function missedOf(facts: MissedFacts, now: Instant): Missed {
  const kind = kindOf(facts, now);
  const why = whyOf(facts, now);
  const here = `/rollouts/R-${facts.rollout}`;
  if (kind === "waiting") return { kind, why, ...waits(facts, now), command: null, href: here };
  if (facts.other !== null) {
    const outlook = `R-${facts.other} has it and sees to it`;
    return { kind, why, fate: "taken", outlook, command: null, href: `/rollouts/R-${facts.other}` };
  }
  if (facts.next !== null) {
    const outlook = planToText(facts.next);
    const href = `/plans/${facts.next.plan}`;
    return { kind, why, fate: "taken", outlook, command: null, href };
  }
  return { kind, why, fate: "nothing", ...toDo(facts, kind), href: here };
}

function kindOf(facts: MissedFacts, now: Instant): MissedKind {
  const { state, rolloutState, waveState, notAfter } = facts;
  if (state !== "ready" && state !== "held") return state;
  const isOver =
    rolloutState === "finished" ||
    rolloutState === "stopped" ||
    waveState === "ended" ||
    (notAfter !== null && notAfter < now);
  return isOver ? "missed" : "waiting";
}

function whyOf(facts: MissedFacts, now: Instant): string {
  switch (facts.state) {
    case "left-out":
      return facts.because === null ? "the plan left it out" : exclusionToText(facts.because);
    case "skipped":
      return facts.words === null
        ? "a person left it out"
        : `a person left it out: ${facts.words.trim()}`;
    case "lost":
      return "two people declared it lost: no word of it came, and it may have been changed";
    case "ready":
    case "held":
      return facts.hold === null ? "its turn did not come" : holdToText(facts.hold, now);
    default:
      return never(facts.state);
  }
}

/** Its wave's time is not over. */
function waits(facts: MissedFacts, now: Instant): { fate: MissedFate; outlook: string } {
  const { rollout, notAfter, rolloutState } = facts;
  const end = notAfter === null ? "" : ` until ${instantToText(notAfter)}`;
  if (facts.state === "held" && !facts.isTriedAgain) {
    const outlook = `a person can try it again${end} (fettle rollout retry R-${rollout}); afterwards fettle plan create --catch-up R-${rollout} plans for it`;
    return { fate: "nothing", outlook };
  }
  if (rolloutState === "halted") {
    return { fate: "tried", outlook: `is tried again${end}, as soon as the rollout goes on` };
  }
  const window = windowOf(facts, now);
  if (window === null) {
    const outlook = `no window of it is left${end}; afterwards fettle plan create --catch-up R-${rollout} plans for it`;
    return { fate: "nothing", outlook };
  }
  const again = Math.max(window.from, facts.retryAt ?? now);
  const when = again <= now ? "at the next look" : `from ${instantToText(again)}`;
  return { fate: "tried", outlook: `is tried again ${when}, in each of its windows${end}` };
}

/** The stretch of its approved time that is open now, or the next one. */
function windowOf(facts: MissedFacts, now: Instant): Span | null {
  const { windows, notBefore, notAfter } = facts;
  if (notBefore === null || notAfter === null) return null;
  const times = windows === null || windows.length === 0 ? [] : windows;
  const open = times.length === 0 ? [{ from: notBefore, to: notAfter }] : times;
  const next = open.find(({ to }) => to > now);
  return next ?? null;
}

function planToText(next: NonNullable<MissedFacts["next"]>): string {
  const plan = `plan ${next.plan.slice(0, 12)}`;
  if (next.change === null) return `${plan} has it; nobody has asked for its approval yet`;
  const waits = next.state === "approved" ? "is approved and not started" : "waits for approval";
  return `${plan} has it; C-${next.change} ${waits}`;
}

/** What a person has to do where nothing sees to the host. */
function toDo(
  facts: MissedFacts,
  kind: Exclude<MissedKind, "waiting">,
): { readonly outlook: string; readonly command: string | null } {
  const { rollout, patch, plan } = facts;
  switch (kind) {
    case "missed":
      return {
        outlook: `nothing sees to it: plan for what R-${rollout} missed`,
        command: `fettle plan create --catch-up R-${rollout}`,
      };
    case "lost":
      return {
        outlook: `nothing sees to it: look at the host, enrol it again, then plan P-${patch} anew`,
        command: null,
      };
    case "skipped":
      return { outlook: `nothing sees to it: a new plan of P-${patch} takes it`, command: null };
    case "left-out":
      return {
        outlook: "nothing sees to it: mend that, then plan for hosts that the plan has not",
        command: `fettle plan create --patch P-${patch} --policy FILE --parent ${plan.slice(0, 12)}`,
      };
    default:
      return never(kind);
  }
}
