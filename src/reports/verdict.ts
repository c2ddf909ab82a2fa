import { counted } from "../base/counted.ts";
import type { Tone } from "../base/tone.ts";

/**
 * The first sentence that people read: where the fleet stands, as a decision. What is not known never
 * counts as good: without a finding the verdict is good only when every host was inspected lately and
 * fresh data speaks of every package on it.
 */
export interface VerdictFacts {
  readonly hosts: number;
  /** Hosts of which nothing is known. */
  readonly neverInspected: number;
  /** Hosts that were inspected, but longer ago than counts as fresh. */
  readonly stale: number;
  /** Hosts without a finding of which not every package is covered by fresh data. */
  readonly notFullyKnown: number;
  /** No feed of advisories was ever loaded. */
  readonly hasNoFeed: boolean;
  readonly exploited: { readonly vulnerabilities: number; readonly hosts: number };
  readonly open: { readonly vulnerabilities: number; readonly hosts: number };
  /** The update that takes known exploited flaws off most hosts; null when none is offered. */
  readonly best: { readonly name: string; readonly hosts: number; readonly href: string } | null;
  readonly halted: number;
  readonly overdue: number;
}

export interface VerdictPart {
  readonly text: string;
  readonly href: string | null;
}

export interface Verdict {
  readonly tone: Tone;
  readonly parts: readonly VerdictPart[];
}

export function verdictOn(facts: VerdictFacts): Verdict {
  const blank = blankVerdict(facts);
  if (blank !== null) return blank;
  const main = mainParts(facts);
  const trouble = troubleParts(facts);
  const known = gapParts(facts);
  const parts = [...main.parts, text("."), ...trouble.parts, ...known];
  return { tone: worst([main.tone, ...trouble.tones]), parts };
}

/** Where there is nothing to judge, the sentence says so and no number looks like a result. */
function blankVerdict(facts: VerdictFacts): Verdict | null {
  const { hosts, neverInspected, hasNoFeed } = facts;
  if (hosts === 0) {
    const parts = [text("There are no hosts yet, so nothing is known.")];
    return { tone: "unknown", parts };
  }
  if (neverInspected === hosts) {
    const what = hosts === 1 ? "The one host" : `None of the ${hosts} hosts`;
    const verb = hosts === 1 ? "was not inspected yet" : "was inspected yet";
    return {
      tone: "unknown",
      parts: [link(what, "/hosts?fresh=unknown"), text(` ${verb}, so nothing is known.`)],
    };
  }
  if (!hasNoFeed) return null;
  return {
    tone: "unknown",
    parts: [
      link("No vulnerability data", "/settings/feeds"),
      text(` is loaded, so of ${counted(hosts, "host")} nothing can be said.`),
    ],
  };
}

/** What was known of the fleet at a past moment. */
export interface PastFacts extends Pick<VerdictFacts, "hosts" | "exploited" | "open"> {
  /** Hosts of which nothing was known. */
  readonly unknownHosts: number;
  /** Why nothing can be said; null where something can. */
  readonly nothingKnown: string | null;
}

/**
 * Where the fleet stood at a past moment, as it was known then. How fresh feeds and inspections were is
 * not kept, so the absence of findings is never told as good.
 */
export function pastVerdictOn(facts: PastFacts): Verdict {
  const { hosts, exploited, open, unknownHosts } = facts;
  if (facts.nothingKnown !== null) return { tone: "unknown", parts: [text(facts.nothingKnown)] };
  if (hosts === 0) return { tone: "unknown", parts: [text("There were no hosts.")] };
  const gap =
    unknownHosts === 0 ? "" : ` Not known: ${counted(unknownHosts, "host")} not inspected yet.`;
  if (open.vulnerabilities === 0) {
    const said = `Nothing was found on ${counted(hosts, "host")} where it was known what to look for.`;
    return { tone: "unknown", parts: [text(`${said}${gap}`)] };
  }
  const all = `${vulnerabilities(open.vulnerabilities)} on ${counted(open.hosts, "host")}`;
  if (exploited.vulnerabilities === 0) {
    const said = `No flaw that was known to be exploited; ${all}.`;
    return { tone: "attention", parts: [text(`${said}${gap}`)] };
  }
  const { vulnerabilities: flaws } = exploited;
  const bad = `${flaws} known-exploited ${flaws === 1 ? "flaw" : "flaws"} reached ${counted(exploited.hosts, "host")}`;
  return { tone: "bad", parts: [text(`${bad}; in all ${all}.${gap}`)] };
}

interface Main {
  readonly tone: Tone;
  readonly parts: readonly VerdictPart[];
}

function mainParts(facts: VerdictFacts): Main {
  const { exploited, open, hosts } = facts;
  if (exploited.vulnerabilities > 0) return { tone: "bad", parts: exploitedParts(facts) };
  if (open.vulnerabilities > 0) {
    return {
      tone: "attention",
      parts: [
        text("No flaw that is known to be exploited; "),
        link(vulnerabilities(open.vulnerabilities), "/findings"),
        text(" on "),
        link(counted(open.hosts, "host"), "/hosts?risk=attention"),
      ],
    };
  }
  if (isFullyKnown(facts)) {
    const all = hosts === 1 ? "the one host" : `any of the ${hosts} hosts`;
    return {
      tone: "good",
      parts: [
        text("No known vulnerability on "),
        link(all, "/hosts"),
        text(", all inspected lately"),
      ],
    };
  }
  return { tone: "unknown", parts: [text("Nothing was found where it is known what to look for")] };
}

function exploitedParts({ exploited, best }: VerdictFacts): VerdictPart[] {
  const { vulnerabilities: flaws, hosts } = exploited;
  const reach = flaws === 1 ? " reaches " : " reach ";
  const sentence = [
    link(`${flaws} known-exploited ${flaws === 1 ? "flaw" : "flaws"}`, "/findings?exploited=true"),
    text(reach),
    link(counted(hosts, "host"), "/hosts?risk=bad"),
  ];
  if (best === null) return [...sentence, text("; no update that clears them is offered yet")];
  const share =
    best.hosts >= hosts ? (hosts === 1 ? "it" : "all of them") : `${best.hosts} of them`;
  return [
    ...sentence,
    text("; "),
    link("one update", best.href),
    text(` (${best.name}) helps ${share}`),
  ];
}

function troubleParts(facts: VerdictFacts): {
  readonly tones: readonly Tone[];
  readonly parts: readonly VerdictPart[];
} {
  const parts: VerdictPart[] = [];
  const tones: Tone[] = [];
  if (facts.overdue > 0) {
    const are = facts.overdue === 1 ? " is" : " are";
    parts.push(
      text(" "),
      link(counted(facts.overdue, "deadline"), "/patches"),
      text(`${are} over.`),
    );
    tones.push("bad");
  }
  if (facts.halted > 0) {
    const are = facts.halted === 1 ? " is" : " are";
    parts.push(
      text(" "),
      link(counted(facts.halted, "rollout"), "/rollouts"),
      text(`${are} halted.`),
    );
    tones.push("attention");
  }
  return { tones, parts };
}

/** What the sentence does not speak of, counted. */
function gapParts(facts: VerdictFacts): VerdictPart[] {
  const gaps: readonly (readonly [number, string, string])[] = [
    [facts.neverInspected, "never inspected", "/hosts?fresh=unknown"],
    [facts.stale, "not inspected lately", "/hosts?fresh=attention"],
    [facts.notFullyKnown, "not fully covered by fresh data", "/hosts?risk=unknown"],
  ];
  const told = gaps.filter(([hosts]) => hosts > 0);
  if (told.length === 0) return [];
  return [
    text(" Not known: "),
    ...told.flatMap(([hosts, what, href], at) => [
      ...(at === 0 ? [] : [text(", ")]),
      link(counted(hosts, "host"), href),
      text(` ${what}`),
    ]),
    text("."),
  ];
}

function isFullyKnown(facts: VerdictFacts): boolean {
  return facts.neverInspected + facts.stale + facts.notFullyKnown === 0;
}

const order: readonly Tone[] = ["bad", "attention", "unknown", "good"];

function worst(tones: readonly Tone[]): Tone {
  return order.find((tone) => tones.includes(tone)) ?? "unknown";
}

function vulnerabilities(number: number): string {
  return number === 1 ? "1 vulnerability" : `${number} vulnerabilities`;
}

function text(words: string): VerdictPart {
  return { text: words, href: null };
}

function link(words: string, href: string): VerdictPart {
  return { text: words, href };
}
