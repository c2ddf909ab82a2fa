import { assert, Bug } from "../base/failure.ts";
import { macroVectorScore } from "./cvss-4-table.ts";
import type { CvssVector } from "./cvss-vector.ts";

/**
 * CVSS v4.0, specification §8: a vector belongs to a MacroVector, whose score is that of its highest
 * vectors; how far it lies below those, as a share of the way to the next lower MacroVector, lowers it.
 * All numbers are whole tenths or fractions of them, so that a half is a half and is rounded up.
 */
export interface Scores4 {
  /** CVSS-B: base metrics alone. */
  readonly base: number;
  /** CVSS-BT: with exploit maturity. */
  readonly threat: number;
  /** With all that is known: CVSS-BTE, or what of it the vector defines. */
  readonly environmental: number;
  /** What the vector itself is called: by the groups that it defines. */
  readonly nomenclature: "CVSS-B" | "CVSS-BT" | "CVSS-BE" | "CVSS-BTE";
}

type Metrics = Readonly<Record<string, string>>;

/** Which metrics besides the base count. */
interface Groups {
  readonly threat: boolean;
  readonly environment: boolean;
}

/** Base metrics with the environmental metric that replaces each. */
const modifiable = ["AV", "AC", "AT", "PR", "UI", "VC", "VI", "VA", "SC", "SI", "SA"].map(
  (name) => [name, `M${name}`] as const,
);
const environmentMetrics = ["CR", "IR", "AR", ...modifiable.map(([, modified]) => modified)];

export function scoreCvss4({ metrics }: CvssVector): Scores4 {
  const hasThreat = metrics["E"] !== "X";
  const hasEnvironment = environmentMetrics.some((name) => metrics[name] !== "X");
  const scoreWith = (threat: boolean, environment: boolean): number =>
    score(effective(metrics, { threat, environment }));
  const base = scoreWith(false, false);
  const threat = hasThreat ? scoreWith(true, false) : base;
  const environmental = hasEnvironment ? scoreWith(true, true) : threat;
  const nomenclature = hasThreat
    ? hasEnvironment
      ? "CVSS-BTE"
      : "CVSS-BT"
    : hasEnvironment
      ? "CVSS-BE"
      : "CVSS-B";
  return { base, threat, environmental, nomenclature };
}

/** §8.2: what is not defined counts as the worst; modified metrics replace what they modify. */
function effective(metrics: Metrics, groups: Groups): Metrics {
  const known: Record<string, string> = {};
  for (const [name, modified] of modifiable) {
    const value = groups.environment ? metrics[modified] : "X";
    known[name] = (value === "X" ? metrics[name] : value) ?? "";
  }
  const orWorst = (name: string, isCounted: boolean, worst: string): string => {
    const given = isCounted ? metrics[name] : "X";
    return given === undefined || given === "X" ? worst : given;
  };
  known["E"] = orWorst("E", groups.threat, "A");
  for (const name of ["CR", "IR", "AR"]) known[name] = orWorst(name, groups.environment, "H");
  return known;
}

/** From highest to lowest: a place is the distance from the top. */
const levels: Readonly<Record<string, string>> = {
  AV: "NALP",
  PR: "NLH",
  UI: "NPA",
  AC: "LH",
  AT: "NP",
  VC: "HLN",
  VI: "HLN",
  VA: "HLN",
  SC: "SHLN",
  SI: "SHLN",
  SA: "SHLN",
  CR: "HML",
  IR: "HML",
  AR: "HML",
};

/** The highest vectors of a level of an equivalence class, and how many steps it is deep (§8.2). */
interface Class {
  readonly highest: readonly (readonly (readonly [metric: string, place: number])[])[];
  readonly depth: number;
}

function classOf(depth: number, ...vectors: readonly string[]): Class {
  const highest = vectors.map((vector) =>
    vector.split(" ").map((part) => {
      const [name = "", value = ""] = part.split(":");
      return [name, (levels[name] ?? "").indexOf(value)] as const;
    }),
  );
  return { highest, depth };
}

const eq1Classes = [
  classOf(1, "AV:N PR:N UI:N"),
  classOf(4, "AV:A PR:N UI:N", "AV:N PR:L UI:N", "AV:N PR:N UI:P"),
  classOf(5, "AV:P PR:N UI:N", "AV:A PR:L UI:P"),
];
const eq2Classes = [classOf(1, "AC:L AT:N"), classOf(2, "AC:H AT:N", "AC:L AT:P")];
const eq36Classes: Readonly<Record<string, Class>> = {
  "00": classOf(7, "VC:H VI:H VA:H CR:H IR:H AR:H"),
  "01": classOf(6, "VC:H VI:H VA:L CR:M IR:M AR:H", "VC:H VI:H VA:H CR:M IR:M AR:M"),
  "10": classOf(8, "VC:L VI:H VA:H CR:H IR:H AR:H", "VC:H VI:L VA:H CR:H IR:H AR:H"),
  "11": classOf(
    8,
    "VC:L VI:H VA:L CR:H IR:M AR:H",
    "VC:L VI:H VA:H CR:H IR:M AR:M",
    "VC:H VI:L VA:H CR:M IR:H AR:M",
    "VC:H VI:L VA:L CR:M IR:H AR:H",
    "VC:L VI:L VA:H CR:H IR:H AR:M",
  ),
  "21": classOf(10, "VC:L VI:L VA:L CR:H IR:H AR:H"),
};
const eq4Classes = [
  classOf(6, "SC:H SI:S SA:S"),
  classOf(5, "SC:H SI:H SA:H"),
  classOf(4, "SC:L SI:L SA:L"),
];

function score(metrics: Metrics): number {
  const impacts = ["VC", "VI", "VA", "SC", "SI", "SA"];
  if (impacts.every((name) => metrics[name] === "N")) return 0;
  const [eq1, eq2, eq3, eq4, eq5, eq6] = equivalence(metrics);
  const tenths = (...eqs: readonly number[]): number | null => {
    const found = macroVectorScore(eqs.join(""));
    return found === undefined ? null : Math.round(found * 10);
  };
  const top = tenths(eq1, eq2, eq3, eq4, eq5, eq6);
  assert(top !== null, "every vector has a MacroVector");
  const parts: Share[] = [
    share(metrics, eq1Classes[eq1], top, tenths(eq1 + 1, eq2, eq3, eq4, eq5, eq6)),
    share(metrics, eq2Classes[eq2], top, tenths(eq1, eq2 + 1, eq3, eq4, eq5, eq6)),
    share(metrics, eq36Classes[`${eq3}${eq6}`], top, lowerOfEq3And6()),
    share(metrics, eq4Classes[eq4], top, tenths(eq1, eq2, eq3, eq4 + 1, eq5, eq6)),
    // Exploit maturity alone never lies between two MacroVectors.
    { lowered: 0, exists: tenths(eq1, eq2, eq3, eq4, eq5 + 1, eq6) !== null },
  ];
  return roundedHalfUp(top, parts);

  /** EQ3 and EQ6 go down together; from the top there are two ways, and the higher one counts. */
  function lowerOfEq3And6(): number | null {
    const down3 = tenths(eq1, eq2, eq3 + 1, eq4, eq5, eq6);
    const down6 = tenths(eq1, eq2, eq3, eq4, eq5, eq6 + 1);
    if (eq3 === 0 && eq6 === 0) return Math.max(down3 ?? 0, down6 ?? 0);
    return eq6 === 0 ? down6 : down3;
  }
}

/** Whole parts of a tenth: every depth divides it. */
const GRAIN = 2_520;

interface Share {
  /** Tenths times `GRAIN`. */
  readonly lowered: number;
  readonly exists: boolean;
}

function share(metrics: Metrics, eq: Class | undefined, top: number, next: number | null): Share {
  if (next === null) return { lowered: 0, exists: false };
  assert(eq !== undefined, "every level of an equivalence class is known");
  const lowered = ((top - next) * stepsBelow(metrics, eq.highest) * GRAIN) / eq.depth;
  return { lowered, exists: true };
}

/** Steps below the first of the highest vectors that no metric of this one exceeds. */
function stepsBelow(metrics: Metrics, highest: Class["highest"]): number {
  for (const vector of highest) {
    let sum = 0;
    let isAbove = true;
    for (const [name, place] of vector) {
      const step = (levels[name] ?? "").indexOf(metrics[name] ?? "") - place;
      if (step < 0) isAbove = false;
      sum += step;
    }
    if (isAbove) return sum;
  }
  throw new Bug("one of the highest vectors is above every vector of its class");
}

function roundedHalfUp(top: number, parts: readonly Share[]): number {
  const count = parts.filter((part) => part.exists).length;
  const lowered = parts.reduce((sum, part) => sum + part.lowered, 0);
  const whole = Math.max(count, 1) * GRAIN;
  const numerator = top * whole - lowered;
  const tenths = Math.floor((2 * numerator + whole) / (2 * whole));
  return Math.min(Math.max(tenths, 0), 100) / 10;
}

/** EQ1 to EQ6 (§8.1, tables 24 to 29). */
function equivalence(m: Metrics): readonly [number, number, number, number, number, number] {
  const isNetwork = m["AV"] === "N";
  const open = [isNetwork, m["PR"] === "N", m["UI"] === "N"];
  const eq1 = open.every(Boolean) ? 0 : open.some(Boolean) && m["AV"] !== "P" ? 1 : 2;
  const eq2 = m["AC"] === "L" && m["AT"] === "N" ? 0 : 1;
  const isHigh = (name: string): boolean => m[name] === "H";
  const eq3 =
    isHigh("VC") && isHigh("VI") ? 0 : isHigh("VC") || isHigh("VI") || isHigh("VA") ? 1 : 2;
  const isSafety = m["SI"] === "S" || m["SA"] === "S";
  const eq4 = isSafety ? 0 : isHigh("SC") || isHigh("SI") || isHigh("SA") ? 1 : 2;
  const eq5 = ["A", "P", "U"].indexOf(m["E"] ?? "");
  const matters = [
    ["CR", "VC"],
    ["IR", "VI"],
    ["AR", "VA"],
  ].some(([requirement = "", impact = ""]) => isHigh(requirement) && isHigh(impact));
  return [eq1, eq2, eq3, eq4, eq5, matters ? 0 : 1];
}
