import { durationToText } from "../../base/instant.ts";
import type { paths } from "../../client/schema.d.ts";
import { renderFacts, renderTable, safeText } from "./table.ts";
import { clockText } from "./when.ts";

/** What a plan will do, as numbers and as a chart that any terminal can show. */
type Posted = paths["/api/v1/plans/{plan}/simulations"]["post"]["responses"][200];
export type Simulation = Posted["content"]["application/json"];
type Spread = Simulation["harmed"];

const CHART_COLUMNS = 40;

export function simulationText(of: Simulation, askedSeeds: number): string {
  const [stopped, runs] = [of.halted, of.seeds];
  const facts = renderFacts([
    ["runs", runs < askedSeeds ? `${runs} of ${askedSeeds}: the time was over` : runs],
    ["hosts", `${of.hosts}, of which ${of.suspects} fail at the asked rate`],
    ["out of reach", of.awayHosts === 0 ? null : `${of.awayHosts} hosts, in every run`],
    ["begins", clockText(of.startsAt)],
    ["a job takes", `${durationToText(of.applySeconds * 1000)} (${basisOf(of)})`],
    ["stopped itself", `${stopped} of ${runs} runs (${percent(stopped / Math.max(1, runs))})`],
    ["hosts harmed", spreadText(of.harmed, hosts)],
    ["hosts begun", spreadText(of.started, hosts)],
    ["hosts verified", spreadText(of.verified, hosts)],
    ["time to stop", of.secondsToHalt === null ? null : spreadText(of.secondsToHalt, duration)],
    [
      "time to finish",
      of.secondsToFinish === null ? null : spreadText(of.secondsToFinish, duration),
    ],
    [
      "late",
      of.late === null || of.dueAt === null
        ? "there is no deadline"
        : `${spreadText(of.late, hosts)} by ${clockText(of.dueAt)}`,
    ],
  ]);
  const stops = renderTable(of.stops, [
    { head: "wave", cell: (stop) => stop.wave, align: "right" },
    { head: "stopped by", cell: (stop) => stop.text },
    { head: "runs", cell: (stop) => stop.seeds, align: "right" },
  ]);
  return [facts, ...(of.stops.length === 0 ? [] : ["", stops]), "", ...chartLines(of)].join("\n");
}

function basisOf(of: Simulation): string {
  return of.measuredJobs > 0 ? `measured on ${of.measuredJobs} jobs` : "given or assumed";
}

function spreadText(spread: Spread, word: (value: number) => string): string {
  return `median ${word(spread.median)}, 19 of 20 up to ${word(spread.high)}, at most ${word(spread.max)}, mean ${word(spread.mean)}`;
}

function hosts(value: number): string {
  return `${Math.round(value * 10) / 10}`;
}

function duration(seconds: number): string {
  return durationToText(seconds * 1000);
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`;
}

/** Runs by how many hosts they harmed. */
function chartLines({ chart, seeds }: Simulation): readonly string[] {
  const most = chart.reduce((a, bar) => Math.max(a, bar.seeds), 1);
  const names = chart.map(({ from, to }) => (to - from === 1 ? `${from}` : `${from}–${to - 1}`));
  const width = Math.max(5, ...names.map((name) => name.length));
  const lines = chart.map((bar, at) => {
    const drawn = "█".repeat(Math.round((bar.seeds / most) * CHART_COLUMNS));
    const share = percent(bar.seeds / Math.max(1, seeds));
    return `${(names[at] ?? "").padStart(width)}  ${drawn}${drawn === "" ? "" : " "}${safeText(share)}`;
  });
  return [`${"HARMED".padStart(width)}  RUNS`, ...lines];
}
