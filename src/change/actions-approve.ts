import { type Actor, scopesFor } from "../base/actor.ts";
import { assert, Failure } from "../base/failure.ts";
import { newId, type SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { inTransaction, type Tx } from "../db/database.ts";
import { notify } from "../db/notify.ts";
import type { World } from "../db/world.ts";
import { demandOwnSignature, type OwnSignature } from "../identity/actions-sign.ts";
import type { GivenSignature } from "../identity/given-signature.ts";
import type { Subject } from "../identity/model.ts";
import { loadSubject } from "../identity/store.ts";
import { recordEvent } from "../ledger/record.ts";
import { demandRuleWithin } from "../plan/actions-rule.ts";
import { parseStatement } from "../plan/statement.ts";
import { loadPlan } from "../plan/store.ts";
import { countPlanHosts } from "../plan/store-hosts.ts";
import { settleApproval } from "./actions-settle.ts";
import { type ApprovalRefusal, mayApprove } from "./may-approve.ts";
import type { Approval, ApprovalId, Change } from "./model.ts";
import { approvalsFor, insertApproval, lockChange } from "./store.ts";
import { loadDelegations } from "./store-control.ts";

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
    demandPlace(change, before.length);
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
      standsFor: await standsFor(tx, { person: subject.id, change, now }),
      at: now,
    };
    await insertApproval(tx, approval);
    const all = [...before, approval];
    const after = await commitApproval(tx, { change, approval, all, signed });
    return { change: after, approval, given: all.length };
  });
}

/** More signatures than hosts read (host protocol §5) would make the whole bundle unreadable. */
function demandPlace(change: Change, given: number): void {
  if (given < APPROVALS_MAX) return;
  throw new Failure(
    "blocked",
    `C-${change.number} has ${given} approvals, the most that hosts read, and still lacks some that it needs. Give it a new plan and have the right people approve that.`,
  );
}

const APPROVALS_MAX = 8;

/** An approver answers for every host of the plan, so all of them must be in scope. */
async function demandWhole(tx: Tx, actor: Actor, ref: string): Promise<Change> {
  const change = await lockChange(tx, ref);
  if (change !== null) {
    const scopes = scopesFor(actor, "change.approve");
    const { inScope, all } = await countPlanHosts(tx, change.plan, scopes);
    if (inScope === all) {
      await demandRuleWithin(tx, change.plan, scopes);
      return change;
    }
  }
  throw new Failure(
    "not-found",
    `There is no change ${ref.slice(0, 64)} that you may approve. An approver needs the right over every host of its plan.`,
  );
}

/** Those who handed their approvals to this person for now; never whoever asked for the change. */
async function standsFor(
  tx: Tx,
  of: { readonly person: SubjectId; readonly change: Change; readonly now: Instant },
): Promise<readonly SubjectId[]> {
  const held = await loadDelegations(tx, { now: of.now, to: of.person });
  const begun = held.filter(({ startsAt }) => startsAt <= of.now);
  const people = new Set(begun.map(({ from }) => from));
  return [...people].filter((one) => one !== of.change.requesterPerson);
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
  await recordEvent(tx, {
    type: "approval.given",
    actor: approval.person,
    object: `change:${change.id}`,
    patch: change.patch,
    change: change.id,
    plan: change.plan,
    facts: {
      key: given.signed.key.fingerprint,
      class: approval.keyClass,
      ...(given.signed.isSynced ? { synced: true } : {}),
      given: all.length,
      need: change.need,
      ...(approval.standsFor.length === 0 ? {} : { standsFor: [...approval.standsFor] }),
    },
  });
  await notify(tx, "change");
  return settleApproval(tx, change, { actor: approval.person, at: approval.at });
}
