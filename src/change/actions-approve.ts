import { type Actor, scopesFor } from "../base/actor.ts";
import { assert, Failure } from "../base/failure.ts";
import { newId } from "../base/ids.ts";
import { inTransaction, type Tx } from "../db/database.ts";
import { notify } from "../db/notify.ts";
import type { World } from "../db/world.ts";
import { demandOwnSignature, type OwnSignature } from "../identity/actions-sign.ts";
import type { GivenSignature } from "../identity/given-signature.ts";
import type { Subject } from "../identity/model.ts";
import { loadSubject } from "../identity/store.ts";
import { recordEvent } from "../ledger/record.ts";
import { followPatch } from "../plan/actions-patch.ts";
import { parseStatement } from "../plan/statement.ts";
import { loadPlan } from "../plan/store.ts";
import { countPlanHosts } from "../plan/store-hosts.ts";
import { type ApprovalRefusal, mayApprove } from "./may-approve.ts";
import type { Approval, ApprovalId, Change } from "./model.ts";
import { signaturesDigest } from "./signatures.ts";
import { approvalsFor, insertApproval, lockChange, moveChange } from "./store.ts";

/** Approving: the person's own signature over the statement's bytes, judged as a host judges it. */

const REFUSAL_CODES = {
  "not-a-person": "forbidden",
  "own-request": "forbidden",
  "wrong-state": "blocked",
  expired: "blocked",
  "already-approved": "conflict",
} as const satisfies Record<ApprovalRefusal, Failure["code"]>;

export interface Approved {
  readonly change: Change;
  readonly approval: Approval;
  readonly given: number;
}

export async function approveChange(
  world: World,
  actor: Actor,
  given: GivenSignature & { readonly change: string },
): Promise<Approved> {
  return inTransaction(world.db, async (tx) => {
    // The row lock makes concurrent approvals, edits and withdrawals come one after the other.
    const change = await demandWhole(tx, actor, given.change);
    const subject = await demandSubject(tx, actor);
    const plan = await loadPlan(tx, change.plan);
    const statement = parseStatement(plan?.statement ?? "");
    assert(plan !== null && statement.ok, "the plan of a change is stored and can be read");
    const before = await approvalsFor(tx, change.id);
    const now = world.clock();
    const may = mayApprove({
      change,
      requester: statement.value.requester,
      approver: {
        person: subject.id,
        handle: subject.handle,
        isPerson: subject.kind === "person" && actor.kind === "person",
      },
      approvedBy: before.map((approval) => approval.person),
      now,
    });
    if (!may.isAllowed) {
      throw new Failure(REFUSAL_CODES[may.why], may.text, { facts: { why: may.why } });
    }
    const toSign = {
      namespace: "fettle-approve-v1",
      bytes: plan.statement,
      deed: "approve this plan",
    } as const;
    const signed = await demandOwnSignature(tx, subject, toSign, given);
    const approval: Approval = {
      id: newId<ApprovalId>(now),
      change: change.id,
      plan: change.plan,
      person: subject.id,
      handle: subject.handle,
      keyClass: signed.key.class,
      keyLine: signed.keyLine,
      signature: signed.armoured,
      at: now,
    };
    await insertApproval(tx, approval);
    const all = [...before, approval];
    const after = await commitApproval(tx, { change, approval, all, signed });
    return { change: after, approval, given: all.length };
  });
}

/** An approver answers for every host of the plan, so all of them must be in scope. */
async function demandWhole(tx: Tx, actor: Actor, ref: string): Promise<Change> {
  const change = await lockChange(tx, ref);
  if (change !== null) {
    const scopes = scopesFor(actor, "change.approve");
    const { inScope, all } = await countPlanHosts(tx, change.plan, scopes);
    if (inScope === all) return change;
  }
  throw new Failure(
    "not-found",
    `There is no change ${ref.slice(0, 64)} that you may approve. An approver needs the right over every host of its plan.`,
  );
}

async function demandSubject(tx: Tx, actor: Actor): Promise<Subject> {
  const subject = await loadSubject(tx, actor.subject);
  if (subject !== null && subject.disabledAt === null) return subject;
  throw new Failure("forbidden", "Only a person approves. Sign in as yourself.");
}

async function commitApproval(
  tx: Tx,
  given: {
    readonly change: Change;
    readonly approval: Approval;
    readonly all: readonly Approval[];
    readonly signed: OwnSignature;
  },
): Promise<Change> {
  const { change, approval, all } = given;
  const common = {
    actor: approval.person,
    object: `change:${change.id}`,
    patch: change.patch,
    change: change.id,
    plan: change.plan,
  };
  await recordEvent(tx, {
    ...common,
    type: "approval.given",
    facts: {
      key: given.signed.key.fingerprint,
      class: approval.keyClass,
      ...(given.signed.isSynced ? { synced: true } : {}),
      given: all.length,
      need: change.need,
    },
  });
  await notify(tx, "change");
  if (all.length < change.need) return change;
  const isMoved = await moveChange(tx, {
    id: change.id,
    verb: "approve",
    to: "approved",
    at: approval.at,
  });
  assert(isMoved, "a locked, requested change can be approved");
  // The entry that hosts look for, in the very transaction that makes the approval complete (§12).
  await recordEvent(tx, {
    ...common,
    type: "change.approved",
    approved: {
      plan: change.plan,
      signatures: signaturesDigest(all.map((one) => one.signature)),
    },
    facts: { approvals: all.length, need: change.need, class: change.class },
  });
  await followPatch(tx, {
    patch: change.patch,
    from: { planned: "approve" },
    actor: approval.person,
    at: approval.at,
  });
  return { ...change, state: "approved", movedAt: approval.at };
}
