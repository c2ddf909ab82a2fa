import type { Actor } from "../base/actor.ts";
import { counted } from "../base/counted.ts";
import { newId, type PatchId, type SubjectId } from "../base/ids.ts";
import type { Selector } from "../base/labels.ts";
import type { World } from "../db/world.ts";
import { loadVulnerabilities } from "../intel/store-vulnerability.ts";
import type { CaseFacts } from "../policy/case-condition.ts";
import { classify } from "../policy/classification.ts";
import { prioritise } from "../policy/priority.ts";
import { classificationPolicy, priorityPolicy } from "../policy/store-files.ts";
import { deadlineOfCase, deadlinePolicy } from "./actions-deadline.ts";
import { caseFacts, reachOf } from "./case-facts.ts";
import { undatedDeadline } from "./deadline.ts";
import type { ExposedSource } from "./fix-first.ts";
import type { PatchTarget } from "./model.ts";
import { NO_VERSIONS } from "./readiness.ts";
import { regressionRisk } from "./regression-risk.ts";
import { firstSeenAt, hostFacts, installedSource } from "./store-exposure.ts";

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
  const policy = await deadlinePolicy(world);
  const { ecosystem } = source;
  const on = { ...reachOf(source, ids), ...(await hostFacts(world.db, scopes, packageIds)) };
  const facts = caseFacts([...known.values()], on, { scores: policy.scores, ecosystem });
  const decision = classify(await classificationPolicy(world), facts);
  const now = world.clock();
  const detectedAt = (await firstSeenAt(world.db, packageIds)) ?? now;
  const dated = await deadlineOfCase(world.db, policy, {
    target,
    vulnerabilities: ids,
  });
  return {
    id: newId<PatchId>(now),
    title: `Upgrade ${target.source} to ${target.sourceVersion}`,
    target,
    state: "triage" as const,
    route: decision.route,
    kind: decision.kind,
    urgency: decision.urgency,
    classifiedBy: decision.by,
    priority: prioritise(await priorityPolicy(world), facts),
    facts,
    vulnerabilities: ids,
    affectedVersions: affectedVersions.length > 0 ? affectedVersions : [NO_VERSIONS],
    regression: regressionRisk(affectedVersions, target.sourceVersion),
    deadline: dated ?? undatedDeadline(detectedAt),
    justifiedBy: draft.justification === undefined ? null : actor.subject,
    justification: draft.justification ?? justificationFor(source, cleared.length, facts),
    openedBy: actor.subject as SubjectId,
    openedAt: now,
  };
}

function justificationFor(source: ExposedSource, cleared: number, facts: CaseFacts): string {
  if (cleared === 0)
    return `Update without a known vulnerability on ${counted(source.hosts, "host")}.`;
  const exploited = facts.kev === 0 ? "" : `, ${facts.kev} of them known to be exploited`;
  return `Clears ${cleared === 1 ? "1 known vulnerability" : `${cleared} known vulnerabilities`}${exploited}, on ${counted(source.hosts, "host")}.`;
}
