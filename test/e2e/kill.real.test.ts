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
  type Prepared,
  pictureOf,
  prepare,
  ringsPolicy,
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
import { seeded } from "./seeded.ts";

/**
 * kill -9 inside running rollouts, of the server and of the host program. Whatever is killed when,
 * each host ends at the target or at its exact old version, each package's script has run once by
 * the file that the scripts themselves write, and the rollout ends without anybody's help.
 */

/** When the server dies: as soon as a host's journal says so, or right after its own start. */
type Moment = JobState | "LISTENS";

const KILLS_MIN = 10;
const isLong = process.env["FETTLE_TEST_LONG"] === "1";
/** Updated one after the other: enough rollouts for every kill, whatever a slow machine misses. */
const ONE_BY_ONE = ["lab-good", "lab-conffile", "lab-needs-new", "liblab1"] as const;
const PACKAGES = [...ONE_BY_ONE, "lab-asks", "lab-answers-500", "lab-library-user"];
const ROLLOUT_MS_MAX = 180_000;

describe.skipIf(effectiveUser() !== 0)("kill -9 inside running rollouts", whole, () => {
  let fleet: Fleet;
  const chance = seeded();
  const rings = ringsPolicy({ atOnce: 6 });
  /** Two at a time, so that there are always hosts in different states. */
  const few = ringsPolicy({ atOnce: 2 });
  const left = [...ONE_BY_ONE];
  const host = (name: string): LabHost => fleet.lab.host(name);

  beforeAll(async () => {
    console.log(`FETTLE_TEST_SEED=${chance.seed}`);
    fleet = await startFleet({ name: "kill", hosts: 6 });
    await Promise.all(
      fleet.lab.hosts.map(async (one) => {
        const wanted = PACKAGES.map((name) => `${name}=1.0`);
        await one.must(["apt-get", "install", "--yes", "--no-install-recommends", ...wanted]);
        const probe = "http http://127.0.0.1:8102/ 200\ntries 1\n";
        await writeOnHost(one, "/etc/fettle/probes.d/answers-500", probe);
      }),
    );
    // All in one ring, so that several hosts are at work whenever something dies.
    await addHosts(fleet, rings, { labels: { ring: "ring2" } });
  }, 300_000);

  afterAll(async () => {
    await fleet?.close();
  }, 120_000);

  test("the host program dies in every state of its journal, ten times and more", async () => {
    const kills: Kill[] = [];
    const missing = (): JobState[] =>
      jobStates.filter((state) => kills.every((kill) => kill.state !== state));
    for (let round = 0; round < 3 || isLong; round += 1) {
      if (kills.length >= KILLS_MIN && missing().length === 0) break;
      const source = left.shift();
      if (source === undefined) break;
      kills.push(
        ...(await killProgramsIn(source, killPoints(round === 0 ? jobStates : missing()))),
      );
    }
    console.log(kills.map((kill) => `${kill.host} ${kill.wanted}→${kill.state}`).join(", "));
    expect(missing()).toEqual([]);
    expect(kills.length).toBeGreaterThanOrEqual(KILLS_MIN);
  }, 600_000);

  test("the host program dies while it rolls back, and the exact old version is there", async () => {
    const policy = ringsPolicy({ probes: ["answers-500"] });
    const wanted = { source: "lab-answers-500", rings: policy, hosts: "name=web-1" };
    const prepared = await prepare(fleet, wanted);
    const points = new Map([["web-1", ["EFFECT", "ROLLED_BACK"] as const]]);
    const killer = startKiller(fleet.lab, points, { ...prepared, package: wanted.source });
    const ref = await start(prepared);
    const rollout = await untilRollout(fleet, ref, hasEnded);
    await killer.stop();
    expect(killer.kills.map((kill) => kill.state)).toEqual(["APPLYING", "ROLLED_BACK"]);
    expect(rollout.state, await pictureOf(fleet, ref)).toBe("halted");
    expect((await targetsOf(fleet, ref))[0]).toMatchObject({ standing: "rolled-back" });
    expect(await installed(host("web-1"), "lab-answers-500")).toBe("1.0 installed");
    expect(await configured(host("web-1"), "lab-answers-500")).toEqual(["1.0", "2.0", "1.0"]);
    expect(await audit(host("web-1"))).toBe("");
  }, 300_000);

  test("the server dies ten times while hosts are at work, and nobody has to help it", async () => {
    const kills: string[] = [];
    const moments = chance.shuffled<Moment>([...jobStates, "LISTENS", "LISTENS", "LISTENS"]);
    for (let source = left.shift(); source !== undefined; source = left.shift()) {
      kills.push(...(await killServerIn(source, moments)));
      if (moments.length === 0) break;
    }
    console.log(kills.join("\n"));
    expect(kills.length).toBeGreaterThanOrEqual(KILLS_MIN);
  }, 900_000);

  test("the ledger of all that still verifies", async () => {
    const file = writeFile(fleet, "ledger.jsonl", "");
    const key = (await must(fleet.alice.fettle("audit", "key"))).trim();
    await must(fleet.alice.fettle("audit", "export", file));
    expect(await must(fleet.alice.fettle("audit", "verify", file, "--key", key))).toMatch(/^Good/);
  });

  /** Two points a host, in the order in which a job meets them; together every state of `wanted`. */
  function killPoints(wanted: readonly KillPoint[]): Map<string, readonly KillPoint[]> {
    const order: readonly KillPoint[] = ["RECEIVED", "STAGED", "SNAPSHOT", "APPLYING", "EFFECT"];
    const ordered = [...order, "APPLIED", "VERIFYING", "DONE"] as const;
    const perm = chance.shuffled(wanted.length === jobStates.length ? ordered : wanted);
    const at = (index: number): KillPoint => perm[index % perm.length]!;
    return new Map(
      fleet.lab.hosts.map((one, index) => {
        const points = [...new Set([at(2 * index), at(2 * index + 1)])];
        return [one.name, points.sort((a, b) => ordered.indexOf(a) - ordered.indexOf(b))];
      }),
    );
  }

  async function killProgramsIn(
    source: string,
    points: ReadonlyMap<string, readonly KillPoint[]>,
  ): Promise<readonly Kill[]> {
    const prepared = await prepare(fleet, { source, rings });
    const killer = startKiller(fleet.lab, points, { plan: prepared.plan, package: source });
    const ref = await start(prepared);
    await untilRollout(fleet, ref, hasEnded, ROLLOUT_MS_MAX).finally(() => killer.stop());
    await expectGood(ref, source);
    return killer.kills;
  }

  /**
   * Each kill waits for a host in the state that is next, or just until the server listens again.
   * What the rollout no longer meets is left for the next one.
   */
  async function killServerIn(source: string, moments: Moment[]): Promise<readonly string[]> {
    const prepared = await prepare(fleet, { source, rings: few });
    const ref = await start(prepared);
    const kills: string[] = [];
    const states = (): readonly string[] =>
      fleet.lab.hosts
        .map((one) => journalOf(one))
        .filter((journal) => journal[0]?.includes(`plan=${prepared.plan} `))
        .map(stateOf);
    while (moments.length > 0) {
      const [moment] = moments;
      const isMet = (): boolean => moment === "LISTENS" || states().includes(moment!);
      if (!(await meets(ref, isMet))) break;
      await fleet.server.kill9();
      kills.push(`${moment}: ${states().join(" ")}`);
      moments.shift();
      await fleet.server.start();
    }
    await untilRollout(fleet, ref, hasEnded, ROLLOUT_MS_MAX);
    await expectGood(ref, source);
    return kills;
  }

  /** Looks closely, since some states last milliseconds; false when the rollout ends before. */
  async function meets(ref: string, isMet: () => boolean): Promise<boolean> {
    return await until("a host in the next state", ROLLOUT_MS_MAX, async () => {
      const end = Date.now() + 1_000;
      while (Date.now() < end) {
        if (isMet()) return { isMet: true };
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      return (await hasRolloutEnded(ref)) ? { isMet: false } : null;
    }).then((found) => found.isMet);
  }

  async function hasRolloutEnded(ref: string): Promise<boolean> {
    const params = { path: { rollout: ref } };
    return hasEnded(await ask(fleet.alice.client.GET("/api/v1/rollouts/{rollout}", { params })));
  }

  async function start(prepared: Prepared): Promise<string> {
    await approve(fleet.bob, prepared.change);
    const body = { change: prepared.change };
    return (await ask(fleet.alice.client.POST("/api/v1/rollouts", { body }))).ref;
  }

  async function expectGood(ref: string, source: string): Promise<void> {
    const standings = (await targetsOf(fleet, ref)).map((target) => target.standing);
    expect(standings, await pictureOf(fleet, ref)).toEqual(Array(6).fill("verified"));
    for (const one of fleet.lab.hosts) {
      expect(await installed(one, source), one.name).toBe("2.0 installed");
      expect(await configured(one, source), one.name).toEqual(["1.0", "2.0"]);
      expect(await audit(one), one.name).toBe("");
    }
  }

  /** The versions whose script configured the package on this host, in order. */
  async function configured(one: LabHost, name: string): Promise<string[]> {
    const all = await one.groundTruth();
    return all.filter((e) => e.package === name && e.action === "configure").map((e) => e.version);
  }
});
