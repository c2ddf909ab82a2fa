import { type Actor, scopesFor } from "../base/actor.ts";
import type { RolloutId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { Selector } from "../base/labels.ts";
import type { World } from "../db/world.ts";
import { exposure } from "../intel/store-exposure.ts";
import { subjectOf } from "../intel/subject.ts";
import { orderOf } from "../intel/versions/order.ts";
import { forecastNow } from "../rollout/actions-forecast.ts";
import type { Forecast } from "../rollout/forecast.ts";
import { loadFacts } from "../rollout/store.ts";
import { requireVisiblePatch } from "../triage/actions.ts";
import { caseEffects } from "../triage/actions-exception-effect.ts";
import { type CaseEffect, exceptedUntil } from "../triage/exception-effect.ts";
import type { Patch } from "../triage/model.ts";
import { loadOpenPatches } from "../triage/store.ts";
import { loadFleetSight, loadOffersOf } from "../triage/store-exposure.ts";
import { loadPackagesOfEach } from "../triage/store-where.ts";
import { sortByTarget } from "../triage/where.ts";
import { type GroupBehind, groupsBehind, NAMES_MAX } from "./behind-groups.ts";
import {
  type HostsBehind,
  type Judged,
  judgeBehind,
  type Known,
  SILENT_MS,
  type Verdict,
  verdicts,
  worst,
} from "./breach.ts";
import {
  type CaseBehind,
  loadCasesOfHosts,
  loadHostKinds,
  loadHostNamesOf,
  loadUsual,
} from "./store-breach.ts";

/** Which dates will be missed where, over all open cases or for one. */
export interface CaseForecast {
  readonly patch: Patch;
  /** The date that counts: that of the case, or where all of it is excepted a later one. */
  readonly at: Instant;
  /** What exceptions do to its date; undefined where none reaches it. */
  readonly effect: CaseEffect | undefined;
  /** Null where no host that the reader may see lacks the update. */
  readonly verdict: Verdict | null;
  readonly hostsBehind: number;
  readonly groups: readonly (HostsBehind & Judged)[];
}

export async function breachForecast(
  world: World,
  actor: Actor,
  of: { readonly patch?: string | undefined },
): Promise<readonly CaseForecast[]> {
  const cases =
    of.patch === undefined
      ? await loadOpenPatches(world.db, scopesFor(actor, "patch.read"))
      : [await requireVisiblePatch(world, actor, of.patch)];
  const usual = await loadUsual(world.db);
  const scopes = scopesFor(actor, "host.read");
  const now = world.clock();
  const effects = await caseEffects(world, cases);
  const dated = cases.flatMap((patch) => {
    const effect = effects.get(patch.id);
    const at = effect?.isExcepted === true ? effect.at : patch.deadline.at;
    const isOver = ["observing", "closed", "dropped"].includes(patch.state);
    return at === null || isOver ? [] : [{ patch, at, effect }];
  });
  const behind = await hostsBehind(world, {
    patches: dated.map(({ patch }) => patch),
    scopes,
    effects,
  });
  const rollouts = [...behind.values()].flat().flatMap((group) => group.rollout?.id ?? []);
  const forecasts = await loadForecasts(world, [...new Set(rollouts)]);
  return dated
    .map(({ patch, at, effect }): CaseForecast => {
      const known = { deadlineAt: at, now, usual, forecasts };
      const groups = withExceptions(behind.get(patch.id) ?? [], { patch, effect, now });
      return { patch, at, effect, ...forecastOf(groups, known) };
    })
    .toSorted(byRisk);
}

/** Groups that differ only by exceptions of other cases are one again. */
function withExceptions(
  groups: readonly NamedGroup[],
  of: { readonly patch: Patch; readonly effect: CaseEffect | undefined; readonly now: Instant },
): readonly HostsBehind[] {
  const { effect, now } = of;
  const { vulnerabilities, deadline } = of.patch;
  const asked = { vulnerabilities, deadline: deadline.at };
  const told = groups.map(({ excepted, ...group }): HostsBehind => {
    const here = effect?.by.filter(({ number }) => excepted.includes(number)) ?? [];
    return { ...group, exceptedUntil: exceptedUntil(here, asked, now) };
  });
  const alike = Map.groupBy(told, ({ hosts: _hosts, names: _names, ...facts }) =>
    JSON.stringify(facts),
  );
  return [...alike.values()].flatMap((parts) => {
    const [first] = parts;
    if (first === undefined) return [];
    const names = parts.flatMap((part) => part.names).toSorted();
    const hosts = parts.reduce((sum, part) => sum + part.hosts, 0);
    return [{ ...first, hosts, names: names.slice(0, NAMES_MAX) }];
  });
}

function forecastOf(
  behind: readonly HostsBehind[],
  known: Known,
): Pick<CaseForecast, "verdict" | "hostsBehind" | "groups"> {
  const groups = behind
    .map((group) => ({ ...group, ...judgeBehind(group, known) }))
    .toSorted((a, b) => verdicts.indexOf(a.verdict) - verdicts.indexOf(b.verdict));
  const hosts = groups.reduce((sum, group) => sum + group.hosts, 0);
  return { verdict: worst(groups), hostsBehind: hosts, groups };
}

/** What is asked about every case is looked up once for all of them. */
async function hostsBehind(
  world: World,
  of: {
    readonly patches: readonly Patch[];
    readonly scopes: readonly Selector[];
    readonly effects: ReadonlyMap<Patch["id"], CaseEffect>;
  },
): Promise<ReadonlyMap<Patch["id"], readonly NamedGroup[]>> {
  const { patches, scopes, effects } = of;
  const silentBefore = world.clock() - SILENT_MS;
  const used = patches.flatMap(({ id }) => effects.get(id)?.by ?? []);
  const exceptions = [...new Map(used.map((one) => [one.number, one])).values()];
  const [sight, alike] = await Promise.all([
    loadFleetSight(world.db, scopes),
    loadHostKinds(world.db, { scopes, silentBefore, exceptions }),
  ]);
  const exposed = Map.groupBy(await exposure(world.db, { scopes, hosts: sight.hosts }), sourceName);
  const offered = Map.groupBy(await loadOffersOf(world.db, sight.offerSets), sourceName);
  const packages = await loadPackagesOfEach(
    world.db,
    patches.map(({ target: { ecosystem, source }, target }) => {
      const own = exposed.get(sourceName(target)) ?? [];
      return { ecosystem, source, ids: [...new Set(own.flatMap((each) => each.packageIds))] };
    }),
  );
  const cases = patches.map(({ id, target }, at): CaseBehind => {
    const { ecosystem, source, sourceVersion } = target;
    const order = orderOf(ecosystem);
    const versions = (offered.get(sourceName(target)) ?? [])
      .map((offer) => subjectOf({ ...offer, module: "" }).version)
      .filter((version) => (order?.(version, sourceVersion) ?? -1) >= 0);
    return {
      patch: id,
      olderIds: sortByTarget(packages.get(at) ?? [], target).older,
      offers: { source, versions: [...new Set(versions)] },
    };
  });
  const groups = groupsBehind(await loadCasesOfHosts(world.db, cases), alike);
  const few = [...groups.values()].flatMap((own) => own.flatMap((group) => group.few));
  const names = await loadHostNamesOf(world.db, [...new Set(few)]);
  return new Map([...groups].map(([patch, own]) => [patch, own.map((one) => named(one, names))]));
}

type NamedGroup = Omit<GroupBehind, "few"> & Pick<HostsBehind, "names">;

function named({ few, ...group }: GroupBehind, names: ReadonlyMap<number, string>): NamedGroup {
  return { ...group, names: few.flatMap((host) => names.get(host) ?? []).toSorted() };
}

function sourceName(of: { readonly ecosystem: string; readonly source: string }): string {
  return `${of.ecosystem}\n${of.source}`;
}

async function loadForecasts(
  world: World,
  rollouts: readonly RolloutId[],
): Promise<ReadonlyMap<string, Forecast>> {
  const forecasts = await Promise.all(
    rollouts.map(async (id) => {
      const loaded = await loadFacts(world.db, id);
      return loaded === null ? [] : [[id, await forecastNow(world.db, loaded)] as const];
    }),
  );
  return new Map(forecasts.flat());
}

/** The worst first, then the earliest date. */
function byRisk(a: CaseForecast, b: CaseForecast): number {
  const place = ({ verdict }: CaseForecast): number =>
    verdict === null ? verdicts.length : verdicts.indexOf(verdict);
  return place(a) - place(b) || a.at - b.at || a.patch.number - b.patch.number;
}
