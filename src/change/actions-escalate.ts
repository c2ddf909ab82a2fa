import { systemActor } from "../base/actor.ts";
import { inTransaction } from "../db/database.ts";
import { notify } from "../db/notify.ts";
import type { World } from "../db/world.ts";
import { recordEvent } from "../ledger/record.ts";
import { stepsDue } from "./escalation.ts";
import { insertEscalation, lockWaiting } from "./store-escalation.ts";

const WAITING_MAX = 500;

/** Tells those whom the ownership map names that a change waits, each once; returns how many. */
export async function escalateWaiting(world: World): Promise<number> {
  return inTransaction(world.db, async (tx) => {
    const at = world.clock();
    let told = 0;
    for (const change of await lockWaiting(tx, WAITING_MAX)) {
      const { since, assessment } = change;
      const steps = assessment?.ownership?.escalate ?? [];
      for (const due of stepsDue(steps, { since, now: at, told: change.told })) {
        if (!(await insertEscalation(tx, { id: change.id, at }, due))) continue;
        await recordEvent(tx, {
          type: "change.escalated",
          actor: systemActor.subject,
          object: `change:${change.id}`,
          ...{ patch: change.patch, change: change.id, plan: change.plan },
          // Names may be people's; the ledger keeps where they stand in the policy.
          facts: { step: due.step, dueAt: due.dueAt, rule: assessment?.ownership?.rule ?? "" },
        });
        told += 1;
      }
    }
    if (told > 0) await notify(tx, "change");
    return told;
  });
}
