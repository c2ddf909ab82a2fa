import { Command, CommanderError, Option } from "commander";
import { Failure, failureTable } from "../base/failure.ts";
import type { Output, Terminal } from "../cli/cli.ts";
import { failureText } from "./about.ts";

/** What every command line has in common: global flags in, exit code out. */
const USAGE_EXIT = 2;

export function makeProgram(terminal: Terminal): Command {
  return new Command("fettle")
    .description("Carries a patch from the first advisory to the last auditor.")
    .addOption(
      new Option("-o, --output <format>", "how to print")
        .choices(["table", "json", "yaml"])
        .default("table"),
    )
    .option("--url <address>", "server to talk to (FETTLE_URL; default: the one used last)")
    .showHelpAfterError("Add --help to see how it is used.")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text),
      writeErr: (text) => terminal.err(text),
    });
}

interface Run {
  readonly terminal: Terminal;
  readonly isDebug: boolean;
  /** Tells failures that only this command line knows; null for all others. */
  readonly exitOf?: (cause: unknown) => number | null;
}

/** Runs the program with this process's arguments; returns its exit code. */
export async function runProgram(program: Command, run: Run): Promise<number> {
  try {
    await program.parseAsync(process.argv);
    return Number(process.exitCode ?? 0);
  } catch (cause) {
    if (cause instanceof CommanderError) return cause.exitCode === 0 ? 0 : USAGE_EXIT;
    const exit = run.exitOf?.(cause) ?? null;
    if (exit !== null) return exit;
    run.terminal.err(`fettle: ${failureText(cause)}\n`);
    if (!(cause instanceof Failure) || run.isDebug) {
      run.terminal.err(`${cause instanceof Error ? cause.stack : String(cause)}\n`);
    }
    return cause instanceof Failure ? failureTable[cause.code].exit : 1;
  }
}

export function outputOf(program: Command): Output {
  const text = program.opts<{ output: string }>().output;
  if (text === "table" || text === "json" || text === "yaml") return text;
  throw new Failure("invalid", `The output ${text} is not known. Choose table, json or yaml.`);
}
