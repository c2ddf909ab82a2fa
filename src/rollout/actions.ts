import { type Actor, type scopesFor, scopesOver } from "../base/actor.ts";
import { sha256 } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import { type HostId, newId, numberOf, type RolloutId } from "../base/ids.ts";
import type { Permission } from "../base/permission.ts";
import { startChange } from "../change/actions-end.ts";
import { exerciseElevation } from "../change/actions-exercise-elevation.ts";
import type { Change } from "../change/model.ts";
import { loadChange, lockApproval } from "../change/store.ts";
import { inTransaction, isUniqueViolation, type Reader, type Tx } from "../db/database.ts";
import { notify } from "../db/notify.ts";
import type { World } from "../db/world.ts";
import { loadHosts } from "../inventory/store.ts";
import { demandAuthentic } from "../plan/actions-files.ts";
import { demandRuleWithin } from "../plan/actions-rule.ts";
import type { PlannedWave } from "../plan/model.ts";
import { parseStatement, type Statement } from "../plan/statement.ts";
import { loadLeaves, loadPlan, loadWaves } from "../plan/store.ts";
import { countPlanHosts } from "../plan/store-hosts.ts";
import type { RingsPolicy } from "../policy/rings.ts";
import { firstForecast } from "./actions-forecast.ts";
import { advancePatch } from "./actions-patch.ts";
import { demandKnownPeople } from "./actions-readiness.ts";
import { recordRolloutEvent } from "./actions-results.ts";
import { approvedPolicy, rulesOf } from "./actions-rules.ts";
import { waveGate } from "./gate.ts";
import {
  insertRollout,
  loadRollout,
  type NewRollout,
  type NewWave,
  type RolloutRow,
  scopesOf,
} from "./store.ts";
import { keepForecast } from "./store-forecast.ts";
import { ensureControls, lockForStart } from "./store-halts.ts";
import { countTargets } from "./store-view.ts";

/** Starting a rollout, and finding one for whoever may see it. */

/** How long a permit lives when the statement says `online` (host protocol §7.1). */
export const PERMIT_TTL_SECONDS = 3;

export async function startRollout(
  world: World,
  actor: Actor,
  input: { readonly change: string },
): Promise<RolloutRow> {
  const change = await demandApproved(world, actor, input.change);
  await demandKnownPeople(world.db, change);
  await demandAuthentic(world.db, change.plan);
  const rollout = await planRollout(world, actor, change);
  const scopes = scopesOf(rollout);
  const told = await firstForecast(world.db, rollout.plan, world.clock());
  try {
    await inTransaction(world.db, async (tx) => {
      await lockForStart(tx, scopes);
      await lockApproval(tx, [change.id], "shared");
      const at = world.clock();
      await exerciseElevation(world, tx, {
        actor,
        change,
        permission: "rollout.operate",
        act: "start",
      });
      await startChange(world, tx, { change: change.id, actor: actor.subject, at });
      await ensureControls(tx, scopes);
      await insertRollout(tx, rollout);
      if (told !== null) await keepForecast(tx, rollout.id, told);
      await advancePatch(tx, rollout.patch, {
        verbs: ["plan", "approve", "start"],
        actor: actor.subject,
        at,
      });
      const facts = { hosts: rollout.targets.length, waves: rollout.waves.length };
      await recordRolloutEvent(tx, rollout.id, "rollout.started", facts, actor.subject);
      await notify(tx, "rollout");
    });
  } catch (cause) {
    if (!isUniqueViolation(cause)) throw cause;
    throw new Failure("conflict", `C-${change.number} is carried out already.`, { cause });
  }
  const reach = { ref: rollout.id, permission: "rollout.operate" } as const;
  return (await demandReached(world.db, actor, reach)).row;
}

/** Who starts must be allowed to for every host of the plan, not for some of them. */
async function demandApproved(world: World, actor: Actor, ref: string): Promise<Change> {
  const change = await loadChange(world.db, ref);
  const scopes = change === null ? [] : scopesOver(actor, "rollout.operate", change.id);
  const hosts = change === null ? null : await countPlanHosts(world.db, change.plan, scopes);
  if (change === null || hosts === null || hosts.inScope === 0) {
    throw new Failure("not-found", `There is no change ${ref.slice(0, 64)}.`);
  }
  await demandRuleWithin(world.db, change.plan, scopes);
  if (hosts.inScope < hosts.all) {
    throw new Failure(
      "forbidden",
      `C-${change.number} reaches ${hosts.all - hosts.inScope} hosts outside your labels. Somebody who may operate all of them has to start it.`,
    );
  }
  return change;
}

async function planRollout(world: World, actor: Actor, change: Change): Promise<NewRollout> {
  const { db } = world;
  const plan = await loadPlan(db, change.plan);
  const statement = plan === null ? null : parseStatement(plan.statement);
  if (plan === null || statement === null || !statement.ok) {
    throw new Failure("internal", `The plan of C-${change.number} cannot be read.`);
  }
  const [waves, leaves] = await Promise.all([
    loadWaves(db, change.plan),
    loadLeaves(db, change.plan),
  ]);
  const services = await servicesOf(
    db,
    leaves.map((leaf) => leaf.host),
  );
  const { permit, revert, attempts, hosts } = statement.value;
  const policy = await approvedPolicy(db, plan.ringsPolicy);
  return {
    id: newId<RolloutId>(world.clock()),
    plan: change.plan,
    change: change.id,
    patch: change.patch,
    title: change.title,
    attemptsMax: attempts,
    permitTtlSeconds: permitTtlSeconds(permit),
    revertSeconds: revert.kind === "order" ? revert.seconds : null,
    startedBy: actor.subject,
    rule: hosts.kind === "rule" ? { labels: hosts.labels, max: hosts.max } : null,
    rules: await rulesOf(db, change.plan, policy),
    after: policy.stabilisation?.gates ?? [],
    waves: waves.map((wave) => waveToCarryOut(wave, policy)),
    targets: leaves.map((leaf) => ({
      host: leaf.host,
      wave: leaf.wave,
      leafIndex: leaf.index,
      ...(leaf.leaf === leaf.index ? {} : { leaf: leaf.leaf }),
      body: leaf.body,
      service: services.get(leaf.host) ?? null,
    })),
  };
}

/** A wave as the rollout of the plan carries it out, with the gates that the policy gives its ring. */
export function waveToCarryOut(wave: PlannedWave, policy: RingsPolicy): NewWave {
  const { number, ring, notBefore, notAfter, windows, limits } = wave;
  const own = policy.rings.find(({ name }) => name === ring) ?? null;
  return { number, ring, notBefore, notAfter, windows, gate: waveGate(limits, own) };
}

function permitTtlSeconds(permit: Statement["permit"]): number {
  if (permit.kind === "online") return PERMIT_TTL_SECONDS;
  if (permit.kind === "lease") return permit.seconds;
  throw new Failure(
    "blocked",
    "The plan lets hosts start without asking. This server only carries out plans whose hosts ask for a permit; carry this one by hand.",
  );
}

/** A halt of a service holds the hosts whose label `service` names it. */
export async function servicesOf(
  reader: Reader,
  ids: readonly HostId[],
): Promise<ReadonlyMap<HostId, string>> {
  const hosts = await loadHosts(reader, { ids, scopes: [[]] });
  return new Map(
    hosts.flatMap((host) => {
      const service = host.labels["service"];
      return service === undefined ? [] : [[host.id, service] as const];
    }),
  );
}

type Scopes = ReturnType<typeof scopesFor>;

/** By id, by `R-7` or by its number alone; none whose hosts lie outside the scopes. */
export async function demandRollout(
  reader: Reader | Tx,
  found: { readonly ref: string; readonly scopes: Scopes },
): Promise<RolloutRow> {
  const row = await findRollout(reader, found.ref);
  if (row !== null && (await countTargets(reader, row.id, found.scopes)).inScope > 0) return row;
  throw noRollout(found.ref);
}

/** The same, with the scopes that the actor has over it: an elevation over its change is among them. */
export async function demandReached(
  reader: Reader | Tx,
  actor: Actor,
  given: { readonly ref: string; readonly permission: Permission },
): Promise<{ readonly row: RolloutRow; readonly scopes: Scopes }> {
  const row = await findRollout(reader, given.ref);
  if (row === null) throw noRollout(given.ref);
  const scopes = scopesOver(actor, given.permission, row.change);
  if ((await countTargets(reader, row.id, scopes)).inScope > 0) return { row, scopes };
  throw noRollout(given.ref);
}

function findRollout(reader: Reader | Tx, ref: string): Promise<RolloutRow | null> {
  return loadRollout(reader, numberOf("R", ref) ?? (ref as RolloutId));
}

function noRollout(ref: string): Failure {
  return new Failure("not-found", `There is no rollout ${ref.slice(0, 64)}.`);
}

/** For an act on a rollout, in its own transaction: what let the actor in must still do so. */
export function holdRight(
  world: World,
  tx: Tx,
  of: {
    readonly actor: Actor;
    readonly permission: Permission;
    readonly row: RolloutRow;
    readonly act: string;
  },
): Promise<void> {
  const { row, ...by } = of;
  const change = { id: row.change, patch: row.patch, plan: row.plan };
  return exerciseElevation(world, tx, { ...by, change });
}

/** For acts that loosen something: the actor must be allowed to for every host. */
export async function demandWholeRollout(
  world: World,
  actor: Actor,
  given: { readonly ref: string; readonly permission: Permission },
): Promise<RolloutRow> {
  const { row, scopes } = await demandReached(world.db, actor, given);
  const { inScope, all } = await countTargets(world.db, row.id, scopes);
  if (inScope === all) return row;
  throw new Failure(
    "forbidden",
    `R-${row.number} reaches ${all - inScope} hosts outside your labels. Somebody who may operate all of them has to do this.`,
  );
}

/** The digest of what a person wrote: the words themselves may hold names. */
export function wordsDigest(words: string): string {
  return sha256(words);
}
