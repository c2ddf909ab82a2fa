import { SECOND_MS } from "../base/instant.ts";
import type { WaveFacts } from "./wave.ts";

/**
 * How fast a wave can go beside what it allows itself: budgets let only so many hosts with one label be
 * away at once, and a rate lets only so many start within a time. Both are turned into the number at
 * once and the time of a job with which the wave would take about as long.
 */
export interface Ceiling {
  readonly wave: number;
  /** Hosts of the wave, and of those how many may be away at once. */
  readonly hosts: number;
  readonly atOnceMax: number;
  /** Rounds that the label with the least room needs by itself. */
  readonly roundsMin: number;
}

export function throughput(
  { number, gate }: WaveFacts,
  of: { readonly ceilings: readonly Ceiling[]; readonly jobMs: number },
): { readonly atOnce: number; readonly jobMs: number } {
  const ceiling = of.ceilings.filter((one) => one.wave === number);
  const limits = ceiling.flatMap(({ hosts, atOnceMax, roundsMin }) => [
    atOnceMax,
    Math.floor(hosts / Math.max(1, roundsMin)),
  ]);
  const atOnce = Math.max(1, Math.min(gate.inFlightMax, ...limits));
  const { rate } = gate;
  if (rate === null || rate === undefined) return { atOnce, jobMs: of.jobMs };
  // So many are under way on average when so many start within a time (Little's law).
  const apartMs = (rate.seconds * SECOND_MS) / rate.hosts;
  const underWay = Math.floor(of.jobMs / apartMs);
  if (underWay >= 1) return { atOnce: Math.min(atOnce, underWay), jobMs: of.jobMs };
  return { atOnce: 1, jobMs: apartMs };
}
