import { describe, expect, it } from "vitest";
import { aPackage } from "../../test/builders/intel.ts";
import type { Package } from "../inventory/model.ts";
import { offersIn } from "./file-knowledge.ts";
import { languageRemedies } from "./language-remedy.ts";
import type { Statement } from "./model.ts";
import { type OfferFamily, offerFamilyOf } from "./offer-family.ts";
import { readFileKnowledge } from "./read-file-knowledge.ts";
import { remedyFor } from "./remedy.ts";

async function offersOf(text: string, family: OfferFamily) {
  const { head, sections } = await readFileKnowledge(Buffer.from(text));
  const offers = offersIn(sections.get(`o:${family}`) ?? "", () => true);
  return { kind: head.kind, release: head.ecosystem, offers };
}

function rpmPackage(name: string, attributes: string, arch = "x86_64"): string {
  return `<package type="rpm"><name>${name}</name><arch>${arch}</arch><version ${attributes}/>
    <format><rpm:sourcerpm>openssl-3.0.7-27.el9.src.rpm</rpm:sourcerpm></format></package>`;
}

const primary = `<?xml version="1.0" encoding="UTF-8"?>
<metadata xmlns="http://linux.duke.edu/metadata/common" xmlns:rpm="http://linux.duke.edu/metadata/rpm" packages="4">
${rpmPackage("openssl-libs", 'epoch="1" ver="3.0.7" rel="27.el9"')}
${rpmPackage("openssl-libs", 'epoch="1" ver="3.0.7" rel="28.el9_4"')}
${rpmPackage("openssl-libs", 'epoch="1" ver="3.0.7" rel="26.el9"', "aarch64")}
${rpmPackage("openssl", 'epoch="1" ver="3.0.7" rel="27.el9"', "src")}
</metadata>`;

describe("what can be installed", () => {
  it("is read from primary.xml of an rpm repository", async () => {
    const { kind, release, offers } = await offersOf(primary, "rpm");
    expect([kind, release, offers.length]).toEqual(["packages", "9", 3]);
    expect(offers[0]).toEqual({
      name: "openssl-libs",
      arch: "x86_64",
      version: "1:3.0.7-27.el9",
      source: "openssl",
      sourceVersion: "1:3.0.7-27.el9",
    });
    const p = aPackage({
      ...{ ecosystem: "AlmaLinux:9", name: "openssl-libs", arch: "x86_64" },
      ...{ version: "1:3.0.7-20.el9", sourceVersion: "1:3.0.7-20.el9" },
    });
    const known = { byName: Map.groupBy(offers, (o) => o.name), isKnown: true };
    const remedy = (fixed: string) => remedyFor(p, fixed, known);
    expect(remedy("1:3.0.7-25.el9")).toMatchObject({ version: "1:3.0.7-27.el9" });
    expect(remedy("1:3.0.7-28.el9_4")).toMatchObject({ version: "1:3.0.7-28.el9_4" });
    expect(remedy("1:3.0.7-29.el9")).toEqual({ kind: "not-offered" });
    expect(remedy("1:3.0.7-25.el8")).toEqual({ kind: "not-offered" });
  });

  it("is read from Alpine's APKINDEX, and not from the database of what is installed", async () => {
    const block = (name: string, version: string, more = "") =>
      `C:Q1abc=\nP:${name}\nV:${version}\nA:x86_64\no:openssl\n${more}`;
    const text = [block("libssl3", "3.1.4-r1"), block("libssl3", "3.1.4-r5"), ""].join("\n\n");
    const { offers } = await offersOf(text, "apk");
    expect(offers.map((o) => o.version)).toEqual(["3.1.4-r1", "3.1.4-r5"]);
    const installed = await offersOf(block("libssl3", "3.1.4-r1", "F:lib\nR:libssl.so.3\n"), "apk");
    expect(installed.offers).toEqual([]);
  });

  it.each<[OfferFamily, string, string, readonly string[]]>([
    [
      "npm",
      "lodash",
      '{"_id":"lodash","name":"lodash","dist-tags":{"latest":"2.0.0"},"versions":{"1.0.0":{},"2.0.0":{}}}',
      ["1.0.0", "2.0.0"],
    ],
    [
      "PyPI",
      "zope-interface",
      '{"info":{"name":"Zope.Interface"},"releases":{"1.0":[{"yanked":false}],"1.1":[{"yanked":true}],"1.2":[]}}',
      ["1.0"],
    ],
    [
      "PyPI",
      "x",
      '{"meta":{"api-version":"1.1"},"name":"x","versions":["1.0","1.1"],"files":[{"filename":"x-1.0.tar.gz"},{"filename":"x-1.1-py3-none-any.whl","yanked":"bad"}]}',
      ["1.0"],
    ],
    [
      "Maven",
      "g:a",
      "<metadata><groupId>g</groupId><artifactId>a</artifactId><versioning><latest>2</latest><versions><version>1</version><version>2</version></versions></versioning></metadata>",
      ["1", "2"],
    ],
    [
      "crates.io",
      "serde",
      '{"name":"serde","vers":"1.0.0","deps":[],"cksum":"x","yanked":false}\n{"name":"serde","vers":"1.0.1","deps":[],"cksum":"x","yanked":true}\n',
      ["1.0.0"],
    ],
    [
      "Packagist",
      "a/b",
      '{"minified":"composer/2.0","packages":{"a/b":[{"name":"a/b","version":"2.0.0"},{"version":"1.0.0"}]}}',
      ["2.0.0", "1.0.0"],
    ],
  ])("is read from a list of %s (%s)", async (family, name, text, versions) => {
    const { kind, offers } = await offersOf(text, family);
    expect(kind).toBe("packages");
    expect(offers.map((o) => [o.name, o.version])).toEqual(versions.map((v) => [name, v]));
  });

  it("concerns every distribution of the same kind, and one language each", () => {
    expect(["Ubuntu:22.04:LTS", "Rocky Linux:9", "Wolfi", "npm", "Go"].map(offerFamilyOf)).toEqual([
      "deb",
      "rpm",
      "apk",
      "npm",
      null,
    ]);
  });
});

describe("the remedy of a package of a language", () => {
  const p: Package = aPackage({ ecosystem: "npm", name: "lodash", version: "1.0.0" });
  const ranges = (...list: readonly [from: string, fixed: string | null][]): Statement => ({
    feed: "osv-npm",
    ecosystem: "npm",
    packageName: "lodash",
    matches: "source",
    vulnerability: "CVE-2026-0001",
    advisory: "GHSA-1",
    urgency: "",
    state: {
      kind: "ranges",
      versions: [],
      ranges: list.map(([introduced, fixed]) => ({ introduced, fixed, lastAffected: null })),
    },
  });
  const statements = [
    ranges(["0", "1.0.1"], ["2.0.0", "2.0.2"]),
    ranges(["0", "1.2.0"], ["2.0.0", "2.1.0"]),
  ];

  it("is the smallest listed version that has none of its vulnerabilities", () => {
    const listed = ["1.0.0", "1.0.1", "1.1.0", "1.2.0-rc.1", "1.2.0", "2.0.2", "2.1.0"];
    const remedy = languageRemedies(p, { listed, statements });
    expect(remedy("1.0.1")).toEqual({ kind: "install", name: "lodash", version: "1.2.0" });
    expect(remedy("2.0.2")).toMatchObject({ version: "2.1.0" });
    expect(remedy("3.0.0")).toEqual({ kind: "not-offered" });
    const few = languageRemedies(p, { listed: ["1.0.1", "1.1.0"], statements });
    expect(few("1.0.1")).toEqual({ kind: "none-free" });
  });

  it("is one of the fixes that advisories name where no list is there", () => {
    expect(languageRemedies(p, { listed: null, statements })("1.0.1")).toMatchObject({
      version: "1.2.0",
    });
    const open = [...statements, ranges(["0", null])];
    expect(languageRemedies(p, { listed: null, statements: open })("1.0.1")).toEqual({
      kind: "none-free",
    });
  });

  it("is a pre-release only for who runs one", () => {
    const listed = ["1.2.0-rc.1"];
    expect(languageRemedies(p, { listed, statements: [] })("1.2.0-rc.0")).toMatchObject({
      version: "1.2.0-rc.1",
    });
    expect(languageRemedies(p, { listed, statements: [] })("1.1.0").kind).toBe("not-offered");
  });
});
