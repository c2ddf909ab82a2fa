import { durationToText, instantToText, SECOND_MS } from "../base/instant.ts";
import { ringName } from "../base/ring-name.ts";
import type { Basis, Pace } from "./forecast.ts";
import type { Missed, PlanForecast } from "./plan-forecast.ts";

/** What a forecast rests on, and what it comes to, in words; the same for page and terminal. */

const basisWords: Readonly<Record<Exclude<Basis, "none">, string>> = {
  own: "hosts of this rollout",
  steps: "jobs with the very same steps",
  source: "jobs of the same package",
  fleet: "of the newest jobs of this fleet, of other packages too",
  given: "",
};

/** `from 37 jobs of the same package, about 40s each`. */
export function basisToText({ basis, measured, meanMs }: Pace): string {
  const each = durationToText(Math.max(SECOND_MS, Math.round(meanMs / SECOND_MS) * SECOND_MS));
  if (basis === "none") return "no job has been measured here yet";
  if (basis === "given") return `as you said: about ${each} a host`;
  return `from ${measured.toLocaleString("en")} ${basisWords[basis]}, about ${each} each`;
}

export function planForecastToText(of: PlanForecast): string {
  const { forecast, waves } = of;
  const last = waves.at(-1);
  if (forecast.endsAt === null || last?.endsAt == null) {
    return `Nobody can tell when it would be done: ${forecast.reason}.`;
  }
  const { median, high } = last.endsAt;
  return `Would be done ${instantToText(median)}, and nine times in ten by ${instantToText(high)}.`;
}

export function missedToText(missed: Missed): string {
  const { dueAt, median, high, untold } = missed;
  const due = instantToText(dueAt);
  const parts: string[] = [];
  if (median > 0) parts.push(`${hosts(median)} would be done after it`);
  if (high > median) parts.push(`one time in ten ${hosts(high)} would`);
  if (untold > 0) parts.push(`nobody can tell of ${hosts(untold)}`);
  if (parts.length === 0) return `The deadline ${due} is kept by all hosts.`;
  const head = median > 0 ? "is missed" : high > 0 ? "may be missed" : "may not be kept";
  return `The deadline ${due} ${head}: ${parts.join("; ")}.`;
}

/** Why a wave has no times: the first such wave says it, the others wait for that one. */
export function untoldToText(of: PlanForecast, number: number): string | null {
  const first = of.waves.find((wave) => wave.doneAt === null);
  if (first === undefined || number < first.number) return null;
  if (number === first.number) return of.forecast.reason;
  return `opens after ${ringName(first.ring)}, of which nobody can tell`;
}

function hosts(count: number): string {
  return count === 1 ? "1 host" : `${count.toLocaleString("en")} hosts`;
}
