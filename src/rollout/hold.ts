import { never } from "../base/failure.ts";
import { durationToText, type Instant, instantToText, SECOND_MS } from "../base/instant.ts";
import type { Closed } from "../calendar/when-next.ts";
import { closedToText } from "../calendar/words.ts";
import { type ItsmHeld, itsmHeldToText } from "../change/itsm-hold.ts";
import { missingSignOffToText } from "../change/sign-off.ts";
import type { SignOffRole } from "../policy/owners.ts";
import type { ReachProblemKind } from "../reach/model.ts";
import { hostWordsToText } from "./host-words.ts";

/**
 * Every reason for which the engine does not act now, with its facts. The engine keeps holds as
 * data; `holdToText` is the only place that words them, so CLI, UI and `explain` say the same.
 */
export type Hold =
  | { readonly why: "wave-order"; readonly wave: number; readonly after: number }
  | { readonly why: "too-early"; readonly opensAt: Instant }
  | {
      readonly why: "wave-unsigned";
      readonly wave: number;
      readonly have: number;
      readonly need: number;
    }
  | SignOffMissing
  | ItsmHolds
  | { readonly why: "wave-over"; readonly endedAt: Instant }
  | { readonly why: "window-closed"; readonly opensAt: Instant | null }
  | { readonly why: "past-window"; readonly endedAt: Instant }
  | {
      /** What the calendar says now: a freeze set after the approval, a window that was taken away. */
      readonly why: "calendar";
      readonly closed: Closed;
      /** Hosts that it holds, of those that would come next; null about one host. */
      readonly hosts: { readonly held: number; readonly of: number } | null;
    }
  | { readonly why: "budget-used"; readonly busy: number; readonly allowed: number }
  | {
      /** As many hosts with this label as may be away at once are away, over all rollouts. */
      readonly why: "budget-full";
      readonly key: string;
      readonly value: string;
      readonly used: number;
      readonly allowed: number;
      /** Hosts that it holds, of those that would come next; null about one host. */
      readonly hosts: { readonly held: number; readonly of: number } | null;
    }
  | {
      readonly why: "rate-used";
      readonly started: number;
      readonly seconds: number;
    }
  | { readonly why: "soak"; readonly wave: number; readonly until: Instant }
  | GateNotYet
  | GateFailed
  | { readonly why: "evidence-missing"; readonly wave: number; readonly since: Instant }
  | GateHeld
  | { readonly why: "stabilising"; readonly until: Instant; readonly gates: readonly string[] }
  | RevertHeld
  | OpenToJoin
  | JoinHeld
  | { readonly why: "halted"; readonly scope: string; readonly since: Instant }
  | { readonly why: "rollout-ended"; readonly state: "finished" | "stopped" }
  | { readonly why: "approval-missing"; readonly have: number; readonly need: number }
  | { readonly why: "approval-expired"; readonly at: Instant }
  | { readonly why: "approval-withdrawn" }
  | { readonly why: "approval-not-in-log" }
  | WitnessesMissing
  | {
      readonly why: "host-unreachable";
      /** What stood in the way, as `reach` tells them apart: `host-key-changed`, `no-answer`, … */
      readonly kind: ReachProblemKind;
      readonly problem: string;
      readonly since: Instant;
      readonly retryAt: Instant | null;
    }
  | { readonly why: "host-busy"; readonly rollout: number | null }
  | { readonly why: "host-quarantined" }
  | { readonly why: "host-not-enrolled" }
  | HostRefused
  | { readonly why: "host-failed"; readonly code: string; readonly facts: string }
  | {
      readonly why: "host-held";
      readonly code: string;
      readonly facts: string;
      readonly isBegun: boolean;
    }
  | {
      readonly why: "host-silent";
      readonly since: Instant;
      /** It was to reboot, and has not come back; absent: it did not. */
      readonly isDown?: true;
    }
  | { readonly why: "attempts-used"; readonly attempts: number }
  | { readonly why: "revert-over" }
  | { readonly why: "being-checked"; readonly since: Instant };

/** People of the ownership map have to say that it may go on before the wave opens. */
export interface SignOffMissing {
  readonly why: "sign-off-missing";
  readonly wave: number;
  readonly parts: readonly MissingPart[];
}

/** Too few of the witnesses that count for the wave's ring signed a head that covers the approval. */
export interface WitnessesMissing {
  readonly why: "witnesses-missing";
  readonly wave: number;
  readonly ring: string;
  readonly have: number;
  readonly need: number;
}

/** A record in an ITSM system is stopped there, or not in a state that the policy asks for. */
export interface ItsmHolds {
  readonly why: "itsm";
  readonly wave: number;
  readonly parts: readonly ItsmHeld[];
}

export interface MissingPart {
  readonly role: SignOffRole;
  /** The rule of the map. */
  readonly of: string;
  /** Handles of who can. */
  readonly able: readonly string[];
}

/** A rollout by rule that has nothing left to do, and ends with the times of its waves. */
export interface OpenToJoin {
  readonly why: "open-to-join";
  readonly until: Instant;
}

/** Why a host that a rule selects takes no part in its rollout (host protocol §11.5). */
export type JoinHeld =
  | { readonly why: "no-approved-body" }
  | { readonly why: "no-open-wave"; readonly ring: string }
  | { readonly why: "rule-full"; readonly max: number }
  | { readonly why: "left-out"; readonly because: string };

export interface GateNotYet {
  readonly why: "gate-not-yet";
  readonly wave: number;
  readonly verified: number;
  readonly needed: number;
  readonly of: number;
  readonly running: number;
  readonly waiting: number;
  readonly checking: number;
}

export interface GateFailed {
  readonly why: "gate-failed";
  readonly wave: number;
  readonly verified: number;
  readonly needed: number;
  readonly of: number;
  readonly unknown: number;
}

/** A gate that the policy names; wave 0 is the time after the last wave. */
export interface GateHeld {
  readonly why: "gate";
  readonly wave: number;
  readonly gate: string;
  readonly answer: "fail" | "not-yet" | "inconclusive";
  readonly words: string;
}

/** Why hosts that should be taken back wait for a person. */
export interface RevertHeld {
  readonly why: "revert-needs-person";
  readonly wave: number;
  readonly hosts: number;
  readonly because:
    | { readonly kind: "irreversible"; readonly hosts: number }
    | { readonly kind: "budget"; readonly reverted: number; readonly hostsMax: number };
}

/** The host's own answer: a code of host protocol §6 and the facts it gave. */
export interface HostRefused {
  readonly why: "host-refused";
  readonly code: string;
  readonly facts: string;
  readonly retryAt: Instant | null;
}

/** Why a rollout stopped itself or was stopped. */
export type HaltReason =
  | {
      readonly why: "failure-budget";
      readonly wave: number;
      readonly failures: number;
      readonly allowed: number;
    }
  | {
      readonly why: "failure-test";
      readonly wave: number;
      readonly failures: number;
      /** Hosts of the wave that have ended and count. */
      readonly of: number;
      readonly baseline: number;
      readonly bad: number;
      readonly odds: number;
    }
  | {
      readonly why: "correlated-failures";
      readonly wave: number;
      readonly stratum: string;
      readonly failures: number;
      readonly of: number;
    }
  | {
      readonly why: "gate";
      /** The wave whose gate it is; after the last wave: the last one. */
      readonly wave: number;
      readonly gate: string;
      readonly isStabilising: boolean;
      readonly takesBack: "none" | "wave" | "all";
      readonly words: string;
    }
  | { readonly why: "person"; readonly text: string };

export function holdToText(hold: Hold, now: Instant): string {
  switch (hold.why) {
    case "wave-order":
      return `wave ${hold.wave} waits for wave ${hold.after} to pass its gate`;
    case "too-early":
      return `the approved time begins ${at(hold.opensAt, now)}`;
    case "wave-unsigned":
      return `wave ${hold.wave} opens when ${hold.need - hold.have} more of ${hold.need} approvers have signed for it: fettle rollout sign-wave`;
    case "sign-off-missing":
      return `wave ${hold.wave} waits for a sign-off by ${hold.parts.map(missingSignOffToText).join("; and by ")}: fettle change sign-off`;
    case "itsm":
      return `wave ${hold.wave} waits: ${hold.parts.map(itsmHeldToText).join("; ")}`;
    case "wave-over":
      return `the approved time ended ${instantToText(hold.endedAt)}; what is left needs a new plan`;
    case "window-closed":
      return hold.opensAt === null
        ? "no maintenance window of this host is left in the approved time"
        : `the host's maintenance window opens ${at(hold.opensAt, now)}`;
    case "past-window":
      return `its window ended ${instantToText(hold.endedAt)}, and what has begun goes on to its end`;
    case "calendar":
      return `${heldText(hold.hosts)}${closedToText(hold.closed)}`;
    case "budget-used":
      return hold.allowed === 1
        ? "the one host that may be worked on at a time is busy"
        : `${hold.busy} of the ${hold.allowed} hosts that may be worked on at once are busy`;
    case "budget-full":
      return `${heldText(hold.hosts)}${hold.used} of the ${hold.allowed} hosts with ${hold.key}=${hold.value} that may be away at once are away`;
    case "rate-used":
      return `${hosts(hold.started)} were started within ${durationToText(hold.seconds * SECOND_MS)}, as many as the plan allows`;
    case "soak":
      return `wave ${hold.wave} is done and soaks; the gate is judged ${at(hold.until, now)}`;
    case "gate-not-yet":
    case "gate-failed":
    case "evidence-missing":
      return gateToText(hold);
    case "gate":
      return `${gateName(hold.gate, hold.wave)} ${gateSays[hold.answer]}: ${hold.words}`;
    case "stabilising":
      return `every wave is done; ${hold.gates.join(", ")} must go on holding until ${at(hold.until, now)}`;
    case "revert-needs-person":
      return `${hosts(hold.hosts)} of wave ${hold.wave} should be taken back, and ${becauseText(hold)}; somebody has to order it`;
    case "open-to-join":
    case "no-approved-body":
    case "no-open-wave":
    case "rule-full":
    case "left-out":
      return joinToText(hold, now);
    case "halted":
      return haltedToText(hold);
    case "rollout-ended":
      return `the rollout is ${hold.state}; what is left needs a new plan`;
    case "approval-missing":
      return hold.need === 1
        ? "the approval is missing"
        : `${hold.have} of ${hold.need} approvals are there`;
    case "approval-expired":
      return `the approvals were valid until ${instantToText(hold.at)}; the change needs new ones`;
    case "approval-withdrawn":
    case "approval-not-in-log":
    case "witnesses-missing":
      return unprovenToText(hold);
    case "revert-over":
      return "the approved time to take the patch back on order is over; the host keeps it";
    case "being-checked":
      return "the host reports that it is done; a fresh inspection has not confirmed it yet";
    default:
      return hostHoldToText(hold, now);
  }
}

function unprovenToText(
  hold: WitnessesMissing | Extract<Hold, { why: "approval-withdrawn" | "approval-not-in-log" }>,
): string {
  if (hold.why === "approval-withdrawn") {
    return "an approval was withdrawn; the change needs a new one";
  }
  if (hold.why === "approval-not-in-log") {
    return "the approval waits for its place in the log; nothing starts before a signed head covers it, and as many witnesses as the quorum says have signed that head too";
  }
  const { wave, ring, have, need } = hold;
  return `wave ${wave} waits for witnesses of the log: ${have} of the ${need} that ring ${ring} needs have signed a head that covers the approval: fettle witness list`;
}

const gateSays: Readonly<Record<GateHeld["answer"], string>> = {
  fail: "has failed",
  "not-yet": "has not passed yet",
  inconclusive: "is inconclusive and waits for a person",
};

function gateName(gate: string, wave: number): string {
  return wave === 0 ? `the gate ${gate} after the last wave` : `the gate ${gate} of wave ${wave}`;
}

function becauseText({ because }: RevertHeld): string {
  return because.kind === "irreversible"
    ? `${because.hosts} of them have steps that cannot be undone`
    : `${because.reverted} were taken back already, of ${because.hostsMax} without a person`;
}

function heldText(hosts: { readonly held: number; readonly of: number } | null): string {
  if (hosts === null) return "";
  const { held, of } = hosts;
  return held === of ? "" : `for ${held} of the next ${of} hosts, `;
}

type HostHold = Extract<Hold, { why: `host-${string}` | "attempts-used" }>;

function hostHoldToText(hold: HostHold, now: Instant): string {
  switch (hold.why) {
    case "host-unreachable":
      return `the host cannot be reached since ${instantToText(hold.since)}: ${hold.problem}${retry(hold.retryAt, now)}`;
    case "host-busy":
      return hold.rollout === null
        ? "the host is busy with another job"
        : `the host is busy with rollout R-${hold.rollout}`;
    case "host-quarantined":
      return "the host is in quarantine; nothing is sent to it";
    case "host-not-enrolled":
      return "the host is not enrolled, so it could not check a job nor sign a result; enrol it first";
    case "host-refused":
      return `the host refused: ${said(hold)}${retry(hold.retryAt, now)}`;
    case "host-failed":
      return hostWordsToText(hold.code, hold.facts) || "the host said no more";
    case "host-held":
      return hold.isBegun
        ? `the host stopped after it had begun: ${said(hold)}; its state needs a look`
        : `the host did not start: ${said(hold)}; nothing was changed there`;
    case "host-silent":
      if (hold.isDown === true) {
        return `the host went down to reboot ${instantToText(hold.since)} and has not come back: look at its console; asking again until it answers`;
      }
      return `no word from the host since ${instantToText(hold.since)}, and it may be working; asking again until it answers`;
    case "attempts-used":
      return hold.attempts === 1
        ? "the one approved attempt is used; another one needs a new plan"
        : `all ${hold.attempts} approved attempts are used; another one needs a new plan`;
    default:
      return never(hold);
  }
}

/** Hosts that come later, and those that a rule selects and that cannot take part. */
function joinToText(hold: JoinHeld | OpenToJoin, now: Instant): string {
  switch (hold.why) {
    case "open-to-join":
      return `hosts with its rule's labels may join until ${at(hold.until, now)}`;
    case "no-approved-body":
      return "no approved body for this package set; it needs a new plan";
    case "no-open-wave":
      return `every wave of ring ${hold.ring} that it could take part in has ended`;
    case "rule-full":
      return `the rule lets ${hosts(hold.max)} take part, and so many do`;
    case "left-out":
      return hold.because;
  }
}

function gateToText(
  hold: GateNotYet | GateFailed | Extract<Hold, { why: "evidence-missing" }>,
): string {
  switch (hold.why) {
    case "gate-not-yet":
      return `the gate of wave ${hold.wave} needs ${hold.needed} of ${hosts(hold.of)} verified and has ${hold.verified}${pending(hold)}`;
    case "gate-failed":
      return `the gate of wave ${hold.wave} needs ${hold.needed} of ${hosts(hold.of)} verified and can only have ${hold.verified}${against(hold.unknown)}; retry the failed hosts or stop`;
    case "evidence-missing":
      return `the gate of wave ${hold.wave} has nothing to judge: no host of it was patched, and no data is never a pass`;
  }
}

function hosts(count: number): string {
  return count === 1 ? "1 host" : `${count} hosts`;
}

/** `1 running, 2 waiting`, without what there is none of; empty when all have ended. */
export function countsToText(counts: readonly (readonly [number, string])[]): string {
  return counts.flatMap(([n, what]) => (n === 0 ? [] : [`${n} ${what}`])).join(", ");
}

function pending({ running, checking, waiting }: GateNotYet): string {
  const text = countsToText([
    [running, "running"],
    [checking, "being checked"],
    [waiting, "waiting"],
  ]);
  return text === "" ? "" : ` (${text})`;
}

function against(unknown: number): string {
  if (unknown === 0) return "";
  return ` (${unknown} unknown ${unknown === 1 ? "counts" : "count"} against it)`;
}

function haltedToText({ scope, since }: Extract<Hold, { readonly why: "halted" }>): string {
  const isOwn = scope === "this rollout";
  const end = isOwn ? "somebody resumes" : `that is lifted: fettle halt lift ${scope}`;
  return `halted (${scope}) since ${instantToText(since)}; nothing starts until ${end}`;
}

/** In which way a rollout stopped, in few words. */
export function stopWordsOf(why: string): string {
  const words: Readonly<Record<string, string>> = {
    "failure-budget": "more failures than the plan allows",
    "failure-test": "the sequential test",
    "correlated-failures": "failures that cluster where hosts share something",
    "gate-failed": "a gate that cannot pass any more",
    gate: "a gate of the policy that failed",
  };
  return words[why] ?? why;
}

export function haltToText(reason: HaltReason): string {
  switch (reason.why) {
    case "failure-budget":
      return `${hosts(reason.failures)} of wave ${reason.wave} failed; the plan allows ${reason.allowed === 0 ? "none" : reason.allowed}`;
    case "failure-test":
      return `${reason.failures} of ${hosts(reason.of)} of wave ${reason.wave} failed; with what the waves before showed that is more than ${reason.odds} times likelier for a patch that breaks ${percent(reason.bad)} of hosts than for one that breaks the usual ${percent(reason.baseline)}`;
    case "correlated-failures":
      return `failures of wave ${reason.wave} cluster in ${reason.stratum}: ${reason.failures} of ${hosts(reason.of)} failed there`;
    case "gate":
      return `${gateName(reason.gate, reason.isStabilising ? 0 : reason.wave)} has failed: ${reason.words}`;
    case "person":
      return reason.text;
    default:
      return never(reason);
  }
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`;
}

function at(instant: Instant, now: Instant): string {
  const distance = instant - now;
  const relative = distance > 0 ? ` (in ${durationToText(distance)})` : "";
  return `${instantToText(instant)}${relative}`;
}

/** What a program can tell a host's holds apart by: the host's own code, or what `reach` met. */
export function holdCode(hold: Hold): string | null {
  if ("code" in hold) return hold.code;
  return hold.why === "host-unreachable" ? hold.kind : null;
}

/** Holds that were kept before hosts' facts were kept with them have none. */
function said({ code, facts }: { readonly code: string; readonly facts?: string }): string {
  const words = hostWordsToText(code, facts ?? "");
  return words === "" ? code : `${code} ${words}`;
}

function retry(retryAt: Instant | null, now: Instant): string {
  return retryAt === null ? "" : `; tries again ${at(retryAt, now)}`;
}
