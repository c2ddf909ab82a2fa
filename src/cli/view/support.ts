import { counted } from "../../base/counted.ts";
import type { components, paths } from "../../client/schema.d.ts";
import { renderFacts, renderTable, safeText } from "./table.ts";

type Reply<P extends keyof paths> = paths[P]["get"] extends {
  responses: { 200: { content: { "application/json": infer R } } };
}
  ? R
  : never;
type Register = Reply<"/api/v1/support">;
type Shown = Reply<"/api/v1/support/{product}/{cycle}">;
type Entry = components["schemas"]["SupportEntry"];

export function supportTable(register: Register): string {
  const { feed, items, unknownHosts } = register;
  const notes = [
    ...(feed.state === "never-loaded"
      ? [
          "No support dates are loaded, so nothing is known: fettle feed load FILE (endoflife.date).",
        ]
      : []),
    ...(feed.state === "stale" ? [`The support dates are old: ${safeText(feed.why)}.`] : []),
    ...(unknownHosts === 0
      ? []
      : [`unknown: ${counted(unknownHosts, "host")} that were never inspected.`]),
  ];
  if (items.length === 0) return ["No host runs anything of the kind.", ...notes].join("\n");
  const table = renderTable(items, [
    { head: "release", cell: (e) => e.title },
    { head: "from", cell: (e) => (e.kind === "runtime" ? e.carrier : "") },
    { head: "state", cell: (e) => e.label },
    { head: "until", cell: (e) => e.endsAt?.slice(0, 10) ?? "" },
    { head: "days", cell: (e) => e.daysLeft, align: "right" },
    { head: "hosts", cell: (e) => e.hosts, align: "right" },
    { head: "services", cell: (e) => e.services.join(", ") || null, widthMax: 30 },
    { head: "no fix", cell: (e) => e.unfixed, align: "right" },
    { head: "exploited", cell: (e) => e.exploited, align: "right" },
    { head: "weight", cell: (e) => e.score, align: "right" },
    { head: "owners", cell: (e) => e.owners.map((o) => o.name).join(", "), widthMax: 30 },
    { head: "strategy", cell: strategyText, widthMax: 40 },
  ]);
  return [table, weightNote, ...notes].join("\n");
}

/** The column alone does not say of what it is; the factors of one release stand in `support show`. */
const weightNote =
  "weight: risk × hosts × time, by which --order modernisation sorts; of what: fettle support show PRODUCT CYCLE";

function strategyText({ strategy, state }: Entry): string {
  if (strategy === null) return state === "ended" || state === "ends-soon" ? "undecided" : "";
  const late = strategy.isOverdue ? ", overdue" : "";
  return `${strategy.label}: ${strategy.owner} by ${strategy.dueAt.slice(0, 10)}${late}`;
}

export function supportText(shown: Shown): string {
  const parts = shown.items.map((entry) =>
    renderFacts([
      ["release", entry.title],
      ["from", entry.carrier === "" ? null : entry.carrier],
      ["state", entry.label],
      ["", entry.sentence],
      ["hosts", String(entry.hosts)],
      ["services", entry.services.join(", ") || null],
      ["owners", entry.owners.map((o) => `${o.kind} ${o.name}`).join(", ") || null],
      [
        "weight",
        `${entry.score} = ${entry.path.map((p) => `${p.value} (${p.factor})`).join(" × ")}`,
      ],
      ["strategy", entry.strategy === null ? "undecided" : strategyText(entry)],
      ["reason", entry.strategy?.reason ?? null],
      ["decided", decidedText(entry)],
    ]),
  );
  const hosts = shown.hosts.map((host) => safeText(host.name)).join(", ");
  const before = shown.history.filter((choice) => choice.endedAt !== null);
  const history = before.map(
    (c) =>
      `before: ${c.label}, ${safeText(c.owner)}, ${c.decidedAt.slice(0, 10)} by ${c.decidedBy}`,
  );
  return [...parts, `hosts: ${hosts}`, ...history].join("\n\n");
}

function decidedText({ strategy }: Entry): string | null {
  return strategy === null
    ? null
    : `by ${strategy.decidedBy} on ${strategy.decidedAt.slice(0, 10)}`;
}
