import type { FeedDocument, ProblemList } from "./feed-format.ts";

/**
 * The JSON records of a document: one object, an array of objects, or one object per line (JSON
 * lines). A line that is no JSON is a problem; the others are still read.
 */
export function* jsonRecords(
  document: FeedDocument,
  problems: ProblemList,
): Generator<{ readonly place: string; readonly value: unknown }> {
  const whole = tryParse(document.text);
  if (whole.ok && Array.isArray(whole.value)) {
    for (const [index, value] of whole.value.entries()) {
      yield { place: `${document.place}[${index}]`, value };
    }
    return;
  }
  if (whole.ok) {
    yield { place: document.place, value: whole.value };
    return;
  }
  if (!looksLikeLines(document.text)) {
    problems.add(document.place, "is not JSON, or was cut short");
    return;
  }
  let number = 0;
  for (const line of linesOf(document.text)) {
    number++;
    if (line.trim() === "") continue;
    const parsed = tryParse(line);
    const place = `${document.place} line ${number}`.trim();
    if (parsed.ok) yield { place, value: parsed.value };
    else problems.add(place, "is not JSON, or was cut short");
  }
}

/** Parses one JSON object, for feeds that are a single document. */
export function tryParse(
  text: string,
): { readonly ok: true; readonly value: unknown } | { readonly ok: false } {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch {
    return { ok: false };
  }
}

/** JSON lines have a whole object in one of their first lines; a cut pretty-printed file has not. */
function looksLikeLines(text: string): boolean {
  let seen = 0;
  for (const line of linesOf(text)) {
    if (line.startsWith("{") && tryParse(line).ok) return true;
    if (++seen >= 10) return false;
  }
  return false;
}

export function* linesOf(text: string): Generator<string> {
  let start = 0;
  while (start < text.length) {
    const end = text.indexOf("\n", start);
    const stop = end < 0 ? text.length : end;
    yield text.charCodeAt(stop - 1) === 13 ? text.slice(start, stop - 1) : text.slice(start, stop);
    start = stop + 1;
  }
}
