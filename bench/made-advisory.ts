import { systemActor } from "../src/base/actor.ts";
import type { World } from "../src/db/world.ts";
import { loadFeed } from "../src/intel/load-feed.ts";

/** One OSV record that calls every version of a Debian source vulnerable, as a part of its feed. */
export async function loadAdvisory(world: World, source: string, id: string): Promise<void> {
  const outcomes = await loadFeed(world, systemActor, {
    ...{ bytes: Buffer.from(JSON.stringify(recordOf(source, id))), origin: "file" },
    ...{ asOf: Date.now(), confirmedAt: null, acceptShrink: false },
    ...{ licence: "", expectFeed: null, isPart: true },
  });
  if (outcomes.some(({ kind }) => kind !== "loaded")) throw new Error(JSON.stringify(outcomes));
}

function recordOf(source: string, id: string) {
  const range = { type: "ECOSYSTEM", events: [{ introduced: "0" }] };
  return {
    ...{ schema_version: "1.7.0", id: `DEBIAN-${id}`, upstream: [id] },
    ...{ modified: "2026-11-20T00:00:00Z", published: "2026-11-20T00:00:00Z" },
    affected: [{ package: { ecosystem: "Debian:12", name: source }, ranges: [range] }],
  };
}
