import { type Actor, scopesFor } from "../base/actor.ts";
import type { Instant } from "../base/instant.ts";
import type { World } from "../db/world.ts";
import { hostCounter } from "../intel/exposure.ts";
import { knownSince, nothingKnown } from "../intel/known-since.ts";
import { loadKnownHosts, loadReach } from "../intel/store-exposure.ts";
import { loadBeginnings } from "../intel/store-past.ts";
import { pastVerdictOn, type Verdict } from "./verdict.ts";

/** Where the fleet stood at a moment in the past, on the hosts that the reader may see. */
export async function pastVerdict(
  world: World,
  actor: Actor,
  asOf: Instant,
): Promise<{ readonly verdict: Verdict; readonly knownSince: Instant | null }> {
  const scopes = scopesFor(actor, "finding.read");
  const begun = await loadBeginnings(world.db);
  const hosts = await loadKnownHosts(world.db, { scopes, asOf });
  const { pairs, postings, knowledge } = await loadReach(world.db, { scopes, hosts, asOf });
  const reachOf = hostCounter(postings);
  const present = pairs.filter((pair) => reachOf([pair]).hostCount > 0);
  const countsOf = (some: typeof present) => ({
    vulnerabilities: new Set(some.map((pair) => pair.vulnerability)).size,
    hosts: some.length === 0 ? 0 : reachOf(some).hostCount,
  });
  const known = hosts.groups.reduce((sum, group) => sum + group.hostCount, 0);
  const verdict = pastVerdictOn({
    hosts: known + hosts.unknownCount,
    unknownHosts: hosts.unknownCount,
    open: countsOf(present),
    exploited: countsOf(
      present.filter((pair) => knowledge.facts.get(pair.vulnerability)?.kev != null),
    ),
    nothingKnown: nothingKnown(begun, asOf),
  });
  return { verdict, knownSince: knownSince(begun) };
}
