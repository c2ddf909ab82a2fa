import { sql } from "kysely";
import { z } from "zod";
import type { Reader } from "../db/database.ts";
import type { StoredStatement } from "./dossier.ts";

/** Statements, found again by package or by vulnerability. */

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

/** What is said now about these source or package names. */
export async function loadStatementsAbout(
  reader: Reader,
  names: readonly NamedPackage[],
): Promise<readonly StoredStatement[]> {
  const { rows } = await sql<GroupRow & { name: string }>`
    select s.*, n.name
      from unnest(${names.map((n) => n.ecosystem)}::text[], ${names.map((n) => n.name)}::text[])
        as n (ecosystem, name)
      join statement_group s
        on s.package_names @> array[n.name] and s.ecosystem = n.ecosystem
     where s.valid_to is null order by s.id, n.name collate "C"`.execute(reader);
  return rows.flatMap((row) => statementsOf(row, row.name));
}

export async function loadStatementsOn(
  reader: Reader,
  vulnerability: string,
): Promise<readonly StoredStatement[]> {
  const { rows } = await sql<GroupRow>`
    select * from statement_group
     where vulnerabilities @> array[${vulnerability}] and valid_to is null
     order by id`.execute(reader);
  return rows.flatMap((row) =>
    row.package_names.flatMap((name) =>
      statementsOf({ ...row, vulnerabilities: [vulnerability] }, name),
    ),
  );
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
