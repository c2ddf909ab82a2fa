import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  createReadStream,
  createWriteStream,
  mkdtempSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip, gzipSync } from "node:zlib";
import { sql } from "kysely";
import { systemActor } from "../src/base/actor.ts";
import { configSchema } from "../src/base/config.ts";
import type { Digest } from "../src/base/digest.ts";
import { silentLog } from "../src/base/log.ts";
import { openDatabase } from "../src/db/database.ts";
import { migrate } from "../src/db/migrate.ts";
import { startEmbedded } from "../src/db/supervisor.ts";
import type { World } from "../src/db/world.ts";
import { loadFileOf } from "../src/intel/actions-load-file.ts";
import { sourceOf } from "../src/intel/feed-source.ts";
import { readInSlices } from "../src/intel/ingest.ts";
import { documentsInFile } from "../src/intel/store-unpack.ts";
import { unpackLimits } from "../src/intel/unpack-limits.ts";
import { hasRealFeeds, realFeedPath } from "../test/builders/intel.ts";
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
const RSS_MB_MAX = 600;
/** As the server reads archives that would not stand in memory. */
const SLICE = 16 * 1024 * 1024;
const SIZE_RATIO_MAX = 3;
const MADE_SCORES = 360_000;

interface Subject {
  /** As a source of the catalogue, by whose way the server loads it. */
  readonly source: string;
  readonly path: string;
  /** Of the packed feed as its publisher sends it. */
  readonly packedBytes: number;
  readonly msMax: number;
}

const files = mkdtempSync(join(tmpdir(), "fettle-bench-"));
const isFull = process.argv.includes("--full");
const subjects = isFull ? [] : hasRealFeeds ? await realSubjects() : [madeScores()];
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
  rmSync(files, { recursive: true, force: true });
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

async function realSubjects(): Promise<readonly Subject[]> {
  const epss = realFeedPath("epss/epss_scores-2026-08-16.csv.gz");
  const alma = realFeedPath("osv/almalinux-osv.tar.gz");
  const records = realFeedPath("vulnrichment/vulnrichment-full-2024-10-24.tar.xz");
  if (missingPrograms(["xz"]).length > 0) {
    console.error("Install xz first: apt-get install xz-utils");
    process.exit(2);
  }
  // The publisher's own archive is one that is packed quickly; xz is how it is kept beside the checkout.
  const packed = join(files, "vulnrichment.tar.gz");
  const xz = spawn("xz", ["-dc", records], { stdio: ["ignore", "pipe", "inherit"] });
  await pipeline(xz.stdout, createGzip(), createWriteStream(packed));
  const sizeOf = (path: string): number => statSync(path).size;
  return [
    { source: "epss", path: epss, packedBytes: sizeOf(epss), msMax: 3_000 },
    { source: "osv:AlmaLinux", path: alma, packedBytes: sizeOf(alma), msMax: 3_000 },
    { source: "vulnrichment", path: packed, packedBytes: sizeOf(records), msMax: 20_000 },
  ];
}

function madeScores(): Subject {
  const rows = Array.from({ length: MADE_SCORES }, (_, at) => {
    const score = ((at * 7_919) % 100_000) / 100_000;
    return `CVE-${2000 + (at % 27)}-${10_000 + at},${score.toFixed(5)},${score.toFixed(5)}`;
  });
  const head = "#model_version:v1,score_date:2026-11-20T00:00:00Z\ncve,epss,percentile\n";
  const bytes = gzipSync(`${head}${rows.join("\n")}\n`);
  const path = join(files, "epss.csv.gz");
  writeFileSync(path, bytes);
  return { source: "epss", path, packedBytes: bytes.length, msMax: 3_000 };
}

async function measure({ source, path, packedBytes, msMax }: Subject): Promise<void> {
  const unpackedMs = await timed(() => pipeline(createReadStream(path), createGunzip(), nowhere()));
  let entries = 0;
  const readMs = await timed(async () => {
    for await (const { readings } of readInSlices(documentsInFile(path, unpackLimits), SLICE)) {
      for (const { entryCount } of readings) entries += entryCount;
    }
  });
  const before = process.cpuUsage();
  const allBefore = account?.seconds() ?? Number.NaN;
  const loadedMs = await timed(() => load(source, path));
  const used = process.cpuUsage(before);
  // Of this process, and with the database; far below the time only where others use the machine.
  const cpuMs = Math.round((used.user + used.system) / 1_000);
  const allCpuMs = Math.round(((account?.seconds() ?? Number.NaN) - allBefore) * 1_000);
  const reloadedMs = await timed(() => load(source, path));
  const storeBytes = await sizeOfStore();
  // The most that this process ever held, in KiB.
  const rssMb = Math.round((process.resourceUsage().maxRSS * 1024) / 1e6);
  const floor = { unpackMs: unpackedMs, readMs };
  print({
    ...{ feed: source, entries, packedBytes, ms: loadedMs, cpuMs, allCpuMs },
    ...{ reloadMs: reloadedMs, ...floor, storeBytes, rssMb },
  });
  if (loadedMs > msMax || reloadedMs > RELOAD_MS_MAX || rssMb > RSS_MB_MAX) process.exitCode = 1;
}

function nowhere(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}

async function load(name: string, path: string): Promise<void> {
  const source = sourceOf(name);
  if (source === null) throw new Error(`no source ${name}`);
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  const file = { path, sha256: hash.digest("hex") as Digest };
  const input = {
    ...({ origin: "file", asOf: Date.now(), confirmedAt: null, acceptShrink: false } as const),
    ...{ licence: "", expectFeed: source.expectFeed, keptAs: source.keptAs },
  };
  const outcomes = await loadFileOf(store.world, systemActor, input, { source, file });
  if (outcomes.some(({ kind }) => kind === "refused")) throw new Error(`${name} was refused`);
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
  // What the slices of an archive were kept in is free again, as the database sees to by itself.
  await sql`vacuum`.execute(store.world.db);
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
