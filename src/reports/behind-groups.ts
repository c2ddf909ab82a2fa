import type { PatchId, RolloutId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { HostsBehind } from "./breach.ts";

/**
 * Who still lacks the update of each case, from hosts that are alike and from lists of their numbers. A
 * case without a plan is counted by kinds of hosts alone; of one with plans each host is looked at once,
 * by its number in an array. Nothing here walks over cases times hosts but those of plans.
 */

export const NAMES_MAX = 5;

/** Hosts that are alike in all that tells why they lack an update, plans left aside. */
export interface HostKind {
  readonly setId: number | null;
  readonly offerSetId: number | null;
  /** Numbers of the exceptions that reach these hosts. */
  readonly excepted: readonly number[];
  readonly silentSince: Instant | null;
  /** The number of each host, rising. */
  readonly hosts: Int32Array;
}

/** Where a plan puts hosts: one number and one wave for each. */
export interface PlanPlaces {
  readonly hosts: Int32Array;
  readonly waves: Int32Array;
}

export interface PlanOfCase {
  readonly digest: string;
  readonly places: PlanPlaces;
  readonly windows: ReadonlyMap<
    number,
    { readonly notBefore: Instant; readonly notAfter: Instant }
  >;
  readonly rollout: {
    readonly id: RolloutId;
    readonly number: number;
    /** What became of the hosts in it, by their state. */
    readonly targets: ReadonlyMap<string, Int32Array>;
  } | null;
}

export interface CaseOfHosts {
  readonly patch: PatchId;
  /** Package sets that hold something older than the target. */
  readonly olderSets: ReadonlySet<number>;
  /** Offer sets that offer the target, or something newer. */
  readonly offering: ReadonlySet<number>;
  /** The one that counts for a host comes first. */
  readonly plans: readonly PlanOfCase[];
}

/** The hosts of a case that are alike; what exceptions mean for it is not decided yet. */
export interface GroupBehind extends Omit<HostsBehind, "exceptedUntil" | "names"> {
  readonly excepted: readonly number[];
  /** Numbers of a few of them. */
  readonly few: readonly number[];
}

/** By the case; its largest groups come first. */
export function groupsBehind(
  cases: readonly CaseOfHosts[],
  alike: readonly HostKind[],
): ReadonlyMap<PatchId, readonly GroupBehind[]> {
  // In one order, whatever order they were read in, so that the few that are named stay the same.
  const kinds = alike.toSorted((a, b) => (a.hosts[0] ?? 0) - (b.hosts[0] ?? 0));
  const texts = kinds.map(({ silentSince, excepted }) => `${silentSince} ${excepted.join(",")}`);
  return new Map(
    cases.map((one) => [
      one.patch,
      groupsOf(one, { kinds, texts }).toSorted((a, b) => b.hosts - a.hosts || byPlan(a, b)),
    ]),
  );
}

interface Kinds {
  readonly kinds: readonly HostKind[];
  /** The same for hosts that are told together where sets and offers make no difference. */
  readonly texts: readonly string[];
}

function groupsOf(of: CaseOfHosts, { kinds, texts }: Kinds): readonly GroupBehind[] {
  const isBehind = ({ setId }: HostKind): boolean => setId !== null && of.olderSets.has(setId);
  const standings = standingsOf(of.plans, kinds.filter(isBehind));
  const groups = new Map<string, Group>();
  kinds.forEach((kind, at) => {
    if (!isBehind(kind)) return;
    const isOffered = kind.offerSetId !== null && of.offering.has(kind.offerSetId);
    for (const [standing, hosts] of byStanding(kind.hosts, standings)) {
      const key = `${standing} ${isOffered} ${texts[at]}`;
      const group = groups.get(key) ?? groupOf(kind, isOffered, standings.told[standing]);
      groups.set(key, group);
      group.hosts += hosts.length;
      if (group.few.length < NAMES_MAX) {
        group.few.push(...hosts.slice(0, NAMES_MAX - group.few.length));
      }
    }
  });
  return [...groups.values()];
}

type Standing = Pick<HostsBehind, "plan" | "rollout">;

type Group = Omit<GroupBehind, "hosts" | "few"> & { hosts: number; readonly few: number[] };

function groupOf(
  { excepted, silentSince }: HostKind,
  isOffered: boolean,
  { plan, rollout }: Standing = unplanned,
): Group {
  return { hosts: 0, few: [], isOffered, excepted, silentSince, plan, rollout };
}

const unplanned: Standing = { plan: null, rollout: null };
const UNPLANNED = 0;

/** How the plans of a case stand for hosts: a place in `told` for each that a plan names. */
interface Standings {
  readonly told: readonly Standing[];
  /** By the number of the host; null where the case has no plan. */
  readonly of: Int32Array | null;
}

function standingsOf(plans: readonly PlanOfCase[], behind: readonly HostKind[]): Standings {
  const told: Standing[] = [unplanned];
  if (plans.length === 0) return { told, of: null };
  const last = Math.max(-1, ...behind.map(({ hosts }) => hosts.at(-1) ?? -1));
  const of = new Int32Array(last + 1);
  // The one that counts comes last, and overwrites what the others said.
  for (const plan of plans.toReversed()) {
    const targets = targetsOf(plan, last);
    const known = new Map<number, number>();
    plan.places.hosts.forEach((host, at) => {
      if (host > last) return;
      const wave = plan.places.waves[at] ?? 0;
      const state = targets.of[host] ?? 0;
      const key = wave * targets.states.length + state;
      let place = known.get(key);
      if (place === undefined) {
        place = told.push(standingIn(plan, wave, targets.states[state] ?? null)) - 1;
        known.set(key, place);
      }
      of[host] = place;
    });
  }
  return { told, of };
}

/** The state of each host in the rollout of a plan, as a place in `states`. */
function targetsOf({ rollout }: PlanOfCase, last: number) {
  const states: (string | null)[] = [null];
  const of = new Uint8Array(last + 1);
  for (const [state, hosts] of rollout?.targets ?? []) {
    const place = states.push(state) - 1;
    for (const host of hosts) if (host <= last) of[host] = place;
  }
  return { states, of };
}

function standingIn(plan: PlanOfCase, wave: number, target: string | null): Standing {
  const { digest, rollout } = plan;
  const window = plan.windows.get(wave);
  return {
    plan: window === undefined ? null : { digest, wave, ...window },
    rollout: rollout === null ? null : { id: rollout.id, number: rollout.number, target },
  };
}

function byStanding(
  hosts: Int32Array,
  { of }: Standings,
): Iterable<readonly [number, Int32Array | readonly number[]]> {
  if (of === null) return [[UNPLANNED, hosts]];
  const found = new Map<number, number[]>();
  for (const host of hosts) {
    const standing = of[host] ?? UNPLANNED;
    const own = found.get(standing);
    if (own === undefined) found.set(standing, [host]);
    else own.push(host);
  }
  return found;
}

/** What plans say first, then the rest, so that the same facts are told in the same order. */
function byPlan(a: GroupBehind, b: GroupBehind): number {
  const [one, two] = [a.plan?.digest ?? "~", b.plan?.digest ?? "~"];
  if (one !== two) return one < two ? -1 : 1;
  const wave = (a.plan?.wave ?? 0) - (b.plan?.wave ?? 0);
  return wave || (a.silentSince ?? 0) - (b.silentSince ?? 0) || (a.few[0] ?? 0) - (b.few[0] ?? 0);
}
