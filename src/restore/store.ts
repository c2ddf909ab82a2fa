import { sql } from "kysely";
import { z } from "zod";
import type { SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { type Reader, sqlInstant, sqlJson, type Tx } from "../db/database.ts";
import { millis } from "../identity/store.ts";
import type { LogHead, Replayed, Restore, RestoreId, RestoreSignature } from "./model.ts";

const replayedSchema = z.record(z.string(), z.number()).nullable();

interface Row extends Omit<Restore, "old" | "newest" | "replayed"> {
  readonly oldSize: number;
  readonly oldRoot: string;
  readonly newestSize: number;
  readonly newestRoot: string;
  readonly replayed: unknown;
}

const columns = sql`id, number, ${millis("opened_at")} as "openedAt", old_size as "oldSize",
  old_root as "oldRoot", newest_size as "newestSize", newest_root as "newestRoot",
  newest_from as "newestFrom", replayed, problem, document, ${millis("document_at")} as "documentAt"`;

/** The one that is not finished; null: the server works. */
export async function loadOpenRestore(reader: Reader): Promise<Restore | null> {
  const { rows } = await sql<Row>`
    select ${columns} from ledger_restore where finished_at is null`.execute(reader);
  return rows[0] === undefined ? null : asRestore(rows[0]);
}

/** The same, under a lock until the transaction ends. */
export async function lockOpenRestore(tx: Tx): Promise<Restore | null> {
  const { rows } = await sql<Row>`
    select ${columns} from ledger_restore where finished_at is null for update`.execute(tx);
  return rows[0] === undefined ? null : asRestore(rows[0]);
}

function asRestore({ oldSize, oldRoot, newestSize, newestRoot, replayed, ...row }: Row): Restore {
  return {
    ...row,
    old: { size: oldSize, root: oldRoot },
    newest: { size: newestSize, root: newestRoot },
    replayed: replayedSchema.parse(replayed),
  };
}

export async function insertRestore(
  tx: Tx,
  of: {
    readonly id: RestoreId;
    readonly old: LogHead;
    readonly newest: LogHead;
    readonly newestFrom: string;
  },
): Promise<void> {
  await sql`
    insert into ledger_restore (id, old_size, old_root, newest_size, newest_root, newest_from)
    values (${of.id}, ${of.old.size}, ${of.old.root}, ${of.newest.size}, ${of.newest.root},
      ${of.newestFrom})`.execute(tx);
}

/** A head newer than the newest known; whatever was signed so far was about another. */
export async function writeNewest(
  tx: Tx,
  of: { readonly id: RestoreId; readonly newest: LogHead; readonly newestFrom: string },
): Promise<void> {
  await sql`
    update ledger_restore
       set newest_size = ${of.newest.size}, newest_root = ${of.newest.root},
           newest_from = ${of.newestFrom}, document = null, document_at = null
     where id = ${of.id}`.execute(tx);
}

/** What was replayed; or null, and why nothing could be. */
export async function writeReplayed(
  tx: Tx,
  of: { readonly id: RestoreId; readonly replayed: Replayed; readonly problem: string | null },
): Promise<void> {
  await sql`
    update ledger_restore set replayed = ${sqlJson(of.replayed)}, replayed_at = now(),
           problem = ${of.problem?.slice(0, 1000) ?? null}
     where id = ${of.id}`.execute(tx);
}

export async function writeDocument(
  tx: Tx,
  of: { readonly id: RestoreId; readonly document: string; readonly at: Instant },
): Promise<void> {
  await sql`
    update ledger_restore set document = ${of.document}, document_at = ${sqlInstant(of.at)}
     where id = ${of.id}`.execute(tx);
}

/** False where this person signed this text already. */
export async function insertSignature(
  tx: Tx,
  of: Omit<RestoreSignature, "counts" | "signedAt"> & {
    readonly restore: RestoreId;
    readonly document: string;
    readonly key: string;
  },
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    insert into ledger_restore_signature
      (restore, document, person, signer, class, key, key_line, signature)
    values (${of.restore}, ${of.document}, ${of.person}, ${of.signer}, ${of.class}, ${of.key},
      ${of.keyLine}, ${of.signature})
    on conflict do nothing`.execute(tx);
  return numAffectedRows === 1n;
}

/** Over the text that is signed now. */
export async function loadSignatures(
  reader: Reader,
  of: { readonly id: RestoreId; readonly document: string | null },
): Promise<readonly RestoreSignature[]> {
  const { rows } = await sql<RestoreSignature & { person: SubjectId }>`
    select g.person, g.signer, g.class, g.key_line as "keyLine", g.signature,
           ${millis("g.signed_at")} as "signedAt",
           s.disabled_at is null and k.removed_at is null as counts
      from ledger_restore_signature g
      join subject s on s.id = g.person join approver_key k on k.id = g.key
     where g.restore = ${of.id} and g.document = ${of.document}
     order by g.signed_at, g.person`.execute(reader);
  return rows;
}

export async function writeFinished(
  tx: Tx,
  of: { readonly id: RestoreId; readonly by: SubjectId },
): Promise<void> {
  await sql`
    update ledger_restore set finished_at = now(), finished_by = ${of.by}
     where id = ${of.id} and finished_at is null`.execute(tx);
}

/** Does the work; when it fails, the transaction goes on as if it had not begun. */
export async function orNothing<T>(
  tx: Tx,
  work: () => Promise<T>,
  failed: (cause: unknown) => T,
): Promise<T> {
  await sql`savepoint or_nothing`.execute(tx);
  try {
    return await work();
  } catch (cause) {
    const said = failed(cause);
    await sql`rollback to savepoint or_nothing`.execute(tx);
    return said;
  }
}

export interface HeldRollout {
  readonly rollout: string;
  readonly title: string;
  readonly unknown: number;
}

/** Rollouts that are halted now, with how many of their hosts have to report first. */
export async function loadHeld(reader: Reader, limit: number): Promise<readonly HeldRollout[]> {
  const { rows } = await sql<HeldRollout>`
    select 'R-' || r.number as rollout, r.title,
           (select count(*) from target t where t.rollout = r.id and t.state = 'unknown') as unknown
      from rollout r where r.state = 'halted' order by r.number limit ${limit}`.execute(reader);
  return rows;
}

/** Heads that witnesses of the log are known to have seen, newest first. */
export async function loadWitnessHeads(
  reader: Reader,
): Promise<readonly { readonly name: string; readonly size: number; readonly root: string }[]> {
  const { rows } = await sql<{ name: string; size: number; root: string }>`
    select name, size, root from ledger_witness where removed_at is null
     order by size desc, name limit 100`.execute(reader);
  return rows;
}
