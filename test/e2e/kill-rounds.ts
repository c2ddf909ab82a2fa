import { expect } from "vitest";
import type { LabHost } from "../../lab/host.ts";
import type { Effect } from "../../lab/model.ts";
import { ApiProblem, ask } from "../../src/client/client.ts";
import {
  approve,
  audit,
  type Fleet,
  hasEnded,
  installed,
  pictureOf,
  prepare,
  ringsPolicy,
  scan,
  showRollout,
  targetsOf,
  until,
} from "./fleet.ts";

/**
 * A round of the kill suite: several rollouts at once over the same hosts, so that there is always
 * somebody at work while things die. It is judged by the file to which the packages' own scripts
 * write on the hosts, by dpkg there, and by what the product says of each host.
 */

/** Each is one rollout of a round; all of them update well. */
export const SOURCES = [
  "lab-good",
  "lab-conffile",
  "lab-needs-new",
  "liblab1",
  "lab-asks",
] as const;
const ROUND_MS_MAX = 240_000;
/** A permit that was not answered in time ends an attempt before anything changed. */
const ATTEMPTS_MAX = 10;

/** What the scripts of version 2.0 say when they configure it. */
const configures: Readonly<Record<string, string>> = { "lab-asks": "configure-answer=" };

export interface Round {
  readonly rollouts: readonly { readonly source: string; readonly ref: string }[];
  readonly plans: readonly string[];
  /** How much each host's scripts had written before. */
  readonly effectsBefore: ReadonlyMap<string, number>;
}

/** What `prepareHosts` and each reset leave installed. */
export async function installOld(host: LabHost, more: readonly string[] = []): Promise<void> {
  const old = [...SOURCES, "lab-library-user", ...more].map((name) => `${name}=1.0`);
  await host.must([
    ...["apt-get", "install", "--yes", "--no-install-recommends", "--allow-downgrades"],
    ...[...old, "lab-new-"],
  ]);
}

/** Starts the rollouts of a round. */
export async function startRound(
  fleet: Fleet,
  given: {
    readonly sources: readonly string[];
    /** Hosts of one rollout that may work together. */
    readonly atOnce: number;
  },
): Promise<Round> {
  const { sources, atOnce } = given;
  const rings = ringsPolicy({ atOnce, attempts: ATTEMPTS_MAX });
  const effectsBefore = new Map<string, number>();
  for (const host of fleet.lab.hosts) {
    effectsBefore.set(host.name, (await host.groundTruth()).length);
  }
  const prepared = await Promise.all(
    sources.map(async (source) => ({ source, ...(await prepare(fleet, { source, rings })) })),
  );
  const rollouts = await Promise.all(
    prepared.map(async ({ source, change }) => {
      await approve(fleet.bob, change);
      const { ref } = await ask(fleet.alice.client.POST("/api/v1/rollouts", { body: { change } }));
      return { source, ref };
    }),
  );
  return { rollouts, plans: prepared.map(({ plan }) => plan), effectsBefore };
}

/** Back to the old versions everywhere, as the hosts' own people would do it, and looked at. */
export async function resetRound(fleet: Fleet): Promise<void> {
  await Promise.all(fleet.lab.hosts.map((host) => installOld(host)));
  // The packages that are offered are the same all the time.
  await scan(fleet, fleet.lab.hosts, false);
}

/** Null while the server or its database is away. */
export async function patiently<T>(asking: Promise<T>): Promise<T | null> {
  try {
    return await asking;
  } catch (cause) {
    if (cause instanceof ApiProblem && cause.code === "unavailable") return null;
    throw cause;
  }
}

/** False also while nobody can tell. */
export async function hasRoundEnded(fleet: Fleet, round: Round): Promise<boolean> {
  for (const { ref } of round.rollouts) {
    const shown = await patiently(showRollout(fleet, ref));
    if (shown === null || !hasEnded(shown)) return false;
  }
  return true;
}

/** Waits for the end that comes without anybody's help, and judges it on every host. */
export async function expectGoodEnd(fleet: Fleet, round: Round): Promise<void> {
  await until("the round to end", ROUND_MS_MAX, () => hasRoundEnded(fleet, round)).catch(
    async (cause: Error) => {
      const pictures = await Promise.all(round.rollouts.map(({ ref }) => pictureOf(fleet, ref)));
      throw new Error(`${cause.message}\n${pictures.join("\n")}`, { cause });
    },
  );
  for (const { source, ref } of round.rollouts) {
    const standings = (await targetsOf(fleet, ref)).map((target) => target.standing);
    const all = fleet.lab.hosts.map(() => "verified");
    expect(standings, `${source}: ${await pictureOf(fleet, ref)}`).toEqual(all);
  }
  await Promise.all(fleet.lab.hosts.map((host) => expectExactlyOnce(host, round)));
}

async function expectExactlyOnce(host: LabHost, round: Round): Promise<void> {
  expect(await audit(host), host.name).toBe("");
  const effects = (await host.groundTruth()).slice(round.effectsBefore.get(host.name) ?? 0);
  for (const { source } of round.rollouts) {
    expect(await installed(host, source), host.name).toBe("2.0 installed");
    expect(configured(effects, source), `${host.name} ${source}`).toEqual(["2.0"]);
    if (source === "lab-needs-new") {
      expect(configured(effects, "lab-new"), host.name).toEqual(["2.0"]);
    }
  }
}

/** The versions whose script configured the package, in order. */
export function configured(effects: readonly Effect[], source: string): readonly string[] {
  const action = configures[source] ?? "configure";
  return effects
    .filter((effect) => effect.package === source && effect.action === action)
    .map((effect) => effect.version);
}
