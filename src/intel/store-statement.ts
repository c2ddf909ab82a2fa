import { z } from "zod";
import type { StoredStatement } from "./dossier.ts";

/** Statements as rows: one says the same of several packages and vulnerabilities. */

const narrowingSchema = z.object({
  streams: z.array(z.string()).exactOptional(),
  arches: z.array(z.string()).exactOptional(),
});

const rangeSchema = z.object({
  introduced: z.string(),
  fixed: z.string().nullable(),
  lastAffected: z.string().nullable(),
});

const joining = { needsAll: z.boolean(), isNegated: z.boolean() };

const configurationSchema = z.object({
  ...joining,
  nodes: z.array(
    z.object({
      ...joining,
      matches: z.array(
        z.object({
          cpe: z.string(),
          isVulnerable: z.boolean(),
          from: z.string().exactOptional(),
          after: z.string().exactOptional(),
          upTo: z.string().exactOptional(),
          before: z.string().exactOptional(),
        }),
      ),
    }),
  ),
});

export const stateSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("fixed"), version: z.string() }),
  z.object({ kind: z.literal("never-affected"), why: z.string().exactOptional() }),
  z.object({ kind: z.literal("open") }),
  z.object({ kind: z.literal("deferred"), why: z.string() }),
  z.object({ kind: z.literal("ignored"), why: z.string() }),
  z.object({ kind: z.literal("end-of-life") }),
  z.object({ kind: z.literal("undetermined") }),
  z.object({
    kind: z.literal("ranges"),
    ranges: z.array(rangeSchema),
    versions: z.array(z.string()),
  }),
  z.object({ kind: z.literal("cpe"), configurations: z.array(configurationSchema) }),
]);

export interface GroupRow {
  id: number;
  feed: string;
  ecosystem: string;
  package_names: string[];
  matches: "source" | "binary";
  vulnerabilities: string[];
  advisory: string;
  state: unknown;
  urgency: string;
  generation: string;
}

export interface NamedPackage {
  readonly ecosystem: string;
  readonly name: string;
}

/** What a group says of one package; its statements share the group's id. */
export function statementsOf(row: GroupRow, packageName: string): readonly StoredStatement[] {
  const common = {
    id: row.id,
    feed: row.feed,
    ecosystem: row.ecosystem,
    packageName,
    matches: row.matches,
    advisory: row.advisory,
    state: stateSchema.parse(row.state),
    urgency: row.urgency,
    generation: row.generation,
    ...narrowingSchema.parse(row.state),
  };
  return row.vulnerabilities.map((vulnerability) => ({ ...common, vulnerability }));
}

/** The text form of an array whose elements need no quoting; ten times faster than quoting each. */
export function arrayText(values: readonly (string | number)[]): string {
  return `{${values.join(",")}}`;
}

export function* batches<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size);
}
