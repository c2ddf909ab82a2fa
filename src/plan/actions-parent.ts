import type { Actor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import type { HostId } from "../base/ids.ts";
import type { World } from "../db/world.ts";
import type { Patch } from "../triage/model.ts";
import { demandPlan } from "./actions-show.ts";
import type { StoredPlan } from "./store.ts";
import { loadFamilyHosts } from "./store-family.ts";

/**
 * A plan never grows. Hosts that it has not go into a child plan, which names it, has a change of its
 * own and is approved anew; a host that is in the parent, or in another child, is in no second one.
 */
export async function demandParent(
  world: World,
  actor: Actor,
  of: {
    readonly asked: string | undefined;
    readonly patch: Patch;
    /** A child that is planned again stays one. */
    readonly replaced: StoredPlan | null;
  },
): Promise<StoredPlan | null> {
  const ref = of.asked ?? of.replaced?.report.parent ?? undefined;
  if (ref === undefined) return null;
  const parent = await demandPlan(world, actor, ref);
  if (parent.patch === of.patch.id) return parent;
  throw new Failure("invalid", `The plan ${parent.digest} is for another patch than this one.`);
}

export async function withoutFamily<Host extends { readonly id: HostId }>(
  world: World,
  hosts: readonly Host[],
  of: { readonly parent: StoredPlan | null; readonly replaced: StoredPlan | null },
): Promise<readonly Host[]> {
  const { parent, replaced } = of;
  if (parent === null) return hosts;
  const family = await loadFamilyHosts(world.db, {
    plan: parent.digest,
    exceptChange: replaced?.changeNumber ?? null,
  });
  const added = hosts.filter((host) => !family.has(host.id));
  if (added.length > 0) return added;
  throw new Failure(
    "blocked",
    `Every host that was chosen is in the plan ${parent.digest.slice(0, 12)} or was added to it.`,
  );
}

/** What people sign names the parent in its title; hosts do not judge titles. */
export function childTitle(
  title: string,
  parent: StoredPlan | null,
  isCatchingUp: boolean,
): string {
  const what = isCatchingUp ? "hosts missed by" : "adds hosts to";
  const tail = parent === null ? "" : ` (${what} plan ${parent.digest.slice(0, 12)})`;
  return `${title.slice(0, TITLE_MAX - tail.length)}${tail}`;
}

/** Host protocol §1.2. */
const TITLE_MAX = 160;
