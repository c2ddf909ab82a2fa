import { type RawBuilder, sql } from "kysely";
import type { ItsmHeld } from "../change/itsm-hold.ts";

/**
 * What records in ITSM systems hold, asked in the very statement that opens a wave. A stopped record
 * holds every wave; a state that the policy asks for is asked before the first one only.
 */

/** The rollout's row is `r`, the wave's `w`. */
export const itsmAllows: RawBuilder<boolean> = sql<boolean>`(not exists (
  select from itsm_hold i
   where i.change = r.change and (not i.is_for_start or w.number = 1)))`;

/** What a waiting wave is held by, for people; the wave's row is `w`. */
export const itsmHoldsOfWave: RawBuilder<readonly ItsmHeld[]> = sql<readonly ItsmHeld[]>`(
  select coalesce(jsonb_agg(jsonb_build_object('system', i.system, 'kind', i.kind, 'key', i.key,
                                               'state', i.state, 'wanted', i.wanted)
                            order by i.system, i.kind), '[]')
    from rollout r join itsm_hold i on i.change = r.change
   where r.id = w.rollout and w.state = 'waiting' and (not i.is_for_start or w.number = 1))`;
