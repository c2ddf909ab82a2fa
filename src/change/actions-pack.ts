import { type Actor, scopesFor } from "../base/actor.ts";
import { assert } from "../base/failure.ts";
import { parsePublicKeyLine } from "../base/ssh-key.ts";
import type { World } from "../db/world.ts";
import { loadKeys } from "../identity/store-keys.ts";
import { pageOfLeaves } from "../plan/actions-show.ts";
import { loadBodies, loadPlan } from "../plan/store.ts";
import { demandChange } from "./actions.ts";
import { type ApprovalPack, PACK_FORMAT } from "./approval-pack.ts";
import { loadChange } from "./store.ts";

/** A pack is read whole by a browser; larger plans are signed from the command line. */
const LEAVES_MAX = 1_000_000;

/** What somebody carries to an approval desk: the documents as they are, and nothing said about them. */
export async function packChange(world: World, actor: Actor, ref: string): Promise<ApprovalPack> {
  const { db } = world;
  const found = { ref, change: await loadChange(db, ref) };
  const change = await demandChange(db, scopesFor(actor, "change.read"), found);
  const [plan, bodies, leaves, keys] = await Promise.all([
    loadPlan(db, change.plan),
    loadBodies(db, change.plan),
    pageOfLeaves(world, actor, { plan: change.plan, after: undefined, limit: LEAVES_MAX }),
    loadKeys(db, { subject: actor.subject }),
  ]);
  assert(plan !== null, "the plan of a change is stored");
  const passkeys = keys.flatMap(({ type, base64, credential, removedAt }) => {
    const site = parsePublicKeyLine(`${type} ${base64}`)?.application ?? null;
    const isKnown = site !== null && credential !== null && removedAt === null;
    return isKnown ? [{ site, credential }] : [];
  });
  return {
    format: PACK_FORMAT,
    change: `C-${change.number}`,
    statement: plan.statement,
    leaves: leaves.map(({ text }) => text),
    bodies: bodies.map(({ text }) => text),
    passkeys,
  };
}
