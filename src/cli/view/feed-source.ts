import type { Instant } from "../../base/instant.ts";
import type { paths } from "../../client/schema.d.ts";
import { renderFacts, renderTable, safeText } from "./table.ts";
import { clockText, whenText } from "./when.ts";

type Reply<P extends keyof paths, M extends "get" | "post"> = paths[P][M] extends {
  responses: { 200: { content: { "application/json": infer R } } };
}
  ? R
  : never;
type Listed = Reply<"/api/v1/feed-sources", "get">;
type Source = Listed["items"][number];
type Outcome = Reply<"/api/v1/feed-sources/refresh", "post">["items"][number];

export function sourceTable(sources: readonly Source[], now: Instant): string {
  const table = renderTable(sources, [
    { head: "source", cell: (s) => s.name },
    { head: "state", cell: (s) => s.state },
    { head: "age", cell: (s) => s.age, align: "right" },
    { head: "limit", cell: (s) => s.limit, align: "right" },
    { head: "entries", cell: (s) => s.entryCount.toLocaleString("en"), align: "right" },
    { head: "next", cell: (s) => whenText(s.nextCheckAt, now) },
    { head: "why", cell: (s) => s.why, widthMax: 60 },
  ]);
  const alarms = sources.flatMap((source) => alarmLines(source, now));
  return [table, ...alarms].join("\n");
}

function alarmLines({ name, alarm, lost }: Source, now: Instant): readonly string[] {
  if (alarm === null) return [];
  const since = alarm.since === null ? "" : ` (since ${whenText(alarm.since, now)})`;
  return [
    `${safeText(name)}${since}: ${safeText(alarm.what)}`,
    ...(lost === null ? [] : [`  ${safeText(lost.sentence)}`]),
    `  ${safeText(alarm.todo)}`,
  ];
}

export function sourceText(source: Source, now: Instant): string {
  const facts = renderFacts([
    ["source", source.name],
    ["what", source.title],
    ["state", source.state],
    ["why", source.why],
    ["addresses", source.urls.join(", then ") || "none"],
    ["key", source.secretFile],
    [
      "authority",
      source.authorities.map((a) => `${a.name} until ${clockText(a.endsAt)}`).join(", ") || null,
    ],
    ["feeds", source.feeds.join(", ") || null],
    ["entries", source.entryCount.toLocaleString("en")],
    ["last good", source.lastGoodAt],
    ["age", source.age],
    ["limit", source.limit],
    ["asked every", source.checkEvery],
    ["next", source.nextCheckAt],
    ["licence", source.licence],
  ]);
  return [facts, ...alarmLines(source, now)].join("\n");
}

export function kindTable(kinds: Listed["kinds"]): string {
  return renderTable(kinds, [
    {
      head: "can be added",
      cell: (k) => (k.parameter === null ? k.kind : `${k.kind}:NAME`),
    },
    { head: "what it is", cell: (k) => k.title, widthMax: 60 },
    { head: "limit", cell: (k) => k.limit, align: "right" },
    { head: "NAME", cell: (k) => k.parameter?.what ?? null, widthMax: 60 },
  ]);
}

export function outcomeTable(outcomes: readonly Outcome[]): string {
  return outcomes
    .map((o) => {
      const counts =
        o.entryCount === null
          ? ""
          : ` ${o.entryCount} entries, ${o.addedCount ?? 0} new, ${o.endedCount ?? 0} ended.`;
      return `${safeText(o.source)}: ${o.kind}.${counts} ${safeText(o.message)}`.trim();
    })
    .join("\n");
}
