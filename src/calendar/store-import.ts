import { sql } from "kysely";
import type { Digest } from "../base/digest.ts";
import type { SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { parseSelector, type Selector, selectorToText } from "../base/labels.ts";
import { type Reader, sqlInstant, type Tx } from "../db/database.ts";
import type { EntryKind } from "./model.ts";

/** Calendars that were imported, as they came, and addresses under which ours can be subscribed to. */
export interface CalendarSource {
  readonly id: string;
  readonly name: string;
  readonly kind: EntryKind;
  readonly hosts: Selector;
  readonly passesEmergency: boolean;
  readonly url: string | null;
  readonly etag: string | null;
  readonly digest: Digest;
  readonly addedBy: SubjectId;
  readonly addedAt: Instant;
  /** When the text came, and when it was last asked for. */
  readonly fetchedAt: Instant;
  readonly triedAt: Instant;
  /** What the last try met; null after a good one. */
  readonly problem: string | null;
}

/** With the calendar itself, which may be long. */
export interface WholeSource extends CalendarSource {
  readonly text: string;
}

type Row<Source> = Omit<Source, "hosts"> & { readonly hosts: string };
const sourceColumns = sql`
  id, name, kind, hosts, passes_emergency as "passesEmergency", url, etag, digest,
  added_by as "addedBy", added_at as "addedAt", fetched_at as "fetchedAt",
  tried_at as "triedAt", problem`;

export async function loadSources(reader: Reader): Promise<readonly CalendarSource[]> {
  const { rows } = await sql<Row<CalendarSource>>`
    select ${sourceColumns} from calendar_source order by name`.execute(reader);
  return rows.map((row) => ({ ...row, hosts: parseSelector(row.hosts) }));
}

/** Null when it was taken away. */
export async function loadWholeSource(reader: Reader, id: string): Promise<WholeSource | null> {
  const { rows } = await sql<Row<WholeSource>>`
    select ${sourceColumns}, text from calendar_source where id = ${id}`.execute(reader);
  return rows[0] === undefined ? null : { ...rows[0], hosts: parseSelector(rows[0].hosts) };
}

/** A calendar of the same name is replaced whole. */
export async function putSource(
  tx: Tx,
  source: Omit<WholeSource, "triedAt" | "problem">,
): Promise<void> {
  const at = sqlInstant(source.fetchedAt);
  await sql`
    insert into calendar_source (id, name, kind, hosts, passes_emergency, url, etag, text, digest,
      added_by, added_at, fetched_at, tried_at)
    values (${source.id}, ${source.name}, ${source.kind}, ${selectorToText(source.hosts)},
      ${source.passesEmergency}, ${source.url}, ${source.etag}, ${source.text}, ${source.digest},
      ${source.addedBy}, ${sqlInstant(source.addedAt)}, ${at}, ${at})
    on conflict (name) do update
       set kind = excluded.kind, hosts = excluded.hosts,
           passes_emergency = excluded.passes_emergency, url = excluded.url, etag = excluded.etag,
           text = excluded.text, digest = excluded.digest, added_by = excluded.added_by,
           added_at = excluded.added_at, fetched_at = excluded.fetched_at,
           tried_at = excluded.tried_at, problem = null`.execute(tx);
}

/**
 * The text that an address gives now. False where the calendar was taken away or replaced since it was
 * asked for: what came late must not bring it back.
 */
export async function renewSource(
  tx: Tx,
  source: Pick<CalendarSource, "id" | "digest" | "url">,
  came: Pick<WholeSource, "text" | "etag" | "digest" | "fetchedAt">,
): Promise<boolean> {
  const at = sqlInstant(came.fetchedAt);
  const { rows } = await sql`
    update calendar_source
       set text = ${came.text}, etag = ${came.etag}, digest = ${came.digest}, fetched_at = ${at},
           tried_at = ${at}, problem = null
     where id = ${source.id} and digest = ${source.digest} and url = ${source.url}
    returning id`.execute(tx);
  return rows.length > 0;
}

/** A fetch that brought nothing new, or failed: the last good text stays. */
export async function noteTry(
  reader: Reader,
  tried: { readonly id: string; readonly at: Instant; readonly problem: string | null },
): Promise<void> {
  await sql`
    update calendar_source set tried_at = ${sqlInstant(tried.at)}, problem = ${tried.problem}
     where id = ${tried.id}`.execute(reader);
}

export async function deleteSource(tx: Tx, name: string): Promise<CalendarSource["digest"] | null> {
  const { rows } = await sql<{ digest: Digest }>`
    delete from calendar_source where name = ${name} returning digest`.execute(tx);
  return rows[0]?.digest ?? null;
}

export interface CalendarFeed {
  readonly id: string;
  readonly name: string;
  readonly hosts: Selector;
  readonly madeBy: SubjectId;
  readonly madeAt: Instant;
}

type FeedRow = Omit<CalendarFeed, "hosts"> & { readonly hosts: string };
const feedColumns = sql`id, name, hosts, made_by as "madeBy", made_at as "madeAt"`;

export async function insertFeed(
  tx: Tx,
  feed: CalendarFeed & { readonly secretDigest: string },
): Promise<void> {
  await sql`
    insert into calendar_feed (id, name, hosts, secret_digest, made_by, made_at)
    values (${feed.id}, ${feed.name}, ${selectorToText(feed.hosts)}, ${feed.secretDigest},
      ${feed.madeBy}, ${sqlInstant(feed.madeAt)})`.execute(tx);
}

export async function loadFeeds(reader: Reader): Promise<readonly CalendarFeed[]> {
  const { rows } = await sql<FeedRow>`
    select ${feedColumns} from calendar_feed where revoked_at is null order by made_at`.execute(
    reader,
  );
  return rows.map((row) => ({ ...row, hosts: parseSelector(row.hosts) }));
}

export async function findFeed(reader: Reader, secretDigest: string): Promise<CalendarFeed | null> {
  const { rows } = await sql<FeedRow>`
    select ${feedColumns} from calendar_feed
     where secret_digest = ${secretDigest} and revoked_at is null`.execute(reader);
  return rows[0] === undefined ? null : { ...rows[0], hosts: parseSelector(rows[0].hosts) };
}

export async function revokeFeed(tx: Tx, id: string, at: Instant): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update calendar_feed set revoked_at = ${sqlInstant(at)}
     where id = ${id} and revoked_at is null`.execute(tx);
  return numAffectedRows === 1n;
}
