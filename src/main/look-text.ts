import { counted } from "../base/counted.ts";
import { type CoverageReason, coverageReasons } from "../intel/coverage.ts";

/** What `npm start` found, in a few lines. Missing input reads as unknown, never as 0. */
export interface LookFacts {
  readonly host: {
    readonly name: string;
    readonly system: string | null;
    /** Null: never inspected. */
    readonly packages: number | null;
    /** Null: no package lists. */
    readonly updates: number | null;
    readonly listsAt: string | null;
    readonly problem: string | null;
    readonly needsReboot: boolean | null;
  } | null;
  readonly vulnerabilities: number;
  readonly sources: number;
  readonly knownExploited: readonly string[];
  /** False while packages are still to be matched. */
  readonly isFinal: boolean;
  /** Packages whose absence of findings means nothing, by reason, most first. */
  readonly unknown: readonly { readonly reason: CoverageReason; readonly packages: number }[];
  readonly feeds: readonly {
    readonly name: string;
    readonly asOf: string | null;
    readonly freshness: string;
  }[];
  readonly missingFeeds: readonly string[];
  readonly fixFirst: {
    readonly source: string;
    readonly version: string;
    readonly clears: number;
    readonly knownExploited: number;
  } | null;
}

export function lookText(facts: LookFacts): string {
  return [
    hostLine(facts),
    updateLine(facts),
    findingLine(facts),
    coverageLine(facts),
    fixLine(facts),
    dataLine(facts),
  ]
    .filter((line) => line !== null)
    .join("\n");
}

function hostLine({ host }: LookFacts): string {
  if (host === null) return "This machine  unknown: it could not be added";
  const system = host.system === null ? "unknown system" : host.system;
  const packages =
    host.packages === null
      ? `packages unknown${host.problem === null ? " (not inspected yet)" : `: ${host.problem}`}`
      : `${counted(host.packages, "package")}`;
  const reboot = host.needsReboot === true ? ", reboot needed" : "";
  return `This machine  ${host.name}, ${system}: ${packages}${reboot} (inspected only, never changed)`;
}

function updateLine({ host }: LookFacts): string | null {
  if (host === null || host.packages === null) return null;
  if (host.updates === null) {
    return "Updates       unknown: this machine has no package lists yet; they are being read into a private folder";
  }
  const age = host.listsAt === null ? "" : ` (package lists of ${host.listsAt})`;
  return `Updates       ${host.updates === 0 ? "none offered" : `${host.updates} available`}${age}`;
}

function findingLine(facts: LookFacts): string {
  if (facts.host === null || facts.host.packages === null) return "Findings      unknown";
  if (facts.feeds.length === 0) return "Findings      unknown: no feed is loaded";
  const more = facts.isFinal ? "" : ", still matching";
  const exploited =
    facts.knownExploited.length === 0
      ? "none of them known to be exploited"
      : `${facts.knownExploited.length} known to be exploited (${some(facts.knownExploited)})`;
  const found =
    facts.vulnerabilities === 0
      ? "none found in the data that is loaded"
      : `${counted(facts.vulnerabilities, "vulnerability", "vulnerabilities")} in ${counted(facts.sources, "source package")}, ${exploited}`;
  return `Findings      ${found}${more}`;
}

function coverageLine({ unknown }: LookFacts): string | null {
  if (unknown.length === 0) return null;
  const reasons = unknown.map(
    (gap) => `${counted(gap.packages, "package")}: ${coverageReasons[gap.reason]}`,
  );
  return `Unsure        ${reasons.join("\n              ")}`;
}

function fixLine({ fixFirst }: LookFacts): string | null {
  if (fixFirst === null) return null;
  const exploited =
    fixFirst.knownExploited === 0 ? "" : `, ${fixFirst.knownExploited} known to be exploited`;
  return `Fix first     ${fixFirst.source} → ${fixFirst.version}: clears ${counted(fixFirst.clears, "vulnerability", "vulnerabilities")}${exploited}`;
}

function dataLine(facts: LookFacts): string {
  const feeds = facts.feeds.map(
    (feed) =>
      `${feed.name} ${feed.asOf ?? "undated"}${feed.freshness === "fresh" ? "" : ` (${feed.freshness})`}`,
  );
  const missing = facts.missingFeeds.map((name) => `${name} (never loaded)`);
  return `Data          ${[...feeds, ...missing].join(", ")}`;
}

/** How asking the publishers of feeds went. */
export interface PublisherFacts {
  readonly isNetworkOn: boolean;
  readonly feeds: readonly {
    readonly name: string;
    readonly isFailed: boolean;
    readonly isStarter: boolean;
    readonly asOf: string | null;
  }[];
}

export function publisherLine(facts: PublisherFacts): string {
  const failed = facts.feeds.filter((feed) => feed.isFailed);
  const starter = facts.feeds.find((feed) => feed.isStarter);
  const withWhat =
    starter === undefined
      ? "going on with the data that is loaded"
      : `going on with the starter snapshot of ${starter.asOf ?? "an unknown day"}`;
  if (!facts.isNetworkOn) return `Feeds         their network is switched off; ${withWhat}`;
  if (failed.length === 0) return "Feeds         up to date with their publishers";
  if (failed.length === facts.feeds.length) {
    return `Feeds         the publishers cannot be reached from here; ${withWhat}`;
  }
  const names = failed.map((feed) => feed.name).join(", ");
  return `Feeds         ${names} could not be had (fettle feed status says why); the others are up to date`;
}

function some(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(", ");
  return names.length > 3 ? `${shown}, …` : shown;
}
