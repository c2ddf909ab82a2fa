import { type Actor, scopesFor } from "../base/actor.ts";
import type { Instant } from "../base/instant.ts";
import type { World } from "../db/world.ts";
import { ownOfServices, serviceActions } from "../intel/actions-services.ts";
import { loadKnowledge } from "../intel/store-knowledge.ts";
import { fixFirstInServices, type ServiceItem } from "./fix-first-services.ts";

/** What to raise in the services whose findings the actor may see, the most risk first. */
export async function listFixFirstInServices(
  world: World,
  actor: Actor,
  asked: { readonly asOf: Instant | undefined; readonly service: string | undefined },
): Promise<readonly ServiceItem[]> {
  const { asOf, service } = asked;
  const scopes = scopesFor(actor, "finding.read");
  const own = await ownOfServices(world, { scopes, asOf, service });
  const made = lists.get(own);
  if (made !== undefined) return made;
  const { facts } = await loadKnowledge(world.db, asOf);
  const services = await Promise.all(
    own.map(async ({ service: { name, labels }, own: risk }) => ({
      ...{ name, labels },
      actions: await serviceActions(world, risk, asOf),
    })),
  );
  const list = fixFirstInServices(services, facts);
  lists.set(own, list);
  return list;
}

/** The same services under the same knowledge are the same object, so pages of a list share it. */
const lists = new WeakMap<object, readonly ServiceItem[]>();
