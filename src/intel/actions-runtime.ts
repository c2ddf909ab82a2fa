import { type Actor, scopesFor } from "../base/actor.ts";
import { type Instant, instantToText } from "../base/instant.ts";
import type { Word } from "../base/word.ts";
import type { World } from "../db/world.ts";
import { foundHost } from "../inventory/actions.ts";
import type { Host, StoredPackage } from "../inventory/model.ts";
import { type HostRuntime, loadHostRuntime } from "../inventory/store-runtime.ts";
import type { Filter } from "./filter.ts";
import type { Vulnerability } from "./model.ts";
import { LOOK_FRESH_MS, runtimeFilter, runtimeJudge } from "./runtime-filter.ts";
import { loadEffectlessFixes, loadPackagesOf } from "./store-runtime.ts";
import { subjectOf } from "./subject.ts";

/** What runs on one host, and what that means for its findings. */
export type RuntimeFilterOf = (
  finding: { readonly packageName: string; readonly vulnerability: string },
  facts: Pick<Vulnerability, "cvss"> | undefined,
) => Filter | null;

/** A judge of the findings of one host; null where nothing is known of what runs there. */
export async function runtimeFilterOfHost(
  world: World,
  host: Pick<Host, "id" | "name">,
): Promise<RuntimeFilterOf | null> {
  const look = await loadHostRuntime(world.db, host.id);
  if (look === null) return null;
  const judge = runtimeJudge(look, world.clock());
  const packages = await loadPackagesOf(world.db, host.id);
  const sourceOf = new Map(packages.map((p) => [p.name, subjectOf(p)]));
  const bySource = Map.groupBy(packages, (p) => subjectOf(p).source);
  return ({ packageName }, facts) => {
    const subject = sourceOf.get(packageName);
    const verdict = judge({
      vectors: facts?.cvss.map((one) => one.vector) ?? [],
      programFiles: [],
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
  const seen = `${count(counts.processes, "process", "processes")} of this host use ${count(set.used.length, "package", "packages")}; ${count(set.idle.length, "package is", "packages are")} not in memory.`;
  const others =
    counts.elsewhere === 0
      ? ""
      : ` ${count(counts.elsewhere, "process", "processes")} of containers or other roots ${counts.elsewhere === 1 ? "is" : "are"} not counted.`;
  const unread = set.isWhole
    ? ""
    : ` ${counts.unread > 0 ? `${count(counts.unread, "process", "processes")} could not be read` : "Not everything could be read"}, so nothing is said not to run.`;
  return seen + others + unread;
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}
