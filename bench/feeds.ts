import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { sql } from "kysely";
import { systemActor } from "../src/base/actor.ts";
import { configSchema } from "../src/base/config.ts";
import { silentLog } from "../src/base/log.ts";
import { openDatabase } from "../src/db/database.ts";
import { migrate } from "../src/db/migrate.ts";
import { startEmbedded } from "../src/db/supervisor.ts";
import type { World } from "../src/db/world.ts";
import { readFeed } from "../src/intel/ingest.ts";
import { loadFeed } from "../src/intel/load-feed.ts";
import { hasRealFeeds, realFeed, realFeedPath } from "../test/builders/intel.ts";
import { openCpuAccount } from "./cpu-account.ts";
import { measureFull } from "./feeds-full.ts";
import { missingPrograms } from "./needs.ts";

/**
 * How long whole feeds take into the store, read, compared and written, over a durable PostgreSQL of
 * its own: `node bench/feeds.ts`. One JSON line a feed and step, beside it the floor: the same bytes
 * only unpacked, and only read. With the real feeds beside the checkout it is EPSS (360,142 rows), the
 * 5,680 records of AlmaLinux and 44,130 CVE records; without them made-up scores alone. At the end the
 * size of the store beside that of the packed feeds. Over a limit it ends with 1. With `--full` it is
 * archives as large as publishers' own (bench/feeds-full.ts).
 */
const RELOAD_MS_MAX = 500;
const SIZE_RATIO_MAX = 3;
const MADE_SCORES = 360_000;

interface Subject {
  readonly feed: string;
  readonly bytes: Buffer;
  /** Of the packed feed as its publisher sends it. */
  readonly packedBytes: number;
  readonly msMax: number;
}

const isFull = process.argv.includes("--full");
const subjects = isFull ? [] : hasRealFeeds ? realSubjects() : [madeScores()];
// Before the database starts, so that its processes count.
const account = openCpuAccount();
const store = await openStore();
try {
  if (isFull) await measureAllFull();
  else {
    for (const subject of subjects) await measure(subject);
    await reportSize();
  }
} finally {
  await store.close();
  account?.close();
}

/** Archives of the size that publishers have; `--full cve-list` measures one of them. */
async function measureAllFull(): Promise<void> {
  if (!hasRealFeeds) {
    console.error(
      "The full archives are made of the real feeds, which are not beside this checkout.",
    );
    process.exitCode = 2;
    return;
  }
  const only = process.argv[process.argv.indexOf("--full") + 1] ?? "";
  if (!(await measureFull(store, realFeedPath, print, only))) process.exitCode = 1;
}

function realSubjects(): readonly Subject[] {
  const epss = realFeed("epss/epss_scores-2026-08-16.csv.gz");
  const alma = realFeed("osv/almalinux-osv.tar.gz");
  const records = realFeed("vulnrichment/vulnrichment-full-2024-10-24.tar.xz");
  if (missingPrograms(["xz"]).length > 0) {
    console.error("Install xz first: apt-get install xz-utils");
    process.exit(2);
  }
  const tar = spawnSync("xz", ["-dc"], { input: records, maxBuffer: 1024 ** 3 }).stdout;
  return [
    { feed: "epss", bytes: epss, packedBytes: epss.length, msMax: 3_000 },
    { feed: "osv-almalinux", bytes: alma, packedBytes: alma.length, msMax: 3_000 },
    { feed: "vulnrichment", bytes: gzipSync(tar), packedBytes: records.length, msMax: 20_000 },
  ];
}

function madeScores(): Subject {
  const rows = Array.from({ length: MADE_SCORES }, (_, at) => {
    const score = ((at * 7_919) % 100_000) / 100_000;
    return `CVE-${2000 + (at % 27)}-${10_000 + at},${score.toFixed(5)},${score.toFixed(5)}`;
  });
  const head = "#model_version:v1,score_date:2026-11-20T00:00:00Z\ncve,epss,percentile\n";
  const bytes = gzipSync(`${head}${rows.join("\n")}\n`);
  return { feed: "epss", bytes, packedBytes: bytes.length, msMax: 3_000 };
}

async function measure({ feed, bytes, packedBytes, msMax }: Subject): Promise<void> {
  const unpackedMs = await timed(async () => gunzipSync(bytes).length);
  let entries = 0;
  const readMs = await timed(async () => {
    entries = (await readFeed(bytes)).reduce((sum, reading) => sum + reading.entryCount, 0);
  });
  const before = process.cpuUsage();
  const allBefore = account?.seconds() ?? Number.NaN;
  const loadedMs = await timed(() => load(bytes));
  const used = process.cpuUsage(before);
  // Of this process, and with the database; far below the time only where others use the machine.
  const cpuMs = Math.round((used.user + used.system) / 1_000);
  const allCpuMs = Math.round(((account?.seconds() ?? Number.NaN) - allBefore) * 1_000);
  const reloadedMs = await timed(() => load(bytes));
  const storeBytes = await sizeOfStore();
  const rssMb = Math.round(process.memoryUsage().rss / 1e6);
  const floor = { unpackMs: unpackedMs, readMs };
  print({
    feed,
    entries,
    packedBytes,
    ms: loadedMs,
    cpuMs,
    allCpuMs,
    reloadMs: reloadedMs,
    ...floor,
    storeBytes,
    rssMb,
  });
  if (loadedMs > msMax || reloadedMs > RELOAD_MS_MAX) process.exitCode = 1;
}

async function load(bytes: Buffer): Promise<void> {
  await loadFeed(store.world, systemActor, {
    bytes,
    origin: "file",
    asOf: Date.now(),
    confirmedAt: null,
    acceptShrink: false,
    licence: "",
    expectFeed: null,
  });
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return Math.round(performance.now() - started);
}

/** What the feeds added to an empty database, indexes and texts kept aside included. */
async function sizeOfStore(): Promise<number> {
  const { rows } = await sql<{ bytes: number }>`
    select sum(pg_total_relation_size(c.oid))::float8 as bytes from pg_class c
     where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace`.execute(store.world.db);
  return (rows[0]?.bytes ?? 0) - store.emptyBytes;
}

async function reportSize(): Promise<void> {
  const packedBytes = subjects.reduce((sum, subject) => sum + subject.packedBytes, 0);
  const storeBytes = await sizeOfStore();
  const ratio = Math.round((storeBytes / packedBytes) * 100) / 100;
  print({ feed: "all", packedBytes, storeBytes, ratio });
  const { rows } = await sql<{ name: string; bytes: number; aside: number; indexes: number }>`
    select relname as name, pg_total_relation_size(oid)::float8 as bytes,
           pg_indexes_size(oid)::float8 as indexes,
           coalesce(pg_total_relation_size(nullif(reltoastrelid, 0)), 0)::float8 as aside
      from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace
       and pg_total_relation_size(oid) > 1000000 order by 2 desc`.execute(store.world.db);
  for (const row of rows) print({ table: row.name, ...row });
  if (ratio > SIZE_RATIO_MAX) process.exitCode = 1;
}

function print(line: object): void {
  const source = hasRealFeeds ? "real" : "made";
  process.stdout.write(`${JSON.stringify({ bench: "feeds", source, ...line })}\n`);
}

async function openStore() {
  const state = mkdtempSync(join(tmpdir(), "fettle-bench-"));
  const sockets = mkdtempSync(join(tmpdir(), "fettle-bench-"));
  for (const folder of [state, sockets]) chmodSync(folder, 0o755);
  const postgres = await startEmbedded({ state, sockets });
  await migrate(postgres.connection);
  const db = openDatabase(postgres.connection, () => undefined);
  const config = configSchema.parse({ port: 0, feeds: { network: "off" } });
  const { connection } = postgres;
  const world: World = { db, clock: Date.now, log: silentLog, config, paths: { state, sockets } };
  const { rows } = await sql<{ bytes: number }>`
    select sum(pg_total_relation_size(c.oid))::float8 as bytes from pg_class c
     where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace`.execute(db);
  return {
    world,
    connection,
    state,
    emptyBytes: rows[0]?.bytes ?? 0,
    async close() {
      await db.destroy();
      await postgres.stop();
      for (const folder of [state, sockets]) rmSync(folder, { recursive: true, force: true });
    },
  };
}
