import type { Instant } from "../base/instant.ts";
import { type Slices, slices } from "../base/slices.ts";
import type { DebtGroup } from "./debt.ts";
import type { SetTimes } from "./debt-findings.ts";
import type { DetectionRow } from "./store-deadline.ts";
import type { DebtRow } from "./store-debt.ts";

/**
 * When hosts were first seen with what: sets share most parts of their findings, so each part is looked
 * at once for each kind of hosts, with the days on which hosts of that kind had it.
 */
type PartsOf = (group: DebtGroup) => readonly (readonly SetTimes[])[];

/** Hosts of one kind have the same dates: they are alike in all that dates ask of hosts. */
export function kindOf({ exposure, presets }: Pick<DebtGroup, "exposure" | "presets">): string {
  return `${exposure}\n${presets}`;
}

/** What is the same part of findings on hosts of one kind, by the days on which they had it. */
interface HeldPart {
  readonly group: DebtRow;
  readonly part: readonly SetTimes[];
  /** The earliest sight of hosts that had it from the one day to the other. */
  readonly spans: Map<string, { readonly from: number; readonly to: number; seenFrom: Instant }>;
}

/** When hosts that are alike were first seen with a vulnerability that was known; in turns. */
export async function detections(
  groups: readonly DebtRow[],
  partsOf: PartsOf,
): Promise<readonly NamedRow[]> {
  const pause = slices();
  const rows: NamedRow[] = [];
  for (const [kind, held] of await heldParts(groups, partsOf, pause)) {
    const own = new Map<number, DetectionRow>();
    for (const one of held.values()) {
      if (pause.isDue()) await pause.taken();
      addDetections(own, one);
    }
    for (const [number, row] of own) rows.push({ kind, number, row });
  }
  return rows;
}

/** Of sights of the same finding the earliest counts. */
function addDetections(to: Map<number, DetectionRow>, { part, spans, group }: HeldPart): void {
  const sights = [...spans.values()];
  for (const finding of part) {
    const seenFrom = firstSight(finding, sights);
    if (seenFrom === null) continue;
    const detectedAt = Math.max(finding.knownFrom, seenFrom);
    const before = to.get(finding.number);
    if (before !== undefined && before.detectedAt <= detectedAt) continue;
    to.set(finding.number, detection(finding, group, detectedAt));
  }
}

async function heldParts(
  groups: readonly DebtRow[],
  partsOf: PartsOf,
  pause: Slices,
): Promise<ReadonlyMap<string, ReadonlyMap<readonly SetTimes[], HeldPart>>> {
  const first = new Map<string, DebtRow>();
  for (const group of groups) {
    const { setId, kernelRunning, marks, exposure, presets, from, to } = group;
    const key = [setId, kernelRunning, marks, exposure, presets, from, to].join("\n");
    const before = first.get(key);
    if (before === undefined || group.seenFrom < before.seenFrom) first.set(key, group);
  }
  const found = new Map<string, Map<readonly SetTimes[], HeldPart>>();
  for (const group of first.values()) {
    if (pause.isDue()) await pause.taken();
    const kind = kindOf(group);
    const own = found.get(kind) ?? new Map<readonly SetTimes[], HeldPart>();
    found.set(kind, own);
    const { from, to, seenFrom } = group;
    const span = `${from} ${to}`;
    for (const part of partsOf(group)) {
      const held = own.get(part) ?? { group, part, spans: new Map() };
      own.set(part, held);
      const before = held.spans.get(span);
      if (before === undefined) held.spans.set(span, { from, to, seenFrom });
      else if (seenFrom < before.seenFrom) before.seenFrom = seenFrom;
    }
  }
  return found;
}

/** Null where nobody had it on a day on which it was known. */
function firstSight(
  { from, to }: SetTimes,
  sights: readonly { readonly from: number; readonly to: number; readonly seenFrom: Instant }[],
): Instant | null {
  let first: Instant | null = null;
  for (const sight of sights) {
    if (to <= sight.from || sight.to <= from) continue;
    if (first === null || sight.seenFrom < first) first = sight.seenFrom;
  }
  return first;
}

function detection(finding: SetTimes, group: DebtRow, detectedAt: Instant): DetectionRow {
  const { vulnerability, ecosystem, source, fixedVersion } = finding;
  const { exposure, presets } = group;
  const fixedVersions = fixedVersion === null ? [] : [fixedVersion];
  return { vulnerability, ecosystem, source, exposure, presets, detectedAt, fixedVersions };
}

export interface NamedRow {
  readonly kind: string;
  readonly number: number;
  readonly row: DetectionRow;
}
