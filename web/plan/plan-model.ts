import type { Reply } from "../app/api.ts";

export type Plan = Reply<"/api/v1/plans/{plan}">;
export type PlannedWave = Plan["waves"][number];
export type PlanHost = Reply<"/api/v1/plans/{plan}/hosts">["items"][number];

/** The name by which a place on the page is found from a host's row. */
export function bodyAnchor(digest: string): string {
  return `body-${digest.slice(0, 12)}`;
}
