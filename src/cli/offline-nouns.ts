import type { Command } from "commander";
import type { FileCli } from "./file-cli.ts";

/**
 * Nouns that need no server, each with how to load it alone. Nothing is loaded by this list itself,
 * because it is read before anything is known of what is asked.
 */
type Load = (program: Command, cli: FileCli) => Promise<void>;

const loads: Readonly<Record<string, Load>> = {
  version: async (program, cli) => (await import("./version.ts")).registerVersion(program, cli),
  vers: async (program, cli) => (await import("./vers.ts")).registerVers(program, cli),
  purl: async (program, cli) => (await import("./purl.ts")).registerPurl(program, cli),
  cvss: async (program, cli) => (await import("./cvss.ts")).registerCvss(program, cli),
  deadline: async (program, cli) => (await import("./deadline.ts")).registerDeadline(program, cli),
  scan: async (program, cli) => (await import("./scan.ts")).registerScan(program, cli),
  vex: async (program, cli) => (await import("./vex.ts")).registerVex(program, cli),
  window: async (program, cli) => (await import("./window.ts")).registerWindow(program, cli),
  csaf: async (program, cli) => (await import("./csaf.ts")).registerCsaf(program, cli),
};

export const offlineNouns: readonly string[] = Object.keys(loads);

/** Nouns of which the server knows more verbs, with the verbs that need none. */
const verbs: Readonly<Record<string, readonly string[]>> = {
  deadline: ["explain", "presets"],
  vex: ["apply"],
  window: ["occurrences"],
};

/** Flags of the program itself that stand before the noun and take a value. */
const valued = ["-o", "--output", "--url"];

/** How to load the noun that the words begin with; null when they may need a server. */
export function offlineLoad(words: readonly string[]): Load | null {
  const [noun = "", verb = ""] = askedWords(words);
  if (!Object.hasOwn(loads, noun)) return null;
  return verbs[noun]?.includes(verb) === false ? null : (loads[noun] ?? null);
}

/** What is asked, noun first, without the program's own flags before it. */
export function askedWords(words: readonly string[]): readonly string[] {
  let at = 0;
  while (at < words.length && words[at]?.startsWith("-")) {
    at += valued.includes(words[at] ?? "") ? 2 : 1;
  }
  return words.slice(at);
}
