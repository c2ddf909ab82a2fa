import { type Actor, scopesFor } from "../base/actor.ts";
import { counted } from "../base/counted.ts";
import { type Instant, instantToText } from "../base/instant.ts";
import type { Selector } from "../base/labels.ts";
import type { Word } from "../base/word.ts";
import type { World } from "../db/world.ts";
import { foundHost } from "../inventory/actions.ts";
import type { Host, StoredPackage } from "../inventory/model.ts";
import type { RuntimeSet } from "../inventory/runtime.ts";
import { type HostRuntime, loadHostRuntime } from "../inventory/store-runtime.ts";
import type { PairGroup } from "./exposure.ts";
import { type Filter, filterWords } from "./filter.ts";
import type { Vulnerability } from "./model.ts";
import { LOOK_FRESH_MS, runtimeFilter, runtimeJudge } from "./runtime-filter.ts";
import { fleetJudge, type RuntimeOnHosts } from "./runtime-hosts.ts";
import { loadProgramFiles } from "./store-detail.ts";
import { loadMembers } from "./store-knowledge.ts";
import {
  loadEffectlessFixes,
  loadPackagesOf,
  loadRuntimeGroups,
  loadRuntimeSets,
  loadSiblings,
} from "./store-runtime.ts";
import { subjectOf } from "./subject.ts";

/** What runs on one host, and what that means for its findings. */
export type RuntimeFilterOf = (
  finding: { readonly packageName: string; readonly vulnerability: string },
  facts: Pick<Vulnerability, "cvss"> | undefined,
) => Filter | null;

/** Beside what the running systems say: hosts that were not asked, as too many are unlike others. */
interface Told<T> {
  readonly said: T;
  readonly leftOutCount: number;
}

/** What the running systems of the fleet say about one vulnerability. */
export async function runtimeOfVulnerability(
  world: World,
  of: {
    readonly scopes: readonly Selector[];
    readonly exposedIds: readonly number[];
    readonly facts: Pick<Vulnerability, "id" | "cvss">;
  },
): Promise<Told<readonly RuntimeOnHosts[]>> {
  const { scopes, exposedIds, facts } = of;
  const { judge, filesOf, leftOutCount } = await fleetJudgeOf(world, {
    scopes,
    ids: exposedIds,
    keys: [facts.id],
  });
  const programFiles = filesOf.get(facts.id) ?? [];
  return { said: judge({ exposedIds, vectors: vectorsOf(facts), programFiles }), leftOutCount };
}

async function fleetJudgeOf(
  world: World,
  of: {
    readonly scopes: readonly Selector[];
    readonly ids: readonly number[];
    readonly keys: readonly string[];
  },
) {
  const now = world.clock();
  const asked = { scopes: of.scopes, packageIds: of.ids, notBefore: now - LOOK_FRESH_MS };
  const { groups, leftOutCount } =
    of.ids.length === 0
      ? { groups: [], leftOutCount: 0 }
      : await loadRuntimeGroups(world.db, asked);
  const setIds = [...new Set(groups.map(({ setId }) => setId))];
  const sets = await loadRuntimeSets(world.db, [...new Set(groups.map((one) => one.runtimeId))]);
  const members = await loadMembers(world.db, setIds);
  const packages = await loadSiblings(world.db, of.ids);
  return {
    judge: fleetJudge({ groups, members, sets, packages, now }),
    filesOf: await kernelFiles(world, [...sets.values()], of.keys),
    leftOutCount,
  };
}

/** Read only where an administrator keeps modules from being loaded: nobody else asks for them. */
async function kernelFiles(
  world: World,
  sets: readonly RuntimeSet[],
  vulnerabilities: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const isAsked = sets.some((set) => set.disabled.some(({ how }) => how === "install"));
  return isAsked ? await loadProgramFiles(world.db, vulnerabilities) : new Map();
}

/** How many hosts of a row the running system speaks against it on, by what it says. */
export type RuntimeCount = Pick<RuntimeOnHosts, "hostCount"> & {
  readonly kind: Filter["kind"];
  readonly label: string;
};

/** The same for the rows of a list: of one vulnerability, or of all of one source. */
export async function runtimeOfRows(
  world: World,
  of: {
    readonly scopes: readonly Selector[];
    readonly keys: readonly string[];
    readonly keyOf: (pair: PairGroup) => string;
    readonly pairs: readonly PairGroup[];
    readonly facts: ReadonlyMap<string, Vulnerability>;
  },
): Promise<Told<ReadonlyMap<string, readonly RuntimeCount[]>>> {
  const ids = new Map(of.keys.map((key) => [key, new Set<number>()]));
  for (const pair of of.pairs) {
    const own = ids.get(of.keyOf(pair));
    if (own !== undefined) for (const id of pair.packageIds) own.add(id);
  }
  const all = new Set([...ids.values()].flatMap((own) => [...own]));
  const { scopes, keys } = of;
  const asked = { scopes, ids: [...all], keys };
  const { judge, filesOf, leftOutCount } = await fleetJudgeOf(world, asked);
  const rows = new Map(
    [...ids].map(([key, own]) => {
      const vectors = vectorsOf(of.facts.get(key));
      const programFiles = filesOf.get(key) ?? [];
      const said = judge({ exposedIds: [...own], vectors, programFiles });
      return [key, countsByKind(said)] as const;
    }),
  );
  return { said: rows, leftOutCount };
}

function countsByKind(said: readonly RuntimeOnHosts[]): readonly RuntimeCount[] {
  const byKind = Map.groupBy(said, ({ filter }) => filter.kind);
  return [...byKind].map(([kind, own]) => ({
    kind,
    label: filterWords[kind],
    hostCount: own.reduce((sum, { hostCount }) => sum + hostCount, 0),
  }));
}

function vectorsOf(facts: Pick<Vulnerability, "cvss"> | undefined): readonly string[] {
  return facts?.cvss.map(({ vector }) => vector) ?? [];
}

/** A judge of the findings of one host; null where nothing is known of what runs there. */
export async function runtimeFilterOfHost(
  world: World,
  host: Pick<Host, "id" | "name">,
  vulnerabilities: readonly string[],
): Promise<RuntimeFilterOf | null> {
  const look = await loadHostRuntime(world.db, host.id);
  if (look === null) return null;
  const judge = runtimeJudge(look, world.clock());
  const packages = await loadPackagesOf(world.db, host.id);
  const sourceOf = new Map(packages.map((p) => [p.name, subjectOf(p)]));
  const bySource = Map.groupBy(packages, (p) => subjectOf(p).source);
  const filesOf = await kernelFiles(world, [look.set], vulnerabilities);
  return ({ packageName, vulnerability }, facts) => {
    const subject = sourceOf.get(packageName);
    const verdict = judge({
      vectors: vectorsOf(facts),
      programFiles: filesOf.get(vulnerability) ?? [],
      packages: namesOf(bySource.get(subject?.source ?? "") ?? []),
      isKernel: subject !== undefined && subject.role !== "ordinary",
    });
    return runtimeFilter(verdict, { ...look, host: host.name });
  };
}

function namesOf(packages: readonly StoredPackage[]): readonly string[] {
  return [...new Set(packages.map((p) => p.name))];
}

const unknownWord: Word = { name: "unknown", tone: "unknown", label: "not known" };
const wholeWord: Word = { name: "seen", tone: "good", label: "all processes seen" };
const partWord: Word = { name: "part", tone: "unknown", label: "not all processes seen" };
const oldWord: Word = { name: "old", tone: "unknown", label: "seen too long ago" };
const staleWord: Word = {
  name: "fixed-until-restart",
  tone: "attention",
  label: "fixed on disk, not effective until restart",
};
const otherWord: Word = {
  name: "older-version-runs",
  tone: "attention",
  label: "an older version still runs",
};

/** What runs on a host, for people: who uses which package, what waits for a restart, who listens. */
export async function showRuntime(world: World, actor: Actor, ref: string) {
  const host = await foundHost(world, ref, scopesFor(actor, "finding.read"));
  const look = await loadHostRuntime(world.db, host.id);
  if (look === null) {
    const sentence =
      "What runs on it is not known: no inspection has told it yet. The next one does, where the host is asked as root.";
    return { state: unknownWord, sentence, asOf: null, since: null, ...nothing };
  }
  const { set, counts } = look;
  const stale = set.used.filter((one) => one.isStale);
  const fixes = await loadEffectlessFixes(world.db, {
    hostId: host.id,
    stale: stale.map((one) => one.name),
  });
  return {
    state: stateOf(look, world.clock()),
    sentence: sentenceOf(look),
    asOf: instantToText(look.asOf),
    since: instantToText(look.since),
    used: set.used.map((one) => {
      const [runCount = 0, mappedCount = 0, staleCount = 0] = counts.packages[one.name] ?? [];
      return { ...one, runCount, mappedCount, staleCount };
    }),
    restarts: stale.map((one) => {
      const fix = fixes.find((each) => each.packageName === one.name);
      return {
        package: one.name,
        state: (fix?.vulnerabilities.length ?? 0) > 0 ? staleWord : otherWord,
        installed: fix?.installed ?? null,
        before: fix?.before ?? null,
        processes: one.processes,
        vulnerabilities: [...(fix?.vulnerabilities ?? [])],
      };
    }),
    listening: set.listening,
    moduleCount: set.modules.length,
    disabledModules: set.disabled,
    idleCount: set.idle.length,
  };
}

const nothing = {
  used: [],
  restarts: [],
  listening: [],
  moduleCount: 0,
  disabledModules: [],
  idleCount: 0,
};

function stateOf({ set, asOf }: HostRuntime, now: Instant): Word {
  if (now - asOf > LOOK_FRESH_MS) return oldWord;
  return set.isWhole ? wholeWord : partWord;
}

function sentenceOf({ set, counts }: HostRuntime): string {
  const seen = `${counted(counts.processes, "process", "processes")} of this host use ${counted(set.used.length, "package", "packages")}; ${counted(set.idle.length, "package is", "packages are")} not in memory.`;
  const others =
    counts.elsewhere === 0
      ? ""
      : ` ${counted(counts.elsewhere, "process", "processes")} of containers or other roots ${counts.elsewhere === 1 ? "is" : "are"} left out.`;
  const unread = set.isWhole
    ? ""
    : ` ${counts.unread > 0 ? `${counted(counts.unread, "process", "processes")} could not be read` : "Not everything could be read"}, so nothing is said not to run.`;
  return seen + others + unread;
}
