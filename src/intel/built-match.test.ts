import { describe, expect, it } from "vitest";
import { aPackage, aStatement } from "../../test/builders/intel.ts";
import { builtMatches, type SeenBuild } from "./built-match.ts";
import { findingsForPackages } from "./match.ts";

const etcd = aPackage({ name: "etcd-server", version: "3.4-1+b4", source: "etcd", id: 7 });
const inEtcd = { packageId: 7, source: "golang-1.19", version: "1.19.8-2" };
const golang = aStatement({
  packageName: "golang-1.19",
  state: { kind: "fixed", version: "1.19.8-2+deb12u1" },
});
const build: SeenBuild = {
  ...{
    ecosystem: "Debian:12",
    name: "etcd-server",
    packageVersion: "3.4-2",
    sourceVersion: "3.4-2",
  },
  ...{ source: "golang-1.19", version: "1.19.8-2+deb12u1" },
};

function matched(of: {
  readonly copies?: Parameters<typeof builtMatches>[1]["copies"];
  readonly builds?: readonly SeenBuild[];
  readonly packages?: readonly ReturnType<typeof aPackage>[];
  readonly statements?: readonly ReturnType<typeof aStatement>[];
}) {
  const { copies = [inEtcd], builds = [], packages = [etcd], statements = [golang] } = of;
  const input = { packages, statements, rejected: new Set<string>() };
  const own = findingsForPackages(input).matches;
  return builtMatches(input, { copies, builds }, own);
}

describe("code of another source in a package", () => {
  it("is judged as that source, though it is not installed, and waits for a rebuild", () => {
    expect(matched({})).toMatchObject([
      {
        packageId: 7,
        vulnerability: "CVE-2026-0001",
        state: "affected-no-fix",
        fixedVersion: null,
        because: {
          rule: "built-using",
          packageName: "etcd",
          installed: "golang-1.19 1.19.8-2",
          comparedWith: "golang-1.19 1.19.8-2+deb12u1",
        },
      },
    ]);
    const fixed = { ...inEtcd, version: "1.19.8-2+deb12u1" };
    expect(matched({ copies: [fixed] })).toEqual([]);
  });

  it("is mended by the smallest later build that was made with the fix", () => {
    const later = { ...build, packageVersion: "3.4-3", sourceVersion: "3.4-3" };
    const older = { ...build, packageVersion: "3.4-0", sourceVersion: "3.4-0" };
    const unmended = { ...build, packageVersion: "3.4-1+b9", version: "1.19.8-2" };
    const found = matched({ builds: [later, older, unmended, build] });
    expect(found).toMatchObject([{ state: "affected-fix-available", fixedVersion: "3.4-2" }]);
    const again = { ...build, packageVersion: "3.4-1+b5", sourceVersion: etcd.sourceVersion };
    expect(matched({ builds: [again] })).toMatchObject([{ fixedVersion: "3.4-1+b5" }]);
    expect(matched({ builds: [{ ...build, name: "etcd-client" }] })[0]?.fixedVersion).toBeNull();
  });

  it("says nothing twice: of what was signed, of the package itself, of two copies", () => {
    const own = aStatement({ packageName: "etcd", state: { kind: "open" } });
    expect(matched({ statements: [golang, own] })).toEqual([]);
    const two = [inEtcd, { ...inEtcd, version: "1.19.8-1" }];
    expect(matched({ copies: two })).toHaveLength(1);
    const signed = aPackage({ name: "linux-image-6.1", source: "linux-signed-amd64", id: 7 });
    const linux = { packageId: 7, source: "linux", version: "1.0-1" };
    const said = aStatement({ packageName: "linux", state: { kind: "open" } });
    expect(matched({ packages: [signed], copies: [linux], statements: [said] })).toEqual([]);
  });

  it("has no remedy where the publisher has no fix, whatever builds were seen", () => {
    const open = aStatement({ packageName: "golang-1.19", state: { kind: "open" } });
    expect(matched({ statements: [open], builds: [build] })).toMatchObject([
      { state: "affected-no-fix", fixedVersion: null },
    ]);
  });
});
