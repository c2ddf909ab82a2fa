import { sql } from "kysely";
import type { RolloutId } from "../base/ids.ts";
import type { Reader } from "../db/database.ts";
import { itsmHoldsOfWave } from "./store-itsm.ts";
import { missingSignOffsOfWave } from "./store-sign-offs.ts";
import { signaturesOfWave } from "./store-wave-signatures.ts";
import type { WaveFacts } from "./wave.ts";

/** What people and other systems said of a wave's opening. */
export type Opening = Required<Pick<WaveFacts, "signatures" | "unsigned" | "outside">>;

/**
 * Of the waves that have not opened, by number. Only the next one is decided on by it, and to plan this costs
 * more than all else that a turn reads, so it is asked for where there is a next one.
 */
export async function loadOpenings(
  reader: Reader,
  rollout: RolloutId,
): Promise<ReadonlyMap<number, Opening>> {
  const { rows } = await sql<Opening & { number: number }>`
    select w.number, ${signaturesOfWave} as signatures, ${missingSignOffsOfWave} as unsigned,
           ${itsmHoldsOfWave} as outside
      from wave w where w.rollout = ${rollout} and w.state = 'waiting'`.execute(reader);
  return new Map(rows.map(({ number, ...opening }) => [number, opening]));
}
