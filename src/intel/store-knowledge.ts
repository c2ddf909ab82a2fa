import { type RawBuilder, sql } from "kysely";
import type { Instant } from "../base/instant.ts";
import { keepLast, keptFor } from "../base/kept.ts";
import type { Db, Reader } from "../db/database.ts";
import { type Filters, filtersOf } from "./filter.ts";
import type { Knowledge, KnownPackage, KnownPair, Members } from "./knowledge.ts";
import type { Vulnerability } from "./model.ts";
import { withAsides } from "./runtime-aside.ts";
import { byChannel } from "./seen-pairs.ts";
import {
  type Changes,
  changeKey,
  loadChanges,
  loadNoted,
  type Noted,
} from "./store-knowledge-change.ts";
import { holdsAt } from "./store-range.ts";
import { loadAsides } from "./store-runtime-aside.ts";
import { arrayText } from "./store-statement.ts";
import { loadVexClaims } from "./store-vex.ts";
import { loadVulnerabilities } from "./store-vulnerability.ts";

/**
 * Knowledge about distinct packages, kept in memory between requests. What is kept is used only while
 * the database says, in the same look, that nothing of it has changed since; sets never change at all.
 */
interface Kept {
  knowledge: Promise<Knowledge> | null;
  key: string;
  /** The last that was read whole or brought up to date, for reading only what changed since. */
  last: Read | null;
  readonly past: Map<string, Promise<Knowledge>>;
  readonly members: Map<number, Members>;
}

interface Read {
  readonly knowledge: Knowledge;
  readonly noted: Noted;
}

const kept = new WeakMap<object, Kept>();

/** About 200 MB of sets; more than that many different sets are read anew when they are needed. */
const MEMBERS_KEPT_MAX = 50_000_000;

function keptOf(reader: Reader): Kept {
  const found = kept.get(reader) ?? {
    ...{ knowledge: null, key: "", last: null },
    ...{ past: new Map(), members: new Map() },
  };
  kept.set(reader, found);
  return found;
}

export async function loadKnowledge(reader: Reader, asOf?: Instant): Promise<Knowledge> {
  if (asOf !== undefined) return await loadPastKnowledge(reader, asOf);
  const own = keptOf(reader);
  const key = await changeKey(reader);
  if (own.knowledge === null || own.key !== key) {
    const reading = inOneLook(reader, (look) => readNow(look, own.last));
    const loading = reading.then(({ knowledge }) => knowledge);
    own.knowledge = loading;
    own.key = key;
    reading.then(
      (made) => {
        // It may have been read a moment later than the key, and then belongs to the later one.
        if (own.knowledge === loading) own.key = made.knowledge.key;
        own.last = made;
      },
      () => {
        if (own.knowledge === loading) own.knowledge = null;
      },
    );
  }
  return own.knowledge;
}

/** What was known at a moment; the same key and moment give the same object. */
async function loadPastKnowledge(reader: Reader, asOf: Instant): Promise<Knowledge> {
  const { past } = keptOf(reader);
  const key = `${asOf} ${await changeKey(reader)}`;
  const known = past.get(key) ?? inOneLook(reader, (look) => readParts(look, asOf));
  known.catch(() => past.delete(key));
  return keepLast(past, PASTS_KEPT_MAX, [key, known]);
}

/** A look at the past is taken seldom, but its pages follow each other. */
const PASTS_KEPT_MAX = 2;

/** One look at the database for all of it, so that its parts fit together. */
async function inOneLook<T>(reader: Reader, read: (look: Reader) => Promise<T>): Promise<T> {
  if (reader.isTransaction) return read(reader);
  return (reader as Db)
    .transaction()
    .setIsolationLevel("repeatable read")
    .setAccessMode("read only")
    .execute((tx) => read(tx));
}

async function readNow(reader: Reader, last: Read | null): Promise<Read> {
  const noted = await loadNoted(reader);
  const changes = last === null ? null : await loadChanges(reader, last.noted, noted);
  const knowledge =
    last === null || changes === null
      ? await readParts(reader)
      : await broughtUpToDate(reader, last.knowledge, changes);
  return { knowledge, noted };
}

/** What did not change stays the very same, and what was made from it with it. */
async function broughtUpToDate(
  reader: Reader,
  before: Knowledge,
  { sources, packages: ids, facts: facted, whole }: Changes,
): Promise<Knowledge> {
  const key = await changeKey(reader);
  const pairs = whole.has("source")
    ? await loadAllPairs(reader)
    : withSources(before.pairs, sources, await loadPairsOf(reader, sources));
  const packages = whole.has("package")
    ? await loadKnownPackages(reader)
    : joined(before.packages, ids.length === 0 ? [] : await loadKnownPackages(reader, ids));
  const named = [...new Set(pairs.map((pair) => pair.vulnerability))];
  const isAnew = new Set(facted);
  const wanted = named.filter((id) => whole.has("fact") || isAnew.has(id) || !before.facts.has(id));
  const read = wanted.length === 0 ? [] : await loadVulnerabilities(reader, wanted);
  const told = joined(before.facts, read);
  const facts = pairs === before.pairs ? told : picked(told, named);
  const seen = pairs === before.pairs ? before.seen : byChannel(pairs);
  const filters = await loadFilters(reader);
  return { key, pairs, seen, packages, facts, filters };
}

/** Pairs are in the order of their sources, so those of one source stand together. */
function withSources(
  before: readonly KnownPair[],
  sources: readonly string[],
  now: readonly KnownPair[],
): readonly KnownPair[] {
  if (sources.length === 0) return before;
  const isChanged = new Set(sources);
  const kept = before.filter((pair) => !isChanged.has(pair.source));
  return [...kept, ...now].sort((a, b) => (a.source < b.source ? -1 : a.source > b.source ? 1 : 0));
}

function picked<K, V>(of: ReadonlyMap<K, V>, keys: readonly K[]): ReadonlyMap<K, V> {
  const found = new Map<K, V>();
  for (const key of keys) {
    const value = of.get(key);
    if (value !== undefined) found.set(key, value);
  }
  return found;
}

function joined<K, V>(before: ReadonlyMap<K, V>, now: Iterable<readonly [K, V]>) {
  const more = [...now];
  if (more.length === 0) return before;
  const all = new Map(before);
  for (const [key, value] of more) all.set(key, value);
  return all;
}

async function readParts(reader: Reader, asOf?: Instant): Promise<Knowledge> {
  const key = await changeKey(reader);
  const pairs = await loadAllPairs(reader, asOf);
  const packages = await loadKnownPackages(reader);
  const ids = [...new Set(pairs.map((pair) => pair.vulnerability))];
  const facts = await loadVulnerabilities(reader, ids, asOf);
  const seen = byChannel(pairs);
  const filters = await loadFilters(reader, asOf);
  return { key, pairs, seen, packages, facts, filters };
}

/** What runs is known of now only: a past day is told without what it set aside. */
async function loadFilters(reader: Reader, asOf?: Instant): Promise<Filters> {
  const filters = filtersOf(await loadVexClaims(reader, asOf));
  return asOf === undefined ? withAsides(filters, await loadAsides(reader)) : filters;
}

/** Facts about findings that are over; they too hold as long as the knowledge, which notes all facts. */
const factsBeside = new WeakMap<Knowledge, Map<string, Vulnerability>>();

/** What is known of these vulnerabilities, also of those that no package has any more. */
export async function loadFactsOf(
  reader: Reader,
  knowledge: Knowledge,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Vulnerability>> {
  const beside = keptFor(factsBeside, knowledge);
  const { facts } = knowledge;
  const missing = ids.filter((id) => !facts.has(id) && !beside.has(id));
  if (missing.length > 0) {
    for (const [id, fact] of await loadVulnerabilities(reader, missing)) beside.set(id, fact);
  }
  const found = new Map<string, Vulnerability>();
  for (const id of ids) {
    const fact = beside.get(id) ?? facts.get(id);
    if (fact !== undefined) found.set(id, fact);
  }
  return found;
}

async function loadAllPairs(reader: Reader, asOf?: Instant): Promise<readonly KnownPair[]> {
  return loadPairs(reader, holdsAt(asOf));
}

async function loadPairsOf(
  reader: Reader,
  sources: readonly string[],
): Promise<readonly KnownPair[]> {
  if (sources.length === 0) return [];
  const isOf = sql<boolean>`source = any(${[...sources]}::text[])`;
  return loadPairs(reader, sql<boolean>`${holdsAt(undefined)} and ${isOf}`);
}

/** Ids travel as one text a group: the driver would make an object of each element of an array. */
async function loadPairs(
  reader: Reader,
  where: RawBuilder<boolean>,
): Promise<readonly KnownPair[]> {
  type Row = Omit<KnownPair, "packageIds" | "sinces"> & { ids: string; times: string };
  const { rows } = await sql<Row>`
    select ecosystem, source, vulnerability, state, fixed_version as "fixedVersion",
           channel, string_agg(package_id::text, ',' order by package_id) as ids,
           string_agg(floor(extract(epoch from since) * 1000)::text, ','
             order by package_id) as times, min(since) as since
      from finding_pair where ${where}
     group by 1, 2, 3, 4, 5, 6
     order by source collate "C", vulnerability collate "C", ecosystem, state, channel`.execute(
    reader,
  );
  // Most vulnerabilities of a source are in the same packages: one list serves them all.
  const shared = new Map<string, readonly number[]>();
  const listOf = (text: string): readonly number[] => {
    const list = shared.get(text) ?? numbersIn(text);
    shared.set(text, list);
    return list;
  };
  return rows.map(({ ids, times, ...pair }) => ({
    ...pair,
    packageIds: listOf(ids),
    sinces: listOf(times),
  }));
}

async function loadKnownPackages(
  reader: Reader,
  ids?: readonly number[],
): Promise<ReadonlyMap<number, KnownPackage>> {
  const isMeant = ids === undefined ? sql`true` : sql`p.id = any(${arrayText(ids)}::integer[])`;
  const { rows } = await sql<KnownPackage & { id: number }>`
    select p.id, p.name, p.ecosystem, k.blind_spot as "blindSpot",
           coalesce(k.is_named, false) as "isNamed", k.package_id is not null as "isMatched",
           coalesce(k.role = 'kernel-image', false) as "isKernelImage"
      from package p left join package_match k on k.package_id = p.id
     where ${isMeant}`.execute(reader);
  return new Map(rows.map(({ id, ...known }) => [id, known]));
}

/** The packages of each set; sets that were asked for before are not read again. */
export async function loadMembers(
  reader: Reader,
  setIds: readonly number[],
): Promise<ReadonlyMap<number, Members>> {
  const { members } = keptOf(reader);
  const missing = setIds.filter((id) => !members.has(id));
  for (let at = 0; at < missing.length; at += SETS_AT_ONCE) {
    const { rows } = await sql<{ id: number; ids: string }>`
      select set_id as id, string_agg(package_id::text, ',' order by package_id) as ids
        from package_set_member where ${isOneOf(missing.slice(at, at + SETS_AT_ONCE))}
       group by set_id`.execute(reader);
    for (const row of rows) members.set(row.id, Int32Array.from(numbersIn(row.ids)));
  }
  const found = new Map(setIds.map((id) => [id, members.get(id) ?? new Int32Array(0)] as const));
  forgetBeyond(members, found);
  return found;
}

const SETS_AT_ONCE = 500;

function isOneOf(ids: readonly number[]): RawBuilder<boolean> {
  return sql<boolean>`set_id = any(${arrayText(ids)}::integer[])`;
}

/** Drops sets that were not asked for now, oldest first, as soon as there are too many. */
function forgetBeyond(members: Map<number, Members>, needed: ReadonlyMap<number, Members>): void {
  let size = 0;
  for (const list of members.values()) size += list.length;
  for (const [id, list] of members) {
    if (size <= MEMBERS_KEPT_MAX) return;
    if (needed.has(id)) continue;
    members.delete(id);
    size -= list.length;
  }
}

function numbersIn(text: string): number[] {
  return text.split(",").map(Number);
}
