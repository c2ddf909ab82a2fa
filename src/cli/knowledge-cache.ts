import { createHash } from "node:crypto";
import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { FileKnowledge, KnowledgeHead } from "../intel/file-knowledge.ts";

/**
 * What files of feeds say, kept in the user's cache folder under the digest of the file's bytes: a
 * changed file has another name here, so nothing can be stale. The table of a kept file carries its own
 * digest, so it is exactly what this program wrote; one that cannot be read is made again, and losing
 * the folder costs time only.
 */
export interface OpenKnowledge {
  readonly head: KnowledgeHead;
  readonly sectionNames: readonly string[];
  section(name: string): string;
}

export interface KnowledgeCache {
  open(digest: string): OpenKnowledge | null;
  keep(digest: string, knowledge: FileKnowledge): void;
}

/** Raised whenever a reader changes what it makes of the same bytes. */
const FORM = 7;

/** Name, where it begins behind the table, and its length in bytes. */
type Place = readonly [name: string, at: number, size: number];

interface Table {
  readonly head: KnowledgeHead;
  readonly sections: readonly Place[];
}

const LENGTH_BYTES = 8;
const PREFIX_BYTES = LENGTH_BYTES + 32;

export function openInMemory({ head, sections }: FileKnowledge): OpenKnowledge {
  return {
    head,
    sectionNames: [...sections.keys()],
    section: (name) => sections.get(name) ?? "",
  };
}

export function openKnowledgeCache(folder: string): KnowledgeCache {
  const pathOf = (digest: string): string => join(folder, `${digest}.${FORM}`);
  return {
    open(digest) {
      try {
        return openKept(pathOf(digest));
      } catch {
        return null;
      }
    },
    keep(digest, knowledge) {
      keepFile(folder, pathOf(digest), encode(knowledge));
    },
  };
}

/** A cache that cannot be written (a full disk, a read-only home) must not stop the answer. */
export function keepFile(folder: string, path: string, bytes: Buffer): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(`${path}.${process.pid}`, bytes, { mode: 0o600 });
    renameSync(`${path}.${process.pid}`, path);
  } catch {
    // The next run makes it again.
  }
}

/** The table's length and digest, the table, then the sections one behind the other. */
function encode({ head, sections }: FileKnowledge): Buffer {
  const bodies = [...sections].map(([name, text]) => [name, Buffer.from(text)] as const);
  let at = 0;
  const places = bodies.map(([name, body]): Place => {
    at += body.length;
    return [name, at - body.length, body.length];
  });
  const table = Buffer.from(JSON.stringify({ head, sections: places } satisfies Table));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeDoubleBE(table.length, 0);
  return Buffer.concat([length, sha256(table), table, ...bodies.map(([, body]) => body)]);
}

/** Most tables are small, so this often reads all of one. */
const FIRST_READ_BYTES = 4_096;

function openKept(path: string): OpenKnowledge {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    const start = readAt(file, 0, Math.min(FIRST_READ_BYTES, size));
    const length = start.readDoubleBE(0);
    const end = PREFIX_BYTES + length;
    const bytes =
      end <= start.length ? start.subarray(PREFIX_BYTES, end) : readAt(file, PREFIX_BYTES, length);
    if (!sha256(bytes).equals(start.subarray(LENGTH_BYTES, PREFIX_BYTES))) throw damaged();
    const table = JSON.parse(bytes.toString()) as Table;
    const total = table.sections.reduce((sum, [, at, bytes]) => Math.max(sum, at + bytes), 0);
    if (size !== end + total) throw damaged();
    return opened(path, table, end);
  } finally {
    closeSync(file);
  }
}

function opened(path: string, { head, sections }: Table, start: number): OpenKnowledge {
  return {
    head,
    sectionNames: sections.map(([name]) => name),
    section(wanted) {
      const place = sections.find(([name]) => name === wanted);
      if (place === undefined) return "";
      const file = openSync(path, "r");
      try {
        return readAt(file, start + place[1], place[2]).toString();
      } finally {
        closeSync(file);
      }
    },
  };
}

function readAt(file: number, position: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  if (readSync(file, bytes, 0, length, position) !== length) throw damaged();
  return bytes;
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}

function damaged(): Error {
  return new RangeError("cut short or changed");
}
