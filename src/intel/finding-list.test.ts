import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { postingsOf } from "./exposure.ts";
import {
  filterPairs,
  groupKey,
  NAMED_OF_HOST_MAX,
  rowsByHostGroup,
  rowsBySource,
  rowsByVulnerability,
  sumPairs,
} from "./finding-list.ts";
import type { Vulnerability } from "./model.ts";

function aVulnerability(of: Partial<Vulnerability> & { readonly id: string }): Vulnerability {
  return {
    title: "",
    publishedAt: null,
    status: "published",
    cvss: [],
    kev: null,
    epss: null,
    ssvc: null,
    ...of,
  };
}

const pairOf = (vulnerability: string, source: string, packageIds: readonly number[]) => ({
  ecosystem: "Debian:12",
  source,
  vulnerability,
  state: "affected-fix-available" as const,
  fixedVersion: "2",
  packageIds,
  since: packageIds.length,
});

const postings = (sets: readonly (readonly number[])[], groups: ReturnType<typeof groupOf>[]) =>
  postingsOf({
    wanted: sets.flat(),
    packages: new Map(),
    members: new Map(sets.map((set, id) => [id, Int32Array.from(set)])),
    groups,
  });

const groupOf = (id: number, hostCount: number) => ({
  id,
  setId: id,
  kernelRunning: null,
  hostCount,
});

describe("grouped findings", () => {
  it("tell hosts on which all of it is lowered, and put what is lowered everywhere last", () => {
    const lowered = (at: readonly number[]) => ({
      isAside: () => false,
      isLowered: (_: number, group: { readonly id: number }) => at.includes(group.id),
    });
    const pairs = [
      { ...pairOf("CVE-1", "a", [1]), ...lowered([0, 1]) },
      { ...pairOf("CVE-1", "b", [2]), ...lowered([1]) },
      { ...pairOf("CVE-2", "c", [3]), ...lowered([0, 1]) },
      pairOf("CVE-3", "d", [1]),
    ];
    const groups = [groupOf(0, 5), groupOf(1, 2)];
    const reach = {
      pairs,
      groups,
      postings: postings(
        [
          [1, 2, 3],
          [1, 2, 3],
        ],
        groups,
      ),
    };
    const epss = { score: 0.9, percentile: 1, asOf: 0, model: "" };
    const facts = new Map([["CVE-2", aVulnerability({ id: "CVE-2", epss } as never)]]);
    const rows = rowsByVulnerability(reach, facts);
    expect(rows.map((row) => [row.key, row.hostCount, row.loweredHostCount])).toEqual([
      ["CVE-1", 7, 2],
      ["CVE-3", 7, 0],
      ["CVE-2", 7, 7],
    ]);
  });

  it("equal what walking over every host and pair gives", () => {
    const members = fc.array(fc.uniqueArray(fc.nat(5)), { minLength: 1, maxLength: 4 });
    const found = fc.array(
      fc.record({
        vulnerability: fc.constantFrom("CVE-1", "CVE-2", "CVE-3"),
        source: fc.constantFrom("a", "b"),
        packageIds: fc.uniqueArray(fc.nat(5), { minLength: 1 }).map((ids) => ids.sort()),
      }),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(members, found, (sets, pairs) => {
        const groups = sets.map((_, index) => groupOf(index, index + 1));
        const reach = {
          pairs: pairs.map((p) => pairOf(p.vulnerability, p.source, p.packageIds)),
          postings: postings(sets, groups),
          groups,
        };
        const isOn = (set: readonly number[], pair: (typeof pairs)[number]) =>
          pair.packageIds.some((id) => set.includes(id));
        const walk = (matches: (pair: (typeof pairs)[number]) => boolean) =>
          sets.reduce(
            (sum, set, index) =>
              sum + (pairs.some((pair) => matches(pair) && isOn(set, pair)) ? index + 1 : 0),
            0,
          );
        for (const row of rowsByVulnerability(reach, new Map())) {
          expect(row.hostCount).toBe(walk((pair) => pair.vulnerability === row.key));
        }
        for (const row of rowsBySource(reach, new Map())) {
          expect(row.hostCount).toBe(walk((pair) => `Debian:12 ${pair.source}` === row.key));
        }
        const byGroup = rowsByHostGroup(reach, sumPairs(reach.pairs, new Map()));
        for (const [index, set] of sets.entries()) {
          const row = byGroup.get(groupKey({ setId: index, kernelRunning: null }));
          const own = pairs.filter((pair) => isOn(set, pair));
          const ids = new Set(own.flatMap((p) => p.packageIds.filter((id) => set.includes(id))));
          expect(new Set(row?.vulnerabilities)).toEqual(new Set(own.map((p) => p.vulnerability)));
          expect(row?.vulnerabilityCount ?? 0).toBe(new Set(own.map((p) => p.vulnerability)).size);
          expect(row?.packageCount ?? 0).toBe(ids.size);
        }
      }),
    );
  });

  it("put known exploited ones first, then the likelier", () => {
    const reach = {
      pairs: ["CVE-1", "CVE-2", "CVE-3"].map((id) => pairOf(id, "a", [1])),
      postings: postings([[1]], [groupOf(0, 1)]),
      groups: [groupOf(0, 1)],
    };
    const facts = new Map(
      [
        aVulnerability({ id: "CVE-2", epss: { score: 0.9, percentile: 1 } }),
        aVulnerability({ id: "CVE-3", kev: { addedAt: 0, dueAt: null, isRansomware: false } }),
      ].map((v) => [v.id, v]),
    );
    const rows = rowsByVulnerability(reach, facts);
    expect(rows.map((row) => row.key)).toEqual(["CVE-3", "CVE-2", "CVE-1"]);
  });

  it("are filtered by id, source, title and known exploitation", () => {
    const pairs = [pairOf("CVE-1", "openssl", [1]), pairOf("CVE-2", "curl", [1])];
    const facts = new Map([
      ["CVE-2", aVulnerability({ id: "CVE-2", title: "Heap overflow" })],
      [
        "CVE-1",
        aVulnerability({ id: "CVE-1", kev: { addedAt: 0, dueAt: null, isRansomware: true } }),
      ],
    ]);
    const ids = (filter: { isKev?: boolean; search?: string }) =>
      filterPairs(pairs, facts, filter).map((pair) => pair.vulnerability);
    expect(ids({ search: "OPENSSL" })).toEqual(["CVE-1"]);
    expect(ids({ search: "heap" })).toEqual(["CVE-2"]);
    expect(ids({ isKev: true })).toEqual(["CVE-1"]);
    expect(ids({ isKev: false })).toEqual(["CVE-2"]);
    expect(ids({})).toEqual(["CVE-1", "CVE-2"]);
  });
});

describe("a row of a host with more vulnerabilities than it names", () => {
  it("counts them all, and names the exploited and the likeliest first", () => {
    const groups = [groupOf(0, 1)];
    const ids = Array.from({ length: 250 }, (_, at) => `CVE-2026-${1000 + at}`);
    const pairs = ids.map((id, at) => pairOf(id, "a", [at % 3]));
    const twice = [...pairs, pairOf(ids[7] ?? "", "b", [1])];
    const reach = { pairs: twice, postings: postings([[0, 1, 2]], groups), groups };
    const facts = new Map(
      ids.map((id, at) => [
        id,
        aVulnerability({
          id,
          epss: at < 200 ? { score: at / 1000, percentile: 0 } : null,
          kev: at === 5 ? { addedAt: 0, dueAt: null, isRansomware: false } : null,
        }),
      ]),
    );
    const row = rowsByHostGroup(reach, sumPairs(reach.pairs, facts)).get(
      groupKey({ setId: 0, kernelRunning: null }),
    );
    expect(row?.vulnerabilityCount).toBe(250);
    expect(row?.vulnerabilities).toHaveLength(NAMED_OF_HOST_MAX);
    expect(row?.vulnerabilities.slice(0, 3)).toEqual([ids[5], ids[199], ids[198]]);
  });
});
