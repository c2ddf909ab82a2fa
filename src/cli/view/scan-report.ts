import { durationToText, type Instant } from "../../base/instant.ts";
import type { KnowledgeHead } from "../../intel/file-knowledge.ts";
import type { CoverageNote, ScanFinding, ScanReport } from "../../intel/scan-packages.ts";
import type { UnmatchedStatement } from "../../intel/vex-apply.ts";
import type { InventoryReading } from "../../inventory/formats/inventory-format.ts";
import type { FeedFolder } from "../feed-folder.ts";
import { type Column, renderTable, safeText } from "./table.ts";

/** What `fettle scan` prints: findings for machines, a table for people, and what is not known. */
export function printable(report: ScanReport): { readonly findings: readonly ScanFinding[] } {
  const findings = report.findings.map((f) => ({
    package: f.package,
    id: f.id,
    advisories: f.advisories,
    state: f.state,
    fixed: f.fixed,
    remedy: f.remedy,
    why: f.why,
  }));
  // A library that is installed for two architectures would be told twice, word for word.
  return { findings: [...new Map(findings.map((f) => [JSON.stringify(f), f])).values()] };
}

/** One row per source, fix and state: one update often closes many findings. */
interface Row {
  readonly source: string;
  readonly installed: string;
  readonly state: string;
  readonly fixed: string | null;
  readonly remedy: string | null;
  readonly packages: ReadonlySet<string>;
  readonly ids: ReadonlySet<string>;
}

const columns: readonly Column<Row>[] = [
  { head: "source", cell: (row) => row.source, widthMax: 32 },
  { head: "installed", cell: (row) => row.installed, widthMax: 32 },
  { head: "state", cell: (row) => row.state },
  { head: "ids", cell: (row) => row.ids.size, align: "right" },
  { head: "first", cell: (row) => [...row.ids].sort().at(-1) },
  { head: "packages", cell: (row) => row.packages.size, align: "right" },
  { head: "install", cell: installText, widthMax: 44 },
];

/** Where no index says what is offered, the fix itself is the best that is known. */
function installText(row: Row): string | null {
  if (row.state === "not-affected" || row.state === "fixed") return null;
  if (row.remedy === null) return row.fixed === null ? null : `${row.fixed} (not offered to you)`;
  return row.remedy.startsWith("not known") ? `${row.fixed} (not looked up)` : row.remedy;
}

export function findingTable(report: ScanReport): string {
  if (report.findings.length === 0) return "No finding.";
  const rows = rowsOf(report.findings);
  const open = report.findings.filter((f) => f.state !== "not-affected" && f.state !== "fixed");
  const ids = new Set(open.map((f) => f.id)).size;
  const summary = `${open.length} findings, ${ids} vulnerabilities, in ${rows.length} rows of one source and remedy. All of them: -o json.`;
  return `${renderTable(rows, columns)}\n\n${summary}`;
}

function rowsOf(findings: readonly ScanFinding[]): readonly Row[] {
  const rows = new Map<string, Row & { packages: Set<string>; ids: Set<string> }>();
  for (const f of findings) {
    const { source, version } = f.package;
    const key = [source, f.state, f.remedy ?? f.fixed ?? ""].join("\n");
    const row = rows.get(key) ?? {
      source,
      installed: version,
      state: f.state,
      fixed: f.fixed,
      remedy: f.remedy,
      packages: new Set(),
      ids: new Set(),
    };
    row.packages.add(f.package.name);
    row.ids.add(f.id);
    rows.set(key, row);
  }
  return [...rows.values()].toSorted((a, b) => b.ids.size - a.ids.size);
}

const reasons: Readonly<Record<CoverageNote["reason"], string>> = {
  "no-feed": "no feed here speaks of it",
  "no-version-order": "its versions cannot be compared",
  excerpt: "the feed is an excerpt that does not name them",
  backport: "they are backports, which the release's fixes say nothing about",
  "foreign-origin": "they come from a publisher that no feed speaks for",
};

export function noteLines(report: ScanReport, inventory: InventoryReading): readonly string[] {
  const gaps = report.notes.map(
    (note) =>
      `Not known: ${note.packageCount} packages of ${safeText(note.ecosystem)}: ${reasons[note.reason]}.`,
  );
  const problems = inventory.problems
    .slice(0, 5)
    .map(({ place, reason }) => `Inventory, ${safeText(place)}: ${safeText(reason)}.`);
  const more = inventory.problems.length - problems.length;
  return [...gaps, ...problems, ...(more > 0 ? [`Inventory: ${more} more such entries.`] : [])];
}

const UNMATCHED_SHOWN_MAX = 10;

/** Statements that fit nothing are told: silence would look like statements that work. */
export function unmatchedLines(of: {
  readonly unmatched: readonly UnmatchedStatement[];
}): readonly string[] {
  const shown = of.unmatched
    .slice(0, UNMATCHED_SHOWN_MAX)
    .map(({ vulnerability, products, why }) => {
      const product = safeText(products[0] ?? "no product");
      return `VEX not applied: ${safeText(vulnerability)} on ${product}: ${why}.`;
    });
  const more = of.unmatched.length - shown.length;
  return more > 0 ? [...shown, `VEX not applied: ${more} more statements.`] : shown;
}

/** In an archive the damage may be of one entry, and the others were read. */
function damageLine(path: string, { problems }: KnowledgeHead): string {
  const [first] = problems;
  const place = first === undefined || first.place === "" ? "" : ` In it: ${first.place}.`;
  return `Feeds, ${safeText(path)}: is damaged or was cut short.${safeText(place)}`;
}

const LINES_MAX = 10;
const OLD_MS = 48 * 3_600_000;

/** Feeds that cannot be read, or are too old to be relied on. */
export function feedLines(
  folder: FeedFolder,
  usedFeeds: ReadonlySet<string>,
  now: Instant,
): readonly string[] {
  const unread = folder.unread.map(
    ({ path, reason }) => `Feeds, ${safeText(path)}: ${safeText(reason)}.`,
  );
  const damaged = folder.files
    .filter(({ knowledge }) => knowledge.head.isDamaged)
    .map(({ path, knowledge }) => damageLine(path, knowledge.head));
  const partly = folder.files.flatMap(({ path, knowledge: { head } }) => {
    const count = head.feeds.reduce(
      (sum, f) => sum + (usedFeeds.has(f.feed) ? f.problemCount : 0),
      0,
    );
    const [first] = head.problems;
    const why = first === undefined ? "" : ` (${first.place}: ${first.reason})`;
    return count === 0
      ? []
      : [`Feeds, ${safeText(path)}: ${count} records cannot be read${safeText(why)}.`];
  });
  const newest = new Map<string, Instant>();
  for (const { knowledge } of folder.files) {
    for (const { feed, asOf } of knowledge.head.feeds) {
      if (asOf !== null && usedFeeds.has(feed))
        newest.set(feed, Math.max(asOf, newest.get(feed) ?? 0));
    }
  }
  const old = [...newest].filter(([, at]) => now - at > OLD_MS);
  const ages = old.map(([feed, at]) => `${feed} ${durationToText(now - at)}`).sort();
  const age = ages.length === 0 ? [] : [`Old feeds: ${ages.join(", ")}.`];
  return [...unread, ...damaged, ...partly.slice(0, LINES_MAX), ...age];
}
