import { type Actor, scopesFor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { numberFromRef } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { World } from "../db/world.ts";
import { hostFindings } from "../intel/findings.ts";
import { exposure } from "../intel/store-exposure.ts";
import { foundHost } from "../inventory/actions.ts";
import type { Service } from "../inventory/service.ts";
import { loadHost } from "../inventory/store.ts";
import { loadService } from "../inventory/store-services.ts";
import { requireVisiblePatch } from "./actions.ts";
import { datesFor, deadlinePolicy } from "./actions-deadline.ts";
import { caseEffects, datesEffect } from "./actions-exception-effect.ts";
import { findingsOfService } from "./actions-service-deadline.ts";
import { byDate } from "./deadline.ts";
import type { DeadlinePolicy } from "./deadline-policy.ts";
import type { CaseEffect } from "./exception-effect.ts";
import { coversHost, coversService } from "./exception-scope.ts";
import type { CandidateDate } from "./model.ts";
import { countCovered } from "./store-exception-hosts.ts";

/** Every date of a case, a vulnerability or a host, and what exceptions do to it. */
export interface DatesAbout {
  readonly about: {
    readonly kind: "case" | "vulnerability" | "host" | "service";
    readonly label: string;
    readonly href: string;
  };
  readonly policy: DeadlinePolicy;
  readonly dates: readonly CandidateDate[];
  /** Undefined where no exception reaches any of it. */
  readonly effect: CaseEffect | undefined;
  /** By vulnerability, where each stands for itself. */
  readonly effects: ReadonlyMap<string, CaseEffect>;
}

const VULNERABILITY = /^[A-Z][A-Z0-9]{1,15}-[A-Za-z0-9:._-]{3,80}$/;

/** Exceptions are those of now, so a past day is told without them. */
export async function datesAbout(
  world: World,
  actor: Actor,
  of: { readonly name: string; readonly asOf?: Instant | undefined },
): Promise<DatesAbout> {
  const { name, asOf } = of;
  const policy = await deadlinePolicy(world, asOf);
  if (numberFromRef("P", name) !== null) return datesOfCase(world, actor, { policy, name, asOf });
  if (VULNERABILITY.test(name)) return datesOfVulnerability(world, { policy, name, asOf });
  const scopes = scopesFor(actor, "finding.read");
  const service = await loadService(world.db, name, scopes);
  if (service !== null && (await loadHost(world.db, name, scopes)) === null) {
    if (asOf !== undefined) {
      throw new Failure("invalid", "Dates of a service are told of now only: leave out asOf.");
    }
    return datesOfService(world, { policy, service });
  }
  return datesOnHost(world, actor, { policy, name, asOf });
}

async function datesOfService(
  world: World,
  { policy, service }: { readonly policy: DeadlinePolicy; readonly service: Service },
): Promise<DatesAbout> {
  const found = await findingsOfService(world, service);
  const dates = found.flatMap((one) => one.dates).toSorted(byDate);
  const effect = await datesEffect(world, {
    ...{ dates, found },
    reachedBy: async (running) => {
      const here = running.filter(({ scope }) => coversService(scope, service.id));
      return [{ by: here.map((one) => one.number), hosts: 1 }];
    },
  });
  const href = `/services/${service.name}`;
  const about = { kind: "service", label: service.name, href } as const;
  return { about, policy, dates, effect: effect?.whole, effects: effect?.each ?? none };
}

interface Asked {
  readonly policy: DeadlinePolicy;
  readonly name: string;
  readonly asOf: Instant | undefined;
}

const none: ReadonlyMap<string, CaseEffect> = new Map();

async function datesOfCase(
  world: World,
  actor: Actor,
  { policy, name, asOf }: Asked,
): Promise<DatesAbout> {
  if (scopesFor(actor, "patch.read").length === 0) {
    throw new Failure("forbidden", "This needs the right patch.read, which you do not hold.");
  }
  const patch = await requireVisiblePatch(world, actor, name);
  const label = `P-${patch.number}`;
  const { vulnerabilities, target } = patch;
  const dates = await datesFor(world.db, policy, { vulnerabilities, sources: [target], asOf });
  const effect = asOf !== undefined ? undefined : (await caseEffects(world, [patch])).get(patch.id);
  const about = { kind: "case", label, href: `/patches/${label}` } as const;
  return { about, policy, dates, effect, effects: none };
}

async function datesOfVulnerability(
  world: World,
  { policy, name, asOf }: Asked,
): Promise<DatesAbout> {
  const dates = await datesFor(world.db, policy, { vulnerabilities: [name], asOf });
  const href = `/vulnerabilities/${encodeURIComponent(name)}`;
  const about = { kind: "vulnerability", label: name, href } as const;
  if (asOf !== undefined) return { about, policy, dates, effect: undefined, effects: none };
  const scopes = [[]];
  const found = await exposure(world.db, { scopes, vulnerability: name });
  const packageIds = [...new Set(found.flatMap((one) => one.packageIds))];
  const effect = await datesEffect(world, {
    ...{ dates, found },
    reachedBy: (exceptions) => countCovered(world.db, { scopes, packageIds, exceptions }),
  });
  return { about, policy, dates, effect: effect?.whole, effects: effect?.each ?? new Map() };
}

async function datesOnHost(
  world: World,
  actor: Actor,
  { policy, name, asOf }: Asked,
): Promise<DatesAbout> {
  const host = await foundHost(world, name, scopesFor(actor, "finding.read"));
  const dates = await datesFor(world.db, policy, { host: host.id, asOf });
  const about = { kind: "host", label: host.name, href: `/hosts/${host.name}` } as const;
  if (asOf !== undefined) return { about, policy, dates, effect: undefined, effects: none };
  const { findings } = await hostFindings(world.db, host.id, world.clock());
  const effect = await datesEffect(world, {
    dates,
    found: findings.filter((finding) => finding.isRunning),
    reachedBy: async (running) => {
      const here = running.filter(({ scope }) => coversHost(scope, host));
      return [{ by: here.map((one) => one.number), hosts: 1 }];
    },
  });
  return { about, policy, dates, effect: effect?.whole, effects: effect?.each ?? new Map() };
}
