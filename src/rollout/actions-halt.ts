import type { Actor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { newId, type SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { demandUnscoped } from "../base/unscoped.ts";
import { finishChange } from "../change/actions-end.ts";
import { inTransaction, type Tx } from "../db/database.ts";
import { notify } from "../db/notify.ts";
import type { World } from "../db/world.ts";
import { recordEvent } from "../ledger/record.ts";
import { demandReached, demandWholeRollout, holdRight, wordsDigest } from "./actions.ts";
import { advancePatch } from "./actions-patch.ts";
import { recordRolloutEvent } from "./actions-results.ts";
import { loadRollout, type RolloutRow } from "./store.ts";
import { haltRollout, lockForHalt, setHalt, stopRollout, type WideScope } from "./store-halts.ts";
import { insertWord, loadStillStarting } from "./store-view.ts";

/** Stopping: a halt is for anybody who may halt any host of the rollout, and asks nobody else. */
export interface Halted {
  readonly rollout: RolloutRow;
  /** Hosts that hold a live permit: they may still start until then. */
  readonly mayStillStart: { readonly hosts: number; readonly until: Instant | null };
}

export interface Said {
  readonly rollout: string;
  readonly reason: string;
}

export async function halt(
  world: World,
  actor: Actor,
  input: Said & { readonly isFrozen: boolean },
): Promise<Halted> {
  const reach = { ref: input.rollout, permission: "rollout.halt" } as const;
  const { row: seen } = await demandReached(world.db, actor, reach);
  await inTransaction(world.db, async (tx) => {
    await lockForHalt(tx, `rollout:${seen.id}`);
    await holdRight(world, tx, { actor, row: seen, permission: "rollout.halt", act: "halt" });
    const reason = { why: "person", text: input.reason } as const;
    const { isFrozen } = input;
    if (!(await haltRollout(tx, { rollout: seen.id, reason, isFrozen }))) {
      await refuseHalt(tx, seen);
      return;
    }
    await record(tx, { world, actor, row: seen, verb: "halted", reason: input.reason, isFrozen });
  });
  const mayStillStart = await loadStillStarting(world.db, seen.id);
  return { rollout: await reload(world, seen), mayStillStart };
}

/** A second halt of a halted rollout is what was wanted; one of an ended rollout is not. */
async function refuseHalt(tx: Tx, seen: RolloutRow): Promise<void> {
  const now = await loadRollout(tx, seen.id);
  if (now?.state === "halted") return;
  throw new Failure(
    "blocked",
    `R-${seen.number} is ${now?.state ?? "gone"}; nothing runs any more.`,
  );
}

/** Ends the rollout for good. Hosts at work finish by themselves; what is left needs a new plan. */
export async function stop(world: World, actor: Actor, input: Said): Promise<RolloutRow> {
  const given = { ref: input.rollout, permission: "rollout.operate" } as const;
  const seen = await demandWholeRollout(world, actor, given);
  await inTransaction(world.db, async (tx) => {
    await lockForHalt(tx, `rollout:${seen.id}`);
    await holdRight(world, tx, { actor, row: seen, permission: "rollout.operate", act: "stop" });
    if (!(await stopRollout(tx, seen.id))) {
      throw new Failure("blocked", `R-${seen.number} is ${seen.state} already.`);
    }
    const at = world.clock();
    await record(tx, { world, actor, row: seen, verb: "stopped", reason: input.reason });
    await finishChange(tx, { change: seen.change, verb: "fail", actor: actor.subject, at });
    await advancePatch(tx, seen.patch, { verbs: ["stop"], actor: actor.subject, at });
  });
  return reload(world, seen);
}

/** Halts a scope wider than one rollout: everything, a ring, a service. */
export async function haltScope(
  world: World,
  actor: Actor,
  input: {
    readonly scope: WideScope;
    readonly isFrozen: boolean;
    readonly reason: string;
  },
): Promise<void> {
  const { scope, isFrozen } = input;
  demandUnscoped(actor, "rollout.halt", "A halt of a whole scope");
  await inTransaction(world.db, async (tx) => {
    await lockForHalt(tx, scope);
    const reason = { why: "person", text: input.reason } as const;
    await setHalt(tx, { scope, isHalted: true, isFrozen, reason, by: actor.subject });
    await recordScope(tx, { scope, verb: "halted", actor, reason: input.reason, isFrozen });
  });
}

/** The event of an act on a scope that is wider than one rollout. */
export async function recordScope(
  tx: Tx,
  act: {
    readonly scope: WideScope;
    readonly verb: "halted" | "resume-asked" | "resumed";
    readonly actor: Actor;
    readonly reason: string;
    readonly isFrozen?: boolean;
    /** Who asked to go on, where another one agreed. */
    readonly askedBy?: SubjectId;
  },
): Promise<void> {
  await recordEvent(tx, {
    type: `scope.${act.verb}`,
    actor: act.actor.subject,
    object: `scope:${act.scope}`,
    facts: {
      reason: wordsDigest(act.reason),
      ...(act.isFrozen === undefined ? {} : { isFrozen: act.isFrozen }),
      ...(act.askedBy === undefined ? {} : { askedBy: act.askedBy }),
    },
  });
  await notify(tx, "rollout");
}

/** The words and the event of an act on one rollout. */
export async function record(
  tx: Tx,
  act: {
    readonly world: World;
    readonly actor: Actor;
    readonly row: RolloutRow;
    readonly verb: "halted" | "resume-asked" | "resumed" | "stopped";
    readonly reason: string;
    readonly isFrozen?: boolean;
    readonly acknowledged?: number;
    readonly askedBy?: SubjectId;
  },
): Promise<void> {
  const { row, actor, verb, reason } = act;
  await insertWord(tx, {
    id: newId(act.world.clock()),
    rollout: row.id,
    verb: verb === "resume-asked" ? "asked to resume" : verb,
    by: actor.subject,
    words: reason,
  });
  const facts = {
    reason: wordsDigest(reason),
    ...(act.isFrozen === undefined ? {} : { isFrozen: act.isFrozen }),
    ...(act.acknowledged === undefined ? {} : { acknowledged: act.acknowledged }),
    ...(act.askedBy === undefined ? {} : { askedBy: act.askedBy }),
  };
  await recordRolloutEvent(tx, row.id, `rollout.${verb}`, facts, actor.subject);
  await notify(tx, "rollout");
}

export async function reload(world: World, seen: RolloutRow): Promise<RolloutRow> {
  return (await loadRollout(world.db, seen.id)) ?? seen;
}
