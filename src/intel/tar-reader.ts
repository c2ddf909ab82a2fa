import { Failure } from "../base/failure.ts";
import type { ArchiveEntry } from "./feed-document.ts";
import { RATIO_FREE_BYTES, type UnpackLimits } from "./unpack-limits.ts";

/**
 * Takes a tar archive (POSIX.1-2017 pax, ustar, and what came before it) apart as its bytes come;
 * content that is no archive is one entry. Keeps the bytes of one entry at most.
 */
export class TarReader {
  readonly #limits: UnpackLimits;
  /** Unpacked bytes that are still allowed, by the limit and by the size of what was packed. */
  #bytesLeft: number;
  #entryCount = 0;
  #chunks: Buffer[] = [];
  #held = 0;
  #kind: "unknown" | "tar" | "plain" = "unknown";
  #longName = "";
  #isEnded = false;

  constructor(limits: UnpackLimits, packedBytes: number) {
    this.#limits = limits;
    const byRatio = Math.max(RATIO_FREE_BYTES, packedBytes * limits.ratioMax);
    this.#bytesLeft = Math.min(limits.bytesMax, byRatio);
  }

  *push(chunk: Buffer): Generator<ArchiveEntry> {
    this.#bytesLeft -= chunk.length;
    if (this.#bytesLeft < 0) throw tooLarge("unpacks to more than a feed may hold");
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    if (this.#held > this.#limits.documentBytesMax + BLOCK)
      throw tooLarge("holds too large a file");
    if (this.#kind === "unknown" && this.#held >= BLOCK) {
      this.#kind = isTarHeader(this.#peek(BLOCK)) ? "tar" : "plain";
    }
    if (this.#kind === "tar") yield* this.#entries();
  }

  *end(): Generator<ArchiveEntry> {
    if (this.#kind === "unknown" && isTarHeader(this.#peek(this.#held))) throw damaged();
    if (this.#kind !== "tar") {
      yield { place: "", body: this.#take(this.#held), isArchived: false };
    } else if (!this.#isEnded) {
      // Without its end mark (two blocks of zeros) an archive was cut at an unlucky place.
      throw damaged();
    }
  }

  *#entries(): Generator<ArchiveEntry> {
    while (!this.#isEnded && this.#held >= BLOCK) {
      const header = this.#peek(BLOCK);
      if (header.every((byte) => byte === 0)) {
        this.#isEnded = true;
        return;
      }
      const size = sizeIn(header);
      if (size === null) throw damaged();
      if (size > this.#limits.documentBytesMax) throw tooLarge("holds too large a file");
      const padded = Math.ceil(size / BLOCK) * BLOCK;
      if (this.#held < BLOCK + padded) return;
      const own = this.#take(BLOCK);
      yield* this.#entry(own, this.#take(padded).subarray(0, size));
    }
    if (this.#isEnded) this.#take(this.#held);
  }

  *#entry(header: Buffer, body: Buffer): Generator<ArchiveEntry> {
    const type = String.fromCharCode(header[156] ?? 0);
    const longName = this.#longName;
    this.#longName = type === "L" || type === "x" ? longNameIn(type, body) : "";
    if (type !== "0" && type !== "\0") return;
    if (++this.#entryCount > this.#limits.documentsMax) throw tooLarge("holds too many files");
    // The bytes are a part of what was pushed, which the reader gives away with this.
    yield { place: longName || nameIn(header), body, isArchived: true };
  }

  #peek(bytes: number): Buffer {
    if ((this.#chunks[0]?.length ?? 0) < bytes) this.#chunks = [Buffer.concat(this.#chunks)];
    return (this.#chunks[0] ?? Buffer.alloc(0)).subarray(0, bytes);
  }

  #take(bytes: number): Buffer {
    const taken = this.#peek(bytes);
    const first = this.#chunks[0];
    if (first !== undefined) this.#chunks[0] = first.subarray(bytes);
    if (this.#chunks[0]?.length === 0) this.#chunks.shift();
    this.#held -= taken.length;
    return taken;
  }
}

const BLOCK = 512;

/** "ustar" at offset 257, or a block without it whose sum is right: tar before POSIX.1-1988. */
export function isTarHeader(block: Buffer): boolean {
  if (block.length >= 262 && block.toString("latin1", 257, 262) === "ustar") return true;
  if (block.length < BLOCK || block[0] === 0) return false;
  const told = field(block, 148, 8).trim();
  if (!/^[0-7]{3,7}$/.test(told)) return false;
  let sum = 0;
  // The field of the sum itself counts as eight blanks.
  for (let at = 0; at < BLOCK; at++) sum += at >= 148 && at < 156 ? 32 : (block[at] ?? 0);
  return sum === Number.parseInt(told, 8);
}

/** Octal digits, or binary when the first bit is set (GNU, for large files). */
function sizeIn(header: Buffer): number | null {
  if (((header[124] ?? 0) & 0x80) !== 0) return header.readUIntBE(130, 6);
  const text = field(header, 124, 12).trim();
  return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : null;
}

function nameIn(header: Buffer): string {
  const prefix = field(header, 345, 155);
  const name = field(header, 0, 100);
  return prefix === "" ? name : `${prefix}/${name}`;
}

function longNameIn(type: string, body: Buffer): string {
  if (type === "L") return field(body, 0, body.length);
  return /(?:^|\n)\d+ path=([^\n]*)/.exec(body.toString())?.[1] ?? "";
}

function field(bytes: Buffer, from: number, length: number): string {
  const own = bytes.subarray(from, from + length);
  const end = own.indexOf(0);
  return own.toString("utf8", 0, end < 0 ? own.length : end);
}

function damaged(cause?: unknown): Failure {
  return new Failure(
    "invalid",
    "The tar file cannot be opened: it is damaged or was cut short. Nothing was changed; fetch it again.",
    { cause },
  );
}

function tooLarge(why: string): Failure {
  return new Failure("too-large", `The file ${why}.`);
}
