import { describe, expect, test } from "vitest";
import { resultMove } from "./result-move.ts";

const told = { lastLine: "VERIFYING packages=1", isAccepted: false, now: 1_000_000 };

describe("what a host's signed word does to its target", () => {
  test.each([
    ["apply", "done", "result-done"],
    ["apply", "noop", "result-noop"],
    ["apply", "failed", "result-failed"],
    ["apply", "rolled-back", "result-rolled-back"],
    ["reboot", "done", "result-done"],
    ["revert", "rolled-back", "result-reverted"],
    ["revert", "failed", "result-failed"],
  ] as const)("%s %s: %s", (kind, state, verb) => {
    expect(resultMove({ kind, state, code: "-" }, told).verb).toBe(verb);
  });

  test("a hold frees the slot only when the journal says that nothing had begun", () => {
    const held = { kind: "apply", state: "held", code: "E_PERMIT" } as const;
    expect(resultMove(held, told)).toMatchObject({ isUnbegun: false });
    const lastLine = "HELD code=E_PERMIT begun=no note=held: halted";
    expect(resultMove(held, { ...told, lastLine })).toMatchObject({
      verb: "result-held",
      isUnbegun: true,
      hold: { why: "host-held", code: "E_PERMIT", isBegun: false },
    });
    const begun = "HELD code=E_PERMIT begun=yes note=begun=no";
    expect(resultMove(held, { ...told, lastLine: begun }).isUnbegun).toBe(false);
  });

  test("a revert is held by a note, because the job itself has ended before", () => {
    const held = { kind: "revert", state: "held", code: "E_PERMIT" } as const;
    const lastLine = "NOTE begun=no note=revert held: E_PERMIT frozen";
    expect(resultMove(held, { ...told, lastLine }).isUnbegun).toBe(true);
    expect(resultMove({ ...held, kind: "apply" }, { ...told, lastLine }).isUnbegun).toBe(false);
  });

  test("a refusal that passes by itself is tried again, with the host's own facts", () => {
    const lastLine = "REFUSED code=E_LOCK note=dpkg lock held by unattended-upgrades";
    const refused = { kind: "apply", state: "refused", code: "E_LOCK" } as const;
    expect(resultMove(refused, { ...told, lastLine })).toMatchObject({
      verb: "drop",
      retryAfterSeconds: 60,
      hold: { facts: "dpkg lock held by unattended-upgrades", retryAt: 1_060_000 },
    });
  });

  test("refused while staging, the host has ended the attempt, and the next one follows", () => {
    const refused = { kind: "apply", state: "refused", code: "E_LOCK" } as const;
    expect(resultMove(refused, { ...told, isAccepted: true })).toMatchObject({
      verb: "result-held",
      isUnbegun: true,
      retryAfterSeconds: 60,
    });
  });

  test("a refusal that only a person can change ends the attempt", () => {
    const refused = { kind: "apply", state: "refused", code: "E_THRESHOLD" } as const;
    expect(resultMove(refused, told)).toMatchObject({ verb: "refused", retryAfterSeconds: 0 });
  });
});
