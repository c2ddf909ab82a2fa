import { expect, test } from "vitest";
import { tellAgainSeconds } from "../fleet/tell-again.ts";
import { toldBy } from "./revocation.ts";

const refused = (code: string) => [{ kind: "refused" as const, what: "revoke 1", code, why: "so" }];

test("a host is told again ever later, and never later than in ten minutes", () => {
  const waits = [0, 1, 2, 3, 6, 7, 1000].map(tellAgainSeconds);
  expect(waits).toEqual([10, 20, 40, 80, 600, 600, 600]);
});

test("a refusal that stands is told as one, and one that passes by itself is tried again", () => {
  expect(toldBy([{ kind: "taken", what: "revoke plan x" }]).outcome).toBe("taken");
  for (const code of ["E_KEY", "E_SIG", "E_AUDIENCE", "E_POLICY"]) {
    expect(toldBy(refused(code)), code).toEqual({ outcome: "refused", code, why: "so" });
  }
  for (const code of ["E_TIME", "E_STATE", "E_BUSY"]) {
    expect(toldBy(refused(code)).outcome, code).toBe("waiting");
  }
});

test("a host that says nothing counts as not told", () => {
  expect(toldBy([]).outcome).toBe("waiting");
});
