/**
 * The first answer after a change, of what is told from histories:
 * `node bench/after-change.ts [hosts] [--world FOLDER]`. Before each call one host of a generated fleet
 * loses a package, or one advisory calls a source vulnerable that most hosts have. JSON lines with the
 * median and the slowest of a few calls in milliseconds, the longest that the event loop stood still
 * meanwhile (what any other request waits), and the processor time of a call (server, database and
 * caller together), which other work on the machine changes least.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { sql } from "kysely";
import type { SubjectId } from "../src/base/ids.ts";
import { inTransaction } from "../src/db/database.ts";
import { rematch } from "../src/intel/rematch.ts";
import { parseInspection } from "../src/inventory/inspection.ts";
import type { Host, StoredPackage } from "../src/inventory/model.ts";
import { recordInspection } from "../src/inventory/record-inspection.ts";
import { packageColumns } from "../src/inventory/store-sets.ts";
import { treeSeconds } from "./cpu-account.ts";
import { generateFleet } from "./fleet.ts";
import { loadAdvisory } from "./made-advisory.ts";
import { openBenchSite } from "./site.ts";

const { values: flags, positionals } = parseArgs({
  options: { world: { type: "string" } },
  allowPositionals: true,
});
const hosts = Number(positionals[0] ?? 10_000);
const CALLS = 5;
const ACTOR = "00000000-0000-7000-8000-000000000001" as SubjectId;
const paths = [
  "/api/v1/debt",
  "/api/v1/findings/trend?days=90",
  "/api/v1/exposure-ages?days=90",
  "/api/v1/overview",
  "/api/v1/deadline-forecast",
];
const changes = { nothing: async () => undefined, host: changeHost, advisory: advise };

const site = await openBenchSite(flags.world);
let changed = 0;
try {
  const { rows } = await sql<{ hosts: number }>`
    select count(*)::int as hosts from host`.execute(site.world.db);
  if (rows[0]?.hosts !== hosts) await generateFleet(site.world, { hosts });
  for (const path of paths) await get(path);
  for (const [what, change] of Object.entries(changes)) {
    for (const path of paths) await measure(path, what, change);
  }
} finally {
  await site.close();
}

async function measure(path: string, what: string, change: () => Promise<void>): Promise<void> {
  const times: number[] = [];
  const delay = monitorEventLoopDelay({ resolution: 5 });
  let worked = 0;
  for (let call = 0; call < CALLS; call += 1) {
    await change();
    const before = secondsWorked();
    const since = performance.now();
    delay.enable();
    await get(path);
    delay.disable();
    times.push(performance.now() - since);
    worked += secondsWorked() - before;
  }
  const sorted = times.toSorted((a, b) => a - b).map((ms) => Math.round(ms));
  const msCpu = Math.round((worked * 1000) / CALLS);
  const msStillMax = Math.round(delay.max / 1e6);
  const told = { msMedian: sorted[CALLS >> 1], msMax: sorted.at(-1), msStillMax, msCpu };
  console.log(JSON.stringify({ bench: "after-change", hosts, changed: what, path, ...told }));
}

/** Its packages but one: a set that no other host has. */
async function changeHost(): Promise<void> {
  changed += 1;
  const { db, clock } = site.world;
  const { rows } = await sql<Pick<Host, "id"> & { set: number }>`
    select id, package_set_id as set from host_now order by num offset ${changed * 13} limit 1
    `.execute(db);
  const [host] = rows;
  if (host === undefined) throw new Error("there are no hosts left to change");
  const { rows: packages } = await sql<StoredPackage>`
    select ${packageColumns} from package_set_member m join package p on p.id = m.package_id
     where m.set_id = ${host.set} order by p.name`.execute(db);
  const lines = ["os debian 12 bookworm", "arch amd64", "kernel 6.1.0-40-amd64", "reboot no"];
  for (const { name, arch, version, source, sourceVersion } of packages.toSpliced(changed, 1)) {
    const facts = [name, arch, version, source, sourceVersion || version, "installed", "auto"];
    lines.push(`pkg ${facts.join("\t")}`);
  }
  const parsed = parseInspection([...lines, `boot ${"0".repeat(32)}`, "lists ok 1763700000 -"]);
  if (parsed.kind !== "inspection") throw new Error(parsed.problem);
  const at = clock();
  const seen = { inspection: parsed.inspection, observedAt: at, recordedAt: at, actor: ACTOR };
  await inTransaction(db, (tx) => recordInspection(tx, host, seen));
  await rematch(site.world);
}

async function advise(): Promise<void> {
  changed += 1;
  const { rows } = await sql<{ source: string }>`
    select source from package_match where ecosystem = 'Debian:12'
     group by source order by count(*) desc, source offset ${changed % 20} limit 1
    `.execute(site.world.db);
  const id = `CVE-2098-${10_000 + (Date.now() % 1_000_000) * 100 + (changed % 100)}`;
  await loadAdvisory(site.world, rows[0]?.source ?? "openssl", id);
  await rematch(site.world);
}

async function get(path: string): Promise<void> {
  const headers = { authorization: `Bearer ${site.token}` };
  const response = await fetch(`${site.url}${path}`, { headers });
  const body = await response.text();
  if (!response.ok) throw new Error(`GET ${path}: ${body}`);
}

/** Server and caller are this process. */
function secondsWorked(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6 + treeSeconds(site.databasePid);
}
