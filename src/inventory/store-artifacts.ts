import { type RawBuilder, sql } from "kysely";
import type { Digest } from "../base/digest.ts";
import type { Instant } from "../base/instant.ts";
import { type Reader, sqlInstant, type Tx } from "../db/database.ts";
import type { Artifact } from "./service.ts";

/** What is deployed of services, and was: the two times of `host_set`, per artifact and environment. */
export interface ArtifactSlot {
  readonly serviceNum: number;
  readonly artifact: string;
  readonly environment: string;
}

const columns = sql`
  t.service_num as "serviceNum", t.artifact, t.environment, t.version, t.sbom_id as "sbomId",
  t.set_id as "setId", t.document, t.document_name as "documentName",
  t.observed_from as "observedFrom", t.observed_to as "observedTo",
  b.digest, b.form, b.subject_name as "subjectName", b.subject_version as "subjectVersion",
  b.subject_purl as "subjectPurl",
  b.component_count as "componentCount", b.unknown_count as "unknownCount",
  b.file_count as "fileCount"`;

interface ArtifactRow extends Omit<Artifact, "sbom"> {
  readonly serviceNum: number;
  readonly digest: Digest;
  readonly form: string;
  readonly subjectName: string;
  readonly subjectVersion: string;
  readonly subjectPurl: string;
  readonly componentCount: number;
  readonly unknownCount: number;
  readonly fileCount: number;
}

function artifactFromRow(row: ArtifactRow): Artifact & { readonly serviceNum: number } {
  const { digest, form, subjectName, subjectVersion, subjectPurl, ...rest } = row;
  const { componentCount, unknownCount, fileCount, ...artifact } = rest;
  const counts = { componentCount, unknownCount, fileCount };
  return {
    ...artifact,
    sbom: { digest, form, subjectName, subjectVersion, subjectPurl, ...counts },
  };
}

/** What is deployed of these services now, or was as this server knew it at a moment. */
export async function loadArtifacts(
  reader: Reader,
  serviceNums: readonly number[],
  asOf?: Instant,
): Promise<readonly (Artifact & { readonly serviceNum: number })[]> {
  const { rows } = await sql<ArtifactRow>`
    select ${columns} from service_set t join sbom b on b.id = t.sbom_id
     where t.service_num = any(${[...serviceNums]}::integer[]) and ${isCurrent(asOf)}
     order by t.service_num, t.environment collate "C", t.artifact collate "C"`.execute(reader);
  return rows.map(artifactFromRow);
}

function isCurrent(asOf: Instant | undefined): RawBuilder<boolean> {
  if (asOf === undefined) return sql<boolean>`t.observed_to is null and t.recorded_to is null`;
  const at = sqlInstant(asOf);
  return sql<boolean>`t.observed_to is null and t.recorded_from <= ${at}
    and (t.recorded_to is null or t.recorded_to > ${at})`;
}

/** All that was ever deployed of a service as it is known now, newest first. */
export async function loadArtifactHistory(
  reader: Reader,
  of: { readonly serviceNum: number; readonly limit: number },
): Promise<readonly (Artifact & { readonly putBy: string })[]> {
  const { rows } = await sql<ArtifactRow & { putBy: string }>`
    select ${columns}, t.put_by as "putBy"
      from service_set t join sbom b on b.id = t.sbom_id
     where t.service_num = ${of.serviceNum} and t.recorded_to is null
     order by t.observed_from desc, t.artifact collate "C" limit ${of.limit}`.execute(reader);
  return rows.map((row) => ({ ...artifactFromRow(row), putBy: row.putBy }));
}

/** What the artifact held at a moment, by what is known now; null when there was none. */
export async function loadArtifactAt(
  reader: Reader,
  slot: ArtifactSlot,
  at: Instant,
): Promise<Artifact | null> {
  const { rows } = await sql<ArtifactRow>`
    select ${columns} from service_set t join sbom b on b.id = t.sbom_id
     where t.service_num = ${slot.serviceNum} and t.artifact = ${slot.artifact}
       and t.environment = ${slot.environment} and t.recorded_to is null
       and t.observed_from <= ${sqlInstant(at)}
       and (t.observed_to is null or t.observed_to > ${sqlInstant(at)})`.execute(reader);
  return rows[0] === undefined ? null : artifactFromRow(rows[0]);
}

export interface NewContent {
  readonly version: string;
  readonly sbomId: number;
  readonly setId: number;
  readonly document: Digest;
  readonly documentName: string;
  readonly putBy: string;
}

/**
 * Says what an artifact holds from now on, or null that it is deployed no more. The service's row must
 * be locked. False when nothing changed; the same content in another document is no change.
 */
export async function pointArtifactTo(
  tx: Tx,
  slot: ArtifactSlot,
  of: { readonly content: NewContent | null; readonly at: Instant },
): Promise<boolean> {
  const open = sql`service_num = ${slot.serviceNum} and artifact = ${slot.artifact}
    and environment = ${slot.environment} and observed_to is null and recorded_to is null`;
  const { rows } = await sql<{ sbomId: number; version: string; from: Instant }>`
    select sbom_id as "sbomId", version, observed_from as "from"
      from service_set where ${open}`.execute(tx);
  const current = rows[0];
  const { content } = of;
  if (current === undefined && content === null) return false;
  if (current?.sbomId === content?.sbomId && current?.version === content?.version) return false;
  const at = await laterThanKnown(tx, slot, of.at);
  if (current !== undefined) await closeRow(tx, slot, at);
  if (content !== null) {
    await sql`
      insert into service_set (service_num, artifact, environment, version, sbom_id, set_id,
        document, document_name, put_by, observed_from, recorded_from)
      values (${slot.serviceNum}, ${slot.artifact}, ${slot.environment}, ${content.version},
        ${content.sbomId}, ${content.setId}, ${content.document}, ${content.documentName},
        ${content.putBy}, ${sqlInstant(at)}, ${sqlInstant(at)})`.execute(tx);
  }
  return true;
}

/** The belief "this is so from A on" ends; "it was so from A to B" begins. */
async function closeRow(tx: Tx, slot: ArtifactSlot, at: Instant): Promise<void> {
  await sql`
    with closed as (
      update service_set set recorded_to = ${sqlInstant(at)}
       where service_num = ${slot.serviceNum} and artifact = ${slot.artifact}
         and environment = ${slot.environment} and observed_to is null and recorded_to is null
      returning service_num, artifact, environment, version, sbom_id, set_id, document,
                document_name, put_by, observed_from)
    insert into service_set (service_num, artifact, environment, version, sbom_id, set_id, document,
      document_name, put_by, observed_from, observed_to, recorded_from)
    select c.*, ${sqlInstant(at)}, ${sqlInstant(at)} from closed c`.execute(tx);
}

/** A clock that was set back must not make a range end before it begins. */
async function laterThanKnown(tx: Tx, slot: ArtifactSlot, at: Instant): Promise<Instant> {
  const { rows } = await sql<{ last: Instant | null }>`
    select max(greatest(coalesce(observed_to, observed_from), recorded_from)) as last
      from service_set
     where service_num = ${slot.serviceNum} and artifact = ${slot.artifact}
       and environment = ${slot.environment} and recorded_to is null`.execute(tx);
  return Math.max(at, (rows[0]?.last ?? 0) + 1);
}
