import { sql } from "kysely";
import type { SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { type Reader, sqlInstant, type Tx } from "../db/database.ts";
import type { SourceCheckState, SourceKey, SourceList } from "./package-source.ts";
import type { SignedIndex } from "./release-file.ts";

/** A pinned key as JSON of the database, without the keyring itself; over `package_source_key k`. */
export const keyColumns = sql`jsonb_build_object(
  'form', k.form, 'fingerprints', k.fingerprints, 'reason', k.reason, 'pinnedBy', k.pinned_by,
  'pinnedAt', k.pinned_at, 'checkedAt', k.checked_at, 'state', k.state, 'because', k.because,
  'dated', k.dated, 'validUntil', k.valid_until, 'signedBy', k.signed_by,
  'lists', k.lists, 'listedDated', k.listed_dated, 'unlisted', k.unlisted)`;

export interface KeyRow {
  readonly form: SourceKey["form"];
  readonly fingerprints: readonly string[];
  readonly reason: string;
  readonly pinnedBy: SubjectId;
  readonly pinnedAt: string;
  readonly checkedAt: string | null;
  readonly state: SourceCheckState | null;
  readonly because: string | null;
  readonly dated: string | null;
  readonly validUntil: string | null;
  readonly signedBy: string | null;
  readonly lists: readonly SourceList[];
  readonly listedDated: string | null;
  readonly unlisted: string | null;
}

export function keyOf(row: KeyRow): SourceKey {
  const { form, fingerprints, reason, pinnedBy, state, because, signedBy } = row;
  const at = (text: string | null): Instant | null => (text === null ? null : Date.parse(text));
  const checkedAt = at(row.checkedAt);
  return {
    ...{ form, fingerprints, reason, pinnedBy, pinnedAt: Date.parse(row.pinnedAt) },
    check:
      state === null || checkedAt === null
        ? null
        : {
            ...{ state, checkedAt, because, signedBy },
            ...{ dated: at(row.dated), validUntil: at(row.validUntil) },
            lists: row.lists,
            ...{ listedDated: at(row.listedDated), unlisted: row.unlisted },
          },
  };
}

export interface PinnedSource {
  readonly uri: string;
  readonly suite: string;
  readonly form: SourceKey["form"];
  readonly keyring: Buffer;
  readonly fingerprints: readonly string[];
  readonly pinnedAt: Instant;
  readonly state: SourceCheckState | null;
  readonly because: string | null;
  readonly dated: Instant | null;
  readonly digest: string | null;
  /** Its lists that were read last. */
  readonly lists: readonly SourceList[];
}

const pinnedColumns = sql`uri, suite, form, keyring, fingerprints, pinned_at as "pinnedAt",
  state, because, dated, digest, lists`;

/** Also locks it, so that of two checks at once the later judges by what the earlier wrote. */
export async function lockPinned(
  tx: Tx,
  of: { readonly uri: string; readonly suite: string },
): Promise<PinnedSource | null> {
  const { rows } = await sql<PinnedSource>`
    select ${pinnedColumns} from package_source_key
     where uri = ${of.uri} and suite = ${of.suite} for update`.execute(tx);
  return rows[0] ?? null;
}

/** Those that nobody looked at since; the longest unseen first. */
export async function loadDue(
  reader: Reader,
  due: { readonly before: Instant; readonly limit: number },
): Promise<readonly PinnedSource[]> {
  const { rows } = await sql<PinnedSource>`
    select ${pinnedColumns} from package_source_key
     where checked_at is null or checked_at < ${sqlInstant(due.before)}
     order by checked_at nulls first, uri, suite limit ${due.limit}`.execute(reader);
  return rows;
}

export async function loadPinned(
  reader: Reader,
  of: { readonly uri: string; readonly suite: string },
): Promise<PinnedSource | null> {
  const { rows } = await sql<PinnedSource>`
    select ${pinnedColumns} from package_source_key
     where uri = ${of.uri} and suite = ${of.suite}`.execute(reader);
  return rows[0] ?? null;
}

/** A new pin forgets what was seen by the old one. */
export async function savePin(
  tx: Tx,
  of: Omit<PinnedSource, "state" | "because" | "dated" | "digest" | "lists"> & {
    readonly reason: string;
    readonly pinnedBy: SubjectId;
  },
): Promise<void> {
  await sql`delete from package_source_key where uri = ${of.uri} and suite = ${of.suite}`.execute(
    tx,
  );
  await sql`
    insert into package_source_key
      (uri, suite, form, keyring, fingerprints, reason, pinned_by, pinned_at)
    values (${of.uri}, ${of.suite}, ${of.form}, ${of.keyring}, ${[...of.fingerprints]},
            ${of.reason}, ${of.pinnedBy}, ${sqlInstant(of.pinnedAt)})`.execute(tx);
}

export async function saveCheck(
  tx: Tx,
  of: { readonly uri: string; readonly suite: string },
  check: {
    readonly state: SourceCheckState;
    readonly because: string | null;
    readonly checkedAt: Instant;
    /** Only of what was verified; else what stands there stays. */
    readonly seen: { readonly index: SignedIndex; readonly signedBy: string } | null;
  },
): Promise<void> {
  const { state, because, checkedAt, seen } = check;
  const kept =
    seen === null
      ? sql``
      : sql`, dated = ${sqlInstant(seen.index.dated)}, digest = ${seen.index.digest},
              valid_until = ${sqlInstant(seen.index.validUntil)}, signed_by = ${seen.signedBy}`;
  await sql`
    update package_source_key
       set state = ${state}, because = ${because}, checked_at = ${sqlInstant(checkedAt)} ${kept}
     where uri = ${of.uri} and suite = ${of.suite}`.execute(tx);
}
