import { describe, expect, it } from "vitest";
import { aPackage, aStatement, GENERATION } from "../../test/builders/intel.ts";
import { findingsForPackages, judgeAll } from "./match.ts";

const none: ReadonlySet<string> = new Set();

describe("matching", () => {
  it("judges all binaries of a source alike and explains each", () => {
    const packages = ["libssl3", "openssl"].map((name, id) =>
      aPackage({ id, name, source: "openssl" }),
    );
    const { matches } = findingsForPackages({
      packages,
      statements: [aStatement()],
      rejected: none,
    });
    expect(matches.map((m) => m.packageId)).toEqual([0, 1]);
    expect(matches[0]).toMatchObject({
      state: "affected-fix-available",
      fixedVersion: "1.0-2",
      because: {
        feed: "debian-tracker",
        generation: GENERATION,
        rule: "fixed-version",
        packageName: "openssl",
        installed: "1.0-1",
        comparedWith: "1.0-2",
        comparison: "lower",
      },
    });
  });

  it("does not mix releases", () => {
    const packages = [aPackage({ name: "openssl", ecosystem: "Debian:11" })];
    expect(
      findingsForPackages({ packages, statements: [aStatement()], rejected: none }).matches,
    ).toEqual([]);
  });

  it("lets the tracker decide over OSV, and keeps the tracker's not-affected as evidence", () => {
    const statements = [
      aStatement({ id: 1, state: { kind: "never-affected" } }),
      aStatement({
        id: 2,
        feed: "osv-debian",
        state: {
          kind: "ranges",
          versions: [],
          ranges: [{ introduced: "0", fixed: null, lastAffected: null }],
        },
      }),
    ];
    const input = { packages: [aPackage({ name: "openssl" })], statements, rejected: none };
    expect(findingsForPackages(input).matches).toEqual([]);
    expect(judgeAll(input).matches).toMatchObject([{ statementId: 1, state: "not-affected" }]);
  });

  it("of equal sources lets the worst decide, in whatever order they come", () => {
    const statements = [
      aStatement({
        id: 1,
        feed: "osv-a",
        advisory: "A-1",
        state: { kind: "fixed", version: "0.9" },
      }),
      aStatement({
        id: 2,
        feed: "osv-a",
        advisory: "A-2",
        state: { kind: "fixed", version: "2.0" },
      }),
    ];
    for (const order of [statements, statements.toReversed()]) {
      const { matches } = judgeAll({
        packages: [aPackage({ name: "openssl" })],
        statements: order,
        rejected: none,
      });
      expect(matches).toMatchObject([{ statementId: 2, state: "affected-fix-available" }]);
    }
  });

  it("closes findings whose record was rejected, and says so", () => {
    const input = {
      packages: [aPackage({ name: "openssl" })],
      statements: [aStatement()],
      rejected: new Set(["CVE-2026-0001"]),
    };
    expect(findingsForPackages(input).matches).toEqual([]);
    expect(judgeAll(input).matches[0]?.because.rule).toBe("rejected");
  });

  it("says nothing about a backport, which would read as fixed", () => {
    const packages = [aPackage({ name: "openssl", version: "2.0-1~bpo12+1" })];
    const result = judgeAll({ packages, statements: [aStatement()], rejected: none });
    expect(result.matches).toEqual([]);
    expect(result.subjects[0]).toMatchObject({ blindSpot: "backport", isNamed: true });
  });

  it("exposes nobody to the kernel through its headers", () => {
    const packages = [
      aPackage({ id: 1, name: "linux-libc-dev", source: "linux" }),
      aPackage({
        id: 2,
        name: "linux-image-6.1.0-9-amd64",
        source: "linux-signed-amd64",
        sourceVersion: "1.0+1",
      }),
    ];
    const statements = [aStatement({ packageName: "linux" })];
    const { matches } = findingsForPackages({ packages, statements, rejected: none });
    expect(matches.map((m) => m.packageId)).toEqual([2]);
    expect(matches[0]?.because.installed).toBe("1.0-1");
  });
});
