import type { Instant } from "../base/instant.ts";
import type { StoredPackage } from "../inventory/model.ts";
import { eventSentence } from "../ledger/event-sentence.ts";
import type { HostEvent, JobWord } from "./store-timeline.ts";

/** Entries of a host's timeline in words. Pure. */
interface StoryEntry {
  readonly at: Instant;
  readonly kind: "inspection" | "packages" | "contact" | "job" | "refusal" | "edit";
  readonly sentence: string;
  readonly details: string[];
  readonly href: string | null;
}

const told: Readonly<Record<string, readonly [StoryEntry["kind"], string]>> = {
  "host.added": ["edit", "was added"],
  "host.removed": ["edit", "was removed"],
  "host.inspected": ["inspection", "was inspected; what it has or is offered was new"],
  "host.lost": ["contact", "could not be inspected"],
};

export function hostEventEntry({ type, at, facts }: HostEvent): StoryEntry {
  const known = told[type];
  const why = typeof facts["why"] === "string" ? `: ${facts["why"].replaceAll("-", " ")}` : "";
  if (known !== undefined) {
    return { at, kind: known[0], sentence: `${known[1]}${why}`, details: [], href: null };
  }
  if (type === "host.edited") {
    const { changed } = facts;
    const what = Array.isArray(changed) ? `: ${changed.join(", ")}` : "";
    return { at, kind: "edit", sentence: `was edited${what}`, details: [], href: null };
  }
  return { at, kind: "edit", sentence: eventSentence({ type, facts }), details: [], href: null };
}

const DETAILS_MAX = 40;

/** What changed between two inspections; a package that moved is told once, with both versions. */
export function packageEntry(of: {
  readonly at: Instant;
  readonly isFirst: boolean;
  readonly count: number;
  readonly added: readonly StoredPackage[];
  readonly gone: readonly StoredPackage[];
}): StoryEntry {
  const { at } = of;
  const base = { at, kind: "packages" as const, href: null };
  if (of.isFirst) {
    return { ...base, sentence: `was first seen, with ${packages(of.count)}`, details: [] };
  }
  const earlier = new Map(of.gone.map((one) => [nameOf(one), one]));
  const later = new Set(of.added.map(nameOf));
  const moved = of.added.filter((one) => earlier.has(nameOf(one)));
  const added = of.added.filter((one) => !earlier.has(nameOf(one)));
  const removed = of.gone.filter((one) => !later.has(nameOf(one)));
  const lines = [
    ...moved.map((one) => `${one.name} ${earlier.get(nameOf(one))?.version} → ${one.version}`),
    ...added.map((one) => `${one.name} ${one.version} added`),
    ...removed.map((one) => `${one.name} ${one.version} removed`),
  ];
  const counts = [
    [moved.length, "changed"],
    [added.length, "added"],
    [removed.length, "removed"],
  ] as const;
  const parts = counts.filter(([n]) => n > 0).map(([n, what]) => `${packages(n)} ${what}`);
  const more = lines.length - DETAILS_MAX;
  return {
    ...base,
    sentence: parts.join(", "),
    details: [...lines.slice(0, DETAILS_MAX), ...(more > 0 ? [`and ${more} more`] : [])],
  };
}

function nameOf(one: StoredPackage): string {
  return `${one.name}:${one.arch}`;
}

function packages(count: number): string {
  return count === 1 ? "1 package" : `${count} packages`;
}

const results: Readonly<Record<string, string>> = {
  done: "reported that it is done",
  noop: "had everything already",
  failed: "failed",
  "rolled-back": "put back its earlier versions",
  reverted: "took the update off again",
  held: "stopped",
  refused: "refused",
};

export function jobEntry(word: JobWord): StoryEntry {
  const { at, state, code, rollout, title } = word;
  const because = code === "" || code === "-" ? "" : ` with ${code}`;
  const about = rollout === null ? "" : `R-${rollout} (${title}): `;
  return {
    at,
    kind: state === "refused" ? "refusal" : "job",
    sentence: `${about}${results[state] ?? state}${because}, signed by its own key`,
    details: [],
    href: rollout === null ? null : `/rollouts/R-${rollout}`,
  };
}
