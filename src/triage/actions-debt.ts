import { type Actor, scopesFor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { DAY_MS, type Instant } from "../base/instant.ts";
import type { World } from "../db/world.ts";
import { loadPastOf } from "../intel/actions-trend.ts";
import { type Days, dayOf, daysUntil } from "../intel/days.ts";
import { loadKnowledge, loadMembers } from "../intel/store-knowledge.ts";
import { loadVulnerabilities } from "../intel/store-vulnerability.ts";
import { deadlinePolicy, sightingsOf } from "./actions-deadline.ts";
import { debtPolicy } from "./actions-deferral.ts";
import { candidateDates } from "./deadline.ts";
import type { DeadlinePolicy } from "./deadline-policy.ts";
import { type Debt, type DebtGroup, debtOf, type Held, type SetFinding } from "./debt.ts";
import { type SetTimes, setFindings } from "./debt-findings.ts";
import { type DebtPolicy, pointsOf, type RiskFacts } from "./debt-policy.ts";
import type { Deferral } from "./deferral.ts";
import type { Exception } from "./exception.ts";
import { coversFinding } from "./exception-scope.ts";
import type { DetectionRow } from "./store-deadline.ts";
import {
  countUnknownHosts,
  type DebtRow,
  loadDebtGroups,
  loadKnownSince,
  loadServiceGroups,
} from "./store-debt.ts";
import { loadDeferrals } from "./store-deferral.ts";
import { loadEverApproved } from "./store-exception.ts";

/** Debt as it follows from the histories now; nothing of it is kept. */
export interface DatedDebt extends Debt {
  readonly days: Days;
  /** The first day that is known; the days before it are not. */
  readonly knownFrom: number;
  readonly by: string;
  readonly unknownHosts: number;
  readonly policy: DebtPolicy;
}

export const DEBT_DAYS_MAX = 180;

export async function debtOfFleet(
  world: World,
  actor: Actor,
  asked: { readonly by: string; readonly days: number },
): Promise<DatedDebt> {
  const policy = await debtPolicy(world);
  if (!policy.groups.includes(asked.by)) {
    throw new Failure(
      "invalid",
      `Debt is not told apart by the label ${JSON.stringify(asked.by.slice(0, 64))}. The policy ${policy.file} names ${policy.groups.join(", ")}.`,
    );
  }
  const days = daysUntil(world.clock(), asked.days);
  const dates = await deadlinePolicy(world);
  const exceptions = (await loadEverApproved(world.db)).filter((one) => heldOf(one, days) !== null);
  const where = {
    scopes: scopesFor(actor, "finding.read"),
    policy: dates,
    label: asked.by,
    exceptions,
    days,
  };
  const groups = [
    ...(await loadDebtGroups(world.db, where)),
    ...(await loadServiceGroups(world.db, where)),
  ];
  const findingsOf = await findingsIn(world, groups, days);
  const found = detections(groups, findingsOf);
  const overdue = await overdueDays(world, { policy: dates, found, days });
  const facts = await loadVulnerabilities(world.db, vulnerabilitiesIn(found));
  const debt = debtOf({
    days,
    groups,
    findingsOf,
    overdueFrom: (finding, group) => overdue.get(kindOf(group))?.get(finding.key) ?? days.count,
    pointsOf: weigher(policy, facts),
    exceptions: new Map(exceptions.flatMap((one) => heldEntry(one, days))),
    deferrals: (await loadDeferrals(world.db, {})).flatMap((one) => deferralHeld(one, days)),
  });
  const since = await loadKnownSince(world.db);
  const knownFrom = since === null ? days.count : dayOf(days, since);
  const unknownHosts = await countUnknownHosts(world.db, scopesFor(actor, "finding.read"));
  return { ...debt, days, knownFrom, by: asked.by, unknownHosts, policy };
}

async function findingsIn(world: World, groups: readonly DebtRow[], days: Days) {
  const knowledge = await loadKnowledge(world.db);
  const setIds = [...new Set(groups.map((group) => group.setId))];
  const members = await loadMembers(world.db, setIds);
  const { seen } = await loadPastOf(world, knowledge, days.first - DAY_MS);
  return setFindings({ members, seen, packages: knowledge.packages }, days);
}

/** Hosts of one kind have the same dates: they are alike in all that dates ask of hosts. */
function kindOf({ exposure, presets }: Pick<DebtGroup, "exposure" | "presets">): string {
  return `${exposure}\n${presets}`;
}

/** By the kind of the hosts, then by the key of the finding: looked up for each host and finding. */
type ByFinding<T> = ReadonlyMap<string, ReadonlyMap<string, T>>;

function vulnerabilitiesIn(found: ByFinding<DetectionRow>): readonly string[] {
  const rows = [...found.values()].flatMap((own) => [...own.values()]);
  return [...new Set(rows.map((row) => row.vulnerability))];
}

/** When hosts that are alike were first seen with a vulnerability that was known. */
function detections(
  groups: readonly DebtRow[],
  findingsOf: (group: DebtGroup) => readonly SetTimes[],
): ByFinding<DetectionRow> {
  const first = new Map<string, DebtRow>();
  for (const group of groups) {
    const { setId, kernelRunning, marks, exposure, presets, from, to } = group;
    const key = [setId, kernelRunning, marks, exposure, presets, from, to].join("\n");
    const before = first.get(key);
    if (before === undefined || group.seenFrom < before.seenFrom) first.set(key, group);
  }
  const found = new Map<string, Map<string, DetectionRow>>();
  for (const group of first.values()) {
    const own = found.get(kindOf(group)) ?? new Map<string, DetectionRow>();
    found.set(kindOf(group), own);
    for (const finding of findingsOf(group)) {
      if (finding.to <= group.from || group.to <= finding.from) continue;
      const detectedAt = Math.max(finding.knownFrom, group.seenFrom);
      const before = own.get(finding.key);
      if (before !== undefined && before.detectedAt <= detectedAt) continue;
      own.set(finding.key, detection(finding, group, detectedAt));
    }
  }
  return found;
}

function detection(finding: SetTimes, group: DebtRow, detectedAt: Instant): DetectionRow {
  const { vulnerability, ecosystem, source, fixedVersion } = finding;
  const { exposure, presets } = group;
  const fixedVersions = fixedVersion === null ? [] : [fixedVersion];
  return { vulnerability, ecosystem, source, exposure, presets, detectedAt, fixedVersions };
}

/** The first day on which each finding is past its date; clocks that stand have none. */
async function overdueDays(
  world: World,
  of: {
    readonly policy: DeadlinePolicy;
    readonly found: ByFinding<DetectionRow>;
    readonly days: Days;
  },
): Promise<ByFinding<number>> {
  const rows = [...of.found].flatMap(([kind, own]) =>
    [...own].map(([key, row]) => ({ kind, key, row })),
  );
  const sightings = await sightingsOf(
    world.db,
    of.policy,
    rows.map(({ row }) => row),
  );
  const facts = await loadVulnerabilities(world.db, vulnerabilitiesIn(of.found));
  const days = new Map<string, Map<string, number>>();
  sightings.forEach((sighting, at) => {
    const [date] = candidateDates(of.policy, [sighting], facts);
    const named = rows[at];
    if (named === undefined || date?.at == null) return;
    const own = days.get(named.kind) ?? new Map<string, number>();
    days.set(named.kind, own.set(named.key, dayOf(of.days, date.at)));
  });
  return days;
}

function weigher(policy: DebtPolicy, facts: ReadonlyMap<string, RiskFacts>) {
  const known = new Map<string, number>();
  return ({ vulnerability }: SetFinding, { exposure }: DebtGroup): number => {
    const points = known.get(vulnerability) ?? pointsOf(policy, facts.get(vulnerability) ?? null);
    known.set(vulnerability, points);
    return exposure === "internal" ? points : points * policy.weights.exposed;
  };
}

function heldEntry(exception: Exception, days: Days): readonly (readonly [number, Held])[] {
  const held = heldOf(exception, days);
  return held === null ? [] : [[exception.number, held]];
}

/** The days on which an exception counted; null where it was none of these. */
function heldOf(exception: Exception, days: Days): Held | null {
  if (exception.approvedAt === null) return null;
  const isRunning = exception.state === "approved";
  const end = isRunning ? exception.until : Math.min(exception.until, exception.movedAt);
  const { scope } = exception;
  return held(days, exception.approvedAt, end, (finding) => coversFinding(scope, finding));
}

function deferralHeld(deferral: Deferral, days: Days): readonly Held[] {
  const end =
    deferral.state === "active" ? deferral.until : Math.min(deferral.until, deferral.movedAt);
  const vulnerabilities = new Set(deferral.vulnerabilities);
  const found = held(
    days,
    deferral.startedAt,
    end,
    (finding) =>
      finding.source === deferral.source &&
      finding.ecosystem === deferral.ecosystem &&
      vulnerabilities.has(finding.vulnerability),
  );
  return found === null ? [] : [found];
}

function held(days: Days, start: Instant, end: Instant, covers: Held["covers"]): Held | null {
  const [from, to] = [dayOf(days, start), dayOf(days, end)];
  return from < to ? { from, to, covers } : null;
}
