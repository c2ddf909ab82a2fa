/**
 * Every list and detail of the API over HTTP, with a generated fleet: `node bench/api.ts [hosts]`.
 * One caller, warm; the floors are a route that only looks up the token and `select 1` on the same
 * database. JSON lines with the median and the 99th percentile in milliseconds.
 */
import { sql } from "kysely";
import { generateFleet } from "./fleet.ts";
import { type BenchSite, openBenchSite } from "./site.ts";

const hosts = Number(process.argv[2] ?? 10_000);
/** Enough for a 99th percentile that one slow answer does not decide alone. */
const CALLS = 200;
const WARM_CALLS = 5;
/** What is slower than this gets fewer calls, so that the run ends. */
const SLOW_MS = 500;
const SLOW_CALLS = 10;

const site = await openBenchSite();
try {
  const since = performance.now();
  await generateFleet(site.world, { hosts });
  print({ what: "generated", hosts, ms: Math.round(performance.now() - since) });
  await measure("floor: select 1", () => sql`select 1`.execute(site.world.db));
  await measure("floor: GET /api/v1/me", () => get(site, "/api/v1/me"));
  for (const path of await paths(site)) {
    await measure(`GET ${path.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "ID")}`, () =>
      get(site, path),
    );
  }
} finally {
  await site.close();
}

/** Lists as pages ask for them: first page, a page in the middle, each filter; then details. */
async function paths(at: BenchSite): Promise<readonly string[]> {
  const middle = Math.floor(hosts / 2);
  const { items } = (await get(at, `/api/v1/hosts?skip=${middle}&limit=1`)) as Page;
  const host = items[0]?.id ?? "";
  const findings = (await get(at, "/api/v1/findings?group=vulnerability&limit=1")) as Page;
  const vulnerability = findings.items[0]?.key ?? "";
  const first = (await get(at, "/api/v1/fix-first")) as Page;
  const source = first.items[0]?.source ?? "";
  const { patch } = await post(at, "/api/v1/patches", { source });
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
    `/api/v1/findings/${vulnerability}`,
    "/api/v1/fix-first",
    "/api/v1/patches",
    `/api/v1/patches/${patch?.ref ?? ""}`,
    "/api/v1/changes",
    "/api/v1/rollouts",
    "/api/v1/plans",
    "/api/v1/feeds",
    "/api/v1/users",
    "/api/v1/policy",
    "/api/v1/audit/events?limit=100&order=newest",
    "/api/v1/search?q=web-00",
  ];
}

interface Item {
  readonly id?: string;
  readonly key?: string;
  readonly patch?: { readonly ref: string };
  readonly source?: string;
}
interface Page {
  readonly items: readonly Item[];
}

async function get(at: BenchSite, path: string): Promise<unknown> {
  const response = await fetch(`${at.url}${path}`, {
    headers: { authorization: `Bearer ${at.token}` },
  });
  const body = await response.json();
  if (!response.ok) throw new Error(`GET ${path}: ${JSON.stringify(body)}`);
  return body;
}

async function post(at: BenchSite, path: string, body: unknown): Promise<Item> {
  const response = await fetch(`${at.url}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${at.token}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = (await response.json()) as Item;
  if (!response.ok) throw new Error(`POST ${path}: ${JSON.stringify(answer)}`);
  return answer;
}

async function measure(what: string, call: () => Promise<unknown>): Promise<void> {
  const times: number[] = [];
  let calls = CALLS;
  try {
    for (let warm = 0; warm < WARM_CALLS; warm += 1) {
      const since = performance.now();
      await call();
      if (performance.now() - since > SLOW_MS) calls = SLOW_CALLS;
    }
    while (times.length < calls) {
      const since = performance.now();
      await call();
      times.push(performance.now() - since);
    }
  } catch (cause) {
    print({ what, hosts, failed: cause instanceof Error ? cause.message : String(cause) });
    return;
  }
  times.sort((a, b) => a - b);
  const at = (share: number) =>
    Math.round((times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0) * 10) /
    10;
  print({ what, hosts, calls, msMedian: at(0.5), msP99: at(0.99) });
}

function print(line: Readonly<Record<string, unknown>>): void {
  console.log(JSON.stringify(line));
}
