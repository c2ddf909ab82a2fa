import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { goOn } from "../../test/builders/go-on.ts";
import { approvedMark, type LocalHosts, localHosts } from "../../test/builders/local-hosts.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { systemActor } from "../base/actor.ts";
import type { RolloutId } from "../base/ids.ts";
import type { World } from "../db/world.ts";
import { machineKey } from "../fleet/store-keys.ts";
import type { Host } from "../inventory/model.ts";
import { startRollout } from "./actions.ts";
import { halt } from "./actions-halt.ts";
import { pageOfTargets, showRollout } from "./actions-show.ts";
import { stageHost, takeStaging } from "./actions-staging.ts";
import type { Engine } from "./engine.ts";
import { startRollouts } from "./loops.ts";
import { loadStagingAbout } from "./store-staging.ts";
import { brokenInvariants } from "./store-story.ts";

/** Files before their time (decision 31), against the real host program. */
const isRoot = process.getuid?.() === 0;
const admin = systemActor;

let made: TestWorld;
let world: World;
let folder: string;
let hosts: LocalHosts;
let engine: Engine;
let one: Host;
let two: Host;
let rollout: RolloutId;

beforeEach(async () => {
  made = await testWorld();
  world = made.world;
  folder = mkdtempSync(join(tmpdir(), "fettle-staging-"));
  hosts = localHosts(world, folder);
  engine = {
    world,
    server: "server-a",
    executor: hosts.executor,
    dispatcherKey: machineKey(world.paths.state, "dispatcher"),
  };
  if (!isRoot) return;
  one = await hosts.add("web-1", "canary");
  two = await hosts.add("web-2", "1");
  const change = await approvedMark(world, [
    { ring: "canary", hosts: [one] },
    { ring: "1", hosts: [two] },
  ]);
  rollout = (await startRollout(world, admin, { change })).id;
  await sql`update wave set gate = gate || '{"stageSeconds": 3600}' where number = 2`.execute(
    world.db,
  );
});
afterEach(async () => {
  await made.close();
  rmSync(folder, { recursive: true, force: true });
});

const signal = new AbortController().signal;
const aheadOf = (name: string): string => join(folder, name, "var/ahead");

async function shownOf(name: string) {
  const page = { rollout, wave: undefined, standing: undefined, host: name, after: undefined };
  const { targets } = await pageOfTargets(world, admin, { ...page, skip: undefined, limit: 1 });
  return targets[0]?.staging ?? null;
}

async function dueNow(): Promise<void> {
  await sql`update staged_target set next_at = now()`.execute(world.db);
}

describe.skipIf(!isRoot)("staging ahead", () => {
  test("asks hosts of a wave that is not open yet, once, and keeps what they signed", async () => {
    const taken = await takeStaging(engine, 10);
    expect(taken).toMatchObject([{ host: two.id, wave: 2 }]);
    // By another server too, as long as this one asks.
    expect(await takeStaging({ ...engine, server: "server-b" }, 10)).toEqual([]);
    const outcome = await stageHost(engine, taken[0]!, signal);
    expect(outcome).toMatchObject({ state: "staged", code: null });
    expect(outcome.signed?.text).toContain("fettle staged 1\n");
    expect(existsSync(aheadOf("web-2"))).toBe(true);
    expect(existsSync(aheadOf("web-1"))).toBe(false);
    expect(hosts.truth("web-2")).toEqual([]);
    expect(await shownOf("web-2")).toMatchObject({ state: "staged", files: 0 });
    expect(await shownOf("web-1")).toBeNull();
    const { staging } = await showRollout(world, admin, rollout);
    expect([...staging]).toEqual([[2, { staged: 1, refused: 0, waiting: 0 }]]);
    await dueNow();
    expect(await takeStaging(engine, 10)).toEqual([]);
    const { rows } = await sql<{ type: string }>`
      select type from event where type in ('wave.staging', 'target.staged')
       order by type`.execute(world.db);
    expect(rows.map(({ type }) => type)).toEqual(["target.staged", "wave.staging"]);
    // The slot stayed free, and the host is patched as ever.
    const server = startRollouts(world, hosts.executor);
    try {
      await expect
        .poll(async () => (await showRollout(world, admin, rollout)).row.state, { timeout: 60_000 })
        .toBe("finished");
    } finally {
      await server.stop();
    }
    expect(hosts.truth("web-2")).toEqual(["mark"]);
    expect(await brokenInvariants(world.db)).toEqual([]);
  });

  test("asks nobody while it is halted, and nobody without an approval", async () => {
    await halt(world, admin, { rollout, reason: "look", isFrozen: false });
    expect(await takeStaging(engine, 10)).toEqual([]);
    await goOn(world, rollout);
    expect(await takeStaging(engine, 10)).toHaveLength(1);
    await dueNow();
    await halt(world, admin, { rollout, reason: "again", isFrozen: false });
    expect(await takeStaging(engine, 10)).toEqual([]);
    const about = () => world.db.transaction().execute((tx) => loadStagingAbout(tx, two.id));
    expect(await about()).toBeNull();
    await goOn(world, rollout);
    expect((await about())?.text).toMatch(/^C-1 R-1 staging /);
    await sql`update change set state = 'withdrawn'`.execute(world.db);
    await dueNow();
    expect(await takeStaging(engine, 10)).toEqual([]);
    expect(existsSync(aheadOf("web-2"))).toBe(false);
  });

  test("tells why a host did not take them, asks it again, and takes no word that its key did not sign", async () => {
    const etc = join(folder, "web-2/etc");
    const policy = readFileSync(join(etc, "policy"), "utf8");
    writeFileSync(join(etc, "policy"), policy.replace(/^approver .*\n/m, ""));
    const [first] = await takeStaging(engine, 10);
    expect(await stageHost(engine, first!, signal)).toMatchObject({ state: "refused" });
    expect((await shownOf("web-2"))?.code).toMatch(/^E_(KEY|THRESHOLD)$/);
    writeFileSync(join(etc, "policy"), policy);
    expect(await takeStaging(engine, 10)).toEqual([]);
    await dueNow();
    const [again] = await takeStaging(engine, 10);
    expect(again?.counter).toBeGreaterThan(first?.counter ?? 0);
    expect(await stageHost(engine, again!, signal)).toMatchObject({ state: "staged" });
    // The same of another host's word.
    await sql`update staged_target set state = 'waiting', document = null, signature = null,
                next_at = now()`.execute(world.db);
    const [third] = await takeStaging(engine, 10);
    await sql`update host set signing_key = ${one.signingKey ?? ""} where id = ${two.id}`.execute(
      world.db,
    );
    expect(await stageHost(engine, third!, signal)).toMatchObject({
      state: "waiting",
      why: expect.stringContaining("not signed by its enrolled key"),
    });
    expect(await shownOf("web-2")).toMatchObject({ state: "waiting", files: 0 });
  });
});
