import fc from "fast-check";
import { expect, it } from "vitest";
import type { PatchId, RolloutId } from "../base/ids.ts";
import {
  type CaseOfHosts,
  type GroupBehind,
  groupsBehind,
  type HostKind,
  NAMES_MAX,
  type PlanOfCase,
} from "./behind-groups.ts";

const patch = "p" as PatchId;
const sets = [1, 2, 3] as const;
const states = ["ready", "failed", "done"] as const;

interface Drawn {
  readonly host: { readonly set: number | null; readonly offers: number | null };
  readonly silentSince: number | null;
  readonly excepted: readonly number[];
}

const drawnHost: fc.Arbitrary<Drawn> = fc.record({
  host: fc.record({
    set: fc.constantFrom(null, ...sets),
    offers: fc.constantFrom(null, 7, 8),
  }),
  silentSince: fc.constantFrom(null, 1_000),
  excepted: fc.constantFrom([], [4], [4, 5]),
});

/** For each host: not in the plan, or its wave and how it stands in the rollout. */
const drawnPlaces = fc.array(
  fc.option(
    fc.record({ wave: fc.constantFrom(1, 2), state: fc.option(fc.constantFrom(...states)) }),
  ),
  { maxLength: 30 },
);
const drawnPlan = fc.record({ hasRollout: fc.boolean(), places: drawnPlaces });

it("tells of every host of a case what a look at that host alone tells", () => {
  const cases = fc.record({
    hosts: fc.array(drawnHost, { maxLength: 30 }),
    older: fc.subarray([...sets]),
    offering: fc.subarray([7, 8]),
    plans: fc.array(drawnPlan, { maxLength: 3 }),
  });
  fc.assert(
    fc.property(cases, ({ hosts, older, offering, plans }) => {
      const of = {
        ...{ patch, olderSets: new Set<number>(older), offering: new Set(offering) },
        plans: plans.map(planOf),
      };
      const found = groupsBehind([of], alikeOf(hosts)).get(patch) ?? [];
      expect(counted(found)).toEqual(hostByHost(of, hosts));
      for (const group of found) {
        expect(group.few.length).toBe(Math.min(NAMES_MAX, group.hosts));
        expect(new Set(group.few).size).toBe(group.few.length);
      }
    }),
  );
});

function planOf(drawn: { hasRollout: boolean; places: readonly (Place | null)[] }, at: number) {
  const named = drawn.places.flatMap((place, host) => (place === null ? [] : [{ host, ...place }]));
  const windows = new Map([1, 2].map((wave) => [wave, { notBefore: wave, notAfter: wave + 1 }]));
  const targets = new Map(
    states.map((state) => [
      state as string,
      Int32Array.from(named.filter((one) => one.state === state).map(({ host }) => host)),
    ]),
  );
  return {
    digest: `digest-${at}`,
    places: {
      hosts: Int32Array.from(named.map(({ host }) => host)),
      waves: Int32Array.from(named.map(({ wave }) => wave)),
    },
    windows,
    rollout: drawn.hasRollout ? { id: `r-${at}` as RolloutId, number: at, targets } : null,
  } satisfies PlanOfCase;
}

interface Place {
  readonly wave: number;
  readonly state: (typeof states)[number] | null;
}

function alikeOf(hosts: readonly Drawn[]): readonly HostKind[] {
  const alike = Map.groupBy(hosts.keys(), (number) => JSON.stringify(hosts[number]));
  return [...alike.values()].map((numbers): HostKind => {
    const { host, silentSince, excepted } = hosts[numbers[0] ?? 0] as Drawn;
    const same = { setId: host.set, offerSetId: host.offers, silentSince, excepted };
    return { ...same, hosts: Int32Array.from(numbers) };
  });
}

function counted(groups: readonly GroupBehind[]): Record<string, number> {
  return Object.fromEntries(groups.map(({ hosts, few: _, ...told }) => [textOf(told), hosts]));
}

/** The slow way: each host, with the first plan that names it. */
function hostByHost(of: CaseOfHosts, hosts: readonly Drawn[]): Record<string, number> {
  const found: Record<string, number> = {};
  hosts.forEach(({ host, silentSince, excepted }, number) => {
    if (host.set === null || !of.olderSets.has(host.set)) return;
    const plan = of.plans.find(({ places }) => places.hosts.includes(number));
    const wave = plan?.places.waves[plan.places.hosts.indexOf(number)] ?? 0;
    const window = plan?.windows.get(wave);
    const rollout = plan?.rollout ?? null;
    const target = [...(rollout?.targets ?? [])].find(([, own]) => own.includes(number));
    const text = textOf({
      ...{ isOffered: host.offers !== null && of.offering.has(host.offers), excepted, silentSince },
      plan: plan && window ? { digest: plan.digest, wave, ...window } : null,
      rollout: rollout && { id: rollout.id, number: rollout.number, target: target?.[0] ?? null },
    });
    found[text] = (found[text] ?? 0) + 1;
  });
  return found;
}

function textOf(group: Omit<GroupBehind, "hosts" | "few">): string {
  const { isOffered, excepted, silentSince, plan, rollout } = group;
  return JSON.stringify([isOffered, excepted, silentSince, plan, rollout]);
}

it("names the same few hosts, whatever order kinds of hosts were read in", () => {
  const drawn = { host: { set: 1, offers: null }, silentSince: null, excepted: [] };
  const hosts = Array.from({ length: 12 }, (_, at) => ({
    ...drawn,
    host: { set: sets[at % 3] ?? 1, offers: null },
  }));
  const of = { patch, olderSets: new Set<number>(sets), offering: new Set<number>(), plans: [] };
  const [one] = groupsBehind([of], alikeOf(hosts)).get(patch) ?? [];
  const [two] = groupsBehind([of], alikeOf(hosts).toReversed()).get(patch) ?? [];
  expect(one).toEqual(two);
  expect(one?.hosts).toBe(12);
});
