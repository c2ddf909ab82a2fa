import type { Command } from "commander";
import type { OfflineCli } from "./lines.ts";
import { registerVersion } from "./version.ts";

/** Every noun that needs no server; `offline-nouns.ts` holds the same words. */
export function registerOffline(program: Command, cli: OfflineCli): void {
  registerVersion(program, cli);
}
