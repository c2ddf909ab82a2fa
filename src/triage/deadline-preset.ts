import type { Severity } from "../intel/cvss.ts";

/**
 * Deadline presets as data: which facts give which period. A preset is versioned and names its source;
 * its rows are read from the top and the first that fits decides. A fact that nobody knows is assumed as
 * the preset's source says, else to our disadvantage, and every assumption is named.
 *
 * Never: a period without the row that gave it, or an assumption that is not told.
 */
export const impactLevels = ["N1", "N2", "N3", "N4", "N5"] as const;
/** Potential adverse impact, FedRAMP's five levels. */
export type ImpactLevel = (typeof impactLevels)[number];

export interface DeadlineInputs {
  /** Listed as known to be exploited. */
  readonly kev: boolean;
  /** Reachable by everybody, as from the internet. */
  readonly exposed: boolean;
  readonly automatable: boolean;
  /** Total technical impact, else partial. */
  readonly total: boolean;
  readonly severity: Severity;
  readonly cvss: number;
  /** A working exploit is known. */
  readonly exploit: boolean;
  /** Exploitation is likely. */
  readonly likely: boolean;
  readonly level: ImpactLevel;
}

export type InputName = keyof DeadlineInputs;

export type KnownInputs = { readonly [Name in InputName]?: DeadlineInputs[Name] | null };

/** What must hold; what is not named does not matter. */
export interface Condition {
  readonly kev?: boolean;
  readonly exposed?: boolean;
  readonly automatable?: boolean;
  readonly total?: boolean;
  readonly exploit?: boolean;
  readonly likely?: boolean;
  readonly severity?: readonly Severity[];
  readonly level?: ImpactLevel;
  readonly cvssFrom?: number;
  /** Whether anybody published a score or severity at all; false where both would be assumed. */
  readonly isScored?: boolean;
  /** One of these must hold too. */
  readonly any?: readonly Condition[];
}

export interface Period {
  readonly amount: number;
  readonly unit: "hours" | "days" | "months";
}

/** `next-upgrade` has no date but is due with the next upgrade; `none` is not asked for at all. */
export type Due = Period | "next-upgrade" | "none";

export interface Row {
  readonly id: string;
  readonly when: Condition;
  readonly due: Due;
  /** Evidence must be collected before the update may be applied. */
  readonly needsForensicTriage?: true;
  readonly note?: string;
}

export interface Preset {
  readonly id: string;
  readonly title: string;
  /** Of the source, then of our table. */
  readonly version: string;
  /** What starts the clock: the release of the fix, the first sight of the finding, or that or its
   *  listing as known exploited, whichever is earlier. */
  readonly clock: "release" | "detection" | "listing-or-detection";
  readonly rows: readonly Row[];
  /** A step before the deadline, such as an evaluation, and when it is due. */
  readonly steps?: readonly { readonly what: string; readonly due: Period }[];
  /** What its source assumes of unknown facts. */
  readonly assumes?: Partial<DeadlineInputs>;
  /** False for what is proposed only: it counts where somebody chose it. */
  readonly isInForce: boolean;
}

/** Where a source says nothing, the worse is assumed; an exploit is assumed where KEV lists one. */
const worst: DeadlineInputs = {
  kev: false,
  exposed: true,
  automatable: false,
  total: true,
  severity: "critical",
  cvss: 10,
  exploit: false,
  likely: true,
  level: "N5",
};

export interface Ruling {
  readonly preset: string;
  readonly version: string;
  readonly row: Row;
  /** Only those that the preset asks for. */
  readonly inputs: Partial<DeadlineInputs>;
  readonly assumed: readonly InputName[];
}

/** The row of a preset for what is known. */
export function ruling(preset: Preset, known: KnownInputs): Ruling {
  const derived = derivedInputs(known);
  const names = inputsOf(preset);
  const full = Object.fromEntries(
    Object.entries(worst).map(([name, value]) => {
      const given = derived[name as InputName];
      return [name, given ?? preset.assumes?.[name as InputName] ?? value];
    }),
  ) as unknown as DeadlineInputs;
  const isScored = derived.severity != null || derived.cvss != null;
  const row = preset.rows.find(({ when }) => holds(when, full, isScored));
  return {
    preset: preset.id,
    version: preset.version,
    row: row ?? { id: `${preset.id}/none`, when: {}, due: "none" },
    inputs: Object.fromEntries(names.map((name) => [name, full[name]])),
    assumed: names.filter((name) => (derived[name] ?? null) === null),
  };
}

/** A score says the severity and a severity at least the score; what KEV lists has an exploit. */
function derivedInputs(known: KnownInputs): KnownInputs {
  const severity = known.severity ?? (known.cvss == null ? null : severityOfScore(known.cvss));
  const cvss = known.cvss ?? (known.severity == null ? null : lowestScore[known.severity]);
  const exploit = known.exploit ?? (known.kev === true ? true : null);
  const likely = known.likely ?? (known.kev === true ? true : null);
  return { ...known, severity, cvss, exploit, likely };
}

const lowestScore: Readonly<Record<Severity, number>> = {
  none: 0,
  low: 0.1,
  medium: 4,
  high: 7,
  critical: 9,
};

function severityOfScore(score: number): Severity {
  if (score >= 9) return "critical";
  if (score >= 7) return "high";
  if (score >= 4) return "medium";
  return score > 0 ? "low" : "none";
}

function holds(when: Condition, inputs: DeadlineInputs, isScored: boolean): boolean {
  const { severity, level, cvssFrom, isScored: wanted, any, ...flags } = when;
  const isEqual = Object.entries(flags).every(
    ([name, value]) => inputs[name as InputName] === value,
  );
  return (
    isEqual &&
    (wanted === undefined || wanted === isScored) &&
    (severity === undefined || severity.includes(inputs.severity)) &&
    (level === undefined || level === inputs.level) &&
    (cvssFrom === undefined || inputs.cvss >= cvssFrom) &&
    (any === undefined || any.some((condition) => holds(condition, inputs, isScored)))
  );
}

/** What a preset asks for, in the order in which it does. */
export function inputsOf(preset: Preset): readonly InputName[] {
  const names = new Set<InputName>();
  const visit = ({ any, cvssFrom, isScored: _, ...plain }: Condition): void => {
    for (const name of Object.keys(plain)) names.add(name as InputName);
    if (cvssFrom !== undefined) names.add("cvss");
    for (const inner of any ?? []) visit(inner);
  };
  for (const row of preset.rows) visit(row.when);
  return [...names];
}
