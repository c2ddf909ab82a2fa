import { expect, test } from "vitest";
import { refusalEvent } from "./refusal-kind.ts";

const APPROVE = "/api/v1/changes/{change}/approvals";

test.each([
  ["POST", APPROVE, "blocked", "change.refused"],
  ["POST", APPROVE, "conflict", "change.refused"],
  ["POST", APPROVE, "forbidden", "access.refused"],
  ["POST", "/api/v1/rollouts", "blocked", "change.refused"],
  ["POST", "/api/v1/delegations", "blocked", "change.refused"],
  ["POST", APPROVE, "not-found", null],
  ["POST", APPROVE, "invalid", null],
  ["GET", APPROVE, "blocked", null],
  ["POST", "/api/v1/hosts", "conflict", null],
  ["POST", "/api/v1/changesome", "blocked", null],
  ["GET", "/api/v1/users", "rate-limited", "access.refused"],
] as const)("%s %s with %s is recorded as %s", (method, route, code, event) => {
  expect(refusalEvent({ method, route, code })).toBe(event);
});
