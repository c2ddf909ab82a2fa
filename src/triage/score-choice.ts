import type { Vulnerability } from "../intel/model.ts";
import type { ScoreSource } from "./deadline-policy.ts";

/**
 * Whose CVSS score counts. Publishers disagree about one vulnerability; a policy names the order in
 * which they are asked, and the first that scored it decides. Scores are never averaged. Of one
 * publisher's scores the newest version of CVSS counts, and the highest of those.
 */
type Score = Vulnerability["cvss"][number];

export interface ChosenScore {
  readonly score: number;
  readonly by: ScoreSource;
  /** The publisher as it names itself. */
  readonly source: string;
  readonly version: string;
  readonly vector: string;
}

export function chosenScore(
  scores: readonly Score[],
  order: readonly ScoreSource[],
  ecosystem: string | null,
): ChosenScore | null {
  for (const by of order) {
    const [best] = scores
      .filter(({ source }) => kindOf(source, ecosystem) === by)
      .toSorted(
        (a, b) => Number(b.version) - Number(a.version) || b.score - a.score || byVector(a, b),
      );
    if (best !== undefined) return { ...best, by };
  }
  return null;
}

function byVector(a: Score, b: Score): number {
  if (a.vector === b.vector) return 0;
  return a.vector < b.vector ? -1 : 1;
}

/** Names under which a distribution scores what it ships, by the first part of its ecosystem. */
const vendors: Readonly<Record<string, RegExp>> = {
  Debian: /debian/i,
  Ubuntu: /canonical|ubuntu/i,
  "Red Hat": /red ?hat/i,
  AlmaLinux: /alma|red ?hat/i,
  "Rocky Linux": /rocky|resf|red ?hat/i,
  SUSE: /suse/i,
  openSUSE: /suse/i,
  Alpine: /alpine/i,
  "Oracle Linux": /oracle/i,
};

export function kindOf(source: string, ecosystem: string | null): ScoreSource {
  const vendor = vendors[ecosystem?.split(":")[0] ?? ""];
  if (vendor?.test(source) === true) return "vendor";
  if (/(^|@)nvd(\.|$|@)|nist/i.test(source)) return "nvd";
  return /\badp\b|cisa-adp|vulnrichment|134c704f-9b21-4f2e-91b3-4a467353bcc0/i.test(source)
    ? "adp"
    : "cna";
}
