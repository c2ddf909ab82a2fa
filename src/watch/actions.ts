import type { Actor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import type { Instant } from "../base/instant.ts";
import { pause } from "../base/pause.ts";
import { demandUnscoped } from "../base/unscoped.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { backoffMs } from "../intel/fetch-rules.ts";
import { recordEvent } from "../ledger/record.ts";
import { loadEntries, loadEventIndex, loadLedgerSizes } from "../ledger/store-tree.ts";
import { handToCollector, handToWebhook } from "./actions-http.ts";
import { openSyslog, type SyslogLine } from "./actions-syslog.ts";
import { isChosen } from "./event-choice.ts";
import type { Handing, Sink, SinkState, Told } from "./model.ts";
import { endsIn, spanEnds } from "./spans.ts";
import {
  addMissingSinks,
  loadBeginnings,
  loadSinkStates,
  moveSink,
  rewindSink,
  takeSink,
} from "./store.ts";
import { toldOf } from "./told.ts";

/** Looked at in one turn; what a sink does not want costs nothing more. */
const BATCH = 500;
/** A turn hands over no longer than this, well within the time for which it owns the sink. */
const TURN_MS = 20_000;

/** What a server remembers of a sink between two turns. */
export interface SinkMemory {
  line: SyslogLine | null;
  attempts: number;
  /** Nothing is tried before. */
  waitUntil: Instant;
}

export function newMemory(): SinkMemory {
  return { line: null, attempts: 0, waitUntil: 0 };
}

/** Hands over what is new; true when there may be more at once. */
export async function forward(
  world: World,
  of: { readonly sink: Sink; readonly server: string; readonly memory: SinkMemory },
): Promise<boolean> {
  const { sink, server, memory } = of;
  if (world.clock() < memory.waitUntil) return false;
  // Looked at first: an idle server must not write a row for each receiver every second.
  const { size } = await loadLedgerSizes(world.db);
  const [known] = await loadSinkStates(world.db, [sink.name]);
  if (known === undefined || known.next >= size) return false;
  const state = await takeSink(world.db, sink.name, server);
  if (state === null) return false;
  const to = Math.min(state.next + BATCH, size);
  if (to <= state.next) return false;
  const entries = await loadEntries(world.db, { from: state.next, to });
  const events = entries
    .map((text, at) => toldOf(state.next + at, text))
    .filter((event) => isChosen(event.type, sink.events));
  const handed =
    events.length === 0
      ? { count: 0, refused: 0, problem: state.problem, waitMs: null }
      : await handOver(world, { sink, memory, events });
  const isWhole = handed.count === events.length;
  const next = isWhole ? to : (events[handed.count]?.index ?? to);
  remember(world, memory, { isWhole, waitMs: handed.waitMs });
  say(world, sink.name, { before: state.problem, now: handed.problem });
  await moveSink(world.db, {
    ...{ name: sink.name, server, from: state.next, next, at: world.clock() },
    ...{ sent: handed.count - handed.refused, refused: handed.refused, problem: handed.problem },
  });
  return isWhole && to < size;
}

/** Once when it begins and once when it is over, not at every try. */
function say(
  world: World,
  sink: string,
  of: { readonly before: string | null; readonly now: string | null },
): void {
  if (of.before === null && of.now !== null) {
    world.log.warn({ sink, problem: of.now }, "a receiver of events did not take all");
  }
  if (of.before !== null && of.now === null) {
    world.log.info({ sink }, "a receiver of events takes them again");
  }
}

function remember(
  world: World,
  memory: SinkMemory,
  of: { readonly isWhole: boolean; readonly waitMs: number | null },
): void {
  if (of.isWhole) {
    memory.attempts = 0;
    memory.waitUntil = 0;
    return;
  }
  const waitMs = of.waitMs ?? backoffMs(memory.attempts, Math.random());
  memory.attempts += 1;
  memory.waitUntil = world.clock() + waitMs;
}

interface Handed {
  /** How many, from the first, need not be handed over again. */
  readonly count: number;
  readonly refused: number;
  readonly problem: string | null;
  readonly waitMs: number | null;
}

async function handOver(
  world: World,
  of: { readonly sink: Sink; readonly memory: SinkMemory; readonly events: readonly Told[] },
): Promise<Handed> {
  const { sink, memory, events } = of;
  if ("webhook" in sink) return await handOneByOne(world, sink, events);
  const handing = await attempt(async () => {
    if ("syslog" in sink) return await handToSyslog(sink, memory, events);
    return await handToCollector(world, sink, { events, began: await beginningsOf(world, events) });
  });
  if (handing.kind === "again") {
    return { count: 0, refused: 0, problem: handing.problem, waitMs: handing.waitMs };
  }
  const { refused, why } = handing;
  return { count: events.length, refused, problem: why, waitMs: null };
}

async function handOneByOne(
  world: World,
  sink: Extract<Sink, { readonly webhook: string }>,
  events: readonly Told[],
): Promise<Handed> {
  const until = world.clock() + TURN_MS;
  let refused = 0;
  let problem: string | null = null;
  for (const [count, event] of events.entries()) {
    if (world.clock() > until) return { count, refused, problem, waitMs: 0 };
    const handing = await attempt(() => handToWebhook(world, sink, event));
    if (handing.kind === "again") {
      return { count, refused, problem: handing.problem, waitMs: handing.waitMs };
    }
    refused += handing.refused;
    problem = handing.why ?? problem;
  }
  return { count: events.length, refused, problem, waitMs: null };
}

async function handToSyslog(
  sink: Extract<Sink, { readonly syslog: string }>,
  memory: SinkMemory,
  events: readonly Told[],
): Promise<Handing> {
  try {
    memory.line ??= await openSyslog(sink);
    await memory.line.send(events);
    return { kind: "taken", refused: 0, why: null };
  } catch (cause) {
    closeLine(memory);
    throw cause;
  }
}

export function closeLine(memory: SinkMemory): void {
  memory.line?.close();
  memory.line = null;
}

/** What cannot be read or reached is told, and tried again. */
async function attempt(hand: () => Promise<Handing>): Promise<Handing> {
  try {
    return await hand();
  } catch (cause) {
    if (cause instanceof Failure) return { kind: "again", problem: cause.message, waitMs: null };
    const { code, path } = cause as { code?: unknown; path?: unknown };
    if (typeof code !== "string" || typeof path !== "string") throw cause;
    return { kind: "again", problem: `${path} cannot be read (${code}).`, waitMs: null };
  }
}

async function beginningsOf(world: World, events: readonly Told[]): Promise<readonly Told[]> {
  const sought = endsIn(events).flatMap(({ type, object, index: before }) => {
    const begins = spanEnds[type]?.begins;
    return begins === undefined ? [] : [{ type: begins, object, before }];
  });
  if (sought.length === 0) return [];
  const rows = await loadBeginnings(world.db, sought);
  return rows.map(({ index, entry }) => toldOf(index, entry));
}

export interface SinkNow {
  readonly sink: Sink;
  readonly state: SinkState;
  /** Entries of the ledger that are not looked at yet. */
  readonly behind: number;
}

export async function showSinks(world: World): Promise<readonly SinkNow[]> {
  const { to } = world.config.events;
  await addMissingSinks(world.db, to);
  const [states, { size }] = await Promise.all([
    loadSinkStates(
      world.db,
      to.map((sink) => sink.name),
    ),
    loadLedgerSizes(world.db),
  ]);
  return to.flatMap((sink) => {
    const state = states.find((one) => one.name === sink.name);
    return state === undefined ? [] : [{ sink, state, behind: Math.max(0, size - state.next) }];
  });
}

export const WORKING_ON_SINKS = "Working on receivers of events";

/** Sends from this entry on again; what was sent before comes a second time, with the same index. */
export async function rewind(
  world: World,
  actor: Actor,
  of: { readonly name: string; readonly from: number },
): Promise<void> {
  demandUnscoped(actor, "policy.apply", WORKING_ON_SINKS);
  requireSink(world, of.name);
  const { size } = await loadLedgerSizes(world.db);
  if (of.from > size) {
    throw new Failure("invalid", `The ledger has ${size} entries; say one from 0 to ${size}.`);
  }
  await addMissingSinks(world.db, world.config.events.to);
  await inTransaction(world.db, async (tx) => {
    await rewindSink(tx, of.name, of.from);
    await recordEvent(tx, {
      type: "sink.rewound",
      actor: actor.subject,
      object: `sink:${of.name}`,
      facts: { from: of.from },
    });
  });
}

export function requireSink(world: World, name: string): Sink {
  const sink = world.config.events.to.find((one) => one.name === name);
  if (sink !== undefined) return sink;
  throw new Failure(
    "not-found",
    `No receiver is named ${name}. Receivers stand in the configuration file under events.to.`,
  );
}

const PLACE_MS_MAX = 10_000;
const PLACE_LOOK_MS = 200;

/**
 * Records an event and hands just that to the receiver, whatever it chooses. Returns its index; fails
 * with `unavailable` and the receiver's reason where it was not taken.
 */
export async function tryOut(
  world: World,
  actor: Actor,
  name: string,
): Promise<{ readonly index: number }> {
  demandUnscoped(actor, "policy.apply", WORKING_ON_SINKS);
  const sink = requireSink(world, name);
  const id = await inTransaction(world.db, (tx) =>
    recordEvent(tx, { type: "sink.tested", actor: actor.subject, object: `sink:${name}` }),
  );
  const until = world.clock() + PLACE_MS_MAX;
  let index = await loadEventIndex(world.db, id);
  while (index === null) {
    if (world.clock() > until) {
      throw new Failure("unavailable", "The event has no place in the ledger yet; try again.");
    }
    await pause(PLACE_LOOK_MS, new AbortController().signal);
    index = await loadEventIndex(world.db, id);
  }
  const [entry = ""] = await loadEntries(world.db, { from: index, to: index + 1 });
  const memory = newMemory();
  const handed = await handOver(world, { sink, memory, events: [toldOf(index, entry)] });
  closeLine(memory);
  if (handed.problem !== null) {
    throw new Failure("unavailable", `${name} did not take the event: ${handed.problem}`);
  }
  return { index };
}
