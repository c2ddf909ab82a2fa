import { z } from "zod";
import { type Instant, instantFromText } from "../../../base/instant.ts";
import {
  cleanText,
  type FeedFormat,
  ProblemList,
  type VexProduct,
  type VexStatement,
} from "../../feed-format.ts";
import { tryParse } from "../../json-records.ts";
import { vexReading } from "../../vex-reading.ts";

/**
 * CycloneDX documents with vulnerabilities whose `analysis` says what they mean for the parts they
 * affect (ECMA-424, "vulnerabilities"). A reference names a part of the document itself or, as a
 * BOM-Link `urn:cdx:serial/version#ref`, of another. Vulnerabilities without an analysis state and
 * without affected parts disclose, but decide nothing.
 */
export const cyclonedxVex: FeedFormat = {
  name: "cyclonedx-vex",
  recognise: (head) =>
    /"bomFormat"\s*:\s*"CycloneDX"/.test(head) && /"vulnerabilities"\s*:\s*\[/.test(head),
  begin() {
    const statements: VexStatement[] = [];
    const problems = new ProblemList();
    return {
      add(document) {
        const parsed = tryParse(document.text);
        const bom = bomSchema.safeParse(parsed.ok ? parsed.value : null);
        if (bom.success) readBom(bom.data, document.place, statements, problems);
        else problems.add(document.place, "is no CycloneDX document, or was cut short");
      },
      finish: () => [vexReading("cyclonedx-vex", statements, problems)],
    };
  },
};

const componentSchema = z.object({
  "bom-ref": z.string().optional(),
  name: z.string().default(""),
  version: z.string().default(""),
  purl: z.string().optional(),
  cpe: z.string().optional(),
  supplier: z.object({ name: z.string().optional() }).optional(),
});

const bomSchema = z.object({
  serialNumber: z.string().optional(),
  version: z.number().optional(),
  metadata: z
    .object({
      timestamp: z.string().optional(),
      component: componentSchema.optional(),
      supplier: z.object({ name: z.string().optional() }).optional(),
      authors: z.array(z.object({ name: z.string().optional() })).optional(),
    })
    .optional(),
  components: z.array(z.unknown()).optional(),
  vulnerabilities: z.array(z.unknown()),
});

const vulnerabilitySchema = z.object({
  id: z.string().min(1),
  references: z.array(z.object({ id: z.string().optional() })).optional(),
  updated: z.string().optional(),
  analysis: z
    .object({
      state: z.string().optional(),
      justification: z.string().optional(),
      detail: z.string().optional(),
      lastUpdated: z.string().optional(),
    })
    .optional(),
  affects: z
    .array(
      z.object({
        ref: z.string(),
        versions: z
          .array(
            z.object({
              version: z.string().optional(),
              range: z.string().optional(),
              status: z.string().optional(),
            }),
          )
          .optional(),
      }),
    )
    .optional(),
});

type Bom = z.output<typeof bomSchema>;

const states: Readonly<Record<string, VexStatement["status"]>> = {
  exploitable: "affected",
  in_triage: "under-investigation",
  resolved: "fixed",
  resolved_with_pedigree: "fixed",
  false_positive: "not-affected",
  not_affected: "not-affected",
};

function readBom(bom: Bom, place: string, statements: VexStatement[], problems: ProblemList): void {
  const parts = partsOf(bom);
  const { metadata } = bom;
  const author =
    metadata?.supplier?.name ?? metadata?.authors?.[0]?.name ?? metadata?.component?.supplier?.name;
  for (const [at, raw] of bom.vulnerabilities.entries()) {
    const parsed = vulnerabilitySchema.safeParse(raw);
    const where = `${place} vulnerabilities[${at}]`.trim();
    if (!parsed.success) {
      problems.add(where, "is no vulnerability with an id");
      continue;
    }
    const { id, analysis, affects = [], references = [] } = parsed.data;
    const stated = Object.hasOwn(states, analysis?.state ?? "")
      ? states[analysis?.state ?? ""]
      : undefined;
    const common = {
      vulnerability: cleanText(id, 100),
      aliases: references.flatMap((r) => r.id ?? []),
      justification: cleanText(analysis?.justification ?? analysis?.detail ?? "", 300),
      author: cleanText(author ?? "", 200),
      document: cleanText(bom.serialNumber ?? place, 300),
      at: timeOf(analysis?.lastUpdated ?? parsed.data.updated ?? metadata?.timestamp),
    };
    for (const { ref, versions } of affects) {
      const product = productOf(ref, parts);
      for (const { status, version } of statusesOf(versions ?? [], stated)) {
        statements.push({ ...common, status, products: [{ ...product, version }] });
      }
    }
  }
}

/** Versions may have statuses of their own, which say more than the analysis of the whole. */
function statusesOf(
  versions: readonly {
    version?: string | undefined;
    range?: string | undefined;
    status?: string | undefined;
  }[],
  stated: VexStatement["status"] | undefined,
): readonly { readonly status: VexStatement["status"]; readonly version: string }[] {
  const own = versions.flatMap(({ version, range, status }) => {
    const known =
      status === "unaffected"
        ? "not-affected"
        : status === "affected"
          ? (stated ?? "affected")
          : stated;
    return known === undefined ? [] : [{ status: known, version: version ?? range ?? "" }];
  });
  if (own.length > 0) return own;
  return stated === undefined ? [] : [{ status: stated, version: "" }];
}

function partsOf(bom: Bom): ReadonlyMap<string, VexProduct> {
  const parts = new Map<string, VexProduct>();
  const all = [bom.metadata?.component, ...(bom.components ?? [])];
  for (const raw of all) {
    const component = componentSchema.safeParse(raw);
    if (!component.success || component.data["bom-ref"] === undefined) continue;
    const { purl, cpe, name, version } = component.data;
    const identifiers = [purl, cpe].filter((id) => id !== undefined);
    parts.set(component.data["bom-ref"], { identifiers, name, version, parts: [] });
  }
  return parts;
}

function productOf(ref: string, parts: ReadonlyMap<string, VexProduct>): VexProduct {
  const own = parts.get(ref);
  if (own !== undefined) return { ...own, identifiers: [...own.identifiers, cleanText(ref, 500)] };
  // A BOM-Link into another document: its fragment often is the package URL itself.
  const fragment = /^urn:cdx:[^#]+#(.+)$/.exec(ref)?.[1];
  const inner = fragment === undefined ? [] : [decoded(fragment)];
  return { identifiers: [cleanText(ref, 500), ...inner], name: ref, version: "", parts: [] };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function timeOf(text: string | undefined): Instant | null {
  return instantFromText(text ?? "");
}
