import { z } from "zod";
import { withProduct } from "../cpe-package.ts";
import {
  type Component,
  componentOf,
  type InventoryReading,
  readingOfSbom,
  type Sbom,
} from "./inventory-format.ts";
import { edgeOfRelationship, scopeOfRelationship } from "./spdx-relationship.ts";

/**
 * SPDX documents: 2.x as JSON (or the same fields as YAML) and as tag-value text, 3.0 as JSON-LD.
 * Packages are matched by their package URL; one without is told. Relationships say who depends on
 * whom.
 */
interface Item {
  readonly ref: string;
  readonly name: string;
  readonly version: string;
  readonly purls: readonly string[];
  readonly cpe: string;
}

export interface SpdxRelationship {
  readonly from: string;
  readonly type: string;
  readonly to: string;
  /** SPDX 3 says the phase apart: `test`, `development`. */
  readonly phase?: string | undefined;
}

export interface SpdxContent {
  readonly form: string;
  readonly items: readonly (Item | null)[];
  readonly relationships: readonly SpdxRelationship[];
  /** The elements that the document is about. */
  readonly described: readonly string[];
}

const relationshipSchema = z.object({
  spdxElementId: z.string(),
  relationshipType: z.string(),
  relatedSpdxElement: z.string(),
});

const documentSchema = z.object({
  spdxVersion: z.string().regex(/^SPDX-2\.\d+$/),
  packages: z.array(z.unknown()).optional(),
  relationships: z.array(z.unknown()).optional().catch(undefined),
  documentDescribes: z.array(z.string()).optional().catch(undefined),
});

const packageSchema = z.object({
  SPDXID: z.string().optional(),
  name: z.string().optional(),
  versionInfo: z.string().optional(),
  externalRefs: z
    .array(z.object({ referenceType: z.string(), referenceLocator: z.string() }))
    .nullish(),
});

export function readSpdx2(value: unknown, release: string | null): InventoryReading {
  const document = documentSchema.parse(value);
  const items = (document.packages ?? []).map((raw): Item | null => {
    const parsed = packageSchema.safeParse(raw);
    if (!parsed.success) return null;
    const { SPDXID: ref = "", name = "", versionInfo: version = "", externalRefs } = parsed.data;
    const refs = externalRefs ?? [];
    const purls = refs.filter((r) => isPurlType(r.referenceType)).map((r) => r.referenceLocator);
    const cpe = refs.find((r) => isCpeType(r.referenceType))?.referenceLocator ?? "";
    return { ref, name, version, purls, cpe };
  });
  const relationships = (document.relationships ?? []).flatMap((raw): SpdxRelationship[] => {
    const parsed = relationshipSchema.safeParse(raw);
    if (!parsed.success) return [];
    const { spdxElementId: from, relationshipType: type, relatedSpdxElement: to } = parsed.data;
    return [{ from, type, to }];
  });
  const described = document.documentDescribes ?? [];
  return readingOfSpdx({ form: document.spdxVersion, items, relationships, described }, release);
}

/** SPDX 2.3, clause 7.21: `purl`; generators also write the longer name of the reference. */
export function isPurlType(type: string): boolean {
  return /(^|[/#])purl$/.test(type);
}

export function isCpeType(type: string): boolean {
  return /(^|[/#])cpe2[23]Type$/.test(type);
}

export function readSpdxTagValue(text: string, release: string | null): InventoryReading {
  const items: { ref: string; name: string; version: string; purls: string[]; cpe: string }[] = [];
  const relationships: SpdxRelationship[] = [];
  // Texts in <text>…</text> may hold anything, lines like tags too.
  const plain = withoutTexts(text);
  let isInPackage = false;
  for (const line of plain.split(/\r?\n/)) {
    const [, tag = "", rest = ""] = /^([A-Za-z]+): *(.*)$/.exec(line) ?? [];
    const value = rest.trim();
    const item = isInPackage ? items.at(-1) : undefined;
    if (tag === "PackageName") {
      items.push({ ref: "", name: value, version: "", purls: [], cpe: "" });
      isInPackage = true;
    } else if (tag === "FileName" || tag === "SnippetSPDXID") isInPackage = false;
    else if (tag === "Relationship") {
      const [from = "", type = "", to = ""] = value.split(/\s+/);
      relationships.push({ from, type, to });
    } else if (item === undefined) continue;
    else if (tag === "SPDXID") item.ref ||= value;
    else if (tag === "PackageVersion") item.version = value;
    else if (tag === "ExternalRef") {
      const [, type = "", locator = ""] = value.split(/\s+/);
      if (isPurlType(type)) item.purls.push(locator);
      else if (isCpeType(type)) item.cpe ||= locator;
    }
  }
  const version = /^SPDXVersion: *(SPDX-\S+)/m.exec(text)?.[1] ?? "SPDX";
  const form = `${version} (tag-value)`;
  return readingOfSpdx({ form, items, relationships, described: [] }, release);
}

/** In one pass, however many texts a document opens and never closes. */
function withoutTexts(text: string): string {
  const parts: string[] = [];
  let from = 0;
  for (;;) {
    const open = text.indexOf("<text>", from);
    const close = open < 0 ? -1 : text.indexOf("</text>", open);
    if (close < 0) return [...parts, text.slice(from)].join("");
    parts.push(text.slice(from, open));
    from = close + "</text>".length;
  }
}

/** One component for each package URL; the described package is what the document is about. */
export function readingOfSpdx(content: SpdxContent, release: string | null): InventoryReading {
  const edges: (readonly [string, string])[] = [];
  const scopes = new Map<string, Component["scope"]>();
  const described = [...content.described];
  for (const relationship of content.relationships) {
    if (/^describes$/i.test(relationship.type)) described.push(relationship.to);
    if (/^DESCRIBED_BY$/.test(relationship.type)) described.push(relationship.from);
    const edge = edgeOfRelationship(relationship);
    if (edge === null) continue;
    edges.push(edge);
    const scope = scopeOfRelationship(relationship);
    // What is needed at run time too is not only a matter of tests.
    if (!scopes.has(edge[1]) || scope === "") scopes.set(edge[1], scope);
  }
  const components = content.items.flatMap((item) =>
    item === null
      ? [componentOf({ name: "packages", judged: "holds something that is no package" })]
      : componentsOf(item, { release, scope: scopes.get(item.ref) ?? "" }),
  );
  const [first] = described;
  const subject = content.items.find((item) => item !== null && item.ref === first) ?? null;
  for (const ref of described.slice(1)) edges.push(["", ref]);
  return readingOfSbom(content.form, {
    subject: subject === null ? null : subjectOf(subject),
    components,
    edges,
    fileCount: 0,
  });
}

function subjectOf({ ref, name, version, purls: [purl] }: Item): NonNullable<Sbom["subject"]> {
  return { ref, name, version, ...(purl === undefined ? {} : { purl }) };
}

function componentsOf(
  { ref, name, version, purls, cpe }: Item,
  of: { readonly release: string | null; readonly scope: Component["scope"] },
): Component[] {
  const component = { ref, name, version, cpe, scope: of.scope };
  const urls = purls.length === 0 ? [""] : purls;
  return urls.map((purl) => withProduct({ ...component, purl }, of.release));
}
