import type { Command } from "commander";
import { registerCvss } from "./cvss.ts";
import { registerDeadline } from "./deadline.ts";
import type { OfflineCli } from "./lines.ts";
import { registerPurl } from "./purl.ts";
import { registerVers } from "./vers.ts";
import { registerVersion } from "./version.ts";

/** Every noun that needs no server; `offline-nouns.ts` holds the same words. */
export function registerOffline(program: Command, cli: OfflineCli): void {
  registerVersion(program, cli);
  registerVers(program, cli);
  registerPurl(program, cli);
  registerCvss(program, cli);
  registerDeadline(program, cli);
}
