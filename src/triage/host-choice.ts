import type { HostId } from "../base/ids.ts";
import type { Selector } from "../base/labels.ts";

/** Some of the hosts that a reader may see, as people choose them: all that is named must hold. */
export interface HostChoice {
  /** A label expression; empty for all. */
  readonly label: string;
  /** Names or ids of hosts; none for all. */
  readonly hosts: readonly string[];
  /** A service, by its name; the hosts that run it. */
  readonly runs: string | null;
  /** The value of the label `team`, or `owner` where a host has no team. */
  readonly team: string | null;
}

export const allHosts: HostChoice = { label: "", hosts: [], runs: null, team: null };

/** The same with names looked up. */
export interface ChosenHosts {
  readonly label: Selector;
  readonly team: string | null;
  /** Of each of these a host must be among the ids or be selected. */
  readonly any: readonly { readonly selector: Selector | null; readonly ids: readonly HostId[] }[];
}

export function isEveryHost({ label, hosts, runs, team }: HostChoice): boolean {
  return label.trim() === "" && hosts.length === 0 && runs === null && team === null;
}
