import { type RawBuilder, sql } from "kysely";
import { z } from "zod";
import { numberOf, type PatchId, type SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { Selector } from "../base/labels.ts";
import { type Reader, sqlInstant, sqlJson, type Tx } from "../db/database.ts";
import {
  type Deferral,
  type DeferralCost,
  type DeferralId,
  type DeferralState,
  deferralReasons,
  deferralStates,
} from "./deferral.ts";
import { sourceInScope } from "./scope.ts";

/** Deferrals as rows. */

const costSchema: z.ZodType<DeferralCost> = z.object({
  days: z.number(),
  hosts: z.number(),
  exposedHosts: z.number(),
  findingDays: z.number(),
  pointsPerDay: z.number(),
  points: z.number(),
  knownExploited: z.array(z.string()),
  deadline: z.number().nullable(),
  daysOverdue: z.number(),
  policy: z.string(),
});

const subject = z.string().transform((id) => id as SubjectId);
const rowSchema = z.object({
  id: z.string().transform((id) => id as DeferralId),
  number: z.number(),
  state: z.enum(deferralStates),
  patch: z
    .string()
    .transform((id) => id as PatchId)
    .nullable(),
  ecosystem: z.string(),
  source: z.string(),
  vulnerabilities: z.array(z.string()),
  reasonClass: z.enum(deferralReasons),
  reason: z.string(),
  owner: subject,
  until: z.number(),
  cost: costSchema,
  startedBy: subject,
  startedAt: z.number(),
  movedAt: z.number(),
  closedReason: z.string().nullable(),
});

const columns = sql`
  d.id, d.number, d.state, d.patch, d.ecosystem, d.source, d.vulnerabilities,
  d.reason_class as "reasonClass", d.reason, d.owner, d.until, d.cost, d.started_by as "startedBy",
  d.started_at as "startedAt", d.moved_at as "movedAt", d.closed_reason as "closedReason"`;

/** One of these scopes by id or by `D-3`; null when there is none. */
export async function loadDeferral(
  reader: Reader,
  ref: string,
  scopes: readonly Selector[],
): Promise<Deferral | null> {
  const { rows } = await sql`
    select ${columns} from deferral d
     where (d.id = ${ref} or d.number = ${numberOf("D", ref)}::integer)
       and ${isInScope(scopes)}`.execute(reader);
  return rows[0] === undefined ? null : rowSchema.parse(rows[0]);
}

/** The number, or null where the same update is put off already. */
export async function insertDeferral(
  tx: Tx,
  deferral: Omit<Deferral, "number">,
): Promise<number | null> {
  const startedAt = sqlInstant(deferral.startedAt);
  const { rows } = await sql<{ number: number }>`
    insert into deferral (id, state, patch, ecosystem, source, vulnerabilities, reason_class,
      reason, owner, until, cost, started_by, started_at, moved_at)
    values (${deferral.id}, ${deferral.state}, ${deferral.patch}, ${deferral.ecosystem},
      ${deferral.source}, ${[...deferral.vulnerabilities]}::text[], ${deferral.reasonClass},
      ${deferral.reason}, ${deferral.owner}, ${sqlInstant(deferral.until)},
      ${sqlJson(deferral.cost)}, ${deferral.startedBy}, ${startedAt}, ${startedAt})
    on conflict (ecosystem, source) where state = 'active' do nothing returning number`.execute(tx);
  return rows[0]?.number ?? null;
}

/** Compare-and-set: false when it is not active any more. */
export async function closeDeferral(
  tx: Tx,
  end: {
    readonly id: DeferralId;
    readonly to: Exclude<DeferralState, "active">;
    readonly at: Instant;
    readonly reason: string | null;
  },
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update deferral set state = ${end.to}, moved_at = ${sqlInstant(end.at)},
      closed_reason = ${end.reason} where id = ${end.id} and state = 'active'`.execute(tx);
  return numAffectedRows === 1n;
}

/** Those whose time is over and that nobody has closed yet. */
export async function loadOverdueDeferrals(
  reader: Reader,
  now: Instant,
): Promise<readonly Deferral[]> {
  const { rows } = await sql`
    select ${columns} from deferral d where d.state = 'active' and d.until <= ${sqlInstant(now)}
     order by d.number`.execute(reader);
  return rows.map((row) => rowSchema.parse(row));
}

/** A deferral is about every host that has the package. */
function isInScope(scopes: readonly Selector[]): RawBuilder<boolean> {
  const put = { ecosystem: sql.ref("d.ecosystem"), source: sql.ref("d.source") };
  return sourceInScope(put, scopes);
}

export interface DeferralFilter {
  readonly scopes: readonly Selector[];
  readonly state?: DeferralState | undefined;
  readonly patch?: PatchId | undefined;
  readonly source?: string | undefined;
}

export async function loadDeferrals(
  reader: Reader,
  filter: DeferralFilter & { readonly skip?: number; readonly limit?: number },
): Promise<readonly Deferral[]> {
  const { rows } = await sql`
    select ${columns} from deferral d where ${isAsked(filter)}
     order by d.number desc offset ${filter.skip ?? 0} limit ${filter.limit ?? null}::bigint
    `.execute(reader);
  return rows.map((row) => rowSchema.parse(row));
}

export async function countDeferrals(reader: Reader, filter: DeferralFilter): Promise<number> {
  const { rows } = await sql<{ total: number }>`
    select count(*)::int as total from deferral d where ${isAsked(filter)}`.execute(reader);
  return rows[0]?.total ?? 0;
}

function isAsked({ scopes, state, patch, source }: DeferralFilter): RawBuilder<boolean> {
  const parts: RawBuilder<unknown>[] = [isInScope(scopes)];
  if (state !== undefined) parts.push(sql`d.state = ${state}`);
  if (patch !== undefined) parts.push(sql`d.patch = ${patch}`);
  if (source !== undefined) parts.push(sql`d.source = ${source}`);
  return sql<boolean>`(${sql.join(parts, sql` and `)})`;
}
