import type { Instant } from "../base/instant.ts";
import type { Exposure, HostGroup } from "./exposure.ts";
import {
  judgeSupport,
  type ModernisationRank,
  modernisationRank,
  type SupportDates,
  type SupportJudgement,
  supportStates,
} from "./support.ts";
import { type ProductCycle, type SystemRule, systemOf } from "./support-products.ts";

/**
 * The register of what hosts run and how long it is supported: operating systems, and the runtimes and
 * servers on them. A runtime that comes with a distribution is mended by it as long as the release
 * itself and not a day longer, whatever its own publisher says; both are told.
 */
export interface RegisterEntry extends ProductCycle {
  readonly kind: "system" | "runtime";
  readonly title: string;
  /** The distribution's release that a runtime comes with; "" where it comes from elsewhere. */
  readonly carrier: string;
  readonly judgement: SupportJudgement;
  /** What the product's own publisher says, where the distribution's word counts. */
  readonly upstream: SupportJudgement | null;
  readonly dates: SupportDates | null;
  /** What longer support is called, where the publisher has one. */
  readonly extendedName: string | null;
  readonly hosts: number;
  /** Names of services whose own artifacts contain it. */
  readonly services: readonly string[];
  /** Hosts among them that get the longer support. */
  readonly extendedHosts: number;
  readonly setIds: readonly number[];
  readonly open: number;
  readonly unfixed: number;
  readonly exploited: number;
  readonly rank: ModernisationRank;
}

/** A runtime in some sets, by the packages that are it. */
export interface CarriedRuntime extends ProductCycle {
  readonly packageId: number;
  /** Ecosystem of the distribution that mends it; null where another publisher made it. */
  readonly carrier: string | null;
}

export interface RegisterInput {
  readonly now: Instant;
  readonly soonDays: number;
  readonly groups: readonly HostGroup[];
  /** What artifacts of services contain: each like a host of its own, and counted apart. */
  readonly artifacts: readonly { readonly setId: number; readonly service: string }[];
  readonly ecosystems: ReadonlyMap<number, string>;
  readonly runtimes: readonly CarriedRuntime[];
  readonly members: ReadonlyMap<number, ArrayLike<number>>;
  readonly datesOf: (of: ProductCycle) => SupportDates | null;
  readonly exposures: readonly Exposure[];
  readonly isExploited: (vulnerability: string) => boolean;
}

interface Draft extends ProductCycle {
  readonly kind: RegisterEntry["kind"];
  readonly carrier: string;
  readonly groups: HostGroup[];
  readonly services: Set<string>;
  readonly vulnerabilities: Map<string, boolean>;
}

export function supportRegister(input: RegisterInput): readonly RegisterEntry[] {
  const drafts = new Map<string, Draft>();
  const byPackage = new Map<number, Draft>();
  for (const runtime of input.runtimes) {
    byPackage.set(runtime.packageId, draftOf(drafts, "runtime", runtime, runtime.carrier ?? ""));
  }
  const runtimesOfSet = new Map<number, readonly Draft[]>();
  for (const group of input.groups) {
    const ecosystem = input.ecosystems.get(group.setId) ?? "";
    const system = systemOf(ecosystem);
    if (system !== null) draftOf(drafts, "system", system, ecosystem).groups.push(group);
    const held = runtimesOfSet.get(group.setId) ?? runtimesIn(input, group.setId, byPackage);
    runtimesOfSet.set(group.setId, held);
    for (const draft of held) draft.groups.push(group);
  }
  for (const { setId, service } of input.artifacts) {
    const group = { id: -1, setId, kernelRunning: null, hostCount: 0 };
    const system = systemOf(input.ecosystems.get(setId) ?? "");
    const carrier = input.ecosystems.get(setId) ?? "";
    const held = [
      ...(system === null ? [] : [draftOf(drafts, "system", system, carrier)]),
      ...runtimesIn(input, setId, byPackage),
    ];
    for (const draft of held) {
      draft.groups.push(group);
      draft.services.add(service);
    }
  }
  tellRisk(input, drafts, byPackage);
  return [...drafts.values()]
    .filter((draft) => draft.groups.length > 0)
    .map((draft) => entryOf(draft, input))
    .toSorted(byAge);
}

function draftOf(
  drafts: Map<string, Draft>,
  kind: Draft["kind"],
  { product, cycle }: ProductCycle,
  carrier: string,
): Draft {
  const key = `${kind} ${product} ${cycle} ${carrier}`;
  const made = {
    ...{ kind, product, cycle, carrier, groups: [] },
    ...{ services: new Set<string>(), vulnerabilities: new Map<string, boolean>() },
  };
  const draft = drafts.get(key) ?? made;
  drafts.set(key, draft);
  return draft;
}

function runtimesIn(
  { members }: RegisterInput,
  setId: number,
  byPackage: ReadonlyMap<number, Draft>,
): readonly Draft[] {
  const found = new Set<Draft>();
  for (const id of Array.from(members.get(setId) ?? [])) {
    const draft = byPackage.get(id);
    if (draft !== undefined) found.add(draft);
  }
  return [...found];
}

/** Each vulnerability once for each entry, with whether any of it is without a fix. */
function tellRisk(
  { exposures }: RegisterInput,
  drafts: ReadonlyMap<string, Draft>,
  byPackage: ReadonlyMap<number, Draft>,
): void {
  const systems = new Map(
    [...drafts.values()].filter((d) => d.kind === "system").map((d) => [d.carrier, d]),
  );
  for (const { vulnerability, state, ecosystem, packageIds } of exposures) {
    const system = systems.get(ecosystem);
    const touched = new Set(packageIds.flatMap((id) => byPackage.get(id) ?? []));
    const isUnfixed = state !== "affected-fix-available";
    for (const { vulnerabilities } of [...touched, ...(system === undefined ? [] : [system])]) {
      vulnerabilities.set(vulnerability, isUnfixed || vulnerabilities.get(vulnerability) === true);
    }
  }
}

function entryOf(draft: Draft, input: RegisterInput): RegisterEntry {
  const { kind, product, cycle, carrier, groups, vulnerabilities } = draft;
  const services = [...draft.services].sort();
  const system = systemOf(carrier);
  const hosts = groups.reduce((sum, group) => sum + group.hostCount, 0);
  const entitled = groups.filter((group) => hasExtended(system?.rule ?? null, group));
  const extendedHosts = entitled.reduce((sum, group) => sum + group.hostCount, 0);
  // Of equal releases the hosts with shorter support tell how the entry stands.
  const judged = judgeEntry(draft, input, entitled.length === groups.length);
  const dates = kind === "system" || system === null ? input.datesOf(draft) : input.datesOf(system);
  const ids = [...vulnerabilities.keys()];
  const risk = {
    open: ids.length,
    unfixed: ids.filter((id) => vulnerabilities.get(id) === true).length,
    exploited: ids.filter(input.isExploited).length,
  };
  return {
    ...{ kind, product, cycle, carrier, hosts, services, extendedHosts, dates, ...judged, ...risk },
    title: kind === "system" ? `${system?.rule.title ?? product} ${cycle}` : `${product} ${cycle}`,
    extendedName: dates?.extendedEnds == null ? null : (system?.rule.extended.name ?? null),
    setIds: [...new Set(groups.map((group) => group.setId))],
    // A service is moved once, as a host is.
    rank: modernisationRank({
      judgement: judged.judgement,
      hosts: hosts + services.length,
      ...risk,
    }),
  };
}

function judgeEntry(
  draft: Draft,
  input: RegisterInput,
  hasExtended: boolean,
): Pick<RegisterEntry, "judgement" | "upstream"> {
  const { now, soonDays } = input;
  const own = judgeSupport(input.datesOf(draft), {
    ...{ now, soonDays },
    hasExtended: hasExtended && draft.kind === "system",
  });
  const system = systemOf(draft.carrier);
  if (draft.kind === "system" || system === null) return { judgement: own, upstream: null };
  const carried = judgeSupport(input.datesOf(system), { now, soonDays, hasExtended });
  return { judgement: carried.state === "unknown" ? own : carried, upstream: own };
}

function hasExtended(rule: SystemRule | null, { marks = "" }: HostGroup): boolean {
  if (rule === null) return false;
  const { channels } = rule.extended;
  if (channels === null) return true;
  const own = marks.split(",");
  return channels.some((channel) => own.includes(`@${channel}`));
}

/** What ended comes first, then what ends soonest; the modernisation order is the rank's. */
function byAge(a: RegisterEntry, b: RegisterEntry): number {
  return (
    supportStates.indexOf(a.judgement.state) - supportStates.indexOf(b.judgement.state) ||
    (a.judgement.daysLeft ?? 0) - (b.judgement.daysLeft ?? 0) ||
    b.hosts - a.hosts ||
    (`${a.product} ${a.cycle}` < `${b.product} ${b.cycle}` ? -1 : 1)
  );
}
