import { addExamples } from "../cli/examples.ts";
import { registerOffline } from "../cli/offline.ts";
import { makeProgram, outputOf, runProgram } from "./program.ts";
import { systemStreams } from "./system-streams.ts";
import { systemTerminal } from "./system-terminal.ts";

/** The commands that need no server, alone: no configuration is read and no client is loaded. */
const terminal = systemTerminal(process.env);
const program = makeProgram(terminal);
registerOffline(program, { streams: systemStreams(), output: () => outputOf(program) });
addExamples(program);

process.exitCode = await runProgram(program, {
  terminal,
  isDebug: process.env["FETTLE_LOG_LEVEL"] === "debug",
});
