import { type Action, actionOf } from "../base/action.ts";
import { type Actor, scopesFor } from "../base/actor.ts";
import { assert, Failure } from "../base/failure.ts";
import type { PlanDigest } from "../base/ids.ts";
import { keepLast } from "../base/kept.ts";
import { isSynced } from "../base/signature-flags.ts";
import type { World } from "../db/world.ts";
import type { Subject } from "../identity/model.ts";
import { loadSubject } from "../identity/store.ts";
import { procedureActions, procedureRefusal } from "../plan/actions-procedures.ts";
import { type SignedView, signedView } from "../plan/signed-view.ts";
import { statementDigest } from "../plan/statement-digest.ts";
import { loadBodies, loadLeaves, loadPlan, type StoredPlan } from "../plan/store.ts";
import { countPlanHosts } from "../plan/store-hosts.ts";
import { demandChange } from "./actions.ts";
import { type Conflict, conflictStates } from "./conflict.ts";
import { mayApprove } from "./may-approve.ts";
import { type Approval, type Change, nextState, type RequestSignature } from "./model.ts";
import { approvalsFor, loadChange } from "./store.ts";
import { loadConflicts } from "./store-conflicts.ts";
import { loadRequestSignature } from "./store-request-signature.ts";
import { type WeakerChoice, weakerChoices } from "./weaker-choices.ts";

/**
 * A change as its approver must see it. Everything that is counted is recomputed from the stored
 * documents; an approver's own tool does the same from the documents themselves.
 */
export interface ShownChange {
  readonly change: Change;
  /** The bytes that are signed. */
  readonly statement: string;
  readonly view: SignedView;
  readonly weaker: readonly WeakerChoice[];
  readonly approvals: readonly Approval[];
  readonly requestSignature: RequestSignature | null;
  /** Others that want some of the same hosts at the same time; none once the change has ended. */
  readonly conflicts: readonly Conflict[];
  readonly actions: readonly Action[];
}

/** Until hosts check more, every ring line that Fettle writes says `sod plain log off`. */
const HOST_POLICY_CHOICES = { sod: "plain", log: "off" } as const;

export async function showChange(world: World, actor: Actor, ref: string): Promise<ShownChange> {
  const found = { ref, change: await loadChange(world.db, ref) };
  const change = await demandChange(world.db, scopesFor(actor, "change.read"), found);
  const [plan, approvals, requestSignature] = await Promise.all([
    loadPlan(world.db, change.plan),
    approvalsFor(world.db, change.id),
    loadRequestSignature(world.db, change.plan),
  ]);
  assert(plan !== null, "the plan of a change is stored");
  const view = await viewOf(world, plan);
  const { statement } = view;
  if (statement === null || view.faults.length > 0) {
    throw new Failure(
      "internal",
      `The stored documents of C-${change.number} do not fit what is to be signed. Nobody should approve it; restore the database from a backup.`,
      { facts: { faults: view.faults.slice(0, 10) } },
    );
  }
  const weaker = weakerChoices({
    statement,
    need: change.need,
    hosts: view.hosts,
    pipedHosts: change.risk.pipedHosts,
    hostsWithoutUndo: view.hostsWithoutUndo,
    approvals: approvals.map(({ handle, keyClass, signature }) => ({
      handle,
      keyClass,
      isSynced: isSynced(signature),
    })),
    ...HOST_POLICY_CHOICES,
  });
  const actions = await actionsFor(world, actor, {
    change,
    plan,
    statement,
    approvals,
    requestSignature,
  });
  const isOpen = (conflictStates as readonly string[]).includes(change.state);
  const conflicts = isOpen
    ? await loadConflicts(world.db, change, scopesFor(actor, "change.read"))
    : [];
  return {
    change,
    statement: plan.statement,
    view,
    weaker,
    approvals,
    requestSignature,
    conflicts,
    actions,
  };
}

/**
 * Views of documents that fitted their statement, by the statement's digest. The digest names every
 * leaf and body, so there is only one such view of it for all time.
 */
const viewsMade = new Map<PlanDigest, SignedView>();
const VIEWS_KEPT_MAX = 32;

async function viewOf(world: World, plan: StoredPlan): Promise<SignedView> {
  const digest = statementDigest(plan.statement);
  const view = viewsMade.get(digest) ?? (await makeView(world, plan));
  if (view.statement === null || view.faults.length > 0) return view;
  return keepLast(viewsMade, VIEWS_KEPT_MAX, [digest, view]);
}

async function makeView({ db }: World, plan: StoredPlan): Promise<SignedView> {
  const [bodies, leaves] = await Promise.all([
    loadBodies(db, plan.digest),
    loadLeaves(db, plan.digest, { isDistinct: true }),
  ]);
  return signedView({
    statement: plan.statement,
    leaves: leaves.map((leaf) => leaf.text),
    bodies: bodies.map((body) => body.text),
  });
}

async function actionsFor(
  world: World,
  actor: Actor,
  facts: {
    readonly change: Change;
    readonly plan: StoredPlan;
    readonly statement: { readonly requester: string };
    readonly approvals: readonly Approval[];
    readonly requestSignature: RequestSignature | null;
  },
): Promise<Action[]> {
  const { change, approvals } = facts;
  const subject = await loadSubject(world.db, actor.subject);
  const person = subject?.owner ?? actor.subject;
  const covers = await coversAll(world, actor, change, "change.approve");
  const may = mayApprove({
    change,
    requester: facts.statement.requester,
    approver: {
      person: actor.subject,
      handle: subject?.handle ?? "",
      isPerson: subject?.kind === "person" && actor.kind === "person",
    },
    approvedBy: approvals.map((approval) => approval.person),
    now: world.clock(),
  });
  const late = (verb: "reject" | "withdraw" | "edit"): string =>
    nextState(change.state, verb) === null ? `The change is ${change.state}.` : "";
  const own = change.requesterPerson === person ? "" : "Only who asked for the change may do that.";
  const scope = covers ? "" : "Your right to approve does not cover every host of the plan.";
  const reasons = {
    approve: scope !== "" ? scope : may.isAllowed ? "" : may.text,
    reject: scope !== "" ? scope : late("reject"),
    withdraw: own !== "" ? own : late("withdraw"),
    edit: own !== "" ? own : late("edit"),
  };
  return [
    actionOf("approve", "Approve", reasons.approve),
    actionOf("reject", "Reject", reasons.reject),
    actionOf("withdraw", "Withdraw", reasons.withdraw),
    actionOf("edit", "Give it another plan", reasons.edit),
    actionOf("sign-request", "Sign the request", signRequestRefusal(facts, subject)),
    actionOf("start", "Start the rollout", await startRefusal(world, actor, facts)),
    ...(await procedureActions(world, actor, facts.plan)),
  ];
}

/** Only the person whom the statement names, once, and while the request stands. */
function signRequestRefusal(
  facts: {
    readonly change: Change;
    readonly statement: { readonly requester: string };
    readonly requestSignature: RequestSignature | null;
  },
  subject: Subject | null,
): string | null {
  const { change, statement } = facts;
  if (subject?.kind !== "person" || subject.handle !== statement.requester) {
    return `Only ${statement.requester} signs this request.`;
  }
  if (facts.requestSignature !== null) return "The request is signed already.";
  const isOpen = change.state === "requested" || change.state === "approved";
  return isOpen ? null : `The change is ${change.state}.`;
}

/** Whoever starts the rollout looks at all of this again, under the locks of the start. */
async function startRefusal(
  world: World,
  actor: Actor,
  { change, plan }: { readonly change: Change; readonly plan: StoredPlan },
): Promise<string | null> {
  if (nextState(change.state, "start") === null) return `The change is ${change.state}.`;
  if (change.expiresAt <= world.clock()) return "The approved time of the change is over.";
  const covers = await coversAll(world, actor, change, "rollout.operate");
  return covers
    ? procedureRefusal(world.db, plan)
    : "Your right to operate rollouts does not cover every host of the plan.";
}

async function coversAll(
  world: World,
  actor: Actor,
  change: Change,
  permission: "change.approve" | "rollout.operate",
): Promise<boolean> {
  const scopes = scopesFor(actor, permission);
  const { inScope, all } = await countPlanHosts(world.db, change.plan, scopes);
  return inScope === all;
}
