/**
 * Every list and detail of the API over HTTP, with a generated fleet:
 * `node bench/api.ts [hosts] [--world FOLDER] [--only TEXT]`. With a folder the fleet is generated
 * once and kept there; with a text only paths that hold it are measured. One caller, warm; the floors
 * are a route that only looks up the token and `select 1` on the same database. JSON lines with the
 * median, the 95th and the 99th percentile in milliseconds, and the processor time of a call (server, database
 * and caller together), which other work on the machine does not change.
 */
import { parseArgs } from "node:util";
import { sql } from "kysely";
import type { World } from "../src/db/world.ts";
import { generateCases } from "./cases.ts";
import { treeSeconds } from "./cpu-account.ts";
import { generateFleet } from "./fleet.ts";
import { type BenchSite, openBenchSite } from "./site.ts";

const { values: flags, positionals } = parseArgs({
  options: { world: { type: "string" }, only: { type: "string", default: "" } },
  allowPositionals: true,
});
const hosts = Number(positionals[0] ?? 10_000);
const middle = Math.floor(hosts / 2);
/** Enough for a 99th percentile that one slow answer does not decide alone. */
const CALLS = 200;
const WARM_CALLS = 5;
/** What is slow gets fewer calls, so that the run ends; below a hundred the slowest is the 99th. */
const CALLS_MIN = 5;
const MEASURE_MS_MAX = 4_000;

const site = await openBenchSite(flags.world);
try {
  const since = performance.now();
  const isKept = await hasFleet(site.world);
  if (!isKept) {
    await generateFleet(site.world, { hosts });
    await generateCases(site.world);
    await sql`select gather_statistics()`.execute(site.world.db);
  }
  print({ what: isKept ? "kept" : "generated", hosts, ms: Math.round(performance.now() - since) });
  await measure("floor: select 1", () => sql`select 1`.execute(site.world.db));
  await measure("floor: GET /api/v1/me", () => get(site, "/api/v1/me"));
  for (const path of (await paths(site)).filter((one) => one.includes(flags.only))) {
    await measure(`GET ${path.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{64}/g, "ID")}`, () =>
      get(site, path),
    );
  }
  await measurePlanning(site);
} finally {
  await site.close();
}

async function hasFleet({ db }: World): Promise<boolean> {
  const { rows } = await sql<{ hosts: number }>`select count(*) as hosts from host`.execute(db);
  return rows[0]?.hosts === hosts;
}

/** Lists as pages ask for them: first page, a page in the middle, each filter; then details. */
async function paths(at: BenchSite): Promise<readonly string[]> {
  return [...(await fleetPaths(at)), ...(await casePaths(at))];
}

async function fleetPaths(at: BenchSite): Promise<readonly string[]> {
  const host = (await firstOf(at, `/api/v1/hosts?skip=${middle}`)).id;
  const vulnerability = (await firstOf(at, "/api/v1/findings?group=vulnerability")).key;
  return [
    "/api/v1/overview",
    "/api/v1/hosts?limit=100",
    `/api/v1/hosts?limit=100&skip=${middle}`,
    "/api/v1/hosts?limit=100&risk=bad",
    "/api/v1/hosts?limit=100&q=web-00",
    "/api/v1/hosts?limit=100&label=ring%3Dcanary",
    `/api/v1/hosts/${host}`,
    `/api/v1/hosts/${host}/packages`,
    `/api/v1/hosts/${host}/offers`,
    `/api/v1/hosts/${host}/findings`,
    `/api/v1/hosts/${host}/timeline`,
    "/api/v1/findings?group=vulnerability&limit=100",
    "/api/v1/findings?group=source&limit=100",
    "/api/v1/findings?group=host&limit=100",
    `/api/v1/findings?group=host&limit=100&skip=${middle}`,
    "/api/v1/findings?group=vulnerability&limit=100&skip=1000",
    "/api/v1/findings?group=vulnerability&limit=100&search=ssl",
    "/api/v1/findings?group=vulnerability&limit=100&filtered=true",
    `/api/v1/findings/${vulnerability}`,
    `/api/v1/vulnerabilities/${vulnerability}`,
    `/api/v1/deadlines/${vulnerability}`,
    `/api/v1/deadlines/${host}`,
    "/api/v1/deadline-forecast",
    "/api/v1/debt",
    "/api/v1/exceptions",
    "/api/v1/deferrals",
    "/api/v1/support",
    "/api/v1/vex",
    "/api/v1/fix-first",
    "/api/v1/fix-first?q=ssl",
    "/api/v1/feeds",
    "/api/v1/users",
    "/api/v1/people",
    "/api/v1/tokens",
    "/api/v1/policy",
    "/api/v1/scans",
    "/api/v1/search?q=web-00",
    "/api/v1/search?q=openssl",
  ];
}

async function casePaths(at: BenchSite): Promise<readonly string[]> {
  const rollout = (await firstOf(at, "/api/v1/rollouts?state=running")) as Item;
  const { change, plan, patch, host } = {
    ...rollout,
    ...(await firstOf(at, `/api/v1/rollouts/${rollout.id}/targets?skip=${middle}`)),
  } as Record<"change" | "plan" | "patch" | "host", string>;
  const [first, second] = (
    (await get(at, "/api/v1/plans?limit=2")) as { items: { digest: string }[] }
  ).items;
  const events = "/api/v1/audit/events?limit=100";
  return [
    "/api/v1/patches",
    "/api/v1/patches?q=ssl&limit=100",
    `/api/v1/patches/${patch}`,
    `/api/v1/patches/${patch}/hosts`,
    "/api/v1/plans",
    `/api/v1/plans/${plan}`,
    `/api/v1/plans/${plan}/hosts?limit=100&skip=${middle}`,
    `/api/v1/plans/${plan}/excluded?limit=100`,
    `/api/v1/plans/${plan}/leaves`,
    `/api/v1/plans/${plan}/statement`,
    `/api/v1/plans/${first?.digest}/diff/${second?.digest}`,
    "/api/v1/changes",
    "/api/v1/changes?waiting=me",
    `/api/v1/changes/${change}`,
    "/api/v1/rollouts",
    `/api/v1/rollouts/${rollout.id}`,
    `/api/v1/rollouts/${rollout.id}/targets?limit=100`,
    `/api/v1/rollouts/${rollout.id}/targets?limit=100&skip=${middle}`,
    `/api/v1/rollouts/${rollout.id}/targets?limit=100&standing=failed`,
    `/api/v1/explain?host=${host}&patch=${patch}`,
    `/api/v1/hosts/${host}/timeline`,
    "/api/v1/halts",
    `${events}&order=newest`,
    `${events}&skip=${middle}`,
    `${events}&patch=${patch}`,
    `${events}&type=patch.opened`,
    "/api/v1/audit/checkpoint",
    "/api/v1/audit/proof/1000",
  ];
}

/** Plans of the whole fleet and of a part; package managers answered when the fleet was made. */
async function measurePlanning(at: BenchSite): Promise<void> {
  const { patch, plan } = await firstOf(at, "/api/v1/rollouts?state=running");
  const { ringsPolicy } = (await get(at, `/api/v1/plans/${plan}`)) as Item;
  const few = { warm: 1, least: 3 };
  for (const selector of ["", "service=web", "service=web,zone=a,ring=canary"]) {
    const what = `POST /api/v1/plans ${selector}`;
    const body = { patch, policyDigest: ringsPolicy, hosts: selector, acceptIrreversible: true };
    if (what.includes(flags.only)) await measure(what, () => post(at, "/api/v1/plans", body), few);
  }
}

async function post(at: BenchSite, path: string, body: unknown): Promise<void> {
  const response = await fetch(`${at.url}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${at.token}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer: unknown = await response.json();
  if (!response.ok) throw new Error(`POST ${path}: ${JSON.stringify(answer)}`);
}

async function firstOf(at: BenchSite, path: string): Promise<Item> {
  const { items } = (await get(at, path)) as { readonly items: readonly Item[] };
  const [first] = items;
  if (first === undefined) throw new Error(`GET ${path}: an empty list`);
  return first;
}

type Item = Readonly<Record<string, string>>;

async function get(at: BenchSite, path: string): Promise<unknown> {
  const response = await fetch(`${at.url}${path}`, {
    headers: { authorization: `Bearer ${at.token}` },
  });
  const isJson = response.headers.get("content-type")?.includes("json") === true;
  const body: unknown = isJson ? await response.json() : await response.text();
  if (!response.ok) throw new Error(`GET ${path}: ${JSON.stringify(body)}`);
  return body;
}

async function measure(
  what: string,
  call: () => Promise<unknown>,
  calls = { warm: WARM_CALLS, least: CALLS_MIN },
): Promise<void> {
  const times: number[] = [];
  try {
    for (let warm = 0; warm < calls.warm; warm += 1) await call();
    const start = performance.now();
    const worked = secondsWorked();
    const isOver = (): boolean =>
      times.length >= calls.least && performance.now() - start > MEASURE_MS_MAX;
    while (times.length < CALLS && !isOver()) {
      const since = performance.now();
      await call();
      times.push(performance.now() - since);
    }
    const msCpu = tenths(((secondsWorked() - worked) * 1000) / times.length);
    print({ what, hosts, calls: times.length, ...timesAt(times), msCpu });
  } catch (cause) {
    print({ what, hosts, failed: cause instanceof Error ? cause.message : String(cause) });
  }
}

/** Server and caller are this process; a look at the database's costs a few milliseconds once. */
function secondsWorked(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6 + treeSeconds(site.databasePid);
}

function timesAt(times: number[]) {
  times.sort((a, b) => a - b);
  const at = (share: number): number =>
    tenths(times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0);
  return { msMedian: at(0.5), msP95: at(0.95), msP99: at(0.99) };
}

function tenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}

function print(line: Readonly<Record<string, unknown>>): void {
  console.log(JSON.stringify(line));
}
