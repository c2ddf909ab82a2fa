import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterEach, beforeEach, expect, it } from "vitest";
import { clientConfig } from "./database.ts";
import { type EmbeddedPostgres, startEmbedded } from "./supervisor.ts";

let folder = "";
let sockets = "";
let running: EmbeddedPostgres[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fettle-pg-"));
  chmodSync(folder, 0o755);
  sockets = mkdtempSync(join(tmpdir(), "fettle-pgs-"));
  running = [];
});

afterEach(async () => {
  for (const postgres of running) await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
  rmSync(sockets, { recursive: true, force: true });
});

async function start(): Promise<EmbeddedPostgres> {
  const postgres = await startEmbedded({ state: folder, sockets, isDurable: true });
  running.push(postgres);
  return postgres;
}

async function ask<T extends pg.QueryResultRow>(postgres: EmbeddedPostgres, text: string) {
  const client = new pg.Client(clientConfig(postgres.connection));
  await client.connect();
  try {
    return (await client.query<T>(text)).rows;
  } finally {
    await client.end();
  }
}

function pid(): number {
  return Number(
    readFileSync(join(folder, "postgres", "data", "postmaster.pid"), "utf8").split("\n")[0],
  );
}

it("makes a cluster, answers on a socket only and keeps what was written after a stop", async () => {
  const first = await start();
  expect(first.how).toBe("started");
  await ask(first, "create table note (text text)");
  await ask(first, "insert into note values ('kept')");
  expect(await ask(first, "show listen_addresses")).toEqual([{ listen_addresses: "" }]);
  expect(await ask(first, "show fsync")).toEqual([{ fsync: "on" }]);
  await first.stop();
  expect(existsSync(join(folder, "postgres", "data", "postmaster.pid"))).toBe(false);
  const second = await start();
  expect(await ask(second, "select text from note")).toEqual([{ text: "kept" }]);
});

it("keeps a week of its own log and no more, and sets a grown log of starts aside", async () => {
  const first = await start();
  await expect(ask(first, "select no_such_column")).rejects.toThrow(/no_such_column/);
  const logs = join(folder, "postgres", "data", "log");
  const today = (): string =>
    readdirSync(logs)
      .map((name) => readFileSync(join(logs, name), "utf8"))
      .join("");
  await expect.poll(today, { timeout: 10_000 }).toContain("no_such_column");
  for (const name of readdirSync(logs)) expect(name).toMatch(/^postgresql-[A-Z][a-z]{2}\.log$/);
  expect(await ask(first, "show log_truncate_on_rotation")).toEqual([
    { log_truncate_on_rotation: "on" },
  ]);
  await first.stop();
  const file = join(folder, "postgres", "data", "server.log");
  writeFileSync(file, "x".repeat(1024 * 1024 + 1));
  await start();
  expect(statSync(`${file}.1`).size).toBe(1024 * 1024 + 1);
  expect(statSync(file).size).toBeLessThan(4096);
});

it("adopts a database that outlived its server and restarts one that was killed", async () => {
  const first = await start();
  await ask(first, "create table note (text text)");
  const adopted = await start();
  expect(adopted.how).toBe("adopted");
  expect(pid()).toBeGreaterThan(1);
  process.kill(pid(), "SIGKILL");
  await expect.poll(() => isDead(pid()), { timeout: 10_000 }).toBe(true);
  const restarted = await start();
  expect(restarted.how).toBe("started");
  expect(await ask(restarted, "select count(*)::int as n from note")).toEqual([{ n: 0 }]);
});

it.runIf(process.getuid?.() === 0)("runs as another user when we are root", async () => {
  const postgres = await start();
  expect(postgres.user).not.toBe(null);
  expect(readFileSync(`/proc/${pid()}/status`, "utf8")).not.toMatch(/^Uid:\t0\t/m);
});

it("refuses a socket folder that is too long, with the way out", async () => {
  const deep = join(sockets, "d".repeat(90));
  mkdirSync(deep);
  await expect(startEmbedded({ state: folder, sockets: deep })).rejects.toThrow(/107 bytes/);
});

function isDead(id: number): boolean {
  try {
    return readFileSync(`/proc/${id}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .startsWith("Z");
  } catch {
    return true;
  }
}
