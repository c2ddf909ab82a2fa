import { sql } from "kysely";
import type { Instant } from "../base/instant.ts";
import { type Reader, sqlInstant, type Tx } from "../db/database.ts";
import type { FeedContent } from "./feed-format.ts";
import type { Vulnerability } from "./model.ts";
import { loadVulnerabilities } from "./store-vulnerability.ts";

/** What was known of vulnerabilities at a past moment. */

/** Facts that have no ranges of their own. */
type Facts = Pick<Vulnerability, "title" | "publishedAt" | "status" | "cvss" | "epss">;

/** Facts as they are before a feed changes them, of vulnerabilities whose past is kept. */
export async function loadTouchedFacts(
  tx: Tx,
  content: FeedContent,
  extent: "whole" | "part",
): Promise<ReadonlyMap<string, Facts>> {
  const hasTexts = content.kind === "advisories" || content.kind === "records";
  if (!hasTexts && content.kind !== "epss") return new Map();
  // A whole feed also takes away what it no longer tells of.
  const named = hasTexts && extent === "part" ? content.texts.map((text) => text.id) : null;
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
    insert into fact_past (id, title, published_at, status, cvss, score, percentile, valid_to)
    select id, title, to_timestamp(published / 1000), status, cvss::jsonb, score, percentile,
           ${sqlInstant(at)}
      from unnest(${changed.map(([id]) => id)}::text[], ${changed.map(([, f]) => f.title)}::text[],
        ${changed.map(([, f]) => f.publishedAt)}::float8[],
        ${changed.map(([, f]) => f.status)}::text[],
        ${changed.map(([, f]) => JSON.stringify(f.cvss))}::text[],
        ${changed.map(([, f]) => f.epss?.score ?? null)}::real[],
        ${changed.map(([, f]) => f.epss?.percentile ?? null)}::real[])
        as t (id, title, published, status, cvss, score, percentile)
    on conflict (id, valid_to) do nothing`.execute(tx);
}

function textOf(facts: Facts | undefined): string {
  if (facts === undefined) return "";
  const { title, publishedAt, status, cvss, epss } = facts;
  return JSON.stringify([title, publishedAt, status, cvss, epss]);
}

/** How far back the past is known: the first feed that says what is affected, and the first host. */
export async function loadKnownSince(reader: Reader): Promise<Instant | null> {
  const { rows } = await sql<{ at: Instant | null }>`
    select greatest(
      (select min(g.loaded_at) from feed_generation g
        where exists (select from statement_group s where s.feed = g.feed)),
      (select min(recorded_from) from host_set)) as at`.execute(reader);
  return rows[0]?.at ?? null;
}
