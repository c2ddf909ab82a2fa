import type { SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";

/**
 * What the change advisory board decides. Members vote on one plan; whoever asked for the change has no
 * vote. Abstentions make a quorum and decide nothing. A tie is decided by the chair's own vote, and
 * without one it is no: a change is never carried out because nobody objected loudly enough.
 */
export const voteChoices = ["approve", "reject", "abstain"] as const;
export type VoteChoice = (typeof voteChoices)[number];

export interface Vote {
  readonly person: SubjectId;
  readonly choice: VoteChoice;
  readonly reason: string;
  readonly at: Instant;
}

export interface Board {
  readonly members: readonly SubjectId[];
  readonly chair: SubjectId | null;
  readonly quorum: number;
  readonly hasVeto: boolean;
}

export interface Tally {
  readonly approve: number;
  readonly reject: number;
  readonly abstain: number;
  readonly quorum: number;
  /** Null while there is no quorum. */
  readonly outcome: "approved" | "rejected" | null;
  readonly because: string;
}

export function tallyOf(
  board: Board,
  votes: readonly Pick<Vote, "person" | "choice">[],
  requester: SubjectId,
): Tally {
  const counting = votes.filter(
    ({ person }) => person !== requester && board.members.includes(person),
  );
  const count = (choice: VoteChoice): number =>
    counting.filter((vote) => vote.choice === choice).length;
  const [approve, reject, abstain] = [count("approve"), count("reject"), count("abstain")];
  const tally = { approve, reject, abstain, quorum: board.quorum };
  if (counting.length < board.quorum) {
    const because = `${counting.length} of the ${board.quorum} members that make a quorum have voted`;
    return { ...tally, outcome: null, because };
  }
  const chair = counting.find(({ person }) => person === board.chair)?.choice;
  if (approve !== reject) {
    const outcome = approve > reject ? "approved" : "rejected";
    return { ...tally, outcome, because: `${approve} for it, ${reject} against it` };
  }
  const isChairFor = approve > 0 && chair === "approve";
  return {
    ...tally,
    outcome: isChairFor ? "approved" : "rejected",
    because: isChairFor
      ? `${approve} for it and as many against it, the chair for it`
      : approve === 0
        ? "nobody voted for it"
        : `${approve} for it and as many against it, the chair not for it`,
  };
}

/** Why somebody may not vote on, or close, a change; null when they may. */
export function boardRefusal(
  board: Board | null,
  facts: {
    readonly person: SubjectId;
    readonly isPerson: boolean;
    readonly requester: SubjectId;
    readonly asks: boolean;
    readonly isOpen: boolean;
    readonly isDecided: boolean;
  },
): string | null {
  if (!facts.asks) return "This change needs no decision of the advisory board.";
  if (board === null) return "The change policy in force names no advisory board.";
  if (!facts.isPerson) return "Only people vote. Sign in as yourself, not as a service.";
  if (facts.person === facts.requester) {
    return "Whoever asked for a change has no vote on it.";
  }
  if (!board.members.includes(facts.person)) return "Only members of the advisory board vote.";
  if (facts.isDecided) return "The board has decided on this plan already.";
  return facts.isOpen ? null : "The change waits for no decision any more.";
}

/** Who closes the vote: the chair, or any other member where the chair asked for the change. */
export function closeRefusal(
  board: Board,
  facts: { readonly person: SubjectId; readonly requester: SubjectId },
): string | null {
  if (board.chair === null || board.chair === facts.requester) return null;
  return facts.person === board.chair ? null : "The chair of the board closes the vote.";
}
