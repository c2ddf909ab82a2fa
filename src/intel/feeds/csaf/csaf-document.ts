import { z } from "zod";
import type { Instant } from "../../../base/instant.ts";
import { type CsafProduct, treeSchema } from "./product-tree.ts";

/** The parts of a CSAF document that say what is affected, and by what. */
const idsSchema = z.array(z.string()).optional();

export const documentSchema = z.object({
  document: z.object({
    category: z.string().default(""),
    publisher: z.object({ name: z.string().default(""), namespace: z.string().default("") }),
    title: z.string().default(""),
    tracking: z.object({
      id: z.string(),
      status: z.string().default("final"),
      current_release_date: z.string().optional(),
    }),
  }),
  product_tree: treeSchema.optional(),
  vulnerabilities: z.array(z.unknown()).optional(),
});

const grouped = { product_ids: idsSchema, group_ids: idsSchema };

export const vulnerabilitySchema = z.object({
  cve: z.string().optional(),
  ids: z.array(z.object({ text: z.string() })).optional(),
  title: z.string().optional(),
  product_status: z.record(z.string(), z.array(z.string())).optional(),
  remediations: z
    .array(z.object({ category: z.string(), details: z.string().default(""), ...grouped }))
    .optional(),
  flags: z.array(z.object({ label: z.string(), ...grouped })).optional(),
  threats: z
    .array(z.object({ category: z.string(), details: z.string().default(""), ...grouped }))
    .optional(),
});

export type CsafVulnerability = z.output<typeof vulnerabilitySchema>;
export type CsafDocument = z.output<typeof documentSchema>;

export interface Said {
  readonly id: string;
  readonly feed: string;
  readonly at: Instant | null;
  readonly products: ReadonlyMap<string, CsafProduct>;
  readonly vulnerability: CsafVulnerability;
  readonly document: CsafDocument;
}
