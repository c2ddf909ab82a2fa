import fc from "fast-check";
import { expect, test } from "vitest";
import type { SubjectId } from "../base/ids.ts";
import { type Board, boardRefusal, closeRefusal, tallyOf, type VoteChoice } from "./board-vote.ts";
import { type CabStand, type CountedApproval, type Demand, missingFor } from "./demand.ts";
import { mayApprove } from "./may-approve.ts";
import { type Change, type ChangeState, type ChangeVerb, nextState } from "./model.ts";

/**
 * The pure rules driven by every kind of command in any order: whatever people do, a change runs only with
 * all that it asks for, and whoever asked for it had no part in that. The judge below knows none of the
 * rules' code: it counts what was really given, in a record of its own.
 */
const people = ["carol", "alice", "bob", "dora", "otto", "chair"] as const;
type Person = (typeof people)[number];
const id = (person: Person): SubjectId => person as string as SubjectId;

const board: Board = {
  ...{ members: [id("chair"), id("alice"), id("carol")], chair: id("chair") },
  ...{ quorum: 2, hasVeto: true },
};

interface World {
  state: ChangeState;
  plan: number;
  level: number;
  approvals: (CountedApproval & { plan: number; person: SubjectId })[];
  votes: { person: SubjectId; choice: VoteChoice; plan: number }[];
  decision: { plan: number; outcome: "approved" | "rejected" } | null;
  disabled: Set<Person>;
  standsFor: Map<Person, Person>;
  now: number;
}

const REQUESTER: Person = "carol";
const EXPIRES = 8;

function asks(level: number): { need: number; demands: readonly Demand[]; board: boolean } {
  const owners = { label: "service-owner", least: 1, members: [id("otto")] };
  const security = { label: "security", least: 1, members: [id("dora")] };
  if (level === 0) return { need: 1, demands: [], board: false };
  if (level === 1) return { need: 2, demands: [owners], board: false };
  return { need: 2, demands: [owners, security], board: true };
}

function changeOf(world: World): Change {
  return {
    ...{ number: 1, state: world.state, requesterPerson: id(REQUESTER), expiresAt: EXPIRES },
  } as Change;
}

function stands(world: World): CabStand {
  if (!asks(world.level).board) return "not-needed";
  const { decision } = world;
  return decision?.plan === world.plan && decision.outcome === "approved" ? "approved" : "open";
}

function counted(world: World): readonly CountedApproval[] {
  return world.approvals.filter(
    ({ plan, person }) => plan === world.plan && !world.disabled.has(person as string as Person),
  );
}

function missing(world: World) {
  const { need, demands } = asks(world.level);
  return missingFor({ need, demands, cab: stands(world), approvals: counted(world) });
}

function move(world: World, verb: ChangeVerb): boolean {
  const to = nextState(world.state, verb);
  if (to !== null) world.state = to;
  return to !== null;
}

function settle(world: World): void {
  if (missing(world).length === 0) move(world, "approve");
}

type Command = readonly [
  what:
    | ("approve" | "vote" | "close" | "veto" | "start" | "finish" | "withdraw" | "reject")
    | ("edit" | "raise" | "disable" | "delegate" | "tick" | "expire"),
  who: Person,
  to: Person,
  choice: VoteChoice,
];

function approve(world: World, who: Person): void {
  const may = mayApprove({
    change: changeOf(world),
    requester: REQUESTER,
    approver: { person: id(who), handle: who, isPerson: true },
    approvedBy: world.approvals.filter(({ plan }) => plan === world.plan).map((one) => one.person),
    now: world.now,
  });
  if (!may.isAllowed || world.disabled.has(who)) return;
  const standsFor = [...world.standsFor]
    .filter(([from, to]) => to === who && from !== REQUESTER && !world.disabled.has(from))
    .map(([from]) => id(from));
  world.approvals.push({ person: id(who), standsFor, plan: world.plan });
  settle(world);
}

function mayVote(world: World, who: Person): boolean {
  const refusal = boardRefusal(board, {
    ...{ person: id(who), isPerson: true, requester: id(REQUESTER) },
    asks: asks(world.level).board,
    isOpen: world.state === "requested",
    isDecided: world.decision?.plan === world.plan,
  });
  return refusal === null;
}

function close(world: World, who: Person, isVeto: boolean): void {
  const by = { person: id(who), requester: id(REQUESTER) };
  if (!mayVote(world, who) || closeRefusal(board, by) !== null) return;
  const votes = world.votes.filter(({ plan }) => plan === world.plan);
  const outcome = isVeto ? "rejected" : tallyOf(board, votes, id(REQUESTER)).outcome;
  if (outcome === null) return;
  world.decision = { plan: world.plan, outcome };
  if (outcome === "rejected") move(world, "reject");
  else settle(world);
}

function act(world: World, [what, who, to, choice]: Command): void {
  switch (what) {
    case "approve":
      approve(world, who);
      return;
    case "vote": {
      if (!mayVote(world, who)) return;
      const own = (vote: World["votes"][number]) =>
        vote.person !== id(who) || vote.plan !== world.plan;
      world.votes = [...world.votes.filter(own), { person: id(who), choice, plan: world.plan }];
      return;
    }
    case "close":
      close(world, who, false);
      return;
    case "veto":
      close(world, who, true);
      return;
    case "start":
      if (world.now < EXPIRES && missing(world).length === 0) move(world, "start");
      return;
    case "finish":
      move(world, "complete");
      return;
    case "withdraw":
      if (who === REQUESTER) move(world, "withdraw");
      return;
    case "reject":
      move(world, "reject");
      return;
    case "edit":
      if (who === REQUESTER && move(world, "edit")) world.plan += 1;
      return;
    case "raise":
      if (world.level === 2 || nextState(world.state, "edit") === null) return;
      world.level += 1;
      if (world.state === "approved" && missing(world).length > 0) move(world, "edit");
      return;
    case "disable":
      world.disabled.add(who);
      return;
    case "delegate":
      world.standsFor.set(who, to);
      return;
    case "tick":
      world.now += 1;
      return;
    case "expire":
      if (world.now >= EXPIRES) move(world, "expire");
  }
}

/** Counted by hand at the moment of a start, from what was given. */
function judgeStart(world: World): void {
  const valid = world.approvals.filter(
    (one) => one.plan === world.plan && !world.disabled.has(one.person as string as Person),
  );
  const signers = new Set(valid.map((one) => one.person as string));
  const spokenFor = new Set(valid.flatMap((one) => [one.person, ...one.standsFor] as string[]));
  expect(signers.has(REQUESTER)).toBe(false);
  expect(spokenFor.has(REQUESTER)).toBe(false);
  expect(signers.size).toBeGreaterThanOrEqual(world.level === 0 ? 1 : 2);
  if (world.level >= 1) expect(spokenFor.has("otto")).toBe(true);
  if (world.level < 2) return;
  expect(spokenFor.has("dora")).toBe(true);
  expect(world.decision).toEqual({ plan: world.plan, outcome: "approved" });
  const voted = world.votes.filter(({ plan }) => plan === world.plan);
  expect(voted.some(({ person }) => person === id(REQUESTER))).toBe(false);
  expect(voted.length).toBeGreaterThanOrEqual(2);
}

const person = fc.constantFrom(...people);
const choice = fc.constantFrom("approve" as const, "reject" as const, "abstain" as const);
const anything: fc.Arbitrary<Command> = fc.tuple(
  fc.constantFrom(
    ...(["approve", "vote", "close", "start", "finish", "withdraw", "reject", "edit"] as const),
    ...(["raise", "disable", "delegate", "veto", "tick", "expire"] as const),
  ),
  person,
  person,
  choice,
);
/** What a change needs, so that many sequences come far; chance alone seldom gets a board's yes. */
const helpful: fc.Arbitrary<Command> = fc.constantFrom(
  ["approve", "dora", "dora", "abstain"],
  ["approve", "otto", "otto", "abstain"],
  ["vote", "chair", "chair", "approve"],
  ["vote", "alice", "alice", "approve"],
  ["close", "chair", "chair", "approve"],
  ["start", "bob", "bob", "abstain"],
);
const command = fc.oneof({ weight: 3, arbitrary: helpful }, { weight: 1, arbitrary: anything });

test("R3 R4 in 10,000 sequences no change runs without all that it asks for", () => {
  const started = [0, 0, 0];
  fc.assert(
    fc.property(fc.nat(2), fc.array(command, { maxLength: 40, size: "max" }), (level, commands) => {
      const world: World = {
        ...{ state: "requested", plan: 1, level, approvals: [], votes: [], decision: null },
        ...{ disabled: new Set<Person>(), standsFor: new Map<Person, Person>(), now: 0 },
      };
      for (const one of commands) {
        const before = world.state;
        act(world, one);
        if (before === "running" || world.state !== "running") continue;
        expect(before).toBe("approved");
        judgeStart(world);
        started[world.level] = (started[world.level] ?? 0) + 1;
      }
    }),
    { numRuns: 10_000 },
  );
  // A test in which nothing ever started at some level would prove nothing of it.
  expect(Math.min(...started)).toBeGreaterThan(0);
});
