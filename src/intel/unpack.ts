import { promisify } from "node:util";
import { gunzip, zstdDecompress } from "node:zlib";
import { Failure } from "../base/failure.ts";
import { documentOf } from "./feed-document.ts";
import type { FeedDocument } from "./feed-format.ts";
import { TarReader } from "./tar-reader.ts";
import { RATIO_FREE_BYTES, type UnpackLimits, unpackLimits } from "./unpack-limits.ts";
import { zipDirectory, zipDocument, zipTail } from "./zip-directory.ts";

/**
 * Opens what a feed came in: plain, gzip, zstd, tar or zip, told by content. Everything is bounded,
 * because an archive of a few kilobytes can claim to hold terabytes.
 */

const gunzipAsync = promisify(gunzip);
const unzstdAsync = promisify(zstdDecompress);

export async function unpack(
  packed: Buffer,
  limits: UnpackLimits = unpackLimits,
): Promise<Iterable<FeedDocument>> {
  const bytes = await openStream(packed, limits);
  if (isZip(bytes)) return readZip(bytes, limits);
  if (isTar(bytes)) return readTar(bytes, packed.length, limits);
  if (bytes.length > limits.documentBytesMax) throw tooLarge("is larger than a feed may be");
  return [documentOf("", bytes, false)];
}

function isGzip(bytes: Buffer): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

function isZip(bytes: Buffer): boolean {
  return bytes.length > 4 && bytes.readUInt32LE(0) === 0x04034b50;
}

/** POSIX.1-2017 pax, "ustar" at offset 257. */
function isTar(bytes: Buffer): boolean {
  return bytes.length >= 262 && bytes.toString("latin1", 257, 262) === "ustar";
}

/** RFC 8878 §3.1.1. */
function isZstd(bytes: Buffer): boolean {
  return bytes.length > 4 && bytes.readUInt32LE(0) === 0xfd2fb528;
}

async function openStream(packed: Buffer, limits: UnpackLimits): Promise<Buffer> {
  if (isGzip(packed)) return await opened("gzip", packed, limits, gunzipAsync);
  return isZstd(packed) ? await opened("zstd", packed, limits, unzstdAsync) : packed;
}

type Opener = (bytes: Buffer, options: { readonly maxOutputLength: number }) => Promise<Buffer>;

async function opened(
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
): Generator<FeedDocument> {
  const reader = new TarReader(limits, packedBytes);
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    yield* reader.push(bytes.subarray(at, at + CHUNK_BYTES));
  }
  yield* reader.end();
}

function* readZip(bytes: Buffer, limits: UnpackLimits): Generator<FeedDocument> {
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
    yield* zipDocument(entry, packed, { limits, budget });
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
