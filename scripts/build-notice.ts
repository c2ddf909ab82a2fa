import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

/**
 * Says what a bundle holds: `NOTICE` with every licence word for word, and the same list as a
 * CycloneDX 1.6 document, so that scanners still see what is no longer a package of its own.
 */
export interface Component {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly texts: readonly string[];
}

const packageSchema = z.object({
  name: z.string(),
  version: z.string(),
  license: z
    .union([z.string(), z.object({ type: z.string() }).transform((license) => license.type)])
    .default("see its own text"),
});

export function componentOf(folder: string): Component {
  const about = packageSchema.parse(JSON.parse(readFileSync(join(folder, "package.json"), "utf8")));
  const texts = readdirSync(folder)
    .filter((name) => /^(licen[cs]e|notice|copying)(\.|-|$)/i.test(name))
    .sort()
    .map((name) => readFileSync(join(folder, name), "utf8").trim());
  return { ...about, texts };
}

export function noticeText(components: readonly Component[]): string {
  const rule = "-".repeat(80);
  const parts = components.map(
    ({ name, version, license, texts }) =>
      `${rule}\n${name} ${version} (${license})\n${rule}\n${texts.join("\n\n") || "Its package carries no licence text; the name above is what it declares."}\n`,
  );
  return [
    "Fettle\n",
    "This product contains the following components, each under its own licence.\n",
    ...parts,
  ].join("\n");
}

export function billOfMaterials(options: {
  readonly name: string;
  readonly version: string;
  readonly components: readonly Component[];
}): string {
  const document = {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      component: {
        type: "application",
        name: options.name,
        version: options.version,
        purl: purl(options.name, options.version),
      },
    },
    components: options.components.map(({ name, version, license }) => ({
      type: "library",
      name,
      version,
      purl: purl(name, version),
      "bom-ref": purl(name, version),
      // An expression holds a single SPDX identifier too (CycloneDX 1.6, licenseChoice).
      licenses: [/^see /i.test(license) ? { license: { name: license } } : { expression: license }],
    })),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** package-url, type npm: the scope's `@` is written as `%40`. */
function purl(name: string, version: string): string {
  return `pkg:npm/${name.replace("@", "%40")}@${version}`;
}
