import { inTransaction, type Tx } from "../db/database.ts";
import type { World } from "../db/world.ts";
import type { StoredPackage } from "../inventory/model.ts";
import { matchVexOf } from "./actions-vex.ts";
import { type BuiltCopy, builtMatches } from "./built-match.ts";
import { channelMatches, ofReleases } from "./channel-match.ts";
import { findingsForPackages } from "./match.ts";
import { isPacked } from "./statement-blocks.ts";
import { loadCopies } from "./store-built.ts";
import { loadChannels } from "./store-feed.ts";
import {
  loadNewPackages,
  loadPackagesJudgedAs,
  lockMatching,
  takeChangedNames,
  writePairs,
  writeSubjects,
} from "./store-finding.ts";
import { loadStatementsAbout } from "./store-said.ts";
import type { NamedPackage } from "./store-statement.ts";
import { citeStatements } from "./store-statement-block.ts";
import { loadRejected } from "./store-vulnerability.ts";
import { subjectOf } from "./subject.ts";

/**
 * Brings the findings up to date. Only what changed is touched: a new statement reaches the packages
 * of its name, a new package set its new packages. The queue is filled by the transactions that made
 * the change, so a server that dies in between leaves the work, not a gap.
 */
export interface RematchReport {
  readonly packageCount: number;
  readonly openedCount: number;
  readonly closedCount: number;
}

/** Packages and names per transaction: some seconds of work at most. */
const PACKAGES_MAX = 5_000;
const NAMES_MAX = 500;

/** Works until nothing is left to match. */
export async function rematch(world: World): Promise<RematchReport> {
  const total = { packageCount: 0, openedCount: 0, closedCount: 0 };
  for (;;) {
    const turn = await rematchOnce(world);
    total.packageCount += turn.packageCount;
    total.openedCount += turn.openedCount;
    total.closedCount += turn.closedCount;
    if (!turn.hasMore) return total;
  }
}

export async function rematchOnce(
  world: World,
): Promise<RematchReport & { readonly hasMore: boolean }> {
  return await inTransaction(world.db, async (tx) => {
    await lockMatching(tx);
    const names = await takeChangedNames(tx, NAMES_MAX);
    const touched = names.length === 0 ? [] : await loadPackagesJudgedAs(tx, ofReleases(names));
    const fresh = await loadNewPackages(tx, PACKAGES_MAX);
    const packages = [...new Map([...touched, ...fresh].map((p) => [p.id, p])).values()];
    const hasMore = names.length === NAMES_MAX || fresh.length === PACKAGES_MAX;
    if (packages.length === 0) {
      return { packageCount: 0, openedCount: 0, closedCount: 0, hasMore };
    }
    const written = await matchPackages(tx, packages, world.clock());
    return {
      packageCount: packages.length,
      openedCount: written.opened,
      closedCount: written.closed,
      hasMore,
    };
  });
}

async function matchPackages(
  tx: Tx,
  packages: readonly StoredPackage[],
  at: number,
): Promise<{ readonly opened: number; readonly closed: number }> {
  const channels = await loadChannels(tx);
  const ids = packages.map((p) => p.id);
  const built = await loadCopies(tx, ids);
  const names = namesWith(namesOf(packages, channels), { packages, copies: built.copies });
  const statements = await loadStatementsAbout(tx, names);
  const rejected = await loadRejected(tx, [...new Set(statements.map((s) => s.vulnerability))]);
  const input = { packages, statements, rejected };
  const { matches: own, subjects } = findingsForPackages(input);
  const more = [...channelMatches(input, own), ...builtMatches(input, built, own)];
  const matches = [...own, ...more];
  await writeSubjects(tx, packages, subjects);
  const cited = new Set(matches.map(({ statementId }) => statementId));
  const packed = statements.filter((one) => isPacked(one) && cited.has(one.id));
  await citeStatements(tx, packed);
  const written = await writePairs(tx, ids, matches, at);
  await matchVexOf(tx, ids, at);
  return written;
}

/** The names to ask for, those of sources whose code is in the packages too; each once. */
function namesWith(
  names: readonly NamedPackage[],
  of: { readonly packages: readonly StoredPackage[]; readonly copies: readonly BuiltCopy[] },
): readonly NamedPackage[] {
  const ecosystemOf = new Map(of.packages.map(({ id, ecosystem }) => [id, ecosystem]));
  const all = new Map(names.map((one) => [`${one.ecosystem}\n${one.name}`, one]));
  for (const { packageId, source: name } of of.copies) {
    const ecosystem = ecosystemOf.get(packageId) ?? "";
    all.set(`${ecosystem}\n${name}`, { ecosystem, name });
  }
  return [...all.values()];
}

/** The names under which feeds may speak of these packages. */
export function namesOf(
  packages: readonly StoredPackage[],
  channels: ReadonlyMap<string, readonly string[]>,
): readonly NamedPackage[] {
  const names = new Map<string, NamedPackage>();
  for (const p of packages) {
    for (const ecosystem of [p.ecosystem, ...(channels.get(p.ecosystem) ?? [])]) {
      for (const name of [subjectOf(p).source, p.name]) {
        names.set(`${ecosystem}\n${name}`, { ecosystem, name });
      }
    }
  }
  return [...names.values()];
}
