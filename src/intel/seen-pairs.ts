import type { HostGroup, IsAside, PairGroup } from "./exposure.ts";
import { type Filters, loweredOf, setAsideOf } from "./filter.ts";

/**
 * Findings as groups of equal hosts see them. What a channel mends is seen by hosts that may install
 * from it in place of what the release alone says, so that no host sees a finding twice; what a
 * filter sets aside is left out, or is what is asked for.
 */
export function byChannel<P extends PairGroup>(pairs: readonly P[]): readonly P[] {
  const channels = new Map<string, string[]>();
  for (const pair of pairs) {
    const { channel = "" } = pair;
    if (channel === "") continue;
    for (const id of pair.packageIds) {
      const own = channels.get(`${id} ${pair.vulnerability}`) ?? [];
      channels.set(`${id} ${pair.vulnerability}`, [...own, channel].sort());
    }
  }
  if (channels.size === 0) return pairs;
  return pairs.map((pair) => {
    const of = (id: number): readonly string[] => channels.get(`${id} ${pair.vulnerability}`) ?? [];
    if (pair.packageIds.every((id) => of(id).length === 0)) return pair;
    const { channel = "" } = pair;
    const isAside: IsAside = (id, group) => seenChannel(of(id), group) !== channel;
    return { ...pair, isAside };
  });
}

/** The first of the channels that these hosts may install from; "" where they may from none. */
function seenChannel(channels: readonly string[], { marks = "" }: HostGroup): string {
  const own = marks.split(",");
  return channels.find((channel) => own.includes(`@${channel}`)) ?? "";
}

export function withFilters<P extends PairGroup>(
  pairs: readonly P[],
  filters: Filters,
  how: "left-out" | "only",
): readonly P[] {
  if (filters.size === 0) return how === "only" ? [] : pairs;
  return pairs.flatMap((pair) => {
    const isSetAside = setAsideOf(filters.get(pair.vulnerability));
    const { isAside: isUnseen } = pair;
    if (isSetAside === undefined) return how === "only" ? [] : [pair];
    const isAside: IsAside = (id, group) =>
      isUnseen?.(id, group) === true || isSetAside(id, group) === (how === "left-out");
    if (how === "only") return [{ ...pair, isAside }];
    return [{ ...pair, isAside, isLowered: loweredOf(filters.get(pair.vulnerability)) }];
  });
}
