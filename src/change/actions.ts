import { type Actor, scopesFor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { type ChangeId, newId, type PatchId, type SubjectId } from "../base/ids.ts";
import { durationToText, type Instant, SECOND_MS } from "../base/instant.ts";
import { type Db, inTransaction, isUniqueViolation, type Tx } from "../db/database.ts";
import { notify } from "../db/notify.ts";
import type { World } from "../db/world.ts";
import type { GivenSignature } from "../identity/given-signature.ts";
import { personBehind } from "../identity/store.ts";
import { recordEvent } from "../ledger/record.ts";
import { followPatch } from "../plan/actions-patch.ts";
import { demandPlan } from "../plan/actions-show.ts";
import { parseStatement, type Statement } from "../plan/statement.ts";
import { loadWaves, type StoredPlan } from "../plan/store.ts";
import { countPlanHosts } from "../plan/store-hosts.ts";
import { type ToWeigh, type Weighed, weigh } from "./actions-assess.ts";
import { keepRequestSignature } from "./actions-request-signature.ts";
import { type Change, type ChangeState, nextState, type RiskFacts } from "./model.ts";
import {
  approvalsFor,
  hasApprovedChange,
  insertChange,
  loadChange,
  loadChangeByNumber,
  lockApproval,
  lockChange,
  replacePlan,
} from "./store.ts";
import { saveControl } from "./store-control.ts";

/** Asking for a change, and asking again with another plan. */

/** The requester's own signature over the plan may come along, or later. */
interface RequestOfPlan extends GivenSignature {
  readonly plan: string;
  readonly reason: string;
  readonly title?: string | undefined;
}

export async function requestChange(
  world: World,
  actor: Actor,
  request: RequestOfPlan & { readonly template?: string | undefined },
): Promise<Change> {
  const asked = await readRequest(world, actor, request);
  if ((await loadChangeByNumber(world.db, asked.plan.changeNumber)) !== null) {
    throw new Failure(
      "conflict",
      `C-${asked.plan.changeNumber} exists already. Give it the new plan by editing it.`,
    );
  }
  const now = world.clock();
  const template = request.template ?? null;
  const { content, demands } = await contentOf(world, asked, { raised: null, template });
  const change: Change = {
    id: newId<ChangeId>(now),
    number: asked.plan.changeNumber,
    patch: asked.plan.patch,
    ...content,
    state: "requested",
    requestedBy: actor.subject,
    requesterPerson: asked.person,
    requestedAt: now,
    movedAt: now,
    closedReason: null,
  };
  try {
    await inTransaction(world.db, async (tx) => {
      await insertChange(tx, change);
      await saveControl(tx, change, demands);
      await recordRequest(tx, "change.requested", actor.subject, change);
      await keepGiven(tx, world, { actor, change, given: request });
    });
  } catch (cause) {
    if (!isUniqueViolation(cause)) throw cause;
    throw new Failure("conflict", `C-${change.number} was requested at the same moment.`, {
      cause,
    });
  }
  return change;
}

/** Another plan for the same change: from now on no approval counts until it is given anew. */
export async function editChange(
  world: World,
  actor: Actor,
  edit: RequestOfPlan & { readonly change: string },
): Promise<Change> {
  const asked = await readRequest(world, actor, edit);
  return inTransaction(world.db, async (tx) => {
    const before = await lockOwn(tx, edit.change, asked);
    const state = nextState(before.state, "edit");
    if (state === null) {
      throw new Failure("blocked", `C-${before.number} is ${before.state} and takes no new plan.`);
    }
    if (!asked.statement.supersedes.includes(before.plan)) {
      throw new Failure(
        "invalid",
        `The plan ${asked.plan.digest} does not supersede the plan that C-${before.number} asks for now. Make it with \`replaces\`.`,
      );
    }
    const raised = before.assessment?.raised ?? null;
    const { content, demands } = await contentOf({ ...world, db: tx }, asked, {
      raised,
      // Another plan of a standard change is asked for as a normal one.
      template: null,
    });
    const voided = (await approvalsFor(tx, before.id)).length;
    const change: Change = { ...before, ...content, state, movedAt: world.clock() };
    await replacePlan(tx, change);
    await saveControl(tx, change, demands);
    await recordRequest(tx, "change.edited", actor.subject, change, {
      from: before.plan,
      approvalsVoided: voided,
    });
    await keepGiven(tx, world, { actor, change, given: edit });
    await approvalLost(tx, {
      before: before.state,
      patch: change.patch,
      actor,
      at: change.movedAt,
    });
    return change;
  });
}

async function keepGiven(
  tx: Tx,
  world: World,
  of: { readonly actor: Actor; readonly change: Change; readonly given: GivenSignature },
): Promise<void> {
  const { signature, passkey } = of.given;
  if (signature !== undefined || passkey !== undefined) await keepRequestSignature(tx, world, of);
}

interface Asked {
  readonly plan: StoredPlan;
  readonly statement: Statement;
  readonly person: SubjectId;
  readonly reason: string;
  readonly title: string | undefined;
}

/** The plan must be the requester's own, whole within their scope, and still have time. */
async function readRequest(world: World, actor: Actor, request: RequestOfPlan): Promise<Asked> {
  const plan = await demandPlan(world, actor, request.plan, "change.request");
  const scopes = scopesFor(actor, "change.request");
  const { inScope, all } = await countPlanHosts(world.db, plan.digest, scopes);
  if (inScope < all) {
    throw new Failure("forbidden", "This plan also changes hosts outside your scope.");
  }
  const person = await personBehind(world.db, actor.subject);
  if ((await personBehind(world.db, plan.requestedBy)) !== person) {
    throw new Failure(
      "forbidden",
      `The plan names ${plan.requester} as its requester. Make a plan of your own to ask for it.`,
    );
  }
  if (world.clock() >= plan.expiresAt) {
    throw new Failure("blocked", "The times of this plan are over. Make a new plan.");
  }
  const statement = parseStatement(plan.statement);
  if (!statement.ok) throw new Failure("internal", "The stored statement cannot be read.");
  const { reason, title } = request;
  return { plan, statement: statement.value, person, reason, title };
}

async function lockOwn(tx: Tx, ref: string, asked: Asked): Promise<Change> {
  const seen = await lockForTaking(tx, ref);
  if (seen === null || seen.number !== asked.plan.changeNumber) {
    throw new Failure(
      "not-found",
      `There is no change ${ref} that the plan ${asked.plan.digest} was made for.`,
    );
  }
  // Otherwise the change would have one requester and its statement another.
  if (seen.requesterPerson === asked.person) return seen;
  throw new Failure(
    "forbidden",
    `Only who asked for C-${seen.number} gives it a new plan. Request a change of your own.`,
  );
}

/**
 * Locks a change for a move that takes approvals away: first the lock that starts share, then the
 * row, in the order in which a start takes them, so that the two wait for each other and never cross.
 */
export async function lockForTaking(tx: Tx, ref: string): Promise<Change | null> {
  const seen = await loadChange(tx, ref);
  if (seen === null) return null;
  await lockApproval(tx, [seen.id], "exclusive");
  return lockChange(tx, seen.id);
}

/** The case of a change that was approved and is not any more goes back to planned. */
export async function approvalLost(
  tx: Tx,
  lost: {
    readonly before: ChangeState;
    readonly patch: PatchId;
    readonly actor: Pick<Actor, "subject">;
    readonly at: Instant;
  },
): Promise<void> {
  if (lost.before !== "approved" || (await hasApprovedChange(tx, lost.patch))) return;
  await followPatch(tx, {
    patch: lost.patch,
    from: { approved: "replan" },
    actor: lost.actor.subject,
    at: lost.at,
  });
}

type Content = Pick<
  Change,
  "plan" | "class" | "title" | "reason" | "backout" | "risk" | "expiresAt"
> &
  Weighed["control"];

async function contentOf(
  world: World,
  { plan, statement, reason, title, person }: Asked,
  more: Pick<ToWeigh, "raised" | "template">,
): Promise<{ readonly content: Content; readonly demands: Weighed["demands"] }> {
  const waves = await loadWaves(world.db, plan.digest);
  const { report } = plan;
  const risk: RiskFacts = {
    hosts: plan.hostCount,
    rings: waves.map((wave) => wave.ring),
    restarts: report.restarts,
    needsReboot: report.needsReboot,
    reversibility: report.reversibility,
    irreversible: report.irreversible,
    pipedHosts: report.ways.piped,
    firstWaveDetects: report.detects[0]?.failureRate ?? 1,
  };
  const { control, demands } = await weigh(world, {
    ...{ plan: plan.digest, patch: plan.patch, class: plan.class, planNeed: plan.need },
    ...{ requester: person, risk, ...more },
  });
  const content = {
    plan: plan.digest,
    class: plan.class,
    title: title ?? statement.title,
    reason,
    backout: backoutText(plan, statement),
    risk,
    expiresAt: plan.expiresAt,
    ...control,
  };
  return { content, demands };
}

function backoutText({ report }: StoredPlan, { revert }: Statement): string {
  if (report.reversibility === "none") {
    return `There is no way back for ${report.irreversible.join(", ")}: a host that fails is repaired by hand or by a newer version.`;
  }
  const own =
    "Each host that fails puts back the exact earlier versions by the undo steps of its approved body, from files staged before anything changes.";
  if (revert.kind === "self") return own;
  return `${own} For ${durationToText(revert.seconds * SECOND_MS)} after a host is done, the same can be ordered.`;
}

async function recordRequest(
  tx: Tx,
  type: "change.requested" | "change.edited",
  actor: SubjectId,
  change: Change,
  more: { readonly from: string; readonly approvalsVoided: number } | null = null,
): Promise<void> {
  await recordEvent(tx, {
    type,
    actor,
    object: `change:${change.id}`,
    patch: change.patch,
    change: change.id,
    plan: change.plan,
    facts: {
      class: change.class,
      need: change.need,
      hosts: change.risk.hosts,
      risk: change.level,
      points: change.assessment?.points ?? 0,
      board: change.needsBoard,
      reversibility: change.risk.reversibility,
      ...(more ?? {}),
    },
  });
  await notify(tx, "change");
}

/** For whoever shows or moves it: a change none of whose hosts they may see does not exist. */
export async function demandChange(
  tx: Tx | Db,
  scopes: ReturnType<typeof scopesFor>,
  found: { readonly ref: string; readonly change: Change | null },
): Promise<Change> {
  const { change, ref } = found;
  if (change !== null && (await countPlanHosts(tx, change.plan, scopes)).inScope > 0) {
    return change;
  }
  throw new Failure("not-found", `There is no change ${ref.slice(0, 64)}.`);
}
