import { sql } from "kysely";
import type { ChangeId, PlanDigest, SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { Selector } from "../base/labels.ts";
import { type Reader, sqlInstant, type Tx } from "../db/database.ts";
import { planInScope } from "../plan/store-hosts.ts";
import type { Vote } from "./board-vote.ts";
import type { Change } from "./model.ts";

/** Votes, decisions and minutes of the advisory board. */

type OfPlan = Pick<Change, "id" | "plan">;

export async function loadVotes(reader: Reader, of: OfPlan): Promise<readonly Vote[]> {
  const { rows } = await sql<Vote>`
    select person, choice, reason, at from board_vote
     where change = ${of.id} and plan = ${of.plan} order by at, person`.execute(reader);
  return rows;
}

export async function putVote(tx: Tx, of: OfPlan, vote: Vote): Promise<void> {
  await sql`
    insert into board_vote (change, plan, person, choice, reason, at)
    values (${of.id}, ${of.plan}, ${vote.person}, ${vote.choice}, ${vote.reason},
      ${sqlInstant(vote.at)})
    on conflict (change, plan, person)
    do update set choice = excluded.choice, reason = excluded.reason, at = excluded.at`.execute(tx);
}

export interface BoardDecision {
  readonly outcome: "approved" | "rejected";
  readonly isVeto: boolean;
  readonly because: string;
  readonly reason: string;
  readonly by: SubjectId;
  readonly at: Instant;
}

const decisionColumns = sql`
  b.outcome, b.is_veto as "isVeto", b.because, b.reason, b.decided_by as by, b.at`;

export async function loadDecision(reader: Reader, of: OfPlan): Promise<BoardDecision | null> {
  const { rows } = await sql<BoardDecision>`
    select ${decisionColumns} from board_decision b
     where b.change = ${of.id} and b.plan = ${of.plan}`.execute(reader);
  return rows[0] ?? null;
}

export async function insertDecision(tx: Tx, of: OfPlan, made: BoardDecision): Promise<void> {
  await sql`
    insert into board_decision (change, plan, outcome, is_veto, because, reason, decided_by, at)
    values (${of.id}, ${of.plan}, ${made.outcome}, ${made.isVeto}, ${made.because},
      ${made.reason}, ${made.by}, ${sqlInstant(made.at)})`.execute(tx);
}

/** Changes that wait for the board, those whose time ends first before the others. */
export async function loadForBoard(
  reader: Reader,
  of: { readonly scopes: readonly Selector[]; readonly now: Instant; readonly limit: number },
): Promise<readonly ChangeId[]> {
  const { rows } = await sql<{ id: ChangeId }>`
    select c.id from change c
     where c.needs_board and c.state = 'requested' and c.expires_at > ${sqlInstant(of.now)}
       and not exists (select from board_decision b where b.change = c.id and b.plan = c.plan)
       and ${planInScope("c.plan", of.scopes)}
     order by c.expires_at, c.number limit ${of.limit}`.execute(reader);
  return rows.map(({ id }) => id);
}

export interface DecidedChange extends BoardDecision {
  readonly change: ChangeId;
  readonly number: number;
  readonly title: string;
  readonly plan: PlanDigest;
}

export async function loadDecided(
  reader: Reader,
  of: { readonly since: Instant; readonly until: Instant },
): Promise<readonly DecidedChange[]> {
  const { rows } = await sql<DecidedChange>`
    select b.change, c.number, c.title, b.plan, ${decisionColumns}
      from board_decision b join change c on c.id = b.change
     where b.at > ${sqlInstant(of.since)} and b.at <= ${sqlInstant(of.until)}
     order by b.at, c.number limit 1000`.execute(reader);
  return rows;
}

export interface Minutes {
  readonly id: string;
  readonly text: string;
  readonly digest: string;
  readonly by: SubjectId;
  readonly since: Instant;
  readonly at: Instant;
}

export async function insertMinutes(tx: Tx, kept: Minutes): Promise<void> {
  await sql`
    insert into board_minutes (id, text, digest, kept_by, since, at)
    values (${kept.id}, ${kept.text}, ${kept.digest}, ${kept.by}, ${sqlInstant(kept.since)},
      ${sqlInstant(kept.at)})`.execute(tx);
}

export async function loadMinutes(reader: Reader, limit: number): Promise<readonly Minutes[]> {
  const { rows } = await sql<Minutes>`
    select id, text, digest, kept_by as by, since, at from board_minutes
     order by at desc, id limit ${limit}`.execute(reader);
  return rows;
}

/** Two people who keep minutes at once would tell of the same decisions. */
export async function lockMinutes(tx: Tx): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended('board minutes', 0))`.execute(tx);
}
