import { describe, expect, it } from "vitest";
import { checkCsaf, checkCsafText } from "./csaf-check.ts";

function aDocument(status: Readonly<Record<string, readonly string[]>>): object {
  const at = "2024-01-24T10:00:00.000Z";
  return {
    document: {
      category: "csaf_base",
      csaf_version: "2.0",
      publisher: { category: "other", name: "A", namespace: "https://example.com" },
      title: "T",
      tracking: {
        current_release_date: at,
        id: "A-1",
        initial_release_date: at,
        revision_history: [{ date: at, number: "1", summary: "Initial" }],
        status: "final",
        version: "1",
      },
    },
    product_tree: { full_product_names: [{ product_id: "P-1", name: "P" }] },
    vulnerabilities: [{ product_status: status }],
  };
}

describe("checking a CSAF document", () => {
  it("passes one that is right", async () => {
    const report = await checkCsaf(aDocument({ fixed: ["P-1"] }));
    expect(report).toMatchObject({ version: "2.0", isValid: true });
    expect(report.tests.length).toBeGreaterThan(40);
  });

  it("names the mandatory tests that fail, by their numbers in the standard", async () => {
    const contradiction = await checkCsaf(aDocument({ fixed: ["P-1"], known_affected: ["P-1"] }));
    expect(failed(contradiction)).toEqual(["6.1.6"]);
    const undefinedProduct = await checkCsaf(aDocument({ fixed: ["P-2"] }));
    expect(failed(undefinedProduct)).toEqual(["6.1.1"]);
  });

  it("fails one that names a field twice, of which every reader takes another", async () => {
    const text = JSON.stringify(aDocument({ fixed: ["P-1"] }));
    expect((await checkCsafText(text, "a.json")).isValid).toBe(true);
    const report = await checkCsafText(text.replace('"title":"T"', '"title":"T","title":"U"'), "a");
    expect(failed(report)).toEqual(["json"]);
    expect(report.tests[0]?.errors[0]?.path).toBe("/document/title");
    await expect(checkCsafText("{", "a.json")).rejects.toMatchObject({ code: "invalid" });
  });

  it("names the place that the schema refuses", async () => {
    const report = await checkCsaf({ ...aDocument({}), vulnerabilities: [{ cve: "CVE-1" }] });
    const schema = report.tests.find((test) => test.name === "schema");
    expect(schema?.errors[0]?.path).toBe("/vulnerabilities/0/cve");
  });

  it("reads CSAF 2.1 as it is now, with product paths, and refuses what nests without end", async () => {
    const plain = aDocument({ fixed: ["P-2"] }) as { document: object };
    const made = {
      beginning_product_reference: "P-1",
      full_product_name: { product_id: "P-2", name: "P on P" },
      subpaths: [{ category: "installed_on", next_product_reference: "P-1" }],
    };
    const document = {
      ...plain,
      $schema: "https://docs.oasis-open.org/csaf/csaf/v2.1/schema/csaf.json",
      document: {
        ...plain.document,
        csaf_version: "2.1",
        distribution: { tlp: { label: "CLEAR" } },
      },
      product_tree: {
        full_product_names: [{ product_id: "P-1", name: "P" }],
        product_paths: [made],
      },
    };
    expect(failed(await checkCsaf(document))).toEqual([]);
    const { subpaths, ...cut } = made;
    const broken = { ...document, product_tree: { product_paths: [cut] } };
    expect(failed(await checkCsaf(broken))).toContain("schema");
    const text = `${'{"branches":['.repeat(5_000)}${"]}".repeat(5_000)}`;
    const deep = { ...document, product_tree: JSON.parse(text) };
    await expect(checkCsaf(deep)).rejects.toMatchObject({ code: "invalid" });
  });

  it("refuses what is no CSAF at all", async () => {
    await expect(checkCsaf({ bomFormat: "CycloneDX" })).rejects.toMatchObject({ code: "invalid" });
    await expect(checkCsaf([])).rejects.toMatchObject({ code: "invalid" });
  });
});

function failed(report: Awaited<ReturnType<typeof checkCsaf>>): readonly string[] {
  return report.tests.filter((test) => !test.isValid).map((test) => test.name);
}
