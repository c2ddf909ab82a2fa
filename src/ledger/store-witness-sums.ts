import { sql } from "kysely";
import type { Reader } from "../db/database.ts";

/** How far the witnesses of the log have come. */
export interface WitnessSums {
  readonly need: number;
  readonly witnesses: number;
  /** Entries under the newest head, and under the newest that enough witnesses signed. */
  readonly size: number;
  readonly cosigned: number;
  /** Witnesses that hold a head which this log never had. */
  readonly contradicting: number;
  /** How long the oldest head that too few have signed has been before them; 0 where none is. */
  readonly lagSeconds: number;
}

export async function loadWitnessSums(reader: Reader): Promise<WitnessSums> {
  const { rows } = await sql<WitnessSums>`
    select q.need, coalesce(h.size, 0) as size, coalesce(c.size, 0) as cosigned,
           (select count(*)::int from ledger_witness where removed_at is null) as witnesses,
           (select count(*)::int from ledger_witness
             where removed_at is null and contradicts_at is not null) as contradicting,
           coalesce(floor(extract(epoch from now() - (
             select min(p.at) from ledger_proposal p where p.size > coalesce(c.size, 0))))::int, 0)
             as "lagSeconds"
      from ledger_quorum q left join ledger_head h on true left join cosigned_head c on true
    `.execute(reader);
  return (
    rows[0] ?? { need: 0, witnesses: 0, size: 0, cosigned: 0, contradicting: 0, lagSeconds: 0 }
  );
}
