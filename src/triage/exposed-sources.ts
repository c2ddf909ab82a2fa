import { slices } from "../base/slices.ts";
import type { Exposure } from "../intel/exposure.ts";
import type { Vulnerability } from "../intel/model.ts";
import { subjectOf } from "../intel/subject.ts";
import { orderOf } from "../intel/versions/order.ts";
import type { ExposedSource, ExposedVulnerability } from "./fix-first.ts";

/**
 * Joins findings with offers: for each source package the newest version that hosts are offered, and
 * which of its findings that version clears.
 */
export interface OfferedVersion {
  readonly ecosystem: string;
  readonly name: string;
  readonly arch: string;
  readonly version: string;
  readonly source: string;
  readonly sourceVersion: string;
  readonly origin: string;
}

/** In turns, so that the server answers others meanwhile. */
export async function exposedSources(input: {
  readonly exposures: readonly Exposure[];
  /** The same, counted over publicly exposed hosts (and those that do not say) only. */
  readonly outside: readonly Exposure[];
  readonly offers: readonly OfferedVersion[];
  readonly vulnerabilities: ReadonlyMap<string, Vulnerability>;
}): Promise<readonly ExposedSource[]> {
  const pause = slices();
  const newest = newestOffers(input.offers);
  const outside = new Map<string, Exposure>();
  for (const each of input.outside) {
    if (pause.isDue()) await pause.taken();
    outside.set(findingKeyOf(each), each);
  }
  const groups = Map.groupBy(input.exposures, keyOf);
  const sources: ExposedSource[] = [];
  for (const [key, exposures] of groups) {
    if (pause.isDue()) await pause.taken();
    const first = exposures[0] as Exposure;
    const offered = newest.get(key) ?? null;
    const order = orderOf(first.ecosystem);
    const vulnerabilities = exposures.map((exposure): ExposedVulnerability => {
      const { fixedVersion } = exposure;
      const compared =
        offered === null || fixedVersion === null ? null : order?.(offered, fixedVersion);
      const reached = outside.get(findingKeyOf(exposure));
      return {
        id: exposure.vulnerability,
        hosts: exposure.hostCount,
        exposedHosts: reached?.hostCount ?? 0,
        loweredHosts: exposure.loweredHostCount,
        loweredExposedHosts: reached?.loweredHostCount ?? 0,
        isClearedByOffer: compared !== null && compared !== undefined && compared >= 0,
        fixedVersion,
        facts: input.vulnerabilities.get(exposure.vulnerability) ?? null,
      };
    });
    sources.push({
      ecosystem: first.ecosystem,
      source: first.source,
      offeredVersion: offered,
      hosts: Math.max(...exposures.map((exposure) => exposure.hostCount)),
      exposedHosts: Math.max(0, ...vulnerabilities.map((each) => each.exposedHosts)),
      vulnerabilities,
    });
  }
  return sources;
}

function keyOf(thing: { readonly ecosystem: string; readonly source: string }): string {
  return `${thing.ecosystem}\n${thing.source}`;
}

/** Newest source version by the ecosystem's own order; what cannot be compared offers nothing. */
function newestOffers(offers: readonly OfferedVersion[]): ReadonlyMap<string, string> {
  const newest = new Map<string, string>();
  for (const offer of offers) {
    const subject = subjectOf({ ...offer, module: "" });
    const key = keyOf({ ecosystem: offer.ecosystem, source: subject.source });
    const known = newest.get(key);
    const order = orderOf(offer.ecosystem);
    if (order === null) continue;
    const compared = known === undefined ? 1 : order(subject.version, known);
    if (compared !== null && compared > 0) newest.set(key, subject.version);
  }
  return newest;
}

/** What tells findings apart that are counted on their own. */
function findingKeyOf(finding: Exposure): string {
  const { vulnerability, state, fixedVersion, channel = "" } = finding;
  return [keyOf(finding), vulnerability, state, fixedVersion ?? "", channel].join("\n");
}
