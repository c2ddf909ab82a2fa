import { type Actor, holdsAnywhere, scopesFor } from "../base/actor.ts";
import type { Instant } from "../base/instant.ts";
import { decideRefusal } from "../change/elevation.ts";
import { loadChange } from "../change/store.ts";
import { loadElevationsAsked } from "../change/store-elevations.ts";
import type { World } from "../db/world.ts";
import { loadSubjectNames } from "../identity/store.ts";
import { asksToAgree } from "../rollout/actions-asked.ts";

/**
 * What waits for one person's word beside changes: rights to lend for one change, and halts that
 * somebody else wants lifted. The same rules decide as when they answer.
 */
export interface Asked {
  readonly kind: "elevation" | "resume";
  /** `J-3`, `R-7`, `all`, `ring:NAME` or `service:NAME`. */
  readonly number: string;
  readonly title: string;
  readonly by: string;
  readonly words: string;
  readonly at: Instant;
  /** The page where it is answered. */
  readonly href: string;
}

/** The oldest first. */
export async function askedOf(world: World, actor: Actor): Promise<readonly Asked[]> {
  if (actor.kind !== "person" || !holdsAnywhere(actor, "change.approve")) return [];
  const goingOn = (await asksToAgree(world, actor)).map(({ name, title, rollout, ask }) => ({
    ...({ kind: "resume", number: name, title } as const),
    ...{ by: ask.handle, words: ask.words, at: ask.at },
    href: rollout === null ? "/rollouts" : `/rollouts/${name}`,
  }));
  const asked = [...(await elevationsAsked(world, actor)), ...goingOn];
  return asked.sort((a, b) => a.at - b.at || (a.number < b.number ? -1 : 1));
}

async function elevationsAsked(world: World, actor: Actor): Promise<readonly Asked[]> {
  const scopes = scopesFor(actor, "change.approve");
  const elevations = await loadElevationsAsked(world.db, { scopes, besides: actor.subject });
  const names = await loadSubjectNames(world.db, [
    ...new Set(elevations.map(({ person }) => person)),
  ]);
  const handles = new Map<string, string>(names.map(({ id, handle }) => [id, handle]));
  const who = { person: actor.subject, isPerson: true };
  const found: Asked[] = [];
  for (const elevation of elevations) {
    const change = await loadChange(world.db, elevation.change);
    if (change === null) continue;
    if (decideRefusal({ elevation, change, who, verb: "grant" }) !== null) continue;
    found.push({
      ...{ kind: "elevation", number: `J-${elevation.number}` },
      title: `The rights over C-${change.number} for ${elevation.minutes} minutes: ${change.title}`,
      by: handles.get(elevation.person) ?? "",
      ...{ words: elevation.reason, at: elevation.askedAt, href: `/changes/C-${change.number}` },
    });
  }
  return found;
}
