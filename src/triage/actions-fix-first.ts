import { type Actor, scopesFor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import type { Instant } from "../base/instant.ts";
import type { World } from "../db/world.ts";
import { systemSupport } from "../intel/actions-support.ts";
import { loadReach } from "../intel/store-exposure.ts";
import type { SupportJudgement } from "../intel/support.ts";
import { loadPackages } from "../inventory/store.ts";
import { listFixFirst } from "./actions.ts";
import { listFixFirstInServices } from "./actions-fix-first-services.ts";
import { chosenHosts } from "./actions-host-choice.ts";
import { byRisk } from "./fix-first.ts";
import { type UpdateAction, updateAction } from "./fix-first-action.ts";
import { type Cover, coverOf } from "./fix-first-cover.ts";
import { allHosts, type HostChoice } from "./host-choice.ts";
import { fleetSightOf, loadOffersBySet, loadSightRows } from "./store-exposure.ts";

/** What to fix first on the hosts that a reader chose, and what one of the updates would do. */
export interface FixFirst extends Cover {
  /** How long the release that each update belongs to is supported, by ecosystem. */
  readonly support: ReadonlyMap<string, SupportJudgement>;
}

export async function fixFirstOn(
  world: World,
  actor: Actor,
  of: {
    readonly choice?: HostChoice;
    readonly asOf?: Instant | undefined;
    /** Only what this service contains. */
    readonly service?: string | undefined;
  },
): Promise<FixFirst> {
  const { choice = allHosts, asOf } = of;
  const permission = "finding.read";
  const chosen = await chosenHosts(world, actor, { choice, permission });
  const { service } = of;
  const onHosts = service === undefined ? await listFixFirst(world, actor, { asOf, chosen }) : [];
  // What services contain is no matter of single hosts.
  const inServices =
    chosen === undefined ? await listFixFirstInServices(world, actor, { asOf, service }) : [];
  const cover = coverOf(
    inServices.length === 0 ? onHosts : [...onHosts, ...inServices].toSorted(byRisk),
  );
  const ecosystems = [...new Set(cover.steps.map(({ item }) => item.target.ecosystem))];
  const now = asOf ?? world.clock();
  return { ...cover, support: await systemSupport(world.db, { ecosystems, now }) };
}

export interface PreviewedUpdate extends UpdateAction {
  readonly ecosystem: string;
  readonly source: string;
}

/** What the update of one source would do on the hosts that the reader chose, told from inventories. */
export async function previewUpdate(
  world: World,
  actor: Actor,
  of: {
    readonly source: string;
    readonly ecosystem?: string | undefined;
    readonly choice?: HostChoice;
  },
): Promise<PreviewedUpdate> {
  const scopes = scopesFor(actor, "finding.read");
  const { source, choice = allHosts } = of;
  const chosen = await chosenHosts(world, actor, { choice, permission: "finding.read" });
  const rows = await loadSightRows(world.db, scopes, [], { chosen });
  const { hosts, offerSets } = fleetSightOf(rows);
  const reach = await loadReach(world.db, { scopes, source, hosts });
  const ecosystem = onlyEcosystem(
    source,
    reach.pairs.map((pair) => pair.ecosystem),
    of.ecosystem,
  );
  const pairs = reach.pairs.filter((pair) => pair.ecosystem === ecosystem);
  const ids = [...new Set(pairs.flatMap((pair) => pair.packageIds))];
  const packages = await loadPackages(world.db, ids);
  const sources = [...new Set([source, ...packages.map((p) => p.source)])];
  const sets = offerSets.filter((set) => set.ecosystem === ecosystem);
  const action = updateAction({
    ...{ ecosystem, pairs, postings: reach.postings },
    groups: rows.flatMap(({ setId, ...row }) =>
      setId === null || row.ecosystem !== ecosystem ? [] : [{ ...row, setId }],
    ),
    packages: new Map(packages.map((p) => [p.id, p])),
    offers: await loadOffersBySet(world.db, { sets, sources }),
  });
  if (action.hosts > 0) return { ...action, ecosystem, source };
  throw nothingOpen(source);
}

function onlyEcosystem(
  source: string,
  found: readonly string[],
  asked: string | undefined,
): string {
  const distinct = [...new Set(found)].filter((each) => asked === undefined || each === asked);
  const [ecosystem] = distinct;
  if (ecosystem === undefined) throw nothingOpen(source);
  if (distinct.length === 1) return ecosystem;
  throw new Failure(
    "invalid",
    `${source} is affected in ${distinct.join(" and ")}. Name one with --ecosystem.`,
  );
}

function nothingOpen(source: string): Failure {
  return new Failure(
    "not-found",
    `No finding of ${source.slice(0, 128)} is open on the hosts asked about. "fettle patch list" shows what there is.`,
  );
}
