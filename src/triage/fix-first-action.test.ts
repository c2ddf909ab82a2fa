import { expect, it } from "vitest";
import { type PairGroup, postingsOf } from "../intel/exposure.ts";
import type { StoredPackage } from "../inventory/model.ts";
import { updateAction } from "./fix-first-action.ts";

const libssl = aPackage(1, "libssl3", "3.0.15-1");
const openssl = aPackage(2, "openssl", "3.0.15-1");

function aPackage(id: number, name: string, version: string): StoredPackage {
  const source = { source: "openssl", sourceVersion: version };
  const rest = { arch: "amd64", origin: "Debian", module: "", ecosystem: "Debian:12" };
  return { id, name, version, ...source, ...rest };
}

function aPair(vulnerability: string, fixedVersion: string | null): PairGroup {
  return {
    ...{ ecosystem: "Debian:12", source: "openssl", vulnerability, fixedVersion },
    state: fixedVersion === null ? "affected-no-fix" : "affected-fix-available",
    packageIds: [1, 2],
    since: 0,
  };
}

function anOffer(name: string, version: string) {
  const own = { name, version, sourceVersion: version, source: "openssl" };
  return { ...own, arch: "amd64", origin: "Debian", ecosystem: "Debian:12" };
}

const groups = [
  { id: 0, setId: 10, kernelRunning: null, marks: "", hostCount: 7 },
  { id: 1, setId: 11, kernelRunning: null, marks: "", hostCount: 4 },
];
const members = new Map([
  [10, [1, 2]],
  [11, [1]],
]);

function action(rows: Parameters<typeof updateAction>[0]["groups"], pairs: readonly PairGroup[]) {
  const kinds = [libssl, openssl].map(
    (p) => [p.id, { name: p.name, isKernelImage: false }] as const,
  );
  return updateAction({
    ...{ ecosystem: "Debian:12", pairs, groups: rows },
    postings: postingsOf({ wanted: [1, 2], packages: new Map(kinds), members, groups }),
    packages: new Map([libssl, openssl].map((p) => [p.id, p])),
    offers: new Map([
      [1, [anOffer("libssl3", "3.0.17-1"), anOffer("openssl", "3.0.17-1")]],
      [2, [anOffer("libssl3", "3.0.16-1")]],
      [3, [anOffer("libssl3", "3.0.15-1")]],
    ]),
  });
}

const row = (setId: number, offers: number | null, hostCount: number) => ({
  ...{ setId, offers, hostCount, kernelRunning: null, marks: "" },
});

it("tells apart hosts whose sources offer the fix, an older one, and none", () => {
  const pairs = [aPair("CVE-2026-1", "3.0.16-1"), aPair("CVE-2026-2", "3.0.17-1")];
  const found = action([row(10, 1, 4), row(10, 2, 2), row(10, 3, 1), row(11, null, 4)], pairs);
  expect(found.hosts).toBe(11);
  expect(found.versions).toEqual([
    { sourceVersion: "3.0.17-1", hosts: 4, cleared: 8, left: 0 },
    { sourceVersion: "3.0.16-1", hosts: 2, cleared: 2, left: 2 },
    { sourceVersion: null, hosts: 5, cleared: 0, left: 10 },
  ]);
});

it("names each package with the exact versions it leaves and gets, and how many hosts have it", () => {
  const found = action([row(10, 1, 7), row(11, 1, 4)], [aPair("CVE-2026-2", "3.0.17-1")]);
  expect(found.packages).toEqual([
    { name: "libssl3", arch: "amd64", from: ["3.0.15-1"], to: ["3.0.17-1"], hosts: 11 },
    { name: "openssl", arch: "amd64", from: ["3.0.15-1"], to: ["3.0.17-1"], hosts: 7 },
  ]);
  expect(found.rebootHosts).toBe(0);
});

it("counts the hosts that must be started anew for another kernel", () => {
  const image = { ...aPackage(1, "linux-image-6.1.0-9-amd64", "6.1.27-1"), source: "linux" };
  const kernel = { ...aPair("CVE-2026-3", "6.1.30-1"), source: "linux", packageIds: [1] };
  const kinds = new Map([[1, { name: image.name, isKernelImage: true }]]);
  const running = { id: 0, setId: 10, kernelRunning: "6.1.0-9-amd64", marks: "", hostCount: 3 };
  const other = { ...running, id: 1, kernelRunning: "6.1.0-8-amd64", hostCount: 5 };
  const found = updateAction({
    ...{ ecosystem: "Debian:12", pairs: [kernel], packages: new Map([[1, image]]) },
    groups: [running, other].map((group) => ({ ...group, offers: 1 })),
    postings: postingsOf({ wanted: [1], packages: kinds, members, groups: [running, other] }),
    offers: new Map([
      [1, [{ ...anOffer("linux-image-6.1.0-10-amd64", "6.1.30-1"), source: "linux" }]],
    ]),
  });
  expect([found.hosts, found.rebootHosts]).toEqual([3, 3]);
  expect(found.packages[0]?.to).toEqual(["linux-image-6.1.0-10-amd64 6.1.30-1"]);
});

it("leaves out hosts on which the finding is set aside", () => {
  const aside = { ...aPair("CVE-2026-1", "3.0.16-1"), isAside: () => true };
  expect(action([row(10, 1, 7)], [aside]).hosts).toBe(0);
});
