import { systemActor } from "../base/actor.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { backoffMs } from "../intel/fetch-rules.ts";
import { recordEvent } from "../ledger/record.ts";
import { loadEntries, loadLedgerSizes } from "../ledger/store-tree.ts";
import { toldOf } from "../watch/told.ts";
import { adapterOf, askOf, newMemory, type SystemMemory, troubleOf } from "./actions-ask.ts";
import { look, push, type Work } from "./actions-record.ts";
import type { Link, Trouble } from "./model.ts";
import type { CommonSettings } from "./settings.ts";
import {
  followLedger,
  loadDueLinks,
  loadSystem,
  loadSystems,
  loadUnread,
  type System,
  saveLink,
  sayProblem,
  takeSystem,
} from "./store.ts";

/** One turn of a mirror: what is new in the ledger, what records do not tell yet, what they say. */
const BATCH = 500;
const RECORDS_A_TURN = 20;
/** Tries of one record while the system itself is well. */
const ATTEMPTS_MAX = 12;
const DENIED_MS = 60_000;

/** Each system on its own, so that a slow one delays its own records only; true for more at once. */
export async function mirrorAll(
  world: World,
  of: { readonly server: string; readonly memories: Map<string, SystemMemory> },
): Promise<boolean> {
  const systems = await loadSystems(world.db);
  const turns = systems.map(({ name }) => {
    const memory = of.memories.get(name) ?? newMemory();
    of.memories.set(name, memory);
    return mirror(world, { name, server: of.server, memory });
  });
  return (await Promise.all(turns)).some((hasMore) => hasMore);
}

export async function mirror(
  world: World,
  of: {
    readonly name: string;
    readonly server: string;
    readonly memory: SystemMemory;
    /** Of one request; tests shorten it. */
    readonly timeoutMs?: number;
  },
): Promise<boolean> {
  const { name, server, memory } = of;
  const patience = of.timeoutMs === undefined ? {} : { timeoutMs: of.timeoutMs };
  const now = world.clock();
  if (now < memory.waitUntil) return false;
  const system = await loadSystem(world.db, name);
  if (system === null) return false;
  // Looked at first: an idle server writes no row each second.
  const { size } = await loadLedgerSizes(world.db);
  const idle = size <= system.next && (await workOf(world, system)).length === 0;
  if (idle || !(await takeSystem(world.db, name, server))) return false;
  const hasMore = await follow(world, system, size);
  for (const { link, does } of await workOf(world, system)) {
    const adapter = adapterOf(system);
    const ask = askOf(world, system, { memory, ...patience });
    const work: Work = { system, link, adapter, ask };
    const trouble = await tried(() => (does === "push" ? push(world, work) : look(world, work)));
    if (trouble === null) continue;
    await noteTrouble(world, { system, link, trouble });
    if (!trouble.isWhole) continue;
    const waitMs = trouble.kind === "denied" ? DENIED_MS : trouble.waitMs;
    memory.waitUntil = world.clock() + (waitMs ?? backoffMs(memory.attempts, Math.random()));
    memory.attempts += 1;
    await sayProblem(world.db, { name, problem: trouble.message, at: world.clock() });
    return false;
  }
  memory.attempts = 0;
  await sayProblem(world.db, { name, problem: null, at: world.clock() });
  return hasMore;
}

interface Todo {
  readonly link: Link;
  readonly does: "push" | "look";
}

async function workOf(world: World, system: System): Promise<readonly Todo[]> {
  const now = world.clock();
  const of = { system: system.name, limit: RECORDS_A_TURN };
  const due = await loadDueLinks(world.db, { ...of, now });
  const pushes: readonly Todo[] = due.map((link) => ({ link, does: "push" }));
  if (!adapterOf(system).isAsked) return pushes;
  const { pollSeconds } = system.settings as CommonSettings;
  const unread = await loadUnread(world.db, { ...of, before: now - pollSeconds * 1_000 });
  const busy = new Set(due.map(({ change }) => change));
  const looks = unread
    .filter(({ change, nextAt }) => !busy.has(change) && (nextAt === null || nextAt <= now))
    .map((link): Todo => ({ link, does: "look" }));
  return [...pushes, ...looks];
}

async function follow(world: World, system: System, size: number): Promise<boolean> {
  const to = Math.min(system.next + BATCH, size);
  if (to <= system.next) return false;
  const entries = await loadEntries(world.db, { from: system.next, to });
  const news = new Map<string, number>();
  for (const [at, text] of entries.entries()) {
    const { change, type } = toldOf(system.next + at, text);
    // What a mirror itself did is no news for it.
    if (change !== null && !type.startsWith("itsm.")) news.set(change, system.next + at);
  }
  const rows = [...news].map(([change, wanted]) => ({ change: change as Link["change"], wanted }));
  await inTransaction(world.db, (tx) =>
    followLedger(tx, { name: system.name, from: system.next, next: to, news: rows }),
  );
  return to < size;
}

async function tried(work: () => Promise<void>): Promise<Trouble | null> {
  try {
    await work();
    return null;
  } catch (cause) {
    return troubleOf(cause);
  }
}

/** The record waits, or is given up, which is an event and stays shown until somebody tries again. */
async function noteTrouble(
  world: World,
  of: { readonly system: System; readonly link: Link; readonly trouble: Trouble },
): Promise<void> {
  const { system, link, trouble } = of;
  const now = world.clock();
  const attempts = trouble.isWhole ? link.attempts : link.attempts + 1;
  const isOver = trouble.kind === "never" || trouble.kind === "gone";
  const isDead = !trouble.isWhole && (isOver || attempts >= ATTEMPTS_MAX);
  const waitMs = trouble.waitMs ?? backoffMs(attempts, Math.random());
  await inTransaction(world.db, async (tx) => {
    await saveLink(tx, link, {
      ...{ attempts, problem: trouble.message, problemSince: link.problemSince ?? now },
      nextAt: trouble.isWhole ? link.nextAt : now + waitMs,
      deadAt: isDead ? now : null,
      ...(trouble.isUnsure ? {} : { unsureAt: null }),
      ...(trouble.kind === "gone" ? { outsideId: null, outsideState: null } : {}),
    });
    if (!isDead) return;
    await recordEvent(tx, {
      type: "itsm.given-up",
      actor: systemActor.subject,
      object: `itsm:${system.name}`,
      change: link.change,
      facts: { system: system.name, key: link.outsideKey, kind: trouble.kind, attempts },
    });
  });
}
