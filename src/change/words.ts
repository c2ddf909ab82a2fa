import type { Words } from "../base/word.ts";
import type { ChangeState } from "./model.ts";

export const changeStateWords: Words<ChangeState> = {
  requested: ["waiting", "requested"],
  approved: ["good", "approved"],
  running: ["running", "running"],
  completed: ["good", "completed"],
  failed: ["bad", "failed"],
  "backed-out": ["attention", "backed out"],
  rejected: ["bad", "rejected"],
  withdrawn: ["unknown", "withdrawn"],
  expired: ["unknown", "expired"],
};
