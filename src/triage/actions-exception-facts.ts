import { parseLabel, type Selector } from "../base/labels.ts";
import type { World } from "../db/world.ts";
import type { Exposure, KnownHosts } from "../intel/exposure.ts";
import { exposure } from "../intel/store-exposure.ts";
import { loadVulnerabilities } from "../intel/store-vulnerability.ts";
import type { FactsNow } from "./exception-broken.ts";
import { coversFinding, type ExceptionScope } from "./exception-scope.ts";
import { countReached, loadReachedHosts } from "./store-exception-hosts.ts";

/** What is the case now on the hosts that an exception reaches, whoever asks. */

/** Hosts are exposed unless a label says otherwise: unknown exposure counts as exposed. */
const exposedHosts: Selector = [{ op: "not-in", key: "exposure", values: ["internal", "none"] }];

const everything: readonly Selector[] = [[]];

/** The findings on these hosts, of one package or of all. */
export async function findingsOn(
  world: World,
  hosts: KnownHosts,
  named: ExceptionScope["package"],
): Promise<readonly Exposure[]> {
  return exposure(world.db, {
    scopes: everything,
    hosts,
    ...(named === null ? {} : { ecosystem: named.ecosystem, source: named.source }),
  });
}

export async function factsOf(
  world: World,
  exception: { readonly scope: ExceptionScope; readonly controlLabel: string | null },
): Promise<FactsNow> {
  const { scope, controlLabel } = exception;
  const [all, outside] = await Promise.all([
    loadReachedHosts(world.db, scope.hosts),
    loadReachedHosts(world.db, scope.hosts, exposedHosts),
  ]);
  const isCovered = (finding: Exposure): boolean => coversFinding(scope, finding);
  const findings = (await findingsOn(world, all, scope.package)).filter(isCovered);
  const exposed = (await findingsOn(world, outside, scope.package)).filter(isCovered);
  const known = await loadVulnerabilities(world.db, scope.vulnerabilities);
  const label: Selector = controlLabel === null ? [] : carrying(controlLabel);
  const reached = await countReached(world.db, { hosts: scope.hosts, scopes: [], label });
  return {
    exploited: scope.vulnerabilities.filter((id) => known.get(id)?.kev != null),
    isExposed: exposed.length > 0,
    fixable: [
      ...new Set(
        findings
          .filter((finding) => finding.state === "affected-fix-available")
          .map((finding) => finding.vulnerability),
      ),
    ].sort(),
    hosts: Math.max(0, ...findings.map((finding) => finding.hostCount)),
    withoutControl: reached.withoutLabel,
  };
}

function carrying(controlLabel: string): Selector {
  const [key, value] = parseLabel(controlLabel);
  return [{ op: "in", key, values: [value] }];
}
