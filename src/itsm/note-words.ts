import { instantToText } from "../base/instant.ts";
import { eventSentence } from "../ledger/event-sentence.ts";
import { isChosen } from "../watch/event-choice.ts";
import type { Told } from "../watch/model.ts";
import type { Note } from "./model.ts";

const NOTE_CHARACTERS_MAX = 2_000;

/** An event as a note; null for one that the settings do not choose. Pure. */
export function noteOf(event: Told, patterns: readonly string[]): Note | null {
  if (!isChosen(event.type, patterns)) return null;
  const text = `${instantToText(event.at)} ${event.type}: ${eventSentence(event)}`;
  return { index: event.index, text: safe(text) };
}

/** Sentences may hold what hosts and feeds said; journals of ServiceNow show [code] as markup. */
function safe(text: string): string {
  return text
    .replace(/[^\P{C}]+/gu, " ")
    .replace(/\[(\/?)code\]/gi, "($1code)")
    .slice(0, NOTE_CHARACTERS_MAX);
}
