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
import { demandReached, demandRollout, holdRight, wordsDigest } from "./actions.ts";
import { recordRolloutEvent } from "./actions-results.ts";
import type { RolloutRow } from "./store.ts";
import { declareLost, loseTarget, retryTargets, skipTarget, tryAgainNow } from "./store-targets.ts";
import { findHostOf, insertWord, loadTargets } from "./store-view.ts";

/** What people do to single hosts of a rollout. */

interface HostAct {
  readonly rollout: string;
  readonly host: string;
  readonly reason: string;
}

interface RetryAct {
  readonly rollout: string;
  /** Names; null: every host that failed. */
  readonly hosts: readonly string[] | null;
  /** Names of hosts that stay as they are. */
  readonly except: readonly string[];
  readonly reason: string;
}

/**
 * Gives failed hosts a new attempt, within what the approved statement allows; hosts that wait to be tried
 * again are tried now.
 */
export async function retryHosts(
  world: World,
  actor: Actor,
  input: RetryAct,
): Promise<readonly Host[]> {
  const reach = { ref: input.rollout, permission: "rollout.operate" } as const;
  const { row, scopes } = await demandReached(world.db, actor, reach);
  const found = await hostsNamed(world, { row, scopes, names: input.hosts });
  const spared = await hostsNamed(world, { row, scopes, names: input.except });
  for (const [names, among] of [
    [input.hosts ?? [], found] as const,
    [input.except, spared] as const,
  ]) {
    const unknown = names.find((name) => !among.some((host) => host.name === name));
    if (unknown === undefined) continue;
    // Near names are looked for among the actor's own hosts, whatever they were lent.
    throw await noHost(world.db, unknown, scopesFor(actor, "rollout.operate"));
  }
  const hosts = found.filter((host) => !input.except.includes(host.name));
  return inTransaction(world.db, async (tx) => {
    await holdRight(world, tx, { actor, row, permission: "rollout.operate", act: "retry" });
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
    await say(tx, { world, actor, row, verb: "tried again", words: input.reason });
    const facts = {
      count: moved.length,
      hosts: wordsDigest(moved.toSorted().join("\n")),
      reason: wordsDigest(input.reason),
    };
    await recordRolloutEvent(tx, row.id, "target.retried", facts, actor.subject);
    await notify(tx, "rollout");
    return hosts.filter((host) => moved.includes(host.id));
  });
}

/** Those of the rollout, where they are named: a name from outside it must not be told from no name. */
async function hostsNamed(
  world: World,
  of: Reached & { readonly names: readonly string[] | null },
): Promise<readonly Host[]> {
  const { row, scopes, names } = of;
  if (names === null) return loadHosts(world.db, { scopes });
  if (names.length === 0) return [];
  const hosts = await loadHosts(world.db, { scopes, names });
  const ids = hosts.map((host) => host.id);
  const filter = { rollout: row.id, scopes, hosts: ids, limit: ids.length };
  const inside = new Set((await loadTargets(world.db, filter)).map((target) => target.host));
  return hosts.filter((host) => inside.has(host.id));
}

/** Leaves a host out that has not begun; it then counts neither for nor against its gate. */
export async function skipHost(world: World, actor: Actor, input: HostAct): Promise<void> {
  const { row, host } = await demandReachedHost(world, actor, input);
  await inTransaction(world.db, async (tx) => {
    await holdRight(world, tx, { actor, row, permission: "rollout.operate", act: "skip" });
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

/** The host of a rollout that this actor may steer by rights of their own. */
export async function demandHost(
  world: World,
  actor: Actor,
  input: Pick<HostAct, "rollout" | "host">,
): Promise<OneHost> {
  const scopes = scopesFor(actor, "rollout.operate");
  const row = await demandRollout(world.db, { ref: input.rollout, scopes });
  return hostOf(world, { row, scopes, own: scopes, ref: input.host });
}

/** The same, or by an elevation over the change. */
async function demandReachedHost(
  world: World,
  actor: Actor,
  input: Pick<HostAct, "rollout" | "host">,
): Promise<OneHost> {
  const reach = { ref: input.rollout, permission: "rollout.operate" } as const;
  const { row, scopes } = await demandReached(world.db, actor, reach);
  const own = scopesFor(actor, "rollout.operate");
  return hostOf(world, { row, scopes, own, ref: input.host });
}

type Reached = Awaited<ReturnType<typeof demandReached>>;

interface OneHost {
  readonly row: RolloutRow;
  readonly host: Pick<Host, "id" | "name">;
}

async function hostOf(
  world: World,
  of: Reached & { readonly own: Reached["scopes"]; readonly ref: string },
): Promise<OneHost> {
  const { row, scopes, own, ref } = of;
  const host = await findHostOf(world.db, { rollout: row.id, ref, scopes });
  if (host === null) throw await noHost(world.db, ref, own);
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
