import { sql } from "kysely";
import type { Reader } from "../db/database.ts";
import type { SignedResult } from "./export-line.ts";

/** What the evidence about a change holds beside its own entries: what hosts signed, and whose keys those are. */
export interface ReportedResult {
  readonly host: string;
  readonly plan: string;
  readonly digest: string;
  /** The transaction that took it in, by its time in microseconds. */
  readonly at: string;
}

/** The results that moved something, of all hosts of these plans. */
export async function loadReported(
  reader: Reader,
  plans: readonly string[],
): Promise<readonly ReportedResult[]> {
  const { rows } = await sql<ReportedResult>`
    select j.host, j.plan, j.digest,
           (extract(epoch from j.received_at) * 1000000)::bigint::text as at
      from rollout r join target t on t.rollout = r.id
      join job_result j on j.host = t.host and j.plan = r.plan and j.is_applied
     where r.plan = any(${[...plans]}::text[])
     order by j.received_at, j.host`.execute(reader);
  return rows;
}

export async function loadHostResults(
  reader: Reader,
  batch: readonly ReportedResult[],
): Promise<readonly SignedResult[]> {
  const all = <K extends keyof ReportedResult>(key: K) => batch.map((one) => one[key]);
  const { rows } = await sql<SignedResult>`
    select j.document, j.signature, j.signed_by as key
      from unnest(${all("host")}::text[], ${all("digest")}::text[]) as w(host, digest)
      join job_result j on j.host = w.host and j.digest = w.digest
     order by j.digest`.execute(reader);
  return rows;
}

/**
 * Entries that say with which key each of these hosts was enrolled; and, where some may be pruned, the
 * newest statement that let entries go.
 */
export async function loadVouching(
  reader: Reader,
  of: { readonly hosts: readonly string[]; readonly size: number; readonly minimum: number },
): Promise<readonly { readonly index: number; readonly entry: string }[]> {
  const objects = of.hosts.map((host) => `host:${host}`);
  const { rows } = await sql<{ index: number; entry: string }>`
    select l.index, l.entry from event e join ledger_entry l on l.event = e.id
     where e.object = any(${objects}::text[]) and e.type = 'host.enrolled'
       and l.index < ${of.size} and l.index >= ${of.minimum}
    union all
    (select l.index, l.entry from event e join ledger_entry l on l.event = e.id
      where ${of.minimum} > 0 and e.object = 'ledger:log' and e.type = 'ledger.pruned'
        and l.index < ${of.size}
      order by l.index desc limit 1)`.execute(reader);
  return rows;
}
