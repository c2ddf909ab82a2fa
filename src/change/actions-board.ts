import { type Action, actionOf } from "../base/action.ts";
import { type Actor, scopesFor } from "../base/actor.ts";
import { sha256 } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import { inTransaction, type Reader, type Tx } from "../db/database.ts";
import { notify } from "../db/notify.ts";
import type { World } from "../db/world.ts";
import { loadSubject } from "../identity/store.ts";
import { recordEvent } from "../ledger/record.ts";
import type { Cab } from "../policy/change-control.ts";
import { changePolicy } from "../policy/store-files.ts";
import { demandChange, lockForTaking } from "./actions.ts";
import { recordEnd } from "./actions-end.ts";
import { settleApproval } from "./actions-settle.ts";
import {
  type Board,
  boardRefusal,
  closeRefusal,
  type Tally,
  tallyOf,
  type Vote,
  type VoteChoice,
} from "./board-vote.ts";
import type { Change } from "./model.ts";
import { moveChange } from "./store.ts";
import {
  type BoardDecision,
  insertDecision,
  loadDecision,
  loadVotes,
  putVote,
} from "./store-board.ts";
import { loadLivePeople } from "./store-control.ts";

/** The advisory board: voting on a change, and closing the vote. A vote is no signature. */

export async function boardOf(reader: Reader, cab: Cab | undefined): Promise<Board | null> {
  if (cab === undefined) return null;
  const live = await loadLivePeople(reader, cab.members);
  return {
    members: [...live.values()],
    chair: live.get(cab.chair) ?? null,
    quorum: cab.quorum,
    hasVeto: cab.veto,
  };
}

/** Whether somebody sits on the board that the policy in force names. */
export async function hasSeat(world: World, actor: Actor): Promise<boolean> {
  const board = await boardOf(world.db, (await changePolicy(world)).cab);
  return board?.members.includes(actor.subject) ?? false;
}

export interface BoardStand {
  readonly board: Board | null;
  readonly votes: readonly Vote[];
  readonly tally: Tally | null;
  readonly decision: BoardDecision | null;
}

export async function boardStand(
  world: World,
  reader: Reader,
  change: Change,
): Promise<BoardStand> {
  const board = await boardOf(reader, (await changePolicy(world)).cab);
  const votes = await loadVotes(reader, change);
  const decision = await loadDecision(reader, change);
  const tally = board === null ? null : tallyOf(board, votes, change.requesterPerson);
  return { board, votes, tally, decision };
}

/** A member's word on one plan, with the reason; the last one counts until the vote is closed. */
export async function castVote(
  world: World,
  actor: Actor,
  given: { readonly change: string; readonly choice: VoteChoice; readonly reason: string },
): Promise<Change> {
  return inTransaction(world.db, async (tx) => {
    const { change, stand } = await demandSeat(world, tx, { actor, ref: given.change });
    const refusal = await seatRefusal(tx, actor, { change, stand });
    if (refusal !== null) throw new Failure("forbidden", refusal);
    const { choice, reason } = given;
    await putVote(tx, change, { person: actor.subject, choice, reason, at: world.clock() });
    const facts = { choice, reason: sha256(reason) };
    await recordBoard(tx, "change.voted", { actor, change, facts });
    return change;
  });
}

async function demandSeat(
  world: World,
  tx: Tx,
  of: { readonly actor: Actor; readonly ref: string },
): Promise<{ readonly change: Change; readonly stand: BoardStand }> {
  const found = { ref: of.ref, change: await lockForTaking(tx, of.ref) };
  const change = await demandChange(tx, scopesFor(of.actor, "change.vote"), found);
  return { change, stand: await boardStand(world, tx, change) };
}

async function seatRefusal(
  reader: Reader,
  actor: Actor,
  { change, stand }: { readonly change: Change; readonly stand: BoardStand },
): Promise<string | null> {
  const subject = await loadSubject(reader, actor.subject);
  return boardRefusal(stand.board, {
    person: actor.subject,
    isPerson: subject?.kind === "person" && actor.kind === "person",
    requester: change.requesterPerson,
    asks: change.needsBoard,
    isOpen: change.state === "requested",
    isDecided: stand.decision !== null,
  });
}

/**
 * Closes the vote: what it came to is the board's decision on this plan, for good. A veto is the
 * chair's own no, whatever the votes say. A no ends the change; a yes is half of its approval.
 */
export async function closeVote(
  world: World,
  actor: Actor,
  given: { readonly change: string; readonly isVeto: boolean; readonly reason: string },
): Promise<Change> {
  return inTransaction(world.db, async (tx) => {
    const { change, stand } = await demandSeat(world, tx, { actor, ref: given.change });
    const refusal =
      (await seatRefusal(tx, actor, { change, stand })) ?? closingRefusal(actor, change, stand);
    if (refusal !== null) throw new Failure("forbidden", refusal);
    const { outcome, because } = outcomeOf(stand, given.isVeto, { actor, change });
    const at = world.clock();
    const { isVeto, reason } = given;
    await insertDecision(tx, change, {
      ...{ outcome, isVeto, because, reason, by: actor.subject, at },
    });
    const { approve, reject, abstain } = stand.tally ?? { approve: 0, reject: 0, abstain: 0 };
    const facts = { outcome, isVeto, approve, reject, abstain, reason: sha256(reason) };
    await recordBoard(tx, "change.board-decided", { actor, change, facts });
    if (outcome === "approved") {
      return settleApproval(tx, change, { actor: actor.subject, at });
    }
    await moveChange(tx, { id: change.id, verb: "reject", to: "rejected", at, reason });
    await recordEnd(tx, actor.subject, { ...change, state: "rejected" }, reason);
    return { ...change, state: "rejected", movedAt: at, closedReason: reason };
  });
}

function closingRefusal(actor: Actor, change: Change, { board }: BoardStand): string | null {
  const { requesterPerson: requester } = change;
  return board === null ? null : closeRefusal(board, { person: actor.subject, requester });
}

function outcomeOf(
  { board, tally }: BoardStand,
  isVeto: boolean,
  { actor, change }: { readonly actor: Actor; readonly change: Change },
): Pick<BoardDecision, "outcome" | "because"> {
  if (isVeto) {
    if (board?.hasVeto === true && board.chair === actor.subject) {
      return { outcome: "rejected", because: "the chair's veto" };
    }
    throw new Failure("forbidden", "Only the chair has a veto, where the policy gives one.");
  }
  const outcome = tally?.outcome ?? null;
  if (tally !== null && outcome !== null) return { outcome, because: tally.because };
  const because = tally?.because ?? "there is no board";
  throw new Failure("blocked", `The vote on C-${change.number} cannot be closed: ${because}.`);
}

async function recordBoard(
  tx: Tx,
  type: "change.voted" | "change.board-decided",
  of: {
    readonly actor: Actor;
    readonly change: Change;
    readonly facts: Readonly<Record<string, string | number | boolean>>;
  },
): Promise<void> {
  const { change } = of;
  await recordEvent(tx, {
    type,
    actor: of.actor.subject,
    object: `change:${change.id}`,
    patch: change.patch,
    change: change.id,
    plan: change.plan,
    facts: of.facts,
  });
  await notify(tx, "change");
}

/** What the reader may do about the board; nothing where no board is asked. */
export async function boardActions(
  reader: Reader,
  actor: Actor,
  of: { readonly change: Change; readonly stand: BoardStand },
): Promise<readonly Action[]> {
  const { change, stand } = of;
  if (!change.needsBoard) return [];
  const seat = await seatRefusal(reader, actor, of);
  const close = seat ?? closingRefusal(actor, change, stand);
  const noQuorum = stand.tally?.outcome === null ? `${stand.tally.because}.` : null;
  const isChair = stand.board?.chair === actor.subject && stand.board.hasVeto;
  const veto = isChair ? null : "Only the chair has a veto, where the policy gives one.";
  return [
    actionOf("vote", "Vote", seat),
    actionOf("close-vote", "Close the vote", close ?? noQuorum),
    actionOf("veto", "Veto", seat ?? veto),
  ];
}
