import type { Instant } from "../../base/instant.ts";
import type { components, paths } from "../../client/schema.d.ts";
import { clockTimes } from "./sentence.ts";
import { renderFacts, renderTable, safeText } from "./table.ts";
import { clockText, whenText } from "./when.ts";

type Json<T> = T extends { responses: { 200: { content: { "application/json": infer R } } } }
  ? R
  : never;
type Overview = components["schemas"]["Overview"];
type Past = Json<paths["/api/v1/overview/past"]["get"]>;

/** The decision first, then what it rests on; parts that say nothing are left out. */
export function overviewText(overview: Overview, now: Instant): string {
  const next = overview.action === null ? [] : [`Next: ${safeText(overview.action.text)}.`];
  const parts = [
    [sentenceText(overview.verdict), ...next].join("\n"),
    rolloutsText(overview.rollouts),
    waitingText(overview.waiting, now),
    deadlinesText(overview.deadlines),
    standingText(overview),
    stepsText(overview.firstSteps),
    overview.notShown.map((one) => `Not shown, ${one.part}: ${safeText(one.reason)}`).join("\n"),
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

export function pastText(past: Past): string {
  const since = past.knownSince === null ? "" : `\nRecords begin ${clockText(past.knownSince)}.`;
  return `As of ${clockText(past.asOf)}: ${sentenceText(past.verdict)}${since}`;
}

function sentenceText(verdict: Overview["verdict"]): string {
  return clockTimes(verdict.parts.map((part) => part.text).join(""));
}

function rolloutsText(rollouts: Overview["rollouts"]): string {
  if (rollouts === null || rollouts.length === 0) return "";
  const lines = rollouts.map(
    (one) => `  ${one.ref} ${safeText(one.title)}: ${clockTimes(one.sentence)}`,
  );
  return ["Rollouts now:", ...lines].join("\n");
}

function waitingText(waiting: Overview["waiting"], now: Instant): string {
  if (waiting === null || waiting.forMe === 0) return "";
  const lines = waiting.changes.map(
    (one) =>
      `  ${one.ref} ${safeText(one.title)}, asked for by ${safeText(one.requester)}; ends ${whenText(one.expiresAt, now)}`,
  );
  return [`Waiting for your approval: ${waiting.forMe}`, ...lines].join("\n");
}

function deadlinesText(deadlines: Overview["deadlines"]): string {
  if (deadlines === null || deadlines.items.length === 0) return "";
  const { overdue, soon, excepted } = deadlines;
  const apart = excepted === 0 ? "" : `, ${excepted} wholly excepted`;
  const table = renderTable(deadlines.items, [
    { head: "case", cell: (one) => one.ref },
    { head: "title", cell: (one) => one.title, widthMax: 50 },
    { head: "urgency", cell: (one) => one.urgency },
    { head: "date", cell: (one) => clockText(one.at) },
    { head: "", cell: (one) => one.sentence },
  ]);
  return `Deadlines at risk: ${overdue} overdue, ${soon} due within three days${apart}\n${table}`;
}

const respects = {
  reach: "reached",
  fresh: "inventory",
  reboot: "restart",
  risk: "risk",
} as const;

/** The fleet in each respect, and every feed that is not as it should be. */
function standingText({ fleet, feeds }: Overview): string {
  const states = Object.entries(respects).map(([respect, name]) => {
    const found = fleet?.states.filter((state) => state.respect === respect) ?? [];
    const words = found.map((state) => `${state.count.toLocaleString("en")} ${state.label}`);
    return [name, words.length === 0 ? null : words.join(", ")] as const;
  });
  const troubled = feeds?.filter((feed) => feed.state !== "good") ?? [];
  const fine = feeds !== null && feeds.length > 0 && troubled.length === 0;
  return renderFacts([
    ["hosts", fleet?.hosts],
    ...states,
    ["feeds", fine ? "all current" : null],
    ...troubled.map((feed) => [`feed ${safeText(feed.name)}`, feed.sentence] as const),
  ]);
}

/** Only until the first rollout was started, which is the last of them. */
function stepsText(steps: Overview["firstSteps"]): string {
  if (steps.at(-1)?.done !== false) return "";
  const open = steps.filter((step) => !step.done);
  const lines = open.map(
    ({ text, command }) => `  ${safeText(text)}${command === null ? "" : `  ${safeText(command)}`}`,
  );
  return ["First steps that are left:", ...lines].join("\n");
}
