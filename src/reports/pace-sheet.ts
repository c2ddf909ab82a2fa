import { DAY_MS, type Instant } from "../base/instant.ts";

/**
 * Speed versus stability: what each day of waiting exposes, beside what the change itself may break. Both
 * sides are ranges with what they rest on. Where nothing was recorded the range says so by being wide;
 * the two sides are not added up to one number, because a person decides between them.
 */
export interface Range {
  readonly low: number;
  readonly high: number;
}

export interface VulnerabilityRisk {
  readonly id: string;
  readonly isKnownExploited: boolean;
  /** Probability of exploitation anywhere within 30 days (EPSS); null where nobody said. */
  readonly epss: number | null;
}

export interface ExposureSide {
  readonly hosts: number;
  readonly exposedHosts: number;
  readonly knownExploited: readonly string[];
  /** Probability that one of them is exploited somewhere on a given day. */
  readonly perDay: Range;
  /** Vulnerabilities without a probability; with one of them the high end is certain. */
  readonly unknown: number;
}

/** EPSS tells of 30 days (FIRST, EPSS model); the same chance each day gives the one of a day. */
const EPSS_DAYS = 30;

/**
 * At least the likeliest of them; at most all of them independently. What is known to be exploited is
 * certain.
 */
export function exposureSide(
  hosts: { readonly hosts: number; readonly exposedHosts: number },
  risks: readonly VulnerabilityRisk[],
): ExposureSide {
  const knownExploited = risks.filter((risk) => risk.isKnownExploited).map(({ id }) => id);
  const others = risks.filter((risk) => !risk.isKnownExploited);
  const unknown = others.filter(({ epss }) => epss === null).length;
  const days = others.flatMap(({ epss }) => (epss === null ? [] : [perDay(epss)]));
  const isCertain = knownExploited.length > 0;
  const all = 1 - days.reduce((none, chance) => none * (1 - chance), 1);
  return {
    hosts: hosts.hosts,
    exposedHosts: hosts.exposedHosts,
    knownExploited,
    perDay: {
      low: isCertain ? 1 : Math.max(0, ...days),
      high: isCertain || unknown > 0 ? 1 : all,
    },
    unknown,
  };
}

function perDay(epss: number): number {
  return 1 - (1 - Math.min(1, Math.max(0, epss))) ** (1 / EPSS_DAYS);
}

export interface PastChanges {
  readonly hosts: number;
  readonly failed: number;
}

export type Basis = "source" | "kind" | "all" | "none";

export interface ChangeSide {
  /** Whose past the rate is of: this source package, changes of this kind, all, or nobody's. */
  readonly basis: Basis;
  readonly record: PastChanges;
  /** Share of hosts on which it fails, with 95 % confidence. */
  readonly failureRate: Range;
  /** Hosts that it would fail on, of those that need it. */
  readonly failedHosts: Range;
}

/** The nearest past that there is; a rate of one's own package says more than one of everything. */
export function changeSide(
  hosts: number,
  records: Readonly<Partial<{ readonly [Name in Exclude<Basis, "none">]: PastChanges }>>,
): ChangeSide {
  const order = ["source", "kind", "all"] as const;
  const basis = order.find((name) => (records[name]?.hosts ?? 0) > 0) ?? "none";
  const record = basis === "none" ? { hosts: 0, failed: 0 } : (records[basis] as PastChanges);
  const failureRate = wilson(record);
  return {
    basis,
    record,
    failureRate,
    failedHosts: { low: failureRate.low * hosts, high: failureRate.high * hosts },
  };
}

/** Two-sided 95 %. */
const Z = 1.959964;

/** Wilson's score interval (Wilson 1927); without any trial it is everything from 0 to 1. */
export function wilson({ hosts: n, failed }: PastChanges): Range {
  if (n === 0) return { low: 0, high: 1 };
  const share = failed / n;
  const middle = share + Z ** 2 / (2 * n);
  const spread = Z * Math.sqrt((share * (1 - share)) / n + Z ** 2 / (4 * n ** 2));
  const scale = 1 + Z ** 2 / n;
  return {
    low: failed === 0 ? 0 : Math.max(0, (middle - spread) / scale),
    high: failed === n ? 1 : Math.min(1, (middle + spread) / scale),
  };
}

export const choices = ["now", "next-release", "wait"] as const;
export type Choice = (typeof choices)[number];

export interface Waiting {
  readonly choice: Choice;
  readonly days: number;
  /** Days × hosts that stay exposed meanwhile. */
  readonly exposedHostDays: number;
  /** Probability that it is exploited somewhere before. */
  readonly exploited: Range;
}

/** What waiting until then means; `wait` is until the deadline. */
export function waitingFor(
  choice: Choice,
  of: { readonly now: Instant; readonly until: Instant; readonly side: ExposureSide },
): Waiting {
  const days = Math.max(0, (of.until - of.now) / DAY_MS);
  const { perDay: chance, exposedHosts } = of.side;
  const within = (daily: number): number => (daily >= 1 && days > 0 ? 1 : 1 - (1 - daily) ** days);
  return {
    choice,
    days,
    exposedHostDays: exposedHosts * days,
    exploited: { low: within(chance.low), high: within(chance.high) },
  };
}

/** `4 % to 9 %`, `less than 0.1 %`; no more digits than the inputs carry. */
export function rangeText({ low, high }: Range): string {
  const [from, to] = [percent(low), percent(high)];
  return from === to ? from : `${from} to ${to}`;
}

function percent(share: number): string {
  if (share <= 0) return "0 %";
  if (share >= 1) return "100 %";
  if (share < 0.001) return "less than 0.1 %";
  return `${share < 0.1 ? Math.round(share * 1000) / 10 : Math.round(share * 100)} %`;
}
