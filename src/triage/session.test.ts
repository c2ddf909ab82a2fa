import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SubjectId } from "../base/ids.ts";
import {
  countingVotes,
  doings,
  necessities,
  refusalToDo,
  type SessionItem,
  tallyOf,
  tallyText,
  type Vote,
  voteScopes,
} from "./session.ts";

function vote(subject: string, necessity: Vote["necessity"], hosts = ""): Vote {
  const scope = hosts === "" ? "all" : "subset";
  return { subject: subject as SubjectId, necessity, scope, hosts, words: "", at: 0 };
}

function item(votes: readonly Vote[], changes: Partial<SessionItem["item"]> = {}): SessionItem {
  return {
    place: 1,
    item: {
      ...{ ecosystem: "Debian:12", source: "zlib", sourceVersion: "2", hosts: 3, exposedHosts: 0 },
      ...{ remedy: "update-offered" as const, findingsCleared: 3, epssMax: null, risk: 1 },
      ...{ vulnerabilities: ["CVE-2026-0001"], knownExploited: [], lowered: [] },
      ...changes,
    },
    outcome: null,
    votes,
  };
}

describe("the votes on an item", () => {
  it("leave it open below the quorum and when they are even", () => {
    expect(tallyText(tallyOf([vote("a", "necessary")], 2))).toBe(
      "1 vote; 1 vote more for a quorum",
    );
    const even = tallyOf([vote("a", "necessary"), vote("b", "not")], 2);
    expect(even).toEqual({ kind: "tie", about: "necessity" });
    expect(tallyText(tallyOf([], 2), true)).toBe("not decided: 0 votes, too few for a quorum");
    expect(tallyText(even, true)).toBe("not decided: even on its necessity");
    const where = tallyOf([vote("a", "necessary"), vote("b", "necessary", "env=dev")], 2);
    expect(where).toEqual({ kind: "tie", about: "scope" });
  });

  it("decide by the newest vote of each person, with the scope most of those in favour named", () => {
    const votes = [
      vote("a", "not"),
      vote("b", "necessary", "env=prod"),
      vote("a", "necessary", "env=prod"),
      vote("c", "not"),
    ];
    const tally = tallyOf(votes, 3);
    expect(tally).toMatchObject({ necessity: "necessary", scope: "subset", hosts: "env=prod" });
    expect(tallyText(tally)).toBe("necessary, only env=prod");
  });

  it("count each person once, whatever is voted how often", () => {
    const anyVote = fc.record({
      subject: fc.constantFrom("a", "b", "c", "d").map((id) => id as SubjectId),
      necessity: fc.constantFrom(...necessities),
      scope: fc.constantFrom(...voteScopes),
      hosts: fc.constant(""),
      words: fc.constant(""),
      at: fc.nat(),
    });
    fc.assert(
      fc.property(fc.array(anyVote), fc.integer({ min: 1, max: 5 }), (votes, quorum) => {
        const people = new Set(votes.map(({ subject }) => subject)).size;
        expect(countingVotes(votes).length).toBe(people);
        expect(tallyOf(votes, quorum).kind === "few").toBe(people < quorum);
        // A vote given twice in a row changes nothing.
        const [last] = votes.slice(-1);
        if (last !== undefined) {
          expect(tallyOf([...votes, last], quorum)).toEqual(tallyOf(votes, quorum));
        }
      }),
    );
  });
});

describe("what comes of an item", () => {
  const refusal = (votes: readonly Vote[], changes: Partial<SessionItem["item"]> = {}) =>
    Object.fromEntries(
      doings.map((doing) => [
        doing,
        refusalToDo(doing, { state: "open", quorum: 2, item: item(votes, changes) }) === null,
      ]),
    );

  it("is only what the votes allow", () => {
    const necessary = [vote("a", "necessary"), vote("b", "necessary")];
    const not = [vote("a", "not"), vote("b", "not")];
    const info = [vote("a", "needs-info"), vote("b", "needs-info")];
    const [yes, no] = [true, false];
    const allowed = (openCase: boolean, nothing: boolean) => ({
      ...{ "open-case": openCase, defer: yes, "known-issue": yes, nothing },
    });
    expect(refusal(necessary)).toEqual(allowed(yes, no));
    expect(refusal(necessary, { remedy: "no-fix" })).toEqual(allowed(no, no));
    expect(refusal(not)).toEqual(allowed(no, yes));
    expect(refusal(info)).toEqual(allowed(no, no));
    expect(Object.values(refusal([vote("a", "necessary")]))).toEqual([no, no, no, no]);
  });

  it("is nothing any more when the session is closed or it was decided", () => {
    const votes = [vote("a", "necessary"), vote("b", "necessary")];
    const decided = {
      ...item(votes),
      outcome: { doing: "nothing" as const, by: "a" as SubjectId, at: 0, words: "", ref: null },
    };
    for (const doing of doings) {
      expect(refusalToDo(doing, { state: "closed", quorum: 2, item: item(votes) })).toMatch(
        /closed/,
      );
      expect(refusalToDo(doing, { state: "open", quorum: 2, item: decided })).toMatch(
        /was decided/,
      );
    }
  });
});
