import type { Instant } from "../base/instant.ts";
import type { Reader } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { ownOfServices, type ServiceWithOwn } from "../intel/actions-services.ts";
import { loadVulnerabilities } from "../intel/store-vulnerability.ts";
import type { Service } from "../inventory/service.ts";
import { deadlinePolicy } from "./actions-deadline.ts";
import { candidateDates, type Sighting } from "./deadline.ts";
import { effectiveDeadline } from "./deadline-exception.ts";
import { waitsBetween } from "./deadline-pause.ts";
import type { DeadlinePolicy } from "./deadline-policy.ts";
import type { Exception } from "./exception.ts";
import { asGranted, type Compliance, complianceOf } from "./exception-effect.ts";
import { coversFinding, coversService } from "./exception-scope.ts";
import type { CandidateDate } from "./model.ts";
import { loadExceptionsFor } from "./store-exception.ts";
import { loadServiceDetections, type ServiceDetection } from "./store-service-deadline.ts";

/** Dates of what services contain, by the same policy as those of hosts. */
export interface ServiceDates {
  readonly vulnerability: string;
  readonly ecosystem: string;
  readonly source: string;
  /** Every date that a preset gives, the one that counts first. */
  readonly dates: readonly CandidateDate[];
}

/** By service number; what trusted VEX sets aside has no date. */
export async function datesOfServices(
  reader: Reader,
  policy: DeadlinePolicy,
  services: readonly ServiceWithOwn[],
): Promise<ReadonlyMap<number, readonly ServiceDates[]>> {
  const open = new Set(
    services.flatMap(({ service, own }) =>
      own.pairs.map((pair) => keyOf({ ...pair, service: service.num })),
    ),
  );
  const nums = services.map(({ service }) => service.num);
  const all = nums.length === 0 ? [] : await loadServiceDetections(reader, policy, nums);
  const rows = all.filter((row) => open.has(keyOf(row)));
  const ids = [...new Set(rows.map((row) => row.vulnerability))];
  const facts = await loadVulnerabilities(reader, ids);
  const dated = rows.map((row) => {
    const dates = candidateDates(policy, [sightingOf(row, policy)], facts);
    const { service, vulnerability, ecosystem, source } = row;
    return { service, vulnerability, ecosystem, source, dates };
  });
  return Map.groupBy(dated, (row) => row.service);
}

function keyOf(of: {
  readonly service: number;
  readonly vulnerability: string;
  readonly ecosystem: string;
  readonly source: string;
}): string {
  return `${of.service}\n${of.vulnerability}\n${of.ecosystem}\n${of.source}`;
}

/** A registry gives a fixed version to everybody, so the clock waits only while none is known. */
function sightingOf(row: ServiceDetection, policy: DeadlinePolicy): Sighting {
  const { fixKnownFrom, presets: digits, detectedAt, vulnerability } = row;
  const ids = policy.presets.map(({ preset }) => preset.id);
  const fixed = fixKnownFrom === null ? [] : [{ from: fixKnownFrom, to: null }];
  return {
    ...{ vulnerability, ecosystem: row.ecosystem, source: row.source, exposure: row.exposure },
    ...{ detectedAt, presets: ids.filter((_, at) => digits[at] === "1") },
    waits: waitsBetween(detectedAt, fixed),
  };
}

export interface ServiceStanding extends ServiceDates {
  /** The date that counts after exceptions. */
  readonly effective: Instant | null;
  readonly standing: Compliance;
  readonly by: Exception | null;
}

/** What a service contains, each finding with its dates and what excepts it, the earliest first. */
export async function findingsOfService(
  world: World,
  service: Service,
): Promise<readonly ServiceStanding[]> {
  const now = world.clock();
  const policy = await deadlinePolicy(world);
  const services = await ownOfServices(world, { scopes: [[]], service: service.id });
  const dated = (await datesOfServices(world.db, policy, services)).get(service.num) ?? [];
  const vulnerabilities = [...new Set(dated.map((one) => one.vulnerability))];
  const running = await loadExceptionsFor(world.db, { now, vulnerabilities });
  const here = running.filter((one) => coversService(one.scope, service.id));
  return dated
    .map((finding) => {
      const by = here.find((one) => coversFinding(one.scope, finding)) ?? null;
      const deadline = finding.dates[0]?.at ?? null;
      const granted = by === null ? [] : [asGranted(by)];
      const { at: effective } = effectiveDeadline(deadline, granted, now);
      const of = { deadline, effective, isExcepted: by !== null, isKnown: true, isOpen: true };
      return { ...finding, effective, by, standing: complianceOf(of, now) };
    })
    .toSorted(byDeadline);
}

function byDeadline(a: ServiceStanding, b: ServiceStanding): number {
  const [left, right] = [a, b].map(({ effective }) => effective ?? Number.POSITIVE_INFINITY);
  if (left !== undefined && right !== undefined && left !== right) return left - right;
  return a.vulnerability < b.vulnerability ? -1 : 1;
}
