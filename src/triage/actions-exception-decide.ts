import type { Actor } from "../base/actor.ts";
import { sha256 } from "../base/digest.ts";
import { assert, Failure } from "../base/failure.ts";
import type { SubjectId } from "../base/ids.ts";
import { instantToText } from "../base/instant.ts";
import { inTransaction, type Tx } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { loadSubject, personBehind } from "../identity/store.ts";
import { recordEvent } from "../ledger/record.ts";
import { limitsFor, reachRefusal } from "./actions-exception-draft.ts";
import { endException, requireException } from "./actions-exception-end.ts";
import { factsOf } from "./actions-exception-facts.ts";
import { type Exception, exceptionAfter } from "./exception.ts";
import { brokenAssumption } from "./exception-broken.ts";
import {
  approvalProblem,
  type Decider,
  type DecisionVerb,
  mayDecide,
} from "./exception-decision.ts";
import { approveRow, lockApprovals, lockException } from "./store-exception.ts";

/** Deciding about an exception: each under the lock of its row, so that one story comes out. */

export async function approveException(
  world: World,
  actor: Actor,
  ref: string,
): Promise<Exception> {
  // Reading what is the case takes long, so it is done before anything is locked; the loop that ends
  // exceptions looks at the same again, now and later.
  const seen = await requireException(world, actor, ref);
  const facts = await factsOf(world, seen);
  return inTransaction(world.db, async (tx) => {
    await lockApprovals(tx);
    const before = await demandAllowed(tx, { world, actor, verb: "approve", ref: seen.id });
    const now = world.clock();
    const limits = await limitsFor(world, before.scope, tx);
    const problem = approvalProblem(before, {
      now,
      limits,
      broken: brokenAssumption(before, facts),
    });
    if (problem !== null) throw new Failure("blocked", problem);
    const { withoutControl: _, ...assumes } = facts;
    const after: Exception = {
      ...before,
      state: "approved",
      assumes,
      renews: limits.renews?.id ?? null,
      renewal: limits.renewal,
      approvedBy: actor.subject,
      approvedAt: now,
      movedAt: now,
    };
    const isMoved = await approveRow(tx, { ...after, by: actor.subject, at: now });
    assert(isMoved, "a locked, requested exception can be approved");
    await recordEvent(tx, {
      type: "exception.approved",
      actor: actor.subject,
      object: `exception:${after.id}`,
      ...(after.patch === null ? {} : { patch: after.patch }),
      facts: {
        exception: `X-${after.number}`,
        owner: after.owner,
        requester: after.requesterPerson,
        until: instantToText(after.until),
        renewal: after.renewal,
        hosts: assumes.hosts,
        exposed: assumes.isExposed,
        exploited: assumes.exploited.length,
      },
    });
    return after;
  });
}

/** Refusing, withdrawing and revoking: each with its reason, and for good. */
export async function closeException(
  world: World,
  actor: Actor,
  given: {
    readonly exception: string;
    readonly verb: Exclude<DecisionVerb, "approve">;
    readonly reason: string;
  },
): Promise<Exception> {
  const { verb, reason } = given;
  const seen = await requireException(world, actor, given.exception);
  return inTransaction(world.db, async (tx) => {
    const before = await demandAllowed(tx, { world, actor, verb, ref: seen.id });
    const state = exceptionAfter(before.state, verb);
    assert(state !== null, "what may be decided leads somewhere");
    return endException(tx, {
      exception: before,
      verb,
      state,
      by: actor.subject,
      at: world.clock(),
      reason,
      facts: { reason: sha256(reason) },
    });
  });
}

async function demandAllowed(
  tx: Tx,
  asked: {
    readonly world: World;
    readonly actor: Actor;
    readonly verb: DecisionVerb;
    readonly ref: string;
  },
): Promise<Exception> {
  const exception = await lockException(tx, asked.ref);
  assert(exception !== null, "an exception that was seen stays");
  const decider = await deciderOf(tx, asked.world, asked.actor, exception);
  const refusal = mayDecide(asked.verb, exception, decider);
  if (refusal !== null) throw new Failure(refusal.code, refusal.text);
  return exception;
}

export async function deciderOf(
  reader: Parameters<typeof loadSubject>[0],
  world: World,
  actor: Actor,
  exception: Exception,
): Promise<Decider> {
  const subject = await loadSubject(reader, actor.subject);
  const { hosts } = exception.scope;
  const refusal = await reachRefusal(world, actor, { hosts, permission: "exception.approve" });
  return {
    subject: actor.subject,
    person: (await personBehind(reader, actor.subject)) as SubjectId,
    isPerson: subject?.kind === "person" && subject.disabledAt === null && actor.kind === "person",
    covers: refusal === null,
  };
}
