import type { Reply } from "../app/api.ts";
import type { Search } from "../app/search-state.ts";
import type { Tone } from "../app/words.ts";

export type HostList = Reply<"/api/v1/hosts">;
export type HostReply = Reply<"/api/v1/hosts/{host}">;
export type ShownHost = HostList["items"][number];
export type Respect = keyof HostList["facets"];
export type StateTone = Exclude<Tone, "running" | "waiting">;

/** The order of tones is that of urgency: what needs somebody comes first. */
export const stateTones = ["bad", "attention", "unknown", "good"] as const;

export const hostFilters = ["q", "label", "reach", "fresh", "reboot", "risk"] as const;

type HostFilters = Partial<Record<(typeof hostFilters)[number], string>>;

/** The filters of the list as the API takes them, from the URL; the API refuses mistyped ones. */
export function hostQuery(search: Search): HostFilters {
  const set = hostFilters.flatMap((name) => {
    const value = search[name] ?? "";
    return value === "" ? [] : [[name, value] as const];
  });
  return Object.fromEntries(set);
}

/** After these hints a list of hosts may be another. */
export const HOST_TOPICS = ["hosts", "findings"] as const;
