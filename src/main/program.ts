import { Command, CommanderError, Help, Option } from "commander";
import { Failure, failureTable } from "../base/failure.ts";
import type { Output, Terminal } from "../cli/cli.ts";
import { askedWords } from "../cli/offline-nouns.ts";
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
    .configureHelp({
      optionDescription(option) {
        const said = Help.prototype.optionDescription.call(this, option);
        return option.mandatory ? `${said} (required)` : said;
      },
    })
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text),
      writeErr: (text) => terminal.err(text),
    });
}

/**
 * Where a command has a flag of its own by the name of one of the program's (`itsm add --url`), what stands
 * after the command is the command's, and what stands before the noun is the program's. The program's other
 * flags (`-o json`) are taken in both places, as everywhere.
 */
export function giveWay(program: Command, words: readonly string[]): void {
  let asked = program;
  for (const word of askedWords(words)) {
    const next = asked.commands.find((one) => one.name() === word || one.aliases().includes(word));
    if (next === undefined) break;
    asked = next;
  }
  const own = new Set(asked.options.map((option) => option.long));
  if (asked === program || !program.options.some((option) => own.has(option.long))) return;
  program.enablePositionalOptions();
  const others = program.options.filter((option) => !own.has(option.long));
  for (const { flags, description, argChoices } of others) {
    const option = new Option(flags, description).hideHelp();
    asked.addOption(argChoices === undefined ? option : option.choices(argChoices));
  }
  asked.hook("preAction", () => {
    for (const option of others) {
      const name = option.attributeName();
      const given: unknown = asked.getOptionValue(name);
      if (given !== undefined) program.setOptionValueWithSource(name, given, "cli");
    }
  });
}

/** A noun that is not known is said to be unknown, also where help on it is asked for. */
export function askedOf(program: Command, words: readonly string[]): readonly string[] {
  const [noun] = askedWords(words);
  const isKnown = ["help", ...program.commands.flatMap((one) => [one.name(), ...one.aliases()])];
  return noun === undefined || isKnown.includes(noun) ? words : [noun];
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
    const words = process.argv.slice(2);
    giveWay(program, words);
    await program.parseAsync(askedOf(program, words), { from: "user" });
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
