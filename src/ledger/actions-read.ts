import type { SubjectId } from "../base/ids.ts";
import { MINUTE_MS } from "../base/instant.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { recordEvent } from "./record.ts";

/**
 * Reading the log is in the log: who, what of it, and how often. The first reading is written at
 * once and those that follow are counted, so that a page that is left open does not flood it.
 */
export type Reading = "events" | "stream" | "proof" | "evidence";

const READINGS_APART_MS = 10 * MINUTE_MS;

interface Readings {
  toldAt: number;
  untold: number;
}

const readers = new WeakMap<World, Map<string, Readings>>();

export async function recordReading(
  world: World,
  reader: SubjectId,
  of: { readonly what: Reading; readonly change?: string },
): Promise<void> {
  // What is written into a database that lost its newest entries has no place in the log.
  if (world.readOnly !== undefined) return;
  const known = readers.get(world) ?? new Map<string, Readings>();
  readers.set(world, known);
  const name = `${reader} ${of.what} ${of.change ?? ""}`;
  const readings = known.get(name) ?? { toldAt: Number.NEGATIVE_INFINITY, untold: 0 };
  const now = world.clock();
  readings.untold += 1;
  known.set(name, readings);
  if (now - readings.toldAt < READINGS_APART_MS) return;
  const facts = { ...of, readings: readings.untold };
  Object.assign(readings, { toldAt: now, untold: 0 });
  forgetOld(known, now);
  await inTransaction(world.db, (tx) =>
    recordEvent(tx, { type: "ledger.read", actor: reader, object: "ledger:log", facts }),
  );
}

/** What is counted of readers who came long ago would only take memory. */
function forgetOld(known: Map<string, Readings>, now: number): void {
  for (const [name, { toldAt, untold }] of known) {
    if (untold === 0 && now - toldAt > READINGS_APART_MS) known.delete(name);
  }
}
