/**
 * The first key that stands twice in one object of a JSON text, and the first place nested deeper than
 * allowed. Readers differ in which of two values they take, so a document with both can say one thing
 * to whoever checked it and another to us. Broken text is the parser's to refuse.
 */
export interface JsonFault {
  readonly kind: "double" | "deep";
  readonly line: number;
  /** The key as it is written. */
  readonly key: string;
}

export function jsonFault(text: string, depthMax: number): JsonFault | null {
  const scan = new Scan(text, depthMax);
  for (let i = 0; i < text.length; i++) {
    const sign = text[i];
    if (sign === '"') i = scan.string(i);
    else if (sign === "{" || sign === "[") scan.open(sign, i);
    else if (sign === "}" || sign === "]") scan.close();
    else if (sign === ",") scan.comma();
    if (scan.fault !== null) return scan.fault;
  }
  return null;
}

class Scan {
  fault: JsonFault | null = null;
  // One set of keys per open object; arrays hold null.
  readonly #open: (Set<string> | null)[] = [];
  #isKeyNext = false;
  readonly #text: string;
  readonly #depthMax: number;

  constructor(text: string, depthMax: number) {
    this.#text = text;
    this.#depthMax = depthMax;
  }

  /** Where the string ends that begins here. */
  string(start: number): number {
    const end = endOfString(this.#text, start);
    const keys = this.#open.at(-1);
    if (!this.#isKeyNext || keys == null) return end;
    this.#isKeyNext = false;
    const key = this.#text.slice(start + 1, end);
    const line = keys.has(plainKey(key)) ? lineAt(this.#text, start) : null;
    if (line !== null) this.fault = { kind: "double", line, key };
    keys.add(plainKey(key));
    return end;
  }

  open(sign: "{" | "[", at: number): void {
    this.#open.push(sign === "{" ? new Set() : null);
    this.#isKeyNext = sign === "{";
    if (this.#open.length <= this.#depthMax) return;
    this.fault = { kind: "deep", line: lineAt(this.#text, at), key: "" };
  }

  close(): void {
    this.#open.pop();
    this.#isKeyNext = false;
  }

  comma(): void {
    this.#isKeyNext = this.#open.at(-1) != null;
  }
}

function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === '"') return i;
  }
  return text.length;
}

/** `\u0061` and `a` are the same key. */
function plainKey(key: string): string {
  if (!key.includes("\\")) return key;
  try {
    return JSON.parse(`"${key}"`) as string;
  } catch {
    return key;
  }
}

function lineAt(text: string, at: number): number {
  let line = 1;
  for (let i = text.indexOf("\n"); i >= 0 && i < at; i = text.indexOf("\n", i + 1)) line++;
  return line;
}
