import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { deflateSync } from "node:zlib";
import { readFeed } from "../src/intel/ingest.ts";
import type { Statement } from "../src/intel/model.ts";
import { hasRealFeeds, realFeed } from "../test/builders/intel.ts";
import { missingPrograms } from "./needs.ts";

/**
 * A scan of one Debian 12 machine as a user sees it, process start included: `node bench/scan.ts`.
 * `cold` reads the whole folder of feeds once, `warm` every time after; beside it debsecan, given the
 * same tracker in its own form (one compressed text per suite). One JSON line each, with the open
 * pairs of package and vulnerability that both call vulnerable. `ms` is the median. Over `WARM_MS_MAX`
 * or `COLD_MS_MAX`, or with a pair that debsecan finds and we do not, it ends with 1.
 */
const RUNS = 7;
const WARM_MS_MAX = 1_000;
const COLD_MS_MAX = 20_000;
const RELEASE = "Debian:12";

const here = fileURLToPath(new URL("..", import.meta.url));
const feeds = join(here, "..", "shared", "feeds");
const status = join(feeds, "debian", "dpkg-status");
if (!hasRealFeeds) {
  console.error("There are no real feeds beside the checkout (../shared/feeds).");
  process.exit(2);
}

const work = mkdtempSync(join(tmpdir(), "fettle-bench-scan-"));
try {
  await measureAll();
} finally {
  rmSync(work, { recursive: true });
}

async function measureAll(): Promise<void> {
  const scan = [
    ...["scan", "--feeds", feeds, "--dpkg-status", status],
    ...["--release", "bookworm", "-o", "json"],
  ];
  const cold = timed(join(here, "fettle"), scan);
  const warm = Array.from({ length: RUNS }, () => timed(join(here, "fettle"), scan));
  const ours = openPairs(warm[0]?.out ?? "");
  const warmMs = median(warm.map(({ ms }) => ms));
  report({ contender: "fettle", way: "cold", runs: 1, ms: cold.ms, pairs: ours.size });
  report({ contender: "fettle", way: "warm", runs: RUNS, ms: warmMs, pairs: ours.size });
  if (cold.ms > COLD_MS_MAX || warmMs > WARM_MS_MAX) process.exitCode = 1;
  if (missingPrograms(["debsecan"]).length > 0) {
    console.error("debsecan is not installed: apt-get install debsecan adds its line.");
    return;
  }
  await writeDebsecanData();
  const theirs = Array.from({ length: RUNS }, () => timed("/usr/bin/python3", debsecan()));
  const pairs = debsecanPairs(theirs[0]?.out ?? "");
  const onlyTheirs = [...pairs].filter((pair) => !ours.has(pair));
  const ms = median(theirs.map((run) => run.ms));
  const compared = { pairs: pairs.size, notOurs: onlyTheirs.length };
  report({ contender: "debsecan", way: "own format", runs: RUNS, ms, ...compared });
  if (onlyTheirs.length > 0) process.exitCode = 1;
}

function timed(program: string, args: readonly string[]) {
  const started = performance.now();
  const run = spawnSync(program, args, {
    env: { ...process.env, XDG_CACHE_HOME: join(work, "cache") },
    maxBuffer: 512 * 1024 * 1024,
  });
  const ms = Math.round(performance.now() - started);
  if (run.status !== 0 && run.status !== 1) throw new Error(`${program}: ${run.stderr}`);
  return { ms, out: run.stdout.toString() };
}

function report(of: {
  readonly contender: string;
  readonly way: string;
  readonly runs: number;
  readonly ms: number;
  readonly pairs: number;
  readonly notOurs?: number;
}): void {
  process.stdout.write(`${JSON.stringify({ bench: "scan", ...of })}\n`);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

/** What is open, as debsecan names it: the binary package and the vulnerability. */
function openPairs(json: string): ReadonlySet<string> {
  const { findings } = JSON.parse(json) as {
    readonly findings: readonly { package: { name: string }; id: string; state: string }[];
  };
  const open = findings.filter((f) => f.state !== "not-affected" && f.state !== "fixed");
  return new Set(open.map((f) => `${f.id} ${f.package.name}`));
}

function debsecan(): readonly string[] {
  const source = pathToFileURL(work).href;
  return [
    ...["/usr/bin/debsecan", "--config", "/dev/null", "--history", join(work, "history")],
    ...["--suite", "bookworm", "--source", source, "--status", status, "--format", "simple"],
  ];
}

function debsecanPairs(out: string): ReadonlySet<string> {
  return new Set(out.split("\n").filter((line) => line !== ""));
}

/**
 * debsecan's form, from the source of the program: names of vulnerabilities, an empty line, then
 * package, number of the vulnerability, flags, fixed version and exact other fixed versions.
 */
async function writeDebsecanData(): Promise<void> {
  const [reading] = await readFeed(realFeed("debian/derived-tracker-bookworm.json.gz"));
  if (reading?.content.kind !== "advisories") throw new Error("the tracker's file cannot be read");
  const own = reading.content.statements.filter((s) => s.ecosystem === RELEASE);
  const ids = [...new Set(own.map((s) => s.vulnerability))];
  const places = new Map(ids.map((id, at) => [id, at]));
  const lines = own.flatMap((s) => lineOf(s, places.get(s.vulnerability) ?? 0));
  const names = ids.map((id) => `${id},,`);
  const text = ["VERSION 1", ...names, "", ...lines, "", ""].join("\n");
  mkdirSync(work, { recursive: true });
  writeFileSync(join(work, "bookworm"), deflateSync(text));
}

function lineOf({ state, packageName }: Statement, place: number): readonly string[] {
  if (state.kind === "fixed") return [`${packageName},${place},S ?F,${state.version},`];
  return state.kind === "open" ? [`${packageName},${place},S ? ,,`] : [];
}
