import type { Command } from "commander";
import type { VexStatement } from "../intel/feed-format.ts";
import type { ScanReport } from "../intel/scan-packages.ts";
import { applyVex, type UnmatchedStatement } from "../intel/vex-apply.ts";
import type { VexSubject } from "../intel/vex-match.ts";
import { platformsOf } from "../inventory/cpe-package.ts";
import type { InventoryReading } from "../inventory/formats/inventory-format.ts";
import { type FeedFolder, type FolderMemory, readFeedFolder } from "./feed-folder.ts";
import { type FileCli, showAnswer } from "./file-cli.ts";
import { openKnowledgeCache } from "./knowledge-cache.ts";
import { openKnownDigests } from "./known-digests.ts";
import { askedInventory } from "./scan-inventory.ts";
import { coveredBy, gatherKnowledge } from "./scan-knowledge.ts";
import {
  feedLines,
  findingTable,
  noteLines,
  printable,
  unmatchedLines,
} from "./view/scan-report.ts";

/**
 * What one machine or bill of materials is vulnerable to, from files alone: no server, no network.
 * Ends with 0 when nothing is open and everything is covered, 1 when something is open or not known,
 * 2 when there is no answer.
 */
export function registerScan(program: Command, cli: FileCli): void {
  program
    .command("scan")
    .description("Judge one machine or bill of materials by a folder of feeds, without a server")
    .requiredOption("--feeds <folder>", "feeds and package indexes, told by content (archives too)")
    .option("--dpkg-status <file>", "a dpkg status file (needs --release)")
    .option("--rpm-qa <file>", "a list of rpm packages (needs --release)")
    .option("--sbom <file>", "a bill of materials, lock file or list of packages")
    .option("--release <name>", "bookworm, ubuntu-22.04, almalinux-9, el9, alpine-3.19 …")
    .option("--channel <name...>", "subscriptions the machine has: pro, eus, ltss")
    .option("--vex <file...>", "VEX files of your own; they decide over everything else")
    .option("--product <purl>", "what is scanned as a whole, for VEX about its parts")
    .option("--no-cache", "read every feed anew")
    .action((flags: ScanFlags) => scan(cli, flags));
}

interface ScanFlags {
  readonly feeds: string;
  readonly dpkgStatus?: string;
  readonly rpmQa?: string;
  readonly sbom?: string;
  readonly release?: string;
  readonly channel?: readonly string[];
  readonly vex?: readonly string[];
  readonly product?: string;
  readonly cache: boolean;
}

const OPEN_EXIT = 1;

async function scan(cli: FileCli, flags: ScanFlags): Promise<void> {
  const asked = askedInventory(flags);
  const folder = await readFeedFolder(flags.feeds, flags.cache ? memoryOf(cli) : null);
  const inventory = await asked.read(() => coveredBy(folder));
  const { scanPackages } = await import("../intel/scan-packages.ts");
  const channels = new Set((flags.channel ?? []).map((name) => name.toLowerCase()));
  const knowledge = gatherKnowledge(folder, inventory, channels);
  const platforms = platformsOf(inventory.sbom?.components ?? []);
  const scanned = scanPackages({ ...inventory, ...knowledge, platforms });
  const { report, unmatched } = withVex(scanned, knowledge.vex, await ownVex(flags));
  const usedFeeds = new Set(knowledge.statements.map((s) => s.feed));
  await print(cli, { report, inventory, folder, usedFeeds, unmatched });
  process.exitCode = isClean(report, inventory, folder) ? 0 : OPEN_EXIT;
}

function memoryOf(cli: FileCli): FolderMemory {
  const folder = cli.cacheFolder("scan");
  return { cache: openKnowledgeCache(folder), digests: openKnownDigests(folder, cli.clock) };
}

interface OwnVex {
  readonly statements: readonly VexStatement[];
  readonly product: VexSubject | null;
}

async function ownVex({ vex, product }: ScanFlags): Promise<OwnVex> {
  if (vex === undefined && product === undefined) return { statements: [], product: null };
  const { readVexFiles, scannedProduct } = await import("./read-vex.ts");
  return { statements: await readVexFiles(vex ?? []), product: scannedProduct(product) };
}

/** Publishers' statements first, then one's own, which therefore decide. */
function withVex(
  scanned: ScanReport,
  published: readonly VexStatement[],
  { statements, product }: OwnVex,
): { readonly report: ScanReport; readonly unmatched: readonly UnmatchedStatement[] } {
  const rules = { product, authors: null };
  const targetsOf = (findings: ScanReport["findings"]) =>
    findings.map((finding) => ({
      finding,
      subject: { ...finding.of, source: finding.of.source || finding.of.name },
    }));
  const first = applyVex(targetsOf(scanned.findings), published, rules);
  const second = applyVex(targetsOf(first.findings), statements, rules);
  return { report: { ...scanned, findings: second.findings }, unmatched: second.unmatched };
}

/** A feed that could not be read whole may have held what makes this machine unsafe. */
function isClean(report: ScanReport, inventory: InventoryReading, folder: FeedFolder): boolean {
  const isWhole = folder.files.every(({ knowledge }) => !knowledge.head.isDamaged);
  if (!isWhole || folder.unread.length > 0) return false;
  const isOpen = report.findings.some((f) => f.state !== "not-affected" && f.state !== "fixed");
  return !isOpen && report.notes.length === 0 && inventory.problems.length === 0;
}

async function print(
  cli: FileCli,
  of: {
    readonly report: ScanReport;
    readonly inventory: InventoryReading;
    readonly folder: FeedFolder;
    readonly usedFeeds: ReadonlySet<string>;
    readonly unmatched: readonly UnmatchedStatement[];
  },
): Promise<void> {
  const { report, inventory, folder } = of;
  await showAnswer(cli, printable(report), () => findingTable(report));
  const lines = [
    ...noteLines(report, inventory),
    ...unmatchedLines(of),
    ...feedLines(folder, of.usedFeeds, cli.clock()),
  ];
  cli.terminal.err(lines.map((line) => `${line}\n`).join(""));
}
