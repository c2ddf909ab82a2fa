import { createHash } from "node:crypto";
import { opendirSync, readFileSync, type Stats, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { Failure } from "../base/failure.ts";
import type { KnowledgeHead } from "../intel/file-knowledge.ts";
import { type KnowledgeCache, type OpenKnowledge, openInMemory } from "./knowledge-cache.ts";
import type { KnownDigests } from "./known-digests.ts";

/**
 * A folder of feeds on disk: every file in it and below it, whatever its name. What a file says is
 * read once and kept under the digest of its bytes, so that the next look costs reading and hashing.
 */
export interface FolderFile {
  /** Below the folder. */
  readonly path: string;
  readonly digest: string;
  readonly knowledge: OpenKnowledge;
}

export interface UnreadFile {
  readonly path: string;
  readonly reason: string;
}

export interface FeedFolder {
  readonly files: readonly FolderFile[];
  readonly unread: readonly UnreadFile[];
}

const FILES_MAX = 200_000;
const FILE_BYTES_MAX = 1024 * 1024 * 1024;

/** What was learned from files before; null where nothing is to be kept. */
export interface FolderMemory {
  readonly cache: KnowledgeCache;
  readonly digests: KnownDigests;
}

export async function readFeedFolder(
  folder: string,
  memory: FolderMemory | null,
): Promise<FeedFolder> {
  const files: FolderFile[] = [];
  const unread: UnreadFile[] = [];
  for (const path of filesBelow(folder)) {
    const name = relative(folder, path) || path;
    const file = remembered(path, name, memory) ?? (await readOne(path, name, memory));
    if ("reason" in file) unread.push(file);
    else files.push(file);
  }
  memory?.digests.keep();
  if (files.length === 0 && unread.length === 0) {
    throw new Failure("invalid", `The folder ${folder} holds no files. Name a folder with feeds.`);
  }
  return { files, unread };
}

/** A file that did not change since it was read, and whose knowledge was kept. */
function remembered(path: string, name: string, memory: FolderMemory | null): FolderFile | null {
  if (memory === null) return null;
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  const digest = stat === undefined ? null : memory.digests.find(resolve(path), stat);
  const knowledge = digest === null ? null : memory.cache.open(digest);
  return digest === null || knowledge === null ? null : { path: name, digest, knowledge };
}

async function readOne(
  path: string,
  name: string,
  memory: FolderMemory | null,
): Promise<FolderFile | UnreadFile> {
  let bytes: Buffer;
  let digest: string;
  try {
    // What the file system says is taken first: a change while reading then shows next time.
    const stat = statSync(path, { bigint: true });
    if (stat.size > FILE_BYTES_MAX) return { path: name, reason: "is larger than 1 GiB" };
    bytes = readFileSync(path);
    digest = createHash("sha256").update(bytes).digest("hex");
    memory?.digests.learn(resolve(path), stat, digest);
  } catch {
    return { path: name, reason: "cannot be read" };
  }
  const kept = memory?.cache.open(digest) ?? null;
  if (kept !== null) return { path: name, digest, knowledge: kept };
  const plain = await unpackedByProgram(bytes);
  if (typeof plain === "string") return { path: name, reason: plain };
  // The readers are loaded only where something must be read.
  const { readFileKnowledge } = await import("../intel/read-file-knowledge.ts");
  const knowledge = await readFileKnowledge(plain);
  memory?.cache.keep(digest, knowledge);
  return { path: name, digest, knowledge: openInMemory(knowledge) };
}

/** The file itself, or every plain file below a folder; a link to a folder is not followed, so there is no circle. */
function filesBelow(folder: string): readonly string[] {
  if (statOf(folder)?.isFile() === true) return [folder];
  const found: string[] = [];
  const folders = [folder];
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    for (const entry of entriesOf(next)) {
      const path = join(next, entry.name);
      if (entry.isDirectory()) folders.push(path);
      else if (entry.isFile() || statOf(path)?.isFile() === true) found.push(path);
      if (found.length > FILES_MAX) {
        throw new Failure("too-large", `The folder ${folder} holds more than ${FILES_MAX} files.`);
      }
    }
  }
  return found.sort();
}

function* entriesOf(folder: string) {
  let opened: ReturnType<typeof opendirSync>;
  try {
    opened = opendirSync(folder);
  } catch (cause) {
    throw new Failure("invalid", `The folder ${folder} cannot be read: does it exist?`, { cause });
  }
  try {
    for (let entry = opened.readSync(); entry !== null; entry = opened.readSync()) yield entry;
  } finally {
    opened.closeSync();
  }
}

function statOf(path: string): Stats | null {
  return statSync(path, { throwIfNoEntry: false }) ?? null;
}

/** Packings that Node cannot open itself: xz and bzip2 by the programs of that name. */
async function unpackedByProgram(bytes: Buffer): Promise<Buffer | string> {
  const program = programFor(bytes);
  if (program === null) return bytes;
  try {
    const { runCommand } = await import("../base/run-command.ts");
    const result = await runCommand({
      program,
      args: ["-dc"],
      input: bytes,
      timeoutMs: 120_000,
      outputBytesMax: FILE_BYTES_MAX,
    });
    if (result.ended === "exit" && result.code === 0) return result.stdout;
    return `cannot be opened by ${program}: it is damaged, or too large`;
  } catch {
    return `is packed with ${program}, which is not installed`;
  }
}

function programFor(bytes: Buffer): "xz" | "bzip2" | null {
  if (bytes.subarray(0, 6).equals(Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]))) return "xz";
  return bytes.toString("latin1", 0, 3) === "BZh" ? "bzip2" : null;
}

/** The release of each package index, by the Release files beside it; its own marks otherwise. */
export function releaseOfIndex(file: FolderFile, heads: readonly KnowledgeHead[]): string | null {
  const vouching = heads.find((head) => head.indexes.includes(file.digest));
  return vouching?.ecosystem ?? file.knowledge.head.ecosystem;
}
