import type { Actor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import type { World } from "../db/world.ts";

export interface Hit {
  readonly kind: "host" | "patch" | "change" | "vulnerability" | "rollout" | "plan";
  readonly label: string;
  readonly detail: string;
  readonly href: string;
}

export async function search(_world: World, _actor: Actor, _text: string): Promise<readonly Hit[]> {
  throw new Failure("unavailable", "Nothing can be searched yet.");
}
