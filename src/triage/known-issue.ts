import type { Id, PatchId, SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";

/**
 * Known issues: defects that will not be patched, and how to live with them. Writers work on the newest
 * revision; readers see the one that was published last, and every revision is kept.
 */
export const knownIssueMoves = {
  draft: { publish: "published", withdraw: "withdrawn" },
  published: { publish: "published", withdraw: "withdrawn" },
  withdrawn: { publish: "published" },
} as const satisfies Record<string, Readonly<Record<string, string>>>;

export type KnownIssueState = keyof typeof knownIssueMoves;
export type KnownIssueVerb = "publish" | "withdraw";
export const knownIssueStates = Object.keys(knownIssueMoves) as readonly KnownIssueState[];

export function knownIssueAfter(
  from: KnownIssueState,
  verb: KnownIssueVerb,
): KnownIssueState | null {
  const moves: Readonly<Record<string, KnownIssueState>> = knownIssueMoves[from];
  return Object.hasOwn(moves, verb) ? (moves[verb] ?? null) : null;
}

export const audiences = ["operations", "everybody"] as const;
export type Audience = (typeof audiences)[number];

export type KnownIssueId = Id<"known-issue">;

/** What people write. */
export interface KnownIssueText {
  readonly title: string;
  /** Where `subject` is a package. */
  readonly ecosystem: string | null;
  /** A source package, or the name of a service. */
  readonly subject: string;
  /** Which versions, in words. */
  readonly affected: string;
  /** Markdown, shown as the text that it is. */
  readonly workaround: string;
  readonly audience: Audience;
  readonly vulnerabilities: readonly string[];
  readonly patch: PatchId | null;
}

export interface Revision extends KnownIssueText {
  readonly revision: number;
  readonly writtenBy: SubjectId;
  readonly writtenAt: Instant;
}

export interface KnownIssue {
  readonly id: KnownIssueId;
  /** Shown as `K-<number>`. */
  readonly number: number;
  readonly state: KnownIssueState;
  /** Of the newest revision. */
  readonly revision: number;
  readonly publishedRevision: number | null;
  readonly publishedAt: Instant | null;
  readonly createdAt: Instant;
  readonly movedAt: Instant;
  /** The revision that its reader sees. */
  readonly shown: Revision;
}
