import { systemActor } from "../base/actor.ts";
import { sha256 } from "../base/digest.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import type { StoredPackage } from "../inventory/model.ts";
import type { RuntimeSet } from "../inventory/runtime.ts";
import { recordEvent } from "../ledger/record.ts";
import type { RuntimePolicy } from "../policy/runtime.ts";
import { runtimePolicy } from "../policy/store-files.ts";
import { giveWay } from "./feed-format.ts";
import type { Knowledge } from "./knowledge.ts";
import { exposedStates } from "./model.ts";
import { asideOn, type GroupToJudge, type OpenFact } from "./runtime-aside.ts";
import { runtimeJudge } from "./runtime-filter.ts";
import { loadProgramFiles } from "./store-detail.ts";
import { loadKnowledge, loadMembers } from "./store-knowledge.ts";
import { loadRuntimeSets } from "./store-runtime.ts";
import {
  hasAsides,
  type LookedAtHosts,
  loadLookedAt,
  loadPackagesById,
  type MarkedHosts,
  markHosts,
} from "./store-runtime-aside.ts";
import { subjectOf } from "./subject.ts";

/**
 * Brings what the runtime policy sets aside or lowers up to date with what hosts run, what is known and the
 * policy in force. Between two turns another look at a host, by itself, ends what was set aside there.
 */
export async function applyRuntimePolicy(world: World): Promise<void> {
  const policy = await runtimePolicy(world);
  const isAsked = policy.rules.some(({ effect }) => effect !== "show");
  if (!isAsked && !(await hasAsides(world.db))) return;
  const marked = isAsked ? await judgedHosts(world, policy) : [];
  if (marked === null) return;
  await inTransaction(world.db, async (tx) => {
    const { setCount, backCount } = await markHosts(tx, marked, world.clock());
    if (setCount + backCount === 0) return;
    await recordEvent(tx, {
      type: "finding.set-aside",
      actor: systemActor.subject,
      object: "policy:runtime",
      facts: { policy: policy.version, hosts: setCount, hostsBack: backCount },
    });
  });
}

/** What was judged last, by server: fleets at rest are not judged again each minute. */
const judgedLast = new WeakMap<World["db"], string>();

/** Null where nothing that it follows from has changed since the last turn. */
async function judgedHosts(
  world: World,
  policy: RuntimePolicy,
): Promise<readonly MarkedHosts[] | null> {
  const { db } = world;
  const now = world.clock();
  const groups = await loadLookedAt(db, {
    selectors: policy.rules.map(({ hosts }) => hosts),
    notBefore: now - policy.evidenceMs,
  });
  const knowledge = await loadKnowledge(db);
  const told = groups.map(({ setId, runtimeId, fits, hosts, asideCount }) => {
    return [setId, runtimeId, fits, hosts, asideCount];
  });
  const state = sha256(JSON.stringify([policy.version, knowledge.key, told]));
  if (judgedLast.get(db) === state) return null;
  judgedLast.set(db, state);
  const sets = await loadRuntimeSets(db, [...new Set(groups.map(({ runtimeId }) => runtimeId))]);
  const members = await loadMembers(db, [...new Set(groups.map(({ setId }) => setId))]);
  const ids = new Set([...members.values()].flatMap((list) => [...list]));
  const packages = new Map((await loadPackagesById(db, [...ids])).map((p) => [p.id, p]));
  const open = openByPackage(knowledge);
  const factOf = await factsFor(world, knowledge, [...sets.values()]);
  const marked: MarkedHosts[] = [];
  for (const group of groups) {
    const set = sets.get(group.runtimeId);
    if (set === undefined) continue;
    const own = [...(members.get(group.setId) ?? [])].flatMap((id) => packages.get(id) ?? []);
    const content = asideOn(groupToJudge(group, { set, own, open, now }), policy, factOf);
    if (content !== null) marked.push({ ...group, content });
    await giveWay();
  }
  return marked;
}

type OpenByPackage = ReadonlyMap<number, readonly string[]>;

function openByPackage({ pairs }: Knowledge): OpenByPackage {
  const states = new Set<string>(exposedStates);
  const open = new Map<number, Set<string>>();
  for (const { packageIds, vulnerability, state } of pairs) {
    if (!states.has(state)) continue;
    for (const id of packageIds) {
      const own = open.get(id) ?? new Set<string>();
      open.set(id, own.add(vulnerability));
    }
  }
  return new Map([...open].map(([id, vulnerabilities]) => [id, [...vulnerabilities].sort()]));
}

function groupToJudge(
  group: LookedAtHosts,
  of: {
    readonly set: RuntimeSet;
    readonly own: readonly StoredPackage[];
    readonly open: OpenByPackage;
    readonly now: number;
  },
): GroupToJudge {
  const { set, own, open, now } = of;
  const bySource = Map.groupBy(own, (p) => subjectOf(p).source);
  return {
    isOf: (place) => group.fits[place] === "1",
    judge: runtimeJudge({ set, since: group.since, asOf: group.asOf }, now),
    sources: [...bySource.values()].map((parts) => ({
      names: [...new Set(parts.map(({ name }) => name))],
      isKernel: parts.some((p) => subjectOf(p).role !== "ordinary"),
      packages: parts.map(({ id }) => ({ id, vulnerabilities: open.get(id) ?? [] })),
    })),
  };
}

/** Files of the kernel are read only where an administrator keeps modules from being loaded. */
async function factsFor(
  world: World,
  { facts }: Knowledge,
  sets: readonly RuntimeSet[],
): Promise<(vulnerability: string) => OpenFact> {
  const isAsked = sets.some((set) => set.disabled.some(({ how }) => how === "install"));
  const files = isAsked ? await loadProgramFiles(world.db, [...facts.keys()]) : new Map();
  return (vulnerability) => {
    const fact = facts.get(vulnerability);
    return {
      vectors: fact?.cvss.map(({ vector }) => vector) ?? [],
      programFiles: files.get(vulnerability) ?? [],
      isExploited: fact?.kev != null || fact?.ssvc?.exploitation === "active",
    };
  };
}
