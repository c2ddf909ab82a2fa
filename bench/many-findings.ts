/**
 * One list with 100,000 findings over HTTP: `node bench/many-findings.ts [findings] [hosts] [--world FOLDER]`.
 * A generated fleet, and a feed that says of its packages that so many vulnerabilities are open in them.
 * JSON lines:
 *
 * - `load`, `match`, `sbom`: how long the feed was read and matched, and a bill of materials of as many
 *   entries put, and meanwhile the longest that the event loop stood still (what any request waits).
 * - each page: the first, a middle one and the last of every grouping, and the whole list page by page;
 *   median, 99th percentile and processor time of a call in milliseconds.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { sql } from "kysely";
import { systemActor } from "../src/base/actor.ts";
import { loadFeed } from "../src/intel/load-feed.ts";
import { rematch } from "../src/intel/rematch.ts";
import { trackerFile } from "../test/builders/intel.ts";
import { treeSeconds } from "./cpu-account.ts";
import { generateFleet } from "./fleet.ts";
import { openBenchSite } from "./site.ts";

const { values: flags, positionals } = parseArgs({
  options: { world: { type: "string" } },
  allowPositionals: true,
});
const findings = Number(positionals[0] ?? 100_000);
const hosts = Number(positionals[1] ?? 10_000);
const CALLS = 100;
const CALLS_MIN = 5;
const MEASURE_MS_MAX = 6_000;
const PAGE = 200;

const site = await openBenchSite(flags.world);
try {
  if ((await countOf("host")) !== hosts) await generateFleet(site.world, { hosts });
  if ((await countOf("finding_pair")) < findings) {
    await watched("load", loadMany);
    await watched("match", () => rematch(site.world));
    await sql`select gather_statistics()`.execute(site.world.db);
  }
  await watched("sbom", putBill);
  for (const path of await paths()) await measure(path);
  await measureWalk();
} finally {
  await site.close();
}

async function countOf(table: "host" | "finding_pair"): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from ${sql.table(table)}`.execute(site.world.db);
  return rows[0]?.count ?? 0;
}

/** Open vulnerabilities, dealt out to the sources that hosts have. */
async function loadMany(): Promise<void> {
  const { rows } = await sql<{ source: string }>`
    select distinct source from package_match where ecosystem = 'Debian:12' order by source
    `.execute(site.world.db);
  const open = { bookworm: { status: "open", urgency: "medium" } };
  const entries: Record<string, Record<string, { readonly bookworm: object }>> = {};
  for (let at = 0; at < findings; at += 1) {
    const source = rows[at % rows.length]?.source ?? "openssl";
    const own = entries[source] ?? {};
    entries[source] = own;
    own[`CVE-2097-${100_000 + at}`] = open;
  }
  const outcomes = await loadFeed(site.world, systemActor, {
    ...{ bytes: trackerFile(entries), origin: "file", asOf: Date.now(), confirmedAt: null },
    ...{ acceptShrink: true, licence: "", expectFeed: null },
  });
  if (outcomes.some(({ kind }) => kind !== "loaded")) throw new Error(JSON.stringify(outcomes));
}

async function putBill(): Promise<void> {
  const name = `many-${Date.now()}`;
  await post("/api/v1/services", { name, labels: {} });
  const components = Array.from({ length: findings }, (_, at) => ({
    ...{ type: "library", name: `part-${at}`, version: `1.${at % 7}.0` },
    ...{ purl: `pkg:npm/part-${at}@1.${at % 7}.0`, "bom-ref": `part-${at}` },
  }));
  const bill = { bomFormat: "CycloneDX", specVersion: "1.6", version: 1, components };
  const response = await fetch(`${site.url}/api/v1/services/${name}/sbom`, {
    method: "PUT",
    headers: {
      authorization: `Bearer ${site.token}`,
      "content-type": "application/octet-stream",
    },
    body: JSON.stringify(bill),
  });
  if (!response.ok) throw new Error(await response.text());
}

async function watched(what: string, work: () => Promise<unknown>): Promise<void> {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const since = performance.now();
  await work();
  delay.disable();
  const ms = Math.round(performance.now() - since);
  print({ what, ms, msStillMax: Math.round(delay.max / 1e6) });
}

async function paths(): Promise<readonly string[]> {
  const found: string[] = [];
  for (const group of ["vulnerability", "source", "host"]) {
    const path = `/api/v1/findings?group=${group}&limit=${PAGE}`;
    const { total } = (await get(path)) as { total: number };
    const last = Math.max(0, Math.floor((total - 1) / PAGE) * PAGE);
    print({ what: path, total });
    found.push(path, `${path}&skip=${Math.floor(total / 2)}`, `${path}&skip=${last}`);
  }
  const list = `/api/v1/findings?group=vulnerability&limit=${PAGE}`;
  return [...found, `${list}&search=2097-15`, `${list}&state=affected-no-fix`, "/api/v1/fix-first"];
}

async function measure(path: string): Promise<void> {
  await get(path);
  const times: number[] = [];
  const since = performance.now();
  const worked = secondsWorked();
  while (
    times.length < CALLS &&
    (times.length < CALLS_MIN || performance.now() - since < MEASURE_MS_MAX)
  ) {
    const began = performance.now();
    await get(path);
    times.push(performance.now() - began);
  }
  print({
    what: `GET ${path}`,
    calls: times.length,
    ...spread(times),
    msCpu: cpuOf(times, worked),
  });
}

/** As an export reads it: from the first page to the last. */
async function measureWalk(): Promise<void> {
  const times: number[] = [];
  const worked = secondsWorked();
  let next: string | null = "";
  let rows = 0;
  while (next !== null) {
    const began = performance.now();
    const cursor: string = next === "" ? "" : `&cursor=${encodeURIComponent(next)}`;
    const page = (await get(`/api/v1/findings?group=vulnerability&limit=${PAGE}${cursor}`)) as {
      readonly items: readonly unknown[];
      readonly next: string | null;
    };
    times.push(performance.now() - began);
    rows += page.items.length;
    next = page.next;
  }
  print({ what: "every page", rows, ...spread(times), msCpu: cpuOf(times, worked) });
}

async function get(path: string): Promise<unknown> {
  const headers = { authorization: `Bearer ${site.token}` };
  const response = await fetch(`${site.url}${path}`, { headers });
  const body: unknown = await response.json();
  if (!response.ok) throw new Error(`GET ${path}: ${JSON.stringify(body)}`);
  return body;
}

async function post(path: string, body: unknown): Promise<void> {
  const response = await fetch(`${site.url}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${site.token}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`POST ${path}: ${await response.text()}`);
}

/** Server and caller are this process. */
function secondsWorked(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6 + treeSeconds(site.databasePid);
}

function cpuOf(times: readonly number[], before: number): number {
  return Math.round(((secondsWorked() - before) * 1000) / times.length);
}

function spread(times: readonly number[]) {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
  return { msMedian: at(0.5), msP95: at(0.95), msP99: at(0.99) };
}

function print(line: Readonly<Record<string, unknown>>): void {
  console.log(JSON.stringify({ bench: "many-findings", hosts, ...line }));
}
