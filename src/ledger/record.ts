import { newId } from "../base/ids.ts";
import type { Tx } from "../db/database.ts";
import { checkEvent } from "./entry.ts";
import type { EventId, LedgerEvent, NewEvent } from "./model.ts";
import { insertEvents } from "./store.ts";

/** Records one event in the transaction of the change it tells of. */
export async function recordEvent(tx: Tx, event: NewEvent): Promise<EventId> {
  const [id] = await recordEvents(tx, [event]);
  return id as EventId;
}

/** Records several events with one statement, in the order given. */
export async function recordEvents(
  tx: Tx,
  events: readonly NewEvent[],
): Promise<readonly EventId[]> {
  if (events.length === 0) return [];
  const rows = events.map(asRow);
  for (const row of rows) checkEvent(row);
  await insertEvents(tx, rows);
  return rows.map((row) => row.id);
}

// The time here only orders ids; the time of the event is the database's, set on insert.
function asRow(event: NewEvent): Omit<LedgerEvent, "index"> {
  const now = Date.now();
  return {
    id: newId<EventId>(now),
    at: now,
    type: event.type,
    actor: event.actor,
    object: event.object,
    patch: event.patch ?? null,
    change: event.change ?? null,
    plan: event.plan ?? null,
    approved:
      event.approved === undefined ? null : `${event.approved.plan} ${event.approved.signatures}`,
    facts: event.facts ?? {},
  };
}
