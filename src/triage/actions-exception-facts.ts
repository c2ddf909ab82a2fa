import { parseLabel, type Selector, selects } from "../base/labels.ts";
import type { World } from "../db/world.ts";
import { ownOfServices, type ServiceWithOwn } from "../intel/actions-services.ts";
import type { Exposure, KnownHosts } from "../intel/exposure.ts";
import type { FindingState } from "../intel/model.ts";
import { exposure } from "../intel/store-exposure.ts";
import { loadVulnerabilities } from "../intel/store-vulnerability.ts";
import type { ServiceId } from "../inventory/service.ts";
import type { FactsNow } from "./exception-broken.ts";
import { coversFinding, type ExceptionScope, type ScopedFinding } from "./exception-scope.ts";
import { countReached, loadReachedHosts } from "./store-exception-hosts.ts";

/** What is the case now on the hosts that an exception reaches, whoever asks. */

/** Hosts are exposed unless a label says otherwise: unknown exposure counts as exposed. */
const exposedHosts: Selector = [{ op: "not-in", key: "exposure", values: ["internal", "none"] }];

const everything: readonly Selector[] = [[]];

/** What can be excepted there: the findings on the hosts, or in what the services contain. */
export async function findingsWithin(
  world: World,
  hosts: ExceptionScope["hosts"],
): Promise<readonly ScopedFinding[]> {
  if (hosts.kind !== "services") {
    return await findingsOn(world, await loadReachedHosts(world.db, hosts), null);
  }
  return (await namedServices(world, hosts.ids)).flatMap(({ own }) => own.pairs);
}

async function namedServices(
  world: World,
  ids: readonly ServiceId[],
): Promise<readonly ServiceWithOwn[]> {
  const named = new Set(ids);
  const all = await ownOfServices(world, { scopes: everything });
  return all.filter(({ service }) => named.has(service.id));
}

/** The same of services: each of them stands for itself, as a host does. */
async function factsOfServices(
  world: World,
  exception: { readonly scope: ExceptionScope; readonly controlLabel: string | null },
  ids: readonly ServiceId[],
): Promise<FactsNow> {
  const { scope, controlLabel } = exception;
  const services = await namedServices(world, ids);
  const affected = services.flatMap((one) => {
    const pairs = one.own.pairs.filter((pair) => coversFinding(scope, pair));
    return pairs.length === 0 ? [] : [{ ...one, pairs }];
  });
  const known = await loadVulnerabilities(world.db, scope.vulnerabilities);
  const label = controlLabel === null ? [] : carrying(controlLabel);
  return {
    exploited: scope.vulnerabilities.filter((id) => known.get(id)?.kev != null),
    isExposed: affected.some(({ service }) => selects(exposedHosts, service.labels)),
    fixable: fixableIn(affected.flatMap(({ pairs }) => pairs)),
    hosts: affected.length,
    withoutControl: services.filter(({ service }) => !selects(label, service.labels)).length,
  };
}

function fixableIn(
  findings: readonly { readonly state: FindingState; readonly vulnerability: string }[],
): readonly string[] {
  const fixable = findings.filter((finding) => finding.state === "affected-fix-available");
  return [...new Set(fixable.map((finding) => finding.vulnerability))].sort();
}

/** The findings on these hosts, of one package or of all. */
async function findingsOn(
  world: World,
  hosts: KnownHosts,
  named: ExceptionScope["package"],
): Promise<readonly Exposure[]> {
  return exposure(world.db, {
    scopes: everything,
    hosts,
    ...(named === null ? {} : { ecosystem: named.ecosystem, source: named.source }),
  });
}

export async function factsOf(
  world: World,
  exception: { readonly scope: ExceptionScope; readonly controlLabel: string | null },
): Promise<FactsNow> {
  const { scope, controlLabel } = exception;
  if (scope.hosts.kind === "services") {
    return await factsOfServices(world, exception, scope.hosts.ids);
  }
  const [all, outside] = await Promise.all([
    loadReachedHosts(world.db, scope.hosts),
    loadReachedHosts(world.db, scope.hosts, exposedHosts),
  ]);
  const isCovered = (finding: Exposure): boolean => coversFinding(scope, finding);
  const findings = (await findingsOn(world, all, scope.package)).filter(isCovered);
  const exposed = (await findingsOn(world, outside, scope.package)).filter(isCovered);
  const known = await loadVulnerabilities(world.db, scope.vulnerabilities);
  const label: Selector = controlLabel === null ? [] : carrying(controlLabel);
  const reached = await countReached(world.db, { hosts: scope.hosts, scopes: [], label });
  return {
    exploited: scope.vulnerabilities.filter((id) => known.get(id)?.kev != null),
    isExposed: exposed.length > 0,
    fixable: fixableIn(findings),
    hosts: Math.max(0, ...findings.map((finding) => finding.hostCount)),
    withoutControl: reached.withoutLabel,
  };
}

function carrying(controlLabel: string): Selector {
  const [key, value] = parseLabel(controlLabel);
  return [{ op: "in", key, values: [value] }];
}
