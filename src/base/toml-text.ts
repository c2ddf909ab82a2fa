/**
 * Reads TOML 1.0 as lock files and advisories use it: tables, arrays of tables, dotted and quoted
 * keys, strings of all four kinds, numbers, booleans, arrays, inline tables; dates stay text. What it
 * does not understand is an error with its line, never a guess.
 */
export type TomlValue = string | number | boolean | TomlValue[] | TomlTable;
export interface TomlTable {
  [key: string]: TomlValue;
}

export class TomlError extends Error {}

const DEPTH_MAX = 50;

export function parseToml(text: string): TomlTable {
  const reader = new Reader(text);
  const root: TomlTable = Object.create(null);
  let current = root;
  for (reader.skipLines(); !reader.isAtEnd(); reader.skipLines()) {
    if (reader.takes("[[")) {
      const path = reader.key();
      reader.expect("]]");
      current = appended(reader, root, path);
    } else if (reader.takes("[")) {
      const path = reader.key();
      reader.expect("]");
      current = tableAt(reader, root, path);
    } else {
      assign(reader, current);
    }
    reader.expectLineEnd();
  }
  return root;
}

function assign(reader: Reader, table: TomlTable, depth = 0): void {
  const path = reader.key();
  reader.expect("=");
  const parent = tableAt(reader, table, path.slice(0, -1));
  const name = path.at(-1) ?? "";
  if (Object.hasOwn(parent, name)) throw reader.error(`the key ${name} stands twice`);
  parent[name] = reader.value(depth);
}

function tableAt(reader: Reader, root: TomlTable, path: readonly string[]): TomlTable {
  let table = root;
  for (const name of path) {
    table[name] ??= Object.create(null) as TomlTable;
    const next = table[name];
    const last = Array.isArray(next) ? next.at(-1) : next;
    if (typeof last !== "object" || Array.isArray(last)) throw reader.error(`${name} is no table`);
    table = last;
  }
  return table;
}

function appended(reader: Reader, root: TomlTable, path: readonly string[]): TomlTable {
  const parent = tableAt(reader, root, path.slice(0, -1));
  const name = path.at(-1) ?? "";
  parent[name] ??= [];
  const list = parent[name];
  if (!Array.isArray(list)) throw reader.error(`${path.join(".")} is no array of tables`);
  const table: TomlTable = Object.create(null);
  list.push(table);
  return table;
}

const BARE = /[A-Za-z0-9_-]+/y;
const SCALAR = /[^\s,\]}#]+(?: \d\d:[^\s,\]}#]+)?/y;
const NUMBER = /^[+-]?(?:\d[\d_]*)(?:\.\d[\d_]*)?(?:[eE][+-]?\d+)?$/;
const escapes: Readonly<Record<string, string>> = {
  b: "\b",
  t: "\t",
  n: "\n",
  f: "\f",
  r: "\r",
  '"': '"',
  "\\": "\\",
};

class Reader {
  private at = 0;
  private readonly text: string;

  constructor(text: string) {
    this.text = text.replaceAll("\r\n", "\n");
  }

  isAtEnd(): boolean {
    return this.at >= this.text.length;
  }

  error(why: string): TomlError {
    const line = this.text.slice(0, this.at).split("\n").length;
    return new TomlError(`line ${line}: ${why}`);
  }

  takes(sign: string): boolean {
    if (!this.text.startsWith(sign, this.at)) return false;
    this.at += sign.length;
    return true;
  }

  expect(sign: string): void {
    this.skipSpace();
    if (!this.takes(sign)) throw this.error(`${sign} is missing`);
  }

  expectLineEnd(): void {
    this.skipSpace();
    this.skipComment();
    if (!this.isAtEnd() && !this.takes("\n")) throw this.error("something stands behind the value");
  }

  /** White space, comments and line ends. */
  skipLines(): void {
    for (;;) {
      this.skipSpace();
      this.skipComment();
      if (!this.takes("\n")) return;
    }
  }

  key(): string[] {
    const path: string[] = [];
    do {
      this.skipSpace();
      path.push(this.keyPart());
      this.skipSpace();
    } while (this.takes("."));
    return path;
  }

  value(depth: number): TomlValue {
    if (depth > DEPTH_MAX) throw this.error("values are nested too deep");
    this.skipSpace();
    if (this.takes('"""')) return this.multiLine('"""', true);
    if (this.takes("'''")) return this.multiLine("'''", false);
    if (this.takes('"')) return this.basic();
    if (this.takes("'")) return this.literal();
    if (this.takes("[")) return this.array(depth);
    if (this.takes("{")) return this.inlineTable(depth);
    return this.scalar();
  }

  private keyPart(): string {
    if (this.takes('"')) return this.basic();
    if (this.takes("'")) return this.literal();
    return this.match(BARE, "a key");
  }

  private scalar(): TomlValue {
    const text = this.match(SCALAR, "a value");
    if (text === "true" || text === "false") return text === "true";
    if (NUMBER.test(text)) return Number(text.replaceAll("_", ""));
    if (/^\d{4}-\d\d-\d\d|^\d\d:\d\d/.test(text)) return text;
    throw this.error(`${text} is no value`);
  }

  private array(depth: number): TomlValue[] {
    const items: TomlValue[] = [];
    for (this.skipLines(); !this.takes("]"); this.skipLines()) {
      if (items.length > 0) {
        this.expect(",");
        this.skipLines();
        if (this.takes("]")) return items;
      }
      items.push(this.value(depth + 1));
    }
    return items;
  }

  private inlineTable(depth: number): TomlTable {
    const table: TomlTable = Object.create(null);
    for (this.skipLines(); !this.takes("}"); this.skipLines()) {
      if (Object.keys(table).length > 0) {
        this.expect(",");
        this.skipLines();
      }
      assign(this, table, depth + 1);
    }
    return table;
  }

  private literal(): string {
    const end = this.text.indexOf("'", this.at);
    const text = this.text.slice(this.at, end);
    if (end < 0 || text.includes("\n")) throw this.error("a string does not end");
    this.at = end + 1;
    return text;
  }

  private basic(): string {
    let made = "";
    for (;;) {
      const sign = this.text[this.at++];
      if (sign === undefined || sign === "\n") throw this.error("a string does not end");
      if (sign === '"') return made;
      made += sign === "\\" ? this.escape() : sign;
    }
  }

  private multiLine(mark: string, hasEscapes: boolean): string {
    this.takes("\n");
    let made = "";
    while (!this.takes(mark)) {
      const sign = this.text[this.at++];
      if (sign === undefined) throw this.error("a string does not end");
      made += hasEscapes && sign === "\\" ? this.lineEscape() : sign;
    }
    return made;
  }

  /** A backslash at the end of a line joins it with the next word. */
  private lineEscape(): string {
    const gap = /[ \t]*\n\s*/y;
    gap.lastIndex = this.at;
    const match = gap.exec(this.text);
    if (match === null) return this.escape();
    this.at = gap.lastIndex;
    return "";
  }

  private escape(): string {
    const sign = this.text[this.at++] ?? "";
    const length = sign === "u" ? 4 : sign === "U" ? 8 : 0;
    if (length === 0) {
      const plain = Object.hasOwn(escapes, sign) ? escapes[sign] : undefined;
      if (plain === undefined) throw this.error(`\\${sign} is no escape`);
      return plain;
    }
    const code = this.text.slice(this.at, this.at + length);
    const point = /^[0-9A-Fa-f]+$/.test(code) ? Number.parseInt(code, 16) : Number.NaN;
    if (!(point <= 0x10ffff) || code.length !== length) throw this.error("a bad \\u escape");
    this.at += length;
    return String.fromCodePoint(point);
  }

  private match(pattern: RegExp, what: string): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found === undefined) throw this.error(`${what} is missing`);
    this.at += found.length;
    return found;
  }

  private skipSpace(): void {
    while (this.text[this.at] === " " || this.text[this.at] === "\t") this.at++;
  }

  private skipComment(): void {
    if (this.text[this.at] !== "#") return;
    const end = this.text.indexOf("\n", this.at);
    this.at = end < 0 ? this.text.length : end;
  }
}
