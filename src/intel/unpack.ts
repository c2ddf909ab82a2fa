import { promisify } from "node:util";
import { gunzip, gunzipSync, inflateRawSync, zstdDecompress } from "node:zlib";
import { Failure } from "../base/failure.ts";
import type { FeedDocument } from "./feed-format.ts";

/**
 * Opens what a feed came in: plain, gzip, zstd, tar or zip, told by content. Everything is bounded,
 * because an archive of a few kilobytes can claim to hold terabytes.
 */
export interface UnpackLimits {
  /** All documents together, unpacked. */
  readonly bytesMax: number;
  readonly documentBytesMax: number;
  readonly documentsMax: number;
  /** Unpacked to packed; real feeds reach some 30, a bomb 1,000. */
  readonly ratioMax: number;
}

const MIB = 1024 * 1024;

export const unpackLimits: UnpackLimits = {
  bytesMax: 1024 * MIB,
  // A string of JavaScript ends at half a gigabyte.
  documentBytesMax: 400 * MIB,
  documentsMax: 1_000_000,
  ratioMax: 250,
};

/** Below this size no ratio is too high: small texts of zeros are harmless. */
const RATIO_FREE_BYTES = 8 * MIB;

const gunzipAsync = promisify(gunzip);
const unzstdAsync = promisify(zstdDecompress);

export async function unpack(
  packed: Buffer,
  limits: UnpackLimits = unpackLimits,
): Promise<Iterable<FeedDocument>> {
  const bytes = await openStream(packed, limits);
  if (isZip(bytes)) return readZip(bytes, limits);
  if (isTar(bytes)) return readTar(bytes, limits);
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

const BLOCK = 512;

function* readTar(bytes: Buffer, limits: UnpackLimits): Generator<FeedDocument> {
  let count = 0;
  for (const { name, body: entry } of tarEntries(bytes)) {
    const body = openEntry(entry, limits);
    if (!isText(body)) continue;
    if (++count > limits.documentsMax) throw tooLarge("holds more files than a feed may");
    if (body.length > limits.documentBytesMax) {
      throw tooLarge("holds a file larger than a feed may be");
    }
    yield documentOf(name, body, true);
  }
}

/** The plain files of an archive; names of over 100 bytes stand in an entry of their own before. */
function* tarEntries(bytes: Buffer): Generator<{ readonly name: string; readonly body: Buffer }> {
  let longName = "";
  for (let at = 0; at + BLOCK <= bytes.length; ) {
    const header = bytes.subarray(at, at + BLOCK);
    if (header.every((byte) => byte === 0)) return;
    const size = tarSize(header);
    const start = at + BLOCK;
    if (size === null || start + size > bytes.length) throw damaged("tar");
    const body = bytes.subarray(start, start + size);
    at = start + Math.ceil(size / BLOCK) * BLOCK;
    const type = String.fromCharCode(header[156] ?? 0);
    const isNameOnly = type === "L" || type === "x";
    if (type === "0" || type === "\0") yield { name: longName || tarName(header), body };
    longName = isNameOnly ? longNameOf(type, body) : "";
  }
  // Without its end mark (two blocks of zeros) an archive was cut at an unlucky place.
  throw damaged("tar");
}

function longNameOf(type: string, body: Buffer): string {
  if (type === "L") return textField(body, 0, body.length);
  return /(?:^|\n)\d+ path=([^\n]*)/.exec(body.toString())?.[1] ?? "";
}

function tarName(header: Buffer): string {
  const prefix = textField(header, 345, 155);
  const name = textField(header, 0, 100);
  return prefix === "" ? name : `${prefix}/${name}`;
}

/** Octal digits, or binary when the first bit is set (GNU, for large files). */
function tarSize(header: Buffer): number | null {
  if (((header[124] ?? 0) & 0x80) !== 0) return header.readUIntBE(130, 6);
  const text = textField(header, 124, 12).trim();
  return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : null;
}

function textField(bytes: Buffer, from: number, length: number): string {
  const field = bytes.subarray(from, from + length);
  const end = field.indexOf(0);
  return field.toString("utf8", 0, end < 0 ? field.length : end);
}

/** APPNOTE.TXT 4.3.16 (end of central directory), 4.3.12 (entries), 4.3.7 (local headers). */
function* readZip(bytes: Buffer, limits: UnpackLimits): Generator<FeedDocument> {
  const end = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end < 0 || end + 22 > bytes.length) throw damaged("zip");
  const count = bytes.readUInt16LE(end + 10);
  let at = bytes.readUInt32LE(end + 16);
  if (at === 0xffffffff || count === 0xffff)
    throw damaged("zip (the 64-bit form is not supported)");
  const budget = { bytes: limits.bytesMax };
  for (let index = 0; index < count; index++) {
    if (at + 46 > bytes.length || bytes.readUInt32LE(at) !== 0x02014b50) throw damaged("zip");
    const nameLength = bytes.readUInt16LE(at + 28);
    const name = bytes.toString("utf8", at + 46, at + 46 + nameLength);
    const body = openEntry(zipBody(bytes, at, limits, budget), limits);
    if (isText(body)) yield documentOf(name, body, true);
    at += 46 + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
}

function zipBody(
  bytes: Buffer,
  entry: number,
  limits: UnpackLimits,
  budget: { bytes: number },
): Buffer {
  const method = bytes.readUInt16LE(entry + 10);
  const packedSize = bytes.readUInt32LE(entry + 20);
  const local = bytes.readUInt32LE(entry + 42);
  if (local + 30 > bytes.length) throw damaged("zip");
  const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
  const packed = bytes.subarray(start, start + packedSize);
  if (packed.length !== packedSize) throw damaged("zip");
  const max = Math.min(
    limits.documentBytesMax,
    budget.bytes,
    Math.max(RATIO_FREE_BYTES, packedSize * limits.ratioMax),
  );
  const body = method === 0 ? packed : method === 8 ? inflate(packed, max) : null;
  if (body === null) throw damaged(`zip (compression method ${method})`);
  budget.bytes -= body.length;
  if (budget.bytes < 0) throw tooLarge("unpacks to more than a feed may hold");
  return body;
}

function inflate(packed: Buffer, max: number): Buffer {
  try {
    return inflateRawSync(packed, { maxOutputLength: max });
  } catch (cause) {
    throw openingFailure("zip", cause);
  }
}

/** Archives may hold files that are packed once more. */
function openEntry(body: Buffer, limits: UnpackLimits): Buffer {
  if (!isGzip(body)) return body;
  try {
    return gunzipSync(body, { maxOutputLength: outputMax(body, limits) });
  } catch (cause) {
    throw openingFailure("gzip", cause);
  }
}

/** Archives carry pictures and programs too; only texts are read. */
function isText(body: Buffer): boolean {
  return body.length > 0 && !body.subarray(0, 1024).includes(0);
}

function documentOf(place: string, body: Buffer, isArchived: boolean): FeedDocument {
  const hasMark = body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf;
  return { place, text: body.toString("utf8", hasMark ? 3 : 0), isArchived };
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
