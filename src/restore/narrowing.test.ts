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
  expect(Object.values(rest).flat()).toEqual([]);
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
