import type { Instant } from "../../base/instant.ts";
import type { components, paths } from "../../client/schema.d.ts";
import { dateLine, undatedText } from "./deadline.ts";
import { eventText } from "./event.ts";
import { renderFacts, renderTable } from "./table.ts";
import { clockText, whenText } from "./when.ts";

type Case = components["schemas"]["Patch"];
type Release =
  paths["/api/v1/patches/{patch}"]["get"]["responses"][200]["content"]["application/json"]["release"];
type Event = components["schemas"]["TimelineEvent"];

export function caseTable(cases: readonly Case[], now: Instant): string {
  if (cases.length === 0) return "No cases yet. See what to fix first: fettle patch list";
  return renderTable(cases, [
    { head: "case", cell: (c) => c.ref },
    { head: "title", cell: (c) => c.title },
    { head: "state", cell: (c) => c.state },
    { head: "priority", cell: (c) => c.priority?.outcome },
    { head: "urgency", cell: (c) => c.urgency },
    { head: "route", cell: (c) => c.route },
    { head: "deadline", cell: (c) => deadlineText(c, now) },
  ]);
}

/** The outcome, and what made the row hold that gave it. */
function priorityText({ priority }: Case): string | null {
  if (priority === null) return null;
  const steps = priority.path.at(-1)?.steps ?? [];
  const values = steps.map((step) => step.values).filter((text) => text !== "");
  const because = values.length === 0 ? "" : ` (${values.join(", ")})`;
  const { outcome, loweredFrom } = priority;
  const from = loweredFrom === null ? "" : `, lowered from ${loweredFrom} by what its hosts run`;
  return `${outcome}${from}: ${priority.by.rule}${because}`;
}

function deadlineText(shown: Case, now: Instant): string {
  const { at } = shown.deadline;
  return at === null ? undatedText(shown.deadline) : `${at.slice(0, 10)} (${whenText(at, now)})`;
}

/** The whole story of a case; without a timeline, its facts alone. */
export function caseText(
  shown: Case,
  story: {
    readonly release?: Release;
    readonly timeline?: readonly Event[];
    readonly names?: ReadonlyMap<string, string>;
  },
  now: Instant,
): string {
  const { deadline } = shown;
  const { release = null, timeline = [], names = new Map() } = story;
  const assumed = deadline.inputs.filter((input) => input.isAssumed).map((input) => input.text);
  const facts = renderFacts([
    ["case", `${shown.ref}  ${shown.title}`],
    ["state", shown.state],
    ["why", shown.justification],
    ["classified", `${shown.route}, ${shown.kind}, ${shown.urgency}`],
    [
      "by rule",
      `"${shown.classifiedBy.rule}" of ${shown.classifiedBy.file} (${shown.classifiedBy.version.slice(0, 12)})`,
    ],
    ["priority", priorityText(shown)],
    ["deadline", deadlineText(shown, now)],
    ["because", `${deadline.presetTitle}: ${deadline.sentence}`],
    ["rule", `${deadline.rule} of ${deadline.preset} ${deadline.version}`],
    ["assumed", assumed.length === 0 ? null : `${assumed.join("; ")} (nothing is known)`],
    ...deadline.candidates.slice(1).map((date) => ["beside it", dateLine(date)] as const),
    ["next release", releaseText(release)],
    [
      "triage first",
      deadline.needsForensicTriage ? "collect forensic evidence before patching" : null,
    ],
    ["affected", shown.affectedVersions.join(", ")],
    ["regression risk", `${shown.regression.level}: ${shown.regression.because}`],
    ["clears", listText(shown.vulnerabilities)],
    ...shown.missing.map(({ sentence }) => ["missing", sentence] as const),
  ]);
  if (timeline.length === 0) return facts;
  const lines = timeline.map(
    (event) => `${clockText(event.at)}  ${names.get(event.actor) ?? "fettle"}  ${eventText(event)}`,
  );
  return [facts, "", "Timeline", ...lines].join("\n");
}

function releaseText(release: Release): string | null {
  if (release === null) return null;
  const because = release.because.map((words) => `; ${words}`).join("");
  return `${release.at.slice(0, 10)}, ${release.train}${because}`;
}

function listText(ids: readonly string[]): string {
  if (ids.length === 0) return "no known vulnerability";
  const shown = ids.slice(0, 8).join(", ");
  return ids.length > 8 ? `${ids.length}: ${shown}, …` : shown;
}
