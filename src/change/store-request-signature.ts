import { sql } from "kysely";
import type { PlanDigest } from "../base/ids.ts";
import { type Reader, sqlInstant, type Tx } from "../db/database.ts";
import type { RequestSignature } from "./model.ts";

/** The requester's own signature over a plan's statement; one for a plan, kept for ever. */

export async function loadRequestSignature(
  reader: Reader,
  plan: PlanDigest,
): Promise<RequestSignature | null> {
  const { rows } = await sql<RequestSignature>`
    select s.plan, s.change, s.person, s.handle, s.key_class as "keyClass", s.key_line as "keyLine",
           s.signature, s.at
      from request_signature s where s.plan = ${plan}`.execute(reader);
  return rows[0] ?? null;
}

/** False when the plan has one already. */
export async function insertRequestSignature(tx: Tx, of: RequestSignature): Promise<boolean> {
  const { numAffectedRows } = await sql`
    insert into request_signature (plan, change, person, handle, key_class, key_line, signature, at)
    values (${of.plan}, ${of.change}, ${of.person}, ${of.handle}, ${of.keyClass}, ${of.keyLine},
      ${of.signature}, ${sqlInstant(of.at)})
    on conflict (plan) do nothing`.execute(tx);
  return numAffectedRows === 1n;
}
