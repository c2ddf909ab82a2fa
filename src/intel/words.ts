import type { Words } from "../base/word.ts";
import type { FeedStatus } from "./actions.ts";
import type { FindingState } from "./model.ts";
import type { SourceHealth } from "./source-status.ts";

/** How findings and feeds read. */
export const findingStateWords: Words<FindingState> = {
  "affected-fix-available": ["attention", "a fix exists"],
  "affected-no-fix": ["waiting", "no fix yet"],
  "fix-deferred": ["waiting", "fix put off"],
  "will-not-fix": ["waiting", "will not be fixed"],
  "end-of-life": ["attention", "no longer supported"],
  "under-investigation": ["unknown", "being looked into"],
  "unknown-coverage": ["unknown", "not known"],
  fixed: ["good", "fixed"],
  "not-affected": ["good", "not affected"],
};

export const feedStateWords: Words<FeedStatus["freshness"]["kind"]> = {
  fresh: ["good", "fresh"],
  stale: ["attention", "stale"],
  "never-loaded": ["unknown", "never loaded"],
};

export const sourceStateWords: Words<SourceHealth["state"]> = {
  good: ["good", "current"],
  late: ["attention", "too old"],
  failing: ["bad", "failing"],
  "never-loaded": ["unknown", "never loaded"],
  off: ["waiting", "not asked"],
};

const { fixed: _, "not-affected": __, ...listed } = findingStateWords;

/** What a list of findings can be asked for: the rest explains single packages. */
export const listedFindingWords: Words<Exclude<FindingState, "fixed" | "not-affected">> = listed;
