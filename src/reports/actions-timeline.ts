import type { z } from "zod";
import { type Actor, scopesFor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import type { RolloutId } from "../base/ids.ts";
import { type Instant, instantFromText, instantToText } from "../base/instant.ts";
import { selects } from "../base/labels.ts";
import { calendarInForce } from "../calendar/actions.ts";
import type { World } from "../db/world.ts";
import { loadMembers } from "../intel/store-knowledge.ts";
import { foundHost } from "../inventory/actions.ts";
import type { Host, StoredPackage } from "../inventory/model.ts";
import { loadPackages } from "../inventory/store.ts";
import { exclusionToText } from "../plan/plan-story.ts";
import { explainTarget } from "../rollout/explain.ts";
import { loadFacts } from "../rollout/store.ts";
import { loadTargets } from "../rollout/store-view.ts";
import type { timelineEntrySchema } from "./host-schema.ts";
import { hostEventEntry, jobEntry, packageEntry } from "./host-story.ts";
import {
  type Before,
  loadHostEvents,
  loadJobWords,
  loadLeftOut,
  loadRolloutsOfHost,
  loadSetChanges,
} from "./store-timeline.ts";

/** What happened to a host, and why nothing did: one list from all that is kept about it. */
type Reply = z.output<typeof timelineEntrySchema>;

export type Entry = Omit<Reply, "at"> & { readonly at: Instant };

export async function hostTimeline(
  world: World,
  actor: Actor,
  page: { readonly host: string; readonly cursor?: string | undefined; readonly limit: number },
): Promise<{ items: Reply[]; next: string | null }> {
  const host = await foundHost(world, page.host, scopesFor(actor, "host.read"));
  const limit = page.limit + SAME_INSTANT_MAX;
  const of: Before = { host: host.id, before: before(world, page.cursor), limit };
  const seesRollouts = scopesFor(actor, "rollout.read").some((scope) =>
    selects(scope, host.labels),
  );
  const all = await Promise.all([
    loadHostEvents(world.db, of).then((events) => events.map(hostEventEntry)),
    packageEntries(world, of),
    ...(seesRollouts ? [jobEntries(world, of), leftOutEntries(world, of)] : []),
    ...(seesRollouts ? [standingEntries(world, actor, host, of)] : []),
  ]);
  const entries = all.flat().toSorted((a, b) => b.at - a.at);
  const last = entries[page.limit - 1];
  // Whatever happened in the same instant as the last one stays with it, so that no page loses it.
  const shown = last === undefined ? entries : entries.filter((entry) => entry.at >= last.at);
  return {
    items: shown.map((entry) => ({ ...entry, at: instantToText(entry.at) })),
    next: last === undefined ? null : instantToText(last.at),
  };
}

/** Entries of one instant that a page may hold beyond its limit, so that none falls between two. */
const SAME_INSTANT_MAX = 20;

/** A little ahead of now: a database's clock may be. */
const AHEAD_MS = 60_000;

function before(world: World, cursor: string | undefined): Instant {
  if (cursor === undefined) return world.clock() + AHEAD_MS;
  const at = instantFromText(cursor);
  if (at !== null) return at;
  throw new Failure("invalid", "The cursor is not one of this list. Start again without it.");
}

async function packageEntries(world: World, of: Before): Promise<readonly Entry[]> {
  const changes = await loadSetChanges(world.db, of);
  const sets = changes.flatMap((one) =>
    one.earlier === null ? [one.setId] : [one.setId, one.earlier],
  );
  const members = await loadMembers(world.db, [...new Set(sets)]);
  const moves = changes.map((change) => {
    const now = new Set(members.get(change.setId));
    const then = new Set(change.earlier === null ? [] : members.get(change.earlier));
    return {
      change,
      count: now.size,
      added: change.earlier === null ? [] : [...now].filter((id) => !then.has(id)),
      gone: [...then].filter((id) => !now.has(id)),
    };
  });
  const ids = [...new Set(moves.flatMap((move) => [...move.added, ...move.gone]))];
  const packages = new Map(
    (ids.length === 0 ? [] : await loadPackages(world.db, ids)).map((one) => [one.id, one]),
  );
  const named = (list: readonly number[]): readonly StoredPackage[] =>
    list.flatMap((id) => packages.get(id) ?? []);
  return moves.map(({ change, count, added, gone }) =>
    packageEntry({
      at: change.at,
      isFirst: change.earlier === null,
      count,
      added: named(added),
      gone: named(gone),
    }),
  );
}

async function jobEntries(world: World, of: Before): Promise<readonly Entry[]> {
  return (await loadJobWords(world.db, of)).map(jobEntry);
}

async function leftOutEntries(world: World, of: Before): Promise<readonly Entry[]> {
  return (await loadLeftOut(world.db, of)).map((one) => ({
    at: one.at,
    kind: "plan" as const,
    sentence: `was left out of a plan (${one.title}): ${exclusionToText(one.because)}`,
    details: [],
    href: `/plans/${one.plan}`,
  }));
}

/** Where it stands in each rollout that has it, with every reason that holds it back now. */
async function standingEntries(
  world: World,
  actor: Actor,
  host: Host,
  of: Before,
): Promise<readonly Entry[]> {
  const scopes = scopesFor(actor, "rollout.read");
  const entries: Entry[] = [];
  for (const { rollout, at } of await loadRolloutsOfHost(world.db, of)) {
    const loaded = await loadFacts(world.db, rollout as RolloutId);
    if (loaded === null) continue;
    const { row } = loaded;
    const [target] = await loadTargets(world.db, {
      rollout: row.id,
      scopes,
      hosts: [host.id],
      limit: 1,
    });
    if (target === undefined) continue;
    const { sentence, holds } = explainTarget(target, loaded, await calendarInForce(world));
    entries.push({
      at,
      kind: holds.length > 0 ? "hold" : "job",
      sentence: `R-${row.number} (${row.title}): ${sentence}`,
      details: holds.map(({ text }) => text),
      href: `/rollouts/R-${row.number}`,
    });
  }
  return entries;
}
