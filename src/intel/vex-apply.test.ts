import { describe, expect, it } from "vitest";
import type { VexStatement } from "./feed-format.ts";
import type { ScanFinding } from "./scan-packages.ts";
import { applyVex, type VexRules } from "./vex-apply.ts";
import { covers, type VexSubject } from "./vex-match.ts";

const subject: VexSubject = {
  ecosystem: "Debian:12",
  name: "libssl3",
  version: "3.0.1-1+b2",
  source: "openssl",
  sourceVersion: "3.0.1-1",
  arch: "amd64",
};

const finding: ScanFinding = {
  package: { name: "libssl3", version: "3.0.1-1+b2", source: "openssl" },
  id: "CVE-2026-0001",
  advisories: ["DSA-1-1"],
  state: "affected",
  fixed: "3.0.1-2",
  remedy: "3.0.1-2",
  why: "because.",
};

function said(of: Partial<VexStatement> & { readonly purl?: string } = {}): VexStatement {
  const { purl = "pkg:deb/debian/openssl?distro=debian-12", ...rest } = of;
  return {
    vulnerability: "CVE-2026-0001",
    aliases: [],
    products: [{ identifiers: [purl], name: "", version: "", parts: [] }],
    status: "not-affected",
    justification: "vulnerable_code_not_present",
    author: "us",
    document: "doc-1",
    at: 1,
    ...rest,
  };
}

function apply(statements: readonly VexStatement[], rules: Partial<VexRules> = {}) {
  const all = { product: null, authors: null, ...rules };
  return applyVex([{ finding, subject }], statements, all);
}

describe("a version of a VEX product", () => {
  const of = (version: string) =>
    said({ products: [{ identifiers: ["pkg:deb/debian/openssl"], name: "", version, parts: [] }] });

  it.each([
    ["vers:deb/<3.0.1-2", true],
    ["vers:deb/>=3.0.0|<3.0.1-2", true],
    ["vers:deb/*", true],
    ["vers:deb/3.0.1-1", true],
    ["<3.0.1-2", true],
    [">= 3.0.0|<= 3.0.1-1", true],
    ["vers:deb/<3.0.1-1", false],
    ["vers:deb/>=3.0.2", false],
    ["<3.0.0", false],
    ["vers:deb/<", false],
    ["<3.0.1-2 or so", false],
    ["all versions", false],
    ["3.0.1", false],
  ])("%j may be a range that holds the installed one: %s", (version, fits) => {
    const { findings, unmatched } = apply([of(version)]);
    expect(findings[0]?.state).toBe(fits ? "not-affected" : "affected");
    expect(unmatched).toHaveLength(fits ? 0 : 1);
  });

  it("of a range without a type needs to know whose versions they are", () => {
    const nowhere = { ...subject, ecosystem: "" };
    const state = (version: string): string | undefined =>
      applyVex([{ finding, subject: nowhere }], [of(version)], { product: null, authors: null })
        .findings[0]?.state;
    expect(state("<3.0.1-2")).toBe("affected");
    expect(state("vers:deb/<3.0.1-2")).toBe("not-affected");
  });
});

describe("a package URL of a VEX product", () => {
  it.each([
    ["pkg:deb/debian/openssl", true],
    ["pkg:deb/debian/libssl3", true],
    ["pkg:deb/debian/libssl3@3.0.1-1%2Bb2", true],
    ["pkg:deb/debian/openssl@3.0.1-1?arch=source", true],
    ["pkg:deb/debian/openssl?distro=debian-12.13", true],
    ["pkg:deb/debian/openssl?distro=bookworm", true],
    ["pkg:deb/debian/libssl3?arch=amd64", true],
    ["pkg:deb/debian/libssl3?arch=arm64", false],
    ["pkg:deb/debian/openssl?distro=debian-11", false],
    ["pkg:deb/ubuntu/openssl", false],
    ["pkg:deb/debian/openssl@3.0.2-1", false],
    ["pkg:deb/debian/libssl3?arch=source", false],
    ["pkg:npm/openssl", false],
    ["openssl", false],
  ])("%s fits libssl3 of Debian 12: %s", (purl, expected) => {
    expect(covers(purl, subject)).toBe(expected);
  });

  it("names language packages by their whole name", () => {
    const npm = { ...subject, ecosystem: "npm", name: "@a/b", source: "@a/b", version: "1.0.0" };
    expect(covers("pkg:npm/%40a/b@1.0.0", npm)).toBe(true);
    expect(covers("pkg:npm/b", npm)).toBe(false);
    const pypi = { ...npm, ecosystem: "PyPI", name: "django-x", source: "django-x" };
    expect(covers("pkg:pypi/Django_X", pypi)).toBe(true);
    const maven = { ...npm, ecosystem: "Maven", name: "org.x:a", source: "org.x:a" };
    expect(covers("pkg:maven/org.x/a", maven)).toBe(true);
  });
});

describe("applying VEX", () => {
  it("sets aside with the author's reason, and drops nothing", () => {
    const { findings, unmatched } = apply([said()]);
    expect(findings).toMatchObject([
      { state: "not-affected", remedy: null, fixed: "3.0.1-2", id: "CVE-2026-0001" },
    ]);
    expect(findings[0]?.why).toContain("VEX of us (doc-1) says not-affected: vulnerable_code");
    expect(unmatched).toEqual([]);
  });

  it("tells every statement that fits nothing, and why", () => {
    const { findings, unmatched } = apply([
      said({ purl: "pkg:deb/debian/openssl?distro=debian-11" }),
      said({ vulnerability: "CVE-2020-1" }),
      said({ products: [{ identifiers: ["ABC"], name: "ABC", version: "", parts: [] }] }),
    ]);
    expect(findings[0]?.state).toBe("affected");
    expect(unmatched.map((u) => u.why)).toEqual([
      "its products are none of the packages found",
      "no finding has this vulnerability",
      "its products have no package URL, so they cannot be compared",
    ]);
  });

  it("of one author believes the latest, of several the worse", () => {
    const old = said({ status: "affected", at: 1 });
    expect(apply([old, said({ at: 2 })]).findings[0]?.state).toBe("not-affected");
    expect(apply([said({ at: 1 }), said({ status: "affected", at: 2 })]).findings[0]?.state).toBe(
      "affected",
    );
    const other = said({ author: "them", status: "under-investigation" });
    expect(apply([said(), other]).findings[0]?.state).toBe("under-investigation");
  });

  it("does not take a fix in an unnamed version for one that is installed", () => {
    expect(apply([said({ status: "fixed" })]).findings[0]?.state).toBe("affected");
    const own = said({ status: "fixed", purl: "pkg:deb/debian/libssl3@3.0.1-1%2Bb2" });
    expect(apply([own]).findings[0]?.state).toBe("fixed");
  });

  it("keeps a product and its parts apart", () => {
    const parts = said({
      products: [
        {
          identifiers: ["pkg:oci/shop"],
          name: "",
          version: "",
          parts: ["pkg:deb/debian/openssl"],
        },
      ],
    });
    const { findings, unmatched } = apply([parts]);
    expect(findings[0]?.state).toBe("affected");
    expect(unmatched[0]?.why).toContain("parts of another product");
    const shop = { ...subject, ecosystem: "purl:oci", name: "shop", source: "shop" };
    expect(apply([parts], { product: shop }).findings[0]?.state).toBe("not-affected");
  });

  it("finds statements by alias, and listens to named authors only", () => {
    const aliased = said({ vulnerability: "GHSA-x", aliases: ["CVE-2026-0001"] });
    expect(apply([aliased]).findings[0]?.state).toBe("not-affected");
    expect(apply([said()], { authors: new Set(["them"]) }).findings[0]?.state).toBe("affected");
  });
});
