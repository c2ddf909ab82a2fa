import type { Command } from "commander";
import { Failure } from "../base/failure.ts";
import {
  containsVersion,
  formatVers,
  orderOfType,
  parseVers,
  type VersReading,
} from "../intel/vers.ts";
import { versFromNative } from "../intel/vers-native.ts";
import {
  type Answer,
  answerLines,
  answerValues,
  answerWords,
  isFileName,
  type OfflineCli,
} from "./lines.ts";

/** Version range specifiers. */
export function registerVers(program: Command, cli: OfflineCli): void {
  const vers = program.command("vers").description("Version range specifiers (vers:type/…)");
  vers
    .command("contains [words...]")
    .description(
      "Ranges with a version (RANGE, TAB, VERSION) in; true, false, or ? where it cannot be told, out. A range as the first word is asked about the words behind it, or about the versions on standard input",
    )
    .action(async (words: string[]) => {
      const [range, ...versions] = words;
      if (range === undefined || isFileName(cli, range)) {
        process.exitCode = await answerLines({ cli, files: words, answer: containedLines() });
        return;
      }
      const reading = parseVers(range);
      const answer = (version: string): Answer => contained(reading, range, version);
      process.exitCode =
        versions.length === 0
          ? await answerLines({ cli, files: [], answer })
          : await answerValues(cli, versions.map(answer));
    });
  registerFromNative(vers, cli);
  vers
    .command("validate [files...]")
    .description("Ranges in; valid with the canonical form, or invalid with the reason, out")
    .action(async (words: string[]) => {
      process.exitCode = await answerWords(cli, words, validated);
    });
}

/** Ranges as tools write them, a line each. */
function registerFromNative(vers: Command, cli: OfflineCli): void {
  vers
    .command("from-native [words...]")
    .description(
      "Ranges as a tool writes them (^1.2.3, ~> 2.0, [1.0,2.0)) in; version range specifiers, or ? where there is none, out. Words that are no files are ranges",
    )
    .requiredOption("--type <type>", "whose notation it is: npm, pypi, gem, maven, nuget, deb …")
    .action(async (words: string[], { type }: { readonly type: string }) => {
      if (orderOfType(type) === null) {
        throw new Failure("invalid", `No type of ranges is called ${type}.`);
      }
      const answer = (native: string): Answer => fromNative(type, native);
      process.exitCode = await answerWords(cli, words, answer);
    });
}

function fromNative(type: string, native: string): Answer {
  const { range, problem } = versFromNative(type, native);
  if (range === null) return { text: "?", json: { native, range: null }, problem: problem ?? "" };
  const text = formatVers(range);
  return { text, json: { native, range: text, type, constraints: range.constraints } };
}

/** Lists mostly ask many versions of one range, which is read once then. */
function containedLines(): (line: string) => Answer {
  let last = "";
  let reading = parseVers(last);
  return (line) => {
    const tab = line.indexOf("\t");
    if (tab < 0 || line.includes("\t", tab + 1)) {
      const problem = "expected a range and a version with one TAB between them";
      return { text: "?", json: { range: line, version: null, contains: null }, problem };
    }
    const range = line.slice(0, tab);
    if (range !== last) reading = parseVers(range);
    last = range;
    return contained(reading, range, line.slice(tab + 1));
  };
}

function contained(reading: VersReading, text: string, version: string): Answer {
  const contains = reading.range === null ? null : containsVersion(reading.range, version);
  const json = { range: text, version, contains };
  const shown = contains === null ? "?" : String(contains);
  if (reading.problem !== null) return { text: shown, json, problem: reading.problem };
  if (contains !== null) return { text: shown, json };
  return { text: shown, json, problem: "the version cannot be compared with the range" };
}

function validated(text: string): Answer {
  const { range, problem } = parseVers(text);
  if (range !== null && problem === null) {
    const { type, constraints } = range;
    return {
      text: `valid\t${formatVers(range)}`,
      json: { range: text, valid: true, type, constraints },
    };
  }
  return {
    text: `invalid\t${problem ?? ""}`,
    json: { range: text, valid: false },
    problem: problem ?? "it is not valid",
  };
}
