import type { FeedReading } from "./feed-format.ts";
import type { Statement } from "./model.ts";
import type { IndexOffer } from "./package-index.ts";

/**
 * What one file says, in a compact text that is read again in part: a head, then sections. Statements
 * stand in one section per ecosystem, one line per package name, so that judging one machine touches
 * the lines of its own packages and parses nothing else. Equal statements of one advisory about
 * several vulnerabilities stand once.
 */
export interface FileKnowledge {
  readonly head: KnowledgeHead;
  /** `s:<ecosystem>` statements, `o:<family>` offers, `v:` VEX statements. */
  readonly sections: ReadonlyMap<string, string>;
}

export interface KnowledgeHead {
  /** What the file is: `feed`, `packages`, `sources`, `release`, or why it is none of these. */
  readonly kind: "feed" | "packages" | "sources" | "release" | "other";
  /** In words, for people. */
  readonly is: string;
  /** True when some of it could not be read, so that it may have said more. */
  readonly isDamaged: boolean;
  readonly feeds: FeedHead[];
  readonly rejected: string[];
  readonly disputed: string[];
  /** Records that were withdrawn: feed, advisory, when. */
  readonly withdrawn: (readonly [feed: string, advisory: string, at: number])[];
  /** Of a package index, and of a Release file: the release, where it is known. */
  readonly ecosystem: string | null;
  /** Digests of indexes a Release file vouches for. */
  readonly indexes: readonly string[];
  readonly problems: { readonly place: string; readonly reason: string }[];
}

export interface FeedHead {
  readonly feed: string;
  readonly asOf: number | null;
  readonly label: string;
  /** `part` is a few records that were lying about alone; how much they cover shows their number. */
  readonly extent: "whole" | "part";
  readonly isComplete: boolean;
  readonly entryCount: number;
  readonly problemCount: number;
}

export function emptyHead(kind: KnowledgeHead["kind"], is: string): KnowledgeHead {
  const none = { feeds: [], rejected: [], disputed: [], withdrawn: [], indexes: [], problems: [] };
  return { kind, is, isDamaged: false, ecosystem: null, ...none };
}

const PROBLEMS_SHOWN_MAX = 5;

export function knowledgeOf(readings: readonly FeedReading[]): FileKnowledge {
  const head = emptyHead("feed", readings.map((r) => r.feed).join(", "));
  const statements: Aged[] = [];
  const modified = new Map<string, number>();
  const vex: string[] = [];
  for (const { content, problems, ...reading } of readings) {
    const { feed, asOf, label, extent, isComplete, entryCount } = reading;
    const problemCount = problems.count;
    head.feeds.push({ feed, asOf, label, extent, isComplete, entryCount, problemCount });
    head.problems.push(...problems.kept.slice(0, PROBLEMS_SHOWN_MAX));
    if (content.kind === "vex") for (const s of content.statements) vex.push(JSON.stringify(s));
    if (content.kind !== "advisories" && content.kind !== "records") continue;
    for (const text of content.texts) {
      if (text.status === "rejected") head.rejected.push(text.id);
      if (text.status === "disputed") head.disputed.push(text.id);
      if (text.status === "withdrawn") head.withdrawn.push([feed, text.id, text.modifiedAt ?? 0]);
      if (text.modifiedAt !== undefined) modified.set(text.id, text.modifiedAt);
    }
    const age = asOf ?? newestOf(content.texts);
    for (const statement of content.statements ?? []) statements.push({ statement, age });
  }
  const sections = new Map<string, string>();
  if (vex.length > 0) sections.set("v:", vex.join("\n"));
  const byEcosystem = Map.groupBy(statements, (s) => s.statement.ecosystem);
  for (const [ecosystem, own] of byEcosystem) {
    sections.set(`s:${ecosystem}`, statementSection(own, modified));
  }
  return { head, sections };
}

interface Aged {
  readonly statement: Statement;
  /** Of statements that have no date of their own: larger is newer, within one feed. */
  readonly age: number;
}

/**
 * Of a feed without any date the newest CVE that it names tells which of two copies is newer: ids are
 * given away in order of time. Smaller than any instant, so a copy with a date counts as newer.
 */
function newestOf(texts: readonly { readonly id: string }[]): number {
  let newest = 0;
  for (const { id } of texts) {
    const [, year, number] = /^CVE-(\d{4})-(\d{4,8})$/.exec(id) ?? [];
    if (year !== undefined) newest = Math.max(newest, Number(year) * 1e8 + Number(number));
  }
  return newest;
}

/** One line per name: the name, a tab, then what is said about it. */
function statementSection(
  statements: readonly Aged[],
  modified: ReadonlyMap<string, number>,
): string {
  const byName = Map.groupBy(statements, (s) => s.statement.packageName);
  return [...byName]
    .map(
      ([name, own]) =>
        `${name.replaceAll(/[\t\n]/g, " ")}\t${JSON.stringify(groups(own, modified))}`,
    )
    .join("\n");
}

type Group = readonly [
  feed: string,
  matches: "source" | "binary",
  advisory: string,
  modifiedAt: number,
  vulnerabilities: string[],
  state: Statement["state"],
  urgency: string,
  streams: readonly string[] | null,
  arches: readonly string[] | null,
];

function groups(
  statements: readonly Aged[],
  modified: ReadonlyMap<string, number>,
): readonly Group[] {
  const found = new Map<string, Group>();
  for (const { statement: s, age } of statements) {
    const at = modified.get(s.advisory || s.vulnerability) ?? (s.advisory === "" ? age : 0);
    const state = JSON.stringify([s.state, s.streams ?? null, s.arches ?? null]);
    const key = `${s.feed}\n${s.matches}\n${s.advisory}\n${s.urgency}\n${at}\n${state}`;
    const known = found.get(key);
    if (known !== undefined) {
      known[4].push(s.vulnerability);
      continue;
    }
    found.set(key, [
      s.feed,
      s.matches,
      s.advisory,
      at,
      [s.vulnerability],
      s.state,
      s.urgency,
      s.streams ?? null,
      s.arches ?? null,
    ]);
  }
  return [...found.values()];
}

export interface DatedStatement extends Statement {
  readonly modifiedAt: number;
  /** When the file that holds it was last written; 0 where nobody knows. */
  readonly fileAt: number;
}

/** The statements about the wanted names; the text is our own, made by `knowledgeOf`. */
export function statementsIn(
  section: string,
  of: { readonly ecosystem: string; readonly fileAt: number },
  wanted: (name: string) => boolean,
): readonly DatedStatement[] {
  const found: DatedStatement[] = [];
  for (const [packageName, text] of namedLines(section)) {
    if (!wanted(packageName)) continue;
    for (const group of JSON.parse(text) as readonly Group[]) {
      for (const s of statementsOf(group, of, packageName)) found.push(s);
    }
  }
  return found;
}

function statementsOf(
  group: Group,
  { ecosystem, fileAt }: { readonly ecosystem: string; readonly fileAt: number },
  packageName: string,
): readonly DatedStatement[] {
  const [feed, matches, advisory, modifiedAt, ids, state, urgency, streams, arches] = group;
  const common = {
    ...{ feed, ecosystem, packageName, matches, advisory, state, urgency, modifiedAt, fileAt },
    ...(streams === null ? {} : { streams }),
    ...(arches === null ? {} : { arches }),
  };
  return ids.map((vulnerability) => ({ ...common, vulnerability }));
}

export function offerSection(offers: readonly IndexOffer[]): string {
  const byName = Map.groupBy(offers, (o) => (isKernel(o) ? "linux-image" : o.name));
  return [...byName].map(([name, own]) => `${name}\t${JSON.stringify(own)}`).join("\n");
}

/** A kernel's fix comes as a package of another name, so all kernels stand under one. */
export function isKernel(of: { readonly name: string }): boolean {
  return /^linux-image-(unsigned-)?\d/.test(of.name);
}

export function offersIn(
  section: string,
  wanted: (name: string) => boolean,
): readonly IndexOffer[] {
  const found: IndexOffer[] = [];
  for (const [name, text] of namedLines(section)) {
    if (wanted(name)) found.push(...(JSON.parse(text) as readonly IndexOffer[]));
  }
  return found;
}

function* namedLines(section: string): Generator<readonly [name: string, text: string]> {
  for (let start = 0; start < section.length; ) {
    const end = section.indexOf("\n", start);
    const stop = end < 0 ? section.length : end;
    const tab = section.indexOf("\t", start);
    yield [section.slice(start, tab), section.slice(tab + 1, stop)];
    start = stop + 1;
  }
}
