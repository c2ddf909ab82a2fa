import { sql } from "kysely";
import { present } from "../base/failure.ts";
import type { Instant } from "../base/instant.ts";
import { type Reader, sqlInstant, sqlJson, type Tx } from "../db/database.ts";
import type { ListedEntry, ReadLists, SignedEntry } from "./signed-entries.ts";
import type { ReadSources, SignedFile } from "./signed-proof.ts";

/** What signed lists say of packages. */

/** Which lists of an apt archive the hosts use. */
export async function loadListsAsked(
  reader: Reader,
  of: { readonly uri: string; readonly suite: string },
): Promise<{ readonly components: readonly string[]; readonly archs: readonly string[] }> {
  const { rows } = await sql<{ components: string; arch: string }>`
    select distinct s ->> 'components' as components, h.facts ->> 'arch' as arch
      from host h cross join lateral jsonb_array_elements(h.facts -> 'sources') s
     where h.removed_at is null
       and h.facts -> 'sources' @> jsonb_build_array(jsonb_build_object(
             'uri', ${of.uri}::text, 'suite', ${of.suite}::text))
       and s ->> 'uri' = ${of.uri} and s ->> 'suite' = ${of.suite}`.execute(reader);
  const sorted = (texts: readonly string[]): string[] => [...new Set(texts)].sort();
  const components = rows.flatMap((row) => row.components.split(/[ ,]+/));
  return {
    components: sorted(components).filter((part) => /^[A-Za-z0-9][A-Za-z0-9./_-]*$/.test(part)),
    archs: sorted(rows.map((row) => row.arch)).filter((arch) => /^[a-z0-9-]+$/.test(arch)),
  };
}

const AT_ONCE = 10_000;

/** The lists of this index are read, or are those that were; returns the source's number. */
export async function saveListed(
  tx: Tx,
  of: { readonly uri: string; readonly suite: string },
  index: { readonly digest: string; readonly dated: Instant },
): Promise<number> {
  const { rows } = await sql<{ num: number }>`
    update package_source_key set listed = ${index.digest}, unlisted = null,
           listed_dated = ${sqlInstant(index.dated)}
     where uri = ${of.uri} and suite = ${of.suite} returning num`.execute(tx);
  return present(rows[0], "the source, which is locked").num;
}

/** Takes the place of what the lists of an earlier index said; what stood in those stays known. */
export async function saveLists(
  tx: Tx,
  num: number,
  seen: { readonly dated: Instant; readonly read: ReadLists },
): Promise<void> {
  await sql`update package_source_key set lists = ${sqlJson(seen.read.lists)}
             where num = ${num}`.execute(tx);
  const known = await loadKnown(tx, num);
  const fresh: ListedEntry[] = [];
  for (const entry of seen.read.entries) {
    const key = keyOf(entry);
    if (known.get(key) === entry.list) known.delete(key);
    else fresh.push(entry);
  }
  const came = new Set(fresh.map(keyOf));
  await markGone(tx, num, {
    keys: [...known.keys()].filter((key) => !came.has(key)),
    at: seen.dated,
  });
  for (let at = 0; at < fresh.length; at += AT_ONCE) {
    const some = fresh.slice(at, at + AT_ONCE);
    await sql`
      insert into signed_package (source_num, name, arch, version, sha256, list, first_seen)
      select ${num}, name, arch, version, sha256, list, ${sqlInstant(seen.dated)}
        from unnest(${some.map((e) => e.name)}::text[], ${some.map((e) => e.arch)}::text[],
                    ${some.map((e) => e.version)}::text[], ${some.map((e) => e.sha256)}::text[],
                    ${some.map((e) => e.list)}::smallint[]) as g (name, arch, version, sha256, list)
      on conflict (source_num, name, arch, version, sha256)
      do update set list = excluded.list, gone = null`.execute(tx);
  }
}

export async function saveUnlisted(
  tx: Tx,
  of: { readonly uri: string; readonly suite: string },
  because: string,
): Promise<void> {
  await sql`update package_source_key set unlisted = ${because}
             where uri = ${of.uri} and suite = ${of.suite}`.execute(tx);
}

function keyOf({ name, arch, version, sha256 }: SignedEntry): string {
  return `${name} ${arch} ${version} ${sha256}`;
}

/** What stands in the lists until now, with the list that names it. */
async function loadKnown(tx: Tx, num: number): Promise<Map<string, number>> {
  const { rows } = await sql<{ key: string; list: number }>`
    select name || ' ' || arch || ' ' || version || ' ' || sha256 as key, list
      from signed_package where source_num = ${num} and gone is null`.execute(tx);
  return new Map(rows.map(({ key, list }) => [key, list]));
}

async function markGone(
  tx: Tx,
  num: number,
  of: { readonly keys: readonly string[]; readonly at: Instant },
): Promise<void> {
  for (let at = 0; at < of.keys.length; at += AT_ONCE) {
    await sql`
      update signed_package set gone = ${sqlInstant(of.at)}
       where source_num = ${num} and gone is null
         and name || ' ' || arch || ' ' || version || ' ' || sha256
             = any(${of.keys.slice(at, at + AT_ONCE)}::text[])`.execute(tx);
  }
}

/** Everything that signed lists say, now or before, of these names and versions; oldest first. */
export async function loadSignedFiles(
  reader: Reader,
  of: readonly { readonly name: string; readonly version: string }[],
): Promise<readonly SignedFile[]> {
  const { rows } = await sql<SignedFile>`
    select s.source_num as source, k.uri, k.suite, s.name, s.arch, s.version, s.sha256,
           s.first_seen as "firstSeen", s.gone is not null as "isGone",
           coalesce(k.lists -> s.list::int ->> 'path', '-') as list,
           k.listed_dated as dated, k.signed_by as "signedBy"
      from signed_package s join package_source_key k on k.num = s.source_num
     where (s.name, s.version) in (
       select * from unnest(${of.map((one) => one.name)}::text[],
                            ${of.map((one) => one.version)}::text[]))
       and k.signed_by is not null
     order by s.first_seen, s.source_num, s.name, s.arch, s.version, s.sha256`.execute(reader);
  return rows;
}

/** Sources whose lists are read and that nothing is said against; `archs` null: of all. */
export const readingSources = sql`
  select num, jsonb_build_object('uri', uri, 'suite', suite) as source,
         case when not lists @> '[{"arch": null}]'
              then jsonb_path_query_array(lists, '$[*].arch') end as archs
    from package_source_key where listed is not null and state <> 'refused'`;

/** Of `host h`, over `reading`: those of its sources, and how many it has. */
export const readOfHost = sql`jsonb_build_object(
  'sources', coalesce(jsonb_array_length(h.facts -> 'sources'), 0),
  'read', (select coalesce(jsonb_agg(jsonb_build_object('num', r.num, 'archs', r.archs)
                                     order by r.num), '[]')
             from reading r where h.facts -> 'sources' @> jsonb_build_array(r.source)))`;

export function readSourcesOf(seen: {
  readonly read: readonly { readonly num: number; readonly archs: readonly string[] | null }[];
  readonly sources: number;
}): ReadSources {
  const limited = seen.read.flatMap(({ archs }) => (archs === null ? [] : [archs]));
  const [first, ...others] = limited;
  return {
    sources: seen.read.map(({ num }) => num),
    archs: first?.filter((arch) => others.every((archs) => archs.includes(arch))) ?? null,
    isAll: seen.read.length > 0 && seen.read.length === seen.sources,
  };
}
