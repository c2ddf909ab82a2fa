/**
 * SHA-256 (FIPS 180-4 §6.2) in place of `node:crypto` where the desk runs the very code that counts a
 * plan elsewhere. Browsers offer it only as a promise, and that code cannot wait; a test holds this
 * against Node's own.
 */
const WORDS = 64;
const BLOCK_BYTES = 64;
const { round, start } = constants();

/** Fractional parts of roots of the first primes: cube roots for rounds, square roots to start. */
function constants(): { readonly round: Uint32Array; readonly start: Uint32Array } {
  const primes: number[] = [];
  for (let n = 2; primes.length < WORDS; n += 1) {
    if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  }
  const fraction = (root: number): number => (root - Math.floor(root)) * 2 ** 32;
  return {
    round: Uint32Array.from(primes, (prime) => fraction(Math.cbrt(prime))),
    start: Uint32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime))),
  };
}

export function sha256Hex(bytes: Uint8Array): string {
  const state = Uint32Array.from(start);
  const view = new DataView(padded(bytes).buffer);
  const words = new Uint32Array(WORDS);
  for (let at = 0; at < view.byteLength; at += BLOCK_BYTES) {
    for (let i = 0; i < 16; i += 1) words[i] = view.getUint32(at + 4 * i);
    compress(state, words);
  }
  return Array.from(state, (word) => word.toString(16).padStart(8, "0")).join("");
}

/** The bit 1, zeros, and the length in bits as 64 bits, to a whole number of blocks. */
function padded(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const blocks = Math.floor((bytes.length + 8) / BLOCK_BYTES) + 1;
  const all = new Uint8Array(blocks * BLOCK_BYTES);
  all.set(bytes);
  all[bytes.length] = 0x80;
  new DataView(all.buffer).setBigUint64(all.length - 8, BigInt(bytes.length) * 8n);
  return all;
}

function rotate(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by));
}

function compress(state: Uint32Array, words: Uint32Array): void {
  const word = (i: number): number => words[i] ?? 0;
  for (let i = 16; i < WORDS; i += 1) {
    const [before, late] = [word(i - 15), word(i - 2)];
    const s0 = rotate(before, 7) ^ rotate(before, 18) ^ (before >>> 3);
    const s1 = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10);
    words[i] = word(i - 16) + s0 + word(i - 7) + s1;
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let i = 0; i < WORDS; i += 1) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (round[i] ?? 0) + word(i)) | 0;
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0];
  }
  for (const [at, value] of [a, b, c, d, e, f, g, h].entries()) {
    state[at] = (state[at] ?? 0) + value;
  }
}

/** What the counting code asks of `node:crypto`, and no more. */
export function createHash(_kind: "sha256") {
  return {
    update: (content: string | Uint8Array) => ({
      digest: (_form: "hex"): string =>
        sha256Hex(typeof content === "string" ? new TextEncoder().encode(content) : content),
    }),
  };
}

/** The form in one call, which shared code uses. */
export function hash(_kind: "sha256", bytes: string | Uint8Array, _form: "hex"): string {
  return sha256Hex(typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes);
}
