import { present } from "../base/failure.ts";
import { selects } from "../base/labels.ts";
import type { InPieces } from "../base/pieces.ts";
import { amountOf, type RingPolicy } from "../policy/rings.ts";
import { partOfSelector, type WaveCut, type WavePart } from "../policy/rings-waves.ts";
import type { CanaryReport } from "./model.ts";
import { pickCanaries } from "./planner-canaries.ts";
import { type Candidate, compareText } from "./planner-hosts.ts";
import { stratified } from "./planner-order.ts";

/** A ring cut into waves: who comes together, in which order, by the ring's own rules. */
export interface RingPart {
  readonly part: WavePart;
  /** In the order in which they start. */
  readonly hosts: readonly Candidate[];
}

export interface CutRing {
  readonly parts: readonly RingPart[];
  /** Null where the ring has no canary wave. */
  readonly canaries: CanaryReport | null;
}

/** `open`: those of the ring for which its calendar has time from the beginning, to sample from. */
export function* cutRing(
  ring: RingPolicy,
  of: {
    readonly hosts: readonly Candidate[];
    readonly open: readonly Candidate[];
    /** The same change keeps its canaries; another change takes others. */
    readonly change: string;
  },
): InPieces<CutRing> {
  const { canaries: rule, cut } = ring.waves;
  const ordered = yield* stratified(of.hosts);
  if (rule === null) return { parts: cutRest(cut, ordered, 0), canaries: null };
  const size = amountOf(rule.size, of.hosts.length, 1);
  const picked = pickCanaries(of.open, { rule, size, change: of.change });
  const chosen = new Set(picked.hosts);
  const rest = ordered.filter((candidate) => !chosen.has(candidate));
  const first: RingPart = { part: { kind: "canaries" }, hosts: yield* stratified(picked.hosts) };
  const parts = [first, ...cutRest(cut, rest, chosen.size)];
  return {
    parts: parts.filter(({ hosts }) => hosts.length > 0),
    canaries: { ring: ring.name, ...picked.report },
  };
}

/** `before`: hosts of the ring that come earlier, as canaries. */
function cutRest(
  cut: WaveCut | null,
  hosts: readonly Candidate[],
  before: number,
): readonly RingPart[] {
  switch (cut?.kind) {
    case undefined:
      return [{ part: { kind: "ring" }, hosts }];
    case "percent":
      return cutByShare(cut.steps, hosts, before);
    case "label":
      return cutByLabel(cut, hosts);
    case "select":
      return cutBySelect(cut.parts, hosts);
  }
}

/**
 * How many hosts of the ring may have started with each step: rounded down, so a wave is never larger
 * than what was written, but never none.
 */
function cutByShare(
  steps: readonly number[],
  hosts: readonly Candidate[],
  before: number,
): readonly RingPart[] {
  const all = hosts.length + before;
  let taken = 0;
  return steps.flatMap((percent) => {
    const upTo = Math.max(1, Math.floor((all * percent) / 100)) - before;
    const part = hosts.slice(taken, Math.max(taken, upTo));
    taken += part.length;
    return part.length === 0 ? [] : [{ part: { kind: "percent", percent } as const, hosts: part }];
  });
}

function cutByLabel(
  cut: Extract<WaveCut, { kind: "label" }>,
  hosts: readonly Candidate[],
): readonly RingPart[] {
  const groups = Map.groupBy(hosts, ({ host }) => host.labels[cut.key] ?? null);
  const place = new Map(cut.order.map((value, at) => [value, at]));
  const placeOf = (value: string | null): number =>
    value === null ? cut.order.length + 1 : (place.get(value) ?? cut.order.length);
  return [...groups]
    .sort(
      ([a, some], [b, others]) =>
        placeOf(a) - placeOf(b) || some.length - others.length || compareText(a ?? "", b ?? ""),
    )
    .map(([value, group]) => ({ part: { kind: "label", key: cut.key, value }, hosts: group }));
}

function cutBySelect(
  parts: Extract<WaveCut, { kind: "select" }>["parts"],
  hosts: readonly Candidate[],
): readonly RingPart[] {
  const groups = Map.groupBy(hosts, ({ host }) =>
    parts.findIndex((part) => selects(part, host.labels)),
  );
  const selected = parts.flatMap((part, at) => {
    const group = groups.get(at);
    return group === undefined ? [] : [{ part: partOfSelector(part), hosts: group }];
  });
  if (!groups.has(-1)) return selected;
  const others = present(groups.get(-1), "the hosts that no expression selects");
  return [...selected, { part: { kind: "select", expression: null }, hosts: others }];
}
