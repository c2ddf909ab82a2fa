import { describe, expect, test } from "vitest";
import { aHost, aMove, movesOf } from "../../test/builders/plan.ts";
import { sha256 } from "../base/digest.ts";
import type { Around } from "../inventory/around.ts";
import type { RuntimeSet } from "../inventory/runtime.ts";
import { writeBody } from "./body.ts";
import { changedPackages } from "./changed-packages.ts";
import { impactOf } from "./impact.ts";
import { inMemory } from "./in-memory.ts";
import type { ResolvedPair } from "./model.ts";

function pair(sets: string, around: Around | null): ResolvedPair {
  const outcome = movesOf([aMove()], [], sets);
  if (outcome.kind !== "moves") throw new Error("the builder makes moves");
  const { packageSet, offerSet } = outcome.resolution;
  const resolution = { ...outcome.resolution, around };
  return { packageSet, offerSet, outcome: { kind: "moves", resolution } };
}

function hosts(sets: string, count: number) {
  const [packageSet, offerSet] = [sha256(`packages ${sets}`), sha256(`offers ${sets}`)];
  return Array.from({ length: count }, (_, at) => aHost(`${sets}-${at}`, { packageSet, offerSet }));
}

const around = (count: number, first: string[]): Around => ({
  dependents: [{ name: "libssl3", count, first }],
  reached: count * 2,
  conffiles: [{ name: "openssl", path: "/etc/ssl/openssl.cnf", state: "changed" }],
});

describe("the impact of a plan", () => {
  test("counts for each host what the host with its packages said, and the rest as not known", () => {
    const all = [...hosts("A", 3), ...hosts("B", 2), ...hosts("C", 4)];
    const impact = impactOf({
      hosts: all,
      resolutions: [
        pair("A", around(2, ["curl", "nginx"])),
        pair("B", around(5, ["nginx", "postgresql"])),
        pair("C", null),
      ],
      taken: new Set(all.slice(1).map((host) => host.id)),
    });
    expect(impact).toEqual({
      known: 4,
      unknown: 4,
      reachedMax: 10,
      dependents: [
        {
          ...{ name: "libssl3", hosts: 4, countMax: 5 },
          first: [
            { name: "curl", hosts: 2 },
            { name: "nginx", hosts: 4 },
            { name: "postgresql", hosts: 2 },
          ],
        },
      ],
      conffiles: [{ name: "openssl", path: "/etc/ssl/openssl.cnf", state: "changed", hosts: 4 }],
    });
  });

  test("tells each move once with its hosts, and jumps before all others", () => {
    const step = (name: string, from: string, to: string) => ({
      ...{ verb: "upgrade" as const, name, arch: "amd64", from, to },
      sha256: sha256(`${name}${to}`),
    });
    const bodyOf = (...steps: ReturnType<typeof step>[]) => {
      const text = writeBody({ steps, transactions: [], undo: [] });
      return { digest: sha256(text), text };
    };
    const [one, two] = [
      bodyOf(step("curl", "7.88-1", "7.88-2"), step("pg", "13.1-1", "15.4-1")),
      bodyOf(step("curl", "7.88-1", "7.88-2")),
    ];
    const counts = new Map([
      [one.digest, 3],
      [two.digest, 4],
    ]);
    const told = changedPackages([one, two], counts);
    expect(told.map(({ name, hosts, jump }) => [name, hosts, jump?.kind ?? null])).toEqual([
      ["pg", 3, "major"],
      ["curl", 7, null],
    ]);
  });

  test("names processes that have the old version in memory, and hosts of which nobody knows", () => {
    const set: RuntimeSet = {
      ...{ isWhole: true, idle: [], listening: [], modules: [], disabled: [] },
      used: [
        { name: "libssl3", isRun: false, isStale: false, processes: ["nginx", "sshd"] },
        { name: "bash", isRun: true, isStale: false, processes: ["bash"] },
      ],
    };
    const seen = [
      { hosts: 5, set },
      { hosts: 2, set: { ...set, isWhole: false, used: [] } },
      { hosts: 1, set: null },
    ];
    expect(inMemory(seen, new Set(["libssl3"]))).toEqual({
      ...{ whole: 5, partly: 2, unknown: 1 },
      users: [
        {
          ...{ package: "libssl3", hosts: 5 },
          processes: [
            { name: "nginx", hosts: 5 },
            { name: "sshd", hosts: 5 },
          ],
        },
      ],
    });
  });
});
