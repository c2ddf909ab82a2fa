import type { Actor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { newId } from "../base/ids.ts";
import { inTransaction, type Tx } from "../db/database.ts";
import { notify } from "../db/notify.ts";
import type { World } from "../db/world.ts";
import { demandWholeRollout, holdRight, wordsDigest } from "./actions.ts";
import { recordRolloutEvent } from "./actions-results.ts";
import { loadRollout, loadWaveNumbers, type RolloutRow } from "./store.ts";
import { haltRollout, lockForHalt } from "./store-halts.ts";
import { orderReverts } from "./store-targets.ts";
import { findHostOf, insertWord } from "./store-view.ts";

/**
 * A person takes hosts back: one, a wave, or all. Whole waves halt the rollout first, so that nothing
 * goes on while others go back. The person's word stands above the budget of the engine's own
 * reverts; what the signed plan allows, each host checks itself (host protocol §7.7).
 */
export interface RevertOrder {
  readonly rollout: string;
  /** Null: not one wave. */
  readonly wave: number | null;
  /** By name or id; null: not one host. Neither wave nor host: every wave. */
  readonly host: string | null;
  readonly reason: string;
}

export async function orderRevert(
  world: World,
  actor: Actor,
  order: RevertOrder,
): Promise<{ readonly rollout: RolloutRow; readonly hosts: number }> {
  const given = { ref: order.rollout, permission: "rollout.operate" } as const;
  const seen = await demandWholeRollout(world, actor, given);
  const host = order.host === null ? null : await demandHost(world, seen, order.host);
  const hosts = await inTransaction(world.db, async (tx) => {
    await lockForHalt(tx, `rollout:${seen.id}`);
    await holdRight(world, tx, { actor, row: seen, permission: "rollout.operate", act: "revert" });
    const row = (await loadRollout(tx, seen.id)) ?? seen;
    refuseRevert(row);
    if (host === null) await haltFor(tx, row, order.reason);
    const waves = await loadWaveNumbers(tx, row.id);
    const asked = order.wave === null ? waves.toReversed() : [order.wave];
    let moved = 0;
    for (const wave of asked) {
      const only = host === null ? {} : { hosts: [host] };
      moved += (await orderReverts(tx, row.id, { wave, ...only })).length;
    }
    if (moved === 0) {
      const what = "No host of it has the patch and may still be taken back";
      throw new Failure("blocked", `${what}: the approved time may be over.`);
    }
    await record(tx, { world, actor, row, order, moved });
    return moved;
  });
  return { rollout: (await loadRollout(world.db, seen.id)) ?? seen, hosts };
}

async function demandHost(world: World, row: RolloutRow, ref: string) {
  const found = await findHostOf(world.db, { rollout: row.id, ref, scopes: [[]] });
  if (found !== null) return found.id;
  throw new Failure("not-found", `R-${row.number} has no host ${ref.slice(0, 64)}.`);
}

function refuseRevert(row: RolloutRow): void {
  const name = `R-${row.number}`;
  if (row.state !== "running" && row.state !== "halted") {
    throw new Failure("blocked", `${name} is ${row.state}; taking it back needs a new plan.`);
  }
  if (row.isFrozen) {
    throw new Failure("blocked", `${name} is frozen, so nothing is taken back. Resume it first.`);
  }
  if (row.revertSeconds === null) {
    const text = `The plan of ${name} says that hosts go back only on their own evidence.`;
    throw new Failure("blocked", text);
  }
}

async function haltFor(tx: Tx, row: RolloutRow, reason: string): Promise<void> {
  const halt = { why: "person", text: reason } as const;
  if (!(await haltRollout(tx, { rollout: row.id, reason: halt, isFrozen: false }))) return;
  await recordRolloutEvent(tx, row, "rollout.halted", { why: "person" });
}

async function record(
  tx: Tx,
  act: {
    readonly world: World;
    readonly actor: Actor;
    readonly row: RolloutRow;
    readonly order: RevertOrder;
    readonly moved: number;
  },
): Promise<void> {
  const { world, actor, row, order, moved: count } = act;
  const said = { id: newId(world.clock()), rollout: row.id, by: actor.subject };
  await insertWord(tx, { ...said, verb: "takes back", words: order.reason });
  const facts = { count, wave: order.wave ?? 0, reason: wordsDigest(order.reason) };
  await recordRolloutEvent(tx, row, "revert.ordered", facts, actor.subject);
  await notify(tx, "rollout");
}
