import { durationToText, SECOND_MS } from "../base/instant.ts";
import { systemName } from "../base/release-name.ts";
import { NINE_IN_TEN, type Pace } from "./forecast.ts";

/**
 * How long a host of a kind takes: hosts of one system, reached one way, with about as many packages. Where
 * too few such hosts were measured, what is known of the plan as a whole is assumed, and said to be.
 */
export interface HostKind {
  /** `ID` and `VERSION_ID` of os-release(5); null: it was never inspected. */
  readonly distribution: string | null;
  readonly release: string | null;
  readonly way: HostKindWay;
  /** Which of `SIZES` its packages reach; null: they are not known. */
  readonly size: number | null;
}

export type HostKindWay = "local" | "agent" | "ssh-piped" | "ssh-installed";

export interface KindPace {
  readonly kind: HostKind;
  readonly pace: Pace;
}

export interface KindForecast {
  readonly kind: HostKind;
  readonly hosts: number;
  /** Jobs on hosts of this kind, also where they are too few to go by. */
  readonly measured: number;
  /** What is gone by: of the kind, or the plan's own. */
  readonly pace: Pace;
  readonly isAssumed: boolean;
}

/** Packages at which a host counts as larger: a plain server has some 300 to 400, one with a desktop over 1,500. */
export const SIZES = [500, 1_500] as const;

/** Fewer jobs say less than the plan as a whole. */
const JOBS_MIN = 5;

/** `measured` are lists of one basis each, the most telling first; both are by kind. */
export function kindForecasts(
  kinds: readonly { readonly kind: HostKind; readonly hosts: number }[],
  known: { readonly measured: readonly (readonly KindPace[])[]; readonly plan: Pace },
): readonly KindForecast[] {
  const byKind = known.measured.map(
    (list) => new Map(list.map(({ kind, pace }) => [keyOf(kind), pace])),
  );
  return kinds.map(({ kind, hosts }) => {
    const found = byKind.flatMap((paces) => paces.get(keyOf(kind)) ?? []);
    const enough = found.find(({ measured }) => measured >= JOBS_MIN);
    const measured = enough?.measured ?? Math.max(0, ...found.map((pace) => pace.measured));
    const isAssumed = enough === undefined;
    return { kind, hosts, measured, pace: enough ?? known.plan, isAssumed };
  });
}

function keyOf({ distribution, release, way, size }: HostKind): string {
  return JSON.stringify([distribution, release, way, size]);
}

const ways: Readonly<Record<HostKindWay, string>> = {
  local: "this machine",
  agent: "agent",
  "ssh-piped": "ssh, program sent each time",
  "ssh-installed": "ssh, program installed",
};

/** `Debian 12, agent, under 500 packages`. */
export function kindToText({ distribution, release, way, size }: HostKind): string {
  const system =
    distribution === null ? "system unknown" : systemName({ distribution, release: release ?? "" });
  return `${system}, ${ways[way]}, ${sizeToText(size)}`;
}

function sizeToText(size: number | null): string {
  if (size === null) return "packages unknown";
  const [from, to] = [SIZES[size - 1], SIZES[size]];
  const text = (count: number): string => count.toLocaleString("en");
  if (from === undefined) return `under ${text(to ?? 0)} packages`;
  return to === undefined
    ? `${text(from)} packages or more`
    : `${text(from)} to ${text(to - 1)} packages`;
}

/** Nine times in ten a host is done by then; null where two hosts were not measured. */
export function slowMs({ meanMs, deviationMs }: Pace): number | null {
  return deviationMs === null ? null : meanMs + NINE_IN_TEN * deviationMs;
}

/** How long such a host takes, and what that rests on. */
export function kindPaceToText({ pace, measured, isAssumed }: KindForecast): string {
  if (pace.basis === "none") return "nobody can tell: no job has been measured here yet";
  const slow = slowMs(pace);
  const by = slow === null ? "" : `, nine in ten within ${seconds(slow)}`;
  const time = `about ${seconds(pace.meanMs)}${by}`;
  if (!isAssumed) {
    const whose =
      pace.basis === "source" ? "jobs of the same package" : "jobs of other packages too";
    return `${time}; from ${measured.toLocaleString("en")} ${whose} on such hosts`;
  }
  const have =
    measured === 0
      ? "no job was"
      : measured === 1
        ? "only 1 job was"
        : `only ${measured} jobs were`;
  return `${time}; assumed as for the plan as a whole, as ${have} measured on such hosts`;
}

/** In seconds as long as minutes would hide the difference. */
function seconds(ms: number): string {
  const whole = Math.max(1, Math.round(ms / SECOND_MS));
  return whole < SECONDS_TOLD_MAX ? `${whole} s` : durationToText(whole * SECOND_MS);
}

const SECONDS_TOLD_MAX = 180;
