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
  ringsPolicy,
  startFleet,
  startRollout,
  targetOf,
  until,
  untilRollout,
  whole,
} from "./fleet.ts";
import { journalOf, stateOf } from "./host-killer.ts";

/**
 * Halts and dead hosts, told from the hosts' own side: what started is what the packages' scripts
 * wrote to their file. Each host is in a batch of its own, so that there is always somebody to wait.
 */
describe.skipIf(effectiveUser() !== 0)(
  "a rollout that is stopped, or whose hosts die",
  whole,
  () => {
    let fleet: Fleet;
    const rings = ringsPolicy({ atOnce: 1 });
    const names = ["web-1", "web-2", "web-3"];
    const host = (name: string): LabHost => fleet.lab.host(name);

    beforeAll(async () => {
      fleet = await startFleet({ name: "halt", hosts: 3, sources: "own" });
      const wanted = ["lab-good=1.0", "lab-needs-new=1.0", "lab-conffile=1.0"];
      await Promise.all(
        fleet.lab.hosts.map((one) =>
          one.must(["apt-get", "install", "--yes", "--no-install-recommends", ...wanted]),
        ),
      );
      const first = names.slice(0, 2).map(host);
      await addHosts(fleet, rings, { hosts: first, labels: { ring: "canary" } });
    }, 300_000);

    afterAll(async () => {
      await fleet?.close();
    }, 120_000);

    test("a plan by rule patches a host that joins, with no new approval", async () => {
      const rule = { rule: "ring=canary", max: 3 };
      const { ref } = await startRollout(fleet, { source: "lab-conffile", rings, ...rule });
      await untilRollout(fleet, ref, ({ outcomes }) => outcomes.verified === 2);
      await addHosts(fleet, rings, { hosts: [host("web-3")], labels: { ring: "canary" } });
      const rollout = await untilRollout(fleet, ref, ({ outcomes }) => outcomes.verified === 3);
      expect(rollout.rule).toMatchObject({ labels: ["ring=canary"], max: 3, outside: [] });
      const params = { path: { rollout: ref } };
      const body = { reason: "all of them have it" };
      await ask(fleet.alice.client.POST("/api/v1/rollouts/{rollout}/stop", { params, body }));
    });

    test("the approver's halt lets nothing start any more, and a resume goes on", async () => {
      const { ref } = await startRollout(fleet, { source: "lab-good", rings });
      await until("a first host to be at work", 60_000, async () => {
        const begun = await Promise.all(names.map((name) => hasBegun(name, "lab-good")));
        return begun.some((is) => is);
      });
      const params = { path: { rollout: ref } };
      const body = { reason: "something looks odd", freeze: false };
      const halted = await ask(
        fleet.bob.client.POST("/api/v1/rollouts/{rollout}/halt", { params, body }),
      );
      expect(halted.rollout.state).toBe("halted");
      // A host that holds a permit may still start for as long as that lives, and no other.
      const { until: end } = halted.mayStillStart;
      await until(
        "the last permit to end",
        15_000,
        async () => Date.now() > Date.parse(end ?? "0"),
      );
      const before = await effects();
      const settled = await untilRollout(fleet, ref, ({ outcomes: now }) => {
        return now.running + now.checking === 0;
      });
      expect(settled.state).toBe("halted");
      expect(settled.outcomes.waiting).toBeGreaterThanOrEqual(1);
      const waiting = names.filter((one) => before.get(one) === 0);
      const [first = ""] = waiting;
      const said = await fleet.alice.fettle("explain", "host", first, "patch", settled.patch);
      expect(said.out).toContain("halted (this rollout)");
      const after = await effects();
      for (const name of waiting) {
        expect(after.get(name), name).toBe(0);
        expect(await installed(host(name), "lab-good")).toBe("1.0 installed");
      }
      const resumed = { reason: "it was nothing" };
      await ask(
        fleet.alice.client.POST("/api/v1/rollouts/{rollout}/resume", { params, body: resumed }),
      );
      const path = "/api/v1/rollouts/{rollout}/resume/agreement" as const;
      await ask(fleet.bob.client.POST(path, { params, body: resumed }));
      const rollout = await untilRollout(fleet, ref, hasEnded);
      expect(rollout.state, await pictureOf(fleet, ref)).toBe("finished");
      for (const name of names) {
        expect(await installed(host(name), "lab-good"), name).toBe("2.0 installed");
      }
    });

    test("a dead host is held, one that dies at work is asked again, and the rest goes on", async () => {
      await host("web-2").kill();
      const both = ringsPolicy({ atOnce: 3 });
      const { ref, plan } = await startRollout(fleet, { source: "lab-needs-new", rings: both });
      const living = names.filter((name) => name !== "web-2");
      const victim = await until("a host to be at work", 60_000, async () => {
        const atWork = living.filter((name) => {
          const journal = journalOf(host(name));
          return journal[0]?.includes(`plan=${plan} `) && stateOf(journal) === "APPLYING";
        });
        return atWork[0] ?? null;
      });
      await host(victim).kill();
      await untilRollout(fleet, ref, ({ outcomes }) => outcomes.verified === 1);
      // It may be working for all we know: it never goes back to those that wait.
      const missed = await targetOf(fleet, ref, victim);
      expect(["permitted", "applying", "verifying", "unknown"]).toContain(missed.state);
      expect(["running", "unknown"]).toContain(missed.standing);
      // Between two tries a host that never took its job is leased again, and says nothing.
      const held = await until("the dead host to be held", 60_000, async () => {
        const target = await targetOf(fleet, ref, "web-2");
        return target.holds.some((hold) => hold.why === "host-unreachable") ? target : null;
      });
      expect(held).toMatchObject({ state: "ready", attempt: 1 });
      expect(held.sentence).toContain("cannot be reached since");
      await Promise.all([host(victim).start(), host("web-2").start()]);
      const rollout = await untilRollout(fleet, ref, hasEnded);
      expect(rollout.outcomes.verified, await pictureOf(fleet, ref)).toBe(names.length);
      for (const name of names) {
        expect(await installed(host(name), "lab-needs-new"), name).toBe("2.0 installed");
        expect(await installed(host(name), "lab-new"), name).toBe("2.0 installed");
        expect(await audit(host(name)), name).toBe("");
      }
    }, 300_000);

    async function hasBegun(name: string, source: string): Promise<boolean> {
      const all = await host(name).groundTruth();
      return all.some((effect) => effect.package === source && effect.version === "2.0");
    }

    /** How much of lab-good 2.0 has happened on each host. */
    async function effects(): Promise<ReadonlyMap<string, number>> {
      const counts = await Promise.all(
        names.map(async (name) => {
          const all = await host(name).groundTruth();
          return [name, all.filter((e) => e.package === "lab-good" && e.version === "2.0").length];
        }),
      );
      return new Map(counts as [string, number][]);
    }
  },
);
