import { eventSentence } from "../../ledger/event-sentence.ts";
import { safeText } from "./table.ts";

/** One event as a sentence that cannot reach into the terminal. */
export function eventText(event: Parameters<typeof eventSentence>[0]): string {
  return safeText(eventSentence(event));
}
