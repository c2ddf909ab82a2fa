import { type Actor, scopesFor } from "../base/actor.ts";
import type { World } from "../db/world.ts";
import { demandPlan } from "../plan/actions-show.ts";
import { type KindForecast, kindForecasts } from "./kind-pace.ts";
import { loadKindPaces, loadKindsOfPlan } from "./store-kinds.ts";
import { loadPaceOfPlan } from "./store-pace.ts";

/** How long each kind of host of a plan takes, of the hosts that its reader may see. */
export async function forecastKinds(
  world: World,
  actor: Actor,
  asked: { readonly plan: string },
): Promise<readonly KindForecast[]> {
  const { db } = world;
  const { digest: plan } = await demandPlan(world, actor, asked.plan);
  const scopes = scopesFor(actor, "plan.read");
  const [kinds, own, source] = await Promise.all([
    loadKindsOfPlan(db, { plan, scopes }),
    loadPaceOfPlan(db, plan),
    loadKindPaces(db, { plan, basis: "source" }),
  ]);
  const told = kindForecasts(kinds, { measured: [source], plan: own });
  if (!told.some(({ isAssumed }) => isAssumed)) return told;
  const fleet = await loadKindPaces(db, { plan, basis: "fleet" });
  return kindForecasts(kinds, { measured: [source, fleet], plan: own });
}
