import { sql } from "kysely";
import type { SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { type Reader, sqlInstant, type Tx } from "../db/database.ts";
import { millis } from "./store-time.ts";

/** Where measurements are asked for, as rows. */
export interface MetricSource {
  readonly name: string;
  readonly url: string;
  /** Name of a file below the server's secrets; what it holds never leaves this server. */
  readonly secretFile: string | null;
  /** Certificates (PEM) that are believed for this address beside the system's. */
  readonly authority: string | null;
  readonly changedBy: SubjectId;
  readonly changedAt: Instant;
}

const columns = sql`name, url, secret_file as "secretFile", authority, changed_by as "changedBy",
  ${millis(sql`changed_at`)} as "changedAt"`;

export async function loadMetricSources(reader: Reader): Promise<readonly MetricSource[]> {
  const { rows } = await sql<MetricSource>`
    select ${columns} from metric_source order by name collate "C"`.execute(reader);
  return rows;
}

export async function loadMetricSource(reader: Reader, name: string): Promise<MetricSource | null> {
  const { rows } = await sql<MetricSource>`
    select ${columns} from metric_source where name = ${name}`.execute(reader);
  return rows[0] ?? null;
}

export async function saveMetricSource(tx: Tx, source: MetricSource): Promise<void> {
  await sql`
    insert into metric_source (name, url, secret_file, authority, changed_by, changed_at)
    values (${source.name}, ${source.url}, ${source.secretFile}, ${source.authority},
            ${source.changedBy}, ${sqlInstant(source.changedAt)})
    on conflict (name) do update set url = excluded.url, secret_file = excluded.secret_file,
      authority = excluded.authority, changed_by = excluded.changed_by,
      changed_at = excluded.changed_at`.execute(tx);
}

export async function removeMetricSource(tx: Tx, name: string): Promise<boolean> {
  const { numAffectedRows } = await sql`
    delete from metric_source where name = ${name}`.execute(tx);
  return numAffectedRows === 1n;
}
