import { sql } from "kysely";
import type { ChangeId, HostId, PlanDigest } from "../base/ids.ts";
import type { Reader } from "../db/database.ts";
import type { Head } from "../fleet/order.ts";

/** Place of the entry that completed the approval, once a signed head covers it (§12.4). */
export async function loadApprovalIndex(
  reader: Reader,
  of: { readonly change: ChangeId; readonly plan: PlanDigest },
): Promise<number | null> {
  const { rows } = await sql<{ index: number }>`
    select index from integrated_approval
     where change = ${of.change} and plan = ${of.plan}
     order by index desc limit 1`.execute(reader);
  return rows[0]?.index ?? null;
}

/**
 * Of these hosts those whose program and policy were installed by their own people, each with the head
 * of the log that its newest signed result names, and with its ring. A piped host demands no proof: its policy comes
 * from this very server.
 */
export async function loadHostHeads(
  reader: Reader,
  hosts: readonly HostId[],
): Promise<ReadonlyMap<HostId, { readonly head: Head; readonly ring: string }>> {
  const { rows } = await sql<{ host: HostId; ring: string; head: string | null }>`
    select e.host, e.ring, said.head
      from (select distinct on (host) host, way, ring from host_enrolment
             where host = any(${[...hosts]}::text[])
             order by host, enrolled_at desc, policy_version desc) e
      left join lateral (
        select substring(r.document from '\nhead ([0-9]+ [0-9a-f]{64})\n') as head
          from job_result r where r.host = e.host order by r.counter desc limit 1) said on true
     where e.way <> 'piped'`.execute(reader);
  return new Map(rows.map(({ host, ring, head }) => [host, { head: readHead(head), ring }]));
}

/** A host that never reported has seen no head. */
function readHead(text: string | null): Head {
  const [size = "0", root = ""] = text?.split(" ") ?? [];
  return { size: Number(size), root };
}
