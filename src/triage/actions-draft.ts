import type { Actor } from "../base/actor.ts";
import { newId, type PatchId, type SubjectId } from "../base/ids.ts";
import type { Selector } from "../base/labels.ts";
import type { World } from "../db/world.ts";
import type { Vulnerability } from "../intel/model.ts";
import { exposure } from "../intel/store-exposure.ts";
import { loadVulnerabilities } from "../intel/store-vulnerability.ts";
import { type CaseFacts, classify } from "../policy/classification.ts";
import { classificationPolicy } from "../policy/store-files.ts";
import { deadlineFor, earliestDeadline } from "./deadline.ts";
import type { ExposedSource } from "./fix-first.ts";
import type { Deadline, PatchTarget } from "./model.ts";
import { regressionRisk } from "./regression-risk.ts";
import { firstSeenAt, installedSource, lowestTier } from "./store-exposure.ts";

type OfferedSource = ExposedSource & { readonly offeredVersion: string };

/** What is decided of a case before it is opened. */
interface Draft {
  readonly scopes: readonly Selector[];
  readonly source: OfferedSource;
  readonly target: PatchTarget;
  readonly justification: string | undefined;
}

/** The case as it would be opened: classified, with its deadline, and why it is justified. */
export async function draftPatch(world: World, actor: Actor, draft: Draft) {
  const { source, target, scopes } = draft;
  const cleared = source.vulnerabilities.filter((v) => v.isClearedByOffer);
  const ids = cleared.map((v) => v.id).sort();
  const known = await loadVulnerabilities(world.db, ids);
  const installed = await installedSource(world.db, scopes, source);
  const { packageIds } = installed;
  const affectedVersions = installed.versions.filter((version) => version !== target.sourceVersion);
  const facts = caseFacts(
    source,
    [...known.values()],
    await lowestTier(world.db, scopes, packageIds),
  );
  const decision = classify(classificationPolicy(world), facts);
  const now = world.clock();
  const detectedAt = (await firstSeenAt(world.db, packageIds)) ?? now;
  const isExposed = await exposureOf(world, scopes, source);
  return {
    id: newId<PatchId>(now),
    title: `Upgrade ${target.source} to ${target.sourceVersion}`,
    target,
    state: "triage" as const,
    route: decision.route,
    kind: ids.length > 0 ? ("security" as const) : ("functional" as const),
    urgency: decision.urgency,
    classifiedBy: decision.by,
    facts,
    vulnerabilities: ids,
    affectedVersions: affectedVersions.length > 0 ? affectedVersions : ["any older version"],
    regression: regressionRisk(affectedVersions, target.sourceVersion),
    deadline: caseDeadline([...known.values()], { detectedAt, isExposed }),
    justification: draft.justification ?? justificationFor(source, cleared.length, facts),
    openedBy: actor.subject as SubjectId,
    openedAt: now,
  };
}

function caseFacts(
  source: ExposedSource,
  known: readonly Vulnerability[],
  tier: number,
): CaseFacts {
  return {
    kev: known.filter((v) => v.kev !== null).length,
    ransomware: known.filter((v) => v.kev?.isRansomware).length,
    active: known.filter((v) => v.ssvc?.exploitation === "active").length,
    proof: known.filter((v) => v.ssvc?.exploitation === "poc").length,
    epss: Math.max(0, ...known.map((v) => v.epss?.score ?? 0)),
    cvss: Math.max(0, ...known.flatMap((v) => v.cvss.map((score) => score.score))),
    vulnerabilities: known.length,
    hosts: source.hosts,
    exposed: source.exposedHosts > 0,
    tier,
  };
}

/** True where a host says it is public, false where all say they are not, else unknown. */
async function exposureOf(
  world: World,
  scopes: readonly Selector[],
  source: ExposedSource,
): Promise<boolean | null> {
  if (source.exposedHosts === 0) return false;
  const inPublic = scopes.map(
    (selector): Selector => [...selector, { op: "in", key: "exposure", values: ["public"] }],
  );
  const found = await exposure(world.db, { scopes: inPublic, source: source.source });
  return found.some((e) => e.ecosystem === source.ecosystem) ? true : null;
}

function caseDeadline(
  known: readonly Vulnerability[],
  facts: { readonly detectedAt: number; readonly isExposed: boolean | null },
): Deadline {
  const { detectedAt, isExposed } = facts;
  const deadlines = known.map((v) =>
    deadlineFor({
      vulnerability: v.id,
      isKnownExploited: v.kev !== null,
      isExposed,
      isAutomatable: v.ssvc?.isAutomatable ?? null,
      isTotalImpact: v.ssvc === null ? null : v.ssvc.technicalImpact === "total",
      kevListedAt: v.kev?.addedAt ?? null,
      detectedAt,
    }),
  );
  const earliest = earliestDeadline(deadlines);
  if (earliest !== null) return earliest;
  return {
    at: null,
    preset: "BOD 26-04",
    rule: "no known vulnerability → next upgrade",
    inputs: {
      isKnownExploited: false,
      isExposed: false,
      isAutomatable: false,
      isTotalImpact: false,
    },
    assumed: [],
    needsForensicTriage: false,
    clockStartedAt: detectedAt,
  };
}

function justificationFor(source: ExposedSource, cleared: number, facts: CaseFacts): string {
  if (cleared === 0) return `Update without a known vulnerability on ${source.hosts} host(s).`;
  const exploited = facts.kev === 0 ? "" : `, ${facts.kev} of them known to be exploited`;
  return `Clears ${cleared} known vulnerabilities${exploited}, on ${source.hosts} host(s).`;
}
