import type { JournalLine } from "../fleet/model.ts";
import type { Progress } from "./store-targets.ts";

/** Which move a line of a host's journal (host protocol §7.5) stands for; null for none. */
export function journalMove(line: JournalLine): Progress["verb"] {
  switch (line.state) {
    case "APPLYING":
    case "APPLIED":
      return "begin";
    case "REBOOTING":
      return "reboot";
    case "VERIFYING":
      return "verify";
    default:
      return null;
  }
}
