import type { ChangeId, HostId, PlanDigest, RolloutId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";

/**
 * Files that come to hosts before their wave opens (decision 31). It is nobody's start: no slot is taken,
 * no permit given, no budget used, and a host that has nothing staged is patched all the same.
 */
export interface Staging {
  readonly rollout: RolloutId;
  readonly plan: PlanDigest;
  readonly change: ChangeId;
  readonly host: HostId;
  readonly wave: number;
  readonly leafIndex: number;
  readonly body: string;
  readonly attempt: number;
  readonly epoch: number;
  /** Of the order; rises with every order to the host. */
  readonly counter: number;
  readonly issuedAt: Instant;
  readonly tries: number;
}

/** What a host said to it, or that nothing was heard. */
export interface StagingOutcome {
  readonly state: "staged" | "refused" | "waiting";
  readonly code: string | null;
  readonly why: string | null;
  readonly files: number;
  readonly kilobytes: number;
  readonly signed: { readonly text: string; readonly signature: string } | null;
}

const AGAIN_SECONDS_MIN = 30;
const AGAIN_SECONDS_MAX = 3600;

/** A host that could not be reached, or has no room yet, is asked again; ever more rarely. */
export function stageAgainSeconds(tries: number): number {
  return Math.min(AGAIN_SECONDS_MAX, AGAIN_SECONDS_MIN * 2 ** Math.min(tries, 10));
}

/** How far the hosts of a wave are with it. */
export interface StagingCounts {
  readonly staged: number;
  readonly refused: number;
  readonly waiting: number;
}
