import { mandatoryTest_6_1_36 } from "@secvisogram/csaf-validator-lib/csaf_2_1/mandatoryTests/mandatoryTest_6_1_36.js";
import { describe, expect, it } from "vitest";
import { isDateTime } from "./csaf-schema.ts";
import type { Complaint } from "./csaf-tests.ts";
import { documentTests, isLicense } from "./csaf-tests-document.ts";
import { metricTests } from "./csaf-tests-metrics.ts";
import { productTests21 as productTests } from "./csaf-tests-products.ts";

const at = "2024-01-24T10:00:00.000Z";
const metrics = metricTests({ document: () => true, cvss4: () => true, ssvc: () => true });

type Tests = Readonly<Record<string, (document: unknown) => readonly { instancePath: string }[]>>;

function places(tests: Tests, name: string, document: object): readonly string[] {
  return (tests[name]?.(document) ?? []).map(({ instancePath }) => instancePath);
}

function aDocument(of: object, head: object = {}): object {
  const tracking = { id: "D-1", status: "final", revision_history: [{ date: at, number: "1" }] };
  return { document: { category: "csaf_base", tracking, ...head }, ...of };
}

const version = (name: string, id: string) => ({
  category: "product_version",
  name,
  product: { name, product_id: id },
});
const tree = {
  branches: [
    { category: "product_name", name: "A", branches: [version("1", "A1"), version("2", "A2")] },
    { category: "product_name", name: "B", branches: [version("1", "B1"), version("2", "B2")] },
  ],
  product_paths: [
    path("B1onA1", "B1", ["installed_on", "A1"]),
    path("B2onA1", "B2", ["installed_on", "A1"]),
    path("B2onA2", "B2", ["installed_on", "A2"]),
    path("A1withB1", "A1", ["installed_with", "B1"]),
  ],
};

function path(id: string, first: string, ...subpaths: readonly (readonly [string, string])[]) {
  return {
    beginning_product_reference: first,
    full_product_name: { name: id, product_id: id },
    subpaths: subpaths.map(([category, next]) => ({ category, next_product_reference: next })),
  };
}

describe("products of CSAF 2.1", () => {
  it("6.1.1 knows products that paths make, and looks at every place that names one", () => {
    const of = (id: string) =>
      aDocument({
        product_tree: tree,
        vulnerabilities: [{ ids: [{ product_ids: ["B1onA1"] }], product_status: { fixed: [id] } }],
      });
    expect(places(productTests, "6.1.1", of("B2onA2"))).toEqual([]);
    expect(places(productTests, "6.1.1", of("C"))).toEqual([
      "/vulnerabilities/0/product_status/fixed/0",
    ]);
  });

  it("6.1.3 finds what is made of itself, by however many steps", () => {
    const circle = {
      full_product_names: [{ name: "A", product_id: "A" }],
      product_paths: [
        path("B", "A", ["installed_on", "C"]),
        path("C", "B", ["installed_on", "A"]),
        path("D", "A", ["installed_on", "A"]),
      ],
    };
    expect(places(productTests, "6.1.3", { product_tree: circle })).toHaveLength(2);
    expect(places(productTests, "6.1.3", { product_tree: tree })).toEqual([]);
  });

  it.each([
    [["A2"], ["A1"], true],
    [["A2"], ["B1"], false],
    [["A2"], [], false],
    [["B2onA1"], ["B1onA1"], true],
    [["B2onA2"], ["B1onA1"], false],
    [["A1withB1"], ["A1"], true],
    [["A1withB1"], ["B1"], false],
  ])("6.1.27.13 of fixed %j and affected %j: %s", (fixed, known_affected, isRight) => {
    const document = aDocument(
      { product_tree: tree, vulnerabilities: [{ product_status: { fixed, known_affected } }] },
      { category: "csaf_security_advisory" },
    );
    expect(places(productTests, "6.1.27.13", document)).toHaveLength(isRight ? 0 : 1);
  });
});

const categories = [
  ...["workaround", "mitigation", "vendor_fix", "none_available", "optional_patch"],
  ...["fix_planned", "no_fix_planned"],
];
const states = [
  ...["first_affected", "known_affected", "last_affected", "known_not_affected"],
  ...["first_fixed", "fixed", "under_investigation", "recommended", "unknown"],
];

it.each(categories)("6.1.36 finds what contradicts %s where the library does", (category) => {
  for (const state of states) {
    for (const by of [{ product_ids: ["A"] }, { group_ids: ["G"] }, { product_ids: ["B"] }]) {
      const document = aDocument({
        product_tree: { product_groups: [{ group_id: "G", product_ids: ["B", "A"] }] },
        vulnerabilities: [
          { product_status: { [state]: ["A"] }, remediations: [{ category, ...by }] },
        ],
      });
      const published = mandatoryTest_6_1_36(document).errors.map((e: Complaint) => e.instancePath);
      expect(places(productTests, "6.1.36", document), `${state} ${JSON.stringify(by)}`).toEqual(
        published,
      );
    }
  }
});

describe("documents of CSAF 2.1", () => {
  it("6.1.21 puts revisions of one moment in the order of their numbers", () => {
    const history = (...numbers: readonly string[]) =>
      aDocument(
        {},
        { tracking: { revision_history: numbers.map((number) => ({ date: at, number })) } },
      );
    expect(places(documentTests, "6.1.21", history("2", "1"))).toEqual([]);
    expect(places(documentTests, "6.1.21", history("1.0.0", "1.1.0", "2.0.0"))).toEqual([]);
    expect(places(documentTests, "6.1.21", history("1", "3"))).toHaveLength(1);
    expect(places(documentTests, "6.1.21", history("2", "3"))).toHaveLength(1);
  });

  it("6.1.27.3 to 11 hold for the profiles that 2.1 added", () => {
    const withdrawn = { category: "csaf_withdrawn" };
    const of = { vulnerabilities: [{ title: "x" }] };
    expect(places(documentTests, "6.1.27.3", aDocument(of, withdrawn))).toHaveLength(1);
    expect(places(documentTests, "6.1.27.3", aDocument({}, withdrawn))).toEqual([]);
    const old = { category: "csaf_deprecated_security_advisory" };
    const failed = ["4", "5", "6", "11"].filter(
      (n) => places(documentTests, `6.1.27.${n}`, aDocument(of, old)).length > 0,
    );
    expect(failed).toEqual(["4", "5", "6"]);
  });

  it("6.1.27.8 wants an id for every product where ids are of some", () => {
    const vex = (vulnerability: object) =>
      places(
        documentTests,
        "6.1.27.8",
        aDocument({ vulnerabilities: [vulnerability] }, { category: "csaf_vex" }),
      );
    const status = { product_status: { fixed: ["A", "B"] } };
    expect(vex(status)).toHaveLength(1);
    expect(vex({ ...status, cve: "CVE-2024-0001" })).toEqual([]);
    expect(vex({ ...status, ids: [{ text: "x" }] })).toEqual([]);
    expect(vex({ ...status, ids: [{ text: "x", product_ids: ["A"] }] })).toHaveLength(1);
    expect(vex({ ...status, ids: [{ text: "x", product_ids: ["A", "B"] }] })).toEqual([]);
  });

  it.each([
    [at, true],
    ["2016-12-31T23:59:59.9999999999+00:00", true],
    ["2024-01-24t10:00:00Z", false],
    ["2024-01-24 10:00:00Z", false],
    ["2016-12-31T23:59:60Z", false],
    ["2023-02-29T10:00:00Z", false],
    ["2024-01-24T10:00:00", false],
  ])("6.1.37 of %s: %s", (date, isRight) => {
    expect(isDateTime(date)).toBe(isRight);
    const document = aDocument({ vulnerabilities: [{ threats: [{ date }] }] });
    expect(places(documentTests, "6.1.37", document)).toHaveLength(isRight ? 0 : 1);
  });

  it.each([
    ["CC-BY-4.0", true],
    ["GPL-2.0-or-later WITH Classpath-exception-2.0", true],
    ["(MIT OR Apache-2.0+) AND LicenseRef-www.example.org-x", true],
    ["This is a license text.", false],
    ["LicenseRef-www.example.org/x", false],
    ["LicenseRef-www.example.org-x+", false],
    ["licenseref-x", false],
    ["DocumentRef-x:LicenseRef-y", false],
    ["MIT AND", false],
    ["(MIT", false],
    ["", false],
  ])("6.1.54 of %j: %s", (text, isRight) => {
    expect(isLicense(text)).toBe(isRight);
  });

  it("6.1.55 wants the text of a licence of one's own", () => {
    const head = (category: string, lang?: string) => ({
      license_expression: "LicenseRef-example.com-x",
      notes: [{ category, title: "License" }],
      ...(lang === undefined ? {} : { lang }),
    });
    const found = (of: object) => places(documentTests, "6.1.55", aDocument({}, of)).length;
    expect([found(head("other")), found(head("legal_disclaimer", "en-US"))]).toEqual([1, 0]);
    expect([found(head("other", "de")), found({ license_expression: "MIT" })]).toEqual([0, 0]);
  });

  it("6.1.60.1 checks the form of extensions, wherever they stand", () => {
    const whole = { $schema: "https://a.example/x_1.0.0.json", category: "significant" };
    const good = { ...whole, critical: false, content: { a: 1 } };
    const of = (item: object) =>
      places(documentTests, "6.1.60.1", aDocument({ vulnerabilities: [{ x_extensions: [item] }] }));
    expect(of(good)).toEqual([]);
    expect(of({ ...whole, content: { a: 1 } })).toHaveLength(1);
    expect(of({ ...good, more: 1 })).toHaveLength(1);
    expect(of({ ...good, content: {} })).toHaveLength(1);
  });
});

describe("metrics of CSAF 2.1", () => {
  const content = (of: object, vulnerability: object = {}) =>
    aDocument({
      vulnerabilities: [{ ...vulnerability, metrics: [{ content: of, products: ["A"] }] }],
    });

  it("6.1.9 compares the one score with the whole vector of 4.0", () => {
    const vectorString = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H/E:P";
    const of = (baseScore: number, baseSeverity: string) =>
      places(metrics, "6.1.9", content({ cvss_v4: { vectorString, baseScore, baseSeverity } }));
    expect(of(9.3, "CRITICAL")).toEqual([]);
    expect(of(10, "CRITICAL")).toEqual(["/vulnerabilities/0/metrics/0/content/cvss_v4/baseScore"]);
    expect(of(9.3, "HIGH")).toHaveLength(1);
  });

  it("6.1.47 and 6.1.49 tie SSVC to the vulnerability and to the time", () => {
    const ssvc = (of: object) => content({ ssvc_v2: of }, { cve: "CVE-2024-0001", ids: [] });
    expect(places(metrics, "6.1.47", ssvc({ target_ids: ["CVE-2024-0001"] }))).toEqual([]);
    expect(places(metrics, "6.1.47", ssvc({ target_ids: ["CVE-2024-0002"] }))).toHaveLength(1);
    expect(places(metrics, "6.1.49", ssvc({ timestamp: at }))).toEqual([]);
    expect(places(metrics, "6.1.49", ssvc({ timestamp: "2024-07-13T10:00:00Z" }))).toHaveLength(1);
  });

  it("of SSVC takes in a registered namespace only what is defined there, in its order", () => {
    const found = (namespace: string, point: string, ...keys: string[]): number => {
      const [key, version] = point.split(" ");
      const values = keys.map((value) => ({ key: value }));
      const selections = [{ namespace, key, version, values }];
      const document = content({ ssvc_v2: { selections } }, { cve: "CVE-2024-0001" });
      return places(metrics, "6.1.48", document).length;
    };
    expect(found("ssvc", "E 1.1.0", "N", "P", "A")).toBe(0);
    expect(found("ssvc", "MI 1.0.0", "N", "NED")).toBe(0);
    expect(found("ssvc", "MI 2.0.0", "N", "D")).toBe(1);
    expect(found("ssvc", "SI 1.9.7", "M")).toBe(1);
    expect(found("ssvc", "E 1.1.0", "A", "P")).toBe(1);
    expect(found("ssvc", "E 1.1.0", "P", "P")).toBe(1);
    expect(found("cvss", "AC 3.0.1", "E")).toBe(1);
    expect(found("nist#800-30", "ANY 1.0.0", "A")).toBe(1);
    // Extensions narrow what their base defines; what nobody registered is its owner's.
    expect(found("ssvc//.example.test$de-DE", "SI 2.0.0", "M", "R")).toBe(0);
    expect(found("ssvc//.example.test#own", "SI 2.0.0", "S")).toBe(1);
    expect(found("x_example.test#own", "SI 2.0.0", "S")).toBe(0);
    expect(found("test", "TEST 2.0.0", "A")).toBe(0);
    for (const never of ["invalid", "invalid/en-US", "x_invalid#a"]) {
      expect(found(never, "E 1.1.0", "N"), never).toBe(1);
    }
  });

  it("6.1.56 lets no source give a score and a rating in words for one product", () => {
    const two = (source: string | undefined) =>
      aDocument({
        vulnerabilities: [
          {
            metrics: [
              { content: { cvss_v3: {} }, products: ["A"] },
              { content: { qualitative_severity_rating: "high" }, products: ["B", "A"], source },
            ],
          },
        ],
      });
    expect(places(metrics, "6.1.56", two(undefined))).toHaveLength(1);
    expect(places(metrics, "6.1.56", two("https://example.com"))).toEqual([]);
  });
});
