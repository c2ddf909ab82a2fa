import { type Instant, instantToText } from "../base/instant.ts";

/** When anything began to be known; null for what never did. */
export interface Beginnings {
  /** The first feed that says what is affected. */
  readonly feed: Instant | null;
  /** The first look at a host. */
  readonly host: Instant | null;
}

/** Nothing is known before both have begun. */
export function knownSince({ feed, host }: Beginnings): Instant | null {
  if (feed === null) return host;
  return host === null ? feed : Math.max(feed, host);
}

/** Why an empty answer about a moment does not mean that nothing was wrong; null where it may. */
export function nothingKnown(of: Beginnings, asOf: Instant): string | null {
  const isKnown = (at: Instant | null): boolean => at !== null && at <= asOf;
  if (isKnown(of.feed) && isKnown(of.host)) return null;
  const feed =
    of.feed === null ? "no feed was ever loaded" : `the first feed was loaded on ${dayOf(of.feed)}`;
  const host =
    of.host === null
      ? "no host was ever looked at"
      : `the first host was looked at on ${dayOf(of.host)}`;
  return `Nothing was known yet: ${feed}, ${host}.`;
}

function dayOf(at: Instant): string {
  return instantToText(at).slice(0, 10);
}
