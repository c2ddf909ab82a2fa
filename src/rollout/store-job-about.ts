import { sql } from "kysely";
import type { ChangeId, HostId, RolloutId } from "../base/ids.ts";
import type { Tx } from "../db/database.ts";
import type { JobAbout } from "../reach/reach-by-certificate.ts";
import { controlsAllow, mayRunNow, rolloutAllows } from "./store-claims.ts";

interface Row {
  readonly change: ChangeId;
  readonly rollout: RolloutId;
  readonly changeNumber: number;
  readonly number: number;
  readonly index: number;
  readonly attempt: number;
}

/**
 * The job for which a connection to this host is due now; null where there is none. What is to begin is
 * asked as a claim and a permit ask it: the approval, halts, the times. A job that has begun is always
 * heard: the host may be at work.
 */
export async function loadJobAbout(tx: Tx, host: HostId): Promise<JobAbout | null> {
  const mayBegin = (kind: "apply" | "revert") =>
    sql`(t.kind = ${kind} and ${mayRunNow(kind)} and ${rolloutAllows(kind)} and ${controlsAllow(kind)})`;
  const { rows } = await sql<Row>`
    select r.change, r.id as rollout, c.number as "changeNumber", r.number,
           t.leaf_index as "index", t.attempt
      from host_slot s
      join rollout r on r.id = s.rollout
      join change c on c.id = r.change
      join target t on t.rollout = r.id and t.host = s.host
      join wave w on w.rollout = r.id and w.number = t.wave
      join host h on h.id = s.host and h.mode = 'managed' and h.removed_at is null
     where s.host = ${host} and not s.is_quarantined
       and (t.state in ('permitted', 'applying', 'rebooting', 'verifying', 'unknown')
         or (t.state = 'held' and t.is_begun)
         or (t.state = 'leased' and (t.is_begun or ${mayBegin("apply")} or ${mayBegin("revert")})))
     limit 1`.execute(tx);
  const [row] = rows;
  if (row === undefined) return null;
  const { change, rollout, changeNumber, number, index, attempt } = row;
  return { change, rollout, text: `C-${changeNumber} R-${number} target ${index}.${attempt}` };
}
