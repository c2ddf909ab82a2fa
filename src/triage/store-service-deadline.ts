import { sql } from "kysely";
import type { Reader } from "../db/database.ts";
import { exposedStates } from "../intel/model.ts";
import type { DeadlinePolicy } from "./deadline-policy.ts";
import { type DetectionRow, exposureSql, presetsSql } from "./store-deadline.ts";

/** When services were first seen with what, from what was handed in of them. */
export interface ServiceDetection extends DetectionRow {
  readonly service: number;
  /** Since when a fixed version is known; null while there is none. */
  readonly fixKnownFrom: number | null;
}

/**
 * When services that have it now were first seen with a vulnerability: an artifact held the package
 * while a feed called it affected. A new document that holds the same resets no clock, nor does an
 * artifact that takes the place of another.
 */
export async function loadServiceDetections(
  reader: Reader,
  policy: DeadlinePolicy,
  nums: readonly number[],
): Promise<readonly ServiceDetection[]> {
  const { rows } = await sql<ServiceDetection>`
    with deployed as materialized (
      select live.num, s.set_id, ${exposureSql(policy)} as exposure,
             ${presetsSql(policy)} as presets,
             range_agg(tstzrange(s.observed_from, s.observed_to)) as seen,
             bool_or(s.observed_to is null) as is_now
        from service live join service_set s on s.service_num = live.num
         and s.recorded_to is null
       where live.num = any(${[...nums]}::integer[])
       group by 1, 2, 3, 4
    ), held as materialized (
      select distinct d.set_id, m.package_id
        from (select distinct set_id from deployed) d
        join package_set_member m on m.set_id = d.set_id
       where exists (select from finding_pair f where f.package_id = m.package_id)
    ), known as materialized (
      select f.vulnerability, f.package_id, f.ecosystem, f.source,
             range_agg(tstzrange(f.valid_from, f.valid_to)) as known,
             min(f.valid_from) filter (where f.fixed_version is not null) as fix_from,
             max(f.fixed_version) filter (where f.valid_to is null) as fixed,
             bool_or(f.valid_to is null) as is_current
        from finding_pair f
       where f.state = any(${[...exposedStates]}::text[])
         and f.package_id in (select package_id from held)
       group by 1, 2, 3, 4
    )
    select d.num as service, k.vulnerability, k.ecosystem, k.source, d.exposure, d.presets,
           min(lower(k.known * d.seen)) as "detectedAt", min(k.fix_from) as "fixKnownFrom",
           coalesce(array_agg(distinct k.fixed) filter (where k.fixed is not null), '{}')
             as "fixedVersions"
      from deployed d join held h on h.set_id = d.set_id
      join known k on k.package_id = h.package_id
     group by 1, 2, 3, 4, 5, 6
    having bool_or(k.is_current and d.is_now) and min(lower(k.known * d.seen)) is not null
     order by 1, 2, 3, 4`.execute(reader);
  return rows;
}
