import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SubjectId } from "../base/ids.ts";
import { type Board, boardRefusal, closeRefusal, tallyOf, voteChoices } from "./board-vote.ts";

const id = (name: string): SubjectId => name as SubjectId;
const members = ["alice", "bob", "chris", "dora"].map(id);
const board: Board = { members, chair: id("alice"), quorum: 3, hasVeto: true };
const votes = (text: string) =>
  text.split(" ").map((vote) => {
    const [person = "", sign] = vote.split(":");
    const choice = ({ "+": "approve", "-": "reject", "0": "abstain" } as const)[sign ?? ""];
    return { person: id(person), choice: choice ?? ("abstain" as const) };
  });
const outcome = (text: string, requester = "carol") =>
  tallyOf(board, votes(text), id(requester)).outcome;

describe("a vote of the board", () => {
  test.each([
    ["bob:+ chris:+", null],
    ["bob:+ chris:+ dora:0", "approved"],
    ["bob:0 chris:0 dora:0", "rejected"],
    ["bob:+ chris:- dora:0", "rejected"],
    ["alice:+ chris:- dora:0", "approved"],
    ["alice:- chris:+ dora:0", "rejected"],
    ["alice:+ bob:+ chris:- dora:-", "approved"],
    ["bob:+ chris:+ stranger:+", null],
  ] as const)("of %s comes to %s", (text, expected) => {
    expect(outcome(text)).toBe(expected);
  });

  test("R3 does not count the vote of whoever asked, for the quorum neither", () => {
    expect(outcome("bob:+ chris:+ dora:+", "dora")).toBeNull();
  });

  test("is never yes without a quorum and more for than against", () => {
    const anyVotes = fc.uniqueArray(
      fc.record({
        person: fc.constantFrom(...members, id("x")),
        choice: fc.constantFrom(...voteChoices),
      }),
      { selector: ({ person }) => person },
    );
    fc.assert(
      fc.property(anyVotes, (cast) => {
        const tally = tallyOf(board, cast, id("bob"));
        if (tally.outcome !== "approved") return;
        expect(tally.approve + tally.reject + tally.abstain).toBeGreaterThanOrEqual(3);
        expect(tally.approve).toBeGreaterThanOrEqual(tally.reject);
        expect(tally.approve).toBeGreaterThan(0);
      }),
    );
  });
});

describe("a seat on the board", () => {
  const facts = {
    person: id("bob"),
    isPerson: true,
    requester: id("carol"),
    asks: true,
    isOpen: true,
    isDecided: false,
  };
  test.each([
    [{}, null],
    [{ isPerson: false }, "Only people vote"],
    [{ requester: id("bob") }, "no vote on it"],
    [{ person: id("zoe") }, "Only members"],
    [{ isDecided: true }, "has decided"],
    [{ isOpen: false }, "no decision any more"],
    [{ asks: false }, "needs no decision"],
  ])("with %o", (some, refusal) => {
    const told = boardRefusal(board, { ...facts, ...some });
    if (refusal === null) expect(told).toBeNull();
    else expect(told).toContain(refusal);
  });

  test("the chair closes the vote, or another member where the chair asked for the change", () => {
    const [chair, member] = [id("alice"), id("bob")];
    expect(closeRefusal(board, { person: chair, requester: id("carol") })).toBeNull();
    expect(closeRefusal(board, { person: member, requester: id("carol") })).toContain("chair");
    expect(closeRefusal(board, { person: member, requester: chair })).toBeNull();
  });
});
