import { type Action, actionOf } from "../base/action.ts";
import { type Actor, scopesFor } from "../base/actor.ts";
import type { SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { World } from "../db/world.ts";
import { loadSubjectNames } from "../identity/store.ts";
import { countPlanHosts } from "../plan/store-hosts.ts";
import { type BoardStand, boardActions, boardStand } from "./actions-board.ts";
import { raiseRefusal } from "./actions-control.ts";
import { type Afterwards, afterwardsRefusals, loadAfterwards } from "./actions-duties.ts";
import { whatIsMissing } from "./actions-settle.ts";
import { partsOf, signOffActions } from "./actions-sign-off.ts";
import { type Demand, type Missing, missingToText } from "./demand.ts";
import { closureOf } from "./duty.ts";
import { itsmHeldToText } from "./itsm-hold.ts";
import type { Change } from "./model.ts";
import { missingSignOffToText } from "./sign-off.ts";
import { loadDemands } from "./store-control.ts";
import { loadTold, type Told } from "./store-escalation.ts";
import { loadItsmHolds } from "./store-itsm.ts";
import {
  loadMissingSignOffs,
  loadSignOffs,
  type MissingSignOff,
  type StoredSignOff,
} from "./store-sign-offs.ts";

/** How a change is controlled: its risk, who has to approve it, and what holds it up now. */
export interface ShownControl {
  readonly demands: readonly Demand[];
  /** Empty when it waits for nobody. */
  readonly missing: readonly Missing[];
  /** The same in words, with the names of who can act. */
  readonly heldUpBy: readonly string[];
  readonly board: BoardStand;
  readonly signedOff: readonly StoredSignOff[];
  readonly afterwards: Afterwards;
  readonly escalated: readonly Told[];
  readonly now: Instant;
  readonly handles: ReadonlyMap<SubjectId, string>;
  readonly actions: readonly Action[];
}

export async function showControl(
  world: World,
  actor: Actor,
  change: Change,
): Promise<ShownControl> {
  const { db } = world;
  const isOpen = change.state === "requested" || change.state === "approved";
  const demands = await loadDemands(db, change);
  const missing = isOpen ? await whatIsMissing(db, change) : [];
  const signedOff = await loadSignOffs(db, change);
  const isOver = closureOf(change.state, null) !== null;
  const unsigned = isOver ? [] : await loadMissingSignOffs(db, change);
  const outside = isOver ? [] : await loadItsmHolds(db, change.id);
  const board = await boardStand(world, db, change);
  const escalated = await loadTold(db, change.id);
  const afterwards = await loadAfterwards(world, change.id);
  const named = [
    ...demands.flatMap(({ members }) => members),
    ...board.votes.map(({ person }) => person),
    ...signedOff.map(({ person }) => person),
    ...partsOf(change).flatMap(({ members }) => members),
    ...(board.board?.members ?? []),
    ...(board.decision === null ? [] : [board.decision.by]),
    ...afterwards.duties.flatMap(({ doneBy }) => doneBy ?? []),
    ...(afterwards.review === null ? [] : [afterwards.review.by]),
    ...(change.assessment?.raised === null || change.assessment === null
      ? []
      : [change.assessment.raised.by as SubjectId]),
  ];
  const names = await loadSubjectNames(db, [...new Set(named)]);
  const handles = new Map(names.map(({ id, handle }) => [id, handle]));
  const nameOf = (subject: SubjectId): string => handles.get(subject) ?? "";
  const scopes = scopesFor(actor, "change.vote");
  const holds = (await countPlanHosts(db, change.plan, scopes)).inScope > 0;
  const raise = holds ? raiseRefusal(change) : "This needs the right change.vote.";
  return {
    ...{ demands, missing, board, signedOff, afterwards, escalated, handles },
    now: world.clock(),
    heldUpBy: [
      ...missing.map((one) => missingToText(one, nameOf)),
      ...(change.state === "approved" && missing.length === 0 ? [startText(change)] : []),
      ...unsigned.map(unsignedText),
      ...outside.map(itsmHeldToText),
    ],
    actions: [
      actionOf("raise-risk", "Raise the risk", raise),
      ...(await boardActions(db, actor, { change, stand: board })),
      ...(await signOffActions(db, actor, change)),
      ...(await afterwardsActions(world, actor, { change, afterwards, holds })),
    ],
  };
}

function unsignedText(part: MissingSignOff): string {
  const until = part.before === 1 ? "the first wave" : `wave ${part.before}`;
  return `a sign-off before ${until} by ${missingSignOffToText(part)}`;
}

function startText({ assessment }: Change): string {
  const executes = assessment?.ownership?.executes ?? [];
  return executes.length === 0
    ? "its start by somebody who may operate rollouts"
    : `its start by ${executes.join(", ")}`;
}

/** Nothing while it is not over and owes nothing. */
async function afterwardsActions(
  world: World,
  actor: Actor,
  of: {
    readonly change: Change;
    readonly afterwards: Afterwards;
    readonly holds: boolean;
  },
): Promise<readonly Action[]> {
  const isOver = closureOf(of.change.state, null) !== null;
  if (of.afterwards.duties.length === 0 && !isOver) return [];
  const { decide, review } = await afterwardsRefusals(world, actor, of);
  const lacks = of.holds ? null : "This needs the right change.vote.";
  const owes = of.afterwards.duties.some(({ kind }) => kind === "retrospective");
  return [
    ...(owes ? [actionOf("decide-afterwards", "Decide afterwards", decide)] : []),
    ...(isOver ? [actionOf("review", "Review", review ?? lacks)] : []),
  ];
}
