import type { Words } from "../base/word.ts";

/** How the services of a host read, by what systemd says of them. */
export const serviceStateWords: Words<"active" | "inactive" | "failed"> = {
  active: ["good", "active"],
  inactive: ["waiting", "inactive"],
  failed: ["bad", "failed"],
};
