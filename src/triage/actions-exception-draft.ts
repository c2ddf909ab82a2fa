import { type Actor, scopesFor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import type { HostId } from "../base/ids.ts";
import { parseSelector } from "../base/labels.ts";
import type { Permission } from "../base/permission.ts";
import type { World } from "../db/world.ts";
import { foundHost } from "../inventory/actions.ts";
import { foundService } from "../inventory/actions-services.ts";
import { isEverywhere } from "../inventory/scope.ts";
import type { ServiceId } from "../inventory/service.ts";
import { loadServices } from "../inventory/store-services.ts";
import { findingsWithin } from "./actions-exception-facts.ts";
import type { Exception } from "./exception.ts";
import { type ExceptionLimits, exceptionLimits } from "./exception-limits.ts";
import {
  type ExceptionScope,
  isWithin,
  type ScopedFinding,
  sharesFindings,
} from "./exception-scope.ts";
import { loadApprovedBefore } from "./store-exception.ts";
import { countReached, reachingSame } from "./store-exception-hosts.ts";

/** What an exception would reach and what stands against it, before anybody asks for it. */
export interface AskedScope {
  readonly vulnerability?: string | undefined;
  readonly source?: string | undefined;
  readonly ecosystem?: string | undefined;
  /** A label expression, or … */
  readonly selector?: string | undefined;
  /** … names or ids of hosts, or … */
  readonly hosts?: readonly string[] | undefined;
  /** … of services, for what they contain. */
  readonly services?: readonly string[] | undefined;
}

export async function draftScope(
  world: World,
  actor: Actor,
  asked: AskedScope,
): Promise<ExceptionScope> {
  const hosts = await askedHosts(world, actor, asked);
  const refusal = await reachRefusal(world, actor, { hosts, permission: "exception.request" });
  if (refusal !== null) throw new Failure("forbidden", refusal);
  return { ...(await askedFindings(world, hosts, asked)), hosts };
}

const HOSTS_MAX = 1_000;

async function askedHosts(
  world: World,
  actor: Actor,
  { selector, hosts = [], services = [] }: AskedScope,
): Promise<ExceptionScope["hosts"]> {
  const ways = [selector !== undefined, hosts.length > 0, services.length > 0];
  if (ways.filter(Boolean).length !== 1) {
    throw new Failure(
      "invalid",
      "Say where: either hosts by a label expression such as env=test, or hosts by name, or services by name.",
    );
  }
  if (services.length > 0) return await askedServices(world, actor, services);
  if (selector !== undefined) return { kind: "labels", selector: parseSelector(selector) };
  if (hosts.length > HOSTS_MAX) {
    throw new Failure("too-large", `At most ${HOSTS_MAX} hosts are named; give them a label.`);
  }
  const scopes = scopesFor(actor, "exception.request");
  const ids: HostId[] = [];
  for (const ref of new Set(hosts)) ids.push((await foundHost(world, ref, scopes)).id);
  return { kind: "named", ids: [...new Set(ids)].sort() };
}

async function askedServices(
  world: World,
  actor: Actor,
  refs: readonly string[],
): Promise<ExceptionScope["hosts"]> {
  if (refs.length > HOSTS_MAX) {
    throw new Failure("too-large", `At most ${HOSTS_MAX} services are named at once.`);
  }
  const scopes = scopesFor(actor, "exception.request");
  const ids: ServiceId[] = [];
  for (const ref of new Set(refs)) ids.push((await foundService(world, ref, scopes)).id);
  return { kind: "services", ids: [...new Set(ids)].sort() };
}

/**
 * Why the actor's right does not reach all of these hosts; null where it does. An expression also
 * selects the hosts of tomorrow, so it must lie within a scope by its words.
 */
export async function reachRefusal(
  world: World,
  actor: Actor,
  of: { readonly hosts: ExceptionScope["hosts"]; readonly permission: Permission },
): Promise<string | null> {
  const scopes = scopesFor(actor, of.permission);
  if (isEverywhere(scopes)) return null;
  const { hosts } = of;
  if (hosts.kind === "labels") {
    if (scopes.some((scope) => isWithin(hosts.selector, scope))) return null;
    return `Your right ${of.permission} is limited by labels, and the expression could select hosts beyond that. Add your own limit to it.`;
  }
  if (hosts.kind === "services") {
    const seen = new Set((await loadServices(world.db, { scopes })).map(({ id }) => id));
    if (hosts.ids.every((id) => seen.has(id))) return null;
    return `Your right ${of.permission} does not reach all of these services.`;
  }
  const reached = await countReached(world.db, { hosts, scopes, label: [] });
  const isWhole = reached.inScope === reached.all && reached.all === hosts.ids.length;
  return isWhole ? null : `Your right ${of.permission} does not reach all of these hosts.`;
}

async function askedFindings(
  world: World,
  hosts: ExceptionScope["hosts"],
  asked: AskedScope,
): Promise<Omit<ExceptionScope, "hosts">> {
  if (asked.vulnerability === undefined && asked.source === undefined) {
    throw new Failure("invalid", "Say for what: a vulnerability, a source package, or both.");
  }
  const found = (await findingsWithin(world, hosts)).filter(
    (finding) =>
      (asked.vulnerability === undefined || finding.vulnerability === asked.vulnerability) &&
      (asked.source === undefined || finding.source === asked.source) &&
      (asked.ecosystem === undefined || finding.ecosystem === asked.ecosystem),
  );
  if (found.length === 0) {
    throw new Failure(
      "blocked",
      `Nothing to except: none of these ${hosts.kind === "services" ? "services" : "hosts"} is known to have ${[asked.vulnerability, asked.source].filter(Boolean).join(" in ")}.`,
    );
  }
  return {
    vulnerabilities: [...new Set(found.map((finding) => finding.vulnerability))].sort(),
    package: asked.source === undefined ? null : packageOf(found, asked.source),
  };
}

function packageOf(found: readonly ScopedFinding[], source: string): ExceptionScope["package"] {
  const [ecosystem, ...others] = new Set(found.map((finding) => finding.ecosystem));
  if (ecosystem === undefined) return null;
  if (others.length === 0) return { ecosystem, source };
  throw new Failure(
    "invalid",
    `${source} is affected in ${[ecosystem, ...others].join(" and ")}. Name one ecosystem.`,
  );
}

/** What may still be asked for: earlier exceptions for some of the same count. */
export async function limitsFor(
  world: World,
  scope: ExceptionScope,
  reader: Parameters<typeof loadApprovedBefore>[0] = world.db,
): Promise<ExceptionLimits> {
  const before = await loadApprovedBefore(reader, scope.vulnerabilities);
  const same = before.filter((one: Exception) => sharesFindings(one.scope, scope));
  return exceptionLimits(await reachingSame(reader, scope.hosts, same), world.clock());
}
