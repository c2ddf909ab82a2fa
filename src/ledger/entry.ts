import { sha256 } from "../base/digest.ts";
import { assert, Failure } from "../base/failure.ts";
import { instantToText } from "../base/instant.ts";
import { canonicalJson, type JsonObject } from "../base/json.ts";
import { ENTRY_BYTES_MAX, FACTS_BYTES_MAX, type LedgerEvent } from "./model.ts";

/**
 * The bytes of a ledger entry: canonical JSON (RFC 8785) of the event. `_approved` sorts before
 * every other key, so a host tests a prefix and parses no JSON (protocol §12). The time is that of
 * the database's clock, which all servers on one database share.
 */
export function entryText(event: Omit<LedgerEvent, "index">, tenant: string): string {
  const entry: Record<string, JsonObject[string]> = {
    ...event.circumstances,
    v: ENTRY_SCHEMA,
    tenant,
    id: event.id,
    at: instantToText(event.at),
    clock: "database",
    type: event.type,
    actor: event.actor,
    object: event.object,
    facts: event.facts,
  };
  if (event.approved !== null) entry["_approved"] = event.approved;
  if (event.patch !== null) entry["patch"] = event.patch;
  if (event.change !== null) entry["change"] = event.change;
  if (event.plan !== null) entry["plan"] = event.plan;
  const text = canonicalJson(entry);
  if (Buffer.byteLength(text) <= ENTRY_BYTES_MAX) return text;
  return canonicalJson({ ...entry, facts: {}, payload: sha256(factsText(event.facts)) });
}

/** The bytes of facts that stand apart from their entry, whose digest the entry names. */
export function factsText(facts: JsonObject): string {
  return canonicalJson(facts);
}

/** Version 1 had no circumstances, tenant or payload. */
const ENTRY_SCHEMA = 2;
const TYPE = /^[a-z][a-z-]*\.[a-z][a-z-]*$/;
const OBJECT = /^[a-z][a-z-]*:[\x21-\x7e]{1,250}$/;

/** Refuses an event that could not become an entry, before it is written. */
export function checkEvent(event: Omit<LedgerEvent, "index">): void {
  assert(TYPE.test(event.type), `the event type ${event.type} is not <noun>.<past participle>`);
  assert(OBJECT.test(event.object), `the event object ${event.object} is not <noun>:<id>`);
  const bytes = Buffer.byteLength(factsText(event.facts));
  if (bytes > FACTS_BYTES_MAX) {
    throw new Failure(
      "too-large",
      `The record of ${event.type} would take ${bytes} bytes; at most ${FACTS_BYTES_MAX} are kept. Do less in one step.`,
    );
  }
}
