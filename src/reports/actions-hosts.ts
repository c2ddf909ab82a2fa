import type { z } from "zod";
import type { Actor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import type { Tone } from "../base/tone.ts";
import type { World } from "../db/world.ts";
import type { factsReplySchema } from "../inventory/host-reply.ts";
import type { hostFacetsSchema, hostFindingSchema, shownHostSchema } from "./host-schema.ts";

export interface HostQuery {
  readonly q: string;
  readonly label: string;
  readonly selector: string;
  readonly reach?: readonly Tone[] | undefined;
  readonly fresh?: readonly Tone[] | undefined;
  readonly reboot?: readonly Tone[] | undefined;
  readonly risk?: readonly Tone[] | undefined;
  readonly cursor: string;
  readonly skip?: number | undefined;
  readonly limit: number;
}

type ShownHost = z.output<typeof shownHostSchema>;

export async function listShownHosts(
  _world: World,
  _actor: Actor,
  _query: HostQuery,
): Promise<{
  items: ShownHost[];
  next: string | null;
  total: number;
  facets: z.output<typeof hostFacetsSchema>;
}> {
  throw new Failure("unavailable", "Hosts cannot be listed yet.");
}

export async function showHost(
  _world: World,
  _actor: Actor,
  _ref: string,
): Promise<{ host: ShownHost; facts: z.output<typeof factsReplySchema> | null }> {
  throw new Failure("unavailable", "Hosts cannot be shown yet.");
}

export async function listFindingsOfHost(
  _world: World,
  _actor: Actor,
  _query: {
    readonly host: string;
    readonly q: string;
    readonly exploited?: "true" | "false" | undefined;
    readonly skip?: number | undefined;
    readonly limit: number;
  },
): Promise<{
  items: z.output<typeof hostFindingSchema>[];
  total: number;
  notKnown: string[];
  isMatching: boolean;
}> {
  throw new Failure("unavailable", "Findings cannot be shown yet.");
}
