import { type RawBuilder, sql } from "kysely";
import { DAY_MS, type Instant } from "../base/instant.ts";
import { type Reader, sqlInstant, type Tx } from "../db/database.ts";
import type { VulnerabilityText } from "./feed-format.ts";
import type { Statement } from "./model.ts";
import { stateSchema } from "./store-statement.ts";
import { loadPackedOn } from "./store-statement-block.ts";
import { storedScoresSchema } from "./stored-scores.ts";

/** Everything that is kept about one vulnerability, by who said it and since when. */
export interface KnownText extends Pick<VulnerabilityText, "title" | "publishedAt" | "status"> {
  readonly feed: string;
  readonly cvss: VulnerabilityText["cvss"];
  readonly learnedAt: Instant;
}

export async function loadTexts(reader: Reader, id: string): Promise<readonly KnownText[]> {
  const { rows } = await sql<Omit<KnownText, "cvss"> & { cvss: unknown }>`
    select feed, title, published_at as "publishedAt", status, cvss, learned_at as "learnedAt"
      from vulnerability_text where id = ${id} order by feed`.execute(reader);
  return rows.map((row) => ({ ...row, cvss: storedScoresSchema.parse(row.cvss) }));
}

export interface KnownStatement extends Pick<Statement, "state" | "urgency"> {
  readonly feed: string;
  readonly ecosystem: string;
  readonly packages: readonly string[];
  readonly advisory: string;
  readonly since: Instant;
  readonly endedAt: Instant | null;
}

const STATEMENTS_MAX = 2_000;

/** What feeds say and said, the oldest first. */
export async function loadSayings(reader: Reader, id: string): Promise<readonly KnownStatement[]> {
  type Row = Omit<KnownStatement, "state"> & { state: unknown };
  const columns = sql`feed, ecosystem, package_names as packages, advisory, state, urgency,
    valid_from as since, valid_to as "endedAt", id`;
  // Those that hold are found by an index, those that ended are few.
  const { rows } = await sql<Row>`
    select * from (
      select ${columns} from statement_group
       where vulnerabilities @> array[${id}] and valid_to is null
      union all
      select ${columns} from statement_group
       where vulnerabilities @> array[${id}] and valid_to is not null) as s
     order by since, feed, ecosystem, id limit ${STATEMENTS_MAX}`.execute(reader);
  const sayings = rows.map((row) => ({ ...row, state: stateSchema.parse(row.state) }));
  const packed = (await loadPackedOn(reader, [id])).map(
    ({ feed, ecosystem, packageNames, urgency, state, validFrom, validTo }): KnownStatement => ({
      ...{ feed, ecosystem, packages: packageNames, advisory: "", urgency },
      ...{ state: stateSchema.parse(state), since: validFrom, endedAt: validTo },
    }),
  );
  if (packed.length === 0) return sayings;
  return [...sayings, ...packed].toSorted((a, b) => a.since - b.since).slice(0, STATEMENTS_MAX);
}

export interface Learned {
  readonly kev: readonly {
    readonly addedAt: Instant;
    readonly isRansomware: boolean;
    readonly since: Instant;
    readonly endedAt: Instant | null;
  }[];
  readonly ssvc: readonly {
    readonly exploitation: string;
    readonly since: Instant;
    readonly endedAt: Instant | null;
  }[];
  readonly epss: readonly {
    readonly at: Instant;
    readonly score: number;
    readonly percentile: number;
  }[];
  /** When the first package here was found to have it; null when none ever was. */
  readonly foundAt: Instant | null;
}

export async function loadLearned(reader: Reader, id: string): Promise<Learned> {
  const kev = await sql<Learned["kev"][number]>`
    select added_at as "addedAt", is_ransomware as "isRansomware", valid_from as since,
           valid_to as "endedAt" from kev where id = ${id} order by valid_from`.execute(reader);
  const ssvc = await sql<Learned["ssvc"][number]>`
    select exploitation, valid_from as since, valid_to as "endedAt" from ssvc
     where id = ${id} order by valid_from`.execute(reader);
  const epss = await sql<Learned["epss"][number]>`
    select at, score, percentile from epss_seen
     where id = ${id} and score is not null order by at`.execute(reader);
  const found = await sql<{ at: Instant | null }>`
    select min(valid_from) as at from finding_pair where vulnerability = ${id}`.execute(reader);
  return {
    kev: kev.rows,
    ssvc: ssvc.rows,
    epss: epss.rows,
    foundAt: found.rows[0]?.at ?? null,
  };
}

/** Keeps scores of what something here has, or of some of it, where they moved since last kept. */
export async function keepSeenScores(
  tx: Tx,
  at: Instant,
  of: RawBuilder<unknown> = sql`select vulnerability from finding_pair where valid_to is null`,
): Promise<void> {
  const { rows } = await sql<{ id: string }>`
    insert into epss_seen (id, at, score, percentile)
    select n.id, ${sqlInstant(at)}, n.score, n.percentile from (
      select p.id, e.scores[right(p.id, 3)::int + 1] as score,
             e.percentiles[right(p.id, 3)::int + 1] as percentile
        from (select distinct vulnerability as id from (${of}) as asked
               where vulnerability ~ '^CVE-[0-9]{4}-[0-9]{4,19}$') p
        left join epss_block e on e.prefix = left(p.id, -3)) n
      left join lateral (select score, percentile from epss_seen s where s.id = n.id
         order by s.at desc limit 1) last on true
     where (last.score, last.percentile) is distinct from (n.score, n.percentile)
    on conflict (id, at) do update set score = excluded.score, percentile = excluded.percentile
    returning id`.execute(tx);
  await thinSeenScores(
    tx,
    rows.map(({ id }) => id),
    at - SCORES_WHOLE_MS,
  );
}

/** Longer than the longest trend, with a month to spare: within it each day's score is told. */
const SCORES_WHOLE_MS = 400 * DAY_MS;

/**
 * Nearly every score moves a little each day, so they alone would grow without end. Of a month that is
 * longer ago the first score stays, so that nothing is told of a day that was not known then, and
 * every moment at which there began or ceased to be one.
 */
async function thinSeenScores(tx: Tx, ids: readonly string[], before: Instant): Promise<void> {
  if (ids.length === 0) return;
  await sql`
    delete from epss_seen e using (
      select id, at, score, lag(score) over by_id as former,
             lag(date_trunc('month', at, 'UTC')) over by_id
               = date_trunc('month', at, 'UTC') as "isSameMonth"
        from epss_seen where id = any(${[...ids]}::text[]) and at < ${sqlInstant(before)}
      window by_id as (partition by id order by at)) old
     where e.id = old.id and e.at = old.at and old."isSameMonth"
       and old.score is not null and old.former is not null`.execute(tx);
}
