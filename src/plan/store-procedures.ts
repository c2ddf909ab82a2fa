import { sql } from "kysely";
import type { Digest } from "../base/digest.ts";
import type { PlanDigest, SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { type Reader, sqlInstant, type Tx } from "../db/database.ts";
import type { Party } from "../policy/rings-procedures.ts";
import type { Acknowledgement, PlanProcedure } from "./procedure.ts";

/** Procedures with all their versions, and who acknowledged which text for which plan. */

export interface ProcedureVersion {
  readonly name: string;
  readonly version: number;
  readonly digest: Digest;
  readonly putBy: string;
  readonly putAt: Instant;
}

const versionColumns = sql`v.name, v.version, v.digest, s.handle as "putBy", v.put_at as "putAt"`;
const versions = sql`procedure_version v join subject s on s.id = v.put_by`;

/** The newest version of each, by name. */
export async function loadProcedures(
  reader: Reader,
  page: { readonly after: string; readonly limit: number },
): Promise<readonly ProcedureVersion[]> {
  const { rows } = await sql<ProcedureVersion>`
    select ${versionColumns} from ${versions}
      join procedure p on p.name = v.name and p.version = v.version
     where v.name > ${page.after} order by v.name limit ${page.limit}`.execute(reader);
  return rows;
}

const VERSIONS_TOLD_MAX = 1000;

/** Newest first. */
export async function loadVersions(
  reader: Reader,
  name: string,
): Promise<readonly ProcedureVersion[]> {
  const { rows } = await sql<ProcedureVersion>`
    select ${versionColumns} from ${versions} where v.name = ${name}
     order by v.version desc limit ${VERSIONS_TOLD_MAX}`.execute(reader);
  return rows;
}

export async function loadProcedureText(reader: Reader, digest: Digest): Promise<string | null> {
  const { rows } = await sql<{ text: string }>`
    select text from procedure_text where digest = ${digest}`.execute(reader);
  return rows[0]?.text ?? null;
}

/** The version that the name has now: the one before when the text is the same. */
export async function putVersion(
  tx: Tx,
  put: {
    readonly name: string;
    readonly digest: Digest;
    readonly text: string;
    readonly by: SubjectId;
    readonly at: Instant;
  },
): Promise<{ readonly version: number; readonly isNew: boolean }> {
  await sql`
    insert into procedure_text (digest, text) values (${put.digest}, ${put.text})
    on conflict (digest) do nothing`.execute(tx);
  const moved = await sql<{ version: number }>`
    insert into procedure as p (name, version, digest) values (${put.name}, 1, ${put.digest})
    on conflict (name) do update set version = p.version + 1, digest = excluded.digest
     where p.digest <> excluded.digest returning p.version`.execute(tx);
  const version = moved.rows[0]?.version;
  if (version === undefined) {
    const { rows } = await sql<{ version: number }>`
      select version from procedure where name = ${put.name}`.execute(tx);
    return { version: rows[0]?.version ?? 0, isNew: false };
  }
  await sql`
    insert into procedure_version (name, version, digest, put_by, put_at)
    values (${put.name}, ${version}, ${put.digest}, ${put.by}, ${sqlInstant(put.at)})`.execute(tx);
  return { version, isNew: true };
}

/** Acknowledging and attaching come one after the other, and never between a start's look and its end. */
export async function lockPlanProcedures(
  tx: Tx,
  plan: PlanDigest,
  how: "change" | "keep",
): Promise<void> {
  const lock = how === "change" ? sql`for no key update` : sql`for share`;
  await sql`select from plan where digest = ${plan} ${lock}`.execute(tx);
}

export async function loadAttached(reader: Reader, plan: PlanDigest): Promise<readonly string[]> {
  const { rows } = await sql<{ names: readonly string[] }>`
    select names from plan_procedure where plan = ${plan} order by id desc limit 1`.execute(reader);
  return rows[0]?.names ?? [];
}

export async function insertAttached(
  tx: Tx,
  attached: {
    readonly plan: PlanDigest;
    readonly names: readonly string[];
    readonly by: SubjectId;
    readonly at: Instant;
  },
): Promise<void> {
  await sql`
    insert into plan_procedure (plan, names, attached_by, attached_at)
    values (${attached.plan}, ${[...attached.names]}::text[], ${attached.by},
      ${sqlInstant(attached.at)})`.execute(tx);
}

/** What the names mean now, in their order; `isKept` holds them so until the transaction ends. */
export async function loadCurrent(
  reader: Reader,
  names: readonly string[],
  isKept: boolean,
): Promise<readonly PlanProcedure[]> {
  const lock = isKept ? sql`for share` : sql``;
  const { rows } = await sql<{ name: string; version: number; digest: Digest }>`
    select name, version, digest from procedure where name = any(${[...names]}::text[])
     order by name ${lock}`.execute(reader);
  return names.map((name) => {
    const found = rows.find((row) => row.name === name);
    return {
      name,
      current: found === undefined ? null : { version: found.version, digest: found.digest },
    };
  });
}

/** Those whose person was disabled do not count. */
export async function loadAcknowledgements(
  reader: Reader,
  plan: PlanDigest,
): Promise<readonly Acknowledgement[]> {
  const { rows } = await sql<Acknowledgement>`
    select a.party, a.person, s.handle, a.digest, a.reason, a.at
      from procedure_acknowledgement a join subject s on s.id = a.person
     where a.plan = ${plan} and s.disabled_at is null
     order by a.at, a.person, a.digest`.execute(reader);
  return rows;
}

export async function insertAcknowledgements(
  tx: Tx,
  given: {
    readonly plan: PlanDigest;
    readonly digests: readonly Digest[];
    readonly person: SubjectId;
    readonly party: Party;
    readonly reason: string;
    readonly at: Instant;
  },
): Promise<void> {
  await sql`
    insert into procedure_acknowledgement (plan, digest, person, party, reason, at)
    select ${given.plan}, digest, ${given.person}, ${given.party}, ${given.reason},
           ${sqlInstant(given.at)}
      from unnest(${[...given.digests]}::text[]) as d(digest)`.execute(tx);
}
