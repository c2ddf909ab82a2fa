import type { Reply } from "../app/api.ts";

/** One known issue, as the list of them has it. */
export type KnownIssue = Reply<"/api/v1/known-issues">["items"][number];

/** What tells the pages of known issues to ask again. */
export const ISSUE_TOPICS = ["known-issues"];
