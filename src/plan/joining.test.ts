import { describe, expect, test } from "vitest";
import { aHost, aMove, aPlanInput, movesOf } from "../../test/builders/plan.ts";
import { sha256 } from "../base/digest.ts";
import { type JoiningFacts, judgeJoining } from "./joining.ts";
import type { PlanHost } from "./model.ts";
import { plan } from "./planner.ts";
import { distinctLeaves } from "./planner-rule.ts";

const input = aPlanInput({ rule: { labels: ["service=web"], max: 20 } });
const made = plan(input).plan;
if (made === null) throw new Error("no plan");
const leaves = distinctLeaves(made.leaves);

const aJoiner = (some: Partial<PlanHost> = {}): PlanHost =>
  aHost("late", { labels: { ring: "2", service: "web" }, ...some });

function judged(hosts: readonly PlanHost[], some: Partial<JoiningFacts> = {}) {
  const { target, policy, issuedAt: now, resolutions } = input;
  const waves = made?.waves ?? [];
  const { signed, isKnownExploited } = input;
  const facts = { target, policy, now, resolutions, hosts, leaves, waves, room: 3, max: 20 };
  return judgeJoining({ ...facts, signed, isKnownExploited, ...some });
}

function waitsOf(host: PlanHost, some: Partial<JoiningFacts> = {}) {
  const { joins, waits } = judged([host], some);
  expect(joins).toEqual([]);
  return waits[0]?.because;
}

describe("a host that the rule selects later", () => {
  test("joins the wave of its ring with the body that would be planned for it today", () => {
    const host = aJoiner();
    const last = leaves.at(-1);
    expect(judged([host])).toEqual({
      joins: [{ host: host.id, leaf: last?.leaf, wave: 3, body: last?.body }],
      waits: [],
    });
  });

  test("waits when no body was approved for its package set", () => {
    expect(waitsOf(aJoiner({ packageSet: sha256("packages Z") }))).toEqual({
      why: "no-approved-body",
    });
  });

  test("waits when its services ask for another body than any that was approved", () => {
    expect(waitsOf(aJoiner({ services: [] }))).toEqual({ why: "no-approved-body" });
  });

  test("joins with the package set that was approved, whatever its sources offer beside", () => {
    expect(judged([aJoiner({ offerSet: sha256("offers Z") })]).joins).toHaveLength(1);
  });

  test("waits when every wave of its ring has ended, and is no canary of another ring", () => {
    const waves = (made?.waves ?? []).filter(({ ring }) => ring !== "2");
    expect(waitsOf(aJoiner(), { waves })).toEqual({ why: "no-open-wave", ring: "2" });
  });

  test("waits when the rule is full, and not before", () => {
    const hosts = ["a", "b"].map((name) => aHost(name, { labels: { ring: "2", service: "web" } }));
    const { joins, waits } = judged(hosts, { room: 1 });
    expect(joins).toHaveLength(1);
    expect(waits.map(({ because }) => because)).toEqual([{ why: "rule-full", max: 20 }]);
  });

  test("is left out for the reasons of any plan, and is not told of when it has nothing to do", () => {
    expect(waitsOf(aJoiner({ held: ["libssl3"] }))).toMatchObject({ why: "left-out" });
    expect(waitsOf(aJoiner({ inspectedAt: 0 }))).toMatchObject({ why: "left-out" });
    const [pair] = input.resolutions;
    const none = [{ ...pair, outcome: { kind: "not-affected" } }] as JoiningFacts["resolutions"];
    expect(judged([aJoiner()], { resolutions: none })).toEqual({ joins: [], waits: [] });
  });

  test("waits when today's answer for its set is another transaction than the approved one", () => {
    const outcome = movesOf([aMove({ name: "libssl3" })]);
    const resolutions = input.resolutions.map((pair) => ({ ...pair, outcome }));
    expect(waitsOf(aJoiner(), { resolutions })).toEqual({ why: "no-approved-body" });
  });
});
