import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aPackage } from "../../test/builders/intel.ts";
import { parseSelector, type Selector, selects } from "../base/labels.ts";
import { countExposure, postingsOf } from "./exposure.ts";
import { decided, filtersOf, setAsideOf, type VexClaim } from "./filter.ts";
import { type KeptStatement, matchStatements, whyUnmatched } from "./vex-claims.ts";
import { isWithin } from "./vex-trust.ts";

function aClaim(of: Partial<VexClaim> = {}): VexClaim {
  return {
    packageId: 1,
    vulnerability: "CVE-2026-0001",
    scope: null,
    document: 1,
    author: "Ada",
    status: "not-affected",
    justification: "component_not_present",
    saidAt: 1_000,
    since: 2_000,
    until: null,
    trust: "approver",
    trustedBy: "ada",
    ...of,
  };
}

describe("what authors say of a finding", () => {
  it("sets it aside only when the author is verified and says why", () => {
    expect(decided([aClaim()])).toMatchObject({ isSetAside: true, source: "V-1" });
    expect(decided([aClaim({ trust: "none" })])).toMatchObject({ isSetAside: false });
    expect(decided([aClaim({ justification: "" })])).toMatchObject({ isSetAside: false });
    expect(decided([aClaim({ status: "fixed", justification: "" })])?.isSetAside).toBe(true);
    expect(decided([aClaim({ status: "under-investigation" })])?.isSetAside).toBe(false);
    expect(decided([])).toBeNull();
  });

  it("holds as the author's latest word, and a later warning needs no signature", () => {
    const later = { saidAt: 5_000, document: 2 };
    expect(decided([aClaim(), aClaim({ ...later, status: "affected" })])?.isSetAside).toBe(false);
    const unsigned = aClaim({ ...later, status: "affected", trust: "none" });
    expect(decided([aClaim(), unsigned])?.isSetAside).toBe(false);
    const back = aClaim({ saidAt: 9_000, document: 3 });
    expect(decided([aClaim(), unsigned, back])?.isSetAside).toBe(true);
    // What nobody verified cannot take the place of what somebody did.
    expect(decided([aClaim({ status: "affected" }), aClaim({ ...later, trust: "none" })])).toEqual(
      expect.objectContaining({ isSetAside: false, says: "affected" }),
    );
  });

  it("is the worse word where trusted authors differ", () => {
    const other = aClaim({ author: "Bob", status: "affected", document: 2 });
    expect(decided([aClaim(), other])).toMatchObject({ isSetAside: false, author: "Bob" });
  });

  it("holds in its scope only", () => {
    const isAside = setAsideOf(filtersOf([aClaim({ scope: 7 })]).get("CVE-2026-0001"));
    expect(isAside?.(1, { marks: "3,7" })).toBe(true);
    expect(isAside?.(1, { marks: "77" })).toBe(false);
    expect(isAside?.(1, {})).toBe(false);
    expect(isAside?.(2, { marks: "7" })).toBe(false);
  });

  it("never sets aside without a trusted harmless word that gives its reason", () => {
    const claim = fc.record({
      author: fc.constantFrom("Ada", "Bob"),
      status: fc.constantFrom("affected", "not-affected", "fixed", "under-investigation"),
      justification: fc.constantFrom("", "because"),
      trust: fc.constantFrom("none", "approver"),
      saidAt: fc.constantFrom(null, 1, 2, 3),
    });
    fc.assert(
      fc.property(fc.array(claim, { maxLength: 6 }), (claims) => {
        const all = claims.map((each) => aClaim(each as Partial<VexClaim>));
        if (decided(all)?.isSetAside !== true) return;
        const good = all.filter(
          (c) =>
            c.trust !== "none" &&
            (c.status === "fixed" || (c.status === "not-affected" && c.justification !== "")),
        );
        expect(good.length).toBeGreaterThan(0);
      }),
    );
  });
});

describe("counting hosts", () => {
  it("leaves out those where a filter sets the finding aside, and no other", () => {
    const groups = [
      { id: 0, setId: 10, kernelRunning: null, marks: "7", hostCount: 3 },
      { id: 1, setId: 10, kernelRunning: null, marks: "", hostCount: 4 },
    ];
    const postings = postingsOf({
      wanted: [1, 2],
      packages: new Map(),
      members: new Map([[10, [1, 2]]]),
      groups,
    });
    const pair = {
      ecosystem: "Debian:12",
      source: "p",
      vulnerability: "CVE-2026-0001",
      state: "affected-no-fix" as const,
      fixedVersion: null,
      packageIds: [1],
      since: 0,
      isAside: setAsideOf(filtersOf([aClaim({ scope: 7 })]).get("CVE-2026-0001")),
    };
    expect(countExposure([pair], postings)[0]?.hostCount).toBe(4);
    const both = { ...pair, packageIds: [1, 2] };
    expect(countExposure([both], postings)[0]).toMatchObject({
      hostCount: 7,
      packageIds: [1, 2],
    });
  });
});

describe("statements that are about nothing here", () => {
  const statement = (identifier: string, of: Partial<KeptStatement> = {}): KeptStatement => ({
    id: 1,
    names: ["CVE-2026-0001"],
    status: "not-affected",
    products: [{ identifiers: [identifier], name: "", version: "", parts: [] }],
    product: "",
    ...of,
  });
  const openssl = aPackage({ name: "libssl3", source: "openssl", version: "3.0.1-1" });
  const pair = { vulnerability: "CVE-2026-0001", advisory: "DSA-1-1", package: openssl };

  it("say what came near and in which part it differs", () => {
    const why = (url: string): string => whyUnmatched(statement(url), [openssl]);
    expect(why("pkg:deb/debian/libssl3@3.0.2-1")).toContain("Another version");
    expect(why("pkg:deb/debian/libssl3@3.0.1-1?distro=debian-11")).toContain("Another release");
    expect(why("pkg:deb/debian/libssl3@3.0.1-1?arch=arm64")).toContain("Another architecture");
    expect(why("pkg:deb/debian/libssl3@3.0.1-1?distro=debian-12.13")).toContain("no finding says");
    expect(why("pkg:deb/debian/curl")).toContain("No package of that name");
    expect(why("urn:something")).toContain("no package URL");
  });

  it("are those that fit by no name; an alias or the advisory's id fits as well", () => {
    const url = "pkg:deb/debian/openssl?arch=source&distro=debian-12";
    const found = (names: string[]) => matchStatements([pair], [statement(url, { names })]);
    expect(found(["CVE-2026-0001"])).toEqual([
      { packageId: 1, vulnerability: "CVE-2026-0001", statementId: 1 },
    ]);
    expect(found(["GHSA-x", "CVE-2026-0001"])).toHaveLength(1);
    expect(found(["DSA-1-1"])).toHaveLength(1);
    expect(found(["CVE-2026-0002"])).toEqual([]);
  });

  it("speak of parts only where the hosts are said to be their product", () => {
    const parts = ["pkg:deb/debian/libssl3"];
    const products = [{ identifiers: ["pkg:generic/shop@2"], name: "", version: "", parts }];
    expect(matchStatements([pair], [statement("", { products })])).toEqual([]);
    const told = statement("", { products, product: "pkg:generic/shop@2" });
    expect(matchStatements([pair], [told])).toHaveLength(1);
    expect(whyUnmatched(statement("", { products }), [openssl])).toContain("--product");
  });
});

describe("whether one label expression lies within another", () => {
  const value = fc.constantFrom("a", "b", "c");
  const key = fc.constantFrom("x", "y");
  const requirement = fc.oneof(
    fc.record({
      op: fc.constantFrom("in" as const, "not-in" as const),
      key,
      values: fc.uniqueArray(value, { minLength: 1 }),
    }),
    fc.record({ op: fc.constantFrom("exists" as const, "absent" as const), key }),
  );
  const selector = fc.array(requirement, { maxLength: 3 }) as fc.Arbitrary<Selector>;
  const labels = fc.dictionary(key, value);

  it("is never claimed of a host that the outer one does not select", () => {
    fc.assert(
      fc.property(selector, selector, labels, (inner, outer, of) => {
        if (isWithin(inner, outer) && selects(inner, of)) expect(selects(outer, of)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it("is seen for what narrows", () => {
    const within = (a: string, b: string) => isWithin(parseSelector(a), parseSelector(b));
    expect(within("env=prod,tier=0", "env=prod")).toBe(true);
    expect(within("env=prod", "")).toBe(true);
    expect(within("", "env=prod")).toBe(false);
    expect(within("env in (a,b)", "env in (a,b,c)")).toBe(true);
    expect(within("env!=a", "env!=a")).toBe(true);
  });
});
