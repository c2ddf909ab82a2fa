import { sql } from "kysely";
import type { Digest } from "../base/digest.ts";
import type { Instant } from "../base/instant.ts";
import { type Reader, sqlInstant, type Tx } from "../db/database.ts";
import type { StoredPackage } from "../inventory/model.ts";
import { packageColumns } from "../inventory/store-sets.ts";
import type { FeedContent } from "./feed-format.ts";
import { type Beginnings, knownSince } from "./known-since.ts";
import type { Match } from "./match.ts";
import type { Finding, FindingState, Vulnerability } from "./model.ts";
import { holdsAt } from "./store-range.ts";
import { loadPackedOn } from "./store-statement-block.ts";
import { loadVulnerabilities } from "./store-vulnerability.ts";
import { storedScores } from "./stored-scores.ts";

/** What was known of vulnerabilities at a past moment. */

/** Facts that have no ranges of their own; scores of EPSS have a history beside these. */
type Facts = Pick<Vulnerability, "title" | "publishedAt" | "status" | "cvss">;

/** Facts as they are before a feed changes them, of vulnerabilities whose past is kept. */
export async function loadTouchedFacts(
  tx: Tx,
  content: FeedContent,
  extent: "whole" | "part",
): Promise<ReadonlyMap<string, Facts>> {
  const hasTexts = content.kind === "advisories" || content.kind === "records";
  if (!hasTexts) return new Map();
  // A whole feed also takes away what it no longer tells of.
  const named = extent === "part" ? content.texts.map((text) => text.id) : null;
  const { rows } = await sql<{ id: string }>`
    select id from vulnerability_touched
     where ${named}::text[] is null or id = any(${named}::text[])`.execute(tx);
  return rows.length === 0
    ? new Map()
    : await loadVulnerabilities(
        tx,
        rows.map((row) => row.id),
      );
}

/** Keeps what those facts were, where they are others now. */
export async function keepPastFacts(
  tx: Tx,
  before: ReadonlyMap<string, Facts>,
  at: Instant,
): Promise<void> {
  if (before.size === 0) return;
  const now = await loadVulnerabilities(tx, [...before.keys()]);
  const changed = [...before].filter(([id, facts]) => textOf(facts) !== textOf(now.get(id)));
  await sql`
    insert into fact_past (id, title, published_at, status, cvss, valid_to)
    select id, title, to_timestamp(published / 1000), status, cvss::jsonb, ${sqlInstant(at)}
      from unnest(${changed.map(([id]) => id)}::text[], ${changed.map(([, f]) => f.title)}::text[],
        ${changed.map(([, f]) => f.publishedAt)}::float8[],
        ${changed.map(([, f]) => f.status)}::text[],
        ${changed.map(([, f]) => storedScores(f.cvss))}::text[])
        as t (id, title, published, status, cvss)
    on conflict (id, valid_to) do nothing`.execute(tx);
}

function textOf(facts: Facts | undefined): string {
  if (facts === undefined) return "";
  const { title, publishedAt, status, cvss } = facts;
  return JSON.stringify([title, publishedAt, status, cvss]);
}

interface PastMatchRow extends StoredPackage {
  readonly vulnerability: string;
  readonly state: FindingState;
  readonly fixedVersion: string | null;
  readonly statementId: number;
  readonly channel: string;
  readonly feed: string;
  readonly generation: Digest;
  readonly advisory: string;
  readonly rule: Finding["because"]["rule"];
  readonly statementPackage: string;
  readonly installed: string;
  readonly comparedWith: string | null;
  readonly comparison: Finding["because"]["comparison"];
}

/** What was found of one vulnerability at a moment; verdicts that were good are not kept. */
export async function loadPastMatches(
  reader: Reader,
  vulnerability: string,
  asOf: Instant,
): Promise<{ readonly packages: readonly StoredPackage[]; readonly matches: readonly Match[] }> {
  const { rows } = await sql<PastMatchRow>`
    select ${packageColumns}, f.vulnerability, f.state,
           f.fixed_version as "fixedVersion", f.statement_id as "statementId", f.channel, s.feed,
           s.generation, s.advisory, f.rule, f.source as "statementPackage", f.installed,
           f.compared_with as "comparedWith", f.comparison
      from finding_pair f join statement_source s on s.id = f.statement_id
      join package p on p.id = f.package_id
     where f.vulnerability = ${vulnerability} and ${holdsAt(asOf, "f")}
     order by p.name, p.version, p.arch, f.channel`.execute(reader);
  const matches = rows.map(
    ({ id, vulnerability: name, state, fixedVersion, statementId, channel, ...why }): Match => ({
      ...{ vulnerability: name, packageId: id, state, fixedVersion, statementId },
      advisories: why.advisory === "" ? [] : [why.advisory],
      because: {
        ...{ feed: why.feed, generation: why.generation, advisory: why.advisory, rule: why.rule },
        ...{ packageName: why.statementPackage, installed: why.installed },
        ...{ comparedWith: why.comparedWith, comparison: why.comparison },
      },
      ...(channel === "" ? {} : { channel }),
    }),
  );
  return { packages: rows, matches };
}

/** When the first source told of a vulnerability; null where none ever did. */
export async function loadFirstKnown(reader: Reader, id: string): Promise<Instant | null> {
  const { rows } = await sql<{ at: Instant | null }>`
    select least(
      (select min(learned_at) from vulnerability_text where id = ${id}),
      (select min(valid_from) from kev where id = ${id}),
      (select min(valid_from) from ssvc where id = ${id}),
      (select min(valid_from) from statement_group
        where vulnerabilities @> array[${id}] and valid_to is null),
      (select min(valid_from) from statement_group
        where vulnerabilities @> array[${id}] and valid_to is not null)) as at`.execute(reader);
  const packed = await loadPackedOn(reader, [id]);
  const known = packed.map(({ validFrom }) => validFrom);
  const told = rows[0]?.at ?? null;
  if (told !== null) known.push(told);
  return known.length === 0 ? null : Math.min(...known);
}

export async function loadBeginnings(reader: Reader): Promise<Beginnings> {
  const { rows } = await sql<Beginnings>`
    select (select min(g.loaded_at) from feed_generation g
             where exists (select from statement_group s where s.feed = g.feed)
                or exists (select from statement_block b where b.feed = g.feed)) as feed,
           (select min(recorded_from) from host_set) as host`.execute(reader);
  return rows[0] ?? { feed: null, host: null };
}

/** How far back the past is known: both must have begun. */
export async function loadKnownSince(reader: Reader): Promise<Instant | null> {
  return knownSince(await loadBeginnings(reader));
}
