import { z } from "zod";
import type { InventoryReading } from "./inventory-format.ts";
import { readingOfSpdx, type SpdxContent, type SpdxRelationship } from "./spdx.ts";

/** SPDX 3.0 as JSON-LD: one flat graph of elements that name each other. */
const graphSchema = z.object({ "@graph": z.array(z.unknown()) });

const elementSchema = z.object({
  spdxId: z.string().optional(),
  "@id": z.string().optional(),
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

const relationshipSchema = z.object({
  from: z.string(),
  relationshipType: z.string(),
  to: z.union([z.string(), z.array(z.string())]),
  scope: z.string().optional(),
});

const rootSchema = z.object({ rootElement: z.array(z.string()) });

export function readSpdx3(value: unknown, release: string | null): InventoryReading {
  const items: SpdxContent["items"][number][] = [];
  const relationships: SpdxRelationship[] = [];
  const described: string[] = [];
  for (const raw of graphSchema.parse(value)["@graph"]) {
    const parsed = elementSchema.safeParse(raw);
    const type = parsed.success ? (parsed.data.type ?? parsed.data["@type"] ?? "") : "";
    if (/Relationship$/.test(type)) relationships.push(...relationshipsIn(raw));
    else if (/(^|\/)(SpdxDocument|(software_?\/?)?Sbom)$/.test(type)) {
      const root = rootSchema.safeParse(raw);
      if (root.success) described.push(...root.data.rootElement);
    }
    if (parsed.success && /software_?\/?Package$/.test(type)) items.push(itemOf(parsed.data));
  }
  return readingOfSpdx({ form: "SPDX 3.0", items, relationships, described }, release);
}

/** SPDX 3.0.1, "Package": the URL stands in `packageUrl` or among the external identifiers. */
function itemOf(element: z.output<typeof elementSchema>): SpdxContent["items"][number] {
  const { name = "", software_packageVersion: version = "", software_packageUrl: url } = element;
  const named = (pattern: RegExp): string[] =>
    (element.externalIdentifier ?? [])
      .filter((id) => pattern.test(id.externalIdentifierType ?? ""))
      .flatMap((id) => id.identifier ?? []);
  const purls = url === undefined ? named(/(^|\/)packageUrl$|^purl$/i) : [url];
  const [cpe = ""] = named(/(^|\/)cpe2[23]$/);
  return { ref: element.spdxId ?? element["@id"] ?? "", name, version, purls, cpe };
}

function relationshipsIn(raw: unknown): SpdxRelationship[] {
  const parsed = relationshipSchema.safeParse(raw);
  if (!parsed.success) return [];
  const { from, relationshipType: type, to, scope: phase } = parsed.data;
  return [to].flat().map((one) => ({ from, type, to: one, phase }));
}
