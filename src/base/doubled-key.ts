import { Failure } from "./failure.ts";

/**
 * Names that stand twice in one object of JSON. RFC 8259 §4 leaves open which of them counts, and
 * readers differ: what one person reads and signs may be something else to the next program. I-JSON
 * (RFC 7493 §2.3) forbids them, and so do we, where people sign or hand over a document.
 */

const QUOTE = 34;
const BACKSLASH = 92;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;
const OPEN_ARRAY = 91;
const CLOSE_ARRAY = 93;
const COMMA = 44;
const COLON = 58;

interface Level {
  /** Names of an object so far; null for an array. */
  readonly names: Set<string> | null;
  /** Where we are in it. */
  name: string;
  place: number;
}

/**
 * The JSON Pointer (RFC 6901) of the first name that stands twice in its object; null where each
 * stands once. The text must be JSON, which whoever parses it finds out.
 */
export function doubledKeyIn(text: string): string | null {
  const levels: Level[] = [];
  let last = "";
  for (let at = 0; at < text.length; at++) {
    const level = levels.at(-1);
    switch (text.charCodeAt(at)) {
      case QUOTE: {
        const end = endOfString(text, at);
        last = text.slice(at, end + 1);
        at = end;
        break;
      }
      case COLON:
        if (level === undefined || level.names === null) break;
        level.name = last.includes("\\") ? nameIn(last) : last.slice(1, -1);
        if (level.names.has(level.name)) return pointerTo(levels);
        level.names.add(level.name);
        break;
      case OPEN_OBJECT:
        levels.push({ names: new Set(), name: "", place: 0 });
        break;
      case OPEN_ARRAY:
        levels.push({ names: null, name: "", place: 0 });
        break;
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        levels.pop();
        break;
      case COMMA:
        if (level !== undefined) level.place++;
        break;
    }
  }
  return null;
}

/** The place of the closing quote. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return at;
  }
  return text.length;
}

/** `"\u0061"` and `"a"` are the same name. */
function nameIn(quoted: string): string {
  try {
    const value: unknown = JSON.parse(quoted);
    return typeof value === "string" ? value : quoted;
  } catch {
    // No JSON, which is for the parser to tell.
    return quoted;
  }
}

function pointerTo(levels: readonly Level[]): string {
  const parts = levels.map(({ names, name, place }) => (names === null ? `${place}` : name));
  return parts.map((part) => `/${part.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

const PATH_SHOWN_MAX = 200;

/** Refuses a document of JSON in which a name stands twice; other texts pass. */
export function refuseDoubledKey(text: string, what: string): void {
  if (!/^\s*[[{]/.test(text.slice(0, 100).replace(/^\ufeff/, ""))) return;
  const path = doubledKeyIn(text);
  if (path === null) return;
  throw new Failure(
    "invalid",
    `${what} names ${path.slice(0, PATH_SHOWN_MAX)} twice in the same object, and programs differ in which of them counts (RFC 8259 §4). Nothing was taken from it; have it written with each name once.`,
    { facts: { path } },
  );
}
