import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SubjectId } from "../base/ids.ts";
import { askedOf, type CountedApproval, missingFor, missingToText } from "./demand.ts";

const id = (name: string): SubjectId => name as SubjectId;
const signed = (person: string, ...standsFor: string[]): CountedApproval => ({
  person: id(person),
  standsFor: standsFor.map(id),
});
const policy = {
  approval: {
    low: { approvers: 1, from: [], cab: false },
    medium: { approvers: 2, from: ["service-owner"], cab: false },
    high: { approvers: 2, from: ["service-owner", "security"], cab: true },
  },
  emergency: { approvers: 2, from: ["security"], retrospective: 2, review: 5 },
  groups: { security: ["dora", "emil"] },
  serviceOwnerMissing: "waive" as const,
};
const people = {
  byHandle: new Map([
    ["dora", id("dora")],
    ["emil", id("emil")],
  ]),
  serviceOwners: [id("otto"), id("carol")],
  requester: id("carol"),
};
const asked = (level: "low" | "medium" | "high", planNeed = 1) =>
  askedOf(policy, { class: "normal", level, planNeed }, people);

describe("who has to approve", () => {
  test("follows the risk: one, two with a service owner, and the board with security", () => {
    expect(asked("low")).toEqual({ need: 1, demands: [], needsCab: false, waived: [] });
    expect(asked("medium").demands.map(({ label }) => label)).toEqual(["service-owner"]);
    expect(asked("high")).toMatchObject({ need: 2, needsCab: true });
  });

  test("is never less than what rings and hosts demand", () => {
    expect(asked("low", 4).need).toBe(4);
  });

  test("R3 never counts whoever asked among those who can meet a demand", () => {
    expect(asked("medium").demands[0]?.members).toEqual(["otto"]);
    const all = { ...people, requester: id("otto"), serviceOwners: [id("otto")] };
    const of = { class: "normal" as const, level: "medium" as const, planNeed: 1 };
    expect(askedOf(policy, of, all)).toMatchObject({
      demands: [],
      waived: [expect.stringContaining("no service owner is asked for")],
    });
    const strict = { ...policy, serviceOwnerMissing: "block" as const };
    expect(askedOf(strict, of, all).demands).toEqual([
      { label: "service-owner", least: 1, members: [] },
    ]);
  });

  test("in an emergency are two with one of security, and no meeting of the board", () => {
    const of = { class: "emergency" as const, level: "high" as const, planNeed: 1 };
    expect(askedOf(policy, of, people)).toMatchObject({
      need: 2,
      needsCab: false,
      demands: [{ label: "security", members: ["dora", "emil"] }],
    });
  });
});

describe("what is missing", () => {
  const high = { ...asked("high"), cab: "open" as const };

  test("is told with the people who can give it", () => {
    const told = missingFor({ ...high, approvals: [signed("emil")] }).map((one) =>
      missingToText(one, (subject) => subject),
    );
    expect(told).toEqual([
      "1 more approval of 2",
      "an approval of an owner of its services: otto",
      "the decision of the advisory board",
    ]);
  });

  test("is nothing once each demand is met, the board has agreed and enough have signed", () => {
    const approvals = [signed("emil"), signed("otto")];
    expect(missingFor({ ...high, cab: "approved", approvals })).toEqual([]);
  });

  test("a stand-in counts for whom they stand in, but stays one person", () => {
    const approvals = [signed("zoe", "otto", "dora")];
    expect(missingFor({ ...high, cab: "approved", approvals })).toEqual([
      { what: "approvals", have: 1, need: 2 },
    ]);
  });

  test("R3 enough people are always different people, whatever they stand in for", () => {
    const names = fc.constantFrom("a", "b", "c", "dora", "otto");
    const approval = fc.tuple(names, fc.array(names, { maxLength: 3 }));
    fc.assert(
      fc.property(
        fc.array(approval, { maxLength: 6 }),
        fc.integer({ min: 1, max: 4 }),
        (given, need) => {
          const approvals = given.map(([person, standsFor]) => signed(person, ...standsFor));
          const missing = missingFor({ need, demands: [], cab: "not-needed", approvals });
          const distinct = new Set(given.map(([person]) => person)).size;
          expect(missing.length === 0).toBe(distinct >= need);
        },
      ),
    );
  });
});
