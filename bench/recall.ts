import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { unpack } from "../src/intel/unpack.ts";
import { unpackLimits } from "../src/intel/unpack-limits.ts";
import { hasRealFeeds } from "../test/builders/intel.ts";
import { missingPrograms } from "./needs.ts";

/**
 * Recall and precision of `fettle scan` on real inventories: `node bench/recall.ts [--table]`. What a
 * feed claims is worked out beside it in the plainest way, without any rule of ours: every fixed version
 * that it names for a package, compared by dpkg or rpm themselves. One line for each inventory, as JSON
 * or as a row of a table, with the pairs of package and vulnerability that are claimed and not found, by
 * the reason. Ends with 1 when one is missing for no reason that is known, or found and not claimed.
 */
const here = fileURLToPath(new URL("..", import.meta.url));
const feeds = join(here, "..", "shared", "feeds");
if (!hasRealFeeds) {
  console.error("There are no real feeds beside the checkout (../shared/feeds).");
  process.exit(2);
}
if (missingPrograms(["dpkg", "rpm"]).length > 0) process.exit(2);

/** What one command line holds. */
const PAIRS_A_RUN = 500;
const UNEXPLAINED = "unexplained";
const isTable = process.argv.includes("--table");

interface Installed {
  readonly name: string;
  /** The name and version under which the feed speaks of it. */
  readonly source: string;
  readonly version: string;
}

interface Claim {
  readonly name: string;
  readonly id: string;
  readonly advisory: string;
  readonly fixed: string;
}

type Order = (pairs: readonly (readonly [string, string])[]) => readonly number[];

const work = mkdtempSync(join(tmpdir(), "fettle-bench-recall-"));
try {
  for (const file of ["dpkg-status", "dpkg-status.synthetic-bookworm-12.0"]) measureDebian(file);
  for (const release of ["8", "9"]) await measureAlma(release);
} finally {
  rmSync(work, { recursive: true });
}

function measureDebian(file: string): void {
  const status = join(feeds, "debian", file);
  const tracker = join(feeds, "debian", "derived-tracker-bookworm.json.gz");
  const sources = JSON.parse(gunzipSync(readFileSync(tracker)).toString()) as Record<
    string,
    Record<string, { releases: { bookworm?: { fixed_version?: string } } }>
  >;
  const claims = Object.entries(sources).flatMap(([name, entries]) =>
    Object.entries(entries).flatMap(([id, { releases }]): Claim[] => {
      const fixed = releases.bookworm?.fixed_version;
      return fixed === undefined ? [] : [{ name, id, advisory: id, fixed }];
    }),
  );
  const found = scan(tracker, ["--dpkg-status", status, "--release", "bookworm"]);
  report(file, found, claimed(dpkgPackages(status), claims, dpkgOrder));
}

/** The fields as the file writes them: nothing is known of signed builds or of rebuilds. */
function dpkgPackages(status: string): readonly Installed[] {
  return readFileSync(status, "utf8")
    .split(/\n\n+/)
    .flatMap((stanza): Installed[] => {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(stanza)?.[1];
      const [name, own] = [field("Package"), field("Version")];
      if (name === undefined || own === undefined) return [];
      if (!/^Status: .* installed$/m.test(stanza)) return [];
      const [, source = name, version = own] =
        /^(\S+)(?: \((.*)\))?$/.exec(field("Source") ?? name) ?? [];
      return [{ name, source, version }];
    });
}

async function measureAlma(release: string): Promise<void> {
  const list = join(feeds, "almalinux", `rpm-qa.synthetic-alma${release}.txt`);
  const osv = join(feeds, "osv", "almalinux-osv.tar.gz");
  const packages = readFileSync(list, "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line): Installed => {
      const [name = "", epoch = "", version = "", build = ""] = line.split("|");
      const full = `${epoch === "(none)" ? "0" : epoch}:${version}-${build}`;
      return { name, source: name, version: full };
    });
  const claims: Claim[] = [];
  for await (const { text } of unpack(readFileSync(osv), { limits: unpackLimits })) {
    if (text.startsWith("{")) claims.push(...almaClaims(text, `AlmaLinux:${release}`));
  }
  const found = scan(osv, ["--rpm-qa", list, "--release", `almalinux-${release}`]);
  report(basename(list), found, claimed(packages, claims, rpmOrder));
}

function almaClaims(text: string, ecosystem: string): readonly Claim[] {
  const {
    id: advisory,
    related = [],
    affected = [],
  } = JSON.parse(text) as {
    readonly id: string;
    readonly related?: readonly string[];
    readonly affected?: readonly {
      readonly package: { readonly ecosystem: string; readonly name: string };
      readonly ranges: readonly { readonly events: readonly { readonly fixed?: string }[] }[];
    }[];
  };
  const cves = related.filter((id) => id.startsWith("CVE-"));
  const ids = cves.length === 0 ? [advisory] : cves;
  return affected
    .filter((one) => one.package.ecosystem === ecosystem)
    .flatMap(({ package: { name }, ranges }) =>
      ranges.flatMap(({ events }) =>
        events.flatMap(({ fixed }) =>
          fixed === undefined ? [] : ids.map((id): Claim => ({ name, id, advisory, fixed })),
        ),
      ),
    );
}

/** Of each pair of package and vulnerability, the fixed versions it is below, and the others. */
interface Claimed {
  readonly below: ReadonlyMap<string, readonly Claim[]>;
  readonly reached: ReadonlyMap<string, readonly Claim[]>;
}

function claimed(packages: readonly Installed[], claims: readonly Claim[], order: Order): Claimed {
  const byName = Map.groupBy(claims, (claim) => claim.name);
  const asked = packages.flatMap((p) =>
    (byName.get(p.source) ?? []).map((claim) => ({ p, claim })),
  );
  const different = new Map(
    asked.map(({ p, claim }) => [
      `${p.version}\n${claim.fixed}`,
      [p.version, claim.fixed] as const,
    ]),
  );
  const signs = order([...different.values()]);
  const signOf = new Map([...different.keys()].map((key, at) => [key, signs[at] ?? 0]));
  const [below, reached] = [new Map<string, Claim[]>(), new Map<string, Claim[]>()];
  for (const { p, claim } of asked) {
    const side = (signOf.get(`${p.version}\n${claim.fixed}`) ?? 0) < 0 ? below : reached;
    const key = `${p.name} ${claim.id}`;
    side.set(key, [...(side.get(key) ?? []), claim]);
  }
  return { below, reached };
}

function dpkgOrder(pairs: readonly (readonly [string, string])[]): readonly number[] {
  return pairs.map(([a, b]) =>
    run("dpkg", ["--compare-versions", a, "lt", b]).status === 0 ? -1 : 1,
  );
}

function rpmOrder(pairs: readonly (readonly [string, string])[]): readonly number[] {
  const signs: number[] = [];
  for (let at = 0; at < pairs.length; at += PAIRS_A_RUN) {
    const calls = pairs
      .slice(at, at + PAIRS_A_RUN)
      .map(([a, b]) => `print(rpm.vercmp("${a}","${b}").."\\n")`);
    const out = run("rpm", ["--eval", `%{lua:${calls.join(" ")}}`]).stdout;
    signs.push(
      ...out
        .split("\n")
        .filter((line) => line !== "")
        .map(Number),
    );
  }
  if (signs.length !== pairs.length)
    throw new Error(`rpm compared ${signs.length} of ${pairs.length}`);
  return signs;
}

interface Found {
  readonly package: { readonly name: string };
  readonly id: string;
  readonly state: string;
  readonly why: string;
}

function scan(feed: string, inventory: readonly string[]): readonly Found[] {
  const folder = join(work, basename(feed));
  mkdirSync(folder, { recursive: true });
  cpSync(feed, join(folder, basename(feed)));
  const args = ["scan", "--no-cache", "--feeds", folder, ...inventory, "-o", "json"];
  const { status, stdout, stderr } = run(join(here, "fettle"), args);
  if (status !== 0 && status !== 1) throw new Error(stderr);
  return (JSON.parse(stdout) as { readonly findings: readonly Found[] }).findings;
}

function run(program: string, args: readonly string[]) {
  return spawnSync(program, args, { encoding: "utf8", maxBuffer: 512 * 1024 * 1024 });
}

/** What is said to be vulnerable; what cannot be judged is told, and is neither. */
function isAffected({ state }: Found): boolean {
  return state !== "not-affected" && state !== "fixed" && state !== "unknown-coverage";
}

function report(inventory: string, all: readonly Found[], theirs: Claimed): void {
  const keyOf = (f: Found): string => `${f.package.name} ${f.id}`;
  const affected = new Set(all.filter(isAffected).map(keyOf));
  const others = new Map(all.filter((f) => !isAffected(f)).map((f) => [keyOf(f), f]));
  const both = [...affected].filter((key) => theirs.below.has(key)).length;
  const notOurs = [...theirs.below.keys()].filter((key) => !affected.has(key));
  const missing = counted(notOurs.map((key) => whyNotOurs(key, others, theirs)));
  const line: Line = {
    inventory,
    claimed: theirs.below.size,
    found: affected.size,
    recall: ratio(both, theirs.below.size),
    precision: ratio(both, affected.size),
    unknown: [...others.values()].filter((f) => f.state === "unknown-coverage").length,
    missing,
  };
  process.stdout.write(
    isTable ? tableRow(line) : `${JSON.stringify({ bench: "recall", ...line })}\n`,
  );
  if (missing[UNEXPLAINED] !== undefined || affected.size > both) process.exitCode = 1;
}

interface Line {
  readonly inventory: string;
  readonly claimed: number;
  readonly found: number;
  readonly recall: number;
  readonly precision: number;
  /** Pairs told as not known, whether the plain way claims them or not. */
  readonly unknown: number;
  readonly missing: Readonly<Record<string, number>>;
}

function tableRow({ inventory, missing, ...of }: Line): string {
  const reasons = Object.entries(missing).map(([reason, count]) => `${count} ${reason}`);
  const cells = [inventory, of.claimed, of.found, of.recall, of.precision, of.unknown];
  return `| ${[...cells, reasons.join("; ") || "none"].join(" | ")} |\n`;
}

function whyNotOurs(
  key: string,
  others: ReadonlyMap<string, Found>,
  { reached, below }: Claimed,
): string {
  const told = others.get(key);
  if (told?.state === "unknown-coverage") {
    return "built for another release than the fix, so not comparable: told as unknown";
  }
  if (told !== undefined) {
    return /holds no kernel/.test(told.why)
      ? "built from the kernel's source and hold no kernel: told, and set aside"
      : UNEXPLAINED;
  }
  const reachedIn = new Set((reached.get(key) ?? []).map((claim) => claim.advisory));
  const claims = below.get(key) ?? [];
  if (claims.every(({ advisory }) => reachedIn.has(advisory))) {
    return "at the fix that the same advisory names for its own branch";
  }
  const isModular = claims.every(({ fixed }) => fixed.includes(".module_el"));
  return isModular ? "named for builds of a module, and this is none" : UNEXPLAINED;
}

function counted(reasons: readonly string[]): Readonly<Record<string, number>> {
  const groups = Map.groupBy(reasons, (reason) => reason);
  return Object.fromEntries([...groups].map(([reason, own]) => [reason, own.length]));
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 1 : Math.round((part / whole) * 10_000) / 10_000;
}
