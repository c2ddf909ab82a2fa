import { describe, expect, it } from "vitest";
import { ownTests, prohibitedCategory } from "./csaf-tests.ts";

const at = "2024-01-24T10:00:00.000Z";
const later = "2024-02-25T11:00:22.987Z";

function places(test: string, tree: object, vulnerabilities: readonly object[] = []): string[] {
  const document = { tracking: { status: "final", revision_history: [{ date: at }] } };
  const run = ownTests.get(test)!;
  return run({ document, product_tree: tree, vulnerabilities }).errors.map((e) => e.instancePath);
}

function helper(of: object): object {
  return { full_product_names: [{ product_identification_helper: of }] };
}

function branches(...way: readonly (readonly [category: string, name: string])[]): object {
  const [first, ...rest] = way;
  if (first === undefined) return {};
  const [category, name] = first;
  const inner = rest.length === 0 ? { product: {} } : branches(...rest);
  return { branches: [{ category, name, ...inner }] };
}

const PLACE = "/product_tree/full_product_names/0/product_identification_helper";

describe("the tests of CSAF 2.1", () => {
  it("6.1.42 let package URLs of a product differ in qualifiers only", () => {
    const purls = ["pkg:npm/a@1?x=1", "pkg:npm/a@1?x=2"];
    expect(places("6.1.42", helper({ purls }))).toEqual([]);
    expect(places("6.1.42", helper({ purls: [...purls, "pkg:npm/b@1"] }))).toEqual([
      `${PLACE}/purls`,
    ]);
  });

  it("6.1.44 and 6.1.61 find several stars that are not escaped", () => {
    const texts = ["P*A*", "NL12*", "P\\*\\*?*", "*P\\*\\*?\\*"];
    expect(places("6.1.44", helper({ serial_numbers: texts }))).toEqual([
      `${PLACE}/serial_numbers/0`,
    ]);
    expect(places("6.1.61", helper({ skus: texts }))).toEqual([`${PLACE}/skus/0`]);
  });

  it.each([
    ["all versions < 4.2.0", false],
    ["vers:npm/ >= 2.2.0| <2.3.0", false],
    ["vers:all/<V3.1.2.2", false],
    ["> abc and <= def", false],
    ["vers:someweirdunknownversionscheme/<4.2.0|>3.91.1|<>3.2.0|<1.2", false],
    ["vers:somecoolunknownversionscheme/||>Jo_3,16", false],
    ["vers:intdot/<4.2.0", true],
    ["vers:npm/>=2.2.0|<2.3.0", true],
    ["<V3.1.2.2", true],
    ["vers:/all", true],
    ["vers:all/*", true],
    [">abc|<=def", true],
    ["vers:someweirdunknownversionscheme/<4.2.0|>3.91.1|!=3.2.0|<1.2", true],
  ])("6.1.50 of the range %j: %s", (name, isRight) => {
    const found = places("6.1.50", branches(["product_version_range", name]));
    expect(found).toEqual(isRight ? [] : ["/product_tree/branches/0/name"]);
  });

  it("6.1.59 wants a single version to be one", () => {
    const single = (name: string) => places("6.1.59", branches(["product_version_range", name]));
    expect(single("vers:intdot/4.2.0")).toHaveLength(1);
    expect(single("4.2.0")).toHaveLength(1);
    expect(single("vers:intdot/<4.2.0")).toEqual([]);
    expect(single("vers:/all")).toEqual([]);
  });

  it("6.1.51 and 6.1.53 put times in their order", () => {
    const epss = (timestamp: string) => [{ metrics: [{ content: { epss: { timestamp } } }] }];
    expect(places("6.1.51", {}, epss(at))).toEqual([]);
    expect(places("6.1.51", {}, epss(later))).toEqual([
      "/vulnerabilities/0/metrics/0/content/epss/timestamp",
    ]);
    const known = (exploitation_date: string) => [
      { first_known_exploitation_dates: [{ date: at, exploitation_date }] },
    ];
    expect(places("6.1.53", {}, known(at))).toEqual([]);
    expect(places("6.1.53", {}, known(later))).toHaveLength(1);
  });

  it("6.1.57 and 6.1.58 look at the whole way to a product", () => {
    const stacked = branches(["vendor", "A"], ["product_name", "B"], ["vendor", "C"]);
    expect(places("6.1.57", stacked)).toHaveLength(1);
    const families = branches(["product_family", "A"], ["product_family", "B"]);
    expect(places("6.1.57", families)).toEqual([]);
    const both = branches(["product_version", "1"], ["product_version_range", "<2"]);
    expect(places("6.1.58", both)).toHaveLength(1);
    expect(places("6.1.58", branches(["product_version", "1"]))).toEqual([]);
  });
});

describe("a document's category", () => {
  it.each([
    ["2.0", "Csaf_VeX", false],
    ["2.0", "csafsecurityadvisory", false],
    ["2.0", "Security_Incident_Response", false],
    ["2.0", "csaf_BASE", false],
    ["2.0", "csaf_base", true],
    ["2.0", "csaf_vex", true],
    ["2.0", "withdrawn", true],
    ["2.0", "OASIS CSAF TC Security Incident Response", true],
    ["2.1", "withdrawn", false],
    ["2.1", "CSafDeprecatedSecurity\u2014Advisory", false],
    ["2.1", "csaf_withdrawn", true],
  ] as const)("of CSAF %s: %j is right: %s (6.1.26)", (version, category, isRight) => {
    const { errors } = prohibitedCategory(version)({ document: { category } });
    expect(errors).toHaveLength(isRight ? 0 : 1);
  });
});
