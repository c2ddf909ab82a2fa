import type { Patch } from "./model.ts";

/**
 * What a case must have before it leaves triage: why, what is affected, and how likely the update is to
 * break something. A case that goes out of band needs more than what can be put together from its
 * findings: a person writes why it cannot wait for the next release.
 */
export interface Missing {
  readonly field: "justification" | "affectedVersions" | "regression";
  /** What is missing and how to add it. */
  readonly sentence: string;
}

export const NO_VERSIONS = "any older version";

type Judged = Pick<
  Patch,
  | "number"
  | "route"
  | "justification"
  | "justifiedBy"
  | "affectedVersions"
  | "regression"
  | "classifiedBy"
>;

export function missingIn(patch: Judged): readonly Missing[] {
  const edit = `fettle patch edit P-${patch.number}`;
  const missing: Missing[] = [];
  const { justificationMin } = patch.classifiedBy;
  const words = patch.justification.trim();
  if (justificationMin !== null && patch.justifiedBy === null) {
    missing.push({
      field: "justification",
      sentence: `It goes out of band (${patch.route}), so a person writes why it cannot wait, in at least ${justificationMin} characters: ${edit} --justification "…"`,
    });
  } else if (words.length < (justificationMin ?? 1)) {
    missing.push({
      field: "justification",
      sentence: `Its justification has ${words.length} of at least ${justificationMin ?? 1} characters: ${edit} --justification "…"`,
    });
  }
  if (patch.affectedVersions.every((version) => version.trim() === "" || version === NO_VERSIONS)) {
    missing.push({
      field: "affectedVersions",
      sentence: `Which versions are affected is not known: ${edit} --affected VERSION`,
    });
  }
  if (patch.regression.because.trim() === "") {
    missing.push({
      field: "regression",
      sentence: `How likely it is to break something is not said: ${edit} --regression low|medium|high --because "…"`,
    });
  }
  return missing;
}

/** One refusal for all that is missing; null where nothing is. */
export function refusalToLeave(patch: Judged): string | null {
  const missing = missingIn(patch);
  if (missing.length === 0) return null;
  return `P-${patch.number} cannot leave triage yet. ${missing.map(({ sentence }) => `${sentence}.`).join(" ")}`;
}
