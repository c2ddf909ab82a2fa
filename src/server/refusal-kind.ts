import type { FailureCode } from "../base/failure.ts";

/** Which "no" is recorded, and as which event: every one to a person, and each of change control. Pure. */
const toPeople: readonly FailureCode[] = [
  "unauthenticated",
  "forbidden",
  "proof-needed",
  "rate-limited",
];

/** Where changes are asked for, voted on, signed, handed on and started. */
const CONTROL = /^\/api\/v1\/(?:changes|cab|delegations|change-templates|rollouts)(?:\/|$)/;

/** Null for what is an answer rather than a refusal: that something is not there, or is no input. */
export function refusalEvent(of: {
  readonly method: string;
  /** As it is declared. */
  readonly route: string;
  readonly code: string;
}): "access.refused" | "change.refused" | null {
  if ((toPeople as readonly string[]).includes(of.code)) return "access.refused";
  // Signed in, entitled, and the rules of the change say no: too late, own request, voted, not approved.
  const isRule = of.code === "blocked" || of.code === "conflict";
  return isRule && of.method !== "GET" && CONTROL.test(of.route) ? "change.refused" : null;
}
