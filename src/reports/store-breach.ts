import { sql } from "kysely";
import type { PatchId, RolloutId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { keptFor } from "../base/kept.ts";
import type { Selector } from "../base/labels.ts";
import { type Reader, sqlInstant } from "../db/database.ts";
import { arrayText } from "../intel/store-statement.ts";
import { scopeSql } from "../inventory/scope.ts";
import type { Exception } from "../triage/exception.ts";
import { reaches } from "../triage/store-exception-hosts.ts";
import type { CaseOfHosts, HostKind, PlanOfCase, PlanPlaces } from "./behind-groups.ts";
import type { Known } from "./breach.ts";

/** Who still lacks the update of a case, and how far it has come for them. */

export interface CaseBehind {
  readonly patch: PatchId;
  /** Packages that are older than the target. */
  readonly olderIds: readonly number[];
  /** Offers of the target or of something newer. */
  readonly offers: { readonly source: string; readonly versions: readonly string[] };
}

/** Hosts in scope that are alike, each with its number: one text for each kind travels fast. */
export async function loadHostKinds(
  reader: Reader,
  of: {
    readonly scopes: readonly Selector[];
    readonly silentBefore: Instant;
    /** Hosts are told apart by which of these reach them. */
    readonly exceptions: readonly Exception[];
  },
): Promise<readonly HostKind[]> {
  const each = of.exceptions.map(
    ({ number, scope }) => sql`case when ${reaches(scope.hosts, "n")} then ${number}::integer end`,
  );
  const excepted =
    each.length === 0
      ? sql`'{}'::integer[]`
      : sql`array_remove(array[${sql.join(each)}]::integer[], null)`;
  const { rows } = await sql<Omit<HostKind, "hosts"> & { hosts: string }>`
    select n.package_set_id as "setId", n.offer_set_id as "offerSetId", ${excepted} as excepted,
           case when n.contact_state = 'unreachable'
                  or coalesce(n.inspected_at, '-infinity') < ${sqlInstant(of.silentBefore)}
                then date_trunc('day', n.inspected_at) end as "silentSince",
           string_agg(n.num::text, ',') as hosts
      from host_now n where ${scopeSql(of.scopes, "n.labels")}
     group by 1, 2, 3, 4`.execute(reader);
  return rows.map(({ hosts, ...kind }) => ({ ...kind, hosts: numbersIn(hosts).sort() }));
}

/** What of each case hosts are compared with: sets, offers and where plans put them. */
export async function loadCasesOfHosts(
  reader: Reader,
  cases: readonly CaseBehind[],
): Promise<readonly CaseOfHosts[]> {
  const older = await loadOlderSets(reader, cases);
  const offering = await loadOffering(reader, cases);
  const plans = await loadPlans(
    reader,
    cases.map(({ patch }) => patch),
  );
  return cases.map(({ patch }, no) => ({
    patch,
    olderSets: older.get(no) ?? new Set(),
    offering: offering.get(no) ?? new Set(),
    plans: plans.get(patch) ?? [],
  }));
}

interface SetsOfCase {
  readonly no: number;
  readonly sets: readonly number[];
}

function bySets(rows: readonly SetsOfCase[]): ReadonlyMap<number, ReadonlySet<number>> {
  return new Map(rows.map(({ no, sets }) => [no, new Set(sets)]));
}

/** By the place of the case. */
async function loadOlderSets(reader: Reader, cases: readonly CaseBehind[]) {
  const older = cases.flatMap(({ olderIds }, no) => olderIds.map((id) => ({ no, id })));
  const { rows } = await sql<SetsOfCase>`
    select o.no, array_agg(distinct m.set_id) as sets
      from unnest(${arrayText(older.map(({ no }) => no))}::integer[],
                  ${arrayText(older.map(({ id }) => id))}::integer[]) as o (no, package_id)
      join package_set_member m on m.package_id = o.package_id
     group by 1`.execute(reader);
  return bySets(rows);
}

async function loadOffering(reader: Reader, cases: readonly CaseBehind[]) {
  const offers = cases.flatMap(({ offers: { source, versions } }, no) =>
    versions.map((version) => ({ no, source, version })),
  );
  const { rows } = await sql<SetsOfCase>`
    select v.no, array_agg(distinct m.set_id) as sets
      from unnest(${arrayText(offers.map(({ no }) => no))}::integer[],
                  ${offers.map(({ source }) => source)}::text[],
                  ${offers.map(({ version }) => version)}::text[]) as v (no, source, version)
      join offer o on o.source = v.source
       and coalesce(nullif(o.source_version, ''), o.version) = v.version
      join offer_set_member m on m.offer_id = o.id
     group by 1`.execute(reader);
  return bySets(rows);
}

interface PlanRow {
  readonly patch: PatchId;
  readonly digest: string;
  readonly rollout: RolloutId | null;
  readonly number: number | null;
}

/** The newest plan of a case comes first; before it one that is being carried out. */
async function loadPlans(
  reader: Reader,
  patches: readonly PatchId[],
): Promise<ReadonlyMap<PatchId, readonly PlanOfCase[]>> {
  const { rows } = await sql<PlanRow>`
    select p.patch, p.digest, r.id as rollout, r.number
      from plan p left join rollout r on r.plan = p.digest
     where p.patch = any(${[...patches]}::text[])
     order by (r.id is not null) desc, p.created_at desc`.execute(reader);
  const digests = [...new Set(rows.map(({ digest }) => digest))];
  const places = await loadPlaces(reader, digests);
  const windows = await loadWindows(reader, digests);
  const targets = await loadTargets(
    reader,
    rows.flatMap(({ rollout }) => rollout ?? []),
  );
  const plans = rows.map(({ patch, digest, rollout: id, number }) => ({
    patch,
    digest,
    places: places.get(digest) ?? { hosts: new Int32Array(0), waves: new Int32Array(0) },
    windows: windows.get(digest) ?? new Map(),
    rollout:
      id === null || number === null ? null : { id, number, targets: targets.get(id) ?? new Map() },
  }));
  return Map.groupBy(plans, ({ patch }) => patch);
}

/** A plan never changes, so where it puts hosts is read once. */
const placesRead = new WeakMap<object, Map<string, PlanPlaces>>();
/** Of hosts in all plans that are kept: 64 MB. */
const PLACES_KEPT_MAX = 8_000_000;

async function loadPlaces(
  reader: Reader,
  digests: readonly string[],
): Promise<ReadonlyMap<string, PlanPlaces>> {
  const kept = keptFor(placesRead, reader);
  const missing = digests.filter((digest) => !kept.has(digest));
  const { rows } =
    missing.length === 0
      ? { rows: [] }
      : await sql<{ plan: string; hosts: string; waves: string }>`
          select l.plan, string_agg(h.num::text, ',' order by h.num) as hosts,
                 string_agg(l.wave::text, ',' order by h.num) as waves
            from plan_leaf l join host h on h.id = l.host
           where l.plan = any(${missing}::text[]) group by 1`.execute(reader);
  const read = rows.map(({ plan, hosts, waves }): readonly [string, PlanPlaces] => [
    plan,
    { hosts: numbersIn(hosts), waves: numbersIn(waves) },
  ]);
  const found = new Map([
    ...digests.flatMap((digest) => {
      const places = kept.get(digest);
      return places === undefined ? [] : [[digest, places] as const];
    }),
    ...read,
  ]);
  // What was asked for now stays longest.
  for (const [digest, places] of found) {
    kept.delete(digest);
    kept.set(digest, places);
  }
  let size = [...kept.values()].reduce((sum, { hosts }) => sum + hosts.length, 0);
  for (const [digest, { hosts }] of kept) {
    if (size <= PLACES_KEPT_MAX) break;
    kept.delete(digest);
    size -= hosts.length;
  }
  return found;
}

async function loadWindows(reader: Reader, digests: readonly string[]) {
  const { rows } = await sql<{
    plan: string;
    number: number;
    notBefore: Instant;
    notAfter: Instant;
  }>`
    select plan, number, not_before as "notBefore", not_after as "notAfter"
      from plan_wave where plan = any(${[...digests]}::text[])`.execute(reader);
  const byPlan = Map.groupBy(rows, ({ plan }) => plan);
  return new Map(
    [...byPlan].map(([plan, waves]) => [
      plan,
      new Map(waves.map(({ number, notBefore, notAfter }) => [number, { notBefore, notAfter }])),
    ]),
  );
}

async function loadTargets(
  reader: Reader,
  rollouts: readonly RolloutId[],
): Promise<ReadonlyMap<RolloutId, ReadonlyMap<string, Int32Array>>> {
  if (rollouts.length === 0) return new Map();
  const { rows } = await sql<{ rollout: RolloutId; state: string; hosts: string }>`
    select t.rollout, t.state, string_agg(h.num::text, ',') as hosts
      from target t join host h on h.id = t.host
     where t.rollout = any(${[...rollouts]}::text[]) group by 1, 2`.execute(reader);
  return new Map(
    [...Map.groupBy(rows, ({ rollout }) => rollout)].map(([rollout, states]) => [
      rollout,
      new Map(states.map(({ state, hosts }) => [state, numbersIn(hosts)])),
    ]),
  );
}

export async function loadHostNamesOf(
  reader: Reader,
  numbers: readonly number[],
): Promise<ReadonlyMap<number, string>> {
  const { rows } = await sql<{ num: number; name: string }>`
    select num, name from host where num = any(${arrayText(numbers)}::integer[])`.execute(reader);
  return new Map(rows.map(({ num, name }) => [num, name]));
}

function numbersIn(text: string): Int32Array {
  return Int32Array.from(text.split(","), Number);
}

const CASES_LOOKED_AT = 50;

/** How long the newest cases took from being opened until their rollout was over. */
export async function loadUsual(reader: Reader): Promise<Known["usual"]> {
  const { rows } = await sql<{ medianMs: number | null; cases: number }>`
    with ended as (
      select extract(epoch from max(r.ended_at) - p.opened_at) * 1000 as took
        from patch p join rollout r on r.patch = p.id and r.state = 'finished'
       where p.state in ('observing', 'closed')
       group by p.id, p.opened_at order by max(r.ended_at) desc limit ${CASES_LOOKED_AT}
    )
    select percentile_disc(0.5) within group (order by took)::float8 as "medianMs",
           count(*)::int as cases from ended`.execute(reader);
  const [row] = rows;
  return row?.medianMs == null ? null : { medianMs: row.medianMs, cases: row.cases };
}
