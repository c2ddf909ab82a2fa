import type { Facts } from "../base/failure.ts";
import type { Instant } from "../base/instant.ts";
import { MINUTE_MS } from "../base/instant.ts";
import type { Permission } from "../base/permission.ts";
import type { ServedRoute } from "../ledger/served-route.ts";

/**
 * What a sign-in is worth right now (OWASP ASVS 5.0 V7.5.3, V6.3.3). A stolen session or token must
 * not be enough for the acts that matter: they need a proof of who asks that is minutes old, and of
 * two factors. Who approves or runs needs two factors in the first place.
 */
export type Strength = "one" | "two";

export interface Proof {
  readonly at: Instant;
  readonly strength: Strength;
}

/** With what somebody can prove themselves. */
export const proofWays = ["password", "code", "passkey", "provider"] as const;
export type ProofWay = (typeof proofWays)[number];

export interface Standing {
  readonly kind: "person" | "service";
  readonly via: "session" | "token";
  /** A token that was narrowed, for a script. */
  readonly isLimited: boolean;
  /** Null: never proved, as a token for a script. */
  readonly proof: Proof | null;
  readonly ways: readonly ProofWay[];
}

export type FreshProof = NonNullable<ServedRoute["freshProof"]>;

export type MfaPolicy = "required" | "off";

/** Long enough for a form, short enough that a screen left alone is not a right. */
export const PROOF_LIFE_MS = 10 * MINUTE_MS;

/** What nobody holds by one factor alone. Halting is not among them: anybody may always stop. */
export const strongPermissions: readonly Permission[] = [
  "change.approve",
  "exception.approve",
  "rollout.operate",
];

export function hasFactor(ways: readonly ProofWay[]): boolean {
  return ways.includes("code") || ways.includes("passkey");
}

/** The rights that this sign-in does not carry, though its subject has them. */
export function withheldFrom(standing: Standing, policy: MfaPolicy): readonly Permission[] {
  if (policy === "off" || standing.kind === "service") return [];
  return standing.proof?.strength === "two" ? [] : strongPermissions;
}

export interface Refusal {
  readonly message: string;
  readonly facts: Facts;
}

/** Why this sign-in may not do it now; null when it may. */
export function proofRefusal(
  standing: Standing,
  of: { readonly demand: FreshProof; readonly policy: MfaPolicy; readonly now: Instant },
): Refusal | null {
  const { demand, policy, now } = of;
  const isToken = standing.via === "token";
  if (demand === "signature" || (isToken && policy === "off")) return null;
  if (isToken && (standing.kind === "service" || standing.isLimited)) {
    return refused([], "A token for a program cannot do this: it needs a person who proves it.");
  }
  const hasSecond = hasFactor(standing.ways);
  const needed = neededStrength({ demand, policy, hasSecond });
  if (needed === "two" && !hasSecond && !standing.ways.includes("provider")) {
    return refused(
      [],
      "This needs a second factor, and you have none yet. Add a passkey or one-time codes under Settings, My sign-in, or with: fettle factor add-code",
      { needs: "factor" },
    );
  }
  const { proof } = standing;
  const isFresh = proof !== null && now - proof.at < PROOF_LIFE_MS;
  if (isFresh && (needed === "one" || proof.strength === "two")) return null;
  const ways = standing.ways.filter((way) => way !== "password" || needed === "one" || hasSecond);
  const ask = "Prove once more that it is you: this needs a proof of the last ten minutes.";
  const none =
    "This needs a proof of the last ten minutes, and you have nothing to prove it with: no password and no factor. An invitation sets a password (fettle user invite); where nobody else can make one, see docs/sign-in.md, A lost administrator.";
  return refused(ways, ways.length === 0 ? none : ask);
}

function neededStrength(of: {
  readonly demand: FreshProof;
  readonly policy: MfaPolicy;
  readonly hasSecond: boolean;
}): Strength {
  if (of.hasSecond) return "two";
  return of.policy === "required" && of.demand === "demanded" ? "two" : "one";
}

function refused(ways: readonly ProofWay[], message: string, facts: Facts = {}): Refusal {
  return { message, facts: { ways, maxAgeSeconds: PROOF_LIFE_MS / 1000, ...facts } };
}

/** Why somebody cannot approve or run with this sign-in, as the gate and the pages tell it. */
export function withheldText(standing: Standing): string {
  return hasFactor(standing.ways)
    ? "You signed in with one factor. Prove it with the second one to approve and to run."
    : "Approving and running need a second factor, and you have none yet. Add a passkey or one-time codes under Settings, My sign-in, or with: fettle factor add-code";
}
