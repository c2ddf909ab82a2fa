import type { Reply } from "../app/api.ts";

/** Where the fleet stands, as the overview shows it. */
export type Overview = Reply<"/api/v1/overview">;
