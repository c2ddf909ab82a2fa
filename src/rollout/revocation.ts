import type { ChangeId, HostId, SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { ApprovalClass } from "../fleet/result.ts";
import type { SignedRevocation, TrustAnswer } from "../fleet/trust-frame.ts";

/**
 * Plans and keys that count no more (host protocol §3). People sign, hosts judge; this server only
 * stops by itself what it would start, and carries the text to every host until each has answered.
 * A host that is away is told later, never forgotten; one that refuses is shown with its code, since
 * only its own people can change whom it believes.
 */
export interface Revocation extends SignedRevocation {
  readonly id: string;
  readonly what: "plan" | "key";
  /** A plan's digest, or a key's base64. */
  readonly target: string;
  readonly targetFingerprint: string | null;
  readonly change: ChangeId | null;
  readonly class: ApprovalClass | "root";
  /** `<type> <base64>` of the key that signed. */
  readonly keyLine: string;
  readonly reason: string;
  readonly by: SubjectId;
  readonly at: Instant;
}

export const toldOutcomes = ["waiting", "taken", "refused"] as const;
export type ToldOutcome = (typeof toldOutcomes)[number];

/** What became of telling one host. */
export interface Told {
  readonly outcome: ToldOutcome;
  readonly code: string | null;
  readonly why: string | null;
}

/** One host that is to hear of one revocation now. */
export interface Telling {
  readonly revocation: string;
  readonly host: HostId;
  readonly tries: number;
}

/** Codes that pass by themselves: a clock that is behind, a disk that is full, a lock that is held. */
const PASSING = ["E_TIME", "E_STATE", "E_BUSY", "E_DISK"];

/** What a host's answers mean for the only item that it was told. */
export function toldBy(answers: readonly TrustAnswer[]): Told {
  const [answer] = answers;
  if (answer === undefined) {
    return { outcome: "waiting", code: null, why: "the host said nothing to it" };
  }
  if (answer.kind === "taken") return { outcome: "taken", code: null, why: null };
  const { code, why } = answer;
  return { outcome: PASSING.includes(code) ? "waiting" : "refused", code, why };
}
