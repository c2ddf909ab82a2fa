import { describe, expect, test } from "vitest";
import type { HostId } from "../base/ids.ts";
import { chooseHead, countFor, type RingRule, type SeenBy } from "./witness-choice.ts";

const root = (size: number) => `${size}`.padStart(64, "0");
const host = (name: string) => name as HostId;

/** Signed by `witness`, which is a host of `ring`, of `operator`. */
function seenBy(witness: string, size: number, of: Partial<SeenBy> = {}): SeenBy {
  const at = { size, root: root(size), signature: `${witness} ${size}` };
  return { witness, ...at, host: host(witness), ring: "canary", operator: null, ...of };
}

const prod: RingRule = { ring: "prod", need: 2, operator: null };

describe("who counts for a ring", () => {
  const rows: readonly [says: string, rule: RingRule, of: readonly SeenBy[], count: number][] = [
    ["two of other rings", prod, [seenBy("a", 9), seenBy("b", 9)], 2],
    ["none of the ring itself", prod, [seenBy("a", 9, { ring: "prod" }), seenBy("b", 9)], 1],
    ["a machine elsewhere", prod, [seenBy("a", 9, { host: null, ring: null })], 1],
    [
      "all of one operator once",
      prod,
      [seenBy("a", 9, { operator: "dba" }), seenBy("b", 9, { operator: "dba" })],
      1,
    ],
    ["two of whom nobody said whose they are", prod, [seenBy("a", 9), seenBy("b", 9)], 2],
    [
      "none of the ring's operator, and where it is named none without one",
      { ...prod, operator: "dba" },
      [seenBy("a", 9, { operator: "dba" }), seenBy("b", 9), seenBy("c", 9, { operator: "sre" })],
      1,
    ],
    [
      // Or a witness could be named like an operator to count beside it.
      "an operator apart from a witness of its name",
      prod,
      [seenBy("dba", 9), seenBy("b", 9, { operator: "dba" })],
      2,
    ],
  ];
  test.each(rows)("%s", (_says, rule, of, count) => {
    expect(countFor(rule, of)).toBe(count);
  });
});

describe("which head a host is shown", () => {
  const newest = { size: 20, root: root(20) };
  const base = { newest, need: 0, rule: null, host: host("web-1"), seen: { size: 0, root: "" } };
  const names = (of: Parameters<typeof chooseHead>[0]) => {
    const { head, cosignatures } = chooseHead(of);
    return [head.size, cosignatures.map(({ witness }) => witness)];
  };

  test("the newest, where nobody asks for witnesses", () => {
    expect(names({ ...base, cosigned: [seenBy("a", 12)] })).toEqual([20, []]);
  });

  test("the newest that enough signed, whom the host itself is not one of", () => {
    const cosigned = [seenBy("web-1", 16), seenBy("a", 16), seenBy("a", 12), seenBy("b", 12)];
    expect(names({ ...base, need: 2, cosigned })).toEqual([12, ["a", "b"]]);
  });

  test("for a ring with a rule the newest that its rule takes, whatever others would", () => {
    const cosigned = [
      ...[seenBy("p1", 16, { ring: "prod" }), seenBy("a", 16)],
      ...[seenBy("a", 12), seenBy("b", 12)],
    ];
    expect(names({ ...base, need: 2, cosigned })).toEqual([16, ["p1", "a"]]);
    expect(names({ ...base, need: 2, rule: prod, cosigned })).toEqual([12, ["a", "b"]]);
    // The quorum of all holds beside the ring's own.
    expect(names({ ...base, need: 3, rule: prod, cosigned })).toEqual([20, []]);
  });

  test("nothing older than what the host saw", () => {
    const cosigned = [seenBy("a", 12), seenBy("b", 12)];
    const seen = { size: 13, root: root(13) };
    expect(names({ ...base, rule: prod, seen, cosigned })).toEqual([20, []]);
  });

  test("one of each operator comes first, as a bundle holds eight", () => {
    const many = Array.from({ length: 9 }, (_, at) => seenBy(`a${at}`, 12, { operator: "sre" }));
    const cosigned = [...many, seenBy("z", 12, { operator: "dba" })];
    const [, words] = names({ ...base, rule: prod, cosigned });
    expect(words).toHaveLength(8);
    expect((words as readonly string[]).slice(0, 2)).toEqual(["a0", "z"]);
  });
});
