import { type Actor, scopesFor } from "../base/actor.ts";
import { sha256 } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import { type Id, newId, type SubjectId } from "../base/ids.ts";
import { DAY_MS, type Instant } from "../base/instant.ts";
import { inTransaction } from "../db/database.ts";
import { notify } from "../db/notify.ts";
import type { World } from "../db/world.ts";
import { loadSubject } from "../identity/store.ts";
import { recordEvent } from "../ledger/record.ts";
import { loadPlan } from "../plan/store.ts";
import { type RiskLevel, riskLevels } from "../policy/change-control.ts";
import { changePolicy } from "../policy/store-files.ts";
import { approvalLost, demandChange, lockForTaking } from "./actions.ts";
import { demandsFor, itsmFor, signOffsFor } from "./actions-assess.ts";
import { whatIsMissing } from "./actions-settle.ts";
import { delegationRefusal } from "./delegation.ts";
import { type Change, nextState } from "./model.ts";
import { moveChange } from "./store.ts";
import {
  type Delegation,
  insertDelegation,
  loadDelegation,
  loadDelegations,
  lockDelegations,
  revokeDelegation,
  saveControl,
} from "./store-control.ts";

/** Raising the risk of a change, and handing approvals to somebody else for a time. */

/** Why the risk cannot be raised; null when it can. Nobody lowers it, whatever their role. */
export function raiseRefusal(change: Pick<Change, "state" | "level" | "number">): string | null {
  if (nextState(change.state, "edit") === null) return `The change is ${change.state}.`;
  return change.level === "high" ? "Its risk is high already, and is never lowered." : null;
}

/** From now on the change asks for what the higher level asks; one that lacks it is not approved. */
export async function raiseRisk(
  world: World,
  actor: Actor,
  given: { readonly change: string; readonly to: RiskLevel; readonly reason: string },
): Promise<Change> {
  return inTransaction(world.db, async (tx) => {
    const found = { ref: given.change, change: await lockForTaking(tx, given.change) };
    const change = await demandChange(tx, scopesFor(actor, "change.vote"), found);
    const refusal = raiseRefusal(change);
    if (refusal !== null) throw new Failure("blocked", refusal);
    if (riskLevels.indexOf(given.to) <= riskLevels.indexOf(change.level)) {
      throw new Failure(
        "forbidden",
        `The risk of C-${change.number} is ${change.level}. People raise it, nobody lowers it.`,
      );
    }
    const plan = await loadPlan(tx, change.plan);
    const at = world.clock();
    const policy = await changePolicy(world);
    const asked = { ...change, planNeed: plan?.need ?? 1, requester: change.requesterPerson };
    const { needed, demands } = await demandsFor(world, { policy, level: given.to, asked });
    const raised = { to: given.to, by: actor.subject, reason: given.reason, at };
    const signOffs = await signOffsFor(world, { policy, asked, level: given.to });
    const itsm = await itsmFor(world, { policy, asked, level: given.to });
    const weighed = change.assessment ?? unweighed(change, policy);
    const now: Change = {
      ...change,
      need: Math.max(change.need, needed.need),
      level: given.to,
      needsBoard: change.needsBoard || needed.needsCab,
      // What is riskier than its points say is no standard change any more.
      assessment: {
        ...weighed,
        waived: [...needed.waived],
        signOffs,
        itsm,
        template: null,
        raised,
      },
    };
    await saveControl(tx, now, demands);
    await recordEvent(tx, {
      type: "change.risk-raised",
      actor: actor.subject,
      object: `change:${change.id}`,
      patch: change.patch,
      change: change.id,
      plan: change.plan,
      facts: { from: change.level, to: given.to, reason: sha256(given.reason) },
    });
    await notify(tx, "change");
    if (change.state !== "approved" || (await whatIsMissing(tx, now)).length === 0) return now;
    await moveChange(tx, { id: change.id, verb: "edit", to: "requested", at });
    await approvalLost(tx, { before: "approved", patch: change.patch, actor, at });
    return { ...now, state: "requested", movedAt: at };
  });
}

/** A change from before risk was weighed has no points; its level was written as low. */
function unweighed(
  change: Change,
  policy: { readonly file: string; readonly version: string },
): NonNullable<Change["assessment"]> {
  const named = { file: policy.file, digest: policy.version };
  const none = {
    parts: [],
    waived: [],
    ownership: null,
    signOffs: [],
    itsm: [],
    template: null,
    raised: null,
  };
  return { points: 0, level: change.level, policy: named, ...none };
}

export type DelegationId = Id<"delegation">;

/** Whoever holds the right to approve lets somebody else sign in their place for a time. */
export async function delegate(
  world: World,
  actor: Actor,
  given: {
    readonly to: string;
    readonly startsAt: Instant | null;
    readonly endsAt: Instant;
    readonly reason: string;
  },
): Promise<Delegation> {
  const policy = await changePolicy(world);
  return inTransaction(world.db, async (tx) => {
    const to = await loadSubject(tx, given.to);
    if (to === null) throw new Failure("not-found", `There is nobody called ${given.to}.`);
    await lockDelegations(tx, [actor.subject, to.id]);
    const now = world.clock();
    const startsAt = given.startsAt ?? now;
    const refusal = delegationRefusal({
      isPerson:
        actor.kind === "person" && (await loadSubject(tx, actor.subject))?.kind === "person",
      from: actor.subject,
      to: { id: to.id, isPerson: to.kind === "person", isLive: to.disabledAt === null },
      span: { startsAt, endsAt: given.endsAt },
      msMax: policy.delegation.days * DAY_MS,
      now,
      heldByFrom: await loadDelegations(tx, { now, to: actor.subject }),
      handedOnByTo: await loadDelegations(tx, { now, from: to.id }),
    });
    if (refusal !== null) throw new Failure("blocked", refusal);
    const made = {
      id: newId<DelegationId>(now),
      ...{ from: actor.subject, to: to.id, startsAt, endsAt: given.endsAt, reason: given.reason },
    };
    await insertDelegation(tx, { ...made, at: now });
    await recordDelegation(tx, "delegation.made", { actor: actor.subject, delegation: made });
    return { ...made, revokedAt: null };
  });
}

/** Either of the two ends it at once; what was signed under it stays signed. */
export async function endDelegation(world: World, actor: Actor, id: string): Promise<void> {
  await inTransaction(world.db, async (tx) => {
    const found = await loadDelegation(tx, id);
    const isOwn = found !== null && [found.from, found.to].includes(actor.subject);
    if (!isOwn) throw new Failure("not-found", `You have no delegation ${id.slice(0, 64)}.`);
    if (found.revokedAt !== null) return;
    await revokeDelegation(tx, id, world.clock());
    await recordDelegation(tx, "delegation.ended", { actor: actor.subject, delegation: found });
  });
}

async function recordDelegation(
  tx: Parameters<typeof recordEvent>[0],
  type: "delegation.made" | "delegation.ended",
  of: { readonly actor: SubjectId; readonly delegation: Omit<Delegation, "revokedAt"> },
): Promise<void> {
  const { id, from, to, startsAt, endsAt, reason } = of.delegation;
  await recordEvent(tx, {
    type,
    actor: of.actor,
    object: `delegation:${id}`,
    facts: { from, to, startsAt, endsAt, reason: sha256(reason) },
  });
  await notify(tx, "change");
}
