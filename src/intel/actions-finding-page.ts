import { Failure } from "../base/failure.ts";
import type { Instant } from "../base/instant.ts";
import type { Selector } from "../base/labels.ts";
import type { World } from "../db/world.ts";
import { type HostGroup, isRunningKernel, postingsOf } from "./exposure.ts";
import {
  type FindingRow,
  groupKey,
  type PairsOfServices,
  rowsByHostGroup,
  type rowsBySource,
  type SummedPairs,
  sumPairs,
} from "./finding-list.ts";
import { presentIn, riskCounter } from "./knowledge.ts";
import { type KnownReach, loadRankedHosts } from "./store-exposure.ts";

/** One page of a list of findings, of which only that page is told in full. */
export interface Page {
  readonly cursor?: string | undefined;
  readonly skip?: number | undefined;
  readonly limit: number;
}

interface RowPage {
  readonly rows: readonly FindingRow[];
  readonly total: number;
  readonly next: string | null;
}

/** Rows of a reach that did not change are the same rows; pages of one list share them. */
interface MadeRows {
  readonly own: PairsOfServices;
  readonly rows: readonly FindingRow[];
}
const rowsMade = new WeakMap<KnownReach, Map<typeof rowsBySource, MadeRows>>();

export function pageOf(
  rowsOf: typeof rowsBySource,
  of: { readonly reach: KnownReach; readonly page: Page; readonly own: PairsOfServices },
): RowPage {
  const { reach, page, own } = of;
  const made = rowsMade.get(reach) ?? new Map<typeof rowsOf, MadeRows>();
  const before = made.get(rowsOf);
  const all = before?.own === own ? before.rows : rowsOf(reach, reach.knowledge.facts, own);
  rowsMade.set(reach, made.set(rowsOf, { own, rows: all }));
  const start = startOf(page, (key) => all.findIndex((row) => row.key === key));
  const rows = all.slice(start, start + page.limit);
  const isLast = start + rows.length >= all.length;
  return { rows, total: all.length, next: isLast ? null : nextOf(start, rows) };
}

/**
 * Hosts of one group have the same findings, so groups are put in order; the hosts of a page are then
 * found by the place of their group, and only the groups of that page are told in full.
 */
export async function hostPage(
  world: World,
  of: {
    readonly scopes: readonly Selector[];
    readonly reach: KnownReach;
    readonly page: Page;
    readonly asOf: Instant | undefined;
  },
): Promise<RowPage> {
  const { reach, page } = of;
  const ranked = rankedGroups(reach);
  const total = ranked.reduce((sum, group) => sum + group.hostCount, 0);
  const start = startOf(page, () => -1);
  const { groups: asked, before } = groupsAt(ranked, { start, limit: page.limit });
  const hosts = await loadRankedHosts(world.db, {
    scopes: of.scopes,
    groups: asked,
    asOf: of.asOf,
    skip: start - before,
    limit: page.limit,
  });
  const shown = new Set(hosts.map((host) => groupKey(host)));
  const groups = reach.groups.filter((group) => shown.has(groupKey(group)));
  const byGroup = hostRows(reach, groups);
  const rows = hosts.flatMap((host) => {
    const row = byGroup.get(groupKey(host));
    return row === undefined ? [] : [{ ...row, key: host.name, hostCount: 1, team: host.team }];
  });
  return { rows, total, next: start + rows.length >= total ? null : nextOf(start, rows) };
}

/** The groups that the hosts of a page are in, and how many hosts come before the first of them. */
function groupsAt(
  ranked: readonly HostGroup[],
  page: { readonly start: number; readonly limit: number },
): { readonly groups: readonly HostGroup[]; readonly before: number } {
  let place = 0;
  let before = page.start;
  const groups = ranked.filter((group) => {
    const from = place;
    place += group.hostCount;
    const isShown = place > page.start && from < page.start + page.limit;
    if (isShown) before = Math.min(before, from);
    return isShown;
  });
  return { groups, before };
}

const sums = new WeakMap<KnownReach, SummedPairs>();

function summed(reach: KnownReach): SummedPairs {
  const known = sums.get(reach) ?? sumPairs(reach.pairs, reach.knowledge.facts);
  sums.set(reach, known);
  return known;
}

const rankings = new WeakMap<KnownReach, readonly HostGroup[]>();

function rankedGroups(reach: KnownReach): readonly HostGroup[] {
  const ranked = rankings.get(reach) ?? rankGroups(reach);
  rankings.set(reach, ranked);
  return ranked;
}

/** Groups with a finding, the most urgent first. */
function rankGroups(reach: KnownReach): readonly HostGroup[] {
  const count = riskCounter({ ...reach.knowledge, pairs: reach.pairs });
  return reach.groups
    .map((group) => {
      const { setId, kernelRunning } = group;
      const runs = (name: string): boolean =>
        kernelRunning === null || isRunningKernel(name, kernelRunning);
      const members = reach.members.get(setId) ?? new Int32Array(0);
      return { group, risk: count(members, runs, group) };
    })
    .filter(({ risk }) => risk.open > 0)
    .toSorted(
      (a, b) =>
        b.risk.exploited - a.risk.exploited ||
        b.risk.epss - a.risk.epss ||
        b.risk.open - a.risk.open ||
        a.group.id - b.group.id,
    )
    .map(({ group }) => group);
}

/** What these groups have of all findings. */
function hostRows(
  reach: KnownReach,
  groups: readonly HostGroup[],
): ReturnType<typeof rowsByHostGroup> {
  const setIds = new Set(groups.map((group) => group.setId));
  const members = new Map([...reach.members].filter(([id]) => setIds.has(id)));
  const isPresent = presentIn(members.values());
  const { order, parts } = summed(reach);
  const own = parts.filter(({ pair }) => pair.packageIds.some(isPresent));
  const wanted = new Set(own.flatMap(({ pair }) => pair.packageIds.filter(isPresent)));
  const { packages } = reach.knowledge;
  const postings = postingsOf({ wanted, packages, members, groups });
  return rowsByHostGroup({ groups, postings }, { order, parts: own });
}

/** A cursor holds the last key and its place: the place serves when the key has gone meanwhile. */
function nextOf(start: number, rows: readonly FindingRow[]): string | null {
  const last = rows.at(-1);
  if (last === undefined) return null;
  return Buffer.from(`${start + rows.length} ${last.key}`).toString("base64url");
}

function startOf(page: Page, placeOf: (key: string) => number): number {
  if (page.skip !== undefined) return page.skip;
  if (page.cursor === undefined) return 0;
  const match = /^(\d{1,9}) (.+)$/s.exec(Buffer.from(page.cursor, "base64url").toString());
  if (match?.[2] === undefined) {
    throw new Failure("invalid", "The cursor is not one of this list. Start again without it.");
  }
  const at = placeOf(match[2]);
  return at < 0 ? Number(match[1]) : at + 1;
}
