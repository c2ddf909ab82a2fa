import type { Instant } from "../base/instant.ts";
import type { Vulnerability } from "../intel/model.ts";
import { type DueDate, dueDate, dueInWords } from "./deadline-date.ts";
import { pausedDate, type Wait } from "./deadline-pause.ts";
import type { DeadlinePolicy } from "./deadline-policy.ts";
import type { KnownInputs } from "./deadline-preset.ts";
import type { CandidateDate, Deadline, Exposure } from "./model.ts";
import { chosenScore } from "./score-choice.ts";

/**
 * Dates by policy: every enabled preset gives one for each vulnerability on each group of hosts that
 * are alike in what presets ask. The earliest counts; all the others are kept beside it. KEV's own
 * `dueDate` is shown elsewhere and decides nothing here.
 */
export interface Sighting {
  readonly vulnerability: string;
  readonly ecosystem: string;
  readonly source: string;
  readonly exposure: Exposure;
  /** The presets whose hosts these are. */
  readonly presets: readonly string[];
  /** When the first of them was seen with it; a new scan or a host installed anew moves it not. */
  readonly detectedAt: Instant;
  /** The times in which nobody could do anything, because no source offered a fix. */
  readonly waits: readonly Wait[];
}

/** Every date that the policy gives for these sightings, the one that counts first. */
export function candidateDates(
  policy: DeadlinePolicy,
  sightings: readonly Sighting[],
  facts: ReadonlyMap<string, Vulnerability>,
): readonly CandidateDate[] {
  return sightings
    .flatMap((sighting) => datesOf(policy, sighting, facts.get(sighting.vulnerability) ?? null))
    .toSorted(byDate);
}

function datesOf(
  policy: DeadlinePolicy,
  sighting: Sighting,
  fact: Vulnerability | null,
): readonly CandidateDate[] {
  const known = knownInputs(policy, sighting, fact);
  const clock = {
    detections: [sighting.detectedAt],
    listedAt: fact?.kev?.addedAt ?? null,
    releasedAt: null,
  };
  return policy.presets
    .filter(({ preset }) => sighting.presets.includes(preset.id))
    .flatMap(({ preset }) => {
      const date = dueDate(preset, known, clock);
      return date === null || date.row.due === "none" ? [] : candidate(policy, sighting, date);
    });
}

function candidate(policy: DeadlinePolicy, sighting: Sighting, date: DueDate): CandidateDate {
  const { row, startedAt } = date;
  const rule = policy.pauses.find(({ presets }) => presets.includes(date.preset));
  const mode = rule?.mode ?? null;
  const paused =
    mode === null ? null : pausedDate({ start: startedAt, due: row.due, mode }, sighting.waits);
  return {
    at: paused === null ? date.at : paused.at,
    preset: date.preset,
    version: date.version,
    rule: row.id,
    period: dueInWords(row.due),
    vulnerability: sighting.vulnerability,
    inputs: date.inputs,
    assumed: date.assumed,
    needsForensicTriage: row.needsForensicTriage === true,
    clockStartedAt: startedAt,
    startedBy: date.startedBy,
    isStartAssumed: date.isStartAssumed,
    exposure: sighting.exposure,
    pause:
      mode === null || paused === null || (paused.pausedSince === null && paused.pausedMs === 0)
        ? null
        : { mode, since: paused.pausedSince, pausedMs: paused.pausedMs, wouldBe: date.at },
    note: row.note ?? null,
  };
}

/** From here on exploitation is called likely; below it, and with none known, it is not. */
const LIKELY_EPSS_MIN = 0.1;

/** What is known of a vulnerability on these hosts; null where nothing is. */
export function knownInputs(
  policy: Pick<DeadlinePolicy, "scores">,
  on: Pick<Sighting, "exposure" | "ecosystem">,
  fact: Vulnerability | null,
): KnownInputs {
  const exploitation = fact?.ssvc?.exploitation ?? null;
  const score = chosenScore(fact?.cvss ?? [], policy.scores, on.ecosystem);
  return {
    kev: fact?.kev != null,
    exposed: on.exposure === "unknown" ? null : on.exposure === "exposed",
    automatable: fact?.ssvc?.isAutomatable ?? null,
    total: fact?.ssvc == null ? null : fact.ssvc.technicalImpact === "total",
    cvss: score?.score ?? null,
    exploit: exploitation === null ? null : exploitation !== "none",
    likely: isLikely(exploitation, fact?.epss?.score ?? null),
  };
}

function isLikely(exploitation: string | null, epss: number | null): boolean | null {
  if (exploitation === "active" || (epss ?? 0) >= LIKELY_EPSS_MIN) return true;
  return exploitation === "none" && epss !== null ? false : null;
}

/** Dated ones first, then clocks that stand, then what is due with the next upgrade. */
export function byDate(a: CandidateDate, b: CandidateDate): number {
  if (kindOf(a) !== kindOf(b)) return kindOf(a) - kindOf(b);
  const dates = [a, b].map(({ at, pause }) => at ?? pause?.wouldBe ?? 0);
  const [left = 0, right = 0] = dates;
  if (left !== right) return left - right;
  const [one, other] = [keyOf(a), keyOf(b)];
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

function kindOf({ at, pause }: CandidateDate): 0 | 1 | 2 {
  if (at !== null) return 0;
  return pause?.since != null ? 1 : 2;
}

function keyOf({ preset, rule, vulnerability, exposure }: CandidateDate): string {
  return [preset, rule, vulnerability, exposure].join("\n");
}

/** The deadline of many: the earliest of all; beside it the earliest that each preset gives. */
export function earliestDeadline(
  policy: Pick<DeadlinePolicy, "file" | "version">,
  sorted: readonly CandidateDate[],
): Deadline | null {
  const candidates = [...Map.groupBy(sorted, ({ preset }) => preset).values()].flatMap(
    (dates) => dates[0] ?? [],
  );
  const [first] = candidates;
  if (first === undefined) return null;
  return { ...first, candidates, policy: { file: policy.file, version: policy.version } };
}

/** For a case without a known vulnerability: no preset asks for anything. */
export function undatedDeadline(clockStartedAt: Instant): Deadline {
  return {
    at: null,
    preset: "none",
    version: "1",
    rule: "no-known-vulnerability",
    period: "next upgrade",
    vulnerability: null,
    inputs: {},
    assumed: [],
    needsForensicTriage: false,
    clockStartedAt,
    startedBy: "detection",
    isStartAssumed: false,
    exposure: "unknown",
    pause: null,
    note: null,
    candidates: [],
    policy: null,
  };
}
