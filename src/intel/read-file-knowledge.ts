import { Failure } from "../base/failure.ts";
import { type FeedDocument, type FeedFormat, HEAD_BYTES } from "./feed-format.ts";
import { endoflife } from "./feeds/endoflife/endoflife.ts";
import { epss } from "./feeds/epss/epss.ts";
import { kev } from "./feeds/kev/kev.ts";
import { emptyHead, type FileKnowledge, knowledgeOf, offerSection } from "./file-knowledge.ts";
import { feedFormats, type Intake, openIntake } from "./ingest.ts";
import type { OfferFamily } from "./offer-family.ts";
import { whatItIs } from "./other-file.ts";
import {
  type IndexOffer,
  isPackagesIndex,
  isReleaseFile,
  isSourcesIndex,
  readPackagesIndex,
  readReleaseFile,
  releaseInVersions,
} from "./package-index.ts";
import { readRegistryList } from "./registry-list.ts";
import { isApkIndex, isRpmIndex, readApkIndex, readRpmIndex, rpmReleaseOf } from "./rpm-index.ts";
import { type Unpacking, unpack } from "./unpack.ts";

/**
 * Reads one file of a folder of feeds, told by content alone: a feed in any packing, an index of
 * packages, a signed Release file, or something else that is then named. Never fails for what a file
 * holds: a folder with one damaged file still answers, and so does an archive of which a part is
 * damaged, and says so.
 */
export async function readFileKnowledge(
  bytes: Buffer,
  byProgram?: Unpacking["byProgram"],
): Promise<FileKnowledge> {
  const damages: Damage[] = [];
  const onDamaged = (place: string, failure: Failure): void => {
    damages.push({ place, reason: failure.message });
  };
  const opener = byProgram === undefined ? {} : { byProgram };
  try {
    const knowledge = await readDocuments(unpack(bytes, { onDamaged, ...opener }), onDamaged);
    return withDamage(knowledge, damages);
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause;
    return withDamage({ head: emptyHead("other", "damaged"), sections: new Map() }, [
      { place: "", reason: cause.message },
    ]);
  }
}

interface Damage {
  readonly place: string;
  readonly reason: string;
}

/** What could be read counts, and that something could not is never lost. */
function withDamage(knowledge: FileKnowledge, damages: readonly Damage[]): FileKnowledge {
  if (damages.length === 0) return knowledge;
  const { head, sections } = knowledge;
  const problems = [...damages, ...head.problems];
  const is = sections.size === 0 ? "damaged" : head.is;
  return { head: { ...head, isDamaged: true, is, problems }, sections };
}

/** How urgent a vulnerability is and how long a product lives says nothing of who is vulnerable. */
const notAboutPackages: readonly FeedFormat[] = [kev, epss, endoflife];

/** These are recognised, so that nothing is made of them, and not read. */
const scanFormats: readonly FeedFormat[] = feedFormats.map((format) =>
  notAboutPackages.includes(format)
    ? { ...format, begin: () => ({ add: () => undefined, finish: () => [] }) }
    : format,
);

interface Draft {
  readonly offers: Map<OfferFamily, IndexOffer[]>;
  readonly others: string[];
  release: FileKnowledge | null;
  isSources: boolean;
}

async function readDocuments(
  documents: AsyncIterable<FeedDocument>,
  onDamaged: (place: string, failure: Failure) => void,
): Promise<FileKnowledge> {
  const intakes = [openIntake(scanFormats)];
  const draft: Draft = { offers: new Map(), others: [], release: null, isSources: false };
  for await (const document of documents) {
    const head = document.text.slice(0, HEAD_BYTES);
    if (readIndex(draft, document.text, head)) continue;
    if (!(await isTaken(document, intakes, onDamaged))) draft.others.push(whatItIs(head));
  }
  const readings = intakes.flatMap((intake) => intake.finish());
  if (readings.length > 0) {
    const knowledge = knowledgeOf(readings);
    if (draft.offers.size === 0) return knowledge;
    const sections = new Map([...knowledge.sections, ...offerSections(draft)]);
    return { head: { ...knowledge.head, ecosystem: releaseOf(draft) }, sections };
  }
  return withoutFeed(draft, [...new Set(intakes.flatMap((intake) => intake.names))]);
}

/**
 * Feeds that are one document refuse a second in the same intake: two ages of one in an archive are
 * read apart, and the newer decides later.
 */
async function isTaken(
  document: FeedDocument,
  intakes: Intake[],
  onDamaged: (place: string, failure: Failure) => void,
): Promise<boolean> {
  let refusal: Failure | null = null;
  for (const intake of [...intakes, openIntake(scanFormats)]) {
    try {
      const isKnown = await intake.add(document);
      if (!intakes.includes(intake)) intakes.push(intake);
      return isKnown;
    } catch (cause) {
      if (!(cause instanceof Failure)) throw cause;
      refusal = cause;
    }
  }
  if (refusal !== null) onDamaged(document.place, refusal);
  return true;
}

function withoutFeed(draft: Draft, names: readonly string[]): FileKnowledge {
  if (draft.offers.size > 0) {
    const count = [...draft.offers.values()].reduce((sum, offers) => sum + offers.length, 0);
    const head = emptyHead("packages", `index of ${count} packages`);
    return { head: { ...head, ecosystem: releaseOf(draft) }, sections: offerSections(draft) };
  }
  if (draft.release !== null) return draft.release;
  if (draft.isSources)
    return { head: emptyHead("sources", "index of sources"), sections: new Map() };
  if (names.length > 0) draft.others.push(`${names.join(", ")} that says nothing of packages`);
  const [is = "empty"] = [...new Set(draft.others)].sort();
  return { head: emptyHead("other", is), sections: new Map() };
}

function offerSections({ offers }: Draft): Map<string, string> {
  return new Map([...offers].map(([family, own]) => [`o:${family}`, offerSection(own)]));
}

/** As the marks in its versions tell; of an rpm index only the number of the release. */
function releaseOf({ offers }: Draft): string | null {
  const rpm = offers.get("rpm");
  return rpm === undefined ? releaseInVersions(offers.get("deb") ?? []) : rpmReleaseOf(rpm);
}

function offer(draft: Draft, family: OfferFamily, offers: readonly IndexOffer[]): true {
  const own = draft.offers.get(family) ?? [];
  for (const one of offers) own.push(one);
  draft.offers.set(family, own);
  return true;
}

function readIndex(draft: Draft, text: string, head: string): boolean {
  if (isPackagesIndex(head)) return offer(draft, "deb", readPackagesIndex(text));
  if (isRpmIndex(head)) return offer(draft, "rpm", readRpmIndex(text));
  if (isApkIndex(text)) return offer(draft, "apk", readApkIndex(text));
  const list = readRegistryList(text, head);
  if (list !== null) {
    const offers = list.packages.flatMap(({ name, versions }) =>
      versions.map((version) => ({
        name,
        version,
        arch: "",
        source: name,
        sourceVersion: version,
      })),
    );
    return offer(draft, list.family, offers);
  }
  if (isReleaseFile(head)) {
    const { ecosystem, indexes } = readReleaseFile(text);
    const own = emptyHead("release", "Release file of an archive");
    draft.release = { head: { ...own, ecosystem, indexes: [...indexes] }, sections: new Map() };
    return true;
  }
  if (!isSourcesIndex(head)) return false;
  draft.isSources = true;
  return true;
}
