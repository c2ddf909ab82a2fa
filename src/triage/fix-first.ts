import type { Vulnerability } from "../intel/model.ts";
import type { PatchTarget } from "./model.ts";

/**
 * Fix first: the updates that clear most risk, best first. One item is one source package brought to
 * the newest version that the hosts' own sources offer; that is the single action that clears its
 * findings. No two items clear the same one, so taking always the update that clears most of what is
 * left is exact: no other set of as many updates clears more. What clears something that is known to
 * be exploited is taken before all else.
 *
 * It is the newest version on offer and not the smallest that mends: that is what a package manager
 * installs, each version between carries fixes too, and the smallest is often not offered any more.
 *
 * Risk of one vulnerability on one host: known exploited 100 (ransomware 150), SSVC active 60, public
 * proof of concept 10, plus 40 × EPSS, plus its CVSS base score; on a host that is exposed it counts
 * twice, and where the runtime policy lowers it a tenth. The weights only order the list; deadlines come from the preset, urgency from the
 * classification policy.
 */
export interface ExposedSource {
  readonly ecosystem: string;
  readonly source: string;
  /** Newest version offered to an affected host, or null when none of them is offered a fix. */
  readonly offeredVersion: string | null;
  readonly hosts: number;
  readonly exposedHosts: number;
  readonly vulnerabilities: readonly ExposedVulnerability[];
}

export interface ExposedVulnerability {
  readonly id: string;
  readonly hosts: number;
  /** Those of the hosts that are exposed, or do not say. */
  readonly exposedHosts: number;
  /** Of both those on which the runtime policy lowers it. */
  readonly loweredHosts: number;
  readonly loweredExposedHosts: number;
  /** True when the offered version is at or above the fix. */
  readonly isClearedByOffer: boolean;
  readonly fixedVersion: string | null;
  readonly facts: Pick<Vulnerability, "kev" | "epss" | "ssvc" | "cvss"> | null;
}

export interface FixFirstItem {
  readonly target: PatchTarget | { readonly ecosystem: string; readonly source: string };
  readonly remedy: "update-offered" | "fixed-upstream-not-offered" | "no-fix";
  readonly hosts: number;
  readonly exposedHosts: number;
  /** Vulnerability × host pairs that the update clears. */
  readonly findingsCleared: number;
  readonly vulnerabilities: readonly string[];
  readonly knownExploited: readonly string[];
  /** Those that are lowered on every host. */
  readonly lowered: readonly string[];
  readonly epssMax: number | null;
  readonly risk: number;
}

export function riskOf(facts: ExposedVulnerability["facts"]): number {
  if (facts === null) return 1;
  const kev = facts.kev === null ? 0 : facts.kev.isRansomware ? 150 : 100;
  const ssvc = { none: 0, poc: 10, active: 60 }[facts.ssvc?.exploitation ?? "none"];
  const cvss = Math.max(0, ...facts.cvss.map((score) => score.score));
  return kev + ssvc + 40 * (facts.epss?.score ?? 0) + Math.max(1, cvss);
}

/** What is lowered stays in the sum, so that of two equal updates the one for what runs comes first. */
const LOWERED_WEIGHT = 0.1;

function placesOf(v: ExposedVulnerability): number {
  const lowered = v.loweredHosts + v.loweredExposedHosts;
  return v.hosts + v.exposedHosts - lowered * (1 - LOWERED_WEIGHT);
}

export function isLowered({ hosts, loweredHosts }: ExposedVulnerability): boolean {
  return hosts > 0 && loweredHosts === hosts;
}

export function fixFirst(sources: readonly ExposedSource[]): readonly FixFirstItem[] {
  return sources.flatMap(itemsOf).sort(byRisk);
}

/** A source gives up to two items: what the offered update clears, and what nothing clears yet. */
function itemsOf(source: ExposedSource): readonly FixFirstItem[] {
  const cleared = source.vulnerabilities.filter((v) => v.isClearedByOffer);
  const upstream = source.vulnerabilities.filter(
    (v) => !v.isClearedByOffer && v.fixedVersion !== null,
  );
  const unfixed = source.vulnerabilities.filter(
    (v) => !v.isClearedByOffer && v.fixedVersion === null,
  );
  return [
    item(source, cleared, "update-offered"),
    item(source, upstream, "fixed-upstream-not-offered"),
    item(source, unfixed, "no-fix"),
  ].filter((candidate) => candidate !== null);
}

function item(
  source: ExposedSource,
  vulnerabilities: readonly ExposedVulnerability[],
  remedy: FixFirstItem["remedy"],
): FixFirstItem | null {
  if (vulnerabilities.length === 0) return null;
  const { ecosystem, source: name, offeredVersion } = source;
  const scores = vulnerabilities.flatMap((v) => (v.facts?.epss ? [v.facts.epss.score] : []));
  const risk = vulnerabilities.reduce((sum, v) => sum + riskOf(v.facts) * placesOf(v), 0);
  const open = new Set(vulnerabilities.flatMap((v) => (isLowered(v) ? [] : [v.id])));
  return {
    target:
      remedy === "update-offered" && offeredVersion !== null
        ? { ecosystem, source: name, sourceVersion: offeredVersion }
        : { ecosystem, source: name },
    remedy,
    hosts: source.hosts,
    exposedHosts: source.exposedHosts,
    findingsCleared: vulnerabilities.reduce((sum, v) => sum + v.hosts, 0),
    vulnerabilities: vulnerabilities.map((v) => v.id).sort(),
    knownExploited: vulnerabilities
      .filter((v) => v.facts?.kev)
      .map((v) => v.id)
      .sort(),
    lowered: vulnerabilities
      .map((v) => v.id)
      .filter((id) => !open.has(id))
      .sort(),
    epssMax: scores.length === 0 ? null : Math.max(...scores),
    risk: Math.round(risk * 100) / 100,
  };
}

const REMEDY_ORDER = {
  "update-offered": 0,
  "raise-in-services": 0,
  "fixed-upstream-not-offered": 1,
  "no-fix": 2,
} as const;

type Ordered = Pick<FixFirstItem, "knownExploited" | "lowered" | "risk" | "target" | "hosts"> & {
  readonly remedy: keyof typeof REMEDY_ORDER;
};

/**
 * What can be done now comes first, then what clears a known exploited vulnerability, then most risk;
 * of equals the one that touches fewer hosts, and then the name decides.
 */
export function byRisk(a: Ordered, b: Ordered): number {
  return (
    REMEDY_ORDER[a.remedy] - REMEDY_ORDER[b.remedy] ||
    Number(isExploited(b)) - Number(isExploited(a)) ||
    b.risk - a.risk ||
    a.hosts - b.hosts ||
    (nameOf(a) < nameOf(b) ? -1 : 1)
  );
}

/** What is exploited and lowered on every host moves nothing to the front. */
export function isExploited(of: Pick<FixFirstItem, "knownExploited" | "lowered">): boolean {
  return of.knownExploited.some((id) => !of.lowered.includes(id));
}

function nameOf({ target }: Ordered): string {
  return `${target.source}\n${target.ecosystem}`;
}
