import { sql } from "kysely";
import type { SubjectId } from "../base/ids.ts";
import type { Reader, Tx } from "../db/database.ts";
import { millis } from "./store-time.ts";

/** What somebody asked to have go on, and nobody else agreed to yet. */
export interface ResumeAsk {
  /** `all`, `ring:NAME`, `service:NAME` or `rollout:ID`. */
  readonly scope: string;
  readonly by: SubjectId;
  readonly handle: string;
  readonly person: SubjectId;
  readonly words: string;
  readonly at: number;
}

/** A day later nobody knows any more whether what was asked still fits. */
const ASK_LIFE_HOURS = 24;

const isLive = sql`a.asked_at > now() - ${ASK_LIFE_HOURS} * interval '1 hour'`;

const liveAsks = sql`
  select a.scope, a.asked_by as by, s.handle, a.person, a.words, ${millis(sql`a.asked_at`)} as at
    from resume_ask a
    join subject s on s.id = a.asked_by and s.disabled_at is null
    join subject p on p.id = a.person and p.disabled_at is null
   where ${isLive}`;

/** A second ask takes the place of the first. */
export async function putResumeAsk(
  tx: Tx,
  ask: Pick<ResumeAsk, "scope" | "by" | "person" | "words">,
): Promise<void> {
  await sql`
    insert into resume_ask (scope, asked_by, person, words)
    values (${ask.scope}, ${ask.by}, ${ask.person}, ${ask.words})
    on conflict (scope) do update
       set asked_by = excluded.asked_by, person = excluded.person, words = excluded.words,
           asked_at = now()`.execute(tx);
}

/** Those that still count, of these scopes; of somebody who was disabled since, none. */
export async function loadResumeAsks(
  reader: Reader,
  scopes: readonly string[],
): Promise<readonly ResumeAsk[]> {
  const { rows } = await sql<ResumeAsk>`
    ${liveAsks} and a.scope = any(${[...scopes]}::text[]) order by a.scope`.execute(reader);
  return rows;
}

const ROLLOUT_ASKS_MAX = 200;

/** Those about one rollout each, the oldest first. */
export async function loadRolloutAsks(reader: Reader): Promise<readonly ResumeAsk[]> {
  const { rows } = await sql<ResumeAsk>`
    ${liveAsks} and a.scope like 'rollout:%'
    order by a.asked_at, a.scope limit ${ROLLOUT_ASKS_MAX}`.execute(reader);
  return rows;
}

/** The one that counts is used up: whoever takes it second finds none. */
export async function takeResumeAsk(tx: Tx, scope: string): Promise<ResumeAsk | null> {
  const [ask] = await loadResumeAsks(tx, [scope]);
  const taken = await dropResumeAsk(tx, scope);
  return taken ? (ask ?? null) : null;
}

export async function dropResumeAsk(tx: Tx, scope: string): Promise<boolean> {
  const { numAffectedRows } = await sql`
    delete from resume_ask where scope = ${scope}`.execute(tx);
  return numAffectedRows === 1n;
}
