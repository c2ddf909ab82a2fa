import { z } from "zod";
import type { Package } from "../model.ts";
import { packageOfPurl } from "../purl-package.ts";
import {
  distinctPackages,
  type InventoryProblem,
  type InventoryReading,
} from "./inventory-format.ts";

/**
 * SPDX documents: 2.x as JSON (or the same fields as YAML) and as tag-value text, 3.0 as JSON-LD.
 * Packages are matched by their package URL; one without is told.
 */
interface Item {
  readonly name: string;
  readonly version: string;
  readonly purls: readonly string[];
}

const documentSchema = z.object({
  spdxVersion: z.string().regex(/^SPDX-2\.\d+$/),
  packages: z.array(z.unknown()).optional(),
});

const packageSchema = z.object({
  name: z.string().optional(),
  versionInfo: z.string().optional(),
  externalRefs: z
    .array(z.object({ referenceType: z.string(), referenceLocator: z.string() }))
    .nullish(),
});

export function readSpdx2(value: unknown, release: string | null): InventoryReading {
  const { spdxVersion, packages = [] } = documentSchema.parse(value);
  const items = packages.map((raw): Item | null => {
    const parsed = packageSchema.safeParse(raw);
    if (!parsed.success) return null;
    const { name = "", versionInfo = "", externalRefs } = parsed.data;
    const purls = (externalRefs ?? []).filter((ref) => isPurlType(ref.referenceType));
    return { name, version: versionInfo, purls: purls.map((ref) => ref.referenceLocator) };
  });
  return readingOf(spdxVersion, items, release);
}

/** SPDX 2.3, clause 7.21: `purl`; generators also write the longer name of the reference. */
function isPurlType(type: string): boolean {
  return /(^|[/#])purl$/.test(type);
}

export function readSpdxTagValue(text: string, release: string | null): InventoryReading {
  const items: { name: string; version: string; purls: string[] }[] = [];
  // Texts in <text>…</text> may hold anything, lines like tags too.
  const plain = text.replaceAll(/<text>[\s\S]*?<\/text>/g, "");
  for (const line of plain.split(/\r?\n/)) {
    const [, tag = "", rest = ""] = /^([A-Za-z]+): *(.*)$/.exec(line) ?? [];
    const item = items.at(-1);
    if (tag === "PackageName") items.push({ name: rest.trim(), version: "", purls: [] });
    else if (tag === "PackageVersion" && item !== undefined) item.version = rest.trim();
    else if (tag === "ExternalRef" && item !== undefined) {
      const [, type = "", locator = ""] = rest.trim().split(/\s+/);
      if (isPurlType(type)) item.purls.push(locator);
    }
  }
  const version = /^SPDXVersion: *(SPDX-\S+)/m.exec(text)?.[1] ?? "SPDX";
  return readingOf(`${version} (tag-value)`, items, release);
}

const graphSchema = z.object({ "@graph": z.array(z.unknown()) });

const elementSchema = z.object({
  type: z.string().optional(),
  "@type": z.string().optional(),
  name: z.string().optional(),
  software_packageVersion: z.string().optional(),
  software_packageUrl: z.string().optional(),
  externalIdentifier: z
    .array(
      z.object({
        externalIdentifierType: z.string().optional(),
        identifier: z.string().optional(),
      }),
    )
    .optional(),
});

/** SPDX 3.0.1, "Package": the URL stands in `packageUrl` or among the external identifiers. */
export function readSpdx3(value: unknown, release: string | null): InventoryReading {
  const items = graphSchema.parse(value)["@graph"].flatMap((raw): (Item | null)[] => {
    const parsed = elementSchema.safeParse(raw);
    const type = parsed.success ? (parsed.data.type ?? parsed.data["@type"] ?? "") : "";
    if (!parsed.success || !/software_?\/?Package$/.test(type)) return [];
    const { name = "", software_packageVersion: version = "", ...rest } = parsed.data;
    const others = (rest.externalIdentifier ?? [])
      .filter((id) => /(^|\/)packageUrl$|^purl$/i.test(id.externalIdentifierType ?? ""))
      .flatMap((id) => id.identifier ?? []);
    const purls = rest.software_packageUrl === undefined ? others : [rest.software_packageUrl];
    return [{ name, version, purls }];
  });
  return readingOf("SPDX 3.0", items, release);
}

function readingOf(
  form: string,
  items: readonly (Item | null)[],
  release: string | null,
): InventoryReading {
  const packages: Package[] = [];
  const problems: InventoryProblem[] = [];
  for (const item of items) {
    if (item === null) {
      problems.push({ place: "packages", reason: "holds something that is no package" });
      continue;
    }
    const place = `${item.name} ${item.version}`.trim() || "a package";
    if (item.purls.length === 0) {
      problems.push({ place, reason: "has no package URL, so nothing is known about it" });
    }
    for (const purl of item.purls) {
      const p = packageOfPurl(purl, release);
      if (typeof p === "string") problems.push({ place: purl, reason: p });
      else packages.push(p);
    }
  }
  return { form, packages: distinctPackages(packages), problems };
}
