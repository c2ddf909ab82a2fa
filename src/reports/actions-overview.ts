import type { Actor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import type { World } from "../db/world.ts";
import type { Overview } from "./overview-schema.ts";

export async function showOverview(_world: World, _actor: Actor): Promise<Overview> {
  throw new Failure("unavailable", "The overview is not computed yet.");
}
