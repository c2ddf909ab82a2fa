import { sql } from "kysely";
import type { Digest } from "../base/digest.ts";
import type { Instant } from "../base/instant.ts";
import type { Reader } from "../db/database.ts";

/** Rings policies as plans used them. */
export interface UsedRings {
  readonly digest: Digest;
  readonly name: string;
  readonly text: string;
  readonly plans: number;
  readonly firstUsedAt: Instant;
}

const POLICIES_MAX = 50;

/** The policies of the newest plans, newest use first. */
export async function loadUsedRings(reader: Reader): Promise<readonly UsedRings[]> {
  const { rows } = await sql<UsedRings>`
    select r.digest, r.name, r.text, count(*) as plans, min(p.created_at) as "firstUsedAt"
      from rings_policy r join plan p on p.rings_policy = r.digest
     group by r.digest, r.name, r.text
     order by max(p.created_at) desc limit ${POLICIES_MAX}`.execute(reader);
  return rows;
}
