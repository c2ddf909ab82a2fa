import { inflateRawSync } from "node:zlib";
import { Failure } from "../base/failure.ts";
import { RATIO_FREE_BYTES, type UnpackLimits } from "./unpack-limits.ts";

/**
 * The directory at the end of a zip archive, of any size (APPNOTE.TXT 4.3.12 entries, 4.3.14 and
 * 4.3.15 the 64-bit form, 4.3.16 the end). Pure: the bytes are read by whoever asks.
 */
export interface ZipEntry {
  readonly name: string;
  readonly method: number;
  readonly packedBytes: number;
  /** Of its local header. */
  readonly at: number;
}

interface Place {
  readonly at: number;
  readonly bytes: number;
  readonly count: number;
}

/** So much of the end holds the end records, whatever comment comes after them. */
export const zipTail = 66_000;

const NONE_32 = 0xffffffff;
const NONE_16 = 0xffff;

export const zipDirectory = {
  /** Where the directory lies, from the end of a file of that size. */
  find(tail: Buffer, size: number): Place {
    const end = tail.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
    if (end < 0 || end + 22 > tail.length) throw damaged();
    const count = tail.readUInt16LE(end + 10);
    const bytes = tail.readUInt32LE(end + 12);
    const at = tail.readUInt32LE(end + 16);
    const place =
      count === NONE_16 || bytes === NONE_32 || at === NONE_32
        ? largePlace(tail, end)
        : { count, bytes, at };
    if (place.at + place.bytes > size) throw damaged();
    return place;
  },

  *entries(directory: Buffer, count: number): Generator<ZipEntry> {
    let at = 0;
    for (let index = 0; index < count; index++) {
      if (at + 46 > directory.length || directory.readUInt32LE(at) !== 0x02014b50) throw damaged();
      const nameLength = directory.readUInt16LE(at + 28);
      const extraLength = directory.readUInt16LE(at + 30);
      const extra = directory.subarray(at + 46 + nameLength, at + 46 + nameLength + extraLength);
      yield {
        name: directory.toString("utf8", at + 46, at + 46 + nameLength),
        method: directory.readUInt16LE(at + 10),
        ...sizesOf(directory, at, extra),
      };
      at += 46 + nameLength + extraLength + directory.readUInt16LE(at + 32);
    }
  },
};

/** The 64-bit end record, whose place the locator right before the ordinary one tells. */
function largePlace(tail: Buffer, end: number): Place {
  const record = tail.lastIndexOf(Buffer.from([0x50, 0x4b, 0x06, 0x06]), end);
  if (record < 0 || record + 56 > tail.length) throw damaged();
  return {
    count: safe(tail.readBigUInt64LE(record + 32)),
    bytes: safe(tail.readBigUInt64LE(record + 40)),
    at: safe(tail.readBigUInt64LE(record + 48)),
  };
}

/** Sizes that do not fit stand in the extra field 1, in this order and only where needed (4.5.3). */
function sizesOf(
  directory: Buffer,
  entry: number,
  extra: Buffer,
): { readonly packedBytes: number; readonly at: number } {
  const unpacked = directory.readUInt32LE(entry + 24);
  const packed = directory.readUInt32LE(entry + 20);
  const local = directory.readUInt32LE(entry + 42);
  if (packed !== NONE_32 && local !== NONE_32) return { packedBytes: packed, at: local };
  let field = 0;
  while (field + 4 <= extra.length && extra.readUInt16LE(field) !== 1) {
    field += 4 + extra.readUInt16LE(field + 2);
  }
  let place = field + 4 + (unpacked === NONE_32 ? 8 : 0);
  const next = (): number => {
    if (place + 8 > extra.length) throw damaged();
    place += 8;
    return safe(extra.readBigUInt64LE(place - 8));
  };
  return {
    packedBytes: packed === NONE_32 ? next() : packed,
    at: local === NONE_32 ? next() : local,
  };
}

function safe(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw damaged();
  return Number(value);
}

/** What an entry holds. */
export function zipBody(
  entry: ZipEntry,
  packed: Buffer,
  of: {
    readonly limits: UnpackLimits;
    readonly budget: { bytes: number; documents: number };
  },
): Buffer {
  const byRatio = Math.max(RATIO_FREE_BYTES, packed.length * of.limits.ratioMax);
  const max = Math.min(of.limits.documentBytesMax, of.budget.bytes, byRatio);
  const body = entry.method === 0 ? packed : entry.method === 8 ? inflated(packed, max) : null;
  if (body === null) throw damaged();
  of.budget.bytes -= body.length;
  of.budget.documents -= 1;
  if (of.budget.bytes < 0 || of.budget.documents < 0) throw tooLarge();
  return body;
}

function inflated(packed: Buffer, max: number): Buffer {
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, max) });
  } catch (cause) {
    const code = (cause as { code?: unknown }).code;
    throw code === "ERR_BUFFER_TOO_LARGE" ? tooLarge() : damaged(cause);
  }
}

function damaged(cause?: unknown): Failure {
  return new Failure(
    "invalid",
    "The zip file cannot be opened: it is damaged or was cut short. Nothing was changed; fetch it again.",
    { cause },
  );
}

function tooLarge(): Failure {
  return new Failure("too-large", "The zip file unpacks to more than a feed may hold.");
}
