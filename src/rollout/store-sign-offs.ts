import { type RawBuilder, sql } from "kysely";
import type { MissingPart } from "./hold.ts";

/** Sign-offs by people of the ownership map, asked in the very statement that opens a wave. */

/** The rollout's row is `r`, the wave's `w`. */
export const signOffsAllow: RawBuilder<boolean> = sql<boolean>`(not exists (
  select from missing_sign_off m
   where m.change = r.change and m.plan = r.plan and m.before <= w.number))`;

/** What a waiting wave lacks, for people; the wave's row is `w`. */
export const missingSignOffsOfWave: RawBuilder<readonly MissingPart[]> = sql<
  readonly MissingPart[]
>`(
  select coalesce(jsonb_agg(jsonb_build_object('role', m.role, 'of', m.part_of, 'able', m.able)
                            order by m.part_of, m.role), '[]')
    from rollout r join missing_sign_off m on m.change = r.change and m.plan = r.plan
   where r.id = w.rollout and m.before <= w.number and w.state = 'waiting')`;
