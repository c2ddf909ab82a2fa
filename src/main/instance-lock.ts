import { createHash } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { z } from "zod";
import { Failure } from "../base/failure.ts";

/**
 * One server per state folder. The lock is an abstract Unix socket: the kernel frees it the moment
 * the process dies, however it dies, so there is no stale lock to clean up by hand.
 */
export interface InstanceLock {
  /** Leaves a note for whoever meets the lock: where the running server answers. */
  announce(url: string): void;
  release(): Promise<void>;
}

const noteSchema = z.object({ pid: z.number(), url: z.string() });

export async function takeInstanceLock(state: string): Promise<InstanceLock> {
  const note = join(state, "server.json");
  const name = createHash("sha256").update(state).digest("hex").slice(0, 32);
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => reject(held(note, state, cause)));
    server.listen({ path: `\0fettle-${name}` }, resolve);
  });
  server.unref();
  return {
    announce(url) {
      writeFileSync(note, JSON.stringify({ pid: process.pid, url }), { mode: 0o644 });
    },
    async release() {
      rmSync(note, { force: true });
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The address of the server that runs on this state folder, if one said so and still lives. */
export function runningServer(state: string): { pid: number; url: string } | null {
  try {
    const parsed = noteSchema.safeParse(
      JSON.parse(readFileSync(join(state, "server.json"), "utf8")),
    );
    return parsed.success && isAlive(parsed.data.pid) ? parsed.data : null;
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (cause) {
    // Another user's process is there all the same.
    return (cause as NodeJS.ErrnoException).code === "EPERM";
  }
}

function held(note: string, state: string, cause: unknown): Failure {
  const other = runningServer(state);
  const where = other === null ? "" : ` (process ${other.pid}, ${other.url})`;
  return new Failure(
    "conflict",
    `A Fettle server already runs on ${state}${where}. Use that one, stop it, or start this one with another --state.`,
    { cause, facts: { note } },
  );
}
