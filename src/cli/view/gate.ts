import type { Instant } from "../../base/instant.ts";
import type { paths } from "../../client/schema.d.ts";
import { freshTimes } from "./sentence.ts";
import { renderTable } from "./table.ts";
import { whenText } from "./when.ts";

type Reading =
  paths["/api/v1/rollouts/{rollout}/waves/{wave}/gates/{gate}/readings"]["get"]["responses"][200]["content"]["application/json"]["items"][number];

/** What was measured for a gate, newest first. */
export function readingTable(readings: readonly Reading[], now: Instant): string {
  if (readings.length === 0) return "Nothing was measured yet.";
  return renderTable(readings, [
    { head: "when", cell: (r) => whenText(r.at, now) },
    { head: "reading", cell: (r) => r.kind },
    { head: "what", cell: (r) => freshTimes(r.words, now), widthMax: 100 },
    { head: "evidence", cell: (r) => r.digest.slice(0, 12) },
  ]);
}
