/**
 * What is wrong with a JSON text that a parser would not tell: a key that stands twice in one object,
 * as readers differ in which of two values they take, so a document with both can say one thing to
 * whoever checked it and another to us; nesting deeper than allowed; more keys than allowed; a key that
 * programs take for part of themselves. Broken text is the parser's to refuse.
 */
export interface JsonFault {
  readonly kind: "double" | "deep" | "many" | "reserved";
  readonly line: number;
  /** The key as it is written. */
  readonly key: string;
}

export interface JsonLimits {
  readonly depthMax: number;
  /** Of all objects together; without it there is no limit. */
  readonly keysMax?: number;
  /** Whether `__proto__` and `constructor` are refused as keys (ASVS 5.0 V15.3.6). */
  readonly refusesReserved?: boolean;
}

export function jsonFault(text: string, limits: JsonLimits): JsonFault | null {
  const scan = new Scan(text, limits);
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

const RESERVED: ReadonlySet<string> = new Set(["__proto__", "constructor"]);

class Scan {
  fault: JsonFault | null = null;
  // One set of keys per open object; arrays hold null.
  readonly #open: (Set<string> | null)[] = [];
  #isKeyNext = false;
  #keyCount = 0;
  readonly #text: string;
  readonly #limits: JsonLimits;

  constructor(text: string, limits: JsonLimits) {
    this.#text = text;
    this.#limits = limits;
  }

  /** Where the string ends that begins here. */
  string(start: number): number {
    const end = endOfString(this.#text, start);
    const keys = this.#open.at(-1);
    if (!this.#isKeyNext || keys == null) return end;
    this.#isKeyNext = false;
    const key = this.#text.slice(start + 1, end);
    const plain = plainKey(key);
    this.#keyCount += 1;
    const kind = this.#faultOfKey(keys, plain);
    if (kind !== null) this.fault = { kind, line: lineAt(this.#text, start), key };
    keys.add(plain);
    return end;
  }

  #faultOfKey(earlier: ReadonlySet<string>, plain: string): JsonFault["kind"] | null {
    const { keysMax = Number.POSITIVE_INFINITY, refusesReserved = false } = this.#limits;
    if (earlier.has(plain)) return "double";
    if (this.#keyCount > keysMax) return "many";
    return refusesReserved && RESERVED.has(plain) ? "reserved" : null;
  }

  open(sign: "{" | "[", at: number): void {
    this.#open.push(sign === "{" ? new Set() : null);
    this.#isKeyNext = sign === "{";
    if (this.#open.length <= this.#limits.depthMax) return;
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
