import type { Instant } from "../../base/instant.ts";
import type { components } from "../../client/schema.d.ts";
import { renderFacts, renderTable } from "./table.ts";
import { whenText as agoText, clockText } from "./when.ts";

type Freeze = components["schemas"]["Freeze"];
type Time = components["schemas"]["CalendarTime"];
type Entry = components["schemas"]["CalendarEntry"];

export function freezeTable(rows: readonly Freeze[], now: Instant): string {
  if (rows.length === 0) return "Nobody has set a freeze.";
  return renderTable(rows, [
    { head: "freeze", cell: (f) => f.ref },
    { head: "name", cell: (f) => f.name },
    { head: "state", cell: (f) => f.state },
    { head: "hosts", cell: (f) => f.hosts },
    { head: "until", cell: (f) => agoText(f.endsAt, now) },
    { head: "reason", cell: (f) => f.reason },
    { head: "set by", cell: (f) => f.setBy },
  ]);
}

export function freezeText(freeze: Freeze, now: Instant): string {
  return renderFacts([
    ["freeze", `${freeze.ref}  ${freeze.name}`],
    ["state", freeze.state],
    ["hosts", freeze.hosts],
    ["reason", freeze.reason],
    ["from", clockText(freeze.startsAt)],
    ["until", `${clockText(freeze.endsAt)} (${agoText(freeze.endsAt, now)})`],
    ["emergency", freeze.passesEmergency ? "passes" : "held too"],
    ["set", `${clockText(freeze.setAt)} by ${freeze.setBy}`],
    ["lifted because", freeze.liftedReason],
  ]);
}

interface Shown {
  readonly zone: string;
  readonly others: "open" | "closed";
  readonly entries: readonly Entry[];
  readonly times: readonly Time[];
  readonly leftOut: readonly string[];
}

export function timeTable(shown: Shown): string {
  const notes = [...shown.leftOut, ...new Set(shown.times.flatMap((time) => time.told))];
  const rest = `Hosts that no window selects are ${shown.others}.`;
  if (shown.times.length === 0) return ["Nothing is in the calendar then.", rest].join("\n");
  const table = renderTable(shown.times, [
    { head: "from", cell: (t) => clockText(t.from) },
    { head: "until", cell: (t) => clockText(t.to) },
    { head: "what", cell: (t) => t.entry.label },
    { head: "name", cell: (t) => t.entry.name },
    { head: "hosts", cell: (t) => t.entry.hosts },
    { head: "there", cell: (t) => t.local },
  ]);
  return [table, "", ...notes, rest].join("\n");
}

export function entryTable(shown: Shown): string {
  if (shown.entries.length === 0) {
    return `The calendar has no entries; hosts are ${shown.others} at any time.`;
  }
  return renderTable(shown.entries, [
    { head: "what", cell: (e) => e.label },
    { head: "name", cell: (e) => e.name },
    { head: "hosts", cell: (e) => e.hosts },
    { head: "reason", cell: (e) => e.reason ?? "" },
    { head: "emergency", cell: (e) => (e.passesEmergency ? "passes" : "") },
    { head: "from", cell: (e) => e.origin },
  ]);
}

export function whenText(when: {
  readonly host: string;
  readonly sentence: string;
  readonly told: readonly string[];
  readonly zone: { readonly name: string; readonly from: string; readonly unknown: string | null };
}): string {
  const { zone } = when;
  const from = { label: "by its label tz", host: "as it reported", calendar: "of the calendar" };
  const how = from[zone.from as keyof typeof from] ?? zone.from;
  const unknown =
    zone.unknown === null ? [] : [`"${zone.unknown}" is no time zone and was passed over.`];
  return [when.sentence, `Its clock: ${zone.name} (${how}).`, ...unknown, ...when.told].join("\n");
}

export function conflictLines(reply: { readonly items: readonly { sentence: string }[] }): string {
  if (reply.items.length === 0) return "No window of the coming quarter meets anything.";
  return reply.items.map((item) => item.sentence).join("\n");
}
