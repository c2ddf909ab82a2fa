import { type Actor, scopesFor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { type Selector, selects } from "../base/labels.ts";
import type { World } from "../db/world.ts";
import { foundHost } from "../inventory/actions.ts";
import { foundService } from "../inventory/actions-services.ts";
import type { Artifact, Service } from "../inventory/service.ts";
import { isRunBy } from "../inventory/service-hosts.ts";
import { loadPackages } from "../inventory/store.ts";
import { loadArtifacts } from "../inventory/store-artifacts.ts";
import { loadServices } from "../inventory/store-services.ts";
import { judgeGroups } from "./actions-risk.ts";
import type { CoverageReason } from "./coverage.ts";
import type { KnownHosts, PairGroup } from "./exposure.ts";
import { coverageKinds, gapFinder } from "./group-risk.ts";
import type { GroupRisk, Knowledge, Members } from "./knowledge.ts";
import { actionsOf, pairsOf, type ServiceAction, withFreeTarget } from "./service-findings.ts";
import {
  riskOfPairs,
  type ServiceRiskInput,
  type ServiceState,
  serviceState,
} from "./service-risk.ts";
import { loadFeeds } from "./store-feed.ts";
import { loadKnowledge, loadMembers } from "./store-knowledge.ts";
import { loadHostsOfServices } from "./store-service-hosts.ts";
import { loadStatementsAbout } from "./store-statement.ts";
import { loadRejected } from "./store-vulnerability.ts";

/** Services with what is wrong in them and on the hosts that run them. */
export interface JudgedService {
  readonly service: Service;
  readonly artifacts: readonly Artifact[];
  /** Null where the reader may not see findings of this service. */
  readonly own: OwnRisk | null;
  readonly hosts: HostsRisk;
}

export interface OwnRisk extends ServiceRiskInput {
  readonly state: ServiceState;
  readonly pairs: readonly PairGroup[];
  /** Distinct packages, and those that nobody matched yet. */
  readonly packageCount: number;
  readonly unmatchedCount: number;
}

export interface HostsRisk {
  readonly known: KnownHosts;
  readonly hostCount: number;
  /** Null where the reader may not see findings of any of them. */
  readonly risk: GroupRisk | null;
}

export interface ServiceQuery {
  readonly q: string;
  readonly label: Selector;
  readonly order: "name" | "urgency";
  /** Only those that this host runs. */
  readonly host?: string | undefined;
}

export async function judgedServices(
  world: World,
  actor: Actor,
  query: ServiceQuery,
): Promise<readonly JudgedService[]> {
  const services = await loadServices(world.db, {
    scopes: scopesFor(actor, "service.read"),
    selector: query.label,
    text: query.q,
  });
  const host =
    query.host === undefined
      ? null
      : await foundHost(world, query.host, scopesFor(actor, "host.read"));
  const asked = host === null ? services : services.filter((one) => isRunBy(one, host));
  const judged = await judge(world, actor, asked);
  return query.order === "name" ? judged : judged.toSorted(byUrgency);
}

export async function judgedService(
  world: World,
  actor: Actor,
  ref: string,
): Promise<JudgedService> {
  const service = await foundService(world, ref, scopesFor(actor, "service.read"));
  const [judged] = await judge(world, actor, [service]);
  if (judged === undefined) throw new Failure("internal", "The service could not be judged.");
  return judged;
}

async function judge(
  world: World,
  actor: Actor,
  services: readonly Service[],
): Promise<readonly JudgedService[]> {
  const artifacts = await loadArtifacts(
    world.db,
    services.map((service) => service.num),
  );
  const ofService = Map.groupBy(artifacts, (artifact) => artifact.serviceNum);
  const judgeOwn = await ownJudge(world, artifacts);
  const mayFind = scopesFor(actor, "finding.read");
  const known = await loadHostsOfServices(world.db, services, scopesFor(actor, "host.read"));
  const found = await loadHostsOfServices(world.db, services, mayFind);
  return await Promise.all(
    services.map(async (service) => {
      const own = ofService.get(service.num) ?? [];
      const isSeen = mayFind.some((scope) => selects(scope, service.labels));
      const visible = known.get(service.num) ?? { groups: [], unknownCount: 0 };
      const judged = found.get(service.num) ?? { groups: [], unknownCount: 0 };
      return {
        service,
        artifacts: own,
        own: isSeen ? judgeOwn(own) : null,
        hosts: {
          known: visible,
          hostCount: countHosts(visible),
          risk: mayFind.length === 0 ? null : await hostsRisk(world, judged),
        },
      };
    }),
  );
}

function countHosts({ groups, unknownCount }: KnownHosts): number {
  return groups.reduce((sum, group) => sum + group.hostCount, unknownCount);
}

/** Vulnerabilities on the worst of the hosts: sums over hosts would count each many times. */
async function hostsRisk(world: World, { groups }: KnownHosts): Promise<GroupRisk> {
  const worst = { exploited: 0, open: 0, fixable: 0, epss: 0 };
  for (const { risk } of await judgeGroups(world, groups)) {
    worst.exploited = Math.max(worst.exploited, risk.exploited);
    worst.open = Math.max(worst.open, risk.open);
    worst.fixable = Math.max(worst.fixable, risk.fixable);
    worst.epss = Math.max(worst.epss, risk.epss);
  }
  return worst;
}

/** Judges artifacts together: one knowledge, one look at the feeds. */
async function ownJudge(
  world: World,
  all: readonly Artifact[],
): Promise<(artifacts: readonly Artifact[]) => OwnRisk> {
  const knowledge = await loadKnowledge(world.db);
  const members = await loadMembers(world.db, [...new Set(all.map((one) => one.setId))]);
  const gapsOf = gapFinder(await loadFeeds(world.db), world.clock());
  return (artifacts) => {
    const sets = artifacts.flatMap((one) => members.get(one.setId) ?? []);
    return ownRisk({ knowledge, sets, artifacts, gapsOf });
  };
}

/** Some artifacts on their own. */
export async function judgedArtifacts(
  world: World,
  artifacts: readonly Artifact[],
): Promise<OwnRisk> {
  return (await ownJudge(world, artifacts))(artifacts);
}

function ownRisk(of: {
  readonly knowledge: Knowledge;
  readonly sets: readonly Members[];
  readonly artifacts: readonly Artifact[];
  readonly gapsOf: ReturnType<typeof gapFinder>;
}): OwnRisk {
  const { knowledge, sets, artifacts } = of;
  const ids = new Set<number>();
  for (const own of sets) for (const id of own) ids.add(id);
  const pairs = pairsOf(knowledge, sets);
  const gaps: ReadonlyMap<CoverageReason, number> = of.gapsOf(
    coverageKinds(knowledge.packages, ids),
  );
  const risk = riskOfPairs(pairs, knowledge.facts);
  const input = {
    risk,
    gaps,
    unknownCount: artifacts.reduce((sum, one) => sum + one.sbom.unknownCount, 0),
    componentCount: artifacts.reduce((sum, one) => sum + one.sbom.componentCount, 0),
    artifactCount: artifacts.length,
  };
  return {
    ...input,
    state: serviceState(input),
    pairs,
    packageCount: ids.size,
    unmatchedCount: gaps.get("not-matched") ?? 0,
  };
}

/** Known exploited components, then their number, then the hosts; names make the order complete. */
function byUrgency(a: JudgedService, b: JudgedService): number {
  const of = ({ own, hosts }: JudgedService): readonly number[] => [
    (own?.risk.exploited ?? 0) + (hosts.risk?.exploited ?? 0),
    Math.max(own?.risk.epss ?? 0, hosts.risk?.epss ?? 0),
    (own?.risk.open ?? 0) + (hosts.risk?.open ?? 0),
  ];
  const left = of(a);
  const right = of(b);
  const at = left.findIndex((value, place) => value !== right[place]);
  if (at >= 0) return (right[at] ?? 0) - (left[at] ?? 0);
  return a.service.name < b.service.name ? -1 : 1;
}

/** What mends a service's own components, worst first. */
export async function serviceActions(
  world: World,
  own: Pick<OwnRisk, "pairs">,
): Promise<readonly ServiceAction[]> {
  const { facts } = await loadKnowledge(world.db);
  const ids = [...new Set(own.pairs.flatMap((pair) => pair.packageIds))];
  const packages = await loadPackages(world.db, ids);
  const actions = actionsOf(own.pairs, new Map(packages.map((p) => [p.id, p])), facts);
  const statements = await loadStatementsAbout(
    world.db,
    actions
      .filter(({ ecosystem, target }) => target !== null && !ecosystem.includes(":"))
      .map(({ ecosystem, source }) => ({ ecosystem, name: source })),
  );
  const vulnerabilities = [...new Set(statements.map((one) => one.vulnerability))];
  const rejected = await loadRejected(world.db, vulnerabilities);
  const held = statements.filter((one) => !rejected.has(one.vulnerability));
  const byKey = Map.groupBy(held, (one) => `${one.ecosystem} ${one.packageName}`);
  return actions.map((action) => withFreeTarget(action, byKey.get(action.key) ?? []));
}

/** Findings are asked for by who may see those of the service itself. */
export async function seenFindings(
  world: World,
  actor: Actor,
  ref: string,
): Promise<{ readonly judged: JudgedService; readonly own: OwnRisk }> {
  const judged = await judgedService(world, actor, ref);
  if (judged.own !== null) return { judged, own: judged.own };
  throw new Failure(
    "forbidden",
    "You may see this service but not its findings: that needs the right finding.read on its labels.",
  );
}
