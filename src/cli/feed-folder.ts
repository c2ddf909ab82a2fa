import { createHash } from "node:crypto";
import { opendirSync, readFileSync, type Stats, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { Failure } from "../base/failure.ts";
import type { KnowledgeHead } from "../intel/file-knowledge.ts";
import type { UnpackProgram } from "../intel/unpack.ts";
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
  /** When it was last written; of two copies of a feed without any date, the later is the newer. */
  readonly fileAt: number;
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
  if (stat === undefined || digest === null || knowledge === null) return null;
  return { path: name, digest, knowledge, fileAt: Number(stat.mtimeMs) };
}

async function readOne(
  path: string,
  name: string,
  memory: FolderMemory | null,
): Promise<FolderFile | UnreadFile> {
  let bytes: Buffer;
  let digest: string;
  let fileAt: number;
  try {
    // What the file system says is taken first: a change while reading then shows next time.
    const stat = statSync(path, { bigint: true });
    if (stat.size > FILE_BYTES_MAX) return { path: name, reason: "is larger than 1 GiB" };
    bytes = readFileSync(path);
    fileAt = Number(stat.mtimeMs);
    digest = createHash("sha256").update(bytes).digest("hex");
    memory?.digests.learn(resolve(path), stat, digest);
  } catch {
    return { path: name, reason: "cannot be read" };
  }
  const kept = memory?.cache.open(digest) ?? null;
  if (kept !== null) return { path: name, digest, fileAt, knowledge: kept };
  // The readers are loaded only where something must be read.
  const { readFileKnowledge } = await import("../intel/read-file-knowledge.ts");
  const missing = new Set<string>();
  const knowledge = await readFileKnowledge(bytes, (program, packed) =>
    openByProgram(program, packed, missing),
  );
  const [program] = missing;
  // What a program that is installed later could open must not stay unread.
  if (program === undefined) memory?.cache.keep(digest, knowledge);
  else if (knowledge.sections.size === 0) {
    return { path: name, reason: `is packed with ${program}, which is not installed` };
  }
  return { path: name, digest, fileAt, knowledge: openInMemory(knowledge) };
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

/** Packings that Node cannot open itself. */
async function openByProgram(
  program: UnpackProgram,
  input: Buffer,
  missing: Set<string>,
): Promise<Buffer> {
  const { runCommand } = await import("../base/run-command.ts");
  let result: Awaited<ReturnType<typeof runCommand>>;
  try {
    const limits = { timeoutMs: 120_000, outputBytesMax: FILE_BYTES_MAX };
    result = await runCommand({ program, args: ["-dc"], input, ...limits });
  } catch (cause) {
    missing.add(program);
    throw new Failure("blocked", `It is packed with ${program}, which is not installed.`, {
      cause,
    });
  }
  if (result.ended === "exit" && result.code === 0) return result.stdout;
  const why = "it is damaged, or too large. Fetch it again.";
  throw new Failure("invalid", `It cannot be opened by ${program}: ${why}`);
}

/** The release of each package index, by the Release files beside it; its own marks otherwise. */
export function releaseOfIndex(file: FolderFile, heads: readonly KnowledgeHead[]): string | null {
  const vouching = heads.find((head) => head.indexes.includes(file.digest));
  return vouching?.ecosystem ?? file.knowledge.head.ecosystem;
}
