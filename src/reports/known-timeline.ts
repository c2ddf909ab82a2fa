import { instantToText } from "../base/instant.ts";
import { releaseName } from "../base/release-name.ts";
import type { Filter } from "../intel/filter.ts";
import { sayingText } from "../intel/saying-text.ts";
import type { KnownStatement, KnownText, Learned } from "../intel/store-known.ts";

/** When we learned what about a vulnerability, as sentences, the oldest first. */
export interface TimelineStep {
  readonly at: number;
  readonly sentence: string;
  readonly source: string;
}

export function knownTimeline(of: {
  readonly publishedAt: number | null;
  readonly texts: readonly KnownText[];
  readonly sayings: readonly KnownStatement[];
  readonly learned: Learned;
  readonly filters: readonly Filter[];
}): readonly TimelineStep[] {
  const { publishedAt, texts, sayings, learned, filters } = of;
  const steps: TimelineStep[] = [
    ...(publishedAt === null
      ? []
      : [{ at: publishedAt, sentence: "The record was published.", source: "its publisher" }]),
    ...texts.map(({ feed, learnedAt }) => ({
      at: learnedAt,
      sentence: "We loaded a record of it for the first time.",
      source: feed,
    })),
    ...sayings.flatMap(stepsOfSaying),
    ...learned.kev.flatMap(({ addedAt, since, endedAt, isRansomware }) => [
      { at: addedAt, sentence: "CISA listed it as known to be exploited.", source: "CISA" },
      {
        at: since,
        sentence: `We learned that it is exploited${isRansomware ? ", by ransomware too" : ""}.`,
        source: "kev",
      },
      ...ended(endedAt, "What the list said was changed or taken back.", "kev"),
    ]),
    ...learned.ssvc.map(({ exploitation, since }) => ({
      at: since,
      sentence: `SSVC says exploitation: ${exploitation}.`,
      source: "vulnrichment",
    })),
    ...(learned.foundAt === null
      ? []
      : [
          {
            at: learned.foundAt,
            sentence: "The first package here was found to have it.",
            source: "matching",
          },
        ]),
    ...filters.map((filter) => ({
      at: filter.since,
      sentence: `${filter.author || "An unnamed author"} says ${filter.says} (${filter.source}). ${filter.trust}`,
      source: filter.source,
    })),
  ];
  return steps.toSorted((a, b) => a.at - b.at || (a.sentence < b.sentence ? -1 : 1));
}

const PACKAGES_NAMED_MAX = 3;

function stepsOfSaying(saying: KnownStatement): readonly TimelineStep[] {
  const { feed, ecosystem, packages, since, endedAt } = saying;
  const named = packages.slice(0, PACKAGES_NAMED_MAX).join(", ");
  const more =
    packages.length > PACKAGES_NAMED_MAX ? ` and ${packages.length - PACKAGES_NAMED_MAX} more` : "";
  const what = `${named}${more} of ${releaseName(ecosystem)}`;
  return [
    { at: since, sentence: `${what}: ${sayingText(saying)}.`, source: feed },
    ...ended(endedAt, `${what}: no longer says "${sayingText(saying)}".`, feed),
  ];
}

function ended(at: number | null, sentence: string, source: string): readonly TimelineStep[] {
  return at === null ? [] : [{ at, sentence, source }];
}

export function stepReply({ at, sentence, source }: TimelineStep) {
  return { at: instantToText(at), sentence, source };
}
