import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LabHost } from "../../lab/host.ts";
import { effectiveUser } from "../../lab/machine.ts";
import { ask } from "../../src/client/client.ts";
import {
  addHosts,
  audit,
  type Fleet,
  hasEnded,
  installed,
  pictureOf,
  type Rollout,
  ringsPolicy,
  startFleet,
  startRollout,
  targetOf,
  targetsOf,
  until,
  untilRollout,
  whole,
  writeOnHost,
} from "./fleet.ts";

/**
 * Each badly behaving package ends as it should. What really happened stands in the file to which
 * the packages' own scripts write, and in dpkg's database; what the product says is held against it.
 */

const PACKAGES = [
  ...["lab-good", "lab-postinst-fails", "lab-answers-500", "lab-hangs", "lab-asks"],
  ...["lab-conffile", "lab-needs-new", "liblab1", "lab-library-user"],
];
/** The package's own script starts its service; the plan's restart step then does it once more. */
const ONCE = ["configure", "service-start", "service-start"];
const EDIT = "owner = this host\n";

describe.skipIf(effectiveUser() !== 0)("packages that behave badly", whole, () => {
  let fleet: Fleet;
  const canary = (): LabHost => fleet.lab.host("web-1");
  const ring1 = (): LabHost => fleet.lab.host("web-2");
  const [third, fourth] = [(): LabHost => fleet.lab.host("web-3"), () => fleet.lab.host("web-4")];

  beforeAll(async () => {
    fleet = await startFleet({ name: "bad", hosts: 4, sources: "own" });
    await Promise.all(fleet.lab.hosts.map(prepareHost));
    await addHosts(fleet, ringsPolicy());
  }, 300_000);

  afterAll(async () => {
    await fleet?.close();
  }, 120_000);

  test("a canary that cannot be configured goes back, and ring 1 is never touched", async () => {
    const rings = ringsPolicy();
    const { ref } = await startRollout(fleet, { source: "lab-postinst-fails", rings });
    const rollout = await untilRollout(fleet, ref, hasEnded);
    expect(rollout.state, await pictureOf(fleet, ref)).toBe("halted");
    expect(rollout.haltReason).toBe("1 host of wave 1 failed; the plan allows none");
    const target = await targetOf(fleet, ref, "web-1");
    expect(target).toMatchObject({ standing: "rolled-back", code: "E_STEP", attempt: 1 });
    expect(await installed(canary(), "lab-postinst-fails")).toBe("1.0 installed");
    expect(await audit(canary())).toBe("");
    expect(await effects(canary(), "lab-postinst-fails", "2.0")).toEqual(["configure-fails"]);
    await expectUntouched([ring1(), third(), fourth()], "lab-postinst-fails");
    await stop(ref);
  });

  test("a canary whose service answers 500 goes back to a version that answers 200", async () => {
    const rings = ringsPolicy({ probes: ["answers-500"] });
    const { ref } = await startRollout(fleet, { source: "lab-answers-500", rings });
    const rollout = await untilRollout(fleet, ref, hasEnded);
    expect(rollout.state, await pictureOf(fleet, ref)).toBe("halted");
    const target = await targetOf(fleet, ref, "web-1");
    expect(target).toMatchObject({ standing: "rolled-back", code: "E_PROBE" });
    expect(await installed(canary(), "lab-answers-500")).toBe("1.0 installed");
    expect(await answer(canary(), 8102)).toBe("200 lab-answers-500 1.0\n");
    await expectUntouched([ring1(), third(), fourth()], "lab-answers-500");
    await stop(ref);
  });

  describe("four of them at once, on a host each", () => {
    const rollouts = new Map<string, { readonly ref: string; readonly shown: Rollout }>();
    const places: readonly (readonly [source: string, host: string, labels: string])[] = [
      ["lab-hangs", "web-1", "ring=canary"],
      ["lab-asks", "web-2", "ring=ring1"],
      ["lab-conffile", "web-3", "ring=ring2,zone=c"],
      ["lab-needs-new", "web-4", "ring=ring2,zone=a"],
    ];

    beforeAll(async () => {
      await writeOnHost(canary(), "/etc/fettle/limits", "packages 12\n");
      const started: (readonly [string, string])[] = [];
      for (const [source, , hosts] of places) {
        const { ref } = await startRollout(fleet, { source, rings: ringsPolicy(), hosts });
        started.push([source, ref]);
      }
      for (const [source, ref] of started) {
        rollouts.set(source, { ref, shown: await untilRollout(fleet, ref, hasEnded) });
      }
    }, 240_000);

    const ended = (source: string) => rollouts.get(source)!;

    test("one that hangs is stopped at the host's own limit and taken back", async () => {
      const { ref, shown } = ended("lab-hangs");
      expect(shown.state, await pictureOf(fleet, ref)).toBe("halted");
      const target = await targetOf(fleet, ref, "web-1");
      expect(target).toMatchObject({ standing: "rolled-back", code: "E_LIMIT" });
      expect(await installed(canary(), "lab-hangs")).toBe("1.0 installed");
      expect(await effects(canary(), "lab-hangs", "2.0")).toEqual(["configure-hangs"]);
      expect(await processesOf(canary(), "lab-hangs")).toBe("");
      await canary().must(["rm", "/etc/fettle/limits"]);
    });

    test("one that asks a question gets its default and nobody waits", async () => {
      const { ref, shown } = ended("lab-asks");
      expect(shown.state, await pictureOf(fleet, ref)).toBe("finished");
      expect(await targetOf(fleet, ref, "web-2")).toMatchObject({ standing: "verified" });
      expect(await installed(ring1(), "lab-asks")).toBe("2.0 installed");
      expect(await effects(ring1(), "lab-asks", "2.0")).toEqual(["configure-answer="]);
    });

    test("one that changes a configuration file leaves the host's own edit alone", async () => {
      const { ref, shown } = ended("lab-conffile");
      expect(shown.state, await pictureOf(fleet, ref)).toBe("finished");
      expect(await installed(third(), "lab-conffile")).toBe("2.0 installed");
      const text = await third().must(["cat", "/etc/lab-conffile.conf"]);
      expect(text).toBe(`# Settings of lab-conffile 1.0\nlimit = 1.0\n${EDIT}`);
    });

    test("one that needs a package the host does not have brings it, as approved", async () => {
      const { ref, shown } = ended("lab-needs-new");
      expect(shown.state, await pictureOf(fleet, ref)).toBe("finished");
      const { bodies } = await ask(
        fleet.alice.client.GET("/api/v1/plans/{plan}", { params: { path: { plan: shown.plan } } }),
      );
      expect(bodies[0]!.text).toMatch(/^step \d install lab-new all - 2\.0 [0-9a-f]{64}$/m);
      expect(bodies[0]!.text).toMatch(/^undo \d remove lab-new all 2\.0 - -$/m);
      expect(await installed(fourth(), "lab-needs-new")).toBe("2.0 installed");
      expect(await installed(fourth(), "lab-new")).toBe("2.0 installed");
    });
  });

  test("a library's users are restarted before the host counts as verified", async () => {
    expect(await answer(ring1(), 8103)).toBe("200 lab-library-user 1.0\n");
    const wanted = { source: "liblab1", rings: ringsPolicy(), hosts: "ring=ring1" };
    const { ref, plan } = await startRollout(fleet, wanted);
    const shown = await ask(
      fleet.alice.client.GET("/api/v1/plans/{plan}", { params: { path: { plan } } }),
    );
    expect(shown.bodies[0]!.text).toMatch(/^step \d restart lab-library-user$/m);
    const rollout = await untilRollout(fleet, ref, hasEnded);
    expect(rollout.state, await pictureOf(fleet, ref)).toBe("finished");
    expect(await targetOf(fleet, ref, "web-2")).toMatchObject({ standing: "verified" });
    expect(await installed(ring1(), "liblab1")).toBe("2.0 installed");
    expect(await answer(ring1(), 8103)).toBe("200 lab-library-user 2.0\n");
    expect(await effects(ring1(), "lab-library-user", "1.0")).toEqual([
      ...["configure", "service-start", "service-start"],
    ]);
  });

  test("one failure in a wave takes the wave's other host back to its exact version", async () => {
    const rings = ringsPolicy({ probes: ["good"], rollback: "wave" });
    await probe(fourth(), "good", "http http://127.0.0.1:8101/ 200 lab-good 1.0\ntries 1\n");
    const { ref } = await startRollout(fleet, { source: "lab-good", rings, hosts: "ring=ring2" });
    const rollout = await untilRollout(fleet, ref, (now) => now.state === "halted");
    expect(rollout.haltReason).toBe("1 host of wave 1 failed; the plan allows none");
    await untilRollout(fleet, ref, ({ outcomes }) => outcomes.rolledBack === 2);
    const standings = (await targetsOf(fleet, ref)).map((t) => `${t.name} ${t.standing}`);
    expect(standings.sort()).toEqual([...["web-3 rolled-back", "web-4 rolled-back"]]);
    for (const host of [third(), fourth()]) {
      expect(await installed(host, "lab-good"), host.name).toBe("1.0 installed");
      expect(await answer(host, 8101)).toBe("200 lab-good 1.0\n");
      expect(await effects(host, "lab-good", "2.0")).toEqual(ONCE);
    }
    await stop(ref);
  });

  test("a well-behaved one reaches the rest with a new plan, each effect once", async () => {
    const rings = ringsPolicy({ probes: ["good"] });
    await probe(fourth(), "good", GOOD_PROBE);
    await untilInventory(["web-3", "web-4"], "lab-good", "1.0");
    const { ref } = await startRollout(fleet, { source: "lab-good", rings, hosts: "ring=ring2" });
    const rollout = await untilRollout(fleet, ref, hasEnded);
    expect(rollout.state, await pictureOf(fleet, ref)).toBe("finished");
    for (const host of [third(), fourth()]) {
      expect(await installed(host, "lab-good"), host.name).toBe("2.0 installed");
      expect(await answer(host, 8101)).toBe("200 lab-good 2.0\n");
      expect(await effects(host, "lab-good", "2.0")).toEqual([...ONCE, ...ONCE]);
    }
    for (const host of fleet.lab.hosts) expect(await audit(host), host.name).toBe("");
  });

  const GOOD_PROBE = "http http://127.0.0.1:8101/ 200\ntries 3\n";

  async function prepareHost(host: LabHost): Promise<void> {
    const wanted = PACKAGES.map((name) => `${name}=1.0`);
    await host.must(["apt-get", "install", "--yes", "--no-install-recommends", ...wanted]);
    await host.must(["tee", "-a", "/etc/lab-conffile.conf"], { input: EDIT });
    await probe(host, "answers-500", "http http://127.0.0.1:8102/ 200\ntries 2\n");
    await probe(host, "good", GOOD_PROBE);
  }

  function probe(host: LabHost, name: string, text: string): Promise<void> {
    return writeOnHost(host, `/etc/fettle/probes.d/${name}`, text);
  }

  async function stop(ref: string): Promise<void> {
    const params = { path: { rollout: ref } };
    const body = { reason: "the next test needs its hosts" };
    await ask(fleet.alice.client.POST("/api/v1/rollouts/{rollout}/stop", { params, body }));
  }

  /** The hosts went back, so the product looks again by itself. */
  async function untilInventory(names: readonly string[], pkg: string, version: string) {
    for (const host of names) {
      await until(`the inventory to show ${pkg} ${version} on ${host}`, 60_000, async () => {
        const params = { path: { host } };
        const path = "/api/v1/hosts/{host}/packages";
        const { items } = await ask(fleet.alice.client.GET(path, { params }));
        return (items ?? []).some((item) => item.name === pkg && item.version === version);
      });
    }
  }

  /** What this version of the package did on the host, in order. */
  async function effects(host: LabHost, name: string, version: string): Promise<string[]> {
    const all = await host.groundTruth();
    return all.filter((e) => e.package === name && e.version === version).map((e) => e.action);
  }

  async function expectUntouched(hosts: readonly LabHost[], name: string): Promise<void> {
    for (const host of hosts) {
      expect(await effects(host, name, "2.0"), host.name).toEqual([]);
      expect(await installed(host, name), host.name).toBe("1.0 installed");
      expect((await host.exec(["test", "-e", "/var/lib/fettle/job"])).code, host.name).toBe(1);
    }
  }

  async function answer(host: LabHost, port: number): Promise<string> {
    const url = `http://127.0.0.1:${port}/`;
    const status = await host.must(["curl", "-s", "-o", "/tmp/answer", "-w", "%{http_code}", url]);
    return `${status} ${await host.must(["cat", "/tmp/answer"])}`;
  }

  async function processesOf(host: LabHost, name: string): Promise<string> {
    return (await host.exec(["pgrep", "-af", `${name}.postinst`])).stdout;
  }
});
