import { type Command, Option } from "commander";
import { Failure } from "../base/failure.ts";
import type { VersionOrder } from "../intel/versions/order.ts";
import { orderOfScheme, schemeAliases, schemeNames } from "../intel/versions/scheme.ts";
import { type Answer, answerLines, answerValues, type OfflineCli } from "./lines.ts";

/** Versions, compared as their own tools do. */
export function registerVersion(program: Command, cli: OfflineCli): void {
  const version = program.command("version").description("Compare versions as their own tools do");
  version
    .command("compare [files...]")
    .description(
      "Pairs of versions (A, TAB, B) in; -1, 0, 1, or ? where the two cannot be compared, out. Two words that are no files are one pair",
    )
    .addOption(
      new Option("--scheme <name>", "whose versions they are")
        .choices([...schemeNames, ...schemeAliases])
        .makeOptionMandatory(),
    )
    .action(async (words: string[], flags: { readonly scheme: string }) => {
      const order = orderOfScheme(flags.scheme);
      if (order === null) throw new Failure("invalid", `No scheme is called ${flags.scheme}.`);
      const [a, b] = words;
      const isPair = a !== undefined && b !== undefined && words.length === 2;
      if (isPair && !cli.streams.isFile(a) && !cli.streams.isFile(b)) {
        process.exitCode = await answerValues(cli, [compared(order, a, b)]);
        return;
      }
      const answer = (line: string): Answer => comparedLine(order, line);
      process.exitCode = await answerLines({ cli, files: words, answer });
    });
}

function comparedLine(order: VersionOrder, line: string): Answer {
  const tab = line.indexOf("\t");
  if (tab < 0 || line.includes("\t", tab + 1)) {
    const problem = "expected two versions with one TAB between them";
    return { text: "?", json: { a: line, b: null, order: null }, problem };
  }
  return compared(order, line.slice(0, tab), line.slice(tab + 1));
}

function compared(order: VersionOrder, a: string, b: string): Answer {
  const found = order(a, b);
  // Never -0, which JSON and text would show differently.
  const sign = found === null ? null : Math.sign(found) || 0;
  return { text: sign === null ? "?" : String(sign), json: { a, b, order: sign } };
}
