import type { Actor } from "../base/actor.ts";
import type { HostId } from "../base/ids.ts";
import { inTransaction, type Reader } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { loadVulnerabilities } from "../intel/store-vulnerability.ts";
import { subjectOf } from "../intel/subject.ts";
import { orderOf } from "../intel/versions/order.ts";
import { recordEvent } from "../ledger/record.ts";
import { nameInForce, policyInForce } from "../policy/store-files.ts";
import { candidateDates, earliestDeadline, type Sighting } from "./deadline.ts";
import { type Wait, waitsBetween } from "./deadline-pause.ts";
import { type DeadlinePolicy, deadlinesKind, parseDeadlines } from "./deadline-policy.ts";
import type { CandidateDate, Deadline, Patch } from "./model.ts";
import { loadOpenPatches } from "./store.ts";
import {
  type DetectionFilter,
  type DetectionRow,
  loadDetections,
  loadOfferedTimes,
  updateDeadline,
} from "./store-deadline.ts";

export async function deadlinePolicy(world: World): Promise<DeadlinePolicy> {
  const found = await policyInForce(world, deadlinesKind);
  return parseDeadlines(found.text, nameInForce(found, deadlinesKind.name));
}

/** Every date that a policy gives now for these findings, the one that counts first. */
export async function datesFor(
  reader: Reader,
  policy: DeadlinePolicy,
  filter: DetectionFilter,
): Promise<readonly CandidateDate[]> {
  const rows = await loadDetections(reader, policy, filter);
  const sightings = await sightingsOf(reader, policy, rows);
  const facts = await loadVulnerabilities(reader, [...new Set(rows.map((r) => r.vulnerability))]);
  return candidateDates(policy, sightings, facts);
}

/** Offers are looked up only where the policy can pause a clock at all. */
export async function sightingsOf(
  reader: Reader,
  policy: DeadlinePolicy,
  rows: readonly DetectionRow[],
): Promise<readonly Sighting[]> {
  const ids = policy.presets.map(({ preset }) => preset.id);
  const pausable = new Set(policy.pauses.flatMap((rule) => rule.presets));
  const sources = new Map<string, Promise<ReadonlyMap<string, readonly Wait[]>>>();
  const sightings: Sighting[] = [];
  for (const row of rows) {
    const { fixedVersions, presets: digits, ...rest } = row;
    const presets = ids.filter((_, at) => digits[at] === "1");
    const key = `${row.ecosystem}\n${row.source}`;
    const needsWaits = presets.some((id) => pausable.has(id));
    if (needsWaits && !sources.has(key)) sources.set(key, offeredVersions(reader, row));
    const offered = needsWaits ? await sources.get(key) : undefined;
    const waits =
      offered === undefined
        ? []
        : waitsBetween(row.detectedAt, fixTimes(row.ecosystem, fixedVersions, offered));
    sightings.push({ ...rest, presets, waits });
  }
  return sightings;
}

async function offeredVersions(
  reader: Reader,
  of: { readonly ecosystem: string; readonly source: string },
): Promise<ReadonlyMap<string, readonly Wait[]>> {
  const versions = new Map<string, readonly Wait[]>();
  for (const offer of await loadOfferedTimes(reader, of)) {
    const { version } = subjectOf({ ...offer, ecosystem: of.ecosystem, module: "" });
    versions.set(version, [...(versions.get(version) ?? []), ...offer.times]);
  }
  return versions;
}

/** When a version was offered that fixes all of it; what cannot be compared fixes nothing. */
function fixTimes(
  ecosystem: string,
  fixed: readonly string[],
  offered: ReadonlyMap<string, readonly Wait[]>,
): readonly Wait[] {
  const order = orderOf(ecosystem);
  if (order === null || fixed.length === 0) return [];
  return [...offered.entries()]
    .filter(([version]) => fixed.every((wanted) => (order(version, wanted) ?? -1) >= 0))
    .flatMap(([, times]) => times);
}

/** The deadline of a case as the policy gives it now; null while no host has what it clears. */
export async function deadlineOfCase(
  reader: Reader,
  policy: DeadlinePolicy,
  of: Pick<Patch, "target" | "vulnerabilities">,
): Promise<Deadline | null> {
  if (of.vulnerabilities.length === 0) return null;
  const dates = await datesFor(reader, policy, {
    vulnerabilities: of.vulnerabilities,
    source: of.target,
  });
  return earliestDeadline(policy, dates);
}

export async function datesOfHost(
  world: World,
  host: HostId,
): Promise<{ readonly policy: DeadlinePolicy; readonly dates: readonly CandidateDate[] }> {
  const policy = await deadlinePolicy(world);
  return { policy, dates: await datesFor(world.db, policy, { host }) };
}

export interface Redated {
  readonly patch: Patch;
  readonly to: Deadline;
}

/** The open cases whose date is another one under this policy. */
export async function casesToRedate(
  reader: Reader,
  policy: DeadlinePolicy,
): Promise<readonly Redated[]> {
  const redated: Redated[] = [];
  for (const patch of await loadOpenPatches(reader)) {
    if (patch.state === "observing") continue;
    const to = await deadlineOfCase(reader, policy, patch);
    if (to !== null && !isSame(patch.deadline, to)) redated.push({ patch, to });
  }
  return redated;
}

function isSame(a: Deadline, b: Deadline): boolean {
  return JSON.stringify(sortedKeys(a)) === JSON.stringify(sortedKeys(b));
}

/** What comes back from the database has its keys in another order. */
function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sortedKeys(inner)]));
}

/**
 * Gives every open case the date that policy, feeds and inventory give now, and tells of each date that
 * moved. Nothing moves a clock's start but an earlier sight or listing. True where something changed.
 */
export async function redateCases(world: World, actor: Actor): Promise<boolean> {
  const policy = await deadlinePolicy(world);
  const redated = await casesToRedate(world.db, policy);
  for (const { patch, to } of redated) await redate(world, actor, patch, to);
  return redated.length > 0;
}

async function redate(world: World, actor: Actor, patch: Patch, to: Deadline): Promise<void> {
  const from = patch.deadline;
  await inTransaction(world.db, async (tx) => {
    if (!(await updateDeadline(tx, { patch: patch.id, from, to }))) return;
    if (from.at === to.at && from.rule === to.rule && from.preset === to.preset) return;
    await recordEvent(tx, {
      type: "patch.redated",
      actor: actor.subject,
      object: `patch:${patch.id}`,
      patch: patch.id,
      facts: {
        from: from.at,
        to: to.at,
        preset: to.preset,
        presetVersion: to.version,
        rule: to.rule,
        vulnerability: to.vulnerability,
        policy: to.policy?.version ?? null,
      },
    });
  });
}
