import type { Instant } from "../../base/instant.ts";
import type { components } from "../../client/schema.d.ts";
import { renderTable } from "./table.ts";
import { whenText as agoText } from "./when.ts";

type Sink = components["schemas"]["EventSink"];

export function sinkTable(rows: readonly Sink[], now: Instant): string {
  if (rows.length === 0) {
    return "No receiver is configured. Name one under events.to in the server's fettle.yaml (docs/events.md).";
  }
  const table = renderTable(rows, [
    { head: "name", cell: (sink) => sink.name },
    { head: "kind", cell: (sink) => sink.kind },
    { head: "address", cell: (sink) => sink.address },
    { head: "events", cell: (sink) => sink.events.join(" ") },
    { head: "sent", cell: (sink) => String(sink.sent) },
    { head: "refused", cell: (sink) => String(sink.refused) },
    { head: "behind", cell: (sink) => String(sink.behind) },
    { head: "last", cell: (sink) => (sink.sentAt === null ? "never" : agoText(sink.sentAt, now)) },
  ]);
  const problems = rows.flatMap(({ name, problem, problemSince }) => {
    if (problem === null) return [];
    const since = problemSince === null ? "" : ` (since ${agoText(problemSince, now)})`;
    return [`${name}${since}: ${problem}`];
  });
  return [table, ...(problems.length === 0 ? [] : ["", ...problems])].join("\n");
}
