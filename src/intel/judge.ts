import { never } from "../base/failure.ts";
import { type CpeSubject, judgeCpe } from "./judge-cpe.ts";
import type { MatchRule, Verdict } from "./match-rules.ts";
import type { FindingState, MatchExplanation, Statement, VersionRange } from "./model.ts";
import type { VersionOrder } from "./versions/order.ts";

/**
 * One statement against one installed version. What cannot be compared is unknown, never clean. `of`
 * tells products by CPE name; without one, what is said by such names says nothing.
 */
export function judge(
  statement: Statement,
  installed: string,
  order: VersionOrder | null,
  of?: CpeSubject,
): Verdict {
  const { state } = statement;
  if (state.kind === "cpe") {
    return of === undefined
      ? plain("unknown-coverage", "cpe-open")
      : judgeCpe(state.configurations, of);
  }
  const verdict = judgeState(state, installed, order);
  // Unimportant issues stay evidence, but nobody is exposed by code that is not there.
  if (statement.urgency !== "unimportant" || verdict.state === "fixed") return verdict;
  return { ...verdict, state: "not-affected", rule: "unimportant" };
}

function judgeState(
  state: Exclude<Statement["state"], { readonly kind: "cpe" }>,
  installed: string,
  order: VersionOrder | null,
): Verdict {
  switch (state.kind) {
    case "fixed":
      return judgeFixed(state.version, installed, order);
    case "ranges":
      return judgeRanges(state.ranges, state.versions, installed, order);
    case "never-affected":
      return plain("not-affected", "never-affected");
    case "open":
      return plain("affected-no-fix", "no-fix-yet");
    case "deferred":
      return plain("fix-deferred", "postponed");
    case "ignored":
      return plain("will-not-fix", "ignored");
    case "end-of-life":
      return plain("end-of-life", "support-ended");
    case "undetermined":
      return plain("under-investigation", "undetermined");
    default:
      return never(state);
  }
}

function plain(state: FindingState, rule: MatchRule): Verdict {
  return { state, fixedVersion: null, rule, comparedWith: null, comparison: "not-compared" };
}

function judgeFixed(fixed: string, installed: string, order: VersionOrder | null): Verdict {
  const comparison = comparisonOf(order?.(installed, fixed) ?? null);
  return {
    state: fixedStates[comparison],
    fixedVersion: fixed,
    rule: comparison === "not-comparable" ? "not-comparable" : "fixed-version",
    comparedWith: fixed,
    comparison,
  };
}

const fixedStates = {
  lower: "affected-fix-available",
  equal: "fixed",
  higher: "fixed",
  "not-comparable": "unknown-coverage",
  "not-compared": "unknown-coverage",
} as const satisfies Record<MatchExplanation["comparison"], FindingState>;

function judgeRanges(
  ranges: readonly VersionRange[],
  versions: readonly string[],
  installed: string,
  order: VersionOrder | null,
): Verdict {
  const where = ranges.map((range) => positionIn(range, installed, order));
  const hit = ranges[where.indexOf("inside")];
  if (hit !== undefined || versions.includes(installed)) {
    const fixes = hit?.fixed == null ? fixesAbove(ranges, installed, order) : [hit.fixed];
    // Fixes of several branches that cannot be compared: there is one, but which is not known.
    const fixed = order === null && fixes.length > 1 ? null : (fixes[0] ?? null);
    return {
      state: fixes.length === 0 ? "affected-no-fix" : "affected-fix-available",
      fixedVersion: fixed,
      rule: hit === undefined ? "listed-version" : "version-range",
      comparedWith: fixed ?? hit?.lastAffected ?? hit?.introduced ?? installed,
      comparison:
        fixed !== null && order !== null ? "lower" : comparisonWithin(hit, installed, order),
    };
  }
  if (where.includes("unknown")) {
    const range = ranges[where.indexOf("unknown")];
    return {
      state: "unknown-coverage",
      fixedVersion: range?.fixed ?? null,
      rule: "not-comparable",
      comparedWith: range?.fixed ?? range?.lastAffected ?? range?.introduced ?? null,
      comparison: "not-comparable",
    };
  }
  return outside(ranges, installed, order);
}

/** Past a fix is *fixed*; between or before the ranges was never affected. */
function outside(
  ranges: readonly VersionRange[],
  installed: string,
  order: VersionOrder | null,
): Verdict {
  const passed = ranges.findLast(
    (range) => range.fixed !== null && (order?.(installed, range.fixed) ?? -1) >= 0,
  );
  if (passed?.fixed === undefined || passed.fixed === null) {
    return plain("not-affected", "not-listed");
  }
  return {
    state: "fixed",
    fixedVersion: passed.fixed,
    rule: "version-range",
    comparedWith: passed.fixed,
    comparison: comparisonOf(order?.(installed, passed.fixed) ?? null),
  };
}

function positionIn(
  range: VersionRange,
  installed: string,
  order: VersionOrder | null,
): "inside" | "outside" | "unknown" {
  // OSV: "0" as `introduced` stands for the start of everything and is compared with nothing.
  const fromStart = range.introduced === "0" ? 1 : (order?.(installed, range.introduced) ?? null);
  if (fromStart !== null && fromStart < 0) return "outside";
  const end = range.fixed ?? range.lastAffected;
  const toEnd = end === null ? -1 : (order?.(installed, end) ?? null);
  if (toEnd !== null && (toEnd > 0 || (toEnd === 0 && range.fixed !== null))) return "outside";
  return fromStart === null || toEnd === null ? "unknown" : "inside";
}

/** Fixes above the installed version, the smallest first; without an order all of them. */
function fixesAbove(
  ranges: readonly VersionRange[],
  installed: string,
  order: VersionOrder | null,
): readonly string[] {
  const fixes = [...new Set(ranges.flatMap((range) => range.fixed ?? []))];
  if (order === null) return fixes;
  return fixes
    .filter((fixed) => (order(installed, fixed) ?? 0) < 0)
    .toSorted((a, b) => order(a, b) ?? 0);
}

function comparisonWithin(
  hit: VersionRange | undefined,
  installed: string,
  order: VersionOrder | null,
): MatchExplanation["comparison"] {
  if (hit === undefined) return "equal";
  const bound = hit.lastAffected ?? hit.introduced;
  return bound === "0" ? "higher" : comparisonOf(order?.(installed, bound) ?? null);
}

function comparisonOf(order: number | null): MatchExplanation["comparison"] {
  if (order === null) return "not-comparable";
  if (order === 0) return "equal";
  return order < 0 ? "lower" : "higher";
}
