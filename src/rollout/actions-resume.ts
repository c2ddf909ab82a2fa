import { type Actor, scopesFor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import type { SubjectId } from "../base/ids.ts";
import { demandUnscoped } from "../base/unscoped.ts";
import { loadChange } from "../change/store.ts";
import { inTransaction, type Tx } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { loadSubject, personBehind } from "../identity/store.ts";
import { changePolicy } from "../policy/store-files.ts";
import { demandRollout, demandWholeRollout, holdRight } from "./actions.ts";
import { record, recordScope, reload, type Said } from "./actions-halt.ts";
import { loadRollout, type RolloutRow } from "./store.ts";
import { loadHalts, lockForHalt, resumeRollout, setHalt, type WideScope } from "./store-halts.ts";
import { putResumeAsk, type ResumeAsk, takeResumeAsk } from "./store-resume.ts";
import { countTargets } from "./store-view.ts";

/**
 * Going on after a halt takes two people, unless the change policy says that an operator's word is enough:
 * who may operate every host asks, and somebody else who may approve agrees, and did not ask for the
 * change. Neither forgives a failure that was not there to be seen.
 */

/** Asks to go on, or goes on where the policy asks for nobody else. */
export async function resume(world: World, actor: Actor, input: Said): Promise<RolloutRow> {
  const given = { ref: input.rollout, permission: "rollout.operate" } as const;
  const seen = await demandWholeRollout(world, actor, given);
  const { resume: rule } = await changePolicy(world);
  const { reason } = input;
  await inTransaction(world.db, async (tx) => {
    await holdRight(world, tx, { actor, row: seen, permission: "rollout.operate", act: "resume" });
    if (rule === "operator") {
      const acknowledged = await goOn(tx, seen);
      await record(tx, { world, actor, row: seen, verb: "resumed", reason, acknowledged });
      return;
    }
    const now = (await loadRollout(tx, seen.id)) ?? seen;
    if (now.state !== "halted") throw notHalted(now);
    const person = await personBehind(tx, actor.subject);
    const ask = { scope: `rollout:${seen.id}`, by: actor.subject, person, words: reason };
    await putResumeAsk(tx, ask);
    await record(tx, { world, actor, row: seen, verb: "resume-asked", reason });
  });
  return reload(world, seen);
}

/** Agrees to what another person asked: the rollout goes on. */
export async function agreeToResume(world: World, actor: Actor, input: Said): Promise<RolloutRow> {
  const scopes = scopesFor(actor, "change.approve");
  const seen = await demandRollout(world.db, { ref: input.rollout, scopes });
  await inTransaction(world.db, async (tx) => {
    const { inScope, all } = await countTargets(tx, seen.id, scopes);
    if (inScope < all) {
      throw new Failure(
        "forbidden",
        "Your right to approve does not cover every host of the rollout.",
      );
    }
    const person = await demandPerson(tx, actor);
    const change = await loadChange(tx, seen.change);
    if (change?.requesterPerson === person) {
      throw new Failure(
        "forbidden",
        "Who asked for the change does not agree that it goes on; somebody else has to.",
      );
    }
    const ask = await takeResumeAsk(tx, `rollout:${seen.id}`);
    const name = `R-${seen.number}`;
    demandOther(ask, { person, name, how: `fettle rollout resume ${name}` });
    const acknowledged = await goOn(tx, seen);
    const act = { world, actor, row: seen, verb: "resumed", reason: input.reason } as const;
    await record(tx, { ...act, acknowledged, askedBy: ask.by });
  });
  return reload(world, seen);
}

async function goOn(tx: Tx, row: RolloutRow): Promise<number> {
  const acknowledged = await resumeRollout(tx, row.id);
  if (acknowledged === null) throw notHalted((await loadRollout(tx, row.id)) ?? row);
  return acknowledged;
}

function notHalted(row: RolloutRow): Failure {
  return new Failure("blocked", `R-${row.number} is ${row.state}, not halted.`);
}

interface ScopeSaid {
  readonly scope: WideScope;
  readonly reason: string;
}

/** Asks to lift a halt that is wider than one rollout, or lifts it where the policy asks for nobody else. */
export async function liftScope(
  world: World,
  actor: Actor,
  input: ScopeSaid,
): Promise<{ readonly isLifted: boolean }> {
  const { scope, reason } = input;
  demandUnscoped(actor, "rollout.operate", "Lifting such a halt");
  const { resume: rule } = await changePolicy(world);
  return inTransaction(world.db, async (tx) => {
    await lockForHalt(tx, scope);
    await demandHalted(tx, scope);
    if (rule === "operator") {
      await lift(tx, actor, input);
      await recordScope(tx, { scope, verb: "resumed", actor, reason });
      return { isLifted: true };
    }
    const person = await personBehind(tx, actor.subject);
    await putResumeAsk(tx, { scope, by: actor.subject, person, words: reason });
    await recordScope(tx, { scope, verb: "resume-asked", actor, reason });
    return { isLifted: false };
  });
}

/** Agrees to what another person asked: the halt is lifted. */
export async function agreeToLift(world: World, actor: Actor, input: ScopeSaid): Promise<void> {
  const { scope, reason } = input;
  demandUnscoped(actor, "change.approve", "Agreeing to lift such a halt");
  await inTransaction(world.db, async (tx) => {
    await lockForHalt(tx, scope);
    await demandHalted(tx, scope);
    const person = await demandPerson(tx, actor);
    const ask = await takeResumeAsk(tx, scope);
    demandOther(ask, { person, name: scope, how: `fettle halt lift ${scope}` });
    await lift(tx, actor, input);
    await recordScope(tx, { scope, verb: "resumed", actor, reason, askedBy: ask.by });
  });
}

async function lift(tx: Tx, actor: Actor, { scope, reason: text }: ScopeSaid): Promise<void> {
  const reason = { why: "person", text } as const;
  await setHalt(tx, { scope, isHalted: false, isFrozen: false, reason, by: actor.subject });
}

async function demandHalted(tx: Tx, scope: WideScope): Promise<void> {
  if ((await loadHalts(tx)).some((halt) => halt.scope === scope)) return;
  throw new Failure("blocked", `${scope} is not halted. "fettle halt list" shows what is.`);
}

async function demandPerson(tx: Tx, actor: Actor): Promise<SubjectId> {
  const subject = await loadSubject(tx, actor.subject);
  if (subject?.kind === "person" && actor.kind === "person" && subject.disabledAt === null) {
    return subject.id;
  }
  throw new Failure("forbidden", "Only a person agrees to go on. Sign in as yourself.");
}

function demandOther(
  ask: ResumeAsk | null,
  of: { readonly person: SubjectId; readonly name: string; readonly how: string },
): asserts ask is ResumeAsk {
  if (ask === null) {
    throw new Failure(
      "blocked",
      `Nobody asked in the last day to go on with ${of.name}. An operator does: ${of.how}`,
    );
  }
  if (ask.person === of.person) {
    throw new Failure("forbidden", "You asked for it yourself; somebody else has to agree.");
  }
}
