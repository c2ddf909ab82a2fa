/**
 * One new advisory through the store, to the new list of exposed hosts:
 * `node bench/new-advisory.ts [hosts] [--sets N] [--world FOLDER]`. A server over a durable PostgreSQL
 * of its own with a generated fleet; each advisory is an OSV record about another source that hosts
 * have, without a fix, so that its list is as long as it can be. JSON lines with the median and the
 * 95th percentile in milliseconds:
 *
 * - `load`: the record read, compared with what its feed said and written.
 * - `match`: from there to its findings; only packages of its name are judged.
 * - `hosts`: from there to the first page of its exposed hosts, counted, over HTTP.
 * - `list`: after it, the first page of all findings of the fleet, in which it has its place.
 * - `toHosts`: the first three together.
 * - `all`: the processor time of an advisory with all four steps, of server, database and caller, which
 *   other work on the machine changes least.
 */
import { parseArgs } from "node:util";
import { sql } from "kysely";
import { rematch } from "../src/intel/rematch.ts";
import { treeSeconds } from "./cpu-account.ts";
import { generateFleet } from "./fleet.ts";
import { loadAdvisory } from "./made-advisory.ts";
import { openBenchSite } from "./site.ts";

const { values: flags, positionals } = parseArgs({
  options: { world: { type: "string" }, sets: { type: "string", default: "300" } },
  allowPositionals: true,
});
const hosts = Number(positionals[0] ?? 10_000);
const sets = Number(flags.sets);
const ADVISORIES = 20;

interface Times {
  readonly load: number[];
  readonly match: number[];
  readonly hosts: number[];
  readonly list: number[];
  readonly toHosts: number[];
}

const site = await openBenchSite(flags.world);
try {
  const { rows } = await sql<{ hosts: number }>`
    select count(*) as hosts from host`.execute(site.world.db);
  if (rows[0]?.hosts !== hosts) await generateFleet(site.world, { hosts, sets });
  const times: Times = { load: [], match: [], hosts: [], list: [], toHosts: [] };
  let hostsMax = 0;
  // The first of all finds a server that has just begun, as no later one does.
  const [first = "", ...sources] = await sourcesOfFleet();
  await advise(first, 0);
  const worked = secondsWorked();
  for (const [at, source] of sources.entries()) {
    const one = await advise(source, at + 1);
    for (const step of ["load", "match", "hosts", "list"] as const) times[step].push(one[step]);
    times.toHosts.push(one.load + one.match + one.hosts);
    hostsMax = Math.max(hostsMax, one.hostCount);
  }
  const msCpu = Math.round(((secondsWorked() - worked) * 1000) / sources.length);
  const size = { hosts, sets, advisories: sources.length, hostsMax };
  for (const [step, all] of Object.entries(times)) print({ step, ...size, ...spread(all) });
  print({ step: "all", ...size, msCpu });
} finally {
  await site.close();
}

/** Server and caller are this process. */
function secondsWorked(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6 + treeSeconds(site.databasePid);
}

async function sourcesOfFleet(): Promise<readonly string[]> {
  const { rows } = await sql<{ source: string }>`
    select source from package_match where ecosystem = 'Debian:12'
     group by source order by count(*) desc, source limit ${ADVISORIES + 1}`.execute(site.world.db);
  return rows.map(({ source }) => source);
}

async function advise(source: string, at: number) {
  const id = `CVE-2099-${10_000 + (Date.now() % 1_000_000) * 100 + at}`;
  const load = await timed(() => loadAdvisory(site.world, source, id));
  const match = await timed(() => rematch(site.world));
  let hostCount = 0;
  const hostsMs = await timed(async () => {
    const answer = (await get(`/api/v1/findings/${id}`)) as { packages: { hostCount: number }[] };
    hostCount = Math.max(0, ...answer.packages.map((one) => one.hostCount));
  });
  if (hostCount === 0) throw new Error(`${id} about ${source} reaches no host`);
  const list = await timed(() => get("/api/v1/findings?group=vulnerability&limit=100"));
  return { load, match, hosts: hostsMs, list, hostCount };
}

async function get(path: string): Promise<unknown> {
  const headers = { authorization: `Bearer ${site.token}` };
  const response = await fetch(`${site.url}${path}`, { headers });
  const body: unknown = await response.json();
  if (!response.ok) throw new Error(`GET ${path}: ${JSON.stringify(body)}`);
  return body;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const since = performance.now();
  await work();
  return performance.now() - since;
}

function spread(times: readonly number[]) {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): number => Math.round(sorted[Math.floor(sorted.length * share)] ?? 0);
  return { msMedian: at(0.5), msP95: at(0.95), msMax: Math.round(sorted.at(-1) ?? 0) };
}

function print(line: Readonly<Record<string, unknown>>): void {
  console.log(JSON.stringify({ bench: "new-advisory", ...line }));
}
