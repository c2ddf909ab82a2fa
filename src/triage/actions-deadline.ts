import type { Actor } from "../base/actor.ts";
import type { HostId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { inTransaction, type Reader } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { isLanguage } from "../intel/offer-family.ts";
import { loadVulnerabilities } from "../intel/store-vulnerability.ts";
import { subjectOf } from "../intel/subject.ts";
import { orderOf } from "../intel/versions/order.ts";
import { recordEvent } from "../ledger/record.ts";
import { nameInForce, policyInForce } from "../policy/store-files.ts";
import { candidateDates, earliestDeadline, type Sighting } from "./deadline.ts";
import { type Wait, waitsBetween } from "./deadline-pause.ts";
import { type DeadlinePolicy, deadlinesKind, parseDeadlines } from "./deadline-policy.ts";
import type { CandidateDate, Deadline, Patch } from "./model.ts";
import { EVERYWHERE } from "./scope.ts";
import { loadOpenPatches } from "./store.ts";
import {
  type DetectionFilter,
  type DetectionRow,
  loadDetections,
  loadOfferedTimes,
  type OfferedTimes,
  type SourceKey,
  updateDeadline,
} from "./store-deadline.ts";

export async function deadlinePolicy(world: World, asOf?: Instant): Promise<DeadlinePolicy> {
  const found = await policyInForce(world, deadlinesKind, asOf);
  return parseDeadlines(found.text, nameInForce(found, deadlinesKind.name));
}

/**
 * Every date that a policy gives for these findings, the one that counts first: by what is known now,
 * or by what was known then.
 */
export async function datesFor(
  reader: Reader,
  policy: DeadlinePolicy,
  filter: DetectionFilter,
): Promise<readonly CandidateDate[]> {
  const { sightings, facts } = await seenOf(reader, policy, filter);
  return candidateDates(policy, sightings, facts);
}

/** What hosts were seen with, and what is known of it. */
async function seenOf(reader: Reader, policy: DeadlinePolicy, filter: DetectionFilter) {
  const { asOf } = filter;
  const rows = await loadDetections(reader, policy, filter);
  const sightings = await sightingsOf(reader, policy, rows, asOf);
  const ids = [...new Set(rows.map((row) => row.vulnerability))];
  const facts = await loadVulnerabilities(reader, ids, asOf);
  return { sightings, facts };
}

/** Offers are looked up only where the policy can pause a clock at all. */
export async function sightingsOf(
  reader: Reader,
  policy: DeadlinePolicy,
  rows: readonly DetectionRow[],
  asOf?: Instant,
): Promise<readonly Sighting[]> {
  const asked = sourcesToAsk(policy, rows);
  return rows.map(sightingGiven(policy, await loadOfferedTimes(reader, asked, asOf)));
}

/** The sources whose offers may pause a clock of these. */
export function sourcesToAsk(
  policy: DeadlinePolicy,
  rows: readonly DetectionRow[],
): readonly SourceKey[] {
  const presetsIn = presetReader(policy);
  const needed = new Map<string, SourceKey>();
  for (const row of rows) {
    if (row.fixedVersions.length === 0 || !needsWaits(row, presetsIn(row))) continue;
    needed.set(sourceName(row), row);
  }
  return [...needed.values()];
}

/** The same for whoever has looked the offers up. */
export function sightingGiven(
  policy: DeadlinePolicy,
  offers: readonly OfferedTimes[],
): (row: DetectionRow) => Sighting {
  const presetsIn = presetReader(policy);
  const offered = offeredVersions(offers);
  return (row) => {
    const { presets: _, fixedVersions, ...rest } = row;
    const found = presetsIn(row);
    if (!needsWaits(row, found)) return { ...rest, presets: found.ids, waits: [] };
    const versions = offered.get(sourceName(rest)) ?? new Map<string, readonly Wait[]>();
    const times = fixTimes(rest.ecosystem, fixedVersions, versions);
    return { ...rest, presets: found.ids, waits: waitsBetween(rest.detectedAt, times) };
  };
}

interface PresetsOfRow {
  readonly ids: readonly string[];
  /** True when a clock of one of them may stand still. */
  readonly mayPause: boolean;
}

/** Most rows have the same few presets. */
function presetReader(policy: DeadlinePolicy): (row: DetectionRow) => PresetsOfRow {
  const all = policy.presets.map(({ preset }) => preset.id);
  const pausable = new Set(policy.pauses.flatMap((rule) => rule.presets));
  const known = new Map<string, PresetsOfRow>();
  return ({ presets: digits }) => {
    const before = known.get(digits);
    if (before !== undefined) return before;
    const ids = all.filter((_, at) => digits[at] === "1");
    const found = { ids, mayPause: ids.some((id) => pausable.has(id)) };
    known.set(digits, found);
    return found;
  };
}

/** A registry gives a fixed version to everybody: there the clock waits for the fix alone. */
function needsWaits({ ecosystem, fixedVersions }: DetectionRow, of: PresetsOfRow): boolean {
  return of.mayPause && !(isLanguage(ecosystem) && fixedVersions.length > 0);
}

type OfferedVersions = Map<string, readonly Wait[]>;

/** When each version of these sources was offered. */
function offeredVersions(offers: readonly OfferedTimes[]): ReadonlyMap<string, OfferedVersions> {
  const sources = new Map<string, OfferedVersions>();
  for (const offer of offers) {
    const { version } = subjectOf({ ...offer, module: "" });
    const versions = sources.get(sourceName(offer)) ?? new Map<string, readonly Wait[]>();
    sources.set(sourceName(offer), versions);
    versions.set(version, [...(versions.get(version) ?? []), ...offer.times]);
  }
  return sources;
}

function sourceName({ ecosystem, source }: SourceKey): string {
  return `${ecosystem}\n${source}`;
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

type CaseFindings = Pick<Patch, "target" | "vulnerabilities">;

/** The deadline of a case as the policy gives it now; null while no host has what it clears. */
export async function deadlineOfCase(
  reader: Reader,
  policy: DeadlinePolicy,
  of: CaseFindings,
): Promise<Deadline | null> {
  return (await deadlinesOfCases(reader, policy, [of])).get(of) ?? null;
}

/** The same of many at once: hosts, offers and facts are read once, however many cases there are. */
export async function deadlinesOfCases<Case extends CaseFindings>(
  reader: Reader,
  policy: DeadlinePolicy,
  cases: readonly Case[],
): Promise<ReadonlyMap<Case, Deadline>> {
  const asked = cases.filter((one) => one.vulnerabilities.length > 0);
  if (asked.length === 0) return new Map();
  const targets = new Map(asked.map(({ target }) => [sourceName(target), target]));
  const { sightings, facts } = await seenOf(reader, policy, {
    vulnerabilities: [...new Set(asked.flatMap((one) => one.vulnerabilities))],
    sources: [...targets.values()],
  });
  const bySource = Map.groupBy(sightings, sourceName);
  return new Map(
    asked.flatMap((one): readonly (readonly [Case, Deadline])[] => {
      const wanted = new Set(one.vulnerabilities);
      const own = bySource.get(sourceName(one.target)) ?? [];
      const clears = own.filter(({ vulnerability }) => wanted.has(vulnerability));
      const deadline = earliestDeadline(policy, candidateDates(policy, clears, facts));
      return deadline === null ? [] : [[one, deadline]];
    }),
  );
}

export async function datesOfHost(
  world: World,
  host: HostId,
  asOf?: Instant,
): Promise<{ readonly policy: DeadlinePolicy; readonly dates: readonly CandidateDate[] }> {
  const policy = await deadlinePolicy(world, asOf);
  return { policy, dates: await datesFor(world.db, policy, { host, asOf }) };
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
  const cases = (await loadOpenPatches(reader, EVERYWHERE)).filter(
    ({ state }) => state !== "observing",
  );
  const deadlines = await deadlinesOfCases(reader, policy, cases);
  return cases.flatMap((patch) => {
    const to = deadlines.get(patch);
    return to === undefined || isSame(patch.deadline, to) ? [] : { patch, to };
  });
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
