import { present } from "../base/failure.ts";
import { DAY_MS, type Instant } from "../base/instant.ts";
import { ruling } from "./deadline-preset.ts";
import { presetOf } from "./deadline-presets.ts";
import type { Deadline } from "./model.ts";

/**
 * The deadline preset BOD 26-04 (CISA, 10 June 2026): four yes/no facts give the days. KEV's own
 * `dueDate` is shown beside it but decides nothing here.
 */
export interface DeadlineFacts {
  readonly vulnerability: string;
  readonly isKnownExploited: boolean;
  /** Null where nothing is known; the table's defaults then apply and are flagged. */
  readonly isExposed: boolean | null;
  readonly isAutomatable: boolean | null;
  readonly isTotalImpact: boolean | null;
  /** When CISA listed it as known exploited. */
  readonly kevListedAt: Instant | null;
  /** When the first affected host was seen with it. */
  readonly detectedAt: Instant;
}

export const PRESET = "BOD 26-04";

interface Row {
  readonly days: number | null;
  readonly needsForensicTriage: boolean;
}

/**
 * The row for four known facts. K known exploited, E exposed, A automatable, T total technical impact
 * (else partial).
 */
export function deadlineRow(facts: {
  readonly K: boolean;
  readonly E: boolean;
  readonly A: boolean;
  readonly T: boolean;
}): Row {
  const preset = present(presetOf("bod-26-04"), "the preset BOD 26-04");
  const { K: kev, E: exposed, A: automatable, T: total } = facts;
  const { due, needsForensicTriage } = ruling(preset, { kev, exposed, automatable, total }).row;
  return {
    days: typeof due === "string" ? null : due.amount,
    needsForensicTriage: needsForensicTriage === true,
  };
}

/**
 * The date for one vulnerability. Missing data counts against us where the directive says so: unknown
 * exposure is exposed, unknown impact is total; unknown automation counts as no.
 */
export function deadlineFor(facts: DeadlineFacts): Deadline {
  const inputs = {
    isKnownExploited: facts.isKnownExploited,
    isExposed: facts.isExposed ?? true,
    isAutomatable: facts.isAutomatable ?? false,
    isTotalImpact: facts.isTotalImpact ?? true,
  };
  const assumed = (["isExposed", "isAutomatable", "isTotalImpact"] as const).filter(
    (name) => facts[name] === null,
  );
  const row = deadlineRow({
    K: inputs.isKnownExploited,
    E: inputs.isExposed,
    A: inputs.isAutomatable,
    T: inputs.isTotalImpact,
  });
  const clockStartedAt = Math.min(facts.kevListedAt ?? facts.detectedAt, facts.detectedAt);
  return {
    at: row.days === null ? null : clockStartedAt + row.days * DAY_MS,
    preset: PRESET,
    rule: `${facts.vulnerability}: ${inWords(inputs)} → ${row.days === null ? "next upgrade" : `${row.days} days`}`,
    inputs,
    assumed,
    needsForensicTriage: row.needsForensicTriage,
    clockStartedAt,
  };
}

/** The deadline of a case: the earliest of its vulnerabilities'; undated ones come last. */
export function earliestDeadline(deadlines: readonly Deadline[]): Deadline | null {
  const sorted = [...deadlines].sort(
    (a, b) => (a.at ?? Infinity) - (b.at ?? Infinity) || (a.rule < b.rule ? -1 : 1),
  );
  return sorted[0] ?? null;
}

function inWords(inputs: Deadline["inputs"]): string {
  return [
    inputs.isKnownExploited ? "known exploited" : "not known exploited",
    inputs.isExposed ? "exposed" : "not exposed",
    inputs.isAutomatable ? "automatable" : "not automatable",
    inputs.isTotalImpact ? "total impact" : "partial impact",
  ].join(", ");
}
