import { promisify } from "node:util";
import { gunzip, zstdDecompress } from "node:zlib";
import { Failure } from "../base/failure.ts";
import { type ArchiveEntry, documentOf, isText } from "./feed-document.ts";
import type { FeedDocument } from "./feed-format.ts";
import { isTarHeader, TarReader } from "./tar-reader.ts";
import { RATIO_FREE_BYTES, type UnpackLimits, unpackLimits } from "./unpack-limits.ts";
import { zipBody, zipDirectory, zipTail } from "./zip-directory.ts";

/**
 * Opens what a feed came in: plain, gzip, zstd, tar or zip, and these in one another, told by content.
 * Everything is bounded, because an archive of a few kilobytes can claim to hold terabytes.
 */
export interface Unpacking {
  readonly limits?: UnpackLimits;
  /** Opens what Node cannot; without it such entries of archives are no text, and left alone. */
  readonly byProgram?: (program: UnpackProgram, packed: Buffer) => Promise<Buffer>;
  /** Told of entries that cannot be opened, which then are passed over; without it they fail all. */
  readonly onDamaged?: (place: string, failure: Failure) => void;
}

export type UnpackProgram = "xz" | "bzip2";

export function unpack(packed: Buffer, how: Unpacking = {}): AsyncGenerator<FeedDocument> {
  return documentsOf({ place: "", body: packed, isArchived: false }, how);
}

/** The documents in an entry, whatever it is packed in. */
export function documentsOf(entry: ArchiveEntry, how: Unpacking): AsyncGenerator<FeedDocument> {
  const { limits = unpackLimits } = how;
  return within(entry, { ...how, limits, left: { bytes: limits.bytesMax * LAYERS_MAX } }, 0);
}

/** An archive in an archive in an archive is somebody's packing; more is made to do harm. */
const LAYERS_MAX = 4;

interface Opening extends Unpacking {
  readonly limits: UnpackLimits;
  /** What all layers together may still unpack to. */
  readonly left: { bytes: number };
}

async function* within(
  entry: ArchiveEntry,
  how: Opening,
  depth: number,
): AsyncGenerator<FeedDocument> {
  const { limits } = how;
  const { place, isArchived } = entry;
  const body = await opened(entry, how, depth);
  if (body === null) return;
  if (depth < LAYERS_MAX && isZip(body)) {
    yield* inside(readZip(body, limits), place, { how, depth });
  } else if (depth < LAYERS_MAX && isTarHeader(body.subarray(0, 512))) {
    yield* inside(readTar(body, entry.body.length, limits), place, { how, depth });
  } else {
    if (body.length > limits.documentBytesMax) throw tooLarge("is larger than a feed may be");
    if (!isArchived || isText(body)) yield documentOf(place, body, isArchived);
  }
}

async function* inside(
  entries: Iterable<ArchiveEntry>,
  place: string,
  { how, depth }: { readonly how: Opening; readonly depth: number },
): AsyncGenerator<FeedDocument> {
  try {
    for (const entry of entries) {
      spend(how, entry.body);
      const whole = place === "" ? entry.place : `${place}/${entry.place}`;
      yield* within({ ...entry, place: whole }, how, depth + 1);
    }
  } catch (cause) {
    passOver(place, cause, how);
  }
}

function spend({ left }: Opening, body: Buffer): Buffer {
  left.bytes -= body.length;
  if (left.bytes < 0) throw tooLarge("unpacks to more than a feed may hold");
  return body;
}

/** What an archive held before the place where it is damaged was given already. */
function passOver(place: string, cause: unknown, { onDamaged }: Unpacking): null {
  if (!(cause instanceof Failure) || onDamaged === undefined) throw cause;
  onDamaged(place, cause);
  return null;
}

/** The bytes without the packings around them; null when they cannot be had. */
async function opened(
  { place, body, isArchived }: ArchiveEntry,
  how: Opening,
  depth: number,
): Promise<Buffer | null> {
  try {
    let bytes = body;
    for (let layer = depth; layer < LAYERS_MAX; layer++) {
      const inner = await withoutLayer(bytes, how);
      if (inner === null) return bytes;
      bytes = spend(how, inner);
    }
    return bytes;
  } catch (cause) {
    if (!isArchived) throw cause;
    return passOver(place, cause, how);
  }
}

async function withoutLayer(bytes: Buffer, how: Opening): Promise<Buffer | null> {
  const { limits } = how;
  if (isGzip(bytes)) return await openStream("gzip", bytes, limits, gunzipAsync);
  if (isZstd(bytes)) return await openStream("zstd", bytes, limits, unzstdAsync);
  const program = programFor(bytes);
  return program === null ? null : ((await how.byProgram?.(program, bytes)) ?? null);
}

const gunzipAsync = promisify(gunzip);
const unzstdAsync = promisify(zstdDecompress);

function isGzip(bytes: Buffer): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

function isZip(bytes: Buffer): boolean {
  return bytes.length > 4 && bytes.readUInt32LE(0) === 0x04034b50;
}

/** RFC 8878 §3.1.1. */
function isZstd(bytes: Buffer): boolean {
  return bytes.length > 4 && bytes.readUInt32LE(0) === 0xfd2fb528;
}

/** By their first bytes; of the old form of xz, lzma, the usual ones. */
export function programFor(head: Buffer): UnpackProgram | null {
  if (/^BZh[1-9]$/.test(head.toString("latin1", 0, 4))) return "bzip2";
  const begin = head.toString("hex", 0, 6);
  return begin === "fd377a585a00" || /^5d0000[0-9a-f]{2}/.test(begin) ? "xz" : null;
}

type Opener = (bytes: Buffer, options: { readonly maxOutputLength: number }) => Promise<Buffer>;

async function openStream(
  kind: string,
  packed: Buffer,
  limits: UnpackLimits,
  open: Opener,
): Promise<Buffer> {
  try {
    return await open(packed, { maxOutputLength: outputMax(packed, limits) });
  } catch (cause) {
    throw openingFailure(kind, cause);
  }
}

function outputMax(packed: Buffer, limits: UnpackLimits): number {
  return Math.min(limits.bytesMax, Math.max(RATIO_FREE_BYTES, packed.length * limits.ratioMax));
}

function openingFailure(kind: string, cause: unknown): Failure {
  const code = (cause as { code?: unknown }).code;
  return code === "ERR_BUFFER_TOO_LARGE"
    ? tooLarge("unpacks to more than a feed may hold")
    : damaged(kind, cause);
}

const CHUNK_BYTES = 1024 * 1024;

function* readTar(
  bytes: Buffer,
  packedBytes: number,
  limits: UnpackLimits,
): Generator<ArchiveEntry> {
  const reader = new TarReader(limits, packedBytes);
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    yield* reader.push(bytes.subarray(at, at + CHUNK_BYTES));
  }
  yield* reader.end();
}

function* readZip(bytes: Buffer, limits: UnpackLimits): Generator<ArchiveEntry> {
  const tail = bytes.subarray(Math.max(0, bytes.length - zipTail));
  const place = zipDirectory.find(tail, bytes.length);
  const budget = { bytes: limits.bytesMax, documents: limits.documentsMax };
  const directory = bytes.subarray(place.at, place.at + place.bytes);
  for (const entry of zipDirectory.entries(directory, place.count)) {
    if (entry.packedBytes === 0) continue;
    if (entry.at + 30 > bytes.length) throw damaged("zip");
    const names = bytes.readUInt16LE(entry.at + 26) + bytes.readUInt16LE(entry.at + 28);
    const start = entry.at + 30 + names;
    const packed = bytes.subarray(start, start + entry.packedBytes);
    if (packed.length !== entry.packedBytes) throw damaged("zip");
    const body = zipBody(entry, packed, { limits, budget });
    yield { place: entry.name, body, isArchived: true };
  }
}

function damaged(kind: string, cause?: unknown): Failure {
  return new Failure(
    "invalid",
    `The ${kind} file cannot be opened: it is damaged or was cut short. Nothing was changed; fetch it again.`,
    { cause },
  );
}

function tooLarge(why: string): Failure {
  return new Failure("too-large", `The file ${why}. Load it in smaller parts.`);
}
