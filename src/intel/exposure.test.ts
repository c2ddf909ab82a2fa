import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type CountedHosts,
  countExposure,
  groupsReached,
  type HostGroup,
  knownHostsOf,
  type PairGroup,
  type Postings,
  postingsOf,
} from "./exposure.ts";

function aPair(packageIds: readonly number[], vulnerability = "CVE-2026-0001"): PairGroup {
  return {
    ecosystem: "Debian:12",
    source: "openssl",
    vulnerability,
    state: "affected-fix-available",
    fixedVersion: "2",
    packageIds,
    since: 0,
  };
}

/** Sets by id with their packages; packages from 90 on are images of the kernel `6.1.0-<id>-amd64`. */
function postings(
  sets: Readonly<Record<number, readonly number[]>>,
  groups: readonly HostGroup[],
): Postings {
  const members = new Map(Object.entries(sets).map(([id, m]) => [Number(id), Int32Array.from(m)]));
  const wanted = new Set(Object.values(sets).flat());
  const packages = new Map(
    [...wanted].map((id) => {
      const name = id < 90 ? `p${id}` : `linux-image-6.1.0-${id}-amd64`;
      return [id, { name, isKernelImage: id >= 90 }] as const;
    }),
  );
  return postingsOf({ wanted, packages, members, groups });
}

function aGroup(
  id: number,
  setId: number,
  hostCount: number,
  kernelRunning: string | null = null,
): HostGroup {
  return { id, setId, hostCount, kernelRunning };
}

describe("counting who is exposed", () => {
  it("counts a host once however many of the packages it has", () => {
    const of = postings({ 10: [1, 2], 11: [1] }, [aGroup(0, 10, 3), aGroup(1, 11, 4)]);
    expect(countExposure([aPair([1, 2])], of)[0]?.hostCount).toBe(7);
  });

  it("counts only hosts that run the kernel, and those that never said", () => {
    const groups = [
      aGroup(0, 10, 3, "6.1.0-91-amd64"),
      aGroup(1, 10, 5, "6.1.0-92-amd64"),
      aGroup(2, 10, 2),
    ];
    const of = postings({ 10: [91, 92] }, groups);
    expect(countExposure([aPair([91])], of)[0]?.hostCount).toBe(5);
    expect(countExposure([aPair([91, 92])], of)[0]?.hostCount).toBe(10);
  });

  it("leaves out a kernel that nobody runs", () => {
    const of = postings({ 10: [91] }, [aGroup(0, 10, 3, "6.1.0-92-amd64")]);
    expect(countExposure([aPair([91])], of)).toEqual([]);
  });

  it("equals walking over every host", () => {
    const sets = fc.array(fc.uniqueArray(fc.nat(5), { maxLength: 6 }), {
      minLength: 1,
      maxLength: 5,
    });
    const hosts = fc.array(fc.nat(4), { maxLength: 30 });
    const pairs = fc.array(fc.uniqueArray(fc.nat(5), { minLength: 1 }), { maxLength: 6 });
    fc.assert(
      fc.property(sets, hosts, pairs, (members, setOfHost, packagesOfPair) => {
        const groups = members.map((_, set) =>
          aGroup(set, set, setOfHost.filter((s) => s === set).length),
        );
        const of = postings({ ...members }, groups);
        const counted = countExposure(
          packagesOfPair.map((ids) => aPair(ids)),
          of,
        );
        for (const ids of packagesOfPair) {
          const reached = members.flatMap((m, set) =>
            ids.some((id) => m.includes(id)) ? set : [],
          );
          expect([...groupsReached(of, ids)]).toEqual(reached);
        }
        const walked = packagesOfPair.map(
          (ids) => setOfHost.filter((set) => members[set]?.some((id) => ids.includes(id))).length,
        );
        expect(counted.map((e) => e.hostCount)).toEqual(walked.filter((count) => count > 0));
      }),
    );
  });
});

describe("groups of hosts that were counted by more than their group", () => {
  const counted = fc.record({
    setId: fc.constantFrom(null, 1, 2),
    kernelRunning: fc.constantFrom(null, "", "6.1.0-9-amd64"),
    hostCount: fc.integer({ min: 1, max: 5 }),
  });
  const sum = (rows: readonly { readonly hostCount: number }[]): number =>
    rows.reduce((hosts, row) => hosts + row.hostCount, 0);

  it("hold each host once, in the one group of its packages and its kernel", () => {
    fc.assert(
      fc.property(fc.array(counted), (rows: readonly CountedHosts[]) => {
        const { groups, unknownCount } = knownHostsOf(rows);
        for (const { setId, kernelRunning, hostCount } of groups) {
          const own = rows.filter((r) => r.setId === setId && r.kernelRunning === kernelRunning);
          expect(hostCount).toBe(sum(own));
        }
        expect(unknownCount).toBe(sum(rows.filter((row) => row.setId === null)));
        expect(sum(groups) + unknownCount).toBe(sum(rows));
        expect(groups.map((group) => group.id)).toEqual(groups.map((_, place) => place));
      }),
    );
  });
});
