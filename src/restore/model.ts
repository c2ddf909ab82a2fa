/**
 * What happens after an older database was put back (host protocol §12). The signed heads outside of
 * it show that it forgot something. Then nothing is started, signed or changed, until what can be had
 * of the missing events was replayed and two approvers have signed from where the log goes on.
 *
 * Replaying writes the missing entries back into the log, byte for byte, and does again what took
 * something away: halts, revocations, disabled people, used secrets, burials. What gave something is
 * never done again by itself: entries do not hold enough for it, and people can do it anew.
 *
 * Invariants: one restore is open at a time, and while it is the server is for reading. Every rollout
 * is halted and every job under way unknown before anybody can sign. A statement names the three heads
 * and is signed by two different people, each with a key of their own that counts at the end too.
 *
 * Never: a head that contradicts one that was signed before by the same key.
 */

import type { Id, SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { KeyClass } from "../identity/model.ts";

export type RestoreId = Id<"restore">;

export interface LogHead {
  readonly size: number;
  /** Hex. */
  readonly root: string;
}

/** How many of each were done again, and what was held. */
export type Replayed = Readonly<Record<string, number>>;

export interface Restore {
  readonly id: RestoreId;
  readonly number: number;
  readonly openedAt: Instant;
  readonly old: LogHead;
  readonly newest: LogHead;
  readonly newestFrom: string;
  readonly replayed: Replayed | null;
  readonly problem: string | null;
  readonly document: string | null;
  readonly documentAt: Instant | null;
}

export interface RestoreSignature {
  readonly person: SubjectId;
  readonly signer: string;
  readonly class: KeyClass;
  readonly keyLine: string;
  readonly signature: string;
  readonly signedAt: Instant;
  /** The person is enabled and the key not taken back. */
  readonly counts: boolean;
}

/** Host protocol §12: two people, as nobody undoes history alone. */
export const SIGNERS_NEEDED = 2;

/** A text that nobody finished in a day is written anew, so that no old one lies about. */
export const STATEMENT_SECONDS = 86_400;
