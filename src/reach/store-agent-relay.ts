import { sql } from "kysely";
import { type Db, inTransaction, type Reader } from "../db/database.ts";
import { notify } from "../db/notify.ts";

/** What servers on one database leave for each other about talks with agents. */

/** A server that did not say for this long that it is there has nothing for anybody. */
const SEEN_SECONDS = 45;
/** Nobody waits for an answer for so long. */
const KEPT_SECONDS = 180;

const isThere = sql`seen_at > now() - make_interval(secs => ${SEEN_SECONDS})`;

/** Says that this server is there, and takes away what is over; true when others are there too. */
export async function seeServers(db: Db, self: string): Promise<boolean> {
  return inTransaction(db, async (tx) => {
    const { rows } = await sql<{ others: number; isNew: boolean }>`
      with own as (
        insert into agent_server (server, seen_at) values (${self}, now())
        on conflict (server) do update set seen_at = now()
        returning xmax = 0 as is_new
      ), gone as (
        delete from agent_server where not ${isThere} and server <> ${self}
      ), unanswered as (
        delete from agent_part where asked_at < now() - make_interval(secs => ${KEPT_SECONDS})
      ), ended as (
        delete from agent_talk t
         where t.server <> ${self}
           and not exists (select from agent_server s where s.server = t.server and s.${isThere})
      )
      select (select count(*)::integer from agent_server
               where server <> ${self} and ${isThere}) as others, own.is_new as "isNew"
        from own`.execute(tx);
    const [found] = rows;
    if (found?.isNew === true) await notify(tx, "agent");
    return (found?.others ?? 0) > 0;
  });
}

/** This server stops, or works alone from now on: nobody need ask it. */
export async function leaveServers(db: Db, self: string, how: "stops" | "alone"): Promise<void> {
  await inTransaction(db, async (tx) => {
    await sql`delete from agent_talk where server = ${self}`.execute(tx);
    if (how === "stops") await sql`delete from agent_server where server = ${self}`.execute(tx);
  });
}

export interface OpenTalk {
  readonly talk: string;
  readonly host: string;
  readonly isBegun: boolean;
}

/** Talks of this server as they stand now, and those that are over. */
export async function writeTalks(
  db: Db,
  self: string,
  talks: { readonly open: readonly OpenTalk[]; readonly over: readonly string[] },
): Promise<void> {
  const { open, over } = talks;
  const all = <K extends keyof OpenTalk>(key: K) => open.map((one) => one[key]);
  await sql`
    with gone as (delete from agent_talk where talk = any(${[...over]}::text[]))
    insert into agent_talk (talk, host, server, is_begun)
    select o.talk, o.host, ${self}, o.is_begun
      from unnest(${all("talk")}::text[], ${all("host")}::text[], ${all("isBegun")}::boolean[])
        as o(talk, host, is_begun)
    on conflict (talk) do update set is_begun = excluded.is_begun`.execute(db);
}

/** Another server for which this host's call is meant: the one that waits for it longest. */
export async function serverWaitingFor(
  reader: Reader,
  self: string,
  host: string,
): Promise<string | null> {
  const { rows } = await sql<{ server: string }>`
    select t.server from agent_talk t join agent_server s on s.server = t.server and s.${isThere}
     where t.host = ${host} and not t.is_begun and t.server <> ${self}
     order by t.opened_at limit 1`.execute(reader);
  return rows[0]?.server ?? null;
}

/** The other server that has this talk with this host. */
export async function serverOfTalk(
  reader: Reader,
  self: string,
  of: { readonly host: string; readonly talk: string },
): Promise<string | null> {
  const { rows } = await sql<{ server: string }>`
    select t.server from agent_talk t join agent_server s on s.server = t.server and s.${isThere}
     where t.talk = ${of.talk} and t.host = ${of.host} and t.server <> ${self}`.execute(reader);
  return rows[0]?.server ?? null;
}

export interface Part {
  readonly host: string;
  readonly talk: string | null;
  readonly said: Uint8Array;
  readonly isLast: boolean;
}

/** Hands on what a host said; the answer will come under the same id. */
export async function askServer(
  db: Db,
  part: Part & { readonly id: string; readonly server: string; readonly asker: string },
): Promise<void> {
  await inTransaction(db, async (tx) => {
    await sql`
      insert into agent_part (id, server, asker, host, talk, said, is_last)
      values (${part.id}, ${part.server}, ${part.asker}, ${part.host}, ${part.talk},
              ${Buffer.from(part.said)}, ${part.isLast})`.execute(tx);
    await notify(tx, "agent");
  });
}

/** What was handed on to this server and nobody took yet, in the order in which it was said. */
export async function takeParts(
  db: Db,
  self: string,
): Promise<readonly (Part & { readonly id: string })[]> {
  const { rows } = await sql<Part & { id: string }>`
    with taken as (
      update agent_part set is_taken = true where server = ${self} and not is_taken
      returning id, host, talk, said, is_last, asked_at)
    select id, host, talk, said, is_last as "isLast" from taken order by asked_at`.execute(db);
  return rows;
}

export async function answerPart(db: Db, id: string, answer: unknown): Promise<void> {
  const json = Buffer.from(JSON.stringify(answer));
  await inTransaction(db, async (tx) => {
    await sql`update agent_part set answer = ${json} where id = ${id}`.execute(tx);
    await notify(tx, "agent");
  });
}

/** Answers to what this server handed on; they are gone from the table then. */
export async function takeAnswers(
  db: Db,
  self: string,
): Promise<readonly { readonly id: string; readonly answer: Uint8Array }[]> {
  const { rows } = await sql<{ id: string; answer: Uint8Array }>`
    delete from agent_part where asker = ${self} and answer is not null
    returning id, answer`.execute(db);
  return rows;
}
