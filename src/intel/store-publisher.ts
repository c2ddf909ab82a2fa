import { sql } from "kysely";
import type { Instant } from "../base/instant.ts";
import { type Reader, sqlInstant, type Tx } from "../db/database.ts";
import type { Publisher } from "./vex-trust.ts";

/** Publishers whose signature under a VEX document counts. */
export async function loadPublishers(reader: Reader): Promise<readonly Publisher[]> {
  const { rows } = await sql<Publisher>`
    select id, name, authors, key_line as "keyLine", fingerprint from vex_publisher
     where removed_at is null order by name, id`.execute(reader);
  return rows;
}

export async function insertPublisher(
  tx: Tx,
  publisher: Publisher,
  added: { readonly by: string; readonly at: Instant },
): Promise<boolean> {
  const { id, name, authors, keyLine, fingerprint } = publisher;
  const { numAffectedRows } = await sql`
    insert into vex_publisher (id, name, authors, key_line, fingerprint, added_by, added_at)
    values (${id}, ${name}, ${[...authors]}::text[], ${keyLine}, ${fingerprint}, ${added.by},
            ${sqlInstant(added.at)})
    on conflict (fingerprint) where removed_at is null do nothing`.execute(tx);
  return Number(numAffectedRows ?? 0) === 1;
}

export async function endPublisher(tx: Tx, id: string, at: Instant): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update vex_publisher set removed_at = ${sqlInstant(at)}
     where id = ${id} and removed_at is null`.execute(tx);
  return Number(numAffectedRows ?? 0) === 1;
}
