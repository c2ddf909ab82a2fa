import { expect, test } from "vitest";
import type { SubjectId } from "../base/ids.ts";
import type { JsonObject } from "../base/json.ts";
import { type MissingEvent, narrowingOf } from "./narrowing.ts";

const person = "s-1" as SubjectId;
let index = 0;

function event(type: string, object: string, facts: JsonObject = {}): MissingEvent {
  return { index: index++, type, actor: person, object, change: null, facts };
}

test("§12 of several words about one thing the last one counts", () => {
  const admin = { role: "admin", scope: "" };
  const found = narrowingOf([
    event("subject.disabled", "subject:a"),
    event("subject.enabled", "subject:a"),
    event("subject.disabled", "subject:b"),
    event("scope.halted", "scope:ring:one", { isFrozen: true }),
    event("scope.halted", "scope:all"),
    event("scope.resumed", "scope:all"),
    event("grant.removed", "subject:a", admin),
    event("grant.added", "subject:a", admin),
    event("grant.removed", "subject:b", admin),
    event("agent.quarantined", "host:h"),
    event("agent.released", "host:h"),
    event("agent.buried", "host:i"),
  ]);
  expect(found.peopleDisabled).toEqual(["b"]);
  expect(found.scopesHalted).toEqual([{ scope: "ring:one", isFrozen: true }]);
  expect(found.grantsRemoved).toEqual([{ subject: "b", ...admin }]);
  expect(found.agentsOut).toEqual([{ host: "i", state: "buried" }]);
});

test("§12 what gave something is never done again, and people are told of it", () => {
  const given = ["grant.added", "change.approved", "policy.applied", "host.added", "key.added"];
  const passing = ["scan.finished", "session.started", "ledger.read", "host.inspected"];
  const found = narrowingOf([...given, ...passing].map((type) => event(type, "subject:a")));
  expect(found.left.map((one) => one.type)).toEqual(given);
  const { left, ...rest } = found;
  const { quorumRaised, ...lists } = rest;
  expect([quorumRaised, ...Object.values(lists).flat()]).toEqual([null]);
});

test("§12 a secret that was used or changed is not known any more", () => {
  const found = narrowingOf([
    event("password.changed", "subject:a"),
    event("invite.accepted", "subject:b"),
    event("recovery.used", "subject:c", { people: ["d", "e"] }),
    event("recovery.taken", "subject:f"),
    event("session.started", "subject:s-1", { by: "code" }),
    event("token.revoked", "token:t"),
    event("key.revoked", "revocation:r", { target: "SHA256:x" }),
    event("provider.unlinked", "subject:g", { provider: "company", sessions: 1 }),
    event("provider.signed-out", "subject:a", { provider: "company" }),
  ]);
  expect(found.linksRemoved).toEqual([{ subject: "g", provider: "company" }]);
  expect(found.passwordsForgotten).toEqual(["a", "b"]);
  expect(found.signInsForgotten).toEqual(["c"]);
  expect(found.sharesUsed).toEqual(["f", "d", "e"]);
  expect(found.codesUsed).toEqual(["s-1"]);
  expect(found.tokensRevoked).toEqual(["t"]);
  expect(found.keysRevoked).toEqual(["SHA256:x"]);
});

test("§12 a quorum counts again as it was last where it asks more than the copy, else people are told", () => {
  const all = (was: number, need: number) =>
    event("witness.quorum-set", "ledger:log", { was, need });
  const ring = (name: string, [was, wasOperator]: [number, string], to: [number, string]) =>
    event("witness.ring-quorum-set", `ring:${name}`, {
      ...{ was, need: to[0], wasOperator, operator: to[1] },
    });
  const raised = narrowingOf([
    ...[
      all(1, 3),
      all(3, 2),
      ring("prod", [0, ""], [1, ""]),
      ring("prod", [1, ""], [2, "platform"]),
    ],
    ...[ring("same", [2, ""], [2, "platform"]), ring("lab", [1, "a"], [2, "a"])],
  ]);
  expect(raised.quorumRaised).toBe(2);
  expect(raised.ringQuorumsRaised).toEqual([
    { ring: "prod", need: 2, operator: "platform" },
    { ring: "same", need: 2, operator: "platform" },
    { ring: "lab", need: 2, operator: "a" },
  ]);
  expect(raised.left).toEqual([]);
  // Higher for a while, of another operator, gone, or less of stricter ones: none asks more for sure.
  const given = [
    ...[all(2, 4), all(4, 2), ring("prod", [1, "a"], [3, "b"]), ring("lab", [2, "a"], [0, ""])],
    ...[ring("site", [2, ""], [1, "a"]), ring("new", [0, ""], [0, "a"])],
  ];
  const lowered = narrowingOf(given);
  expect([lowered.quorumRaised, lowered.ringQuorumsRaised]).toEqual([null, []]);
  expect(lowered.left).toEqual(given);
});
