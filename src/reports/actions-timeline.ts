import type { z } from "zod";
import type { Actor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import type { World } from "../db/world.ts";
import type { timelineEntrySchema } from "./host-schema.ts";

export async function hostTimeline(
  _world: World,
  _actor: Actor,
  _page: { readonly host: string; readonly cursor?: string | undefined; readonly limit: number },
): Promise<{ items: z.output<typeof timelineEntrySchema>[]; next: string | null }> {
  throw new Failure("unavailable", "The timeline cannot be shown yet.");
}
