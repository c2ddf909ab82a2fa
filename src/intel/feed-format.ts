import type { Instant } from "../base/instant.ts";
import type { Statement } from "./model.ts";

/**
 * What every feed is read into, whatever its wire format.
 *
 * A format recognises its files by content, never by name. It reads document after document, so that
 * large archives never stand in memory as objects twice. A bad record becomes a problem with its place
 * and the reason, and never drops the good ones; only a file that is no such feed at all is refused.
 */
export interface FeedFormat {
  readonly name: string;
  /** `head` is the beginning of the first document (at most `HEAD_BYTES`), decoded. */
  recognise(head: string): boolean;
  begin(): FeedCollector;
}

export interface FeedCollector {
  /** Large documents are read in turns, so that the server answers others meanwhile. */
  add(document: FeedDocument): void | Promise<void>;
  finish(): readonly FeedReading[];
}

/** One file, or one entry of an archive. */
export interface FeedDocument {
  /** Where it stood, for problems: the entry's name, or "" for a plain file. */
  readonly place: string;
  readonly text: string;
  readonly isArchived: boolean;
}

/** Gives way to other work of the process. */
export function giveWay(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

export const HEAD_BYTES = 65_536;

/** One source's whole content, or some records of it. */
export interface FeedReading {
  readonly feed: string;
  /** `part` adds or replaces the records it names; `whole` also ends those it no longer names. */
  readonly extent: "whole" | "part";
  /** When the content was made, by its own word; null when it does not say. */
  readonly asOf: Instant | null;
  /** What people must know when they rely on it: model version, derivation; "" when nothing. */
  readonly label: string;
  /** False when absence from this content means nothing, as in a derived excerpt. */
  readonly isComplete: boolean;
  /** Good records, for the shrink guard. */
  readonly entryCount: number;
  readonly content: FeedContent;
  readonly problems: FeedProblems;
}

export type FeedContent =
  | {
      readonly kind: "advisories";
      readonly statements: readonly Statement[];
      readonly texts: readonly VulnerabilityText[];
    }
  | {
      readonly kind: "records";
      readonly texts: readonly VulnerabilityText[];
      readonly ssvc: readonly SsvcEntry[];
      /** What the records say by CPE names; absent in feeds that know none. */
      readonly statements?: readonly Statement[];
    }
  | { readonly kind: "vex"; readonly statements: readonly VexStatement[] }
  | { readonly kind: "lifecycle"; readonly cycles: readonly SupportCycle[] }
  | { readonly kind: "kev"; readonly entries: readonly KevEntry[] }
  | { readonly kind: "epss"; readonly scores: EpssScores };

/** What one feed says about a vulnerability itself, apart from packages. */
export interface VulnerabilityText {
  readonly id: string;
  readonly title: string;
  readonly publishedAt: Instant | null;
  readonly status: "published" | "rejected" | "withdrawn" | "disputed";
  /** When this record was last changed; of two copies the newer counts. */
  readonly modifiedAt?: Instant;
  /** What people read of it; absent where the feed says no more than a title. */
  readonly detail?: VulnerabilityDetail;
  readonly cvss: readonly {
    readonly source: string;
    readonly version: string;
    readonly vector: string;
    readonly score: number;
  }[];
}

/** All of it as the feed says it: text of many lines, addresses, CWE ids, ids of other databases. */
export interface VulnerabilityDetail {
  readonly description: string;
  readonly references: readonly string[];
  readonly weaknesses: readonly string[];
  /** Other names of the same bug. */
  readonly aliases: readonly string[];
  /** Bugs that the record covers or is about, which are not the same. */
  readonly upstream: readonly string[];
  readonly modifiedAt: Instant | null;
  /** Files of Linux that it is in, and in no other; absent where the record does not say. */
  readonly programFiles?: readonly string[];
}

export interface KevEntry {
  readonly id: string;
  readonly addedAt: Instant;
  readonly dueAt: Instant | null;
  readonly isRansomware: boolean;
}

export interface SsvcEntry {
  readonly id: string;
  readonly exploitation: "none" | "poc" | "active";
  readonly isAutomatable: boolean;
  readonly technicalImpact: "partial" | "total";
}

/** Columns, not rows: a third of a million scores are loaded at once. */
export interface EpssScores {
  readonly ids: readonly string[];
  readonly scores: readonly number[];
  readonly percentiles: readonly number[];
}

/**
 * What an author says about a vulnerability in named products: latest statement per author and
 * product wins. A product is told by identifiers; which of them fit a package is `vex-match.ts`.
 */
export interface VexStatement {
  readonly vulnerability: string;
  readonly aliases: readonly string[];
  readonly products: readonly VexProduct[];
  readonly status: "affected" | "not-affected" | "fixed" | "under-investigation";
  /** Why it is not affected, or what to do: the author's own words. */
  readonly justification: string;
  readonly author: string;
  readonly document: string;
  readonly at: Instant | null;
}

export interface VexProduct {
  /** Package URLs, CPE names, or whatever the document calls it. */
  readonly identifiers: readonly string[];
  readonly name: string;
  /** One version, or a range (`vers:npm/<2.0.0`, `<2.0.0`); "" for every version. */
  readonly version: string;
  /** What is inside of it, where the statement speaks of parts; empty for the product itself. */
  readonly parts: readonly string[];
}

/** How long a release of a product is supported. */
export interface SupportCycle {
  readonly product: string;
  readonly cycle: string;
  readonly releasedAt: Instant | null;
  /** End of ordinary support: a time, or only that it ended (or has not). */
  readonly supportEnds: Instant | boolean | null;
  readonly extendedEnds: Instant | boolean | null;
  readonly latest: string;
}

export interface FeedProblem {
  readonly place: string;
  readonly reason: string;
}

export interface FeedProblems {
  /** The first ones. */
  readonly kept: readonly FeedProblem[];
  readonly count: number;
}

const PROBLEMS_KEPT_MAX = 100;
const PLACE_LENGTH_MAX = 200;

/** Collects problems, keeps the first, counts all. */
export class ProblemList implements FeedProblems {
  readonly kept: FeedProblem[] = [];
  count = 0;

  add(place: string, reason: string): void {
    this.count++;
    if (this.kept.length >= PROBLEMS_KEPT_MAX) return;
    this.kept.push({ place: cleanText(place, PLACE_LENGTH_MAX), reason: cleanText(reason, 300) });
  }

  /** Those of another list too. */
  take(others: FeedProblems): void {
    for (const { place, reason } of others.kept) this.add(place, reason);
    this.count += others.count - others.kept.length;
  }
}

export const VULNERABILITY_ID = /^[A-Za-z0-9][A-Za-z0-9._:+-]{2,99}$/;
export const CVE_ID = /^CVE-\d{4}-\d{4,19}$/;
export const TITLE_LENGTH_MAX = 300;

const DESCRIPTION_LENGTH_MAX = 4_000;
const REFERENCES_MAX = 40;
const IDS_MAX = 100;

/** A detail within its limits; undefined when nothing is said. */
export function detailOf(of: Partial<VulnerabilityDetail>): VulnerabilityDetail | undefined {
  const listOf = (values: readonly string[] | undefined, max: number, pattern: RegExp): string[] =>
    [...new Set(values ?? [])].filter((value) => pattern.test(value)).slice(0, max);
  const detail = {
    description: cleanLines(of.description ?? "", DESCRIPTION_LENGTH_MAX),
    references: listOf(of.references, REFERENCES_MAX, /^https?:\/\/[^\s\u0000-\u001f]{3,500}$/),
    weaknesses: listOf(of.weaknesses, REFERENCES_MAX, /^CWE-\d{1,5}$/),
    aliases: listOf(of.aliases, IDS_MAX, VULNERABILITY_ID).sort(),
    upstream: listOf(of.upstream, IDS_MAX, VULNERABILITY_ID).sort(),
    modifiedAt: of.modifiedAt ?? null,
  };
  const { description, references, weaknesses, aliases, upstream } = detail;
  const programFiles = wholeList(of.programFiles ?? [], /^[A-Za-z0-9_][A-Za-z0-9_.,+/-]{0,199}$/);
  const count =
    references.length + weaknesses.length + aliases.length + upstream.length + programFiles.length;
  if (description === "" && count === 0) return undefined;
  return programFiles.length === 0 ? detail : { ...detail, programFiles };
}

/** A list that means "these and no other": all of it, or nothing. */
function wholeList(values: readonly string[], pattern: RegExp): readonly string[] {
  const all = [...new Set(values)].sort();
  return all.length > IDS_MAX || !all.every((value) => pattern.test(value)) ? [] : all;
}

/** Like `cleanText`, but lines stay lines. */
function cleanLines(text: string, lengthMax: number): string {
  return text
    .replaceAll(/[\u0000-\u0009\u000b-\u001f\u007f]+/g, " ")
    .trim()
    .slice(0, lengthMax)
    .toWellFormed();
}

/** Text that PostgreSQL can store (no NUL, no half characters) on one line of limited length. */
export function cleanText(text: string, lengthMax: number): string {
  return text
    .replaceAll(/[\u0000-\u001f\u007f]+/g, " ")
    .trim()
    .slice(0, lengthMax)
    .toWellFormed();
}
