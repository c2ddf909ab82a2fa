import { sql } from "kysely";
import { type Reader, sqlInstant, sqlJson } from "../db/database.ts";
import type { Sink, SinkState } from "./model.ts";

/** A server that hands over keeps the sink this long beyond its last word. */
const OWNED_SECONDS = 60;

const columns = sql`name, next, sent, refused, sent_at as "sentAt", problem,
  problem_since as "problemSince"`;

/** A receiver that was never seen begins at the end: what was before is asked for by a rewind. */
export async function addMissingSinks(reader: Reader, sinks: readonly Sink[]): Promise<void> {
  const names = sinks.map((sink) => sink.name);
  await sql`
    insert into event_sink (name, next)
    select name, coalesce((select size from ledger_head), 0)
      from unnest(${names}::text[]) as named (name)
    on conflict (name) do nothing`.execute(reader);
}

export async function loadSinkStates(
  reader: Reader,
  names: readonly string[],
): Promise<readonly SinkState[]> {
  const { rows } = await sql<SinkState>`
    select ${columns} from event_sink where name = any(${[...names]}::text[])`.execute(reader);
  return rows;
}

/** Null while another server hands over to it. */
export async function takeSink(
  reader: Reader,
  name: string,
  server: string,
): Promise<SinkState | null> {
  const { rows } = await sql<SinkState>`
    update event_sink
       set owner = ${server}, owner_until = now() + make_interval(secs => ${OWNED_SECONDS})
     where name = ${name} and (owner = ${server} or owner_until is null or owner_until < now())
    returning ${columns}`.execute(reader);
  return rows[0] ?? null;
}

/** Lets another server go on at once. */
export async function leaveSink(reader: Reader, name: string, server: string): Promise<void> {
  await sql`
    update event_sink set owner = null, owner_until = null
     where name = ${name} and owner = ${server}`.execute(reader);
}

/** False when the sink was rewound, or taken by another server, meanwhile: then nothing is written. */
export async function moveSink(
  reader: Reader,
  moved: {
    readonly name: string;
    readonly server: string;
    readonly from: number;
    readonly next: number;
    readonly sent: number;
    readonly refused: number;
    readonly problem: string | null;
    readonly at: number;
  },
): Promise<boolean> {
  const at = sqlInstant(moved.at);
  const { numAffectedRows } = await sql`
    update event_sink
       set next = ${moved.next}, sent = sent + ${moved.sent}, refused = refused + ${moved.refused},
           sent_at = case when ${moved.sent}::bigint > 0 then ${at} else sent_at end,
           problem = ${moved.problem}::text,
           problem_since = case when ${moved.problem}::text is null then null
                           else coalesce(problem_since, ${at}) end
     where name = ${moved.name} and owner = ${moved.server} and next = ${moved.from}`.execute(
    reader,
  );
  return numAffectedRows === 1n;
}

/** False when there is no such sink. */
export async function rewindSink(reader: Reader, name: string, next: number): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update event_sink set next = ${next} where name = ${name}`.execute(reader);
  return numAffectedRows === 1n;
}

export interface BeginSought {
  readonly type: string;
  readonly object: string;
  readonly before: number;
}

const BEGINNINGS_MAX = 2_000;

/** Entries that began what ends in a batch, oldest first. */
export async function loadBeginnings(
  reader: Reader,
  sought: readonly BeginSought[],
): Promise<readonly { readonly index: number; readonly entry: string }[]> {
  const { rows } = await sql<{ index: number; entry: string }>`
    select distinct l.index, l.entry
      from jsonb_to_recordset(${sqlJson(sought)}) as s (type text, object text, before bigint)
      join event e on e.object = s.object and e.type = s.type
      join ledger_entry l on l.event = e.id and l.index < s.before
     order by l.index limit ${BEGINNINGS_MAX}`.execute(reader);
  return rows;
}
