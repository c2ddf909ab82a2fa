import { sql } from "kysely";
import type { Reader } from "../db/database.ts";

/** Fewer recorded jobs say nothing about the next one. */
const JOBS_MIN = 10;

/** How long nine of ten of the newest jobs took at most, in seconds; null where too few are known. */
export async function loadJobSeconds(reader: Reader): Promise<number | null> {
  const { rows } = await sql<{ seconds: number | null; jobs: number }>`
    select percentile_disc(0.9) within group (order by seconds) as seconds, count(*) as jobs
      from (select extract(epoch from ended_at - permitted_at)::float8 as seconds
              from target
             where state in ('done', 'rolled-back') and ended_at > permitted_at
             order by ended_at desc limit 1000) as newest`.execute(reader);
  const [found] = rows;
  return found === undefined || found.jobs < JOBS_MIN ? null : found.seconds;
}
