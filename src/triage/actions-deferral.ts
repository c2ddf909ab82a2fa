import { type Actor, scopesFor, systemActor } from "../base/actor.ts";
import { sha256 } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import { newId, type SubjectId } from "../base/ids.ts";
import { type Instant, instantToText } from "../base/instant.ts";
import type { Permission } from "../base/permission.ts";
import { inTransaction, type Tx } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { exposure } from "../intel/store-exposure.ts";
import { loadVulnerabilities } from "../intel/store-vulnerability.ts";
import { recordEvent } from "../ledger/record.ts";
import { nameInForce, policyInForce } from "../policy/store-files.ts";
import { requireVisiblePatch } from "./actions.ts";
import { datesFor, deadlinePolicy } from "./actions-deadline.ts";
import { demandOwner } from "./actions-owner.ts";
import { type DebtPolicy, debtKind, parseDebt, pointsOf } from "./debt-policy.ts";
import {
  type Deferral,
  type DeferralCost,
  type DeferralId,
  type DeferralReason,
  type DeferralState,
  deferralCost,
  deferralProblem,
} from "./deferral.ts";
import type { Patch } from "./model.ts";
import { hostsOutside } from "./scope.ts";
import {
  closeDeferral,
  insertDeferral,
  loadDeferral,
  loadOverdueDeferrals,
} from "./store-deferral.ts";
import { loadFleetSight } from "./store-exposure.ts";

/** Putting an update off, knowing what that costs. */

export async function debtPolicy(world: World): Promise<DebtPolicy> {
  const found = await policyInForce(world, debtKind);
  return parseDebt(found.text, nameInForce(found, debtKind.name));
}

export interface AskedDeferral {
  /** A case, or … */
  readonly patch?: string | undefined;
  /** … a source package. */
  readonly source?: string | undefined;
  readonly ecosystem?: string | undefined;
  readonly until: Instant;
}

interface Put {
  readonly patch: Patch | null;
  readonly ecosystem: string;
  readonly source: string;
  readonly vulnerabilities: readonly string[];
}

export interface DeferralOutlook {
  readonly put: Put;
  readonly cost: DeferralCost;
  readonly daysMax: number;
  /** Why it may not last so long; null where it may. */
  readonly refusal: string | null;
}

/** What it would cost, over the hosts that the actor works on. */
export async function deferralOutlook(
  world: World,
  actor: Actor,
  asked: AskedDeferral,
): Promise<DeferralOutlook> {
  const policy = await debtPolicy(world);
  const scopes = scopesFor(actor, "patch.edit");
  const put = await putOff(world, actor, asked);
  const { ecosystem, source, vulnerabilities } = put;
  const now = world.clock();
  const { outside } = await loadFleetSight(world.db, scopes);
  const open = await exposure(world.db, { scopes, ecosystem, source });
  const exposed = await exposure(world.db, { scopes, ecosystem, source, hosts: outside });
  const facts = await loadVulnerabilities(world.db, vulnerabilities);
  const hostsOf = (of: typeof open, id: string): number =>
    Math.max(0, ...of.filter((one) => one.vulnerability === id).map((one) => one.hostCount));
  const risks = vulnerabilities.map((vulnerability) => ({
    vulnerability,
    hosts: hostsOf(open, vulnerability),
    exposedHosts: hostsOf(exposed, vulnerability),
    points: pointsOf(policy, facts.get(vulnerability) ?? null),
    isKnownExploited: facts.get(vulnerability)?.kev != null,
  }));
  const cost = deferralCost({
    risks,
    exposedFactor: policy.weights.exposed,
    from: now,
    until: asked.until,
    deadline: await deadlineOf(world, put),
    policy: policy.version,
  });
  const { daysMax } = policy.deferral;
  return { put, cost, daysMax, refusal: deferralProblem(asked.until, now, daysMax) };
}

async function deadlineOf(world: World, put: Put): Promise<Instant | null> {
  if (put.patch !== null) return put.patch.deadline.at;
  const { ecosystem, source, vulnerabilities } = put;
  const dates = await datesFor(world.db, await deadlinePolicy(world), {
    vulnerabilities,
    sources: [{ ecosystem, source }],
  });
  return dates[0]?.at ?? null;
}

async function putOff(world: World, actor: Actor, asked: AskedDeferral): Promise<Put> {
  const scopes = scopesFor(actor, "patch.edit");
  if ((asked.patch === undefined) === (asked.source === undefined)) {
    throw new Failure("invalid", "Say what is put off: either a case or a source package.");
  }
  if (asked.patch !== undefined) {
    const patch = await requireVisiblePatch(world, actor, asked.patch, "patch.edit");
    const { ecosystem, source } = patch.target;
    return { patch, ecosystem, source, vulnerabilities: patch.vulnerabilities };
  }
  const { source, ecosystem } = asked;
  const found = await exposure(world.db, { scopes, source, ecosystem });
  const [first, ...others] = new Set(found.map((one) => one.ecosystem));
  if (first === undefined || source === undefined) {
    throw new Failure(
      "blocked",
      `Nothing to put off: no host is known to be affected in ${source}.`,
    );
  }
  if (others.length > 0) {
    throw new Failure(
      "invalid",
      `${source} is affected in ${[first, ...others].join(" and ")}. Name one ecosystem.`,
    );
  }
  const vulnerabilities = [...new Set(found.map((one) => one.vulnerability))].sort();
  return { patch: null, ecosystem: first, source, vulnerabilities };
}

export async function startDeferral(
  world: World,
  actor: Actor,
  asked: AskedDeferral & {
    readonly reasonClass: DeferralReason;
    readonly reason: string;
    readonly owner: string;
  },
): Promise<Deferral> {
  const { put, cost, refusal } = await deferralOutlook(world, actor, asked);
  if (refusal !== null) throw new Failure("blocked", refusal);
  const owner = await demandOwner(world, asked.owner);
  const now = world.clock();
  const deferral: Omit<Deferral, "number"> = {
    id: newId<DeferralId>(now),
    state: "active",
    patch: put.patch?.id ?? null,
    ecosystem: put.ecosystem,
    source: put.source,
    vulnerabilities: put.vulnerabilities,
    reasonClass: asked.reasonClass,
    reason: asked.reason,
    owner,
    until: asked.until,
    cost,
    startedBy: actor.subject,
    startedAt: now,
    movedAt: now,
    closedReason: null,
  };
  return inTransaction(world.db, async (tx) => {
    const number = await insertDeferral(tx, deferral);
    if (number === null) {
      throw new Failure(
        "conflict",
        `${put.source} is put off already. Cancel that deferral first: "fettle deferral list".`,
      );
    }
    const made = { ...deferral, number };
    await recordDeferral(tx, actor.subject, made, {
      class: made.reasonClass,
      reason: sha256(made.reason),
      owner,
      points: cost.points,
      daysOverdue: cost.daysOverdue,
    });
    return made;
  });
}

export async function requireDeferral(
  world: World,
  actor: Actor,
  ref: string,
  permission: Permission = "patch.read",
): Promise<Deferral> {
  const deferral = await loadDeferral(world.db, ref, scopesFor(actor, permission));
  if (deferral !== null) return deferral;
  throw new Failure(
    "not-found",
    `There is no deferral ${ref.slice(0, 64)}. "fettle deferral list" shows them.`,
  );
}

export async function cancelDeferral(
  world: World,
  actor: Actor,
  given: { readonly deferral: string; readonly reason: string },
): Promise<Deferral> {
  const deferral = await requireDeferral(world, actor, given.deferral, "patch.edit");
  await demandAllHosts(world, actor, deferral);
  const ended = await endDeferral(world, deferral, {
    to: "cancelled",
    by: actor.subject,
    reason: given.reason,
  });
  if (ended !== null) return ended;
  throw new Failure("blocked", `D-${deferral.number} is over already.`);
}

/** It holds for every host that has the package, so who did not start it must reach all of them. */
async function demandAllHosts(world: World, actor: Actor, deferral: Deferral): Promise<void> {
  if (deferral.startedBy === actor.subject) return;
  const outside = await hostsOutside(world.db, deferral, scopesFor(actor, "patch.edit"));
  if (outside === 0) return;
  throw new Failure(
    "forbidden",
    `D-${deferral.number} is about hosts outside your right patch.edit too. Ask who started it, or somebody who may edit cases of all its hosts.`,
    { facts: { permission: "patch.edit" } },
  );
}

/** Ends those whose time is over; returns how many. */
export async function endOverdueDeferrals(world: World): Promise<number> {
  const by = systemActor.subject;
  let ended = 0;
  for (const deferral of await loadOverdueDeferrals(world.db, world.clock())) {
    const now = await endDeferral(world, deferral, { to: "ended", by, reason: null });
    if (now !== null) ended += 1;
  }
  return ended;
}

/** Null when somebody else ended it first. */
async function endDeferral(
  world: World,
  deferral: Deferral,
  end: {
    readonly to: Exclude<DeferralState, "active">;
    readonly by: SubjectId;
    readonly reason: string | null;
  },
): Promise<Deferral | null> {
  const { to, by, reason } = end;
  const at = world.clock();
  return inTransaction(world.db, async (tx) => {
    if (!(await closeDeferral(tx, { id: deferral.id, to, at, reason }))) return null;
    const ended: Deferral = { ...deferral, state: to, movedAt: at, closedReason: reason };
    await recordDeferral(tx, by, ended, reason === null ? {} : { reason: sha256(reason) });
    return ended;
  });
}

async function recordDeferral(
  tx: Tx,
  actor: SubjectId,
  deferral: Deferral,
  facts: Readonly<Record<string, string | number>>,
): Promise<void> {
  await recordEvent(tx, {
    type: deferral.state === "active" ? "deferral.started" : `deferral.${deferral.state}`,
    actor,
    object: `deferral:${deferral.id}`,
    ...(deferral.patch === null ? {} : { patch: deferral.patch }),
    facts: {
      deferral: `D-${deferral.number}`,
      source: deferral.source,
      until: instantToText(deferral.until),
      ...facts,
    },
  });
}
