import type { FindingState, MatchExplanation } from "./model.ts";

/** What one statement means for one installed version, and by which rule. */
export interface Verdict {
  readonly state: FindingState;
  readonly fixedVersion: string | null;
  readonly rule: MatchRule;
  readonly comparedWith: string | null;
  readonly comparison: MatchExplanation["comparison"];
}

export type MatchRule = keyof typeof matchRules;

/** Why a verdict is what it is, in words for people. */
export const matchRules = {
  "fixed-version": "The publisher names the version that fixes it.",
  "version-range": "The publisher names the affected ranges of versions.",
  "listed-version": "The publisher lists this version as affected.",
  "not-listed": "The installed version is in none of the affected ranges.",
  "never-affected": "The publisher says that this release was never affected.",
  unimportant: "The publisher says that the affected code is not part of what the package ships.",
  "no-fix-yet": "The publisher says it is affected and has no fix yet.",
  postponed: "The publisher says it is affected and puts the fix off.",
  ignored: "The publisher says it is affected and will not be fixed in this release.",
  "support-ended": "The publisher no longer supports this package in this release.",
  undetermined: "The publisher has not determined whether it is affected.",
  "not-comparable": "The two versions cannot be compared, so nothing is known.",
  "kernel-support": "The package is built from the kernel's source but holds no kernel.",
  "fixed-in-channel": "A fix exists only in a channel that this host is not known to use.",
  "unknown-stream": "Which stream of its module the build belongs to is not known.",
  "cpe-range": "Only a CPE name says so: the record of the CVE names a range of versions.",
  "cpe-version": "Only a CPE name says so: the record of the CVE names this version.",
  "cpe-every-version": "Only a CPE name says so: the record of the CVE names every version.",
  "cpe-outside": "The record of the CVE names other versions, editions or products.",
  "cpe-open": "The CPE name leaves open what the record of the CVE asks for.",
  "cpe-platform": "The record names what it has to run on, and whether it does is not known.",
  "built-using": "It contains code of another source, which only a rebuild of the package mends.",
  rejected: "The vulnerability's record was rejected or withdrawn.",
} as const;
