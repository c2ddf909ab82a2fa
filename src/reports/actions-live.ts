import { type Actor, holdsAnywhere, scopesFor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { pause } from "../base/pause.ts";
import type { Permission } from "../base/permission.ts";
import type { World } from "../db/world.ts";
import type { ServedContext } from "../ledger/served-route.ts";
import { ALL, type HintHub, hubOf } from "./loops-live.ts";
import { type ObjectKind, visibleObjects } from "./store-live.ts";

/**
 * One stream of hints: what its reader may see, put together so that at most four go out a second and
 * a list is named once a second. Resumed behind the last hint seen; where that is not kept any more,
 * the reader is told that anything may have changed.
 */
const HEARTBEAT_MS = 15_000;
const PAUSE_MS = 250;
const LIST_PAUSE_MS = 1_000;

/** The right that a topic needs; topics that are not named here are never sent. */
const rights: Readonly<Record<string, Permission | "signed-in">> = {
  [ALL]: "signed-in",
  audit: "audit.read",
  users: "signed-in",
  hosts: "host.read",
  host: "host.read",
  scans: "host.read",
  scan: "host.read",
  services: "service.read",
  service: "service.read",
  feeds: "feed.read",
  findings: "finding.read",
  policy: "policy.read",
  patches: "patch.read",
  patch: "patch.read",
  triage: "patch.read",
  exceptions: "exception.read",
  deferrals: "patch.read",
  "known-issues": "issue.read",
  plans: "plan.read",
  plan: "plan.read",
  changes: "change.read",
  change: "change.read",
  rollouts: "rollout.read",
  rollout: "rollout.read",
  restore: "signed-in",
  records: "audit.read",
};

export function liveHints(context: ServedContext): AsyncGenerator<string> {
  const hub = hubOf(context.world);
  if (hub === null) throw new Failure("unavailable", "This server gives no live hints now.");
  return hints(context, hub);
}

async function* hints(context: ServedContext, hub: HintHub): AsyncGenerator<string> {
  const { world, actor, request } = context;
  const { signal, lastEventId } = request;
  const due = duePicker();
  let place = resumedAt(hub, lastEventId);
  const isLost = place === null;
  place ??= hub.newest();
  yield "retry: 1000\n\n";
  yield message(hub, place, isLost ? [ALL] : []);
  let pending = new Set<string>();
  while (!signal.aborted) {
    const newest = hub.newest();
    if (newest > place) {
      const topics = await visibleTopics(world, actor, hub.since(place));
      pending = new Set([...pending, ...topics]);
      place = newest;
    }
    const now = due(pending, performance.now());
    for (const topic of now) pending.delete(topic);
    if (now.length > 0) {
      yield message(hub, place, now);
      await pause(PAUSE_MS, signal);
      continue;
    }
    const before = performance.now();
    await hub.wait(pending.size > 0 ? PAUSE_MS : HEARTBEAT_MS, signal);
    if (performance.now() - before >= HEARTBEAT_MS) yield ": still here\n\n";
  }
}

/** Where the stream goes on: now for a first one, null where hints were lost. */
function resumedAt(hub: HintHub, lastEventId: string | null): number | null {
  if (lastEventId === null) return hub.newest();
  const match = /^([0-9a-f]{12})-(\d{1,15})$/.exec(lastEventId);
  if (match === null) {
    throw new Failure("invalid", "Last-Event-ID is not one of this stream. Start without it.");
  }
  const place = Number(match[2]);
  return match[1] === hub.run && hub.reaches(place) ? place : null;
}

function message(hub: HintHub, place: number, topics: readonly string[]): string {
  return `id: ${hub.run}-${place}\ndata: ${JSON.stringify({ topics })}\n\n`;
}

/** Lists change all the time while much goes on; each is named once a second at most. */
function duePicker(): (pending: ReadonlySet<string>, now: number) => string[] {
  const sentAt = new Map<string, number>();
  return (pending, now) => {
    const due = [...pending].filter((topic) => {
      const last = sentAt.get(topic);
      return topic.includes(":") || last === undefined || now - last >= LIST_PAUSE_MS;
    });
    for (const topic of due) if (!topic.includes(":")) sentAt.set(topic, now);
    return due;
  };
}

/** What the reader may know of; topics of objects are looked up within the reader's labels. */
export async function visibleTopics(
  world: World,
  actor: Actor,
  topics: readonly string[],
): Promise<readonly string[]> {
  const held = topics.filter((topic) => {
    const right = rights[topic.split(":", 1)[0] ?? ""];
    return right !== undefined && (right === "signed-in" || holdsAnywhere(actor, right));
  });
  const lists = held.filter((topic) => !topic.includes(":"));
  const objects = Map.groupBy(
    held.filter((topic) => topic.includes(":")),
    (topic) => topic.slice(0, topic.indexOf(":")),
  );
  const seen: string[] = [];
  for (const [kind, named] of objects) {
    const scopes = scopesFor(actor, rights[kind] as Permission);
    const isEverywhere = scopes.some((scope) => scope.length === 0);
    if (isEverywhere || kind === "triage") {
      seen.push(...named);
      continue;
    }
    const ids = named.map((topic) => topic.slice(kind.length + 1));
    const visible = await visibleObjects(world.db, { kind: kind as ObjectKind, ids, scopes });
    seen.push(...visible.map((id) => `${kind}:${id}`));
  }
  return [...lists, ...seen];
}
