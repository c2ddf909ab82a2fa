import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import {
  buildScene,
  type Draft,
  goodDraft,
  makeKeys,
  type Person,
  signAs,
} from "../../test/corpus/scene.ts";
import { parseStatement } from "../plan/statement.ts";
import { parseBundle, writeBundle } from "./bundle.ts";
import { checkBundle } from "./bundle-check.ts";
import { bundled, type GivenSignature, isKnownTo, judgePeople } from "./known-people.ts";

const folder = mkdtempSync(join(tmpdir(), "fettle-known-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const keys = makeKeys(join(folder, "keys"));

/** A host that takes its job, and the same plan with the approvals of these people instead. */
function judged(people: readonly Person[], change: (draft: Draft) => void = () => undefined) {
  const draft = goodDraft(keys);
  change(draft);
  const { host, arrival } = buildScene(keys, draft);
  const bundle = parseBundle(arrival.text);
  const statement = bundle.ok ? parseStatement(bundle.value.plan) : bundle;
  if (!bundle.ok || !statement.ok) throw new Error("the scene cannot be read");
  const text = bundle.value.plan;
  const approvals = people.map((person): GivenSignature => {
    const { type, base64 } = keys.line(person);
    return {
      handle: person,
      keyClass: "ssh",
      keyLine: `${type} ${base64}`,
      signature: signAs(keys, { person, namespace: "fettle-approve-v1", text }),
    };
  });
  const { request } = bundle.value;
  const plan = {
    text,
    statement: statement.value,
    request:
      request === null
        ? null
        : { ...request, handle: request.person, keyClass: request.class, keyLine: "" },
    approvals,
  };
  const known = approvals.filter((one) => isKnownTo(draft.policy, one));
  const sent = (given: readonly GivenSignature[]) => {
    const verdict = checkBundle(host, {
      ...arrival,
      text: writeBundle({ ...bundle.value, approvals: given.map(bundled) }),
    });
    return verdict.ok ? "ok" : verdict.code;
  };
  const refusal = judgePeople(draft.policy, draft.identity.ring, plan);
  return { told: refusal?.code ?? "ok", all: sent(approvals), known: sent(known) };
}

it("lets a host take what those it knows signed, whoever else signed too", () => {
  // The host itself refuses a bundle that brings a stranger, so the stranger is not sent.
  expect(judged(["alice", "bob", "mallory"])).toEqual({ told: "ok", all: "E_KEY", known: "ok" });
});

it("tells before the start what the host would say", () => {
  expect(judged(["alice", "bob"])).toEqual({ told: "ok", all: "ok", known: "ok" });
  const short = { told: "E_THRESHOLD", known: "E_THRESHOLD" };
  expect(judged(["alice", "mallory"])).toEqual({ ...short, all: "E_KEY" });
  expect(judged(["mallory"])).toEqual({ ...short, all: "E_KEY" });
  expect(judged([])).toEqual({ ...short, all: "E_THRESHOLD" });
});

it("counts no key that the host's policy took back, and none of another class", () => {
  const short = { told: "E_THRESHOLD", all: "E_KEY", known: "E_THRESHOLD" };
  const revoked = (draft: Draft) => {
    draft.policy = { ...draft.policy, revoked: [keys.line("bob").base64] };
  };
  expect(judged(["alice", "bob"], revoked)).toEqual(short);
});

it("says so where the host has no line for the class", () => {
  const other = (draft: Draft) => {
    draft.policy = {
      ...draft.policy,
      rings: draft.policy.rings.filter((r) => r.class !== "normal"),
    };
  };
  expect(judged(["alice", "bob"], other).told).toBe("E_POLICY");
});
