import { createHash } from "node:crypto";
import { type BigIntStats, readFileSync } from "node:fs";
import { join } from "node:path";
import { keepFile } from "./knowledge-cache.ts";

/**
 * Digests of files that did not change since they were last read, told by what the file system says
 * of them: device, number, size and both times to the nanosecond. A file that was written to within
 * moments of being read is read again next time, because a clock may not tell two writes apart.
 */
export interface KnownDigests {
  find(path: string, stat: BigIntStats): string | null;
  learn(path: string, stat: BigIntStats, digest: string): void;
  /** Writes what was learned, where anything was. */
  keep(): void;
}

const NAME = "digests";
/** Above the grain of any file system's clock. */
const SETTLED_MS = 2_000n;

export function openKnownDigests(folder: string, now: () => number): KnownDigests {
  const path = join(folder, NAME);
  const known = readKept(path);
  const learned = new Map<string, string>();
  return {
    find: (file, stat) => {
      const line = known.get(file);
      const [mark, digest = ""] = line?.split(" ") ?? [];
      return mark === markOf(stat) ? digest : null;
    },
    learn: (file, stat, digest) => {
      const newest = stat.mtimeMs > stat.ctimeMs ? stat.mtimeMs : stat.ctimeMs;
      if (BigInt(now()) - newest < SETTLED_MS) return;
      learned.set(file, `${markOf(stat)} ${digest}`);
    },
    keep: () => {
      if (learned.size === 0) return;
      const all = JSON.stringify([...new Map([...known, ...learned])].slice(-ENTRIES_MAX));
      keepFile(folder, path, Buffer.from(`${digestOf(all)}\n${all}`));
    },
  };
}

/** Enough for several large folders; the oldest are forgotten first. */
const ENTRIES_MAX = 500_000;

/** What this program wrote, whole, or nothing. */
function readKept(path: string): ReadonlyMap<string, string> {
  try {
    const text = readFileSync(path, "utf8");
    const end = text.indexOf("\n");
    const all = text.slice(end + 1);
    if (digestOf(all) === text.slice(0, end)) return new Map(JSON.parse(all));
  } catch {
    // Nothing was kept, or it cannot be read: every file is read.
  }
  return new Map();
}

function markOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join("-");
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
