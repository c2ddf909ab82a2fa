import { expect, test } from "vitest";
import { proofRefusal, type Standing, strongPermissions, withheldFrom } from "./fresh-proof.ts";

const NOW = 1_800_000_000_000;
const MINUTE = 60_000;

function standing(over: Partial<Standing> = {}): Standing {
  return {
    kind: "person",
    via: "session",
    isLimited: false,
    proof: { at: NOW - MINUTE, strength: "two" },
    ways: ["password", "passkey"],
    ...over,
  };
}

function judged(
  over: Partial<Standing>,
  demand: "demanded" | "first-factor" | "signature" = "demanded",
  policy: "required" | "off" = "required",
) {
  return proofRefusal(standing(over), { demand, policy, now: NOW });
}

test("V7.5.3 a proof of two factors counts for ten minutes and no longer", () => {
  expect(judged({})).toBeNull();
  const nearly = { at: NOW - 10 * MINUTE + 1, strength: "two" } as const;
  expect(judged({ proof: nearly })).toBeNull();
  expect(judged({ proof: { ...nearly, at: NOW - 10 * MINUTE } })).not.toBeNull();
  expect(judged({ proof: null })).not.toBeNull();
});

test("a password alone proves nothing for somebody who has a second factor, whatever the policy", () => {
  const proof = { at: NOW, strength: "one" } as const;
  for (const policy of ["required", "off"] as const) {
    expect(judged({ proof }, "demanded", policy)?.facts).toMatchObject({
      ways: ["password", "passkey"],
    });
    expect(judged({ proof }, "first-factor", policy)).not.toBeNull();
  }
});

test("who has no second factor is told to add one, and may do just that", () => {
  const alone = { ways: ["password"], proof: { at: NOW, strength: "one" } } as const;
  expect(judged(alone)).toMatchObject({ facts: { needs: "factor", ways: [] } });
  expect(judged(alone, "first-factor")).toBeNull();
  expect(judged({ ...alone, proof: null }, "first-factor")?.facts).toMatchObject({
    ways: ["password"],
  });
  expect(judged(alone, "demanded", "off")).toBeNull();
});

test("a token of a service, and one that was narrowed, can prove nothing", () => {
  const fresh = { via: "token", proof: { at: NOW, strength: "two" } } as const;
  expect(judged({ ...fresh, kind: "service", ways: [] })?.facts).toMatchObject({ ways: [] });
  expect(judged({ ...fresh, isLimited: true })?.facts).toMatchObject({ ways: [] });
  expect(judged(fresh)).toBeNull();
  expect(judged({ ...fresh, proof: null })?.facts).toMatchObject({ ways: ["password", "passkey"] });
});

test("an act that carries its own signature asks for nothing more", () => {
  expect(judged({ via: "token", kind: "service", proof: null }, "signature")).toBeNull();
});

test("approving and running are withheld from one factor, for people, where two are required", () => {
  const one = standing({ proof: { at: NOW, strength: "one" } });
  expect(withheldFrom(one, "required")).toEqual(strongPermissions);
  expect(withheldFrom(standing({ proof: null }), "required")).toEqual(strongPermissions);
  expect(withheldFrom(one, "off")).toEqual([]);
  expect(withheldFrom(standing(), "required")).toEqual([]);
  expect(withheldFrom({ ...one, kind: "service" }, "required")).toEqual([]);
  expect(strongPermissions).not.toContain("rollout.halt");
});
