import type { Reply } from "../app/api.ts";

/** One session with its items and votes, as its page shows it. */
export type Session = Reply<"/api/v1/triage-sessions/{session}">;

/** What tells a session's page to ask again. */
export const SESSION_TOPICS = ["triage"] as const;
