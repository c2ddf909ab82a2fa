import { type RawBuilder, sql } from "kysely";
import {
  type ChangeId,
  type HostId,
  numberOf,
  type PlanDigest,
  type SubjectId,
} from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { Selector } from "../base/labels.ts";
import { type Reader, sqlInstant, type Tx } from "../db/database.ts";
import { scopeSql } from "../inventory/scope.ts";
import type { ChangeFacts, Elevation, ElevationId, EndCause, Span } from "./elevation.ts";

/** Elevations, and the facts of their changes that decide over them. */
const millis = (column: string): RawBuilder<unknown> =>
  sql`(extract(epoch from ${sql.raw(column)}) * 1000)::float8`;

const columns = sql`
  e.id, e.number, e.change, e.plan, e.person, e.minutes, e.reason, e.state,
  ${millis("e.asked_at")} as "askedAt", e.decided_by as "decidedBy",
  ${millis("e.decided_at")} as "decidedAt", ${millis("e.counts_from")} as "countsFrom",
  ${millis("e.counts_until")} as "countsUntil", ${millis("e.ended_at")} as "endedAt",
  e.ended_by as "endedBy", e.end_cause as "endCause", e.decided_words as "decidedWords",
  e.ended_words as "endedWords"`;

export type NewElevation = Pick<
  Elevation,
  "id" | "change" | "plan" | "person" | "minutes" | "reason" | "askedAt"
>;

/** Fails on `elevation_open` where this person has one for this change. */
export async function insertElevation(tx: Tx, made: NewElevation): Promise<number> {
  const { rows } = await sql<{ number: number }>`
    insert into elevation (id, change, plan, person, minutes, reason, asked_at)
    values (${made.id}, ${made.change}, ${made.plan}, ${made.person}, ${made.minutes},
      ${made.reason}, ${sqlInstant(made.askedAt)}) returning number`.execute(tx);
  return rows[0]?.number ?? 0;
}

export async function loadElevation(reader: Reader, ref: string): Promise<Elevation | null> {
  const { rows } = await sql<Elevation>`
    select ${columns} from elevation e where ${isRef(ref)}`.execute(reader);
  return rows[0] ?? null;
}

/** The same, and nobody else moves it until this transaction ends. */
export async function lockElevation(tx: Tx, ref: string): Promise<Elevation | null> {
  const { rows } = await sql<Elevation>`
    select ${columns} from elevation e where ${isRef(ref)} for update`.execute(tx);
  return rows[0] ?? null;
}

function isRef(ref: string): RawBuilder<boolean> {
  return sql<boolean>`(e.id = ${ref} or e.number = ${numberOf("J", ref)}::integer)`;
}

export interface ElevationFilter {
  readonly scopes: readonly Selector[];
  readonly change: ChangeId | undefined;
  /** Those of this person, whatever hosts they may see. */
  readonly own: SubjectId;
  readonly isOpen: boolean;
  readonly limit: number;
}

/** Newest first; of changes with a host within the scopes, and one's own. */
export async function loadElevations(
  reader: Reader,
  filter: ElevationFilter,
): Promise<readonly Elevation[]> {
  const { scopes, change, own, isOpen, limit } = filter;
  const { rows } = await sql<Elevation>`
    select ${columns} from elevation e
     where (e.person = ${own} or exists (
             select from plan_leaf l join host h on h.id = l.host
              where l.plan = e.plan and ${scopeSql(scopes, "h.labels")}))
       and ${change === undefined ? sql`true` : sql`e.change = ${change}`}
       and ${isOpen ? sql`e.state in ('asked', 'granted')` : sql`true`}
     order by e.number desc limit ${limit}`.execute(reader);
  return rows;
}

const ASKED_MAX = 200;

/** Asked for by somebody else, where every host of the plan is within the scopes; the oldest first. */
export async function loadElevationsAsked(
  reader: Reader,
  of: { readonly scopes: readonly Selector[]; readonly besides: SubjectId },
): Promise<readonly Elevation[]> {
  const { rows } = await sql<Elevation>`
    select ${columns} from elevation e
     where e.state = 'asked' and e.person <> ${of.besides}
       and not exists (
         select from plan_leaf l join host h on h.id = l.host
          where l.plan = e.plan and not ${scopeSql(of.scopes, "h.labels")})
     order by e.number limit ${ASKED_MAX}`.execute(reader);
  return rows;
}

export async function hasOpenElevation(
  reader: Reader,
  of: { readonly change: ChangeId; readonly person: SubjectId },
): Promise<boolean> {
  const { rows } = await sql`
    select 1 from elevation where change = ${of.change} and person = ${of.person}
       and state in ('asked', 'granted')`.execute(reader);
  return rows.length > 0;
}

/** From the first wave's beginning to the last one's end. */
export async function loadWindow(reader: Reader, change: ChangeId): Promise<Span> {
  const { rows } = await sql<Span>`
    select coalesce(${millis("(select min(w.not_before) from plan_wave w where w.plan = c.plan)")},
                    ${millis("c.requested_at")}) as "from",
           ${millis("c.expires_at")} as until
      from change c where c.id = ${change}`.execute(reader);
  return rows[0] ?? { from: 0, until: 0 };
}

export async function markGranted(
  tx: Tx,
  given: {
    readonly id: ElevationId;
    readonly by: SubjectId;
    readonly at: Instant;
    readonly span: Span;
    readonly words: string | null;
  },
): Promise<void> {
  await sql`
    update elevation set state = 'granted', decided_by = ${given.by},
           decided_at = ${sqlInstant(given.at)}, counts_from = ${sqlInstant(given.span.from)},
           counts_until = ${sqlInstant(given.span.until)}, decided_words = ${given.words}
     where id = ${given.id}`.execute(tx);
}

export async function markRefused(
  tx: Tx,
  given: {
    readonly id: ElevationId;
    readonly by: SubjectId;
    readonly at: Instant;
    readonly words: string;
  },
): Promise<void> {
  await sql`
    update elevation set state = 'refused', decided_by = ${given.by},
           decided_at = ${sqlInstant(given.at)}, decided_words = ${given.words}
     where id = ${given.id}`.execute(tx);
}

export async function markEnded(
  tx: Tx,
  given: {
    readonly id: ElevationId;
    readonly by: SubjectId | null;
    readonly at: Instant;
    readonly cause: EndCause;
    readonly words: string | null;
  },
): Promise<void> {
  await sql`
    update elevation set state = 'ended', ended_by = ${given.by},
           ended_at = ${sqlInstant(given.at)}, end_cause = ${given.cause},
           ended_words = ${given.words}
     where id = ${given.id}`.execute(tx);
}

export interface OpenElevation extends Elevation {
  readonly facts: ChangeFacts;
  readonly isDisabled: boolean;
}

interface OpenRow extends Elevation {
  readonly changeState: ChangeFacts["state"];
  readonly changePlan: ChangeFacts["plan"];
  readonly windowUntil: Instant;
  readonly isDisabled: boolean;
}

/** Open ones that nobody else is moving at this moment, with what decides whether they may stay. */
export async function takeOpenElevations(tx: Tx, limit: number): Promise<readonly OpenElevation[]> {
  const { rows } = await sql<OpenRow>`
    select ${columns}, c.state as "changeState", c.plan as "changePlan",
           ${millis("c.expires_at")} as "windowUntil",
           (p.disabled_at is not null) as "isDisabled"
      from elevation e join change c on c.id = e.change join subject p on p.id = e.person
     where e.state in ('asked', 'granted')
     order by coalesce(e.counts_until, e.asked_at) limit ${limit}
       for update of e skip locked`.execute(tx);
  return rows.map(({ changeState, changePlan, windowUntil, ...elevation }) => ({
    ...elevation,
    facts: {
      state: changeState,
      plan: changePlan,
      window: { from: 0, until: windowUntil },
    },
  }));
}

/**
 * Whether an elevation counts at this instant. Nobody ends it before this transaction does: what was
 * begun under it is over when its end is acknowledged.
 */
export async function holdElevation(
  tx: Tx,
  of: { readonly id: string; readonly change: ChangeId; readonly now: Instant },
): Promise<boolean> {
  const locked = await sql`
    select 1 from elevation where id = ${of.id} for share`.execute(tx);
  if (locked.rows.length === 0) return false;
  const now = sqlInstant(of.now);
  const { rows } = await sql`
    select 1 from live_elevation
     where id = ${of.id} and change = ${of.change}
       and (counts_from <= ${now} or counts_from = decided_at) and counts_until > ${now}`.execute(
    tx,
  );
  return rows.length > 0;
}

/** Whether the plan names this host, or its rollout took it in by rule. */
export async function hasPlanHost(
  reader: Reader,
  plan: PlanDigest,
  host: HostId,
): Promise<boolean> {
  const { rows } = await sql`
    select 1 from plan_leaf where plan = ${plan} and host = ${host}
    union all
    select 1 from target t join rollout r on r.id = t.rollout
     where r.plan = ${plan} and t.host = ${host} limit 1`.execute(reader);
  return rows.length > 0;
}
