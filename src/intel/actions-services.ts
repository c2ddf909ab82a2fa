import { type Actor, scopesFor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import type { Instant } from "../base/instant.ts";
import { keepLast, keptFor } from "../base/kept.ts";
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
import { type Deployed, type OwnFilter, saidOfServices } from "./actions-service-filters.ts";
import type { CoverageReason } from "./coverage.ts";
import type { KnownHosts, PairGroup } from "./exposure.ts";
import type { Filter } from "./filter.ts";
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
import { loadStatementsAbout } from "./store-said.ts";
import { loadHostsOfServices } from "./store-service-hosts.ts";
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
  /** What is open, without what is set aside. */
  readonly pairs: readonly PairGroup[];
  /** What trusted authors set aside, with the reason; counted nowhere else. */
  readonly setAside: readonly SetAside[];
  /** What is said of open findings and sets nothing aside, by vulnerability. */
  readonly said: ReadonlyMap<string, readonly Filter[]>;
  readonly setIds: readonly number[];
  /** Distinct packages, and those that nobody matched yet. */
  readonly packageCount: number;
  readonly unmatchedCount: number;
}

export interface SetAside {
  readonly pair: PairGroup;
  readonly filter: Filter;
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
  /** What was known at a moment in the past; now when absent. */
  readonly asOf?: Instant | undefined;
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
  const judged = await judge(world, actor, asked, query.asOf);
  return query.order === "name" ? judged : judged.toSorted(byUrgency);
}

export async function judgedService(
  world: World,
  actor: Actor,
  ref: string,
  asOf?: Instant,
): Promise<JudgedService> {
  const service = await foundService(world, ref, scopesFor(actor, "service.read"));
  const [judged] = await judge(world, actor, [service], asOf);
  if (judged === undefined) throw new Failure("internal", "The service could not be judged.");
  return judged;
}

async function judge(
  world: World,
  actor: Actor,
  services: readonly Service[],
  asOf: Instant | undefined,
): Promise<readonly JudgedService[]> {
  const nums = services.map((service) => service.num);
  const artifacts = await loadArtifacts(world.db, nums, asOf);
  const ofService = Map.groupBy(artifacts, (artifact) => artifact.serviceNum);
  const deployed = services.flatMap((service) =>
    (ofService.get(service.num) ?? []).map((artifact) => ({ service, artifact })),
  );
  const judgeOwn = await ownJudge(world, deployed, asOf);
  const mayFind = scopesFor(actor, "finding.read");
  const seen = { scopes: scopesFor(actor, "host.read"), asOf };
  const known = await loadHostsOfServices(world.db, services, seen);
  const found = await loadHostsOfServices(world.db, services, { scopes: mayFind, asOf });
  return await Promise.all(
    services.map(async (service) => {
      const own = ofService.get(service.num) ?? [];
      const isSeen = mayFind.some((scope) => selects(scope, service.labels));
      const visible = known.get(service.num) ?? { groups: [], unknownCount: 0 };
      const judged = found.get(service.num) ?? { groups: [], unknownCount: 0 };
      return {
        service,
        artifacts: own,
        own: isSeen ? judgeOwn(service.num, own) : null,
        hosts: {
          known: visible,
          hostCount: countHosts(visible),
          risk: mayFind.length === 0 ? null : await hostsRisk(world, judged, asOf),
        },
      };
    }),
  );
}

function countHosts({ groups, unknownCount }: KnownHosts): number {
  return groups.reduce((sum, group) => sum + group.hostCount, unknownCount);
}

/** Vulnerabilities on the worst of the hosts: sums over hosts would count each many times. */
async function hostsRisk(
  world: World,
  { groups }: KnownHosts,
  asOf: Instant | undefined,
): Promise<GroupRisk> {
  const worst = { exploited: 0, open: 0, fixable: 0, epss: 0 };
  for (const { risk } of await judgeGroups(world, groups, asOf)) {
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
  deployed: readonly Deployed[],
  asOf: Instant | undefined,
): Promise<(service: number, artifacts: readonly Artifact[]) => OwnRisk> {
  const knowledge = await loadKnowledge(world.db, asOf);
  const setIds = [...new Set(deployed.map(({ artifact }) => artifact.setId))];
  const members = await loadMembers(world.db, setIds);
  const found = new Set(
    pairsOf(knowledge, members.values()).flatMap(({ packageIds }) => packageIds),
  );
  const { of: filterOf } = await saidOfServices(world.db, { deployed, members, found, asOf });
  // How fresh feeds were in the past is not kept.
  const gapsOf =
    asOf === undefined ? gapFinder(await loadFeeds(world.db), world.clock()) : () => new Map();
  return (service, artifacts) => {
    const sets = artifacts.flatMap((one) => members.get(one.setId) ?? []);
    return ownRisk({ knowledge, sets, service, artifacts, gapsOf, filterOf });
  };
}

export interface ServiceWithOwn {
  readonly service: Service;
  readonly own: OwnRisk;
}

const owns = new WeakMap<Knowledge, Map<string, readonly ServiceWithOwn[]>>();
const OWNS_KEPT_MAX = 8;

/**
 * Services with what is found in their own components, without their hosts. As long as nothing that
 * decides about it changes, the same question gives the same object.
 */
export async function ownOfServices(
  world: World,
  asked: {
    readonly scopes: readonly Selector[];
    readonly asOf?: Instant | undefined;
    /** Only this one, by id or name. */
    readonly service?: string | undefined;
  },
): Promise<readonly ServiceWithOwn[]> {
  const { scopes, asOf, service: ref } = asked;
  const services = await loadServices(world.db, { scopes, ref });
  if (services.length === 0) return [];
  const nums = services.map((service) => service.num);
  const artifacts = await loadArtifacts(world.db, nums, asOf);
  const knowledge = await loadKnowledge(world.db, asOf);
  const made = keptFor(owns, knowledge);
  const slots = artifacts.map(({ serviceNum, sbomId, artifact, environment }) =>
    [serviceNum, sbomId, artifact, environment].join(" "),
  );
  const names = services.map(({ num, name, team, labels }) => [num, name, team, labels]);
  const key = JSON.stringify([names, slots]);
  const known = made.get(key);
  if (known !== undefined) return keepLast(made, OWNS_KEPT_MAX, [key, known]);
  const byNum = Map.groupBy(artifacts, (artifact) => artifact.serviceNum);
  const deployed = services.flatMap((service) =>
    (byNum.get(service.num) ?? []).map((artifact) => ({ service, artifact })),
  );
  const judgeOwn = await ownJudge(world, deployed, asOf);
  const all = services.map((service) => ({
    service,
    own: judgeOwn(service.num, byNum.get(service.num) ?? []),
  }));
  return keepLast(made, OWNS_KEPT_MAX, [key, all]);
}

/** Some artifacts of a service on their own. */
export async function judgedArtifacts(
  world: World,
  service: Service,
  artifacts: readonly Artifact[],
): Promise<OwnRisk> {
  const deployed = artifacts.map((artifact) => ({ service, artifact }));
  return (await ownJudge(world, deployed, undefined))(service.num, artifacts);
}

function ownRisk(of: {
  readonly knowledge: Knowledge;
  readonly sets: readonly Members[];
  readonly service: number;
  readonly artifacts: readonly Artifact[];
  readonly gapsOf: ReturnType<typeof gapFinder>;
  readonly filterOf: OwnFilter;
}): OwnRisk {
  const { knowledge, sets, artifacts } = of;
  const ids = new Set<number>();
  for (const own of sets) for (const id of own) ids.add(id);
  const told = withSaid(pairsOf(knowledge, sets), (id, vulnerability) =>
    of.filterOf(of, id, vulnerability),
  );
  const { pairs } = told;
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
    ...told,
    state: serviceState(input),
    setIds: artifacts.map((one) => one.setId),
    packageCount: ids.size,
    unmatchedCount: gaps.get("not-matched") ?? 0,
  };
}

/** Parts what is open from what is set aside, and keeps what is said of either. */
function withSaid(
  all: readonly PairGroup[],
  filterOf: (packageId: number, vulnerability: string) => Filter | null,
): Pick<OwnRisk, "pairs" | "setAside" | "said"> {
  const pairs: PairGroup[] = [];
  const setAside: SetAside[] = [];
  const said = new Map<string, Filter[]>();
  for (const pair of all) {
    const { vulnerability } = pair;
    const told = pair.packageIds.map((id) => ({ id, filter: filterOf(id, vulnerability) }));
    const aside = told.filter(({ filter }) => filter?.isSetAside === true);
    for (const { id, filter } of aside) {
      if (filter !== null) setAside.push({ pair: { ...pair, packageIds: [id] }, filter });
    }
    if (aside.length === told.length && told.length > 0) continue;
    const open = told.filter(({ filter }) => filter?.isSetAside !== true);
    pairs.push(aside.length === 0 ? pair : { ...pair, packageIds: open.map(({ id }) => id) });
    const filters = open.flatMap(({ filter }) => filter ?? []);
    if (filters.length > 0) {
      said.set(vulnerability, [...(said.get(vulnerability) ?? []), ...filters]);
    }
  }
  return { pairs, setAside, said };
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
  asOf?: Instant,
): Promise<readonly ServiceAction[]> {
  const { facts } = await loadKnowledge(world.db, asOf);
  const ids = [...new Set(own.pairs.flatMap((pair) => pair.packageIds))];
  const packages = await loadPackages(world.db, ids);
  const actions = actionsOf(own.pairs, new Map(packages.map((p) => [p.id, p])), facts);
  // Which later versions were free of others in the past is not asked: the fixes of that day stand.
  if (asOf !== undefined) return actions;
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
  asOf?: Instant,
): Promise<{ readonly judged: JudgedService; readonly own: OwnRisk }> {
  const judged = await judgedService(world, actor, ref, asOf);
  if (judged.own !== null) return { judged, own: judged.own };
  throw new Failure(
    "forbidden",
    "You may see this service but not its findings: that needs the right finding.read on its labels.",
  );
}
