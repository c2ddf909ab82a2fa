import type { Words } from "../base/word.ts";
import type { FeedStatus } from "./actions.ts";
import type { FindingState } from "./model.ts";

/** How findings and feeds read; what can be chosen among comes first, the rest explains one package. */
export const findingStateWords: Words<FindingState> = {
  "affected-fix-available": ["attention", "a fix exists"],
  "affected-no-fix": ["waiting", "no fix yet"],
  "fix-deferred": ["waiting", "fix put off"],
  "will-not-fix": ["waiting", "will not be fixed"],
  "end-of-life": ["attention", "support ended"],
  "under-investigation": ["unknown", "being looked into"],
  "unknown-coverage": ["unknown", "not known"],
};

export const feedStateWords: Words<FeedStatus["freshness"]["kind"]> = {
  fresh: ["good", "fresh"],
  stale: ["attention", "stale"],
  "never-loaded": ["unknown", "never loaded"],
};
