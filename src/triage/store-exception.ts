import { type RawBuilder, sql } from "kysely";
import { z } from "zod";
import { type HostId, numberOf, type PatchId, type SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { parseSelector, selectorToText } from "../base/labels.ts";
import { type Reader, sqlInstant, sqlJson, type Tx } from "../db/database.ts";
import type { ServiceId } from "../inventory/service.ts";
import {
  type Assumptions,
  type Exception,
  type ExceptionId,
  type ExceptionState,
  type ExceptionVerb,
  exceptionAfter,
  exceptionStates,
  reasonClasses,
} from "./exception.ts";
import type { ExceptionScope } from "./exception-scope.ts";

/** Exceptions as rows. */

const assumptionsSchema: z.ZodType<Assumptions> = z.object({
  exploited: z.array(z.string()),
  isExposed: z.boolean(),
  fixable: z.array(z.string()),
  hosts: z.number(),
});

const subject = z.string().transform((id) => id as SubjectId);
const rowSchema = z.object({
  id: z.string().transform((id) => id as ExceptionId),
  number: z.number(),
  state: z.enum(exceptionStates),
  vulnerabilities: z.array(z.string()),
  ecosystem: z.string().nullable(),
  source: z.string().nullable(),
  selector: z.string().nullable(),
  hosts: z.array(z.string().transform((id) => id as HostId)).nullable(),
  services: z.array(z.string().transform((id) => id as ServiceId)).nullable(),
  patch: z
    .string()
    .transform((id) => id as PatchId)
    .nullable(),
  reasonClass: z.enum(reasonClasses),
  reason: z.string(),
  owner: subject,
  control: z.string(),
  evidence: z.string(),
  controlLabel: z.string().nullable(),
  until: z.number(),
  renews: z
    .string()
    .transform((id) => id as ExceptionId)
    .nullable(),
  renewal: z.number(),
  assumes: assumptionsSchema,
  requestedBy: subject,
  requesterPerson: subject,
  requestedAt: z.number(),
  approvedBy: subject.nullable(),
  approvedAt: z.number().nullable(),
  movedAt: z.number(),
  closedReason: z.string().nullable(),
});

const columns = sql`
  e.id, e.number, e.state, e.vulnerabilities, e.ecosystem, e.source, e.selector, e.hosts,
  e.services, e.patch,
  e.reason_class as "reasonClass", e.reason, e.owner, e.control, e.evidence,
  e.control_label as "controlLabel", e.until, e.renews, e.renewal, e.assumes,
  e.requested_by as "requestedBy", e.requester_person as "requesterPerson",
  e.requested_at as "requestedAt", e.approved_by as "approvedBy", e.approved_at as "approvedAt",
  e.moved_at as "movedAt", e.closed_reason as "closedReason"`;

function exceptionFromRow(row: unknown): Exception {
  const { vulnerabilities, ecosystem, source, ...parsed } = rowSchema.parse(row);
  const { selector, hosts, services, ...rest } = parsed;
  const scope: ExceptionScope = {
    vulnerabilities,
    package: ecosystem === null || source === null ? null : { ecosystem, source },
    hosts: reachOf({ selector, hosts, services }),
  };
  return { ...rest, scope };
}

function reachOf(row: {
  readonly selector: string | null;
  readonly hosts: readonly HostId[] | null;
  readonly services: readonly ServiceId[] | null;
}): ExceptionScope["hosts"] {
  if (row.services !== null) return { kind: "services", ids: row.services };
  if (row.hosts !== null) return { kind: "named", ids: row.hosts };
  return { kind: "labels", selector: parseSelector(row.selector ?? "") };
}

/** One by id or by `X-12`; null when there is none. */
export async function loadException(reader: Reader, ref: string): Promise<Exception | null> {
  const { rows } = await sql`select ${columns} from exception e where ${isRef(ref)}`.execute(
    reader,
  );
  return rows[0] === undefined ? null : exceptionFromRow(rows[0]);
}

/** The same, and nobody else moves it until this transaction ends. */
export async function lockException(tx: Tx, ref: string): Promise<Exception | null> {
  const { rows } = await sql`
    select ${columns} from exception e where ${isRef(ref)} for update`.execute(tx);
  return rows[0] === undefined ? null : exceptionFromRow(rows[0]);
}

function isRef(ref: string): RawBuilder<boolean> {
  return sql<boolean>`(e.id = ${ref} or e.number = ${numberOf("X", ref)}::integer)`;
}

const LOCK_KEY = 1_853_406_118;

/** Approvals count what came before them, so they come one after the other. */
export async function lockApprovals(tx: Tx): Promise<void> {
  await sql`select pg_advisory_xact_lock(${LOCK_KEY}::bigint)`.execute(tx);
}

export async function insertException(
  tx: Tx,
  exception: Omit<Exception, "number">,
): Promise<number> {
  const { scope } = exception;
  const { hosts } = scope;
  const { rows } = await sql<{ number: number }>`
    insert into exception (id, state, vulnerabilities, ecosystem, source, selector, hosts,
      services, patch, reason_class, reason, owner,
      control, evidence, control_label, until, renews, renewal,
      assumes, requested_by, requester_person, requested_at, moved_at)
    values (${exception.id}, ${exception.state}, ${[...scope.vulnerabilities]}::text[],
      ${scope.package?.ecosystem ?? null}, ${scope.package?.source ?? null},
      ${hosts.kind === "labels" ? selectorToText(hosts.selector) : null},
      ${hosts.kind === "named" ? [...hosts.ids] : null}::text[],
      ${hosts.kind === "services" ? [...hosts.ids] : null}::text[], ${exception.patch},
      ${exception.reasonClass}, ${exception.reason}, ${exception.owner}, ${exception.control},
      ${exception.evidence}, ${exception.controlLabel}, ${sqlInstant(exception.until)},
      ${exception.renews}, ${exception.renewal}, ${sqlJson(exception.assumes)},
      ${exception.requestedBy}, ${exception.requesterPerson}, ${sqlInstant(exception.requestedAt)},
      ${sqlInstant(exception.movedAt)}) returning number`.execute(tx);
  return rows[0]?.number ?? 0;
}

/** Gives a locked request its approval, with what it rests on now. */
export async function approveRow(
  tx: Tx,
  given: Pick<Exception, "id" | "assumes" | "renews" | "renewal"> & {
    readonly by: SubjectId;
    readonly at: Instant;
  },
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update exception set state = 'approved', approved_by = ${given.by},
      approved_at = ${sqlInstant(given.at)}, moved_at = ${sqlInstant(given.at)},
      assumes = ${sqlJson(given.assumes)}, renews = ${given.renews}, renewal = ${given.renewal}
     where id = ${given.id} and state = 'requested'`.execute(tx);
  return numAffectedRows === 1n;
}

/** Compare-and-set by the state table: false when the row is in no state that the verb leaves. */
export async function moveException(
  tx: Tx,
  move: {
    readonly id: ExceptionId;
    readonly verb: Exclude<ExceptionVerb, "approve">;
    readonly at: Instant;
    readonly reason: string | null;
  },
): Promise<boolean> {
  const from = exceptionStates.filter((state) => exceptionAfter(state, move.verb) !== null);
  const to = from[0] === undefined ? null : exceptionAfter(from[0], move.verb);
  const { numAffectedRows } = await sql`
    update exception set state = ${to}, moved_at = ${sqlInstant(move.at)},
      closed_reason = ${move.reason}
     where id = ${move.id} and state = any(${from}::text[])`.execute(tx);
  return numAffectedRows === 1n;
}

/** Those that may have to end: approved, or asked for, and those whose time is over first. */
export async function loadLive(reader: Reader): Promise<readonly Exception[]> {
  const { rows } = await sql`
    select ${columns} from exception e where e.state in ('requested', 'approved')
     order by e.until, e.id`.execute(reader);
  return rows.map(exceptionFromRow);
}

/** What counts now, for whoever shows a deadline: approved, and its time is not over. */
export async function loadExceptionsFor(
  reader: Reader,
  of: {
    readonly now: Instant;
    /** Only those that name one of these; all without. */
    readonly vulnerabilities?: readonly string[] | undefined;
  },
): Promise<readonly Exception[]> {
  const named = of.vulnerabilities === undefined ? null : [...of.vulnerabilities];
  const { rows } = await sql`
    select ${columns} from exception e
     where e.state = 'approved' and e.approved_at <= ${sqlInstant(of.now)}
       and e.until > ${sqlInstant(of.now)}
       and (${named}::text[] is null or e.vulnerabilities && ${named}::text[])
     order by e.until desc, e.id`.execute(reader);
  return rows.map(exceptionFromRow);
}

/** Everything that was ever approved and can speak of one of these, running or over. */
export async function loadApprovedBefore(
  reader: Reader,
  vulnerabilities: readonly string[],
): Promise<readonly Exception[]> {
  const { rows } = await sql`
    select ${columns} from exception e
     where e.approved_at is not null and e.vulnerabilities && ${[...vulnerabilities]}::text[]
     order by e.number desc`.execute(reader);
  return rows.map(exceptionFromRow);
}

/** All that were ever approved, for what they were at any day. */
export async function loadEverApproved(reader: Reader): Promise<readonly Exception[]> {
  const { rows } = await sql`
    select ${columns} from exception e where e.approved_at is not null order by e.number`.execute(
    reader,
  );
  return rows.map(exceptionFromRow);
}

export interface ExceptionFilter {
  /** Those the reader may see, by number; null for all. */
  readonly visible: readonly number[] | null;
  readonly states?: readonly ExceptionState[] | undefined;
  readonly vulnerability?: string | undefined;
  readonly source?: string | undefined;
  readonly patch?: PatchId | undefined;
  /** Asked for by somebody else than this person, and not over. */
  readonly waitingFor?: { readonly person: SubjectId; readonly now: Instant } | undefined;
}

export async function loadExceptions(
  reader: Reader,
  filter: ExceptionFilter & { readonly skip: number; readonly limit: number },
): Promise<readonly Exception[]> {
  const { rows } = await sql`
    select ${columns} from exception e where ${isAsked(filter)}
     order by e.number desc offset ${filter.skip} limit ${filter.limit}`.execute(reader);
  return rows.map(exceptionFromRow);
}

export async function countExceptions(
  reader: Reader,
  filter: ExceptionFilter,
): Promise<ReadonlyMap<ExceptionState, number>> {
  const { rows } = await sql<{ state: ExceptionState; total: number }>`
    select e.state, count(*)::int as total from exception e where ${isAsked(filter)}
     group by 1`.execute(reader);
  return new Map(rows.map((row) => [row.state, row.total]));
}

function isAsked(filter: ExceptionFilter): RawBuilder<boolean> {
  const { visible, states, vulnerability, source, patch, waitingFor } = filter;
  const parts: RawBuilder<unknown>[] = [sql`true`];
  if (visible !== null) parts.push(sql`e.number = any(${[...visible]}::integer[])`);
  if (states !== undefined) parts.push(sql`e.state = any(${[...states]}::text[])`);
  if (vulnerability !== undefined) parts.push(sql`e.vulnerabilities @> ${[vulnerability]}::text[]`);
  if (source !== undefined) parts.push(sql`e.source = ${source}`);
  if (patch !== undefined) parts.push(sql`e.patch = ${patch}`);
  if (waitingFor !== undefined) {
    parts.push(sql`e.state = 'requested' and e.requester_person <> ${waitingFor.person}
      and e.until > ${sqlInstant(waitingFor.now)}`);
  }
  return sql<boolean>`(${sql.join(parts, sql` and `)})`;
}

export interface ExceptionReach {
  readonly number: number;
  readonly requestedBy: SubjectId;
  readonly hosts: ExceptionScope["hosts"];
}

/** The numbers and hosts of all, for judging who may see which. */
export async function loadReaches(reader: Reader): Promise<readonly ExceptionReach[]> {
  const { rows } = await sql<{
    number: number;
    requestedBy: SubjectId;
    selector: string | null;
    hosts: HostId[] | null;
    services: ServiceId[] | null;
  }>`
    select number, requested_by as "requestedBy", selector, hosts, services
      from exception order by number`.execute(reader);
  return rows.map(({ number, requestedBy, ...row }) => ({
    number,
    requestedBy,
    hosts: reachOf(row),
  }));
}
