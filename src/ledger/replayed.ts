import type { ChangeId, PatchId, PlanDigest, SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { JsonObject } from "../base/json.ts";
import type { EventId, LedgerEvent } from "./model.ts";

/** Entries as they come back from the files of the ledger (C2SP tlog-tiles), after a restore. */

/** The entries of a bundle, each after its length as two bytes, big-endian; null when it is cut. */
export function entriesIn(bundle: Buffer): readonly string[] | null {
  const entries: string[] = [];
  let at = 0;
  while (at < bundle.length) {
    if (at + 2 > bundle.length) return null;
    const end = at + 2 + bundle.readUInt16BE(at);
    if (end > bundle.length) return null;
    entries.push(bundle.toString("utf8", at + 2, end));
    at = end;
  }
  return entries;
}

/** What of an entry is the event's own; the rest are its circumstances. */
const OWN = [
  ...["_approved", "v", "tenant", "id", "at", "clock", "type", "actor", "object", "facts"],
  ...["patch", "change", "plan", "payload"],
];

/**
 * The event that an entry was written from. Facts that stood apart are not in files: such an event
 * has none, and its entry still names their digest.
 */
export function eventOf(entry: string): Omit<LedgerEvent, "index"> & { readonly at: Instant } {
  const said = JSON.parse(entry) as JsonObject;
  const text = (name: string): string | null => {
    const value = said[name];
    return typeof value === "string" ? value : null;
  };
  const circumstances = Object.entries(said).filter(([name]) => !OWN.includes(name));
  return {
    id: (text("id") ?? "") as EventId,
    at: Date.parse(text("at") ?? ""),
    type: text("type") ?? "",
    actor: (text("actor") ?? "") as SubjectId,
    object: text("object") ?? "",
    patch: text("patch") as PatchId | null,
    change: text("change") as ChangeId | null,
    plan: text("plan") as PlanDigest | null,
    approved: text("_approved"),
    facts: (said["facts"] ?? {}) as JsonObject,
    circumstances: Object.fromEntries(circumstances) as JsonObject,
  };
}
