import { Failure, type FailureCode } from "../base/failure.ts";

/**
 * What an agent is refused with: the code that its program knows, and a sentence for its log. The HTTP
 * status follows from the kind of failure, as everywhere.
 */
export function agentRefusal(refusal: string, code: FailureCode, why: string): Failure {
  return new Failure(code, why, { facts: { refusal } });
}

/** The code of a refusal; null for any other failure. */
export function refusalCode(cause: unknown): string | null {
  const refusal = cause instanceof Failure ? cause.facts["refusal"] : undefined;
  return typeof refusal === "string" ? refusal : null;
}
