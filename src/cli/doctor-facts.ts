import type { Instant } from "../base/instant.ts";
import type { components, paths } from "../client/schema.d.ts";

/** What probes bring for a check of a deployment, and what each finding says of it. */
export interface Finding {
  readonly check: string;
  readonly state: "good" | "attention" | "bad" | "unknown";
  readonly says: string;
  /** What to do; null where nothing needs doing. */
  readonly advice: string | null;
}

type Reply<P extends keyof paths> = paths[P] extends {
  get: { responses: { 200: { content: { "application/json": infer R } } } };
}
  ? R
  : never;
export type Health = Reply<"/api/v1/health">;
export type Feed = Reply<"/api/v1/feeds">["items"][number];
export type Witnesses = Reply<"/api/v1/witnesses">;
export type AgentsHealth = Reply<"/api/v1/agent-health">;
export type WaysIn = Reply<"/api/v1/ways-in">;
export type Policies = Reply<"/api/v1/policy">;
export type Facets = components["schemas"]["HostFacets"];

/** A fact, or in words why it could not be had. */
export type Asked<T> = { readonly value: T } | { readonly problem: string };

export interface Facts {
  readonly now: Instant;
  /** Version of this command line. */
  readonly program: string;
  readonly machine: MachineFacts;
  readonly url: string;
  readonly server: Asked<{ readonly clock: Instant | null; readonly tookMs: number }>;
  readonly signedIn: Asked<{ readonly handle: string }>;
  readonly health: Asked<Health>;
  readonly feeds: Asked<readonly Feed[]>;
  readonly hosts: Asked<{ readonly total: number; readonly facets: Facets }>;
  readonly ledger: Asked<{ readonly isHeadGood: boolean; readonly size: number }>;
  readonly witnesses: Asked<Witnesses>;
  readonly agents: Asked<AgentsHealth>;
  readonly waysIn: Asked<WaysIn>;
  readonly policies: Asked<Policies>;
}

export interface MachineFacts {
  readonly node: string;
  /** The first line of `ssh -V`; null where there is none. */
  readonly ssh: string | null;
  readonly sshKeygen: boolean;
  /** Whether there is a gpgv, which verifies sources of packages. */
  readonly gpgv: boolean;
  /** What is wrong with the configuration file or the environment; null where nothing is. */
  readonly config: string | null;
  readonly state: {
    readonly folder: string;
    readonly isThere: boolean;
    readonly freeBytes: number | null;
    readonly loose: readonly { readonly path: string; readonly mode: string }[];
  };
  /** The unit's state as systemd says it; null where there is no unit or no systemd. */
  readonly unit: string | null;
}
