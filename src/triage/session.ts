import type { Id, SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { FixFirstItem } from "./fix-first.ts";

/**
 * Triage sessions: several people look at one list and say, for each update, whether it is necessary and
 * on which hosts. The list is frozen when the session begins, so that nobody votes about something else
 * than the others see. A vote binds nobody: what comes of it is done by a person with the right to, and
 * only as far as the vote allows. Ties and too few votes leave an item open.
 *
 * Invariants: one vote of a person counts, the newest, and earlier ones stay in the minutes; only people
 * vote, never services; a closed session never changes again, and its minutes have one digest.
 */
export const sessionMoves = {
  open: { close: "closed" },
  closed: {},
} as const satisfies Record<string, Readonly<Record<string, string>>>;
export type SessionState = keyof typeof sessionMoves;

export type SessionId = Id<"triage-session">;

export const parts = ["on-call", "qa", "support", "security", "operations", "other"] as const;
export type Part = (typeof parts)[number];

export const necessities = ["necessary", "not", "needs-info"] as const;
export type Necessity = (typeof necessities)[number];

export const voteScopes = ["all", "subset", "exclude"] as const;
export type VoteScope = (typeof voteScopes)[number];

export const doings = ["open-case", "defer", "known-issue", "nothing"] as const;
export type Doing = (typeof doings)[number];

/** A row of the fix-first list as it was when the session began. */
export type FrozenItem = Omit<FixFirstItem, "target"> & {
  readonly ecosystem: string;
  readonly source: string;
  readonly sourceVersion: string | null;
};

export interface Vote {
  readonly subject: SubjectId;
  readonly necessity: Necessity;
  readonly scope: VoteScope;
  /** The label expression of a subset, or of what is excluded; empty for all. */
  readonly hosts: string;
  readonly words: string;
  readonly at: Instant;
}

export interface ItemOutcome {
  readonly doing: Doing;
  readonly by: SubjectId;
  readonly at: Instant;
  readonly words: string;
  /** What it became: `P-4`, `D-2`, `K-1`; null for nothing. */
  readonly ref: string | null;
}

export interface SessionItem {
  readonly place: number;
  readonly item: FrozenItem;
  readonly outcome: ItemOutcome | null;
  /** Every vote ever given, oldest first. */
  readonly votes: readonly Vote[];
}

export interface Session {
  readonly id: SessionId;
  /** Shown as `T-<number>`. */
  readonly number: number;
  readonly title: string;
  readonly state: SessionState;
  readonly startedBy: SubjectId;
  readonly startedAt: Instant;
  /** SHA-256 over the frozen list. */
  readonly digest: string;
  readonly quorum: number;
  readonly closed: {
    readonly by: SubjectId;
    readonly at: Instant;
    readonly summary: string;
    /** SHA-256 over the minutes. */
    readonly minutes: string;
  } | null;
}

export interface WholeSession extends Session {
  readonly items: readonly SessionItem[];
  readonly participants: readonly {
    readonly subject: SubjectId;
    readonly part: Part;
    readonly joinedAt: Instant;
  }[];
  readonly notes: readonly {
    readonly subject: SubjectId;
    readonly at: Instant;
    readonly words: string;
  }[];
}

export type Tally =
  | { readonly kind: "few"; readonly votes: number; readonly missing: number }
  | { readonly kind: "tie"; readonly about: "necessity" | "scope" }
  | {
      readonly kind: "decided";
      readonly necessity: Necessity;
      /** Of those who find it necessary; null where it is not. */
      readonly scope: VoteScope | null;
      /** The expression that most of them named with that scope. */
      readonly hosts: string;
    };

/** The newest vote of each person, in the order in which people first voted. */
export function countingVotes(votes: readonly Vote[]): readonly Vote[] {
  return [...new Map(votes.map((vote) => [vote.subject, vote])).values()];
}

export function tallyOf(votes: readonly Vote[], quorum: number): Tally {
  const counting = countingVotes(votes);
  if (counting.length < quorum) {
    return { kind: "few", votes: counting.length, missing: quorum - counting.length };
  }
  const necessity = most(counting.map((vote) => vote.necessity));
  if (necessity === null) return { kind: "tie", about: "necessity" };
  if (necessity !== "necessary") return { kind: "decided", necessity, scope: null, hosts: "" };
  const agreeing = counting.filter((vote) => vote.necessity === "necessary");
  const chosen = most(agreeing.map(({ scope, hosts }) => JSON.stringify([scope, hosts])));
  if (chosen === null) return { kind: "tie", about: "scope" };
  const [scope, hosts] = JSON.parse(chosen) as [VoteScope, string];
  return { kind: "decided", necessity, scope, hosts };
}

/** What stands most often; null when two stand equally often. */
function most<T extends string>(values: readonly T[]): T | null {
  const counts = [...Map.groupBy(values, (value) => value).entries()]
    .map(([value, all]) => ({ value, count: all.length }))
    .toSorted((a, b) => b.count - a.count);
  const [first, second] = counts;
  if (first === undefined || first.count === second?.count) return null;
  return first.value;
}

/** What was done, in words. */
export const doneWords: Readonly<Record<Doing, string>> = {
  "open-case": "case opened",
  defer: "put off",
  "known-issue": "known issue written",
  nothing: "nothing to do",
};

/** Why this cannot be done about an item now; null when it can. */
export function refusalToDo(
  doing: Doing,
  of: { readonly state: SessionState; readonly quorum: number; readonly item: SessionItem },
): string | null {
  const { state, quorum, item } = of;
  if (state === "closed") return "The session is closed.";
  if (item.outcome !== null) return `It was decided: ${doneWords[item.outcome.doing]}.`;
  const tally = tallyOf(item.votes, quorum);
  if (tally.kind === "few") return `It needs ${votesText(tally.missing)} more.`;
  if (tally.kind === "tie") return `The votes on its ${tally.about} are even, so it stays open.`;
  const isWanted = doing === "open-case" ? tally.necessity === "necessary" : true;
  if (!isWanted) return `Most votes say ${necessityWords[tally.necessity]}.`;
  if (doing === "nothing" && tally.necessity !== "not") {
    return `Most votes say ${necessityWords[tally.necessity]}.`;
  }
  if (doing === "open-case" && item.item.remedy !== "update-offered") {
    return "No update is offered that a case could carry.";
  }
  return null;
}

export const necessityWords: Readonly<Record<Necessity, string>> = {
  necessary: "necessary",
  not: "not necessary",
  "needs-info": "needs more information",
};

function votesText(count: number): string {
  return count === 1 ? "1 vote" : `${count} votes`;
}

/** `isClosed`: nobody can vote any more, so nothing is still to come. The minutes speak of the open session. */
export function tallyText(tally: Tally, isClosed = false): string {
  switch (tally.kind) {
    case "few":
      if (isClosed) return `not decided: ${votesText(tally.votes)}, too few for a quorum`;
      return `${votesText(tally.votes)}; ${votesText(tally.missing)} more for a quorum`;
    case "tie":
      if (isClosed) return `not decided: even on its ${tally.about}`;
      return `even on its ${tally.about}: stays open`;
    case "decided": {
      if (tally.scope === null) return necessityWords[tally.necessity];
      const where = {
        all: "all hosts",
        subset: `only ${tally.hosts}`,
        exclude: `all but ${tally.hosts}`,
      };
      return `${necessityWords[tally.necessity]}, ${where[tally.scope]}`;
    }
  }
}
