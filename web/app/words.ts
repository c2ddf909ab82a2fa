import { api, ask, type Reply } from "./api.ts";

/**
 * The server's vocabulary: the pages have no words or tones of their own for its states. It comes
 * once, before the first page, and stays the same as long as these pages run.
 */
type Vocabulary = Reply<"/api/v1/words">;
/** How a state is to be taken; each tone has a shape of its own (parts/mark.tsx). */
export type Tone = "good" | "attention" | "bad" | "unknown" | "running" | "waiting";
export type WordGroup = keyof Vocabulary["words"];
export type PatchWord = Vocabulary["words"]["patch"][number];

let known: Vocabulary | null = null;

export async function loadWords(): Promise<void> {
  known ??= await ask(api.GET("/api/v1/words"));
}

function vocabulary(): Vocabulary {
  if (known === null) throw new Error("The words are loaded before any page that needs them.");
  return known;
}

/** All of a group, in the order in which people choose among them. */
export function wordsOf(group: WordGroup): Vocabulary["words"][WordGroup] {
  return vocabulary().words[group];
}

/** A name that a newer server has and this vocabulary has not reads as itself, and as unknown. */
export function wordFor(
  group: WordGroup,
  name: string,
): { readonly tone: Tone; readonly label: string } {
  return wordsOf(group).find((word) => word.name === name) ?? { tone: "unknown", label: name };
}

/** The choices of a filter. */
export function choicesOf(group: WordGroup): readonly { value: string; label: string }[] {
  return wordsOf(group).map(({ name, label }) => ({ value: name, label }));
}

export function patchWord(state: string): PatchWord | undefined {
  return vocabulary().words.patch.find((word) => word.name === state);
}

export function patchStages(): readonly string[] {
  return vocabulary().patchStages;
}

export function hostRespects(): Vocabulary["hostRespects"] {
  return vocabulary().hostRespects;
}

/** An event has a word by its whole type, or by the noun before the dot: what it happened to. */
export function eventWord(type: string): { readonly tone: Tone; readonly label: string } {
  const isKnown = wordsOf("caseEvent").some((word) => word.name === type);
  return wordFor("caseEvent", isKnown ? type : (type.split(".")[0] ?? type));
}
