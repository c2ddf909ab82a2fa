import {
  closeSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { type FileKnowledge, headSchema, type KnowledgeHead } from "../intel/file-knowledge.ts";

/**
 * What files of feeds say, kept in the user's cache folder under the digest of the file's bytes: a
 * changed file has another name here, so nothing can be stale. A kept file that cannot be read is
 * made again; losing the folder costs time only.
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
const FORM = 1;

const tableSchema = z.object({
  head: headSchema,
  sections: z.array(z.tuple([z.string(), z.number(), z.number()])),
});

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
      try {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        const path = pathOf(digest);
        writeFileSync(`${path}.${process.pid}`, encode(knowledge), { mode: 0o600 });
        renameSync(`${path}.${process.pid}`, path);
      } catch {
        // A cache that cannot be written (a full disk, a read-only home) must not stop the answer.
      }
    },
  };
}

/** A table of fixed place and length first, then the sections one behind the other. */
function encode({ head, sections }: FileKnowledge): Buffer {
  const bodies = [...sections].map(([name, text]) => [name, Buffer.from(text)] as const);
  let at = 0;
  const places = bodies.map(([name, body]) => {
    at += body.length;
    return [name, at - body.length, body.length] as const;
  });
  const table = Buffer.from(JSON.stringify({ head, sections: places }));
  const length = Buffer.alloc(8);
  length.writeDoubleBE(table.length, 0);
  return Buffer.concat([length, table, ...bodies.map(([, body]) => body)]);
}

function openKept(path: string): OpenKnowledge {
  const length = readAt(path, 0, 8).readDoubleBE(0);
  const table = tableSchema.parse(JSON.parse(readAt(path, 8, length).toString()));
  const places = new Map(table.sections.map(([name, at, size]) => [name, { at, size }]));
  const total = table.sections.reduce((end, [, at, size]) => Math.max(end, at + size), 0);
  if (statSync(path).size !== 8 + length + total) throw new RangeError("cut short");
  return {
    head: table.head,
    sectionNames: [...places.keys()],
    section(name) {
      const place = places.get(name);
      return place === undefined ? "" : readAt(path, 8 + length + place.at, place.size).toString();
    },
  };
}

function readAt(path: string, position: number, length: number): Buffer {
  const file = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(length);
    if (readSync(file, bytes, 0, length, position) !== length) throw new RangeError("cut short");
    return bytes;
  } finally {
    closeSync(file);
  }
}
