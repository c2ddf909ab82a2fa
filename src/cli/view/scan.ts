import type { Instant } from "../../base/instant.ts";
import type { components } from "../../client/schema.d.ts";
import { clockWithMargin } from "./rollout.ts";
import { columnsOf, type Line, span } from "./span.ts";
import { safeText } from "./table.ts";
import { clockText, whenText } from "./when.ts";

/** A scan while it goes on: how far it is, by when it is done, and what went wrong so far. */
export type Scan = components["schemas"]["Scan"];

export interface ScanHost {
  readonly name: string;
  readonly state: "waiting" | "running" | "changed" | "unchanged" | "failed";
  readonly why: string | null;
  readonly problem: string | null;
}

export type ScanEvent =
  | {
      readonly at: string;
      readonly event: "host";
      readonly scan: string;
      readonly host: string;
      readonly state: ScanHost["state"];
      readonly why: string | null;
      readonly problem: string | null;
    }
  | ({ readonly at: string; readonly event: "scan"; readonly scan: string } & ScanCounts)
  | {
      readonly at: string;
      readonly event: "end";
      readonly sentence: string;
      readonly exit: number;
      readonly shown: Scan & { readonly items: readonly ScanHost[] };
    };

type ScanCounts = Pick<
  Scan,
  "hosts" | "waiting" | "running" | "changed" | "unchanged" | "failed" | "forecast"
>;

export interface ScanLook {
  readonly scan: Scan;
  readonly items: readonly ScanHost[];
}

export function scanChanges(before: ScanLook | null, after: ScanLook, at: string): ScanEvent[] {
  const known = new Map((before?.items ?? []).map((item) => [item.name, item.state]));
  const { id } = after.scan;
  const ended = after.items.filter((item) => {
    const isEnded = item.state !== "waiting" && item.state !== "running";
    return isEnded && known.get(item.name) !== item.state;
  });
  const hosts = ended.map(
    ({ name, state, why, problem }): ScanEvent => ({
      at,
      event: "host",
      scan: id,
      host: name,
      state,
      why,
      problem,
    }),
  );
  if (before !== null && scanText(before.scan) === scanText(after.scan)) return hosts;
  const { waiting, running, changed, unchanged, failed, forecast } = after.scan;
  const counts = { hosts: after.scan.hosts, waiting, running, changed, unchanged, failed };
  return [...hosts, { at, event: "scan", scan: id, ...counts, forecast }];
}

export function scanLine(event: ScanEvent): string {
  switch (event.event) {
    case "host":
      return `${event.host} ${event.state}${event.problem === null ? "" : `: ${event.problem}`}`;
    case "scan": {
      const { forecast } = event;
      const by = forecast === null ? "" : `; done about ${clockText(forecast.endsAt)}`;
      return `${scanText(event)}${by}`;
    }
    case "end":
      return event.sentence;
  }
}

export function scanText(scan: ScanCounts): string {
  const done = scan.changed + scan.unchanged + scan.failed;
  return `scan: ${done} of ${scan.hosts} done, ${scan.running} running, ${scan.failed} failed`;
}

const BAR_COLUMNS = 40;
const PROBLEMS_MAX = 6;

export function scanPicture(
  { scan, items }: ScanLook,
  options: { readonly now: Instant; readonly isConnected: boolean },
): readonly Line[] {
  const { now } = options;
  const good = scan.changed + scan.unchanged;
  const share = (count: number): number =>
    scan.hosts === 0 ? 0 : Math.floor((count * BAR_COLUMNS) / scan.hosts);
  const bars = [
    span("■".repeat(share(good)), "good"),
    span("✗".repeat(share(scan.failed)), "bad"),
    span("▣".repeat(share(scan.running)), "busy"),
  ];
  const filled = bars.reduce((sum, bar) => sum + columnsOf(bar.text), 0);
  const failed = items.filter((item) => item.state === "failed");
  const rest = failed.length - PROBLEMS_MAX;
  return [
    [span(` ${scanText(scan)}`)],
    [span(" "), ...bars, span("□".repeat(BAR_COLUMNS - filled), "dim")],
    [span(` ${forecastOf(scan, now)}`, "dim")],
    ...failed
      .slice(0, PROBLEMS_MAX)
      .map((item) => [
        span(" ✗ ", "bad"),
        span(safeText(item.name), "strong"),
        span(` failed: ${safeText(item.problem)}`),
      ]),
    ...(rest > 0 ? [[span(`   and ${rest} more`, "dim")]] : []),
    [
      span(
        options.isConnected ? "" : " The live connection is broken; looking now and then.",
        "dim",
      ),
    ],
  ];
}

function forecastOf(scan: Scan, now: Instant): string {
  const { forecast } = scan;
  if (scan.finishedAt !== null) return `started ${whenText(scan.createdAt, now)}`;
  if (forecast === null) return "no forecast: no host has answered yet";
  const by = clockWithMargin(forecast.endsAt, forecast.marginSeconds, now);
  return `forecast ${by} (${whenText(forecast.endsAt, now)})`;
}
