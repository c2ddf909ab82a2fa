import { statfs } from "node:fs/promises";
import { Failure } from "../base/failure.ts";
import type { Log } from "../base/log.ts";
import { type Loop, startLoop } from "../base/loop.ts";

/**
 * Room on the disk of the state folder, where the ledger's files lie and, unless another database is
 * named, the embedded PostgreSQL. A database that cannot write its log stops at once (it loses
 * nothing, and comes back when there is room), so new work is refused while there still is some left
 * for what is at work: results of hosts, halts, the ledger.
 */
export interface DiskSpace {
  readonly folder: string;
  readonly freeBytes: number;
  readonly isLow: boolean;
}

/** Four segments of PostgreSQL's log (16 MiB each): what a minute of work may need at once. */
export const DISK_RESERVE_BYTES = 64 * 1024 * 1024;
const MEBIBYTE = 1024 * 1024;
const LOOK_MS = 5_000;

export async function diskSpace(folder: string): Promise<DiskSpace> {
  const { bavail, bsize } = await statfs(folder);
  // What is free for everybody: the database does not run as root.
  const freeBytes = bavail * bsize;
  return { folder, freeBytes, isLow: freeBytes < DISK_RESERVE_BYTES };
}

export async function demandSpace(folder: string): Promise<void> {
  const space = await diskSpace(folder);
  if (!space.isLow) return;
  throw new Failure("unavailable", `${lowText(space)} Reading and halting still work.`, {
    facts: { freeBytes: space.freeBytes, reserveBytes: DISK_RESERVE_BYTES },
  });
}

export function lowText({ folder, freeBytes }: DiskSpace): string {
  const free = Math.floor(freeBytes / MEBIBYTE);
  const reserve = DISK_RESERVE_BYTES / MEBIBYTE;
  return `The server's disk is full: ${folder} has ${free} MB left, and ${reserve} MB are kept for what is at work, so nothing new is taken on. Free space on that disk; the server goes on by itself.`;
}

/** True for what a full disk (or a used-up quota) makes the database or the file system say. */
export function isDiskFull(cause: unknown): boolean {
  const code = (cause as { code?: unknown } | null)?.code;
  return code === "53100" || code === "ENOSPC" || code === "EDQUOT";
}

/** Says in the log when the disk gets full and when there is room again. */
export function startDiskWatch(watched: { readonly folder: string; readonly log: Log }): Loop {
  const { folder, log } = watched;
  let wasLow = false;
  return startLoop({
    name: "disk watch",
    idleMs: LOOK_MS,
    log,
    turn: async () => {
      const space = await diskSpace(folder);
      const { freeBytes, isLow } = space;
      if (isLow && !wasLow) log.error({ freeBytes }, lowText(space));
      if (!isLow && wasLow) log.warn({ freeBytes }, "there is room on the server's disk again");
      wasLow = isLow;
      return false;
    },
  });
}
