import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { goOn } from "../../test/builders/go-on.ts";
import {
  approvedMark,
  type LocalHosts,
  localHosts,
  type MarkWave,
} from "../../test/builders/local-hosts.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { systemActor } from "../base/actor.ts";
import type { HostId } from "../base/ids.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import type { Executor } from "../fleet/model.ts";
import { startRollout } from "./actions.ts";
import { halt } from "./actions-halt.ts";
import { explain, showRollout } from "./actions-show.ts";
import { type Rollouts, startRollouts } from "./loops.ts";
import { insertJoined } from "./store-joins.ts";
import { brokenInvariants } from "./store-story.ts";

/**
 * The engine against the real host program, each host with folders of its own on this machine.
 */
const isRoot = process.getuid?.() === 0;

let made: TestWorld;
let world: World;
let folder: string;
let hosts: LocalHosts;
let running: Rollouts[] = [];

beforeEach(async () => {
  made = await testWorld();
  world = made.world;
  folder = mkdtempSync(join(tmpdir(), "fettle-engine-"));
  hosts = localHosts(world, folder);
});
afterEach(async () => {
  await Promise.all(running.map((r) => r.stop()));
  running = [];
  await made.close();
  rmSync(folder, { recursive: true, force: true });
});

const aHost = (name: string, ring: string, probe?: string) => hosts.add(name, ring, probe);
const truth = (name: string) => hosts.truth(name);
const anApproved = (waves: readonly MarkWave[]) => approvedMark(world, waves);

function startServer(): Rollouts {
  const server = startRollouts(world, hosts.executor);
  running.push(server);
  return server;
}

const admin = systemActor;

async function until<T>(what: string, look: () => Promise<T | null>): Promise<T> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const seen = await look();
    if (seen !== null) return seen;
    if (Date.now() > deadline) {
      const { rows } = await sql`select state, hold, step, result_code, evidence, verdict, attempt
                                   from target order by leaf_index`.execute(world.db);
      const waves = await sql`select number, state, holds from wave`.execute(world.db);
      throw new Error(`${what}: ${JSON.stringify(rows)} ${JSON.stringify(waves.rows)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function untilState(rollout: string, state: string) {
  return until(`the rollout is ${state}`, async () => {
    const shown = await showRollout(world, admin, rollout);
    return shown.row.state === state ? shown : null;
  });
}

describe.skipIf(!isRoot)("a rollout over real host programs", () => {
  test("patches the canary, then the ring, and verifies every host by a look of its own", async () => {
    const [canary, ...ring] = await Promise.all([
      aHost("web-1", "canary"),
      aHost("web-2", "1"),
      aHost("web-3", "1"),
    ]);
    const change = await anApproved([
      { ring: "canary", hosts: [canary] },
      { ring: "1", hosts: ring },
    ]);
    hosts.connections.clear();
    startServer();
    const { id } = await startRollout(world, admin, { change });
    const shown = await untilState(id, "finished");
    expect(shown.view.outcomes).toMatchObject({ verified: 3, hosts: 3 });
    expect(shown.view.now).toBe("finished: 3 verified");
    // Job and look came over one connection.
    expect([...hosts.connections.values()]).toEqual([1, 1, 1]);
    for (const name of ["web-1", "web-2", "web-3"]) expect(truth(name)).toEqual(["mark"]);
    const { rows } = await sql`select 1 from job_result where is_applied`.execute(world.db);
    expect(rows).toHaveLength(3);
    const why = await explain(world, admin, { host: "web-2", patch: "P-1" });
    expect(why.sentence).toBe("is patched and verified");
    const states = await sql<{ change: string; patch: string }>`
      select c.state as change, p.state as patch from change c join patch p on p.id = c.patch`.execute(
      world.db,
    );
    expect(states.rows).toEqual([{ change: "completed", patch: "observing" }]);
    expect(await brokenInvariants(world.db)).toEqual([]);
  });

  test("a host whose connection ends with its result is looked at over another one", async () => {
    const only = [await aHost("web-1", "canary")];
    const change = await anApproved([{ ring: "canary", hosts: only }]);
    hosts.connections.clear();
    const whole = hosts.executor;
    const withoutLine: Executor = {
      ...whole,
      async apply(host, job, talk) {
        const end = await whole.apply(host, job, talk);
        await end.line?.close();
        return { ...end, line: null };
      },
    };
    running.push(startRollouts(world, withoutLine));
    const { id } = await startRollout(world, admin, { change });
    const shown = await untilState(id, "finished");
    expect(shown.view.outcomes).toMatchObject({ verified: 1, hosts: 1 });
    expect([...hosts.connections.values()]).toEqual([2]);
  });

  test("a canary whose probe fails rolls itself back and starts nothing in the ring", async () => {
    const [good, bad, next] = await Promise.all([
      aHost("web-1", "canary"),
      // Fails as long as the patch is on, and passes again once it was taken off.
      aHost("web-2", "canary", `[ "$(tail -n 1 ${hosts.truthOf("web-2")})" != mark ]`),
      aHost("web-3", "1"),
    ]);
    const change = await anApproved([
      { ring: "canary", hosts: [good, bad] },
      { ring: "1", hosts: [next] },
    ]);
    startServer();
    const { id } = await startRollout(world, admin, { change });
    const shown = await untilState(id, "halted");
    expect(shown.view.haltReason).toBe("1 host of wave 1 failed; the plan allows none");
    await until("the whole wave is taken back", async () => {
      const { outcomes } = (await showRollout(world, admin, id)).view;
      return outcomes.rolledBack === 2 ? outcomes : null;
    });
    expect(truth("web-1")).toEqual(["mark", "unmark"]);
    expect(truth("web-2")).toEqual(["mark", "unmark"]);
    expect(truth("web-3")).toEqual([]);
    const why = await explain(world, admin, { host: "web-3", patch: "P-1" });
    expect(why.sentence).toMatch(/^waits: halted \(this rollout\) since /);
    expect(await brokenInvariants(world.db)).toEqual([]);
  });

  test("a plan by rule patches its hosts and one that joins, and a host without its labels refuses", async () => {
    const [first, second, late, other] = await Promise.all([
      aHost("web-1", "canary"),
      aHost("web-2", "canary"),
      aHost("web-3", "canary"),
      aHost("web-4", "1"),
    ]);
    const wave = { ring: "canary", hosts: [first, second] };
    const rule = { labels: ["ring=canary"], max: 9 };
    const { id } = await startRollout(world, admin, {
      change: await approvedMark(world, [wave], rule),
    });
    const body = await sql<{ body: string }>`select body from target limit 1`.execute(world.db);
    const join = ({ id: host }: { readonly id: HostId }) => {
      const joiner = { host, wave: 1, leaf: 0, body: body.rows[0]?.body ?? "", service: null };
      return inTransaction(world.db, (tx) => insertJoined(tx, id, [joiner]));
    };
    await join(late);
    startServer();
    await until("three are verified, and the rollout stays open for more", async () => {
      const { now } = (await showRollout(world, admin, id)).view;
      return now.startsWith("3 verified; hosts with its rule's labels may join until") ? now : null;
    });
    // What a server would do that ignores its own rule: the host does not.
    await join(other);
    await until("the other one has refused", async () => {
      const { outcomes } = (await showRollout(world, admin, id)).view;
      return outcomes.failed === 1 ? outcomes : null;
    });
    for (const name of ["web-1", "web-2", "web-3"]) expect(truth(name)).toEqual(["mark"]);
    expect(truth("web-4")).toEqual([]);
    const why = await explain(world, admin, { host: "web-4", patch: "P-1" });
    expect(why.sentence).toContain("E_AUDIENCE");
    expect(await brokenInvariants(world.db)).toEqual([]);
  });

  test("a server that dies is replaced, and no host does anything twice", async () => {
    const canary = await Promise.all([
      aHost("web-1", "canary", "sleep 2"),
      aHost("web-2", "canary"),
    ]);
    const change = await anApproved([{ ring: "canary", hosts: canary }]);
    const { id } = await startRollout(world, admin, { change });
    for (const seconds of [0.4, 0.9, 1.6]) {
      const server = startServer();
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
      running = [];
      await server.stop();
    }
    startServer();
    const shown = await untilState(id, "finished");
    expect(shown.view.outcomes).toMatchObject({ verified: 2 });
    for (const name of ["web-1", "web-2"]) expect(truth(name)).toEqual(["mark"]);
    expect(await brokenInvariants(world.db)).toEqual([]);
  });

  test("a halt starts nothing any more; a resume goes on with a new attempt", async () => {
    const canary = await Promise.all([aHost("web-1", "canary"), aHost("web-2", "canary")]);
    const change = await anApproved([{ ring: "canary", hosts: canary }]);
    const { id } = await startRollout(world, admin, { change });
    const said = await halt(world, admin, { rollout: id, reason: "wait", isFrozen: false });
    expect(said.mayStillStart).toEqual({ hosts: 0, until: null });
    startServer();
    await until("the engine has looked", async () => {
      const { view } = await showRollout(world, admin, id);
      return view.waves[0]?.holds[0]?.why === "halted" ? view : null;
    });
    expect(truth("web-1")).toEqual([]);
    await goOn(world, id);
    const shown = await untilState(id, "finished");
    expect(shown.view.outcomes).toMatchObject({ verified: 2 });
    expect(shown.words.map((word) => word.verb)).toEqual(["halted"]);
  });
});
