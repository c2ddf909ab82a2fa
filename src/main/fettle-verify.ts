/**
 * The offline verifier as a program of its own: one file, nothing but Node, no network.
 *
 *     node fettle-verify.mjs FILE-OR-FOLDER --key KEY-OR-FILE [--known-head FILE]
 *
 * Exit code 0: good. 1: bad, with the first bad entry. 2: it could not be looked at.
 */
import { existsSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { verifyPath } from "../cli/verify-path.ts";
import { openHead, parseVerifierKey } from "../ledger/verify.ts";

const USAGE = "usage: node fettle-verify.mjs FILE-OR-FOLDER --key KEY-OR-FILE [--known-head FILE]";

/** Whatever the log holds, a terminal gets printable text. */
function safe(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?");
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { key: { type: "string" }, "known-head": { type: "string" } },
  });
  const [path] = positionals;
  if (path === undefined || values.key === undefined || positionals.length > 1)
    throw new Error(USAGE);
  const keyText = existsSync(values.key) ? readFileSync(values.key, "utf8") : values.key;
  const key = parseVerifierKey(keyText);
  if (key === null) throw new Error("the key is not of the form NAME+8 HEX DIGITS+BASE64");
  const note = values["known-head"];
  const knownHead = note === undefined ? undefined : openHead(key, readFileSync(note, "utf8"));
  if (knownHead === null) throw new Error("the known head is not signed by this key");
  const verdict = await verifyPath(path, { key, knownHead });
  const { entries, findings, isGood, kind } = verdict;
  if (isGood) {
    const root = verdict.root === null ? "" : `, root ${verdict.root}`;
    const signed =
      verdict.results === undefined ? "" : `, ${verdict.results} results signed by hosts`;
    process.stdout.write(`good ${kind}: ${entries} entries${signed}${root}\n`);
    return 0;
  }
  process.stdout.write(`BAD ${kind}: first bad entry ${findings[0]?.index ?? "unknown"}\n`);
  for (const { line, index, problem } of findings) {
    const where = [
      line === null ? [] : `line ${line}`,
      index === null ? [] : `entry ${index}`,
    ].flat();
    process.stdout.write(`${[...where, safe(problem)].join(": ")}\n`);
  }
  return 1;
}

process.exitCode = await main().catch((cause: unknown) => {
  process.stderr.write(
    `fettle-verify: ${safe(cause instanceof Error ? cause.message : String(cause))}\n`,
  );
  return 2;
});
