import type { Instant } from "../base/instant.ts";
import { type Labels, selects } from "../base/labels.ts";
import type { Reader } from "../db/database.ts";
import type { Artifact, Service } from "../inventory/service.ts";
import { loadArtifacts } from "../inventory/store-artifacts.ts";
import { loadKnownSerials, loadSbomLinks } from "../inventory/store-sboms.ts";
import { loadServices } from "../inventory/store-services.ts";
import { decided, type Filter, type VexClaim } from "./filter.ts";
import type { Members } from "./knowledge.ts";
import { type Bill, isAboutEntry, linksIn } from "./service-claims.ts";
import { pairsOf } from "./service-findings.ts";
import { loadKnowledge, loadMembers } from "./store-knowledge.ts";
import { hasLiveDocuments, loadPairsOf, loadSpoken, type SpokenStatement } from "./store-vex.ts";
import { type FoundPair, vexSubjectOf, wholeOf } from "./vex-claims.ts";

/**
 * What VEX says about the entries of services. Nothing of it is stored: it follows from what is
 * deployed, what is found in it and which documents count, now or at a past moment.
 */
export interface Deployed {
  readonly service: Pick<Service, "num" | "name" | "team" | "labels">;
  readonly artifact: Artifact;
}

/** What is said of a package in these artifacts; set aside only where it is in each that holds it. */
export type OwnFilter = (
  of: { readonly service: number; readonly artifacts: readonly Artifact[] },
  packageId: number,
  vulnerability: string,
) => Filter | null;

export interface SaidOfServices {
  readonly of: OwnFilter;
  /** Statements that are about an entry of one of them, by id. */
  readonly statements: ReadonlyMap<number, SaidSomewhere>;
}

export interface SaidSomewhere {
  readonly document: number;
  /** True when it is about a package too, wherever that is. */
  readonly isMatched: boolean;
  /** Names of the services. */
  readonly services: ReadonlySet<string>;
}

const nothing: SaidOfServices = { of: () => null, statements: new Map() };

export async function saidOfServices(
  reader: Reader,
  given: {
    readonly deployed: readonly Deployed[];
    readonly members: ReadonlyMap<number, Members>;
    /** Packages with any finding. */
    readonly found: ReadonlySet<number>;
    readonly asOf?: Instant | undefined;
  },
): Promise<SaidOfServices> {
  const { deployed, asOf } = given;
  if (deployed.length === 0 || given.found.size === 0) return nothing;
  if (asOf === undefined && !(await hasLiveDocuments(reader))) return nothing;
  const pairs = await loadPairsOf(reader, [...given.found], asOf);
  const names = new Set(pairs.flatMap(({ vulnerability, advisory }) => [vulnerability, advisory]));
  names.delete("");
  const spoken = await loadSpoken(reader, [...names], asOf);
  if (spoken.length === 0) return nothing;
  const bills = await billsOf(reader, deployed, spoken);
  const about = aboutOf(spoken);
  const byPackage = Map.groupBy(pairs, (pair) => pair.package.id);
  const claims: Claims = new Map<string, Filter | null>();
  const statements = new Map<number, SaidSomewhere & { readonly services: Set<string> }>();
  for (const one of deployed) {
    const { service, artifact } = one;
    const bill = bills.of(artifact);
    const labels = labelsOf(one);
    const within = (s: SpokenStatement): boolean => s.scope === null || selects(s.scope, labels);
    const held = [...(given.members.get(artifact.setId) ?? [])];
    for (const pair of held.flatMap((id) => byPackage.get(id) ?? [])) {
      const entry = { packageId: pair.package.id, subject: vexSubjectOf(pair.package) };
      const fitting = about(pair).filter(
        (s) => within(s) && isAboutEntry(s, entry, { bill, knownSerials: bills.serials }),
      );
      if (fitting.length === 0) continue;
      const key = keyOf(service.num, artifact, [entry.packageId, pair.vulnerability]);
      claims.set(key, decided(fitting.map(claimOf(pair))));
      for (const { id, isMatched, claim } of fitting) {
        const known = statements.get(id)?.services ?? new Set<string>();
        const { document } = claim;
        statements.set(id, { document, isMatched, services: known.add(service.name) });
      }
    }
  }
  return { of: joined(claims, given.members), statements };
}

/** The same of all services there are, whoever asks: for telling which statements fit nothing. */
export async function saidOfAllServices(reader: Reader): Promise<SaidOfServices> {
  const services = await loadServices(reader, { scopes: [[]] });
  const byNum = new Map(services.map((service) => [service.num, service]));
  const artifacts = await loadArtifacts(reader, [...byNum.keys()]);
  const deployed = artifacts.flatMap((artifact) => {
    const service = byNum.get(artifact.serviceNum);
    return service === undefined ? [] : [{ service, artifact }];
  });
  const setIds = [...new Set(artifacts.map((one) => one.setId))];
  const members = await loadMembers(reader, setIds);
  const pairs = pairsOf(await loadKnowledge(reader), members.values());
  const found = new Set(pairs.flatMap(({ packageIds }) => packageIds));
  return await saidOfServices(reader, { deployed, members, found });
}

type Claims = Map<string, Filter | null>;

/** Labels that a scope asks: those of the service, with its name, its team and where this runs. */
function labelsOf({ service, artifact }: Deployed): Labels {
  const env = artifact.environment === "" ? {} : { env: artifact.environment };
  return { service: service.name, team: service.team, ...service.labels, ...env };
}

function aboutOf(
  spoken: readonly SpokenStatement[],
): (pair: FoundPair) => readonly SpokenStatement[] {
  const byName = new Map<string, SpokenStatement[]>();
  for (const statement of spoken) {
    for (const name of new Set(statement.names)) {
      byName.set(name, [...(byName.get(name) ?? []), statement]);
    }
  }
  return ({ vulnerability, advisory }) => [
    ...new Set([...(byName.get(vulnerability) ?? []), ...(byName.get(advisory) ?? [])]),
  ];
}

async function billsOf(
  reader: Reader,
  deployed: readonly Deployed[],
  spoken: readonly SpokenStatement[],
): Promise<{ readonly of: (artifact: Artifact) => Bill; readonly serials: ReadonlySet<string> }> {
  const asked = [...new Set(spoken.flatMap(linksIn).map(({ serial }) => serial))];
  const serials = await loadKnownSerials(reader, asked);
  const sbomIds = [...new Set(deployed.map(({ artifact }) => artifact.sbomId))];
  const links =
    serials.size === 0 ? [] : await loadSbomLinks(reader, { sbomIds, serials: [...serials] });
  const bySbom = Map.groupBy(links, (link) => link.sbomId);
  const of = ({ sbomId, sbom }: Artifact): Bill => ({
    whole: wholeOf(sbom.subjectPurl),
    links: bySbom.get(sbomId) ?? [],
  });
  return { of, serials };
}

function claimOf({ package: p, vulnerability }: FoundPair): (s: SpokenStatement) => VexClaim {
  return ({ claim, loadedAt }) => ({
    ...claim,
    ...{ packageId: p.id, vulnerability, scope: null, since: loadedAt },
  });
}

function keyOf(
  service: number,
  { sbomId, environment }: Artifact,
  [packageId, vulnerability]: readonly [number, string],
): string {
  return `${service}\n${sbomId}\n${environment}\n${packageId}\n${vulnerability}`;
}

function joined(claims: Claims, members: ReadonlyMap<number, Members>): OwnFilter {
  const holds = (artifact: Artifact, id: number): boolean =>
    members.get(artifact.setId)?.includes(id) ?? false;
  return ({ service, artifacts }, packageId, vulnerability) => {
    if (claims.size === 0) return null;
    const found = artifacts.map((artifact) => ({
      artifact,
      filter: claims.get(keyOf(service, artifact, [packageId, vulnerability])) ?? null,
    }));
    const [first] = found.flatMap(({ filter }) => filter ?? []);
    if (first === undefined) return null;
    const open = found.filter(
      ({ artifact, filter }) => filter?.isSetAside !== true && holds(artifact, packageId),
    );
    if (open.length === 0) return first;
    const aside = found.find(({ filter }) => filter?.isSetAside === true);
    if (aside?.filter == null) return first;
    const where = open.map(({ artifact: a }) => `${a.artifact} ${a.environment}`.trim()).join(", ");
    const trust = `${aside.filter.trust} It says nothing of ${where}, so the finding stays open.`;
    return { ...aside.filter, isSetAside: false, trust };
  };
}
