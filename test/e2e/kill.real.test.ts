import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LabHost } from "../../lab/host.ts";
import { effectiveUser } from "../../lab/machine.ts";
import { ask } from "../../src/client/client.ts";
import {
  addHosts,
  approve,
  audit,
  type Fleet,
  hasEnded,
  installed,
  must,
  pictureOf,
  prepare,
  ringsPolicy,
  showRollout,
  startFleet,
  targetsOf,
  until,
  untilRollout,
  whole,
  writeFile,
  writeOnHost,
} from "./fleet.ts";
import {
  type JobState,
  jobStates,
  journalOf,
  type Kill,
  type KillPoint,
  startKiller,
  stateOf,
} from "./host-killer.ts";
import {
  configured,
  expectGoodEnd,
  hasRoundEnded,
  installOld,
  patiently,
  type Round,
  resetRound,
  SOURCES,
  startRound,
} from "./kill-rounds.ts";
import { seeded } from "./seeded.ts";

/**
 * kill -9 inside running rollouts: of the host program, of the server, of the whole database. Whatever
 * is killed when, each host ends at the target or at its exact old version, each package's script has
 * run once by the file that the scripts themselves write, and the rollouts end without anybody's help.
 */

/** What the next kill of server or database waits for. */
type Moment = JobState | "AT ONCE" | "SOON";
/** Both at once is what a power cut does. */
type Victim = "server" | "database" | "both";

const isLong = process.env["FETTLE_TEST_LONG"] === "1";
const KILLS = Number(process.env["FETTLE_TEST_KILLS"] ?? (isLong ? 200 : 25));
const TEST_MS_MAX = isLong ? 10_800_000 : 900_000;
/** A moment that does not come is not waited for: whoever is at work is good enough. */
const MOMENT_MS_MAX = 600;
const WORK_MS_MAX = 5_000;
/** Enough jobs for the kills of host programs in one round, up to three a job. */
const HOST_SOURCES = 3;
const SOON_MS_MAX = 400;
const BACK_MS_MAX = 60_000;

describe.skipIf(effectiveUser() !== 0)("kill -9 inside running rollouts", whole, () => {
  let fleet: Fleet;
  const chance = seeded();
  let isFresh = true;
  /** Until hosts went on, counted from when the dead was back. */
  const pauses: number[] = [];
  const host = (name: string): LabHost => fleet.lab.host(name);

  beforeAll(async () => {
    console.log(`FETTLE_TEST_SEED=${chance.seed}, ${KILLS} kills of each`);
    fleet = await startFleet({ name: "kill", hosts: 6, sources: "own" });
    await Promise.all(
      fleet.lab.hosts.map(async (one) => {
        await installOld(one, ["lab-answers-500"]);
        const probe = "http http://127.0.0.1:8102/ 200\ntries 1\n";
        await writeOnHost(one, "/etc/fettle/probes.d/answers-500", probe);
      }),
    );
    // All in one ring, so that several hosts are at work whenever something dies.
    await addHosts(fleet, ringsPolicy(), { labels: { ring: "ring2" } });
  }, 300_000);

  afterAll(async () => {
    await fleet?.close();
  }, 120_000);

  test("the host program dies while it rolls back, and the exact old version is there", async () => {
    const policy = ringsPolicy({ probes: ["answers-500"] });
    const source = "lab-answers-500";
    const { change, plan } = await prepare(fleet, { source, rings: policy, hosts: "name=web-1" });
    const wanted = new Map<KillPoint, number>([
      ["EFFECT", 1],
      ["ROLLED_BACK", 1],
    ]);
    const how = { wanted, plans: [plan], mayKill: () => true };
    const killer = startKiller([host("web-1")], fleet.lab, how);
    await approve(fleet.bob, change);
    const { ref } = await ask(fleet.alice.client.POST("/api/v1/rollouts", { body: { change } }));
    const rollout = await untilRollout(fleet, ref, hasEnded);
    await killer.stop();
    expect(killer.kills.map((kill) => kill.state)).toEqual(["APPLYING", "ROLLED_BACK"]);
    expect(rollout.state, await pictureOf(fleet, ref)).toBe("halted");
    expect((await targetsOf(fleet, ref))[0]).toMatchObject({ standing: "rolled-back" });
    expect(await installed(host("web-1"), source)).toBe("1.0 installed");
    const effects = await host("web-1").groundTruth();
    expect(configured(effects, source)).toEqual(["1.0", "2.0", "1.0"]);
    expect(await audit(host("web-1"))).toBe("");
  }, 120_000);

  test(
    `the host program dies ${KILLS} times, in every state of its journal`,
    async () => {
      const points: readonly KillPoint[] = [...jobStates, "EFFECT"];
      const each = Math.floor(KILLS / points.length);
      const wanted = new Map(points.map((point) => [point, each]));
      for (const point of chance.shuffled(points).slice(0, KILLS % points.length)) {
        wanted.set(point, each + 1);
      }
      const kills: Kill[] = [];
      while (kills.length < KILLS) {
        const sources = chance.shuffled(SOURCES).slice(0, HOST_SOURCES);
        const round = await nextRound({ sources, atOnce: 6 });
        // Some jobs are left alone at a point, so that every run kills others.
        const how = { wanted, mayKill: () => chance.below(3) > 0 };
        const killer = startKiller(fleet.lab.hosts, fleet.lab, how);
        await expectGoodEnd(fleet, round).finally(() => killer.stop());
        kills.push(...killer.kills);
      }
      console.log(kills.map((kill) => `${kill.host} ${kill.wanted}→${kill.state}`).join(", "));
      const seen = new Set(kills.map((kill) => kill.state));
      expect(jobStates.filter((state) => !seen.has(state))).toEqual([]);
    },
    TEST_MS_MAX,
  );

  test(
    `the server dies ${KILLS} times and the database ${KILLS} times, and nobody helps`,
    async () => {
      const both = Math.floor(KILLS / 3);
      const victims = chance.shuffled<Victim>([
        ...Array<Victim>(KILLS - both).fill("server"),
        ...Array<Victim>(KILLS - both).fill("database"),
        ...Array<Victim>(both).fill("both"),
      ]);
      const deaths = victims.length;
      const told: string[] = [];
      let atWork = 0;
      try {
        while (victims.length > 0) {
          // Few at a time, so that a round lasts and its hosts are in different states.
          const round = await nextRound({ sources: SOURCES, atOnce: 1 });
          atWork += await killInRound(round, victims, told);
        }
        // Else something else was tested than what dies under running jobs.
        expect(atWork).toBeGreaterThan(deaths / 2);
      } finally {
        pauses.sort((a, b) => a - b);
        const median = Math.round(pauses[Math.floor(pauses.length / 2)] ?? 0);
        console.log(`${told.join("\n")}\nhosts went on after ${median} ms (median)`);
      }
    },
    TEST_MS_MAX,
  );

  test("the ledger of all that still verifies", async () => {
    const file = writeFile(fleet, "ledger.jsonl", "");
    const key = (await must(fleet.alice.fettle("audit", "key"))).trim();
    await must(fleet.alice.fettle("audit", "export", file));
    expect(await must(fleet.alice.fettle("audit", "verify", file, "--key", key))).toMatch(/^Good/);
  }, 120_000);

  /** Every round begins at the old versions. */
  async function nextRound(given: Parameters<typeof startRound>[1]): Promise<Round> {
    if (!isFresh) await resetRound(fleet);
    isFresh = false;
    return startRound(fleet, given);
  }

  /**
   * Kills one victim after the other while the round lasts, each when the one before is back. Returns
   * how often hosts were in the middle of their jobs.
   */
  async function killInRound(round: Round, victims: Victim[], told: string[]): Promise<number> {
    const begin = performance.now();
    let atWork = 0;
    for (let [victim] = victims; victim !== undefined; [victim] = victims) {
      const moment = nextMoment();
      if (!(await meets(round, moment))) break;
      const states = statesNow(round);
      if (states.some(isAtWork)) atWork += 1;
      const ms = await kill(victim, round);
      told.push(`${victim} at ${moment} (${states.join(" ")}): back in ${ms} ms`);
      victims.shift();
    }
    const killed = performance.now();
    await expectGoodEnd(fleet, round);
    const seconds = [killed - begin, performance.now() - killed].map((ms) => Math.round(ms / 1000));
    told.push(`a round of ${seconds.join(" + ")} s, with and without kills; ${atWork} at work`);
    return atWork;
  }

  /** Returns after how many milliseconds it was back. */
  async function kill(victim: Victim, round: Round): Promise<number> {
    const begin = performance.now();
    if (victim !== "server") fleet.server.killDatabase();
    if (victim !== "database") {
      await fleet.server.kill9();
      await fleet.server.start();
    } else {
      const [{ ref } = { ref: "" }] = round.rollouts;
      await until("the database to be back", BACK_MS_MAX, () => patiently(showRollout(fleet, ref)));
      expect(fleet.server.isRunning()).toBe(true);
    }
    return Math.round(performance.now() - begin);
  }

  function nextMoment(): Moment {
    const moments: readonly Moment[] = [...jobStates, "AT ONCE", "SOON", "SOON"];
    return moments[chance.below(moments.length)] ?? "SOON";
  }

  /**
   * Looks closely, since some states last milliseconds. Whoever is at work is good enough when the
   * state that is wanted does not come; false when the round has ended.
   */
  async function meets(round: Round, moment: Moment): Promise<boolean> {
    const isSoon = moment === "AT ONCE" || moment === "SOON";
    const wait = isSoon ? chance.below(moment === "SOON" ? SOON_MS_MAX : 1) : MOMENT_MS_MAX;
    const begin = performance.now();
    const before = statesNow(round).join();
    let wentOn = false;
    while (performance.now() < begin + (isSoon ? wait : WORK_MS_MAX)) {
      const states = statesNow(round);
      if (!wentOn && states.join() !== before) {
        wentOn = true;
        pauses.push(performance.now() - begin);
      }
      // A host that was there already is not a host that comes there.
      if (!isSoon && states.includes(moment) && states.join() !== before) return true;
      if (performance.now() > begin + wait && states.some(isAtWork)) break;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return !(await hasRoundEnded(fleet, round));
  }

  /** Where each host that has a job of this round is in it, by its own journal. */
  function statesNow(round: Round): readonly string[] {
    return fleet.lab.hosts
      .map((one) => journalOf(one))
      .filter((lines) => round.plans.some((plan) => lines[0]?.includes(`plan=${plan} `)))
      .map(stateOf);
  }
});

/** An ended job's journal stays until the next job comes. */
function isAtWork(state: string): boolean {
  return !/^(DONE|NOOP|FAILED|ROLLED_BACK|HELD|REFUSED|-)$/.test(state);
}
