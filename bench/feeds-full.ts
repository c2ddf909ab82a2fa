import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, readdirSync, readFileSync, statSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { constants, crc32, createZstdCompress, deflateRawSync } from "node:zlib";
import { sql } from "kysely";
import { systemActor } from "../src/base/actor.ts";
import { configSchema } from "../src/base/config.ts";
import { silentLog } from "../src/base/log.ts";
import { openDatabase } from "../src/db/database.ts";
import type { World } from "../src/db/world.ts";
import { refreshFeeds } from "../src/intel/actions-network.ts";
import { paddingAfter, tarEnd, tarHeader } from "../src/intel/bundle-format.ts";
import { sourceOf } from "../src/intel/feed-source.ts";
import { documentsInFile } from "../src/intel/store-unpack.ts";
import { unpackLimits } from "../src/intel/unpack-limits.ts";

/**
 * Archives as large as publishers' own, made of the real records many times over under ids of their
 * own, fetched over HTTP by a server process of its own and loaded: time, the most memory that process
 * ever held, and what the store took on the disk. Each is killed once in the middle.
 */
export interface FullStore {
  readonly connection: Parameters<typeof openDatabase>[0];
  readonly state: string;
  readonly world: World;
}

interface Archive {
  readonly source: string;
  /** Below the publisher's address. */
  readonly path: string;
  readonly files: Readonly<Record<string, string | { readonly file: string }>>;
  readonly records: number;
  /** How many rows are there, which grow while it is loaded. */
  readonly count: (db: World["db"]) => Promise<number>;
  /** Whether what is loaded grows record by record, or stands whole or not at all. */
  readonly comes: "in-slices" | "whole";
}

const RSS_MB_MAX = 700;
/** For somebody else's question to the same process meanwhile, of a hundred all but one. */
const ANSWER_P99_MS_MAX = 250;

type Entry = { readonly name: string; readonly text: string };

async function* recordsOf(
  path: string,
  copies: number,
  rename: (text: string, copy: number) => string | null,
): AsyncGenerator<Entry> {
  for (let copy = 0; copy < copies; copy++) {
    for await (const { place, text } of documentsInFile(path, unpackLimits)) {
      const renamed = rename(text, copy);
      if (renamed !== null) yield { name: `${copy}/${place}`, text: renamed };
    }
  }
}

/** Of 44,130 records: as many as there are of all CVEs. */
const COPIES = 7;

async function cveList(folder: string, from: string): Promise<Archive> {
  const file = join(folder, "main.zip");
  const records = await writeZip(
    file,
    recordsOf(from, COPIES, (text, copy) => {
      const id = /"cveId"\s*:\s*"(CVE-(\d{4})-(\d+))"/.exec(text);
      if (id === null) return null;
      return text.replaceAll(
        id[1] ?? "",
        `CVE-${id[2]}-${copy + 1}${(id[3] ?? "").padStart(7, "0")}`,
      );
    }),
  );
  const log = JSON.stringify([{ fetchTime: "2026-11-01T00:00:00Z", new: [], updated: [] }]);
  return {
    ...{ source: "cve-list", path: "/cve", records, comes: "in-slices" },
    files: {
      "/cve/raw/refs/heads/main/cves/deltaLog.json": log,
      "/cve/archive/refs/heads/main.zip": { file },
    },
    count: (db) =>
      countOf(db, sql`select count(*) as count from vulnerability_text where feed = 'cve-list'`),
  };
}

const VEX_DOCUMENTS = 30_000;

async function redhatVex(folder: string, from: readonly string[]): Promise<Archive> {
  const file = join(folder, "csaf_vex.tar.zst");
  const texts = from.map((path) => readFileSync(path, "utf8"));
  const documents = function* (): Generator<Entry> {
    for (let n = 0; n < VEX_DOCUMENTS; n++) {
      const text = texts[n % texts.length] ?? "";
      const id = /"id"\s*:\s*"(RHSA-\d{4}:\d+)"/.exec(text)?.[1] ?? "";
      const own = text
        .replaceAll(id, `RHSA-2026:${100_000 + n}`)
        .replaceAll(
          /CVE-(\d{4})-(\d+)/g,
          (_all, year: string, number: string) => `CVE-${year}-${n + 1}${number.padStart(7, "0")}`,
        );
      yield { name: `2026/${n}.json`, text: own };
    }
  };
  const blocks = async function* (): AsyncGenerator<Buffer> {
    for (const { name, text } of documents()) {
      const body = Buffer.from(text);
      yield Buffer.concat([tarHeader(name, body.length), body, paddingAfter(body.length)]);
    }
    yield tarEnd;
  };
  // Documents that repeat others are not found again so far back, as no publisher's repeat.
  const params = { [constants.ZSTD_c_windowLog]: 17 };
  await pipeline(Readable.from(blocks()), createZstdCompress({ params }), createWriteStream(file));
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  const name = "csaf_vex_2026-11-01.tar.zst";
  return {
    ...{ source: "redhat-vex", path: "/vex/", records: VEX_DOCUMENTS, comes: "in-slices" },
    files: {
      "/vex/archive_latest.txt": `${name}\n`,
      [`/vex/${name}`]: { file },
      [`/vex/${name}.sha256`]: `${hash.digest("hex")}  ${name}\n`,
      "/vex/changes.csv": '"2026/0.json","2026-01-01T00:00:00Z"\n',
    },
    count: (db) =>
      countOf(
        db,
        sql`select count(distinct advisory) as count from statement where feed = 'csaf-redhat-vex'`,
      ),
  };
}

async function osvArchive(folder: string, from: string): Promise<Archive> {
  const file = join(folder, "all.zip");
  const records = await writeZip(
    file,
    recordsOf(from, 10, (text, copy) =>
      text.replace(/"id"\s*:\s*"([A-Z]+-\d{4}:)([^"]+)"/, `"id":"$1${copy + 1}$2"`),
    ),
  );
  return {
    ...{ source: "osv:AlmaLinux", path: "/osv/all.zip", records, comes: "whole" },
    files: { "/osv/all.zip": { file } },
    count: (db) =>
      countOf(db, sql`select count(*) as count from statement where feed = 'osv-almalinux'`),
  };
}

async function countOf(db: World["db"], query: ReturnType<typeof sql>): Promise<number> {
  const { rows } = await query.execute(db);
  return Number((rows[0] as { count: string } | undefined)?.count ?? 0);
}

/** APPNOTE.TXT 4.3: with the 64-bit end, as archives of more than 65,535 entries have it. */
async function writeZip(path: string, entries: AsyncIterable<Entry>): Promise<number> {
  // As text, because small buffers keep the large ones alive that they were cut from.
  const directory: string[] = [];
  let at = 0;
  let count = 0;
  const file = await open(path, "w");
  const write = async (bytes: Buffer): Promise<void> => {
    await file.write(bytes);
    at += bytes.length;
  };
  try {
    for await (const { name, text } of entries) {
      const body = Buffer.from(text);
      const packed = deflateRawSync(body, { level: 6 });
      const sizes = { packed: packed.length, plain: body.length };
      const head = zipHead({ name, sum: crc32(body), ...sizes });
      directory.push(zipDirectoryEntry(head, name, at).toString("latin1"));
      await write(Buffer.concat([head.local, Buffer.from(name), packed]));
      count++;
    }
    const begin = at;
    for (const entry of directory) await write(Buffer.from(entry, "latin1"));
    await write(zipEnd(count, begin, at - begin));
  } finally {
    await file.close();
  }
  return count;
}

interface ZipHead {
  readonly local: Buffer;
  readonly common: Buffer;
}

function zipHead(of: {
  readonly name: string;
  readonly sum: number;
  readonly packed: number;
  readonly plain: number;
}): ZipHead {
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  common.writeUInt16LE(8, 4);
  common.writeUInt32LE(of.sum, 10);
  common.writeUInt32LE(of.packed, 14);
  common.writeUInt32LE(of.plain, 18);
  common.writeUInt16LE(Buffer.byteLength(of.name), 22);
  const sign = Buffer.from([0x50, 0x4b, 3, 4]);
  return { local: Buffer.concat([sign, common]), common };
}

function zipDirectoryEntry({ common }: ZipHead, name: string, at: number): Buffer {
  const sign = Buffer.from([0x50, 0x4b, 1, 2, 20, 0]);
  const rest = Buffer.alloc(14);
  rest.writeUInt32LE(at, 10);
  return Buffer.concat([sign, common, rest, Buffer.from(name)]);
}

function zipEnd(count: number, begin: number, bytes: number): Buffer {
  const large = Buffer.alloc(56);
  large.writeUInt32LE(0x06064b50, 0);
  large.writeBigUInt64LE(44n, 4);
  large.writeBigUInt64LE(BigInt(count), 24);
  large.writeBigUInt64LE(BigInt(count), 32);
  large.writeBigUInt64LE(BigInt(bytes), 40);
  large.writeBigUInt64LE(BigInt(begin), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(begin + bytes), 8);
  locator.writeUInt32LE(1, 16);
  const end = Buffer.alloc(22, 0xff);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt32LE(0, 4);
  end.writeUInt16LE(0, 20);
  return Buffer.concat([large, locator, end]);
}

async function serve(files: Archive["files"]) {
  const server = createServer((request, response) => {
    const found = files[new URL(request.url ?? "/", "http://x").pathname];
    if (found === undefined) return void response.writeHead(404).end();
    if (typeof found === "string") return void response.end(found);
    const { size } = statSync(found.file);
    response.writeHead(200, { "content-length": size, etag: '"one"' });
    createReadStream(found.file).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

interface Loaded {
  readonly ms: number;
  readonly rssMb: number;
  /** How long a small question to the same process took, again and again while it loaded. */
  readonly answers: {
    readonly count: number;
    readonly medianMs: number;
    readonly p99Ms: number;
    readonly maxMs: number;
  };
  readonly outcome: string;
}

function startLoad(store: FullStore, source: string, url: string) {
  const { connection, state } = store;
  const argv = [import.meta.filename, JSON.stringify({ connection, state, source, url })];
  const child = spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "inherit"] });
  const said: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => said.push(chunk));
  const ended = new Promise<Loaded | null>((resolve) =>
    child.on("close", (code) => {
      resolve(code === 0 ? (JSON.parse(Buffer.concat(said).toString()) as Loaded) : null);
    }),
  );
  return { child, ended };
}

/** Killed when a third is there, or well after it began where nothing may be there before its end. */
async function killInTheMiddle(store: FullStore, archive: Archive, url: string): Promise<number> {
  const { child, ended } = startLoad(store, archive.source, url);
  const before = await archive.count(store.world.db);
  const started = performance.now();
  const isRunning = Symbol();
  for (;;) {
    const wait = new Promise<symbol>((resolve) => setTimeout(resolve, 200, isRunning));
    const state = await Promise.race([ended, wait]);
    if (state !== isRunning) throw new Error(`it ended too early: ${JSON.stringify(state)}`);
    const there = (await archive.count(store.world.db)) - before;
    if (archive.comes === "in-slices" && there > archive.records / 3) break;
    if (archive.comes === "whole" && performance.now() - started > 8_000) break;
  }
  child.kill("SIGKILL");
  await ended;
  return (await archive.count(store.world.db)) - before;
}

export async function measureFull(
  store: FullStore,
  feeds: (path: string) => string,
  print: (line: object) => void,
  only: string,
): Promise<boolean> {
  const makers: Readonly<Record<string, () => Promise<Archive>>> = {
    "cve-list": () =>
      cveList(store.state, feeds("vulnrichment/vulnrichment-full-2024-10-24.tar.xz")),
    "redhat-vex": () =>
      redhatVex(
        store.state,
        ["2024", "2025"].flatMap((year) => {
          const folder = feeds(`csaf/redhat-advisories/advisories/${year}`);
          return readdirSync(folder).map((name) => join(folder, name));
        }),
      ),
    osv: () => osvArchive(store.state, feeds("osv/almalinux-osv.tar.gz")),
  };
  let isGood = true;
  for (const [name, make] of Object.entries(makers)) {
    if (only !== "" && only !== name) continue;
    isGood = (await measureOne(store, await make(), print)) && isGood;
  }
  return isGood;
}

async function measureOne(
  store: FullStore,
  archive: Archive,
  print: (line: object) => void,
): Promise<boolean> {
  const server = await serve(archive.files);
  try {
    const url = server.url + archive.path;
    const large = Object.values(archive.files).flatMap((f) =>
      typeof f === "string" ? [] : f.file,
    );
    const packedMb = Math.round(large.reduce((sum, file) => sum + statSync(file).size, 0) / 1e6);
    const before = await storeMb(store.world.db);
    const leftByKill = await killInTheMiddle(store, archive, url);
    const loaded = await startLoad(store, archive.source, url).ended;
    const again = await startLoad(store, archive.source, url).ended;
    const rows = await archive.count(store.world.db);
    const storedMb = (await storeMb(store.world.db)) - before;
    const { source, records } = archive;
    print({ full: source, records, packedMb, leftByKill, rows, ...loaded, storedMb, again });
    for (const file of large) await rm(file);
    if (loaded === null || again === null || loaded.rssMb > RSS_MB_MAX) return false;
    if (loaded.answers.p99Ms > ANSWER_P99_MS_MAX) return false;
    return archive.comes === "in-slices" || leftByKill === 0;
  } finally {
    server.close();
  }
}

async function storeMb(db: World["db"]): Promise<number> {
  const bytes = await countOf(db, sql`select pg_database_size(current_database()) as count`);
  return Math.round(bytes / 1e6);
}

/** The process that fetches and loads, and nothing else. */
async function loadHere(order: {
  readonly connection: FullStore["connection"];
  readonly state: string;
  readonly source: string;
  readonly url: string;
}): Promise<Loaded> {
  const db = openDatabase(order.connection, () => undefined);
  const config = configSchema.parse({ port: 0, outbound: { networks: ["127.0.0.0/8"] } });
  const paths = { state: order.state, sockets: order.state };
  const world: World = { db, clock: Date.now, log: silentLog, config, paths };
  const started = performance.now();
  const asking = askMeanwhile(world);
  const outcomes = await refreshFeeds(world, systemActor, {
    isForced: true,
    sources: [sourceOf(order.source, [order.url])],
  });
  const ms = Math.round(performance.now() - started);
  const answers = await asking.stop();
  await db.destroy();
  const status = readFileSync("/proc/self/status", "utf8");
  const rssMb = Math.round(Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1_000);
  const [first] = outcomes;
  return {
    ms,
    rssMb,
    answers,
    outcome:
      `${first?.kind} ${first !== undefined && "message" in first ? first.message : ""}`.trim(),
  };
}

const ASK_EVERY_MS = 25;

/** Somebody who asks the database through the same process, whatever else that does. */
function askMeanwhile(world: World): { stop(): Promise<Loaded["answers"]> } {
  const tookMs: number[] = [];
  let isOver = false;
  const asked = (async () => {
    while (!isOver) {
      // From when it is due, so that a turn that lasts too long counts as the wait it is.
      const due = performance.now() + ASK_EVERY_MS;
      await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
      await sql`select name from feed limit 1`.execute(world.db);
      tookMs.push(performance.now() - due);
    }
  })();
  return {
    async stop() {
      isOver = true;
      await asked;
      const sorted = tookMs.toSorted((a, b) => a - b);
      const at = (share: number): number =>
        Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
      return { count: sorted.length, medianMs: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
    },
  };
}

if (process.argv[1] === import.meta.filename) {
  process.stdout.write(JSON.stringify(await loadHere(JSON.parse(process.argv[2] ?? "{}"))));
}
