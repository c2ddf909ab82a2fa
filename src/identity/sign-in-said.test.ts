import { describe, expect, test } from "vitest";
import type { SubjectId } from "../base/ids.ts";
import { entryText } from "../ledger/entry.ts";
import type { EventId } from "../ledger/model.ts";
import type { Standing } from "./fresh-proof.ts";
import { type ProvedEvent, signInSaid, wordsOf } from "./sign-in-said.ts";

const at = Date.UTC(2026, 0, 2, 3, 4, 5);
const proved = "2026-01-02T03:04:05.000Z";

function standing(strength: "one" | "two" | null, via: Standing["via"] = "session"): Standing {
  const proof = strength === null ? null : { at, strength };
  return { kind: "person", via, isLimited: false, proof, ways: [] };
}

const started = (facts: ProvedEvent["facts"]): ProvedEvent => ({ type: "session.started", facts });

describe("what an entry says of a sign-in", () => {
  test.each([
    ["a password", "one", started({ by: "password", strength: "one" }), { by: "password" }],
    ["a password and a code", "two", started({ by: "password", strength: "two" }), { by: "code" }],
    ["a passkey", "two", started({ by: "passkey", strength: "two" }), { by: "passkey" }],
    ["a passkey just added", "two", { type: "passkey.added", facts: {} }, { by: "passkey" }],
    ["codes just added", "two", { type: "code.added", facts: {} }, { by: "code" }],
    [
      "a provider, in its own words",
      "two",
      started({ by: "provider", strength: "two", provider: "company", amr: ["hwk"], acr: "2" }),
      { by: "provider", provider: "company", amr: ["hwk"], acr: "2" },
    ],
    ["a session that the log does not tell of", "two", null, {}],
    ["a way that nobody knows", "two", started({ by: "oracle", strength: "two" }), {}],
    ["a proof given meanwhile", "one", started({ by: "passkey", strength: "two" }), {}],
    ["a proof before its way was kept", "two", { type: "proof.given", facts: {} }, {}],
  ] as const)("%s", (_, strength, last, said) => {
    expect(signInSaid(standing(strength), last)).toEqual({ ...said, strength, proved });
  });

  test("a token is a token, whatever the log tells of its owner", () => {
    const last = started({ by: "passkey", strength: "two" });
    expect(signInSaid(standing("two", "token"), last)).toEqual({
      ...{ by: "token", strength: "two", proved },
    });
    expect(signInSaid(standing(null, "token"), null)).toEqual({ by: "token" });
  });

  test("words of a provider are left out where they are many or long, never cut", () => {
    expect(wordsOf({ amr: ["pwd", "otp"], acr: "urn:x" })).toEqual({
      ...{ amr: ["pwd", "otp"], acr: "urn:x" },
    });
    expect(wordsOf({ amr: Array(17).fill("a"), acr: "a".repeat(201) })).toEqual({});
    expect(wordsOf({ amr: ["a".repeat(65)] })).toEqual({});
    expect(wordsOf({})).toEqual({});
  });

  test("an entry without it is byte for byte what it was", () => {
    const event = {
      ...{ id: "e" as EventId, at, type: "host.added", actor: "s" as SubjectId, object: "host:h" },
      ...{ patch: null, change: null, plan: null, approved: null, facts: {} },
    };
    const before = { outcome: "done", via: "session" };
    const text = entryText({ ...event, circumstances: before }, "t");
    const signIn = signInSaid(standing("two"), started({ by: "passkey", strength: "two" }));
    const more = entryText({ ...event, circumstances: { ...before, signIn } }, "t");
    expect(text).not.toContain("signIn");
    expect(more.replace(/"signIn":\{[^}]*\},/, "")).toBe(text);
    expect(JSON.parse(more)).toMatchObject({ v: 2, signIn: { by: "passkey", strength: "two" } });
  });
});
