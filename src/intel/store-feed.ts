import { sql } from "kysely";
import { z } from "zod";
import type { Digest } from "../base/digest.ts";
import type { Instant } from "../base/instant.ts";
import type { Selector } from "../base/labels.ts";
import { type Reader, sqlInstant, sqlJson, type Tx } from "../db/database.ts";
import { scopeSql } from "../inventory/scope.ts";
import { releaseOfChannel } from "./ecosystem-name.ts";
import type { FeedProblem } from "./feed-format.ts";
import type { FeedState } from "./feed-rules.ts";

/** Feeds and their generations. */
export interface StoredFeed extends FeedState {
  readonly generation: Digest | null;
  readonly loadedAt: Instant | null;
  readonly label: string;
  readonly licence: string;
  readonly isComplete: boolean;
  readonly ecosystems: readonly string[];
  readonly problemCount: number;
  readonly problems: readonly FeedProblem[];
  readonly failure: string | null;
  readonly failedAt: Instant | null;
  /** Since when it fails, however often it was tried. */
  readonly failingSince: Instant | null;
  /** Which readers read what is loaded. */
  readonly reader: number;
}

export type FeedOrigin = "starter" | "file" | "network";

const problemsSchema = z.array(z.object({ place: z.string(), reason: z.string() }));

interface FeedRow {
  name: string;
  generation: string | null;
  origin: FeedOrigin | null;
  as_of: number | null;
  confirmed_at: number | null;
  loaded_at: number | null;
  label: string;
  licence: string;
  is_complete: boolean;
  entry_count: number;
  ecosystems: string[];
  problem_count: number;
  problems: unknown;
  failure: string | null;
  failed_at: number | null;
  failing_since: number | null;
  reader: number;
}

const feedColumns = sql`
  name, generation, origin, as_of, confirmed_at, loaded_at, label, licence, is_complete,
  entry_count, ecosystems, problem_count, problems, failure, failed_at, failing_since,
  reader`;

export async function loadFeeds(reader: Reader): Promise<readonly StoredFeed[]> {
  const { rows } = await sql<FeedRow>`
    select ${feedColumns} from feed order by name`.execute(reader);
  return rows.map(feedOf);
}

/** Makes the row when it is missing and locks it until the transaction ends. */
export async function lockFeed(tx: Tx, name: string): Promise<StoredFeed> {
  await sql`insert into feed (name) values (${name}) on conflict do nothing`.execute(tx);
  const { rows } = await sql<FeedRow>`
    select ${feedColumns} from feed where name = ${name} for update`.execute(tx);
  return rows.map(feedOf)[0] ?? absentFeed(name);
}

export function absentFeed(name: string): StoredFeed {
  return {
    name,
    generation: null,
    origin: null,
    asOf: null,
    confirmedAt: null,
    loadedAt: null,
    label: "",
    licence: "",
    isComplete: false,
    entryCount: 0,
    ecosystems: [],
    problemCount: 0,
    problems: [],
    failure: null,
    failedAt: null,
    failingSince: null,
    reader: 0,
  };
}

function feedOf(row: FeedRow): StoredFeed {
  return {
    name: row.name,
    generation: row.generation,
    origin: row.origin,
    asOf: row.as_of,
    confirmedAt: row.confirmed_at,
    loadedAt: row.loaded_at,
    label: row.label,
    licence: row.licence,
    isComplete: row.is_complete,
    entryCount: row.entry_count,
    ecosystems: row.ecosystems,
    problemCount: row.problem_count,
    problems: problemsSchema.parse(row.problems),
    failure: row.failure,
    failedAt: row.failed_at,
    failingSince: row.failing_since,
    reader: row.reader,
  };
}

export interface NewGeneration {
  readonly feed: string;
  readonly digest: Digest;
  readonly extent: "whole" | "part";
  readonly origin: FeedOrigin;
  readonly asOf: Instant | null;
  readonly confirmedAt: Instant | null;
  readonly loadedAt: Instant;
  readonly label: string;
  readonly licence: string;
  readonly isComplete: boolean;
  readonly entryCount: number;
  readonly addedCount: number;
  readonly endedCount: number;
  readonly problemCount: number;
  readonly problems: readonly FeedProblem[];
  readonly acceptedBy: string | null;
  /** How many feeds the same input holds. */
  readonly feedCount: number;
  readonly reader: number;
}

/** Makes the generation the feed's current one. Parts leave the last whole generation's marks. */
export async function recordGeneration(tx: Tx, g: NewGeneration): Promise<void> {
  await sql`
    insert into feed_generation (feed, digest, extent, origin, as_of, loaded_at, entry_count,
      added_count, ended_count, accepted_by, feed_count)
    values (${g.feed}, ${g.digest}, ${g.extent}, ${g.origin}, ${sqlInstant(g.asOf)},
      ${sqlInstant(g.loadedAt)}, ${g.entryCount}, ${g.addedCount}, ${g.endedCount},
      ${g.acceptedBy}, ${g.feedCount})`.execute(tx);
  await sql`
    update feed set loaded_at = ${sqlInstant(g.loadedAt)}, problem_count = ${g.problemCount},
      problems = ${sqlJson(g.problems)}, failure = null, failed_at = null, failing_since = null,
      ecosystems = (select coalesce(array_agg(distinct ecosystem order by ecosystem), '{}')
        from (select ecosystem from statement_group where feed = ${g.feed} and valid_to is null
              union all
              select ecosystem from statement_block
               where feed = ${g.feed} and statement_count > 0) as said)
     where name = ${g.feed}`.execute(tx);
  const isFirst = sql`generation is null`;
  await sql`
    update feed set generation = ${g.digest}, origin = ${g.origin}, label = ${g.label},
      licence = ${g.licence}, is_complete = ${g.isComplete && g.extent === "whole"},
      entry_count = ${g.extent === "whole" ? g.entryCount : 0},
      as_of = ${g.extent === "whole" ? sqlInstant(g.asOf) : sql`null`},
      confirmed_at = ${g.extent === "whole" ? sqlInstant(g.confirmedAt) : sql`null`},
      reader = ${g.reader}
     where name = ${g.feed} and ${g.extent === "whole" ? sql`true` : isFirst}`.execute(tx);
}

/** How many feeds an input held when it was last taken over; 0 when it never was. */
export async function feedCountOf(reader: Reader, digest: Digest): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select feed_count as count from feed_generation where digest = ${digest}
     order by id desc limit 1`.execute(reader);
  return rows[0]?.count ?? 0;
}

/** The publisher still offers what is loaded. */
export async function confirmFeed(
  tx: Reader,
  feed: string,
  confirmedAt: Instant | null,
): Promise<void> {
  await sql`
    update feed set confirmed_at = greatest(confirmed_at, ${sqlInstant(confirmedAt)}),
      failure = null, failed_at = null, failing_since = null
     where name = ${feed}`.execute(tx);
}

export async function recordFeedFailure(
  tx: Reader,
  feed: string,
  failure: string,
  at: Instant,
): Promise<void> {
  await sql`
    insert into feed as f (name, failure, failed_at, failing_since)
    values (${feed}, ${failure}, ${sqlInstant(at)}, ${sqlInstant(at)})
    on conflict (name) do update set failure = excluded.failure, failed_at = excluded.failed_at,
      failing_since = coalesce(f.failing_since, excluded.failing_since)`.execute(tx);
}

/** A source that comes in pieces has brought all of them: from now on absence means something. */
export async function completeFeed(db: Reader, feed: string, confirmedAt: Instant): Promise<void> {
  await sql`
    update feed set confirmed_at = greatest(confirmed_at, ${sqlInstant(confirmedAt)}),
      is_complete = true, failure = null, failed_at = null, failing_since = null,
      entry_count = greatest(
        (select count(*) from vulnerability_text where vulnerability_text.feed = ${feed}),
        (select count(distinct advisory) from statement_group g
          where g.feed = ${feed} and g.valid_to is null))
     where name = ${feed}`.execute(db);
}

/** Ecosystems of the packages we know of, for choosing which feeds to fetch. */
export async function knownEcosystems(reader: Reader): Promise<readonly string[]> {
  const { rows } = await sql<{ ecosystem: string }>`
    select distinct ecosystem from package_set order by ecosystem`.execute(reader);
  return rows.map((row) => row.ecosystem);
}

/** How many hosts within the scopes have each release now. */
export async function countHostsByRelease(
  reader: Reader,
  scopes: readonly Selector[],
): Promise<readonly { readonly ecosystem: string; readonly hostCount: number }[]> {
  const { rows } = await sql<{ ecosystem: string; hostCount: number }>`
    select p.ecosystem, count(*)::int as "hostCount"
      from host_set s join package_set p on p.id = s.set_id join host h on h.num = s.host_num
     where s.observed_to is null and s.recorded_to is null and ${scopeSql(scopes, "h.labels")}
     group by 1 order by 1`.execute(reader);
  return rows;
}

/** Channels that feeds speak of (`Ubuntu:Pro:22.04:LTS`), by the release they belong to. */
export async function loadChannels(
  reader: Reader,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const { rows } = await sql<{ ecosystem: string }>`
    select distinct unnest(ecosystems) as ecosystem from feed order by 1`.execute(reader);
  const found = new Map<string, string[]>();
  for (const { ecosystem } of rows) {
    const release = releaseOfChannel(ecosystem);
    if (release === null) continue;
    found.set(release, [...(found.get(release) ?? []), ecosystem]);
  }
  return found;
}
