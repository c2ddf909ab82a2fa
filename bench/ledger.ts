import { spawnSync } from "node:child_process";
import { createHash, generateKeyPairSync } from "node:crypto";
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { systemActor } from "../src/base/actor.ts";
import { verifyPath } from "../src/cli/verify-path.ts";
import { inTransaction, openDatabase } from "../src/db/database.ts";
import { listen } from "../src/db/notify.ts";
import { makeAppRole } from "../src/db/roles.ts";
import type { World } from "../src/db/world.ts";
import { logKey, signCheckpoint, verifierKey } from "../src/ledger/checkpoint.ts";
import { exportLines } from "../src/ledger/export.ts";
import { entryLine, headerLine, headLine } from "../src/ledger/export-line.ts";
import { startSequencer } from "../src/ledger/loops.ts";
import { recordEvents } from "../src/ledger/record.ts";
import { openLogKey } from "../src/ledger/store-log-key.ts";
import { loadHead, loadLedgerSizes } from "../src/ledger/store-tree.ts";
import { leafHash } from "../src/ledger/tree.ts";
import { parseVerifierKey, verifyExport } from "../src/ledger/verify.ts";
import { GrowingTree } from "../src/ledger/verify-note.ts";
import { openBenchDatabase } from "./database.ts";

/**
 * The ledger's figures: `node bench/ledger.ts [ENTRIES] [EVENTS]`, 1,000,000 and 60,000 unless said
 * otherwise. First an export of that many entries is verified in a process of its own; then events are recorded through the embedded database, durable as in use, with the sequencer at
 * work, and what it made is verified. One JSON line each; exit code 1 below the floor.
 */
const entries = Number(process.argv[2] ?? 1_000_000);
const events = Number(process.argv[3] ?? 60_000);
const SECONDS_PER_MILLION_MAX = 30;
const MIB_MAX = 256;
const EVENTS_PER_SECOND_MIN = 2_000;
const P99_MS_MAX = 2_000;
/** A steady flow above what is asked for: unpaced, the wait would only tell how long the burst was. */
const PACE_PER_SECOND = 3_000;
const BATCH = 100;
const WRITERS = 6;

const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
let isBelow = false;

const [mode, file = "", keyText = ""] = process.argv.slice(2);
if (mode === "--verify") await verifyOne(file, keyText);
else {
  await verifying();
  if (events > 0) await recording();
  process.exitCode = isBelow ? 1 : 0;
}

/** The verifier in a process of its own, beside what hashing the bytes alone takes. */
async function verifying(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "fettle-bench-"));
  try {
    const file = join(folder, "log.jsonl");
    const key = writeExport(file);
    const child = spawnSync(process.execPath, [
      fileURLToPath(import.meta.url),
      "--verify",
      file,
      key,
    ]);
    const { isGood, seconds, mib } = JSON.parse(child.stdout.toString("utf8"));
    isBelow ||= !isGood || mib > MIB_MAX;
    isBelow ||= seconds > (SECONDS_PER_MILLION_MAX * entries) / 1_000_000;
    const floorSeconds = hashingAlone();
    const { size: bytes } = statSync(file);
    say({ bench: "ledger-verify", entries, bytes, isGood, seconds, mib, floorSeconds });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The child's part: one file, its time and the most memory it had. */
async function verifyOne(file: string, keyText: string): Promise<void> {
  const key = parseVerifierKey(keyText);
  if (key === null) throw new Error("no key");
  const began = performance.now();
  const { isGood } = await verifyPath(file, { key });
  const seconds = (performance.now() - began) / 1_000;
  say({ isGood, seconds, mib: Math.round(process.resourceUsage().maxRSS / 1_024) });
}

/** Returns the verifier key. */
function writeExport(path: string): string {
  const key = logKey("bench/fettle-ledger", generateKeyPairSync("ed25519").privateKey);
  const file = openSync(path, "w");
  const tree = new GrowingTree();
  writeSync(file, headerLine({ key, size: entries, checkpoints: Math.ceil(entries / 1_000) }));
  for (let from = 0; from < entries; from += 1_000) {
    let text = "";
    for (let index = from; index < Math.min(from + 1_000, entries); index += 1) {
      const entry = entryOf(index);
      const leaf = leafHash(entry);
      tree.append(leaf);
      text += entryLine(index, leaf, entry);
    }
    writeSync(file, text + headLine(signCheckpoint(key, tree.size, tree.root())));
  }
  closeSync(file);
  return verifierKey(key);
}

function entryOf(index: number): string {
  return `{"actor":"00000000-0000-7000-8000-000000000001","at":"2026-11-22T10:00:00.000Z","build":"0.1.0","clock":"database","facts":{"count":${index},"host":"h-${index % 5_000}"},"id":"e-${index}","object":"host:h-${index % 5_000}","outcome":"done","tenant":"bench","type":"host.inspected","v":2}`;
}

function hashingAlone(): number {
  const began = performance.now();
  const bytes = Buffer.from(entryOf(1));
  const pair = Buffer.alloc(65);
  for (let i = 0; i < entries; i += 1) {
    createHash("sha256").update(bytes).digest();
    createHash("sha256").update(pair).digest();
  }
  return (performance.now() - began) / 1_000;
}

async function recording(): Promise<void> {
  const bench = await openBenchDatabase();
  const app = await makeAppRole(bench.connection);
  const world: World = { ...bench.world, db: openDatabase(app, () => undefined) };
  const key = await openLogKey(world);
  const sequencer = startSequencer(world, key);
  const listener = listen(app, ["ledger"], () => sequencer.wake());
  const waits: number[] = [];
  const began = performance.now();
  const batches = Math.ceil(events / BATCH);
  let left = batches;
  let written = 0;
  const watch = watchGrowth(world, waits, () => left === 0 && written === events);
  await Promise.all(
    Array.from({ length: WRITERS }, async () => {
      while (left > 0) {
        left -= 1;
        const due = ((batches - left - 1) * BATCH * 1_000) / PACE_PER_SECOND;
        await sleep(Math.max(0, due - (performance.now() - began)));
        await inTransaction(world.db, (tx) =>
          recordEvents(
            tx,
            Array.from({ length: BATCH }, (_, i) => ({
              type: "host.inspected" as const,
              actor: systemActor.subject,
              object: `host:h-${i}`,
              facts: { count: i },
            })),
          ),
        );
        written += BATCH;
        watch.committed(written);
      }
    }),
  );
  await watch.done;
  const seconds = (performance.now() - began) / 1_000;
  waits.sort((a, b) => a - b);
  const p99Ms = Math.round(waits[Math.floor(waits.length * 0.99)] ?? 0);
  const perSecond = Math.round(written / seconds);
  await listener.close();
  await sequencer.stop();
  const head = await loadHead(world.db);
  const trusted = parseVerifierKey(verifierKey(key));
  if (head === null || trusted === null) throw new Error("the ledger has a head and a key");
  const chunks = (async function* () {
    for await (const text of exportLines(world.db, key, head)) yield Buffer.from(text);
  })();
  const { isGood } = await verifyExport(chunks, { key: trusted });
  isBelow ||= !isGood || perSecond < EVENTS_PER_SECOND_MIN || p99Ms > P99_MS_MAX;
  say({ bench: "ledger-record", events: written, isGood, perSecond, p99Ms, seconds });
  await world.db.destroy();
  await bench.close();
}

/** How long each batch waited from its commit until a signed head covered as many events. */
function watchGrowth(world: World, waits: number[], isOver: () => boolean) {
  const pending: { readonly size: number; readonly at: number }[] = [];
  const done = (async () => {
    for (;;) {
      const { size, waiting } = await loadLedgerSizes(world.db);
      const now = performance.now();
      while (pending[0] !== undefined && pending[0].size <= size) {
        waits.push(now - (pending.shift()?.at ?? now));
      }
      if (isOver() && waiting === 0) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  return { done, committed: (size: number) => void pending.push({ size, at: performance.now() }) };
}
