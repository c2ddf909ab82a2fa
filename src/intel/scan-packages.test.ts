import { describe, expect, it } from "vitest";
import { aPackage, aStatement } from "../../test/builders/intel.ts";
import type { StoredPackage } from "../inventory/model.ts";
import type { DatedStatement } from "./file-knowledge.ts";
import type { IndexOffer } from "./package-index.ts";
import { type ScanInput, scanPackages } from "./scan-packages.ts";

function said(of: Parameters<typeof aStatement>[0] & { readonly modifiedAt?: number }) {
  const { id: _, generation: __, ...statement } = aStatement(of);
  return { modifiedAt: 0, fileAt: 0, ...statement } as DatedStatement;
}

function scan(of: {
  readonly packages: readonly StoredPackage[];
  readonly statements?: readonly DatedStatement[];
  readonly offers?: readonly Partial<IndexOffer>[];
  readonly input?: Partial<ScanInput>;
}) {
  const offers = (of.offers ?? []).map((o) => ({ arch: "amd64", ...o }) as IndexOffer);
  const byName = Map.groupBy(offers, (o) =>
    /^linux-image-\d/.test(o.name) ? "linux-image" : o.name,
  );
  return scanPackages({
    packages: of.packages,
    statements: of.statements ?? [said({})],
    withdrawn: [],
    rejected: new Set(),
    disputed: new Set(),
    offers:
      of.offers === undefined ? new Map() : new Map([["Debian:12", { byName, isKnown: true }]]),
    entitled: new Set(),
    covered: new Map([
      ["Debian:12", { isComplete: true }],
      ["Ubuntu:18.04:LTS", { isComplete: true }],
    ]),
    ...of.input,
  });
}

function offer(version: string, sourceVersion = version, name = "openssl"): Partial<IndexOffer> {
  return { name, version, source: "openssl", sourceVersion };
}

describe("a scan", () => {
  it("prints what is open with the fix, the advisories and the comparison made", () => {
    const { findings } = scan({
      packages: [aPackage({ name: "libssl3", source: "openssl" })],
      statements: [said({ advisory: "DSA-1-1" })],
    });
    expect(findings).toMatchObject([
      {
        package: { name: "libssl3", version: "1.0-1", source: "openssl" },
        id: "CVE-2026-0001",
        advisories: ["DSA-1-1"],
        state: "affected",
        fixed: "1.0-2",
        why: "debian-tracker (DSA-1-1): openssl 1.0-1 is lower than 1.0-2, which fixes it.",
      },
    ]);
  });

  it("names the smallest offered version that holds the fix", () => {
    const packages = [aPackage({ name: "openssl" })];
    const offers = [offer("1.0-3"), offer("1.0-2+b1", "1.0-2"), offer("1.0-1")];
    expect(scan({ packages, offers }).findings[0]?.remedy).toBe("1.0-2+b1");
    const none = scan({ packages, offers: [offer("1.0-1")] }).findings[0]?.remedy;
    expect(none).toBe("fixed upstream, not yet published to you");
    expect(scan({ packages }).findings[0]?.remedy).toContain("no package index of Debian:12");
    const foreign = [
      { ...offer("1.0-2"), arch: "arm64" },
      { ...offer("9"), source: "other" },
    ];
    expect(scan({ packages, offers: foreign }).findings[0]?.remedy).toBe(none);
  });

  describe("of a package that contains code of another source", () => {
    const into = aPackage({ name: "git-lfs", source: "git-lfs", version: "3.3.0-1" });
    const statements = [
      said({ packageName: "golang-1.19", state: { kind: "fixed", version: "1.19.8-2+deb12u1" } }),
    ];
    const built = [
      { into, source: "golang-1.19", version: "1.19.8-2" },
      { into, source: "git-lfs", version: "0.1" },
    ];
    const ofGitLfs = (version: string, go: string): Partial<IndexOffer> => ({
      ...{ name: "git-lfs", version, source: "git-lfs", sourceVersion: version },
      builtUsing: [["golang-1.19", go]],
    });

    it("asks for a rebuild, and names the smallest build that was made with the fix", () => {
      const offers = [
        ofGitLfs("3.3.0-1+b1", "1.19.8-2"),
        ofGitLfs("3.3.0-1+b9", "1.19.8-2+deb12u2"),
        ofGitLfs("3.3.0-1+b8", "1.19.8-2+deb12u1"),
      ];
      const { findings } = scan({ packages: [into], statements, offers, input: { built } });
      expect(findings).toMatchObject([
        {
          package: { name: "git-lfs", version: "3.3.0-1", source: "git-lfs" },
          state: "affected",
          fixed: "1.19.8-2+deb12u1",
          remedy: "3.3.0-1+b8",
          why: expect.stringMatching(
            /^Rebuild needed: git-lfs contains code of golang-1.19 1.19.8-2\./,
          ),
        },
      ]);
    });

    it("says so where nobody has rebuilt it yet, and nothing where the copy has the fix", () => {
      const offers = [ofGitLfs("3.3.0-1+b1", "1.19.8-2")];
      const open = scan({ packages: [into], statements, offers, input: { built } });
      expect(open.findings[0]?.remedy).toBe("not yet rebuilt with the fix");
      const fixed = [{ into, source: "golang-1.19", version: "1.19.8-2+deb12u1" }];
      const none = scan({ packages: [into], statements, input: { built: fixed } });
      expect(none.findings).toEqual([]);
    });
  });

  it("offers a newer kernel of the same flavour under its own name", () => {
    const kernel = (name: string, version: string) => ({
      name,
      version: version.replace("-", "+"),
      source: "linux-signed-amd64",
      sourceVersion: version.replace("-", "+"),
    });
    const { findings } = scan({
      packages: [aPackage(kernel("linux-image-6.1.0-9-amd64", "6.1.27-1"))],
      statements: [said({ packageName: "linux", state: { kind: "fixed", version: "6.1.38-1" } })],
      offers: [
        kernel("linux-image-6.1.0-10-rt-amd64", "6.1.38-1"),
        kernel("linux-image-6.1.0-12-amd64", "6.1.52-1"),
        kernel("linux-image-6.1.0-10-amd64", "6.1.38-1"),
      ],
    });
    expect(findings).toMatchObject([
      { remedy: "linux-image-6.1.0-10-amd64 6.1.38+1", state: "affected" },
    ]);
  });

  it("keeps kernel headers visible but set aside, and tools where the kernel is judged itself", () => {
    const of = (id: number, name: string, source = "linux") =>
      aPackage({ id, name, source, version: "1.0-1" });
    const statements = [said({ packageName: "linux" })];
    const image = of(3, "linux-image-6.1.0-9-amd64");
    const packages = [of(1, "linux-libc-dev"), of(2, "bpftool"), image];
    const states = (all: readonly StoredPackage[]) =>
      scan({ packages: all, statements }).findings.map((f) => [f.package.name, f.state]);
    expect(states(packages)).toEqual([
      ["bpftool", "not-affected"],
      ["linux-image-6.1.0-9-amd64", "affected"],
      ["linux-libc-dev", "not-affected"],
    ]);
    expect(states(packages.slice(0, 2))).toEqual([
      ["bpftool", "affected"],
      ["linux-libc-dev", "not-affected"],
    ]);
  });

  it("lets the newest copy of a record speak, and a withdrawn one not at all", () => {
    const packages = [aPackage({ name: "openssl" })];
    const old = said({ feed: "osv-debian", advisory: "X-1", modifiedAt: 1 });
    const fresh = said({
      feed: "osv-debian",
      advisory: "X-1",
      modifiedAt: 2,
      state: { kind: "fixed", version: "1.0-1" },
    });
    expect(scan({ packages, statements: [old, fresh] }).findings).toEqual([]);
    const withdrawn = [["osv-debian", "X-1", 2]] as const;
    expect(scan({ packages, statements: [old], input: { withdrawn } }).findings).toEqual([]);
    const before = [["osv-debian", "X-1", 0]] as const;
    expect(
      scan({ packages, statements: [old], input: { withdrawn: before } }).findings,
    ).toHaveLength(1);
  });

  it("says what it does not know", () => {
    const { findings, notes } = scan({
      packages: [
        aPackage({ id: 0, name: "a", ecosystem: "Slackware:15" }),
        aPackage({ id: 1, name: "b", version: "2.0~bpo12+1" }),
      ],
      statements: [],
    });
    expect(findings).toEqual([]);
    expect(notes).toEqual([
      { ecosystem: "Slackware:15", reason: "no-feed", packageCount: 1 },
      { ecosystem: "Debian:12", reason: "backport", packageCount: 1 },
    ]);
    const excerpt = new Map([["Debian:12", { isComplete: false }]]);
    const derived = scan({
      packages: [aPackage({ name: "unnamed" })],
      input: { covered: excerpt },
    });
    expect(derived.notes[0]?.reason).toBe("excerpt");
  });

  it("marks what is disputed and closes what is rejected", () => {
    const packages = [aPackage({ name: "openssl" })];
    const ids = new Set(["CVE-2026-0001"]);
    expect(scan({ packages, input: { disputed: ids } }).findings[0]?.why).toContain("disputed");
    expect(scan({ packages, input: { rejected: ids } }).findings).toEqual([]);
  });
});

describe("channels beside a release", () => {
  const ubuntu = (version: string) =>
    aPackage({ name: "netty", version, ecosystem: "Ubuntu:18.04:LTS" });
  const open = said({
    ecosystem: "Ubuntu:18.04:LTS",
    packageName: "netty",
    feed: "osv-ubuntu",
    state: { kind: "open" },
  });
  const pro = said({
    ecosystem: "Ubuntu:Pro:18.04:LTS",
    packageName: "netty",
    feed: "osv-ubuntu",
    state: { kind: "fixed", version: "1.0-1+esm3" },
  });

  it("offer a remedy to entitled hosts only", () => {
    const both = [open, pro];
    expect(scan({ packages: [ubuntu("1.0-1")], statements: both }).findings[0]).toMatchObject({
      state: "affected-no-fix",
      fixed: "1.0-1+esm3",
    });
    const entitled = new Set(["Ubuntu:Pro:18.04:LTS"]);
    const with_ = scan({ packages: [ubuntu("1.0-1")], statements: both, input: { entitled } });
    expect(with_.findings[0]?.state).toBe("affected");
    const alone = scan({ packages: [ubuntu("1.0-1")], statements: [pro] });
    expect(alone.findings[0]?.state).toBe("affected-no-fix");
  });

  it("count what was installed from them, whoever may", () => {
    const packages = [ubuntu("1.0-1+esm3")];
    expect(scan({ packages, statements: [open, pro] }).findings).toEqual([]);
  });
});
