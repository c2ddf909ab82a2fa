import { type Actor, holdsAnywhere, scopesFor } from "../base/actor.ts";
import type { RolloutId } from "../base/ids.ts";
import { loadChange } from "../change/store.ts";
import type { World } from "../db/world.ts";
import { personBehind } from "../identity/store.ts";
import { showHalts } from "./actions-show.ts";
import { loadRollout } from "./store.ts";
import { loadRolloutAsks, type ResumeAsk } from "./store-resume.ts";
import { countTargets } from "./store-view.ts";

/** What somebody else wants to have go on, and this person may agree to. */
export interface AskToGoOn {
  /** `R-7`, `all`, `ring:NAME` or `service:NAME`. */
  readonly name: string;
  readonly title: string;
  readonly rollout: RolloutId | null;
  readonly ask: ResumeAsk;
}

/** By the rules that `agreeToResume` and `agreeToLift` hold to. */
export async function asksToAgree(world: World, actor: Actor): Promise<readonly AskToGoOn[]> {
  if (actor.kind !== "person" || !holdsAnywhere(actor, "change.approve")) return [];
  // A program acts in its owner's name, and agrees to nothing.
  const person = await personBehind(world.db, actor.subject);
  if (person !== actor.subject) return [];
  const halts = (await showHalts(world, actor)).flatMap(({ scope, asked, actions }) => {
    const may = actions.some(({ verb, allowed }) => verb === "agree" && allowed);
    if (asked === null || !may) return [];
    return [{ name: scope, title: `The halt of ${scope}`, rollout: null, ask: asked }];
  });
  return [...(await rolloutsToAgree(world, actor)), ...halts];
}

async function rolloutsToAgree(world: World, actor: Actor): Promise<readonly AskToGoOn[]> {
  const { db } = world;
  const person = actor.subject;
  const scopes = scopesFor(actor, "change.approve");
  const found: AskToGoOn[] = [];
  for (const ask of await loadRolloutAsks(db)) {
    const id = ask.scope.slice("rollout:".length) as RolloutId;
    const row = ask.person === person ? null : await loadRollout(db, id);
    if (row === null || row.state !== "halted") continue;
    const change = await loadChange(db, row.change);
    if (change === null || change.requesterPerson === person) continue;
    const { inScope, all } = await countTargets(db, id, scopes);
    if (inScope < all) continue;
    found.push({ name: `R-${row.number}`, title: change.title, rollout: id, ask });
  }
  return found;
}
