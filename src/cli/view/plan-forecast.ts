import type { Instant } from "../../base/instant.ts";
import type { paths } from "../../client/schema.d.ts";
import { freshTimes, shortClock } from "./sentence.ts";
import { renderTable, safeText } from "./table.ts";

/** When a plan would be carried out, wave by wave, and which hosts its deadline comes too early for. */
type Got = paths["/api/v1/plans/{plan}/forecast"]["get"]["responses"][200];
export type PlanForecast = Got["content"]["application/json"];
type GotKinds = paths["/api/v1/plans/{plan}/forecast/kinds"]["get"]["responses"][200];
export type Kind = GotKinds["content"]["application/json"]["items"][number];
type Wave = PlanForecast["waves"][number];

const LATE_SHOWN_MAX = 20;

export function planForecastText(of: PlanForecast, now: Instant): string {
  const at = (likely: Wave["endsAt"], which: "median" | "high"): string | null =>
    likely === null ? null : shortClock(likely[which], now);
  const waves = renderTable(of.waves, [
    { head: "wave", cell: (w) => w.number, align: "right" },
    { head: "ring", cell: (w) => w.ring },
    { head: "hosts", cell: (w) => w.hosts, align: "right" },
    { head: "starts", cell: (w) => at(w.startsAt, "median") },
    { head: "hosts done", cell: (w) => at(w.hostsDoneAt, "median") },
    { head: "soaked", cell: (w) => at(w.endsAt, "median") },
    { head: "9 in 10 by", cell: (w) => at(w.endsAt, "high") },
    { head: "late", cell: lateText, align: "right" },
    { head: "why not known", cell: (w) => (w.reason === null ? null : freshTimes(w.reason, now)) },
  ]);
  return [
    freshTimes(of.sentence, now),
    safeText(of.basis.text),
    ...(of.rollout === null ? [] : [`It is carried out by ${of.rollout.ref}, which says more.`]),
    "",
    waves,
    "",
    of.deadline === null ? "The case has no deadline." : freshTimes(of.deadline.sentence, now),
    ...lateLines(of),
  ].join("\n");
}

/** `0`, `3`, or `0 to 3` where one time in ten it is more. */
function lateText({ late }: Wave): string | null {
  if (late === null) return null;
  return late.high > late.median ? `${late.median} to ${late.high}` : `${late.median}`;
}

function lateLines({ lateHosts, deadline }: PlanForecast): readonly string[] {
  const shown = lateHosts.slice(0, LATE_SHOWN_MAX);
  const rest = (deadline?.late.high ?? 0) - shown.length;
  return [
    ...shown.map((host) => `  ${safeText(host.name)}, wave ${host.wave}`),
    ...(shown.length > 0 && rest > 0 ? [`  and ${rest} more`] : []),
  ];
}

/** How long a host of each kind takes, and what that rests on. */
export function kindsText(kinds: readonly Kind[]): string {
  return renderTable(kinds, [
    { head: "kind of host", cell: (kind) => kind.name },
    { head: "hosts", cell: (kind) => kind.hosts, align: "right" },
    { head: "measured", cell: (kind) => kind.measuredJobs, align: "right" },
    { head: "takes", cell: (kind) => kind.text },
  ]);
}
