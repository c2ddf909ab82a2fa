import { type FixFirstItem, isExploited } from "./fix-first.ts";
import type { ServiceItem } from "./fix-first-services.ts";

/**
 * How much of all known risk each update takes away, one after the other, and what none of them does.
 * Shares are of the risk of everything that is open on the hosts asked about, so 1 is never reached
 * while something has no fix or is not published to these hosts.
 */
export type Listed = FixFirstItem | ServiceItem;

export interface CoverStep {
  readonly item: Listed;
  /** Its place among what can be done now, from 1; null where nothing can. */
  readonly place: number | null;
  /** Share of all known risk that it clears after those before it. */
  readonly clears: number;
  /** With those before it. */
  readonly clearedSoFar: number;
  /** Why it stands where it does. */
  readonly because: string;
}

export interface Uncleared {
  readonly remedy: "fixed-upstream-not-offered" | "no-fix";
  readonly sources: number;
  readonly findings: number;
  readonly knownExploited: number;
  readonly share: number;
}

export interface Cover {
  readonly steps: readonly CoverStep[];
  readonly risk: number;
  /** What all updates on offer clear together. */
  readonly clearable: number;
  readonly uncleared: readonly Uncleared[];
}

/** `items` in the order of the list. */
export function coverOf(items: readonly Listed[]): Cover {
  const risk = items.reduce((sum, item) => sum + item.risk, 0);
  const share = (part: number): number => (risk === 0 ? 0 : part / risk);
  let cleared = 0;
  const steps = items.map((item, at): CoverStep => {
    if (item.remedy === "no-fix" || item.remedy === "fixed-upstream-not-offered") {
      const because = notCleared[item.remedy];
      return { item, place: null, clears: 0, clearedSoFar: share(cleared), because };
    }
    cleared += item.risk;
    const clears = share(item.risk);
    const because = becauseOf(item, items[at - 1] ?? null);
    return { item, place: at + 1, clears, clearedSoFar: share(cleared), because };
  });
  const uncleared = (["fixed-upstream-not-offered", "no-fix"] as const).flatMap((remedy) => {
    const own = items.filter((item) => item.remedy === remedy);
    return own.length === 0 ? [] : [unclearedOf(remedy, own, share)];
  });
  return { steps, risk, clearable: share(cleared), uncleared };
}

const notCleared = {
  "fixed-upstream-not-offered":
    "Fixed upstream, but no source of these hosts offers it yet; look at their sources and mirrors.",
  "no-fix": "Nobody has published a fix; an exception or a workaround is what is left.",
} as const;

/** Why it follows on the one before it. */
function becauseOf(item: Listed, before: Listed | null): string {
  const isFirst = isExploited(item);
  const most = isFirst
    ? "It clears most of what is left among what clears a known exploited flaw."
    : "It clears most of what is left.";
  if (before === null) return most;
  if (isExploited(before) && !isFirst) {
    return "It clears most of what is left, now that everything known exploited that can be is cleared.";
  }
  if (before.risk !== item.risk) return most;
  const tie = `It clears as much as ${before.target.source} before it`;
  return placesOf(before) === placesOf(item)
    ? `${tie}, in as many places; the name decides.`
    : `${tie}, but in more places.`;
}

function placesOf(item: Listed): number {
  return "services" in item ? item.services.length : item.hosts;
}

function unclearedOf(
  remedy: Uncleared["remedy"],
  items: readonly Listed[],
  share: (part: number) => number,
): Uncleared {
  return {
    remedy,
    sources: items.length,
    findings: items.reduce((sum, item) => sum + item.findingsCleared, 0),
    knownExploited: new Set(items.flatMap((item) => item.knownExploited)).size,
    share: share(items.reduce((sum, item) => sum + item.risk, 0)),
  };
}
