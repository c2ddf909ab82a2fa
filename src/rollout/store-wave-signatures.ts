import { type RawBuilder, sql } from "kysely";
import type { PlanDigest, RolloutId, SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { type Reader, sqlInstant, type Tx } from "../db/database.ts";
import type { KeyClass } from "../identity/model.ts";
import { millis } from "./store-time.ts";

/** An approver's own word that a wave may open, with the text that they signed. */
export interface WaveSignature {
  readonly rollout: RolloutId;
  readonly plan: PlanDigest;
  readonly wave: number;
  readonly person: SubjectId;
  /** As it stands in host policies and bundles. */
  readonly handle: string;
  readonly keyClass: KeyClass;
  readonly keyLine: string;
  readonly document: string;
  readonly signature: string;
  readonly at: Instant;
}

/** How many people who still count have signed a wave's opening; the wave's row is `w`. */
export const signaturesOfWave: RawBuilder<number> = sql<number>`(
  select count(*)::int from live_wave_signature s
   where s.rollout = w.rollout and s.wave = w.number)`;

/** Those that still count, in the order in which they came. */
export async function loadWaveSignatures(
  reader: Reader,
  rollout: RolloutId,
): Promise<readonly WaveSignature[]> {
  const { rows } = await sql<WaveSignature>`
    select s.rollout, s.plan, s.wave, s.person, s.handle, s.key_class as "keyClass",
           s.key_line as "keyLine", s.document, s.signature, ${millis(sql`s.at`)} as at
      from live_wave_signature s where s.rollout = ${rollout} order by s.at, s.person`.execute(
    reader,
  );
  return rows;
}

/** False when this person has signed the wave already. */
export async function insertWaveSignature(tx: Tx, of: WaveSignature): Promise<boolean> {
  const { numAffectedRows } = await sql`
    insert into wave_signature
      (rollout, plan, wave, person, handle, key_class, key_line, document, signature, at)
    values (${of.rollout}, ${of.plan}, ${of.wave}, ${of.person}, ${of.handle}, ${of.keyClass},
      ${of.keyLine}, ${of.document}, ${of.signature}, ${sqlInstant(of.at)})
    on conflict (rollout, wave, person) do nothing`.execute(tx);
  return numAffectedRows === 1n;
}

/** Has the engine look again at once. */
export async function wakeRollout(tx: Tx, rollout: RolloutId): Promise<void> {
  await sql`update rollout set look_at = now() where id = ${rollout}`.execute(tx);
}
