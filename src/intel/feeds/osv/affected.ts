import { z } from "zod";

/** One entry of `affected` in an OSV record (schema 1.x): a package and the versions meant. */

const eventSchema = z.object({
  introduced: z.string().optional(),
  fixed: z.string().optional(),
  last_affected: z.string().optional(),
  limit: z.string().optional(),
});

export const affectedSchema = z.object({
  package: z
    .object({ ecosystem: z.string().min(1).max(100), name: z.string().min(1).max(300) })
    .optional(),
  ranges: z.array(z.object({ type: z.string(), events: z.array(eventSchema) })).nullish(),
  versions: z.array(z.string()).nullish(),
  ecosystem_specific: z.record(z.string(), z.unknown()).nullish(),
});

export type Affected = z.output<typeof affectedSchema>;
export type OsvRange = NonNullable<Affected["ranges"]>[number];
