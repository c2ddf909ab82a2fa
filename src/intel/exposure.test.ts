import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type CountedHosts,
  countExposure,
  type HostGroup,
  knownHostsOf,
  type PairGroup,
  type Posting,
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

function aPosting(packageId: number, setIds: readonly number[], kernel = ""): Posting {
  const packageName = kernel === "" ? `p${packageId}` : `linux-image-${kernel}`;
  return { packageId, packageName, isKernelImage: kernel !== "", setIds };
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
    const postings = [aPosting(1, [10, 11]), aPosting(2, [10])];
    const groups = [aGroup(0, 10, 3), aGroup(1, 11, 4)];
    expect(countExposure([aPair([1, 2])], postings, groups)[0]?.hostCount).toBe(7);
  });

  it("counts only hosts that run the kernel, and those that never said", () => {
    const postings = [aPosting(1, [10], "6.1.0-9-amd64"), aPosting(2, [10], "6.1.0-10-amd64")];
    const groups = [
      aGroup(0, 10, 3, "6.1.0-9-amd64"),
      aGroup(1, 10, 5, "6.1.0-10-amd64"),
      aGroup(2, 10, 2),
    ];
    expect(countExposure([aPair([1])], postings, groups)[0]?.hostCount).toBe(5);
    expect(countExposure([aPair([1, 2])], postings, groups)[0]?.hostCount).toBe(10);
  });

  it("leaves out a kernel that nobody runs", () => {
    const postings = [aPosting(1, [10], "6.1.0-8-amd64")];
    expect(countExposure([aPair([1])], postings, [aGroup(0, 10, 3, "6.1.0-9-amd64")])).toEqual([]);
  });

  it("equals walking over every host", () => {
    const sets = fc.array(fc.array(fc.nat(5), { maxLength: 6 }), { minLength: 1, maxLength: 5 });
    const hosts = fc.array(fc.nat(4), { maxLength: 30 });
    const pairs = fc.array(fc.uniqueArray(fc.nat(5), { minLength: 1 }), { maxLength: 6 });
    fc.assert(
      fc.property(sets, hosts, pairs, (members, setOfHost, packagesOfPair) => {
        const postings = [0, 1, 2, 3, 4, 5].map((id) =>
          aPosting(
            id,
            members.flatMap((m, set) => (m.includes(id) ? [set] : [])),
          ),
        );
        const groups = members.map((_, set) =>
          aGroup(set, set, setOfHost.filter((s) => s === set).length),
        );
        const counted = countExposure(
          packagesOfPair.map((ids) => aPair(ids)),
          postings,
          groups,
        );
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
