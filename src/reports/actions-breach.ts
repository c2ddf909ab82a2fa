import { type Actor, scopesFor } from "../base/actor.ts";
import type { RolloutId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { Selector } from "../base/labels.ts";
import type { World } from "../db/world.ts";
import { exposure } from "../intel/store-exposure.ts";
import { subjectOf } from "../intel/subject.ts";
import { orderOf } from "../intel/versions/order.ts";
import { type Forecast, forecast } from "../rollout/forecast.ts";
import { loadFacts } from "../rollout/store.ts";
import { loadPace } from "../rollout/store-view.ts";
import { requirePatch } from "../triage/actions.ts";
import type { Patch } from "../triage/model.ts";
import { loadOpenPatches } from "../triage/store.ts";
import { loadSourceOffers } from "../triage/store-exposure.ts";
import { loadPackagesOf } from "../triage/store-where.ts";
import { sortByTarget } from "../triage/where.ts";
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
import { loadHostsBehind, loadUsual } from "./store-breach.ts";

/** Which dates will be missed where, over all open cases or for one. */
export interface CaseForecast {
  readonly patch: Patch;
  readonly at: Instant;
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
      ? await loadOpenPatches(world.db)
      : [await requirePatch(world.db, of.patch)];
  const usual = await loadUsual(world.db);
  const scopes = scopesFor(actor, "host.read");
  const now = world.clock();
  const found: CaseForecast[] = [];
  for (const patch of cases) {
    const { at } = patch.deadline;
    const isOver = ["observing", "closed", "dropped"].includes(patch.state);
    if (at === null || isOver) continue;
    const known = { deadlineAt: at, now, usual };
    found.push({ patch, at, ...(await forecastOf(world, { patch, scopes, known })) });
  }
  return found.toSorted(byRisk);
}

async function forecastOf(
  world: World,
  of: {
    readonly patch: Patch;
    readonly scopes: readonly Selector[];
    readonly known: Omit<Known, "forecasts">;
  },
): Promise<Pick<CaseForecast, "verdict" | "hostsBehind" | "groups">> {
  const { patch, scopes } = of;
  const behind = await hostsBehind(world, { patch, scopes, now: of.known.now });
  const rollouts = [...new Set(behind.flatMap((group) => group.rollout?.id ?? []))];
  const known = { ...of.known, forecasts: await loadForecasts(world, rollouts) };
  const groups = behind
    .map((group) => ({ ...group, ...judgeBehind(group, known) }))
    .toSorted((a, b) => verdicts.indexOf(a.verdict) - verdicts.indexOf(b.verdict));
  const hosts = groups.reduce((sum, group) => sum + group.hosts, 0);
  return { verdict: worst(groups), hostsBehind: hosts, groups };
}

async function hostsBehind(
  world: World,
  of: { readonly patch: Patch; readonly scopes: readonly Selector[]; readonly now: Instant },
): Promise<readonly HostsBehind[]> {
  const { scopes, now } = of;
  const { id, target } = of.patch;
  const { ecosystem, source, sourceVersion } = target;
  const exposed = await exposure(world.db, { scopes, ecosystem, source });
  const ids = [...new Set(exposed.flatMap((each) => each.packageIds))];
  const packages = await loadPackagesOf(world.db, { ecosystem, source, ids });
  const order = orderOf(ecosystem);
  const offers = await loadSourceOffers(world.db, scopes, source);
  const versions = offers
    .filter((offer) => offer.ecosystem === ecosystem)
    .map((offer) => subjectOf({ ...offer, module: "" }).version)
    .filter((version) => (order?.(version, sourceVersion) ?? -1) >= 0);
  return loadHostsBehind(world.db, {
    patch: id,
    scopes,
    olderIds: sortByTarget(packages, target).older,
    offers: { source, versions: [...new Set(versions)] },
    silentBefore: now - SILENT_MS,
  });
}

async function loadForecasts(
  world: World,
  rollouts: readonly RolloutId[],
): Promise<ReadonlyMap<string, Forecast>> {
  const forecasts = new Map<string, Forecast>();
  for (const id of rollouts) {
    const loaded = await loadFacts(world.db, id);
    if (loaded !== null) forecasts.set(id, forecast(loaded, await loadPace(world.db, id)));
  }
  return forecasts;
}

/** The worst first, then the earliest date. */
function byRisk(a: CaseForecast, b: CaseForecast): number {
  const place = ({ verdict }: CaseForecast): number =>
    verdict === null ? verdicts.length : verdicts.indexOf(verdict);
  return place(a) - place(b) || a.at - b.at || a.patch.number - b.patch.number;
}
