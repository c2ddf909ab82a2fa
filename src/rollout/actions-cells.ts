import type { Actor } from "../base/actor.ts";
import type { World } from "../db/world.ts";
import { demandReached } from "./actions.ts";
import type { Standing } from "./model.ts";
import { loadCells } from "./store-cells.ts";

/** So many hosts in a row of the plan's order. */
interface Run {
  readonly standing: Standing;
  readonly hosts: number;
}

/** Where the hosts of one wave stand, in the order of the plan: neighbours that stand alike together. */
export interface WaveCells {
  readonly number: number;
  readonly runs: readonly Run[];
}

/** More than a screen shows apart; what is beyond is told in counts. */
const CELLS_MAX = 20_000;

/** The picture's cells without their names: one small answer however many hosts a rollout has. */
export async function cellsOf(
  world: World,
  actor: Actor,
  asked: { readonly rollout: string; readonly waveHostsMax: number },
): Promise<readonly WaveCells[]> {
  const reach = { ref: asked.rollout, permission: "rollout.read" } as const;
  const { row, scopes } = await demandReached(world.db, actor, reach);
  const { waveHostsMax } = asked;
  const about = { rollout: row.id, scopes, waveHostsMax, hostsMax: CELLS_MAX };
  const waves = new Map<number, Run[]>();
  for (const { wave, standing, hosts } of await loadCells(world.db, about)) {
    const runs = waves.get(wave) ?? [];
    runs.push({ standing, hosts });
    waves.set(wave, runs);
  }
  return [...waves].map(([number, runs]) => ({ number, runs }));
}
