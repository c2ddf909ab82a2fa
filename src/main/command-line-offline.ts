import { homedir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { addExamples } from "../cli/examples.ts";
import type { FileCli } from "../cli/file-cli.ts";
import { makeProgram, outputOf, runProgram } from "./program.ts";
import { systemStreams } from "./system-streams.ts";
import { systemTerminal } from "./system-terminal.ts";

/** One noun that needs no server, alone: no configuration is read and no client is loaded. */
export async function runAlone(
  load: (program: Command, cli: FileCli) => Promise<void>,
): Promise<void> {
  const environment = process.env;
  const terminal = systemTerminal(environment);
  const program = makeProgram(terminal);
  await load(program, {
    terminal,
    streams: systemStreams(),
    output: () => outputOf(program),
    clock: Date.now,
    cacheFolder: (name) => join(cacheHome(environment), "fettle", name),
  });
  addExamples(program);
  process.exitCode = await runProgram(program, {
    terminal,
    isDebug: environment["FETTLE_LOG_LEVEL"] === "debug",
  });
}

/** Where the user keeps what can be made again (XDG Base Directory Specification). */
export function cacheHome(environment: NodeJS.ProcessEnv): string {
  return environment["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
}
