import type { Actor } from "../base/actor.ts";
import type { Selector } from "../base/labels.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { loadVulnerabilities } from "../intel/store-vulnerability.ts";
import { recordEvent } from "../ledger/record.ts";
import type { CaseFacts } from "../policy/case-condition.ts";
import { type Priority, prioritise } from "../policy/priority.ts";
import { priorityPolicy } from "../policy/store-files.ts";
import { loadExposedSources } from "./actions.ts";
import { deadlinePolicy } from "./actions-deadline.ts";
import { caseFacts, reachOf } from "./case-facts.ts";
import type { ScoreSource } from "./deadline-policy.ts";
import type { ExposedSource } from "./fix-first.ts";
import type { Patch } from "./model.ts";
import { EVERYWHERE } from "./scope.ts";
import { loadOpenPatches } from "./store.ts";
import { updatePriority } from "./store-edit.ts";
import { hostFacts, installedSource } from "./store-exposure.ts";

/**
 * Judges every open case by the priority table with the facts of now: a listing as known exploited, a
 * new score or a host with other labels moves it up or down, and each move is told.
 */
export async function prioritiseCases(world: World, actor: Actor): Promise<void> {
  const cases = await loadOpenPatches(world.db, EVERYWHERE);
  if (cases.length === 0) return;
  const policy = await priorityPolicy(world);
  const { scores } = await deadlinePolicy(world);
  const sources = await loadExposedSources(world.db, { scopes: EVERYWHERE });
  const bySource = new Map(sources.map((one) => [`${one.ecosystem}\n${one.source}`, one]));
  for (const patch of cases) {
    const { ecosystem, source } = patch.target;
    const found = bySource.get(`${ecosystem}\n${source}`) ?? null;
    const facts = await factsNow(world, {
      ...{ patch, source: found, scores },
      scopes: EVERYWHERE,
    });
    const priority = prioritise(policy, facts);
    await storePriority(world, actor, { patch, facts, priority });
  }
}

/** What rules judge one case by now, over the hosts of the scopes. */
export async function factsOfCase(
  world: World,
  patch: Patch,
  scopes: readonly Selector[],
): Promise<CaseFacts> {
  const { scores } = await deadlinePolicy(world);
  const { ecosystem, source } = patch.target;
  const sources = await loadExposedSources(world.db, { scopes, source });
  const found = sources.find((one) => one.ecosystem === ecosystem) ?? null;
  return factsNow(world, { patch, source: found, scores, scopes });
}

async function factsNow(
  world: World,
  of: {
    readonly patch: Patch;
    readonly source: ExposedSource | null;
    readonly scores: readonly ScoreSource[];
    readonly scopes: readonly Selector[];
  },
): Promise<CaseFacts> {
  const { patch, source, scores, scopes } = of;
  const known = await loadVulnerabilities(world.db, patch.vulnerabilities);
  const { packageIds } = await installedSource(world.db, scopes, patch.target);
  const labels = await hostFacts(world.db, scopes, packageIds);
  const on = { ...reachOf(source, patch.vulnerabilities), ...labels };
  return caseFacts([...known.values()], on, { scores, ecosystem: patch.target.ecosystem });
}

async function storePriority(
  world: World,
  actor: Actor,
  of: { readonly patch: Patch; readonly facts: CaseFacts; readonly priority: Priority },
): Promise<void> {
  const { patch, priority } = of;
  const before = patch.priority;
  const isMoved = before?.outcome !== priority.outcome;
  await inTransaction(world.db, async (tx) => {
    await updatePriority(tx, { ...of, patch: patch.id });
    if (!isMoved) return;
    await recordEvent(tx, {
      type: "patch.prioritised",
      actor: actor.subject,
      object: `patch:${patch.id}`,
      patch: patch.id,
      facts: {
        from: before?.outcome ?? null,
        to: priority.outcome,
        rule: priority.by.rule,
        policy: priority.by.version,
      },
    });
  });
}
