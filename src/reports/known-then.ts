import type { Instant } from "../base/instant.ts";
import type { KnownStatement, KnownText, Learned } from "../intel/store-known.ts";

/**
 * What was known of a vulnerability at a past moment, out of everything that was ever learned of it.
 * What ended later had not ended then.
 */
interface Ranged {
  readonly since: Instant;
  readonly endedAt: Instant | null;
}

export function textsThen(texts: readonly KnownText[], asOf?: Instant): readonly KnownText[] {
  return asOf === undefined ? texts : texts.filter(({ learnedAt }) => learnedAt <= asOf);
}

export function sayingsThen(
  sayings: readonly KnownStatement[],
  asOf?: Instant,
): readonly KnownStatement[] {
  return rangesThen(sayings, asOf);
}

export function learnedThen(learned: Learned, asOf?: Instant): Learned {
  if (asOf === undefined) return learned;
  const { foundAt } = learned;
  return {
    kev: rangesThen(learned.kev, asOf),
    ssvc: rangesThen(learned.ssvc, asOf),
    epss: learned.epss.filter(({ at }) => at <= asOf),
    foundAt: foundAt !== null && foundAt <= asOf ? foundAt : null,
  };
}

function rangesThen<T extends Ranged>(all: readonly T[], asOf: Instant | undefined): readonly T[] {
  if (asOf === undefined) return all;
  return all
    .filter(({ since }) => since <= asOf)
    .map((one) => (one.endedAt !== null && one.endedAt > asOf ? { ...one, endedAt: null } : one));
}
