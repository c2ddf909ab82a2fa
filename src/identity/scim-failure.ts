import { Failure, type FailureCode } from "../base/failure.ts";

/** The words of RFC 7644 §3.12, table 9, that this server says, each with the code it is ours by. */
const codes = {
  invalidFilter: "invalid",
  invalidPath: "invalid",
  invalidSyntax: "invalid",
  invalidValue: "invalid",
  noTarget: "invalid",
  mutability: "invalid",
  tooMany: "invalid",
  uniqueness: "conflict",
} as const satisfies Record<string, FailureCode>;

export type ScimType = keyof typeof codes;

export function scimFailure(scimType: ScimType, message: string): Failure {
  return new Failure(codes[scimType], message, { facts: { scimType } });
}
