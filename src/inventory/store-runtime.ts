import { sql } from "kysely";
import type { HostId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { type Reader, sqlInstant, sqlJson, type Tx } from "../db/database.ts";
import {
  type RuntimeCounts,
  type RuntimeSet,
  runtimeCountsSchema,
  runtimeDigest,
  runtimeSetSchema,
  type SeenRuntime,
} from "./runtime.ts";
import { pointHostTo } from "./store-history.ts";

/** What runs on hosts: each picture stored once under its digest, and which host had it when. */
export async function keepRuntime(
  tx: Tx,
  seen: SeenRuntime | null,
  at: {
    readonly hostId: HostId;
    readonly hostNum: number;
    readonly observedAt: Instant;
    readonly recordedAt: Instant;
  },
): Promise<void> {
  const setId = seen === null ? null : await storeRuntimeSet(tx, seen.set, at.recordedAt);
  await pointHostTo(tx, "host_runtime", { ...at, setId });
  await sql`
    update host set runtime = ${seen === null ? null : sqlJson(seen.counts)}
     where id = ${at.hostId}`.execute(tx);
}

async function storeRuntimeSet(tx: Tx, set: RuntimeSet, at: Instant): Promise<number> {
  const digest = runtimeDigest(set);
  const known = sql<{ id: number }>`select id from runtime_set where digest = ${digest}`;
  const [before] = (await known.execute(tx)).rows;
  if (before !== undefined) return before.id;
  await sql`
    insert into runtime_set (digest, content, created_at)
    values (${digest}, ${sqlJson(set)}, ${sqlInstant(at)}) on conflict do nothing`.execute(tx);
  const [made] = (await known.execute(tx)).rows;
  return made?.id ?? 0;
}

export interface HostRuntime {
  readonly set: RuntimeSet;
  readonly counts: RuntimeCounts;
  /** Since when it is so, as far as inspections tell, and when it was last looked at. */
  readonly since: Instant;
  readonly asOf: Instant;
}

/** What runs on a host by its last inspection; null where nobody could tell. */
export async function loadHostRuntime(reader: Reader, id: HostId): Promise<HostRuntime | null> {
  const { rows } = await sql<{ content: unknown; counts: unknown; since: Instant; asOf: Instant }>`
    select s.content, h.runtime as counts, r.observed_from as since, h.inspected_at as "asOf"
      from host h
      join host_runtime r on r.host_num = h.num
       and r.observed_to is null and r.recorded_to is null
      join runtime_set s on s.id = r.set_id
     where h.id = ${id} and h.runtime is not null`.execute(reader);
  const [row] = rows;
  if (row === undefined) return null;
  const { since, asOf } = row;
  const set = runtimeSetSchema.parse(row.content);
  return { set, counts: runtimeCountsSchema.parse(row.counts), since, asOf };
}
