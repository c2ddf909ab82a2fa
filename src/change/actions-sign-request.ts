import { type Actor, scopesFor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import type { GivenSignature } from "../identity/given-signature.ts";
import { demandChange } from "./actions.ts";
import { keepRequestSignature } from "./actions-request-signature.ts";
import type { RequestSignature } from "./model.ts";
import { lockChange } from "./store.ts";

/** Signs a request that was made without a signature, as the pages do. */
export async function signRequest(
  world: World,
  actor: Actor,
  given: GivenSignature & { readonly change: string },
): Promise<RequestSignature> {
  return inTransaction(world.db, async (tx) => {
    const found = { ref: given.change, change: await lockChange(tx, given.change) };
    const change = await demandChange(tx, scopesFor(actor, "change.request"), found);
    if (change.state !== "requested" && change.state !== "approved") {
      throw new Failure("blocked", `C-${change.number} is ${change.state}; nobody asks any more.`);
    }
    return keepRequestSignature(tx, world, { actor, change, given });
  });
}
