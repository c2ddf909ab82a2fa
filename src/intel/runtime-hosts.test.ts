import { expect, test } from "vitest";
import { aPackage } from "../../test/builders/intel.ts";
import type { RuntimeSet } from "../inventory/runtime.ts";
import { fleetJudge, type RuntimeGroup } from "./runtime-hosts.ts";

const NOW = 1_000_000_000_000;
const stored = (id: number, name: string, source: string) => ({
  ...aPackage({ name, source, version: "1" }),
  id,
});
const lib = stored(1, "libfoo1", "foo");
const tool = stored(2, "foo-tool", "foo");
const other = stored(3, "bard", "bar");
const set = (idle: Record<string, string>, used: readonly string[] = []): RuntimeSet => ({
  ...{ isWhole: true, listening: [], modules: [], disabled: [] },
  idle: Object.entries(idle).map(([name, flags]) => ({ name, flags })),
  used: used.map((name) => ({ name, isRun: true, isStale: false, processes: [] })),
});
const group = (setId: number, runtimeId: number, hostCount: number): RuntimeGroup => ({
  ...{ setId, runtimeId, hostCount, since: NOW - 5, asOf: NOW - 1 },
});

function asked(groups: readonly RuntimeGroup[], sets: readonly (readonly [number, RuntimeSet])[]) {
  const members = new Map([
    [10, Int32Array.of(1)],
    [11, Int32Array.of(1, 2)],
    [12, Int32Array.of(1, 3)],
  ]);
  return { groups, members, sets: new Map(sets), packages: [lib, tool, other], now: NOW };
}
const of = (...exposedIds: number[]) => ({ exposedIds, vectors: [], programFiles: [] });

test("hosts with the same verdict are counted together, the most first", () => {
  const quiet = set({ libfoo1: "l", bard: "d" });
  const groups = [group(10, 1, 3), group(10, 2, 40), group(12, 1, 4)];
  const judge = fleetJudge(
    asked(groups, [
      [1, quiet],
      [2, set({}, ["libfoo1"])],
    ]),
  );
  const found = judge(of(1));
  expect(found).toMatchObject([
    { filter: { kind: "not-loaded", isSetAside: false }, hostCount: 7 },
  ]);
});

test("a binary of the same source decides too, though it is not the one that is named", () => {
  const one = set({ libfoo1: "l", "foo-tool": "p" });
  expect(fleetJudge(asked([group(11, 1, 3)], [[1, one]]))(of(1))).toEqual([]);
});

test("hosts where one of two sources runs do not count", () => {
  const half = set({ libfoo1: "l" }, ["bard"]);
  expect(fleetJudge(asked([group(12, 1, 3)], [[1, half]]))(of(1, 3))).toEqual([]);
  const both = set({ libfoo1: "l", bard: "d" });
  expect(fleetJudge(asked([group(12, 1, 3)], [[1, both]]))(of(1, 3))).toHaveLength(1);
});

test("of a picture that could not be read nothing is said", () => {
  expect(fleetJudge(asked([group(10, 9, 3)], []))(of(1))).toEqual([]);
});
