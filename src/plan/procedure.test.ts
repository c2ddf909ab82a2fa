import { expect, test } from "vitest";
import { sha256 } from "../base/digest.ts";
import type { SubjectId } from "../base/ids.ts";
import type { Party } from "../policy/rings-procedures.ts";
import {
  acknowledgeRefusal,
  missingProcedures,
  missingToText,
  ownerRefusal,
  type ProcedureState,
  procedureNames,
} from "./procedure.ts";

const [ann, ben, cas] = ["ann", "ben", "cas"] as SubjectId[];
const text1 = sha256("first");
const text2 = sha256("second");

function given(party: Party, person: SubjectId, digest = text1) {
  return { party, person, handle: String(person), digest, reason: "", at: 0 };
}

function state(some: Partial<ProcedureState> = {}): ProcedureState {
  return {
    asked: { parties: ["operations", "security"], names: [], hosts: 2, uncovered: 2 },
    attached: ["web"],
    procedures: [{ name: "web", current: { version: 1, digest: text1 } }],
    given: [],
    ...some,
  };
}

function texts(some: Partial<ProcedureState>): readonly string[] {
  return missingProcedures(state(some)).map(missingToText);
}

test("a plan whose policy asks nobody misses nothing, whatever is attached", () => {
  const asked = { parties: [], names: [], hosts: 0, uncovered: 0 };
  expect(texts({ asked, attached: [], procedures: [] })).toEqual([]);
});

test("each party that is silent is named, and nothing is missing when all have spoken", () => {
  expect(texts({})).toEqual([
    "Nobody has acknowledged the rollback procedure web for operations.",
    "Nobody has acknowledged the rollback procedure web for security.",
  ]);
  expect(texts({ given: [given("operations", ann!)] })).toHaveLength(1);
  expect(texts({ given: [given("operations", ann!), given("security", ben!)] })).toEqual([]);
});

test("a new version of the text was read by nobody", () => {
  const procedures = [{ name: "web", current: { version: 2, digest: text2 } }];
  const old = [given("operations", ann!), given("security", ben!)];
  expect(texts({ procedures, given: old })).toHaveLength(2);
});

test("hosts for which nothing is named and a name without a text keep the plan", () => {
  expect(texts({ attached: [], procedures: [] })[0]).toContain("2 hosts of a tier");
  const unput = texts({ procedures: [{ name: "web", current: null }] });
  expect(unput[0]).toContain("nobody has put it");
  expect(unput).toHaveLength(3);
});

test("all procedures count, and what the policy names cannot be taken away", () => {
  const asked = { parties: ["security"], names: ["db"], hosts: 2, uncovered: 0 } as const;
  expect(procedureNames(asked, ["web", "db"])).toEqual(["db", "web"]);
  const procedures = [
    { name: "db", current: { version: 1, digest: text2 } },
    { name: "web", current: { version: 1, digest: text1 } },
  ];
  expect(texts({ asked, procedures, given: [given("security", ann!)] })).toEqual([
    "Nobody has acknowledged the rollback procedure db for security.",
  ]);
});

test("who may speak for a party", () => {
  const facts = {
    ...{ party: "operations" as Party, state: state(), person: ann!, requester: cas! },
    ...{ isPerson: true, lacks: null, now: 5, expiresAt: 10 },
  };
  const why = (some: Partial<typeof facts> | { readonly lacks: string }) =>
    acknowledgeRefusal({ ...facts, ...some })?.why ?? "allowed";
  const only = { parties: ["operations"], names: [], hosts: 1, uncovered: 1 } as const;
  const spoke = (party: Party, person: SubjectId, digest = text1) =>
    state({ given: [given(party, person, digest)] });
  expect([
    why({}),
    why({ isPerson: false }),
    why({ party: "application" }),
    why({ state: state({ procedures: [] }) }),
    why({ state: state({ procedures: [{ name: "web", current: null }] }) }),
    why({ now: 10 }),
    why({ state: spoke("security", ann!) }),
    // Somebody else's word, and one's own of an older text, take nothing away.
    why({ state: spoke("security", ben!) }),
    why({ state: spoke("security", ann!, text2) }),
    why({ state: spoke("operations", ann!) }),
    // Who asked speaks for one of several parties, and never as the only one.
    why({ person: cas! }),
    why({ person: cas!, state: state({ asked: only }) }),
    why({ state: state({ asked: only }) }),
    why({ lacks: "no right" }),
  ]).toEqual([
    ...["allowed", "not-a-person", "not-asked", "nothing-there", "nothing-there", "expired"],
    ...["other-party", "allowed", "allowed", "already-given"],
    ...["allowed", "requester-alone", "allowed", "no-right"],
  ]);
});

test("an owner speaks for what runs there; where none is known, who may plan for all of it", () => {
  const may = { owners: ["ann", "ben@example.org"], handle: "ann", mayPlanAll: false };
  expect(ownerRefusal(may)).toBeNull();
  expect(ownerRefusal({ ...may, handle: "ben", mayPlanAll: true })).toContain(
    "ann, ben@example.org",
  );
  expect(ownerRefusal({ owners: [], handle: "cas", mayPlanAll: true })).toBeNull();
  expect(ownerRefusal({ owners: [], handle: "cas", mayPlanAll: false })).toContain("plan.create");
});
