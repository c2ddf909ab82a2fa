/**
 * Every finding of a whole fleet at once: `node bench/fleet-match.ts [--feeds FOLDER] [--fleet HOSTSxSETS …]`.
 * Real feeds and real package versions (the folder is told by content; default `../shared/feeds`), 400
 * packages a host. One JSON line for each step:
 *
 * - `load`: files read and parsed, once; beside the rest, not part of it.
 * - `correlate`: packages and statements in memory → findings, hosts counted for each, the list of
 *   exposed hosts of every different group of packages written to its last host, and from these how
 *   many findings each host has (their sum, `hostFindingsWalked`, is the sum of the counts). `cpuMs` is
 *   the processor time of it: on a machine that does other work, the better figure.
 * - `advisory`: one new statement → packages judged → the list of its exposed hosts, 200 times.
 * - `per-host`: the way of a scanner, one host after the other with the same rules, on a sample; the
 *   whole fleet is that times its hosts (`isExtrapolated`). What it finds must be what the fleet's
 *   answer says of these hosts, or the run fails.
 *
 * `megabytes` is the most that the process ever used, the feeds' texts and the made fleet included.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { pairGroupsOf } from "../src/intel/correlate.ts";
import type { StoredStatement } from "../src/intel/dossier.ts";
import {
  countExposure,
  type Exposure,
  groupLister,
  groupsReached,
  type Postings,
  postingsOf,
} from "../src/intel/exposure.ts";
import { findingsForPackages, judgeDistinct, keptStates } from "../src/intel/match.ts";
import { chained } from "../src/intel/posting-lists.ts";
import { subjectOf } from "../src/intel/subject.ts";
import type { StoredPackage } from "../src/inventory/model.ts";
import { type MadeFleet, makeFleet } from "./made-fleet.ts";
import { type RealFeeds, readRealFeeds } from "./real-packages.ts";

const { values: flags } = parseArgs({
  options: {
    feeds: { type: "string", default: resolve(import.meta.dirname, "../../shared/feeds") },
    fleet: {
      type: "string",
      multiple: true,
      default: ["10000x3000", "100000x3000", "1000000x3000", "100000x100000"],
    },
  },
});
const PACKAGES_PER_HOST = 400;
const ADVISORIES = 200;
const SAMPLE_HOSTS = 60;
const NEW_ID = "CVE-2099-0001";

if (!existsSync(flags.feeds)) {
  console.error(`There are no feeds in ${flags.feeds}. Name a folder of feed files with --feeds.`);
  process.exit(1);
}
if (flags.fleet.length > 1) {
  // Each fleet has a process of its own, so that the memory told is its own.
  for (const fleet of flags.fleet) {
    const own = [import.meta.filename, "--feeds", flags.feeds, "--fleet", fleet];
    const { status } = spawnSync(process.execPath, own, { stdio: "inherit" });
    if (status !== 0) process.exit(status ?? 1);
  }
} else await measureFleet(flags.fleet[0] ?? "");

async function measureFleet(text: string): Promise<void> {
  const since = performance.now();
  const of = await readRealFeeds(flags.feeds);
  const { statements, kilobytes } = of;
  print({ step: "load", ms: sinceMs(since), kilobytes, statements: statements.length });
  const [hosts = 0, sets = 0] = text.split("x").map(Number);
  const fleet = makeFleet({ packages: of.packages, hosts, sets, perSet: PACKAGES_PER_HOST });
  const size = { hosts, sets, perHost: PACKAGES_PER_HOST, distinct: fleet.packages.length };
  const { postings, exposures, ...whole } = correlate(of, fleet);
  print({ step: "correlate", ...size, ...whole });
  print({ step: "advisory", ...size, ...adviseOften(of, fleet, postings) });
  const { scans, ...alone } = scanAlone(of, fleet);
  demandSame(scans, exposures);
  const ratio = Math.round((alone.ms * hosts) / SAMPLE_HOSTS / whole.ms);
  const extrapolatedMs = Math.round((alone.ms * hosts) / SAMPLE_HOSTS);
  const told = { sample: SAMPLE_HOSTS, isExtrapolated: true, extrapolatedMs, ratio };
  print({ step: "per-host", ...size, ...alone, ...told });
}

function correlate({ statements: all, rejected }: RealFeeds, fleet: MadeFleet) {
  const { packages, members, groups } = fleet;
  const started = performance.now();
  const account = process.cpuUsage();
  const { judged } = judgeDistinct({ packages, statements: all, rejected }, keptStates);
  const pairs = pairGroupsOf(judged, 0);
  const judgedMs = sinceMs(started);
  const postings = postingsOf({
    wanted: packages.map((p) => p.id),
    packages: kindsOf(packages),
    members,
    groups,
  });
  const postedMs = sinceMs(started);
  const exposures = countExposure(pairs, postings);
  const countedMs = sinceMs(started);
  const { lists, listed, perHost } = listHosts(fleet, exposures, postings);
  const ms = sinceMs(started);
  const cpu = process.cpuUsage(account);
  const cpuMs = Math.round((cpu.user + cpu.system) / 1000);
  const parts = { judgedMs, postedMs: postedMs - judgedMs, countedMs: countedMs - postedMs };
  const counts = {
    findings: exposures.length,
    hostFindings: exposures.reduce((sum, exposure) => sum + exposure.hostCount, 0),
    hostFindingsWalked: perHost.reduce((sum, count) => sum + count, 0),
    ...{ lists, listed },
  };
  return {
    ms,
    cpuMs,
    ...parts,
    listedMs: ms - countedMs,
    ...counts,
    ...memory(),
    postings,
    exposures,
  };
}

/**
 * The list of exposed hosts of every different group of packages, number by number, and from these
 * how many findings each host has. Findings with the same packages have one list and the same one.
 */
function listHosts(fleet: MadeFleet, exposures: readonly Exposure[], postings: Postings) {
  const findings = new Map<readonly number[], number>();
  for (const { packageIds } of exposures) {
    findings.set(packageIds, (findings.get(packageIds) ?? 0) + 1);
  }
  const groupsOf = groupLister(postings);
  const room = new Uint32Array(fleet.hosts);
  const perHost = new Uint32Array(fleet.hosts);
  let listed = 0;
  for (const [ids, count] of findings) {
    const hosts = chained(fleet.hostsOf, groupsOf(ids), room);
    for (let at = 0; at < hosts.length; at += 1) {
      const host = hosts[at] ?? 0;
      perHost[host] = (perHost[host] ?? 0) + count;
    }
    listed += hosts.length;
  }
  return { lists: findings.size, listed, perHost };
}

function adviseOften({ rejected }: RealFeeds, fleet: MadeFleet, of: Postings) {
  const bySource = Map.groupBy(fleet.packages, (p) => `${p.ecosystem}\n${subjectOf(p).source}`);
  const names = [...bySource].toSorted(([, a], [, b]) => b.length - a.length);
  const step = Math.max(1, Math.floor(names.length / ADVISORIES));
  const times: number[] = [];
  let hostsMax = 0;
  for (const [, packages] of names.filter((_, at) => at % step === 0)) {
    const fresh = newStatement(packages);
    const started = performance.now();
    const { judged } = judgeDistinct({ packages, statements: [fresh], rejected }, keptStates);
    const pairs = pairGroupsOf(judged, 0);
    const ids = pairs.flatMap((pair) => pair.packageIds);
    const hosts = chained(fleet.hostsOf, groupsReached(of, ids), new Uint32Array(fleet.hosts));
    hostsMax = Math.max(hostsMax, hosts.length);
    times.push(performance.now() - started);
  }
  times.sort((a, b) => a - b);
  const at = (share: number): number =>
    Math.round((times[Math.floor((times.length - 1) * share)] ?? 0) * 10) / 10;
  const told = { msMedian: at(0.5), msP95: at(0.95), msMax: at(1), hostsMax };
  return { advisories: times.length, ...told };
}

/** Without a fix, so that it reaches every host with any version: the longest list there can be. */
function newStatement(packages: readonly StoredPackage[]): StoredStatement {
  const [first] = packages;
  if (first === undefined) throw new Error("a source without packages");
  const isRpm = first.ecosystem.startsWith("Alma");
  return {
    ...{ id: 0, generation: "", advisory: "", urgency: "", vulnerability: NEW_ID },
    feed: isRpm ? "osv-almalinux" : "debian-tracker",
    ecosystem: first.ecosystem,
    packageName: subjectOf(first).source,
    matches: isRpm ? "binary" : "source",
    state: { kind: "open" },
  };
}

/** Each host by itself: its packages and what is said of them, with nothing shared. */
function scanAlone({ statements: all, rejected, packages }: RealFeeds, fleet: MadeFleet) {
  const byId = new Map(
    [...packages.values()].flat().flatMap((named) => named.versions.map((p) => [p.id, p] as const)),
  );
  const about = Map.groupBy(all, (s) => `${s.ecosystem}\n${s.packageName}`);
  const samples = Array.from({ length: SAMPLE_HOSTS }, (_, at) => {
    const set = Math.floor((at * fleet.sets) / SAMPLE_HOSTS);
    const own = [...(fleet.members.get(set) ?? [])].flatMap((id) => byId.get(id) ?? []);
    const names = new Set(
      own.flatMap((p) => [`${p.ecosystem}\n${subjectOf(p).source}`, `${p.ecosystem}\n${p.name}`]),
    );
    return { packages: own, statements: [...names].flatMap((name) => about.get(name) ?? []) };
  });
  const started = performance.now();
  const scans = samples.map(({ packages: own, statements }) => {
    const { matches } = findingsForPackages({ packages: own, statements, rejected });
    return { ids: own.map((p) => p.id), matches };
  });
  const ms = sinceMs(started);
  return { ms, found: scans.reduce((sum, { matches }) => sum + matches.length, 0), scans };
}

type Scan = ReturnType<typeof scanAlone>["scans"][number];

/** Each host looked at alone has what the fleet's answer says of it, no more and no less. */
function demandSame(scans: readonly Scan[], exposures: readonly Exposure[]): void {
  const byList = Map.groupBy(exposures, ({ packageIds }) => packageIds);
  const listsOf = new Map<number, (readonly number[])[]>();
  for (const ids of byList.keys()) {
    for (const id of ids) listsOf.set(id, [...(listsOf.get(id) ?? []), ids]);
  }
  for (const { ids, matches } of scans) {
    const lists = new Set(ids.flatMap((id) => listsOf.get(id) ?? []));
    const told = new Set([...lists].flatMap((list) => (byList.get(list) ?? []).map(nameOf)));
    const alone = new Set(
      matches.map((match) => nameOf({ ...match, source: match.because.packageName })),
    );
    const isSame = told.size === alone.size && [...alone].every((name) => told.has(name));
    if (!isSame) throw new Error(`a host alone has ${alone.size} findings, not ${told.size}`);
  }
}

function nameOf(of: Pick<Exposure, "source" | "vulnerability" | "state" | "fixedVersion">): string {
  return [of.source, of.vulnerability, of.state, of.fixedVersion ?? ""].join("\n");
}

function kindsOf(packages: readonly StoredPackage[]) {
  return new Map(
    packages.map((p) => {
      const isKernelImage = subjectOf(p).role === "kernel-image";
      return [p.id, { name: p.name, isKernelImage }] as const;
    }),
  );
}

function memory() {
  return { megabytes: Math.round(process.resourceUsage().maxRSS / 1024) };
}

function sinceMs(started: number): number {
  return Math.round(performance.now() - started);
}

function print(line: Readonly<Record<string, unknown>>): void {
  console.log(JSON.stringify({ bench: "fleet-match", ...line }));
}
