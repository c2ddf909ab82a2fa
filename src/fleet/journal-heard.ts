import { createHash } from "node:crypto";

/**
 * The journal of a host as it was told in one talk. Its lines are unsigned, but a result names the
 * digest of the whole journal at its time: a line counts as the host's signed word only when all that
 * was heard up to it has that digest. A line that was lost, added or changed on its way proves nothing.
 */
export interface JournalHeard {
  add(line: string): void;
  /** The line that a journal with this digest ends with; null when no such journal was heard. */
  lastLine(digest: string): string | null;
}

/** A job writes some dozens; whoever sends more is not believed. */
const LINES_MAX = 4_096;
/** The first line of every journal: a host that took another job begins another journal. */
const FIRST = /^RECEIVED /;

export function journalHeard(): JournalHeard {
  let hash = createHash("sha256");
  let ends = new Map<string, string>();
  return {
    add(line) {
      if (FIRST.test(line)) {
        hash = createHash("sha256");
        ends = new Map();
      }
      if (ends.size >= LINES_MAX) return;
      hash.update(`${line}\n`);
      ends.set(hash.copy().digest("hex"), line);
    },
    lastLine: (digest) => ends.get(digest) ?? null,
  };
}
