import { type Action, actionOf } from "../base/action.ts";
import { type Actor, scopesFor } from "../base/actor.ts";
import { type Digest, sha256 } from "../base/digest.ts";
import { assert, Failure } from "../base/failure.ts";
import type { PlanDigest } from "../base/ids.ts";
import type { Permission } from "../base/permission.ts";
import { inTransaction, type Reader, type Tx } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { loadSubject, personBehind } from "../identity/store.ts";
import { recordEvent } from "../ledger/record.ts";
import { type Party, parties } from "../policy/rings-procedures.ts";
import { ownersOf } from "./actions-impact.ts";
import { demandPlan } from "./actions-show.ts";
import {
  type AcknowledgeRefusal,
  acknowledgeRefusal,
  missingProcedures,
  missingToText,
  ownerRefusal,
  type ProcedureState,
  procedureNames,
} from "./procedure.ts";
import { loadPlan, type StoredPlan } from "./store.ts";
import { countPlanHosts } from "./store-hosts.ts";
import {
  insertAcknowledgements,
  insertAttached,
  loadAcknowledgements,
  loadAttached,
  loadCurrent,
  loadProcedureText,
  loadVersions,
  lockPlanProcedures,
  type ProcedureVersion,
  putVersion,
} from "./store-procedures.ts";

/** Putting procedures, attaching them to plans, and acknowledging them. */

const PROCEDURE_BYTES_MAX = 262_144;

export async function putProcedure(
  world: World,
  actor: Actor,
  put: { readonly name: string; readonly text: string },
): Promise<{ readonly version: number; readonly digest: Digest; readonly isNew: boolean }> {
  const { name, text } = put;
  if (Buffer.byteLength(text) > PROCEDURE_BYTES_MAX) {
    throw new Failure("too-large", `The procedure ${name} is larger than 256 KiB. Shorten it.`);
  }
  if (text.includes("\0")) {
    throw new Failure("invalid", `The procedure ${name} is no text: it holds a zero byte.`);
  }
  const digest = sha256(text);
  return inTransaction(world.db, async (tx) => {
    const by = actor.subject;
    const { version, isNew } = await putVersion(tx, {
      ...{ name, digest, text, by },
      at: world.clock(),
    });
    if (isNew) {
      await recordEvent(tx, {
        type: "procedure.put",
        actor: by,
        object: `procedure:${name}`,
        facts: { name, version, digest },
      });
    }
    return { version, digest, isNew };
  });
}

/** One version with its text, the newest unless told, and all versions. */
export async function showProcedure(
  world: World,
  asked: { readonly name: string; readonly version: number | undefined },
): Promise<{
  readonly shown: ProcedureVersion;
  readonly text: string;
  readonly versions: readonly ProcedureVersion[];
}> {
  const versions = await loadVersions(world.db, asked.name);
  const shown =
    asked.version === undefined
      ? versions[0]
      : versions.find(({ version }) => version === asked.version);
  if (shown === undefined) {
    const which = asked.version === undefined ? "" : ` version ${asked.version} of the`;
    throw new Failure("not-found", `There is no${which} procedure ${asked.name}.`);
  }
  const text = await loadProcedureText(world.db, shown.digest);
  assert(text !== null, "the text of a version is stored");
  return { shown, text, versions };
}

export interface ShownProcedures extends ProcedureState {
  readonly missing: readonly string[];
  readonly actions: readonly Action[];
}

export async function showPlanProcedures(
  world: World,
  actor: Actor,
  ref: string,
): Promise<ShownProcedures> {
  const plan = await demandPlan(world, actor, ref);
  const state = await stateOf(world.db, plan, false);
  const missing = missingProcedures(state).map(missingToText);
  return { ...state, missing, actions: await procedureActions(world, actor, plan) };
}

async function stateOf(reader: Reader, plan: StoredPlan, isKept: boolean): Promise<ProcedureState> {
  const asked = plan.report.procedures;
  const attached = await loadAttached(reader, plan.digest);
  const names = procedureNames(asked, attached);
  const procedures = await loadCurrent(reader, names, isKept);
  const given = await loadAcknowledgements(reader, plan.digest);
  return { asked, attached, procedures, given };
}

/** What keeps a plan from starting, in sentences; the start itself looks again, under its locks. */
export async function procedureRefusal(reader: Reader, plan: StoredPlan): Promise<string | null> {
  if (plan.report.procedures.parties.length === 0) return null;
  return missingText(await stateOf(reader, plan, false));
}

function missingText(state: ProcedureState): string | null {
  const missing = missingProcedures(state);
  return missing.length === 0 ? null : missing.map(missingToText).join(" ");
}

/**
 * For a start: all that the policy asks is acknowledged, and stays so until the transaction ends.
 * `what` names what does not start otherwise.
 */
export async function demandAcknowledged(
  tx: Tx,
  what: { readonly plan: PlanDigest; readonly name: string },
): Promise<void> {
  const plan = await loadPlan(tx, what.plan);
  assert(plan !== null, "the plan of a change is stored");
  if (plan.report.procedures.parties.length === 0) return;
  await lockPlanProcedures(tx, plan.digest, "keep");
  const state = await stateOf(tx, plan, true);
  const text = missingText(state);
  if (text === null) return;
  throw new Failure("blocked", `${what.name} does not start. ${text}`, {
    facts: { missing: missingProcedures(state).map((one) => ({ ...one })) },
  });
}

/** Replaces what was attached before; what the policy names stays beside it. */
export async function attachProcedures(
  world: World,
  actor: Actor,
  attach: { readonly plan: string; readonly names: readonly string[] },
): Promise<void> {
  const { digest, patch } = await demandPlan(world, actor, attach.plan, "plan.create");
  await inTransaction(world.db, async (tx) => {
    await lockPlanProcedures(tx, digest, "change");
    const refusal = await scopeRefusal(tx, actor, { plan: digest, right: "plan.create" });
    if (refusal !== null) throw new Failure("forbidden", refusal);
    const names = [...new Set(attach.names)].sort();
    const unknown = (await loadCurrent(tx, names, false)).filter((one) => one.current === null);
    if (unknown.length > 0) {
      const told = unknown.map(({ name }) => name).join(", ");
      throw new Failure(
        "not-found",
        `There is no procedure ${told}. Put it first: fettle procedure put NAME FILE.`,
      );
    }
    const at = world.clock();
    await insertAttached(tx, { plan: digest, names, by: actor.subject, at });
    await recordEvent(tx, {
      type: "procedure.attached",
      actor: actor.subject,
      object: `plan:${digest}`,
      ...{ patch, plan: digest },
      facts: { names },
    });
  });
}

const REFUSAL_CODES = {
  "not-a-person": "forbidden",
  "not-asked": "invalid",
  "nothing-there": "blocked",
  expired: "blocked",
  "already-given": "conflict",
  "other-party": "forbidden",
  "requester-alone": "forbidden",
  "no-right": "forbidden",
} as const satisfies Record<AcknowledgeRefusal, Failure["code"]>;

/** `digests` are the texts that the person has read: all that the plan has now, or none counts. */
export async function acknowledgeProcedures(
  world: World,
  actor: Actor,
  given: {
    readonly plan: string;
    readonly party: Party;
    readonly digests: readonly string[];
    readonly reason: string;
  },
): Promise<void> {
  const plan = await demandPlan(world, actor, given.plan);
  const { party, reason } = given;
  await inTransaction(world.db, async (tx) => {
    await lockPlanProcedures(tx, plan.digest, "change");
    const state = await stateOf(tx, plan, true);
    const judge = await refusals({ ...world, db: tx }, actor, { plan, state });
    const refusal = await judge(party);
    if (refusal !== null) {
      throw new Failure(REFUSAL_CODES[refusal.why], refusal.text, { facts: { why: refusal.why } });
    }
    const current = new Set(state.procedures.flatMap((one) => one.current?.digest ?? []));
    const read = new Set(given.digests);
    if (read.size !== current.size || [...current].some((digest) => !read.has(digest))) {
      throw new Failure(
        "conflict",
        "The rollback procedures of this plan are not those that you read. Read them again.",
      );
    }
    const known = state.given.filter((one) => one.person === actor.subject);
    const digests = [...current].filter((one) => !known.some(({ digest }) => digest === one));
    const of = { plan: plan.digest, person: actor.subject, party, digests };
    await insertAcknowledgements(tx, { ...of, reason, at: world.clock() });
    await recordEvent(tx, {
      type: "procedure.acknowledged",
      actor: actor.subject,
      object: `plan:${plan.digest}`,
      ...{ patch: plan.patch, plan: plan.digest },
      // The reason may hold names, which the ledger must not: it keeps its digest.
      facts: {
        as: party,
        procedures: state.procedures.flatMap(({ name, current: now }) =>
          now === null ? [] : [{ name, ...now }],
        ),
        reason: sha256(reason),
      },
    });
  });
}

/** What the reader may do about the procedures of a plan; nothing where none are asked. */
export async function procedureActions(
  world: World,
  actor: Actor,
  plan: StoredPlan,
): Promise<readonly Action[]> {
  const asked = plan.report.procedures.parties;
  if (asked.length === 0) return [];
  const state = await stateOf(world.db, plan, false);
  const judge = await refusals(world, actor, { plan, state });
  const scope = { plan: plan.digest, right: "plan.create" as const };
  const actions = [
    actionOf("attach-procedure", "Attach a procedure", await scopeRefusal(world.db, actor, scope)),
  ];
  for (const party of parties.filter((one) => asked.includes(one))) {
    const refusal = await judge(party);
    const label = `Acknowledge for ${party}`;
    actions.push(actionOf(`acknowledge-${party}`, label, refusal?.text ?? null));
  }
  return actions;
}

/** Judges the actor for each party; who they are is looked up once. */
async function refusals(
  world: World,
  actor: Actor,
  of: { readonly plan: StoredPlan; readonly state: ProcedureState },
) {
  const { plan, state } = of;
  const subject = await loadSubject(world.db, actor.subject);
  const requester = await personBehind(world.db, plan.requestedBy);
  const handle = subject?.handle ?? "";
  return async (party: Party) =>
    acknowledgeRefusal({
      ...{ party, state, requester, person: actor.subject },
      isPerson: subject?.kind === "person" && actor.kind === "person",
      lacks: await lackOf(world, actor, { plan: plan.digest, party, handle }),
      now: world.clock(),
      expiresAt: plan.expiresAt,
    });
}

async function lackOf(
  world: World,
  actor: Actor,
  of: { readonly plan: PlanDigest; readonly party: Party; readonly handle: string },
): Promise<string | null> {
  const { plan, party, handle } = of;
  switch (party) {
    case "operations":
      return scopeRefusal(world.db, actor, { plan, right: "rollout.operate" });
    case "security":
      return scopeRefusal(world.db, actor, { plan, right: "change.approve" });
    case "application": {
      const right = { plan, right: "plan.create" as const };
      const mayPlanAll = (await scopeRefusal(world.db, actor, right)) === null;
      return ownerRefusal({ owners: await ownersOf(world, plan), handle, mayPlanAll });
    }
  }
}

async function scopeRefusal(
  reader: Reader,
  actor: Actor,
  of: { readonly plan: PlanDigest; readonly right: Permission },
): Promise<string | null> {
  const scopes = scopesFor(actor, of.right);
  const { inScope, all } = await countPlanHosts(reader, of.plan, scopes);
  return inScope === all ? null : `This needs the right ${of.right} over every host of the plan.`;
}
