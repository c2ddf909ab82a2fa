/**
 * The one text form of the host protocol (§1): lines of printable ASCII ended by LF, `key value…`
 * with single spaces, first line `fettle <type> 1`, last line `end`, fields in a fixed order.
 *
 * There is one encoding per meaning, so what was signed, sent and hashed are the same bytes and no
 * canonicaliser exists. Parsers return values: a refused text is an expected outcome. Pure, and
 * without Node imports, because the web page shows signed statements with it.
 */

export type FormatCode = "E_FORMAT" | "E_SIZE" | "E_VERB";

/** `line` counts from 1; 0 means the text as a whole. */
export interface FormatRefusal {
  readonly ok: false;
  readonly code: FormatCode;
  readonly line: number;
  readonly why: string;
}

export type Parsed<T> = { readonly ok: true; readonly value: T } | FormatRefusal;

/** §1.1: longer lines are refused, LF not counted. */
export const LINE_BYTES_MAX = 1024;
/** §1.3: statement, order; used for every document that is not a body or a policy. */
export const DOCUMENT_BYTES_MAX = 16 * 1024;

const LABEL_KEY = "[a-z0-9](?:[a-z0-9._/-]{0,61}[a-z0-9])?";
const LABEL_VALUE = "[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?";

/** The words of §1.2 and of the documents, each the whole word. */
export const grammar = {
  /** At most 15 digits, so that every shell's and every browser's number holds it exactly. */
  number: /^(?:0|[1-9][0-9]{0,14})$/,
  digest: /^[0-9a-f]{64}$/,
  hex32: /^[0-9a-f]{32}$/,
  id: /^[a-z0-9][a-z0-9.-]{0,62}$/,
  name: /^[A-Za-z0-9][A-Za-z0-9@:._+-]{0,127}$/,
  version: /^[A-Za-z0-9][A-Za-z0-9.+:~^_-]{0,127}$/,
  label: new RegExp(`^${LABEL_KEY}=${LABEL_VALUE}$`),
  /** Free text, which may hold spaces; the line rules forbid spaces at its edges and in pairs. */
  title: /^[!-~](?:[ -~]{0,158}[!-~])?$/,
  /** `E_…`, as in the list at the end of §6. */
  code: /^E_[A-Z]+(?:_[A-Z]+)*$/,
} as const;

export type WordKind = keyof typeof grammar;

/** Thrown by `DocumentReader` only, caught by `parseDocument` only. */
class Stop extends Error {
  readonly refusal: FormatRefusal;
  constructor(refusal: FormatRefusal) {
    super(refusal.why);
    this.refusal = refusal;
  }
}

export function refuse(line: number, why: string, code: FormatCode = "E_FORMAT"): FormatRefusal {
  return { ok: false, code, line, why };
}

/** Splits a text into lines and checks the rules that hold for every line of every document. */
export function splitLines(text: string): Parsed<readonly string[]> {
  if (!text.endsWith("\n")) return refuse(0, "the last line does not end with a line feed");
  const lines = text.slice(0, -1).split("\n");
  for (const [at, line] of lines.entries()) {
    const fault = lineFault(line);
    if (fault !== null) return refuse(at + 1, fault);
  }
  return { ok: true, value: lines };
}

function lineFault(line: string): string | null {
  if (line === "") return "the line is empty";
  if (line.length > LINE_BYTES_MAX) return `the line is longer than ${LINE_BYTES_MAX} bytes`;
  if (/[^ -~]/.test(line)) return "the line holds a byte that is not printable ASCII";
  if (line.startsWith(" ") || line.endsWith(" ")) return "the line has a space at its edge";
  if (line.includes("  ")) return "the line has two spaces in a row";
  return null;
}

/**
 * Reads one document: checks size, lines, first and last line, and calls `read` for the fields in
 * between. `read` asks the reader for each field in its order; whatever is left over is refused.
 */
export function parseDocument<T>(
  text: string,
  shape: { readonly type: string; readonly bytesMax?: number },
  read: (reader: DocumentReader) => T,
): Parsed<T> {
  const bytesMax = shape.bytesMax ?? DOCUMENT_BYTES_MAX;
  if (text.length > bytesMax) {
    return refuse(0, `the ${shape.type} is longer than ${bytesMax} bytes`, "E_SIZE");
  }
  const lines = splitLines(text);
  if (!lines.ok) return lines;
  const reader = new DocumentReader(lines.value);
  try {
    if (reader.rest("fettle") !== `${shape.type} 1`) reader.stop(`not a fettle ${shape.type} 1`);
    const value = read(reader);
    reader.end();
    return { ok: true, value };
  } catch (error) {
    if (error instanceof Stop) return error.refusal;
    throw error;
  }
}

export class DocumentReader {
  readonly #lines: readonly string[];
  #at = 0;

  constructor(lines: readonly string[]) {
    this.#lines = lines;
  }

  /** Whether the next line has this key. */
  isNext(key: string): boolean {
    return this.#lines[this.#at]?.split(" ", 1)[0] === key;
  }

  /** Takes the next line, which must have this key, and gives what follows the key. */
  rest(key: string): string {
    const line = this.#lines[this.#at];
    if (line === undefined) return this.stop(`the text stops where \`${key}\` must stand`, 1);
    this.#at += 1;
    if (!line.startsWith(`${key} `)) return this.stop(`\`${key}\` must stand here`);
    return line.slice(key.length + 1);
  }

  /** Takes the next line and gives its words, unjudged. */
  words(key: string): readonly string[] {
    return this.rest(key).split(" ");
  }

  /** Takes the next line: this key and exactly these kinds of words. */
  fields<const K extends readonly WordKind[]>(
    key: string,
    ...kinds: K
  ): { [I in keyof K]: string } {
    const words = this.words(key);
    if (words.length !== kinds.length) {
      this.stop(`\`${key}\` has ${words.length} values, not ${kinds.length}`);
    }
    for (const [at, kind] of kinds.entries()) this.must(kind, words[at] ?? "", key);
    return words as unknown as { [I in keyof K]: string };
  }

  word(key: string, kind: WordKind): string {
    return this.must(kind, this.rest(key), key);
  }

  number(key: string): number {
    return Number(this.word(key, "number"));
  }

  /** One of a closed list of words. */
  choice<const C extends readonly string[]>(key: string, choices: C): C[number] {
    const word = this.rest(key);
    if (!choices.includes(word)) this.stop(`\`${key}\` is not one of ${choices.join(", ")}`);
    return word;
  }

  must(kind: WordKind, word: string, key: string): string {
    if (!grammar[kind].test(word)) this.stop(`\`${key}\` holds something that is not a ${kind}`);
    return word;
  }

  /** The last line. */
  end(): void {
    const line = this.#lines[this.#at];
    this.#at += 1;
    if (line === undefined) this.stop("the text stops before `end`");
    if (line !== "end") this.stop("a line stands where only `end` may stand");
    if (this.#at !== this.#lines.length) this.stop("something stands after `end`", 1);
  }

  /** Refuses the text at the line last taken (or `ahead` lines further). */
  stop(why: string, ahead = 0, code: FormatCode = "E_FORMAT"): never {
    throw new Stop(refuse(Math.max(1, this.#at + ahead), why, code));
  }
}

/** Joins lines to a document; `fields` are whole lines without LF. */
export function writeDocument(type: string, fields: readonly string[]): string {
  return `${[`fettle ${type} 1`, ...fields, "end"].join("\n")}\n`;
}

/** Text of bytes that must be ASCII; other bytes become characters that every parser refuses. */
export function asciiText(bytes: Uint8Array): string {
  let text = "";
  const CHUNK = 8192;
  for (let at = 0; at < bytes.length; at += CHUNK) {
    text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  }
  return text;
}
