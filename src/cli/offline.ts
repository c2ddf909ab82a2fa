import type { Command } from "commander";
import { registerCsaf } from "./csaf.ts";
import { registerCvss } from "./cvss.ts";
import { registerDeadline } from "./deadline.ts";
import type { FileCli } from "./file-cli.ts";
import { registerPurl } from "./purl.ts";
import { registerScan } from "./scan.ts";
import { registerVers } from "./vers.ts";
import { registerVersion } from "./version.ts";
import { registerVex } from "./vex.ts";
import { registerWindow } from "./window.ts";

/** Every noun that needs no server; `offline-nouns.ts` loads each of them alone. */
export function registerOffline(program: Command, cli: FileCli): void {
  registerScan(program, cli);
  registerVex(program, cli);
  registerCsaf(program, cli);
  registerVersion(program, cli);
  registerVers(program, cli);
  registerPurl(program, cli);
  registerCvss(program, cli);
  registerDeadline(program, cli);
  registerWindow(program, cli);
}
