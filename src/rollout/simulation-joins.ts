import type { HostId, RolloutId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { BookRollout, Books } from "./simulation-books.ts";

/**
 * Hosts that a rule selects while its rollout runs, as `actions-joins.ts` lets them in: what is read (the
 * waves that are open, how much room is left) may have changed by the time it is written.
 */
export interface Joiner {
  readonly rollout: RolloutId;
  readonly host: HostId;
  readonly wave: number;
  readonly body: string;
  /** When the rule begins to select it. */
  readonly at: Instant;
  /** Hosts that the signed rule lets its plan have in all. */
  readonly max: number;
}

/** Those that would be let in now: what the real one reads before its transaction. */
export function mayJoin(books: Books, joiners: readonly Joiner[]): readonly Joiner[] {
  const now = books.clock();
  return joiners.filter(({ rollout: id, host, wave, at }) => {
    const rollout = books.rollout(id);
    return at <= now && isSelected(rollout, host) && isOpenWave(rollout, wave, now);
  });
}

function isSelected(rollout: BookRollout, host: HostId): boolean {
  return rollout.state === "running" && !rollout.targets.has(host);
}

function isOpenWave({ waves }: BookRollout, number: number, now: Instant): boolean {
  const wave = waves[number - 1];
  return wave !== undefined && wave.state !== "ended" && wave.notAfter > now;
}

/** Lets in what still may; what was decided on older facts is measured against those of now. */
export function joinBooks(books: Books, judged: readonly Joiner[]): number {
  let joined = 0;
  for (const [id, some] of Map.groupBy(judged, (one) => one.rollout)) {
    const rollout = books.rollout(id);
    if (rollout.state !== "running") continue;
    joined += books.join(rollout, some, some[0]?.max ?? 0);
  }
  return joined;
}

/** However many servers let hosts in at once, the signed rule bounds them all. */
export function brokenRules(books: Books, joiners: readonly Joiner[]): string[] {
  return [...new Map(joiners.map(({ rollout, max }) => [rollout, max]))]
    .filter(([id, max]) => books.rollout(id).targets.size > max)
    .map(([id]) => `${id} has more hosts than its rule allows`);
}
