import { type Command, Option } from "commander";
import { Failure } from "../base/failure.ts";
import { buildPurl, formatPurl, type Purl, type PurlParts, parsePurl } from "../inventory/purl.ts";
import { type Answer, answerValues, answerWords, type OfflineCli } from "./lines.ts";

/** Package URLs: taken apart, put together, checked. */
export function registerPurl(program: Command, cli: OfflineCli): void {
  const purl = program.command("purl").description("Package URLs: take apart, build, check");
  purl
    .command("parse [files...]")
    .description(
      "Package URLs in; type, namespace, name, version, qualifiers and subpath out, with TABs between. Words that are no files are package URLs",
    )
    .action((words: string[]) => answerAll(cli, words, parsed));
  purl
    .command("validate [files...]")
    .description("Package URLs in; valid with the canonical form, or invalid with the reason, out")
    .action((words: string[]) => answerAll(cli, words, validated));
  purl
    .command("build [files...]")
    .description(
      "Components in, a JSON object a line (or one set by flags); canonical package URLs out",
    )
    .option("--type <type>", "deb, npm, maven …")
    .option("--namespace <path>", "segments with slashes between them")
    .option("--name <name>", "name of the package")
    .option("--version <version>", "its version (--at means the same)")
    .addOption(new Option("--at <version>", "its version").hideHelp())
    .option("--qualifier <pair...>", "key=value")
    .option("--subpath <path>", "path inside the package")
    .action(async (words: string[], flags: BuildFlags) => {
      const parts = partsOfFlags(flags);
      if (parts !== null) {
        process.exitCode = await answerValues(cli, [builtFrom(parts, {})]);
        return;
      }
      // What reads JSON by a schema is loaded by whoever needs it: the others start at once.
      const { readPurlParts } = await import("./purl-parts.ts");
      const answer = (line: string): Answer => {
        const { read, problem } = readPurlParts(line);
        return read === null ? { text: "?", json: {}, problem } : builtFrom(read, { parts: read });
      };
      process.exitCode = await answerWords(cli, words, answer);
    });
}

interface BuildFlags {
  readonly type?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly at?: string;
  readonly version?: string;
  readonly qualifier?: readonly string[];
  readonly subpath?: string;
}

async function answerAll(
  cli: OfflineCli,
  words: readonly string[],
  answer: (text: string) => Answer,
): Promise<void> {
  process.exitCode = await answerWords(cli, words, answer);
}

function parsed(text: string): Answer {
  const { purl, problem } = parsePurl(text);
  if (purl === null) return { text: "?", json: { purl: text }, problem };
  return { text: columns(purl), json: { purl: formatPurl(purl), ...components(purl) } };
}

function components(purl: Purl): object {
  const { type, namespace, name, version, subpath } = purl;
  const qualifiers = purl.qualifiers.size === 0 ? null : Object.fromEntries(purl.qualifiers);
  return { type, namespace, name, version, qualifiers, subpath };
}

/** Encoded as they stand in the canonical form: decoded, a part could hold a TAB or a line's end. */
function columns(purl: Purl): string {
  const encoded = (text: string | null): string =>
    (text ?? "").split("/").map(encodeURIComponent).join("/");
  const qualifiers = [...purl.qualifiers].map(([key, value]) => `${key}=${encoded(value)}`);
  const parts = [purl.type, purl.namespace, purl.name, purl.version].map(encoded);
  return [...parts, qualifiers.join("&"), encoded(purl.subpath)].join("\t");
}

function validated(text: string): Answer {
  const { purl, problem } = parsePurl(text);
  if (purl === null) {
    return { text: `invalid\t${problem}`, json: { purl: text, valid: false }, problem };
  }
  const canonical = formatPurl(purl);
  const isCanonical = canonical === text;
  return { text: `valid\t${canonical}`, json: { purl: text, valid: true, canonical, isCanonical } };
}

function builtFrom(parts: PurlParts, json: object): Answer {
  const { purl, problem } = buildPurl(parts);
  if (purl === null) return { text: "?", json, problem };
  const text = formatPurl(purl);
  return { text, json: { purl: text } };
}

function partsOfFlags(flags: BuildFlags): PurlParts | null {
  if (Object.keys(flags).length === 0) return null;
  const qualifiers = (flags.qualifier ?? []).map((pair): [string, string] => {
    const equals = pair.indexOf("=");
    if (equals < 0) throw new Failure("invalid", `The qualifier ${pair} is not key=value.`);
    return [pair.slice(0, equals), pair.slice(equals + 1)];
  });
  return {
    ...flags,
    version: flags.version ?? flags.at,
    qualifiers: Object.fromEntries(qualifiers),
  };
}
