import { sql } from "kysely";
import type { SubjectId } from "../base/ids.ts";
import type { Reader } from "../db/database.ts";
import { type ProvedEvent, provedTypes } from "./sign-in-said.ts";

/** So much of a credential's hash stands in entries: enough to tell two apart, not to use one. */
export const SESSION_DIGITS = 16;

/** The newest proof that the log tells of this session; null where it tells of none. */
export async function loadLastProof(
  reader: Reader,
  of: { readonly subject: SubjectId; readonly credentialHash: string },
): Promise<ProvedEvent | null> {
  const session = of.credentialHash.slice(0, SESSION_DIGITS);
  const { rows } = await sql<ProvedEvent>`
    select type, facts from event
    where object = ${`subject:${of.subject}`} and type in (${sql.join(provedTypes)})
      and coalesce(case when type = 'session.started' then facts->>'session' end,
        circumstances->>'session') = ${session}
    order by inserted desc limit 1`.execute(reader);
  return rows[0] ?? null;
}
