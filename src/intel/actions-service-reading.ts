import type { z } from "zod";
import { type Actor, scopesFor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { type Instant, instantToText } from "../base/instant.ts";
import type { World } from "../db/world.ts";
import { foundService } from "../inventory/actions-services.ts";
import type { Artifact } from "../inventory/service.ts";
import { artifactReply } from "../inventory/service-reply.ts";
import { loadPackages } from "../inventory/store.ts";
import { loadArtifactAt, loadArtifactHistory } from "../inventory/store-artifacts.ts";
import { loadSbomEntries } from "../inventory/store-sboms.ts";
import { judgedArtifacts, type OwnRisk, seenFindings, serviceActions } from "./actions-services.ts";
import { type PlacedEntry, placedEntries } from "./component-chain.ts";
import { byUrgency, rowsBySource } from "./finding-list.ts";
import { diffOf, type SbomDiff } from "./sbom-diff.ts";
import { pairsOf, type ServiceVulnerability, vulnerabilitiesOf } from "./service-findings.ts";
import { type GateRule, type GateVerdict, gateVerdict } from "./service-gate.ts";
import { notKnownText } from "./service-risk.ts";
import type {
  componentSchema,
  hostActionSchema,
  serviceActionSchema,
  setAsideSchema,
} from "./service-schema.ts";
import { actionView, componentView, hostActionView, setAsideViews } from "./service-views.ts";
import { loadReach } from "./store-exposure.ts";
import { loadKnowledge, loadMembers } from "./store-knowledge.ts";
import { loadKnownSince } from "./store-past.ts";
import { loadHostsOfServices } from "./store-service-hosts.ts";

/** Looking into one service: what mends it, what is in it, what changed. */
interface Page {
  readonly skip?: number | undefined;
  readonly limit: number;
}

function pageOf<T>(all: readonly T[], page: Page): { items: readonly T[]; total: number } {
  const start = page.skip ?? 0;
  return { items: all.slice(start, start + page.limit), total: all.length };
}

/** What mends its own components, each with how it got in. */
export async function ownActions(
  world: World,
  actor: Actor,
  query: Page & { readonly service: string; readonly asOf?: Instant | undefined },
): Promise<OwnActions> {
  const { asOf } = query;
  const { judged, own } = await seenFindings(world, actor, query.service, asOf);
  const { items, total } = pageOf(await serviceActions(world, own, asOf), query);
  const byPackage = await entriesByPackage(world, judged.artifacts);
  return {
    items: items.map((action) => {
      const placed = action.packages.flatMap((p) => byPackage.get(p.id) ?? []);
      return actionView(action, { placed, said: own.said });
    }),
    total,
    setAside: await setAsideIn(world, own, asOf),
    notKnown: [...notKnownText(own)],
    asOf: asOf ?? null,
    knownSince: await loadKnownSince(world.db),
  };
}

export interface OwnActions {
  readonly items: z.output<typeof serviceActionSchema>[];
  readonly total: number;
  readonly setAside: z.output<typeof setAsideSchema>[];
  readonly notKnown: string[];
  /** The moment in the past that it tells of; null for now. */
  readonly asOf: Instant | null;
  readonly knownSince: Instant | null;
}

async function setAsideIn(
  world: World,
  own: OwnRisk,
  asOf: Instant | undefined,
): Promise<z.output<typeof setAsideSchema>[]> {
  if (own.setAside.length === 0) return [];
  const { facts } = await loadKnowledge(world.db, asOf);
  const ids = own.setAside.flatMap(({ pair }) => pair.packageIds);
  const packages = await loadPackages(world.db, [...new Set(ids)]);
  return setAsideViews(own.setAside, { facts, packages: new Map(packages.map((p) => [p.id, p])) });
}

async function entriesByPackage(
  world: World,
  artifacts: readonly Artifact[],
): Promise<ReadonlyMap<number | null, readonly PlacedEntry[]>> {
  return Map.groupBy(await placed(world, artifacts), ({ entry }) => entry.packageId);
}

/** The entries of artifacts, each with how it got in. */
export async function placed(world: World, artifacts: readonly Artifact[]) {
  const sbomIds = [...new Set(artifacts.map((artifact) => artifact.sbomId))];
  return placedEntries(artifacts, await loadSbomEntries(world.db, sbomIds));
}

/** What mends the packages of the hosts that run it, by source package. */
export async function hostActions(
  world: World,
  actor: Actor,
  query: Page & { readonly service: string; readonly asOf?: Instant | undefined },
): Promise<{ items: z.output<typeof hostActionSchema>[]; total: number; notKnown: string[] }> {
  const service = await foundService(world, query.service, scopesFor(actor, "service.read"));
  const scopes = scopesFor(actor, "finding.read");
  const { asOf } = query;
  const byService = await loadHostsOfServices(world.db, [service], { scopes, asOf });
  const hosts = byService.get(service.num) ?? { groups: [], unknownCount: 0 };
  const reach = await loadReach(world.db, { scopes, hosts, asOf });
  const rows = rowsBySource(reach, reach.knowledge.facts).toSorted(byUrgency);
  const { items, total } = pageOf(rows, query);
  const unknown = hosts.unknownCount;
  const notKnown =
    unknown === 0 ? [] : [`Of ${unknown} of its hosts it is not known what is installed.`];
  return { items: items.map(hostActionView), total, notKnown };
}

export interface ComponentQuery extends Page {
  readonly service: string;
  readonly q: string;
  readonly artifact?: string | undefined;
  readonly environment?: string | undefined;
  readonly show: "all" | "vulnerable" | "unknown";
  readonly asOf?: Instant | undefined;
}

export async function listComponents(
  world: World,
  actor: Actor,
  query: ComponentQuery,
): Promise<{ items: z.output<typeof componentSchema>[]; total: number }> {
  const { judged, own } = await seenFindings(world, actor, query.service, query.asOf);
  const asked = judged.artifacts.filter(isOf(query));
  const found = await findingsByPackage(world, own, query.asOf);
  const entries = (await placed(world, asked)).filter((one) => isAsked(one, query, found));
  const { items, total } = pageOf(entries, query);
  return {
    items: items.map((one) => componentView(one, found.get(one.entry.packageId ?? -1) ?? null)),
    total,
  };
}

/** Without a name all are meant. */
function isOf(query: {
  readonly artifact?: string | undefined;
  readonly environment?: string | undefined;
}): (artifact: Artifact) => boolean {
  return (one) =>
    one.artifact === (query.artifact ?? one.artifact) &&
    one.environment === (query.environment ?? one.environment);
}

type Found = ReadonlyMap<number, { readonly findings: number; readonly exploited: number }>;

async function findingsByPackage(
  world: World,
  own: Pick<OwnRisk, "pairs">,
  asOf: Instant | undefined,
): Promise<Found> {
  const { facts } = await loadKnowledge(world.db, asOf);
  const ids = new Map<number, Set<string>>();
  for (const { vulnerability, packageIds } of own.pairs) {
    for (const id of packageIds) ids.set(id, (ids.get(id) ?? new Set()).add(vulnerability));
  }
  return new Map(
    [...ids].map(([id, all]) => {
      const exploited = [...all].filter((one) => facts.get(one)?.kev != null).length;
      return [id, { findings: all.size, exploited }];
    }),
  );
}

function isAsked({ entry }: PlacedEntry, query: ComponentQuery, found: Found): boolean {
  if (query.show === "unknown" && entry.problem === null) return false;
  if (query.show === "vulnerable" && !found.has(entry.packageId ?? -1)) return false;
  const text = query.q.toLowerCase();
  return [entry.name, entry.version, entry.purl, entry.ecosystem].some((one) =>
    one.toLowerCase().includes(text),
  );
}

/** What is in the way of a build, by the rules that its pipeline names. */
export async function askGate(
  world: World,
  actor: Actor,
  query: {
    readonly service: string;
    readonly rules: readonly GateRule[];
    readonly artifact?: string | undefined;
    readonly environment?: string | undefined;
  },
): Promise<GateVerdict> {
  const { judged } = await seenFindings(world, actor, query.service);
  const artifacts = judged.artifacts.filter(isOf(query));
  const own = await judgedArtifacts(world, judged.service, artifacts);
  return gateVerdict({
    rules: query.rules,
    actions: await serviceActions(world, own),
    unmatchedCount: own.unmatchedCount,
    artifactCount: own.artifactCount,
    notKnown: notKnownText(own),
    setAside: await setAsideIn(world, own, undefined),
  });
}

const HISTORY_MAX = 500;

export async function artifactHistory(world: World, actor: Actor, ref: string) {
  const service = await foundService(world, ref, scopesFor(actor, "service.read"));
  const of = { serviceNum: service.num, limit: HISTORY_MAX };
  const rows = await loadArtifactHistory(world.db, of);
  return rows.map((row) => ({ ...artifactReply(row), putBy: row.putBy }));
}

export interface DiffQuery {
  readonly service: string;
  readonly artifact: string;
  readonly environment: string;
  /** The moment before; when absent, right before what is there at `to` came. */
  readonly from: Instant | null;
  /** The moment after; now when absent. */
  readonly to: Instant | null;
}

export interface ComparedSboms {
  readonly before: Artifact | null;
  readonly after: Artifact;
  readonly diff: SbomDiff;
  /** Vulnerabilities that came with it, and those that went; by what is known today. */
  readonly newFindings: readonly ServiceVulnerability[];
  readonly clearedFindings: readonly ServiceVulnerability[];
}

export async function compareSboms(
  world: World,
  actor: Actor,
  query: DiffQuery,
): Promise<ComparedSboms> {
  const { judged } = await seenFindings(world, actor, query.service);
  const { artifact, environment } = query;
  const slot = { serviceNum: judged.service.num, artifact, environment };
  const at = query.to ?? world.clock();
  const after = await loadArtifactAt(world.db, slot, at);
  if (after === null) {
    const where = environment === "" ? "" : ` in ${environment}`;
    throw new Failure(
      "not-found",
      `No artifact ${artifact}${where} was deployed at ${instantToText(at)}.`,
    );
  }
  const before = await loadArtifactAt(world.db, slot, query.from ?? after.observedFrom - 1);
  const ids = [after.sbomId, ...(before === null ? [] : [before.sbomId])];
  const entries = await loadSbomEntries(world.db, ids);
  const of = (sbomId: number | undefined) => entries.filter((entry) => entry.sbomId === sbomId);
  const found = await foundIn(world, [before?.setId, after.setId]);
  const [old = [], now = []] = found;
  const names = (list: readonly ServiceVulnerability[]) => new Set(list.map((one) => one.id));
  return {
    before,
    after,
    diff: diffOf(of(before?.sbomId), of(after.sbomId)),
    newFindings: now.filter((one) => !names(old).has(one.id)),
    clearedFindings: old.filter((one) => !names(now).has(one.id)),
  };
}

async function foundIn(
  world: World,
  setIds: readonly (number | undefined)[],
): Promise<readonly (readonly ServiceVulnerability[])[]> {
  const knowledge = await loadKnowledge(world.db);
  const members = await loadMembers(
    world.db,
    setIds.flatMap((id) => id ?? []),
  );
  return setIds.map((id) => {
    const own = id === undefined ? undefined : members.get(id);
    return vulnerabilitiesOf(pairsOf(knowledge, own === undefined ? [] : [own]), knowledge.facts);
  });
}
