import type { HostId, PlanDigest, SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { Inspection } from "../inventory/inspection.ts";
import type { Host } from "../inventory/model.ts";
import type { ReachProblem } from "../reach/model.ts";
import type { Ask } from "./ask.ts";
import type { Bundle } from "./bundle.ts";
import type { HostJudgement, JudgedJob } from "./judge-host.ts";
import type { SignedText } from "./order.ts";
import type { Result } from "./result.ts";
import type { Staged } from "./staged.ts";

/**
 * Fleet: carrying work to hosts and their words back.
 *
 * An executor takes one job to one host and passes on what the host says; who may start, and what
 * becomes of an answer, is decided by whoever gave it the job. Hosts check everything themselves
 * (host protocol §6), so nothing here is trusted by them beyond its signature.
 *
 * Invariants: an ask or a result counts only when the enrolled key of that host signed it; a permit is
 * signed only after the decision behind it was committed; a lost connection is never an outcome.
 * Never does this context decide that a host may start, and never does it send a command line.
 */

/** One interface for every way to carry work; what a kind weakens is named in `weakens`. */
export interface Executor {
  readonly kind: string;
  /** Named in UI and reports; empty for the kinds that weaken nothing. */
  weakens(host: Host): readonly string[];
  inspect(host: Host, signal: AbortSignal): Promise<Inspected>;
  /** Brings a job and stays until it ends or the connection does. */
  apply(host: Host, job: Bundle, talk: Conversation): Promise<ConversationEnd>;
  /** Brings the files of a job before its time, under an order that may start nothing (decision 31). */
  stage(host: Host, job: Bundle, signal: AbortSignal): Promise<StagingAnswer>;
  /** Brings an ordered revert of a plan that is done on the host. */
  revert(host: Host, job: Bundle, talk: Conversation): Promise<ConversationEnd>;
  /** Looks again after the job and judges what is there. */
  verify(host: Host, job: JudgedJob, signal: AbortSignal): Promise<Verified>;
  /** Asks again after a lost connection: pending results, and whatever the host works on. */
  resume(host: Host, talk: Conversation): Promise<ConversationEnd>;
}

export type Inspected =
  | { readonly kind: "inspection"; readonly inspection: Inspection }
  | { readonly kind: "problem"; readonly problem: ReachProblem };

/** Counts only with the signature of the host's enrolled key, which was looked at. */
export type StagingAnswer =
  | { readonly kind: "staged"; readonly staged: Staged; readonly signed: SignedText }
  | { readonly kind: "problem"; readonly problem: ReachProblem };

export type Verified =
  | {
      readonly kind: "inspection";
      readonly inspection: Inspection;
      readonly judgement: HostJudgement;
    }
  | { readonly kind: "problem"; readonly problem: ReachProblem };

/** What the host says is handed over here; each answer is awaited before the next word is read. */
export interface Conversation {
  readonly signal: AbortSignal;
  /** Anything at all was heard: the host lives. */
  heard(): void;
  accepted(): void;
  journal(line: JournalLine): void;
  ask(ask: Ask): Promise<PermitAnswer>;
  /** Resolves when the result is stored; only then is the host told to forget it. */
  result(result: Result, signed: SignedToldResult): Promise<void>;
}

export interface SignedToldResult extends SignedText {
  /**
   * The end of the journal that the result's signature covers by its digest; null when the journal
   * was not heard so.
   */
  readonly lastLine: JournalLine | null;
}

export type PermitAnswer =
  | { readonly kind: "permit"; readonly order: SignedText }
  | { readonly kind: "held"; readonly reason: string }
  /** No answer can be given now; the host asks again. */
  | { readonly kind: "silence" };

export interface ConversationEnd {
  /** The host took the job in this conversation. */
  readonly isAccepted: boolean;
  readonly resultCount: number;
  /** The host greeted: what follows is its word, not the network's. */
  readonly isHeard: boolean;
  /** An unsigned refusal: it had no identity or key to sign with. */
  readonly refused: { readonly code: string; readonly facts: string } | null;
  readonly problem: ReachProblem | null;
  /** Still there after the host's result, for a look; whoever gets it closes it. */
  readonly line: OpenLine | null;
}

/** The connection that brought a job, after all of the job was told. */
export interface OpenLine {
  /** As `Executor.verify`: the host is asked now, and what the job said is not used. */
  verify(job: JudgedJob): Promise<Verified>;
  close(): Promise<void>;
}

/** One line of a host's journal: `STATE at=… fact…`. Unsigned, so on its own it is shown and never judged. */
export interface JournalLine {
  readonly state: string;
  /** The whole line without its times, printable and short. */
  readonly text: string;
}

const FACTS_OF_TIME = /^(at|up)=/;
const JOURNAL_TEXT_MAX = 240;

export function journalLine(line: string): JournalLine {
  const [state = "", ...facts] = line.split(" ");
  const told = facts.filter((fact) => !FACTS_OF_TIME.test(fact)).join(" ");
  return { state, text: `${state} ${told}`.trim().slice(0, JOURNAL_TEXT_MAX) };
}

/** What a host was given when it was enrolled. */
export interface Enrolment {
  readonly host: HostId;
  readonly way: "piped" | "installed" | "agent";
  readonly ring: string;
  readonly policyVersion: number;
  /** Null where the policy was never here: an installed host got it from its own people. */
  readonly policyDigest: string | null;
  readonly keyLine: string;
  readonly enrolledBy: SubjectId;
  readonly enrolledAt: Instant;
}

export interface JobRef {
  readonly plan: PlanDigest;
  readonly host: HostId;
  readonly attempt: number;
}

/** What the way `piped` gives up (host protocol §9, §15); said wherever its evidence is shown. */
export const pipedWeakens = [
  "the program, the policy and the host key come from this server: a stolen server owns the host",
  "its results are not evidence against the server and never count as a witness",
] as const;
