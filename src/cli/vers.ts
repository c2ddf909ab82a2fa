import type { Command } from "commander";
import { containsVersion, formatVers, parseVers, type VersReading } from "../intel/vers.ts";
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
  vers
    .command("validate [files...]")
    .description("Ranges in; valid with the canonical form, or invalid with the reason, out")
    .action(async (words: string[]) => {
      process.exitCode = await answerWords(cli, words, validated);
    });
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
