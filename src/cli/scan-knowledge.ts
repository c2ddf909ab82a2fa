import { channelName, releaseOfChannel } from "../intel/ecosystem-name.ts";
import { coversAll } from "../intel/feed-extent.ts";
import type { VexStatement } from "../intel/feed-format.ts";
import {
  type DatedStatement,
  type FeedHead,
  offersIn,
  statementsIn,
} from "../intel/file-knowledge.ts";
import { offerFamilyOf } from "../intel/offer-family.ts";
import type { Offers } from "../intel/remedy.ts";
import type { ScanInput } from "../intel/scan-packages.ts";
import { subjectOf } from "../intel/subject.ts";
import type { BuiltCopy, InventoryReading } from "../inventory/formats/inventory-format.ts";
import type { Package } from "../inventory/model.ts";
import { type FeedFolder, type FolderFile, releaseOfIndex } from "./feed-folder.ts";

/** Takes from a folder of feeds what concerns these packages, and nothing else. */
export function gatherKnowledge(
  folder: FeedFolder,
  {
    packages,
    built = [],
    products = [],
  }: Pick<InventoryReading, "packages" | "built" | "products">,
  channels: ReadonlySet<string>,
): Omit<ScanInput, "packages" | "built" | "products" | "platforms"> & {
  readonly vex: readonly VexStatement[];
} {
  const all = [...packages, ...products.map(({ product }) => product)];
  const ecosystems = new Set(all.map((p) => p.ecosystem));
  const statements: DatedStatement[] = [];
  const heads = new Map<string, FeedHead[]>();
  const entitled = new Set<string>();
  const isWanted = wantedNames(all, built);
  for (const { knowledge, fileAt } of folder.files) {
    for (const section of knowledge.sectionNames) {
      if (!section.startsWith("s:")) continue;
      const ecosystem = section.slice("s:".length);
      const release = releaseOfChannel(ecosystem) ?? ecosystem;
      if (!ecosystems.has(release)) continue;
      const isOwn = release === ecosystem;
      if (isOwn) heads.set(ecosystem, [...(heads.get(ecosystem) ?? []), ...knowledge.head.feeds]);
      else if (channels.has(channelName(ecosystem).toLowerCase())) entitled.add(ecosystem);
      const text = knowledge.section(section);
      for (const s of statementsIn(text, { ecosystem, fileAt }, isWanted)) statements.push(s);
    }
  }
  const covered = [...heads].map(([ecosystem, feeds]): [string, { isComplete: boolean }] => [
    ecosystem,
    { isComplete: coversAll(ecosystem, feeds) },
  ]);
  const files = folder.files.map(({ knowledge }) => knowledge.head);
  return {
    vex: vexIn(folder),
    statements,
    covered: new Map(covered),
    entitled,
    withdrawn: files.flatMap((head) => head.withdrawn),
    rejected: new Set(files.flatMap((head) => head.rejected)),
    disputed: new Set(files.flatMap((head) => head.disputed)),
    offers: offersOf(folder, ecosystems, isWanted),
  };
}

/** Ecosystems of whose packages the feeds speak as a whole, not by a handful of records. */
export function coveredBy({ files }: FeedFolder): ReadonlySet<string> {
  const feeds = new Map<string, FeedHead[]>();
  for (const { knowledge } of files) {
    for (const section of knowledge.sectionNames) {
      if (!section.startsWith("s:")) continue;
      const ecosystem = section.slice("s:".length);
      feeds.set(ecosystem, [...(feeds.get(ecosystem) ?? []), ...knowledge.head.feeds]);
    }
  }
  const whole = [...feeds].filter(([ecosystem, heads]) => coversAll(ecosystem, heads));
  return new Set(whole.map(([ecosystem]) => ecosystem));
}

/** Publishers' VEX documents among the feeds; the text is our own, made from checked statements. */
function vexIn(folder: FeedFolder): readonly VexStatement[] {
  return folder.files
    .filter(({ knowledge }) => knowledge.sectionNames.includes("v:"))
    .flatMap(({ knowledge }) => knowledge.section("v:").split("\n"))
    .map((line) => JSON.parse(line) as VexStatement);
}

function wantedNames(
  packages: readonly Package[],
  built: readonly BuiltCopy[],
): (name: string) => boolean {
  const names = new Set(packages.flatMap((p) => [p.name, subjectOf(p).source]));
  for (const { source } of built) names.add(source);
  return (name) => names.has(name) || name === "linux-image";
}

/** The indexes of each release; one that does not say whose it is may be of any. */
function offersOf(
  folder: FeedFolder,
  ecosystems: ReadonlySet<string>,
  isWanted: (name: string) => boolean,
): ReadonlyMap<string, Offers> {
  const heads = folder.files.map(({ knowledge }) => knowledge.head);
  const found = new Map<string, Offers>();
  for (const ecosystem of ecosystems) {
    const family = offerFamilyOf(ecosystem);
    if (family === null) continue;
    const section = `o:${family}`;
    const own = folder.files.filter(
      (file) =>
        file.knowledge.sectionNames.includes(section) &&
        isIndexOf(releaseOfIndex(file, heads), ecosystem),
    );
    if (own.length > 0) found.set(ecosystem, offersFrom(own, section, isWanted));
  }
  return found;
}

/** Of an rpm index only the number of its release is known. */
function isIndexOf(release: string | null, ecosystem: string): boolean {
  if (release === null || release === ecosystem) return true;
  return /^\d+$/.test(release) && /:\D*(\d+)/.exec(ecosystem)?.[1] === release;
}

function offersFrom(
  files: readonly FolderFile[],
  section: string,
  isWanted: (name: string) => boolean,
): Offers {
  const offers = files.flatMap(({ knowledge }) => offersIn(knowledge.section(section), isWanted));
  const byName = Map.groupBy(offers, ({ name }) =>
    /^linux-image-(unsigned-)?\d/.test(name) ? "linux-image" : name,
  );
  return { byName, isKnown: true };
}
