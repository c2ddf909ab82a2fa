import { sql } from "kysely";
import type { Reader } from "../db/database.ts";

/** Which of this server's keys somebody outside knows. */
export interface KeyUses {
  /** Hosts were enrolled with a policy that names the dispatcher. */
  readonly enrolled: boolean;
  readonly agents: boolean;
  /** The generation of the authority that signs SSH certificates; null: there is none. */
  readonly authority: number | null;
}

export async function loadKeyUses(reader: Reader): Promise<KeyUses> {
  const { rows } = await sql<KeyUses>`
    select exists (select from host_enrolment) as enrolled,
           exists (select from agent where state <> 'buried') as agents,
           (select max(generation) from ssh_authority where signs_from is not null
                                                         and retired_at is null) as authority
    `.execute(reader);
  return rows[0] ?? { enrolled: false, agents: false, authority: null };
}
