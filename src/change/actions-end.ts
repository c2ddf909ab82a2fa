import { type Actor, scopesFor, systemActor } from "../base/actor.ts";
import { sha256 } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import type { ChangeId, SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { inTransaction, type Tx } from "../db/database.ts";
import { notify } from "../db/notify.ts";
import type { World } from "../db/world.ts";
import { personBehind } from "../identity/store.ts";
import { recordEvent } from "../ledger/record.ts";
import { demandAcknowledged } from "../plan/actions-procedures.ts";
import { approvalLost, demandChange, lockForTaking } from "./actions.ts";
import { openDuties } from "./actions-duties.ts";
import type { Change, ChangeState, ChangeVerb } from "./model.ts";
import { nextState } from "./model.ts";
import { expireChanges, loadChange, moveChange, startApproved } from "./store.ts";

/** How a change ends without being carried out, and how carrying it out begins and ends. */

interface Ending {
  readonly change: string;
  readonly reason: string;
}

/** The requester takes it back, also while it runs: then no host starts any more. */
export async function withdrawChange(world: World, actor: Actor, given: Ending): Promise<Change> {
  const person = await personBehind(world.db, actor.subject);
  return endChange(world, given, {
    verb: "withdraw",
    actor,
    permission: "change.request",
    judge: (change) => {
      if (change.requesterPerson === person) return;
      throw new Failure(
        "forbidden",
        `Only who asked for C-${change.number} can withdraw it. An approver can reject it, and anybody who may halt can halt its rollout.`,
      );
    },
  });
}

/** An approver says no; also of what others have approved, as long as it does not run. */
export async function rejectChange(world: World, actor: Actor, given: Ending): Promise<Change> {
  return endChange(world, given, {
    verb: "reject",
    actor,
    permission: "change.approve",
    judge: () => undefined,
  });
}

async function endChange(
  world: World,
  given: Ending,
  how: {
    readonly verb: "withdraw" | "reject";
    readonly actor: Actor;
    readonly permission: "change.request" | "change.approve";
    readonly judge: (change: Change) => void;
  },
): Promise<Change> {
  const { actor, verb } = how;
  return inTransaction(world.db, async (tx) => {
    const found = { ref: given.change, change: await lockForTaking(tx, given.change) };
    const change = await demandChange(tx, scopesFor(actor, how.permission), found);
    how.judge(change);
    const to = nextState(change.state, verb);
    if (to === null) {
      throw new Failure(
        "blocked",
        `C-${change.number} is ${change.state}; it is too late for that.`,
      );
    }
    return endNow(tx, change, { verb, to, actor, at: world.clock(), reason: given.reason });
  });
}

/**
 * The change's plan was revoked: it ends wherever it stands, and no host starts any more. One that has
 * ended stays as it is. The caller has taken `lockForTaking` in this transaction.
 */
export async function endRevoked(
  tx: Tx,
  change: Change,
  of: { readonly actor: Actor; readonly at: Instant; readonly reason: string },
): Promise<Change> {
  const to = nextState(change.state, "withdraw");
  return to === null ? change : endNow(tx, change, { ...of, verb: "withdraw", to });
}

async function endNow(
  tx: Tx,
  change: Change,
  how: {
    readonly verb: "withdraw" | "reject";
    readonly to: ChangeState;
    readonly actor: Actor;
    readonly at: Instant;
    readonly reason: string;
  },
): Promise<Change> {
  const { verb, to, actor, at, reason } = how;
  await moveChange(tx, { id: change.id, verb, to, at, reason });
  await recordEnd(tx, actor.subject, { ...change, state: to }, reason);
  await approvalLost(tx, { before: change.state, patch: change.patch, actor, at });
  return { ...change, state: to, movedAt: at, closedReason: reason };
}

/** The reason may hold names, which the ledger must not: it keeps its digest. */
export async function recordEnd(
  tx: Tx,
  actor: SubjectId,
  change: Pick<Change, "id" | "patch" | "plan" | "state">,
  reason: string | null,
): Promise<void> {
  await recordEvent(tx, {
    type: `change.${change.state}`,
    actor,
    object: `change:${change.id}`,
    patch: change.patch,
    change: change.id,
    plan: change.plan,
    facts: reason === null ? {} : { reason: sha256(reason) },
  });
  await notify(tx, "change");
}

/** Closes changes whose time is over; returns how many. */
export async function expireOverdue(world: World): Promise<number> {
  return inTransaction(world.db, async (tx) => {
    const at = world.clock();
    const expired = await expireChanges(tx, at);
    // In the order of their cases, so that two servers lock cases in the same order.
    for (const change of [...expired].sort((a, b) => (a.patch < b.patch ? -1 : 1))) {
      const { before, patch } = change;
      await recordEnd(tx, systemActor.subject, { ...change, state: "expired" }, null);
      await approvalLost(tx, { before, patch, actor: systemActor, at });
    }
    return expired.length;
  });
}

/**
 * For the rollout's start: approved → running, if the approvals are valid at this moment. The caller
 * has taken `lockApproval(tx, [change], "shared")` in this transaction.
 */
export async function startChange(
  world: World,
  tx: Tx,
  start: { readonly change: ChangeId; readonly actor: SubjectId; readonly at: Instant },
): Promise<Change> {
  const change = await loadChange(tx, start.change);
  if (change === null) throw new Failure("not-found", "There is no such change.");
  if ((await startApproved(tx, start.change, start.at)) === null) {
    throw new Failure("blocked", notCarriedOut(change), {
      facts: { state: change.state, need: change.need },
    });
  }
  await demandAcknowledged(tx, { plan: change.plan, name: `C-${change.number}` });
  await recordEnd(tx, start.actor, { ...change, state: "running" }, null);
  await openDuties(world, tx, { ...change, at: start.at });
  return { ...change, state: "running", movedAt: start.at };
}

function notCarriedOut({ number, state }: Change): string {
  return state === "approved"
    ? `C-${number} was approved, but not enough of its approvals count now: their time is over, or an approver was disabled or took back the key. Give it a new plan and have that approved.`
    : `C-${number} is ${state}; only a change with valid approvals is carried out.`;
}

/** For the rollout's end: running → completed, failed or backed-out; false when it did not run. */
export async function finishChange(
  tx: Tx,
  end: {
    readonly change: ChangeId;
    readonly verb: Extract<ChangeVerb, "complete" | "fail" | "backOut">;
    readonly actor: SubjectId;
    readonly at: Instant;
  },
): Promise<boolean> {
  const change = await loadChange(tx, end.change);
  const to = change === null ? null : nextState(change.state, end.verb);
  if (change === null || to === null) return false;
  const isMoved = await moveChange(tx, { id: change.id, verb: end.verb, to, at: end.at });
  if (isMoved) await recordEnd(tx, end.actor, { ...change, state: to }, null);
  return isMoved;
}
