/**
 * Changes of an input that find what parsers forget: single bits, boundary numbers, words of the
 * format, pieces moved, doubled and left out, two inputs joined. Pure, from a seed.
 */
export const INPUT_BYTES_MAX = 16 * 1024;

export interface Chance {
  /** A whole number from 0 up to, not including, `below`. */
  below(limit: number): number;
}

/** Mulberry32, by Tommy Ettinger: small, quick and even enough for choosing. */
export function chanceOf(seed: number): Chance {
  let state = seed >>> 0;
  return {
    below(limit) {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
    },
  };
}

/** What breaks parsers of any text: ends, escapes, words of JavaScript, separators that are not ours. */
const everywhere: readonly string[] = [
  ...["\0", "\n", "\r\n", "\r", "\t", " ", "  ", "\x7f", "\x1b[2J", "\ufeff", "\u2028", "\u202e"],
  ...["\u0000", "\ud800", "é", "e\u0301", "ﬁ", "𝟙", "٣", "İ", "ß"],
  ...["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "null", "undefined"],
  ...[
    "NaN",
    "Infinity",
    "-0",
    "1e999",
    "0x10",
    "1_000",
    "true",
    "[]",
    "{}",
    '"',
    "'",
    "\\",
    "\\u0000",
  ],
  ...[
    "../",
    "/",
    "%00",
    "%2e",
    "$(id)",
    "`id`",
    ";",
    "|",
    "&",
    "<",
    ">",
    "=",
    ":",
    ",",
    "*",
    "?",
    "#",
  ],
];

const boundaryNumbers: readonly string[] = [
  ...["0", "-1", "1", "00", "127", "128", "255", "256", "32767", "32768", "65535", "65536"],
  ...["2147483647", "2147483648", "4294967295", "4294967296", "9007199254740991"],
  ...["9007199254740992", "9223372036854775807", "9223372036854775808", "999999999999999999999999"],
  ...["1.5", "-0.0", "1e21", "0e1"],
];

type Change = (bytes: Buffer, of: Mutating) => Buffer;

export interface Mutating {
  readonly chance: Chance;
  readonly words: readonly string[];
  /** Another input of the corpus. */
  readonly other: Buffer;
}

const changes: readonly Change[] = [
  (bytes, { chance }) => {
    const copy = Buffer.from(bytes);
    const at = chance.below(Math.max(1, copy.length));
    if (copy.length > 0) copy[at] = (copy[at] ?? 0) ^ (1 << chance.below(8));
    return copy;
  },
  (bytes, { chance }) => {
    const copy = Buffer.from(bytes);
    if (copy.length > 0) copy[chance.below(copy.length)] = chance.below(256);
    return copy;
  },
  (bytes, { chance, words }) => {
    const all = words.length > 0 && chance.below(2) === 0 ? words : everywhere;
    return insert(bytes, chance, Buffer.from(all[chance.below(all.length)] ?? ""));
  },
  (bytes, { chance }) => {
    const [from, to] = pieceOf(bytes, chance);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  (bytes, { chance }) => insert(bytes, chance, bytes.subarray(...pieceOf(bytes, chance))),
  (bytes, { chance }) => {
    const piece = bytes.subarray(...pieceOf(bytes, chance));
    const times = 2 + chance.below(200);
    return insert(bytes, chance, Buffer.concat(Array.from({ length: times }, () => piece)));
  },
  (bytes, { chance, other }) => {
    const [from] = pieceOf(bytes, chance);
    return Buffer.concat([bytes.subarray(0, from), other.subarray(pieceOf(other, chance)[0])]);
  },
  (bytes, { chance, other }) => insert(bytes, chance, other.subarray(...pieceOf(other, chance))),
  changeNumber,
  moveLine,
  (bytes, { chance }) => bytes.subarray(0, chance.below(bytes.length + 1)),
];

/** One to four changes on top of each other. */
export function mutate(bytes: Buffer, of: Mutating): Buffer {
  let changed = bytes;
  for (let left = 1 + of.chance.below(4); left > 0; left -= 1) {
    changed = (changes[of.chance.below(changes.length)] ?? changeNumber)(changed, of);
  }
  return changed.subarray(0, INPUT_BYTES_MAX);
}

function pieceOf(bytes: Buffer, chance: Chance): [from: number, to: number] {
  const from = chance.below(bytes.length + 1);
  const longest = chance.below(4) === 0 ? bytes.length - from : Math.min(32, bytes.length - from);
  return [from, from + chance.below(longest + 1)];
}

function insert(bytes: Buffer, chance: Chance, piece: Buffer): Buffer {
  const at = chance.below(bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]);
}

function changeNumber(bytes: Buffer, { chance }: Mutating): Buffer {
  const text = bytes.toString("latin1");
  const found = [...text.matchAll(/\d+/g)];
  const chosen = found[chance.below(Math.max(1, found.length))];
  if (chosen === undefined) return bytes;
  const number = boundaryNumbers[chance.below(boundaryNumbers.length)] ?? "0";
  const end = chosen.index + chosen[0].length;
  return Buffer.from(text.slice(0, chosen.index) + number + text.slice(end), "latin1");
}

function moveLine(bytes: Buffer, { chance }: Mutating): Buffer {
  const lines = bytes.toString("latin1").split("\n");
  const [line = ""] = lines.splice(chance.below(lines.length), 1);
  const isDoubled = chance.below(3) === 0;
  lines.splice(chance.below(lines.length + 1), 0, line);
  if (isDoubled) lines.splice(chance.below(lines.length + 1), 0, line);
  return Buffer.from(lines.join("\n"), "latin1");
}
