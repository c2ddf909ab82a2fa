import { scoreCvss } from "../intel/cvss.ts";
import type { Vulnerability } from "../intel/model.ts";

/** Every published CVSS score beside what its vector really gives. */
export interface KnownScore {
  readonly source: string;
  readonly version: string;
  readonly vector: string;
  readonly published: number;
  readonly computed: number | null;
  readonly severity: string | null;
  readonly note: string;
}

export function knownScores(scores: Vulnerability["cvss"]): readonly KnownScore[] {
  const distinct = new Map(scores.map((each) => [JSON.stringify(each), each]));
  return [...distinct.values()].map(({ source, version, vector, score }) => {
    const { scores: computed, problem } = scoreCvss(vector);
    const common = { source, version, vector, published: score };
    if (computed === null) return { ...common, computed: null, severity: null, note: problem };
    const { base, temporal, overall } = computed;
    return {
      ...common,
      computed: overall,
      severity: computed.severity,
      note: differenceNote(score, { base, temporal, overall }),
    };
  });
}

function differenceNote(
  published: number,
  { base, temporal, overall }: { base: number; temporal: number; overall: number },
): string {
  if (published === overall) return "";
  if (published === base) return "published is the base score alone";
  if (published === temporal) return "published is the temporal score";
  return `its vector gives ${overall}, not what was published`;
}
