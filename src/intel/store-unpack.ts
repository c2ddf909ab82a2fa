import { spawn } from "node:child_process";
import { createReadStream } from "node:fs";
import { type FileHandle, open, readFile, stat } from "node:fs/promises";
import type { Readable } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { Failure } from "../base/failure.ts";
import type { FeedDocument } from "./feed-format.ts";
import { TarReader } from "./tar-reader.ts";
import { documentsOf, programFor, type UnpackProgram, unpack } from "./unpack.ts";
import type { UnpackLimits } from "./unpack-limits.ts";
import { type ZipEntry, zipBody, zipDirectory, zipTail } from "./zip-directory.ts";

/**
 * Opens feed files of any size: small ones at once, large ones piece by piece from the disk, so that
 * archives of gigabytes need the memory of one document. Also opens what Node cannot (bzip2, xz), by
 * the system's own programs.
 */
/** As packed: what is opened at once stands in memory unpacked, some thirty times as large. */
const WHOLE_BYTES_MAX = 4 * 1024 * 1024;
const HEAD_BYTES = 8;

export async function* documentsInFile(
  path: string,
  limits: UnpackLimits,
): AsyncGenerator<FeedDocument> {
  const { size } = await stat(path);
  const head = await headOf(path);
  const program = programFor(head);
  if (program === null && size <= WHOLE_BYTES_MAX) {
    yield* unpack(await readFile(path), { limits });
    return;
  }
  if (head.length >= 4 && head.readUInt32LE(0) === 0x04034b50) {
    yield* zipDocuments(path, size, limits);
    return;
  }
  yield* streamDocuments(openedStream(path, head, program), size, limits);
}

async function headOf(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Sixteen times what is usual: unpacking archives of hundreds of megabytes takes half the work. */
const PIECE_BYTES = 256 * 1024;

function openedStream(path: string, head: Buffer, program: UnpackProgram | null): Readable {
  if (program !== null) return outputOf(program, path);
  const file = createReadStream(path, { highWaterMark: 1024 * 1024 });
  const opener =
    head[0] === 0x1f && head[1] === 0x8b
      ? createGunzip({ chunkSize: PIECE_BYTES })
      : head.length >= 4 && head.readUInt32LE(0) === 0xfd2fb528
        ? createZstdDecompress({ chunkSize: PIECE_BYTES })
        : null;
  if (opener === null) return file;
  file.on("error", (cause) => opener.destroy(cause));
  opener.on("close", () => file.destroy());
  return file.pipe(opener);
}

/** The program reads the file itself; its name never passes through a shell. */
function outputOf(program: UnpackProgram, path: string): Readable {
  const child = spawn(program, ["-dc", "--", path], { stdio: ["ignore", "pipe", "ignore"] });
  child.on("error", (cause) =>
    child.stdout.destroy(
      new Failure(
        "blocked",
        `The feed is packed by ${program}, which this machine does not have. Install it (apt-get install ${program === "xz" ? "xz-utils" : program}), or give the address of another packing.`,
        { cause },
      ),
    ),
  );
  child.on("close", (code) => {
    if (code !== 0 && !child.stdout.destroyed) child.stdout.destroy(damaged());
  });
  child.stdout.on("close", () => child.kill());
  return child.stdout;
}

async function* streamDocuments(
  stream: Readable,
  packedBytes: number,
  limits: UnpackLimits,
): AsyncGenerator<FeedDocument> {
  const reader = new TarReader(limits, packedBytes);
  try {
    for await (const chunk of stream) {
      for (const entry of reader.push(chunk as Buffer)) yield* documentsOf(entry, { limits });
    }
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw damaged(cause);
  }
  for (const entry of reader.end()) yield* documentsOf(entry, { limits });
}

async function* zipDocuments(
  path: string,
  size: number,
  limits: UnpackLimits,
): AsyncGenerator<FeedDocument> {
  const file = await open(path);
  try {
    const tail = await readAt(file, Math.max(0, size - zipTail), Math.min(size, zipTail));
    const place = zipDirectory.find(tail, size);
    const directory = await readAt(file, place.at, place.bytes);
    const budget = { bytes: limits.bytesMax, documents: limits.documentsMax };
    for (const entry of zipDirectory.entries(directory, place.count)) {
      if (entry.packedBytes === 0) continue;
      const body = await entryBody(file, entry, { limits, budget });
      yield* documentsOf({ place: entry.name, body, isArchived: true }, { limits });
    }
  } finally {
    await file.close();
  }
}

async function entryBody(
  file: FileHandle,
  entry: ZipEntry,
  of: {
    readonly limits: UnpackLimits;
    readonly budget: { bytes: number; documents: number };
  },
): Promise<Buffer> {
  if (entry.packedBytes > of.limits.documentBytesMax) throw damaged();
  const local = await readAt(file, entry.at, 30);
  const start = entry.at + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
  return zipBody(entry, await readAt(file, start, entry.packedBytes), of);
}

async function readAt(file: FileHandle, at: number, bytes: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, at);
  if (bytesRead !== bytes) throw damaged();
  return buffer;
}

function damaged(cause?: unknown): Failure {
  return new Failure(
    "invalid",
    "The file cannot be opened: it is damaged or was cut short. Nothing was changed; fetch it again.",
    { cause },
  );
}
