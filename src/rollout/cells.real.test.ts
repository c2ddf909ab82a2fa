import { sql } from "kysely";
import { expect, test } from "vitest";
import { testWorld } from "../../test/setup/world.ts";
import { parseSelector } from "../base/labels.ts";
import { everywhere } from "../inventory/store.ts";
import { standingOf } from "./model.ts";
import { loadCells } from "./store-cells.ts";
import { addHosts, aRollout } from "./store-story.ts";
import { loadTargets } from "./store-view.ts";

test("cells stand where the list of hosts says, in its order, as runs of neighbours", async () => {
  const made = await testWorld();
  try {
    const { db } = made.world;
    const hosts = await addHosts(db, 40);
    const story = await aRollout(db, [
      { ring: "canary", hosts: hosts.slice(0, 10) },
      { ring: "1", hosts: hosts.slice(10, 35) },
      { ring: "2", hosts: hosts.slice(35) },
    ]);
    const skip = [hosts[0]!, hosts[3]!, hosts[4]!, hosts[36]!];
    await sql`update target set state = 'skipped', ended_at = now()
               where host = any(${skip}::text[])`.execute(db);
    await sql`update host set labels = '{"team": "shop"}' where id = any(${hosts.slice(2, 6)}::text[])
              `.execute(db);
    const about = { rollout: story.id, hostsMax: 1_000 };
    const runs = await loadCells(db, { ...about, scopes: everywhere, waveHostsMax: 20 });
    expect(runs).toEqual([
      { wave: 1, standing: "skipped", hosts: 1 },
      { wave: 1, standing: "waiting", hosts: 2 },
      { wave: 1, standing: "skipped", hosts: 2 },
      { wave: 1, standing: "waiting", hosts: 5 },
      { wave: 3, standing: "waiting", hosts: 1 },
      { wave: 3, standing: "skipped", hosts: 1 },
      { wave: 3, standing: "waiting", hosts: 3 },
    ]);
    const of = { rollout: story.id, scopes: everywhere, limit: 100 };
    const listed = (await loadTargets(db, of)).filter(({ wave }) => wave !== 2).map(standingOf);
    const cells = runs.flatMap(({ standing, hosts: count }) => Array(count).fill(standing));
    expect(cells).toEqual(listed);
    // Who may see only some of the hosts gets the cells of those, at the places of their own list.
    const scopes = [parseSelector("team=shop")];
    const own = await loadTargets(db, { ...of, scopes });
    expect(own).toHaveLength(4);
    const seen = await loadCells(db, { ...about, scopes, waveHostsMax: 20 });
    expect(seen.flatMap(({ standing, hosts: count }) => Array(count).fill(standing))).toEqual(
      own.map(standingOf),
    );
    // What is beyond the first so many hosts is left out by whole waves.
    const few = await loadCells(db, {
      ...about,
      scopes: everywhere,
      waveHostsMax: 20,
      hostsMax: 12,
    });
    expect(new Set(few.map(({ wave }) => wave))).toEqual(new Set([1]));
  } finally {
    await made.close();
  }
});
