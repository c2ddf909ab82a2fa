import { type Actor, scopesFor, systemActor } from "../base/actor.ts";
import { sha256 } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import type { ChangeId, SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { inTransaction, type Tx } from "../db/database.ts";
import { notify } from "../db/notify.ts";
import type { World } from "../db/world.ts";
import { loadSubject } from "../identity/store.ts";
import { recordEvent } from "../ledger/record.ts";
import { countPlanHosts } from "../plan/store-hosts.ts";
import { changePolicy } from "../policy/store-files.ts";
import { demandChange } from "./actions.ts";
import {
  type ClosureCode,
  closuresFor,
  type DutyKind,
  dutiesOf,
  dutyCall,
  retrospectRefusal,
  reviewRefusal,
} from "./duty.ts";
import type { Change } from "./model.ts";
import { approvalsFor, lockChange } from "./store.ts";
import {
  finishDuty,
  insertDuties,
  insertReview,
  loadDuties,
  loadReview,
  lockCallableDuties,
  markDuty,
  type Review,
  type StoredDuty,
} from "./store-duties.ts";

/** What an emergency owes afterwards, and the review of any change. */

/** For a start, in its transaction: an emergency owes from the moment at which it begins. */
export async function openDuties(
  world: World,
  tx: Tx,
  change: Pick<Change, "id" | "class" | "patch" | "plan"> & { readonly at: Instant },
): Promise<void> {
  if (change.class !== "emergency") return;
  const duties = dutiesOf(await changePolicy({ ...world, db: tx }), change.at);
  await insertDuties(tx, change.id, duties);
  for (const { kind, dueAt } of duties) {
    await recordDuty(tx, "change.duty-opened", {
      ...{ actor: systemActor.subject, change, kind },
      facts: { dueAt },
    });
  }
}

const CALLS_MAX = 500;

/** Reminds of what is half-way due and names what is overdue, once each; returns how many. */
export async function callDuties(world: World): Promise<number> {
  return inTransaction(world.db, async (tx) => {
    const at = world.clock();
    const open = await lockCallableDuties(tx, CALLS_MAX);
    const called = open.flatMap((duty) => {
      const call = dutyCall(duty, at);
      return call === null ? [] : [{ duty, call }];
    });
    for (const { duty, call } of called) {
      await markDuty(tx, duty, { call, at });
      const type = call === "remind" ? "change.duty-reminded" : "change.duty-overdue";
      await recordDuty(tx, type, {
        ...{ actor: systemActor.subject, change: { ...duty, id: duty.change }, kind: duty.kind },
        facts: { dueAt: duty.dueAt },
      });
    }
    return called.length;
  });
}

/** Somebody who had no part in an emergency says afterwards whether it was right. */
export async function decideAfterwards(
  world: World,
  actor: Actor,
  given: {
    readonly change: string;
    readonly outcome: "accepted" | "refused";
    readonly reason: string;
  },
): Promise<Change> {
  return inTransaction(world.db, async (tx) => {
    const found = { ref: given.change, change: await lockChange(tx, given.change) };
    const change = await demandChange(tx, scopesFor(actor, "change.approve"), found);
    const duty = (await loadDuties(tx, change.id)).find(({ kind }) => kind === "retrospective");
    const refusal =
      retrospectRefusal({
        ...{ person: actor.subject, requester: change.requesterPerson, duty: duty ?? null },
        isPerson: await isPerson(tx, actor),
        approvedBy: (await approvalsFor(tx, change.id)).map(({ person }) => person),
      }) ?? (await wholeRefusal(tx, actor, change));
    if (refusal !== null) throw new Failure("forbidden", refusal);
    const { outcome, reason } = given;
    await finish(tx, {
      change,
      kind: "retrospective",
      by: actor.subject,
      at: world.clock(),
      outcome,
      reason,
    });
    return change;
  });
}

/** What came of a change: the goal, the cause, and who does what until when. Said once. */
export async function reviewChange(
  world: World,
  actor: Actor,
  given: Omit<Review, "by" | "at"> & { readonly change: string },
): Promise<Review> {
  return inTransaction(world.db, async (tx) => {
    const found = { ref: given.change, change: await lockChange(tx, given.change) };
    const change = await demandChange(tx, scopesFor(actor, "change.vote"), found);
    const refusal = reviewRefusal({
      ...{ person: actor.subject, requester: change.requesterPerson, state: change.state },
      isPerson: await isPerson(tx, actor),
      isReviewed: (await loadReview(tx, change.id)) !== null,
    });
    if (refusal !== null) throw new Failure("forbidden", refusal);
    demandClosure(change, given.closure);
    const { closure, isGoalMet, cause, actions } = given;
    const at = world.clock();
    const review: Review = { closure, isGoalMet, cause, actions, by: actor.subject, at };
    await insertReview(tx, change.id, review);
    const outcome = isGoalMet ? "met" : "missed";
    const by = { by: actor.subject, at, outcome, reason: cause } as const;
    await finish(tx, { change, kind: "review", ...by });
    return review;
  });
}

function demandClosure(change: Change, closure: ClosureCode): void {
  const fitting = closuresFor(change.state);
  if (fitting.includes(closure)) return;
  throw new Failure(
    "invalid",
    `C-${change.number} is ${change.state}, so it closes as ${fitting.join(" or ")}, not as ${closure}.`,
  );
}

async function isPerson(tx: Tx, actor: Actor): Promise<boolean> {
  return actor.kind === "person" && (await loadSubject(tx, actor.subject))?.kind === "person";
}

async function wholeRefusal(tx: Tx, actor: Actor, change: Change): Promise<string | null> {
  const scopes = scopesFor(actor, "change.approve");
  const { inScope, all } = await countPlanHosts(tx, change.plan, scopes);
  return inScope === all ? null : "Your right to approve does not cover every host of the plan.";
}

async function finish(
  tx: Tx,
  done: {
    readonly change: Change;
    readonly kind: DutyKind;
    readonly by: SubjectId;
    readonly at: Instant;
    readonly outcome: "accepted" | "refused" | "met" | "missed";
    readonly reason: string;
  },
): Promise<void> {
  const { change, kind, by, at, outcome, reason } = done;
  await finishDuty(tx, { change: change.id, kind }, { by, at, outcome, reason });
  const type = kind === "review" ? "change.reviewed" : "change.decided-afterwards";
  const facts = { outcome, reason: sha256(reason) };
  await recordDuty(tx, type, { actor: by, change, kind, facts });
}

async function recordDuty(
  tx: Tx,
  type: `change.${string}`,
  of: {
    readonly actor: SubjectId;
    readonly change: Pick<Change, "id" | "patch" | "plan">;
    readonly kind: DutyKind;
    readonly facts: Readonly<Record<string, string | number>>;
  },
): Promise<void> {
  const { id, patch, plan } = of.change;
  await recordEvent(tx, {
    type,
    actor: of.actor,
    object: `change:${id}`,
    ...{ patch, change: id, plan },
    facts: { duty: of.kind, ...of.facts },
  });
  await notify(tx, "change");
}

export interface Afterwards {
  readonly duties: readonly StoredDuty[];
  readonly review: Review | null;
}

export async function loadAfterwards(world: World, change: ChangeId): Promise<Afterwards> {
  const [duties, review] = await Promise.all([
    loadDuties(world.db, change),
    loadReview(world.db, change),
  ]);
  return { duties, review };
}

/** What the reader may say about it afterwards: the same questions as those of the acts. */
export async function afterwardsRefusals(
  world: World,
  actor: Actor,
  { change, afterwards }: { readonly change: Change; readonly afterwards: Afterwards },
): Promise<{ readonly decide: string | null; readonly review: string | null }> {
  const { db } = world;
  const subject = await loadSubject(db, actor.subject);
  const is = subject?.kind === "person" && actor.kind === "person";
  const who = { person: actor.subject, requester: change.requesterPerson, isPerson: is };
  const duty = afterwards.duties.find(({ kind }) => kind === "retrospective") ?? null;
  const approvedBy = (await approvalsFor(db, change.id)).map(({ person }) => person);
  const isReviewed = afterwards.review !== null;
  return {
    decide: retrospectRefusal({ ...who, duty, approvedBy }),
    review: reviewRefusal({ ...who, state: change.state, isReviewed }),
  };
}
