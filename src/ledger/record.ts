import { newId, type SubjectId } from "../base/ids.ts";
import type { JsonObject } from "../base/json.ts";
import { programVersion } from "../base/program-version.ts";
import type { Tx } from "../db/database.ts";
import { checkEvent } from "./entry.ts";
import type { EventId, LedgerEvent, NewEvent } from "./model.ts";
import { originOf } from "./origin.ts";
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
  const origins = new Map<SubjectId, JsonObject>();
  for (const { actor } of events) {
    if (!origins.has(actor)) origins.set(actor, await originOf(tx, actor));
  }
  const rows = events.map((event) => asRow(event, origins.get(event.actor) ?? {}));
  for (const row of rows) checkEvent(row);
  await insertEvents(tx, rows);
  return rows.map((row) => row.id);
}

// The time here only orders ids; the time of the event is the database's, set on insert.
function asRow(event: NewEvent, origin: JsonObject): Omit<LedgerEvent, "index"> {
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
    circumstances: { ...origin, ...circumstancesOf(event) },
  };
}

function circumstancesOf(event: NewEvent): JsonObject {
  const said = {
    behalf: event.onBehalfOf,
    before: event.before,
    after: event.after,
    rule: event.rule,
    error: event.refused,
  };
  const present = Object.entries(said).filter((part): part is [string, string] => {
    return part[1] !== undefined;
  });
  const outcome = event.refused === undefined ? "done" : "refused";
  return { build: programVersion, outcome, ...Object.fromEntries(present) };
}
