import { describe, expect, it } from "vitest";
import { bucketOf, detailsByBucket, packDetails, unpackDetails } from "./detail-blocks.ts";
import { detailOf, type VulnerabilityDetail } from "./feed-format.ts";

const detail: VulnerabilityDetail = {
  description: "Text",
  references: ["https://example.org/"],
  weaknesses: ["CWE-79"],
  aliases: ["GHSA-xxxx-yyyy-zzzz"],
  upstream: [],
  modifiedAt: Date.parse("2026-11-01T00:00:00Z"),
};

describe("blocks of details", () => {
  it("give back what was packed, with the same bytes for the same details", () => {
    const kernel = { ...detail, programFiles: ["net/sctp/sctp.c"] };
    const one = new Map([["CVE-2026-1001", detail] as const, ["CVE-2026-1002", kernel] as const]);
    expect(unpackDetails(packDetails(one))).toEqual(one);
    expect(packDetails(new Map([...one].reverse()))).toEqual(packDetails(one));
  });

  it("hold CVEs with their neighbours", () => {
    expect(bucketOf("CVE-2026-12345")).toBe("CVE-2026-12");
    expect(bucketOf("GHSA-xxxx-yyyy-zzzz")).toMatch(/^[0-9a-f]{2}$/);
    const text = { title: "", publishedAt: null, status: "published" as const, cvss: [] };
    const buckets = detailsByBucket([
      { ...text, id: "CVE-2026-1001", detail },
      { ...text, id: "CVE-2026-1999", detail },
      { ...text, id: "CVE-2026-2000" },
    ]);
    expect([...buckets.keys()]).toEqual(["CVE-2026-1"]);
  });
});

describe("a detail", () => {
  it("keeps addresses of the web and ids only, within its limits", () => {
    const made = detailOf({
      description: `a\u0000b\n${"x".repeat(5_000)}`,
      references: ["https://example.org/a", "javascript:alert(1)", "https://example.org/a"],
      weaknesses: ["CWE-79", "NVD-CWE-noinfo"],
    });
    expect(made?.references).toEqual(["https://example.org/a"]);
    expect(made?.weaknesses).toEqual(["CWE-79"]);
    expect(made?.description).toHaveLength(4_000);
    expect(made?.description.startsWith("a b\nx")).toBe(true);
    expect(detailOf({ description: "  " })).toBeUndefined();
  });
});
