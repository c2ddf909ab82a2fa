import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ledgerFault, type Served, serve } from "./served.ts";

/**
 * The server's disk fills up: first until little is left, then to the last byte, so that PostgreSQL
 * itself stops. What was stored stays, nothing is half stored, and the server comes back when there
 * is room again, without a person's help.
 */
const DISK_MB = 300;
const MEBIBYTE = 1024 * 1024;

describe.skipIf(process.getuid?.() !== 0)("a server whose disk is full", { retry: 0 }, () => {
  let folder = "";
  let disk = "";
  let served: Served;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "ff-"));
    chmodSync(folder, 0o755);
    disk = join(folder, "disk");
    mkdirSync(disk);
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${DISK_MB}m,mode=755`, "tmpfs", disk]);
    served = await serve(folder, join(disk, "state"));
  }, 120_000);

  afterAll(async () => {
    await served?.close();
    execFileSync("umount", [disk]);
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  test("with little room left, refuses new work with a reason and still shows what it has", async () => {
    expect(await served.addHost("before")).toMatchObject({ status: 201 });
    fill(32 * MEBIBYTE);
    const refused = await served.addHost("meanwhile");
    expect(refused).toMatchObject({ status: 503, code: "unavailable" });
    const full = `The server's disk is full: ${join(disk, "state")} has \\d+ MB left, and 64 MB are kept for what is at work, so nothing new is taken on\\. Free space on that disk; the server goes on by itself\\.`;
    expect(refused.detail).toMatch(new RegExp(`^${full} Reading and halting still work\\.$`));
    const health = await served.answerOf("GET", "/healthz");
    expect(health).toMatchObject({ status: 503, code: "unavailable" });
    expect(health.detail).toMatch(new RegExp(`^${full}$`));
    expect(await served.answerOf("GET", "/api/v1/me")).toMatchObject({
      status: 200,
      handle: "alice",
    });
    await served.server.waitFor(/"freeBytes":\d+,"msg":"The server's disk is full: /);
  });

  test("with no room left, loses its database and nothing that was stored", async () => {
    fill(0);
    await wearOutDatabase();
    expect(await served.addHost("meanwhile")).toMatchObject({ status: 503, code: "unavailable" });
    expect(await served.answerOf("GET", "/healthz")).toMatchObject({ status: 503 });
    expect(served.server.said()).not.toContain("Stopping");
  });

  test("when there is room again, goes on by itself with a whole ledger", async () => {
    rmSync(join(disk, "ballast"));
    const health = async (): Promise<number> => (await served.answerOf("GET", "/healthz")).status;
    await expect.poll(health, { timeout: 60_000 }).toBe(200);
    expect(await served.addHost("before")).toMatchObject({ status: 409, code: "conflict" });
    expect(await served.addHost("meanwhile")).toMatchObject({ status: 201 });
    await served.server.waitFor(/there is room on the server's disk again/);
    expect(await ledgerFault(served, folder)).toBeNull();
  });

  /** Ballast until only so much is left. */
  function fill(leftBytes: number): void {
    const ballast = join(disk, "ballast");
    writeFileSync(ballast, "", { flag: "a" });
    const { bavail, bsize } = statfsSync(disk);
    const chunk = Buffer.alloc(MEBIBYTE);
    try {
      for (let left = bavail * bsize - leftBytes; left > 0; left -= chunk.length) {
        appendFileSync(ballast, left < chunk.length ? chunk.subarray(0, left) : chunk);
      }
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== "ENOSPC") throw cause;
    }
  }

  /** Work of the database until it needs a file more than there is room for. */
  async function wearOutDatabase(): Promise<void> {
    const client = new pg.Client({
      host: join(served.sockets, "pg"),
      user: "fettle",
      database: "fettle",
    });
    let isLost = false;
    client.on("error", () => {
      isLost = true;
    });
    await client.connect();
    const said: unknown[] = [];
    for (let turn = 0; turn < 200 && !isLost; turn += 1) {
      const write = "select pg_logical_emit_message(false, 'test', repeat('x', 1000000))";
      await client.query(write).catch((cause: { code?: unknown }) => said.push(cause.code));
    }
    expect(isLost, JSON.stringify(said)).toBe(true);
    await client.end().catch(() => undefined);
  }
});
