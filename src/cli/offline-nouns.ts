/** Nouns that need no server. A short list of words, because it is read before anything is loaded. */
export const offlineNouns: readonly string[] = ["version", "vers", "purl", "cvss", "deadline"];

/** Flags of the program itself that stand before the noun and take a value. */
const valued = ["-o", "--output", "--url"];

export function isOffline(words: readonly string[]): boolean {
  let at = 0;
  while (at < words.length && words[at]?.startsWith("-")) {
    at += valued.includes(words[at] ?? "") ? 2 : 1;
  }
  const [noun = "", verb = ""] = words.slice(at);
  return offlineNouns.includes(noun) && onlineVerbs[noun]?.includes(verb) !== true;
}

/** Verbs of these nouns that ask a server all the same. */
const onlineVerbs: Readonly<Record<string, readonly string[]>> = { deadline: ["show"] };
