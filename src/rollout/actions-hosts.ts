import { type Actor, scopesFor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { newId } from "../base/ids.ts";
import { inTransaction } from "../db/database.ts";
import { notify } from "../db/notify.ts";
import type { World } from "../db/world.ts";
import { personBehind } from "../identity/store.ts";
import { noHost } from "../inventory/actions-no-host.ts";
import type { Host } from "../inventory/model.ts";
import { loadHosts } from "../inventory/store.ts";
import { demandRollout, wordsDigest } from "./actions.ts";
import { recordRolloutEvent } from "./actions-results.ts";
import type { RolloutRow } from "./store.ts";
import { declareLost, loseTarget, retryTargets, skipTarget, tryAgainNow } from "./store-targets.ts";
import { findHostOf, insertWord } from "./store-view.ts";

/** What people do to single hosts of a rollout. */

interface HostAct {
  readonly rollout: string;
  readonly host: string;
  readonly reason: string;
}

/**
 * Gives failed hosts a new attempt, within what the approved statement allows; hosts that wait to be tried
 * again are tried now.
 */
export async function retryHosts(
  world: World,
  actor: Actor,
  input: { readonly rollout: string; readonly hosts: readonly string[] | null },
): Promise<readonly Host[]> {
  const scopes = scopesFor(actor, "rollout.operate");
  const row = await demandRollout(world.db, { ref: input.rollout, scopes });
  const hosts = await loadHosts(world.db, {
    scopes,
    ...(input.hosts === null ? {} : { names: input.hosts }),
  });
  const missing = (input.hosts ?? []).filter((name) => !hosts.some((h) => h.name === name));
  const [unknown] = missing;
  if (unknown !== undefined) throw await noHost(world.db, unknown, scopes);
  return inTransaction(world.db, async (tx) => {
    const ids = hosts.map((host) => host.id);
    const moved = [
      ...(await retryTargets(tx, row.id, ids)),
      ...(await tryAgainNow(tx, row.id, ids)),
    ];
    if (moved.length === 0) {
      throw new Failure(
        "blocked",
        `No host of R-${row.number} that failed has an approved attempt left (the plan allows ${row.attemptsMax}) in a wave that has not ended. Another attempt needs a new plan.`,
      );
    }
    const facts = { count: moved.length };
    await recordRolloutEvent(tx, row.id, "target.retried", facts, actor.subject);
    await notify(tx, "rollout");
    return hosts.filter((host) => moved.includes(host.id));
  });
}

/** Leaves a host out that has not begun; it then counts neither for nor against its gate. */
export async function skipHost(world: World, actor: Actor, input: HostAct): Promise<void> {
  const { row, host } = await demandHost(world, actor, input);
  await inTransaction(world.db, async (tx) => {
    if (!(await skipTarget(tx, row.id, host.id))) {
      throw new Failure(
        "blocked",
        `${host.name} cannot be left out of R-${row.number}: it has begun or ended already.`,
      );
    }
    await say(tx, { world, actor, row, verb: "skipped", words: input.reason });
    const facts = { host: host.id, reason: wordsDigest(input.reason) };
    await recordRolloutEvent(tx, row.id, "target.skipped", facts, actor.subject);
    await notify(tx, "rollout");
  });
}

/**
 * Declares that a host's word will never come. It takes two people, because the host may be at work:
 * its slot is then free, and the host is in quarantine until it is enrolled again.
 */
export async function loseHost(
  world: World,
  actor: Actor,
  input: HostAct,
): Promise<{ readonly isLost: boolean; readonly people: number }> {
  const { row, host } = await demandHost(world, actor, input);
  const person = await personBehind(world.db, actor.subject);
  return inTransaction(world.db, async (tx) => {
    const people = await declareLost(tx, { rollout: row.id, host: host.id, person });
    if (people === null) {
      throw new Failure(
        "blocked",
        `${host.name} is not a host of R-${row.number} whose word is missing; only such a host can be declared lost.`,
      );
    }
    const isLost = people >= LOST_PEOPLE_MIN;
    if (isLost) await loseTarget(tx, row.id, host.id);
    await say(tx, { world, actor, row, verb: "declared lost", words: input.reason });
    const facts = { host: host.id, people, isLost };
    await recordRolloutEvent(tx, row.id, "target.lost", facts, actor.subject);
    await notify(tx, "rollout");
    return { isLost, people };
  });
}

const LOST_PEOPLE_MIN = 2;

/** The host of a rollout that this actor may steer. */
export async function demandHost(
  world: World,
  actor: Actor,
  input: Pick<HostAct, "rollout" | "host">,
): Promise<{ readonly row: RolloutRow; readonly host: Pick<Host, "id" | "name"> }> {
  const scopes = scopesFor(actor, "rollout.operate");
  const row = await demandRollout(world.db, { ref: input.rollout, scopes });
  const host = await findHostOf(world.db, { rollout: row.id, ref: input.host, scopes });
  if (host === null) throw await noHost(world.db, input.host, scopes);
  return { row, host };
}

async function say(
  tx: Parameters<typeof insertWord>[0],
  said: {
    readonly world: World;
    readonly actor: Actor;
    readonly row: RolloutRow;
    readonly verb: string;
    readonly words: string;
  },
): Promise<void> {
  const { row, verb, words } = said;
  const id = newId(said.world.clock());
  await insertWord(tx, { id, rollout: row.id, verb, by: said.actor.subject, words });
}
