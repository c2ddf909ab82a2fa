import { type RawBuilder, sql } from "kysely";
import { z } from "zod";
import { numberOf, type PatchId, type SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { Selector } from "../base/labels.ts";
import { type Reader, sqlInstant, sqlJson, type Tx } from "../db/database.ts";
import { type CaseFacts, noFacts } from "../policy/case-condition.ts";
import { outcomes, type Ranked } from "../policy/priority.ts";
import type { InputName } from "./deadline-preset.ts";
import type { Patch, PatchState, PatchTarget } from "./model.ts";
import { EVERYWHERE, patchInScope } from "./scope.ts";

/** Cases as rows. */

const instantOrNull = z.number().nullable();

const dateSchema = z.object({
  at: instantOrNull,
  preset: z.string(),
  version: z.string(),
  rule: z.string(),
  period: z.string(),
  vulnerability: z.string().nullable(),
  inputs: z.record(z.string(), z.union([z.boolean(), z.string(), z.number()])),
  assumed: z.array(z.string().transform((name) => name as InputName)),
  needsForensicTriage: z.boolean(),
  clockStartedAt: z.number(),
  startedBy: z.enum(["release", "detection", "listing"]),
  isStartAssumed: z.boolean(),
  exposure: z.enum(["exposed", "internal", "unknown"]),
  pause: z
    .object({
      mode: z.enum(["resume", "restart"]),
      since: instantOrNull,
      pausedMs: z.number(),
      wouldBe: instantOrNull,
    })
    .nullable(),
  note: z.string().nullable(),
});

const deadlineSchema = dateSchema.extend({
  candidates: z.array(dateSchema),
  policy: z.object({ file: z.string(), version: z.string() }).nullable(),
});

const prioritySchema = z.object({
  outcome: z.enum(outcomes),
  loweredFrom: z.enum(outcomes).optional(),
  by: z.object({ file: z.string(), rule: z.string(), version: z.string() }),
  path: z.array(
    z.object({
      rule: z.string(),
      steps: z.array(
        z.object({
          condition: z.string(),
          held: z.boolean(),
          values: z.record(z.string(), z.union([z.boolean(), z.number(), z.array(z.string())])),
        }),
      ),
    }),
  ),
});

const rowSchema = z.object({
  id: z.string().transform((id) => id as PatchId),
  number: z.number(),
  title: z.string(),
  ecosystem: z.string(),
  source: z.string(),
  sourceVersion: z.string(),
  state: z.string().transform((state) => state as PatchState),
  route: z.enum(["emergency", "scheduled", "feature-release"]),
  kind: z.enum(["security", "functional", "performance"]),
  urgency: z.enum(["critical", "high", "medium", "low"]),
  classifiedBy: z.object({
    file: z.string(),
    rule: z.string(),
    version: z.string(),
    justificationMin: z.number().nullable().default(null),
  }),
  priority: prioritySchema.nullable(),
  vulnerabilities: z.array(z.string()),
  affectedVersions: z.array(z.string()),
  regression: z.object({ level: z.enum(["low", "medium", "high"]), because: z.string() }),
  deadline: deadlineSchema,
  justification: z.string(),
  justifiedBy: z
    .string()
    .transform((id) => id as SubjectId)
    .nullable(),
  openedBy: z.string().transform((id) => id as SubjectId),
  openedAt: z.number(),
});

const columns = sql`
  id, number, title, ecosystem, source, source_version as "sourceVersion", state, route, kind,
  urgency, classified_by as "classifiedBy", vulnerabilities, priority, regression, deadline,
  affected_versions as "affectedVersions", justification, justified_by as "justifiedBy",
  opened_by as "openedBy", opened_at as "openedAt"`;

function patchFromRow(row: unknown): Patch {
  const { ecosystem, source, sourceVersion, ...rest } = rowSchema.parse(row);
  return { ...rest, target: { ecosystem, source, sourceVersion } };
}

/**
 * One case by id or by `P-142`; null when there is none. For the server's own work: whoever looks for a
 * person calls `loadVisiblePatch`.
 */
export async function loadPatch(reader: Reader, ref: string): Promise<Patch | null> {
  return loadVisiblePatch(reader, ref, EVERYWHERE);
}

/** The same among the cases of these scopes: one outside them is as if it were not. */
export async function loadVisiblePatch(
  reader: Reader,
  ref: string,
  scopes: readonly Selector[],
): Promise<Patch | null> {
  const number = numberOf("P", ref);
  const { rows } = await sql`
    select ${columns} from patch
     where (id = ${ref} or number = ${number}::integer) and ${patchInScope(scopes)}`.execute(
    reader,
  );
  return rows[0] === undefined ? null : patchFromRow(rows[0]);
}

export async function loadOpenPatch(reader: Reader, target: PatchTarget): Promise<Patch | null> {
  const { rows } = await sql`
    select ${columns} from patch
     where ecosystem = ${target.ecosystem} and source = ${target.source}
       and source_version = ${target.sourceVersion} and state not in ('closed', 'dropped')
    `.execute(reader);
  return rows[0] === undefined ? null : patchFromRow(rows[0]);
}

export interface PatchFilter {
  /** Label expressions of the reader. */
  readonly scopes: readonly Selector[];
  readonly states?: readonly PatchState[] | undefined;
  /** Part of a title or of a vulnerability's name. */
  readonly text?: string | undefined;
  /** Only cases that clear this one. */
  readonly vulnerability?: string | undefined;
}

export interface PatchPage extends PatchFilter {
  /** Cases with a smaller number than this one: pages go from new to old. */
  readonly beforeNumber?: number | undefined;
  readonly skip?: number | undefined;
  readonly limit: number;
}

export async function loadPatches(reader: Reader, page: PatchPage): Promise<readonly Patch[]> {
  const before = page.beforeNumber ?? null;
  const { rows } = await sql`
    select ${columns} from patch
     where ${isAsked(page)} and (${before}::integer is null or number < ${before}::integer)
     order by number desc offset ${page.skip ?? 0} limit ${page.limit}`.execute(reader);
  return rows.map(patchFromRow);
}

export async function countPatches(reader: Reader, filter: PatchFilter): Promise<number> {
  const { rows } = await sql<{ total: number }>`
    select count(*)::int as total from patch where ${isAsked(filter)}`.execute(reader);
  return rows[0]?.total ?? 0;
}

function isAsked(filter: PatchFilter): RawBuilder<boolean> {
  const states = filter.states ?? null;
  const vulnerability = filter.vulnerability ?? null;
  const text = (filter.text ?? "").toLowerCase();
  return sql<boolean>`(${patchInScope(filter.scopes)}
    and (${states}::text[] is null or state = any(${states}::text[]))
    and (${vulnerability}::text is null or ${vulnerability} = any(vulnerabilities))
    and (${text} = '' or position(${text} in lower(title)) > 0
         or position(${text} in lower(array_to_string(vulnerabilities, ' '))) > 0))`;
}

export interface CaseRank extends Ranked {
  readonly id: PatchId;
}

/** What the order of the open cases follows from. */
export async function loadRanks(
  reader: Reader,
  scopes: readonly Selector[],
): Promise<readonly CaseRank[]> {
  const { rows } = await sql<CaseRank>`
    select id, number, coalesce(priority ->> 'outcome', 'track') as outcome,
           deadline_at as "deadlineAt", coalesce((facts ->> 'epss')::float8, 0) as epss,
           coalesce((facts ->> 'hosts')::float8, 0) as hosts
      from patch
     where state not in ('closed', 'dropped') and ${patchInScope(scopes)}`.execute(reader);
  return rows;
}

/** These cases, in the order in which they were asked for. */
export async function loadPatchesInOrder(
  reader: Reader,
  ids: readonly PatchId[],
): Promise<readonly Patch[]> {
  const { rows } = await sql`
    select ${columns} from patch
      join unnest(${[...ids]}::text[]) with ordinality as asked (wanted, place) on wanted = id
     order by place`.execute(reader);
  return rows.map(patchFromRow);
}

/** Every open case of the scopes; there are as many as there are source packages under way. */
export async function loadOpenPatches(
  reader: Reader,
  scopes: readonly Selector[],
): Promise<readonly Patch[]> {
  const { rows } = await sql`
    select ${columns} from patch
     where state not in ('closed', 'dropped') and ${patchInScope(scopes)}`.execute(reader);
  return rows.map(patchFromRow);
}

export type NewPatch = Omit<Patch, "number"> & { readonly facts: CaseFacts };

/** Returns the case's number, or null when an open case for the same target exists already. */
export async function insertPatch(tx: Tx, patch: NewPatch): Promise<number | null> {
  const { target, deadline } = patch;
  const openedAt = sqlInstant(patch.openedAt);
  const { rows } = await sql<{ number: number }>`
    insert into patch (id, title, ecosystem, source, source_version, state, route, kind, urgency,
      classified_by, classified_facts, vulnerabilities, affected_versions, regression, deadline,
      deadline_at, justification, justified_by, priority, facts, opened_by, opened_at, moved_at)
    values (${patch.id}, ${patch.title}, ${target.ecosystem}, ${target.source},
      ${target.sourceVersion}, ${patch.state}, ${patch.route}, ${patch.kind}, ${patch.urgency},
      ${sqlJson(patch.classifiedBy)}, ${sqlJson(patch.facts)},
      ${[...patch.vulnerabilities]}::text[], ${[...patch.affectedVersions]}::text[],
      ${sqlJson(patch.regression)}, ${sqlJson(deadline)}, ${sqlInstant(deadline.at)},
      ${patch.justification}, ${patch.justifiedBy},
      ${patch.priority === null ? null : sqlJson(patch.priority)}, ${sqlJson(patch.facts)},
      ${patch.openedBy}, ${openedAt}, ${openedAt})
    on conflict (ecosystem, source, source_version) where state not in ('closed', 'dropped')
    do nothing returning number`.execute(tx);
  return rows[0]?.number ?? null;
}

export interface PatchMove {
  readonly id: PatchId;
  readonly from: PatchState;
  readonly to: PatchState;
  readonly at: Instant;
  readonly reason: string | null;
}

/** Compare-and-set: false when the case is no longer in `from`. */
export async function updateState(tx: Tx, move: PatchMove): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update patch set state = ${move.to}, moved_at = ${sqlInstant(move.at)},
           moved_reason = ${move.reason}
     where id = ${move.id} and state = ${move.from}`.execute(tx);
  return numAffectedRows === 1n;
}

/** Cases with the facts that their rule judged, for judging them by another. */
export interface Classified {
  readonly number: number;
  readonly title: string;
  readonly route: Patch["route"];
  readonly urgency: Patch["urgency"];
  readonly rule: string;
  /** Null for a case that was never judged by the priority table. */
  readonly outcome: string | null;
  readonly facts: CaseFacts;
  /** Those of now. */
  readonly factsNow: CaseFacts;
}

/** Cases that were opened before a fact was known are judged as if it were not there. */
const factsSchema = z
  .looseObject({ kev: z.number() })
  .transform((facts): CaseFacts => ({ ...noFacts, ...facts }));

/** As many cases as a person still looks through; the newest. */
const CLASSIFIED_MAX = 1_000;

export async function loadClassified(
  reader: Reader,
  which: "open" | "all",
): Promise<readonly Classified[]> {
  const { rows } = await sql<Classified>`
    select number, title, route, urgency, classified_by ->> 'rule' as rule,
           priority ->> 'outcome' as outcome, classified_facts as facts,
           coalesce(facts, classified_facts) as "factsNow"
      from patch
     where ${which === "all"} or state not in ('closed', 'dropped')
     order by number desc limit ${CLASSIFIED_MAX}`.execute(reader);
  return rows.map((row) => ({
    ...row,
    facts: factsSchema.parse(row.facts),
    factsNow: factsSchema.parse(row.factsNow),
  }));
}
