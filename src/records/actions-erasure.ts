import type { Actor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import type { Json, JsonObject } from "../base/json.ts";
import { demandUnscoped } from "../base/unscoped.ts";
import { inTransaction, type Reader } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { demandAnAdmin } from "../identity/actions.ts";
import type { Subject } from "../identity/model.ts";
import { loadSubject, lockAdmins, personBehind } from "../identity/store.ts";
import { recordReading } from "../ledger/actions-read.ts";
import { recordEvent } from "../ledger/record.ts";
import { readTimeline } from "../ledger/store.ts";
import { destroySubjectKey, openSealed } from "../ledger/store-seal.ts";
import { holdName } from "./hold.ts";
import { refusalOf } from "./store.ts";
import {
  askErasure,
  type Erasure,
  eraseSubject,
  loadAskedErasures,
  loadErasure,
  loadHeldOn,
  loadHoldOver,
  lockErasure,
  withdrawErasure,
} from "./store-erasure.ts";

const PEOPLE = "What is held on people";

/**
 * Erases what is held on a person (GDPR Art. 17): the first person asks, and by another, who calls it
 * again, it is done at once and for good. Entries of the log stay as they are, and what was sealed in
 * them about the person can be read by nobody any more.
 */
export async function askOrErase(
  world: World,
  actor: Actor,
  of: { readonly user: string; readonly reason?: string | undefined },
): Promise<Erasure> {
  demandUnscoped(actor, "user.manage", PEOPLE);
  return inTransaction(world.db, async (tx) => {
    await lockAdmins(tx);
    const person = await findPerson(tx, of.user);
    const asked = await lockErasure(tx, person.id);
    if (asked !== null && asked.doneAt !== null) {
      throw new Failure("conflict", "That person is erased already.");
    }
    await refuseHeld(tx, person);
    const by = await personBehind(tx, actor.subject);
    const about = { actor: actor.subject, object: `subject:${person.id}` };
    if (asked === null || asked.withdrawnAt !== null) {
      if (of.reason === undefined) throw new Failure("invalid", "Say why they are to be erased.");
      await askErasure(tx, { subject: person.id, by, reason: of.reason });
      await recordEvent(tx, { ...about, type: "erasure.asked" });
    } else if (asked.askedBy === by) {
      throw new Failure("forbidden", "You asked for it. Another person has to agree.");
    } else if (person.id === by) {
      throw new Failure("forbidden", "Nobody agrees to their own erasure. Another person has to.");
    } else {
      await eraseSubject(tx, { subject: person.id, by });
      await destroySubjectKey(tx, person.id).catch((cause: unknown) => {
        throw refusalOf(cause, "FT002", "Nothing was erased");
      });
      const facts = { askedBy: asked.askedBy };
      await recordEvent(tx, { ...about, type: "subject.erased", facts, rule: "two-persons" });
      await demandAnAdmin(tx);
    }
    const now = await loadErasure(tx, person.id);
    if (now === null) throw new Failure("internal", "The erasure is not there.");
    return now;
  });
}

/** Takes back what somebody asked for, before another does it; whoever may ask may also end it. */
export async function withdrawAsked(world: World, actor: Actor, ref: string): Promise<void> {
  demandUnscoped(actor, "user.manage", PEOPLE);
  await inTransaction(world.db, async (tx) => {
    const person = await findPerson(tx, ref);
    const asked = await lockErasure(tx, person.id);
    if (asked === null || asked.doneAt !== null || asked.withdrawnAt !== null) {
      throw new Failure("conflict", `Nobody asked to erase ${ref}, or it is done.`);
    }
    await withdrawErasure(tx, person.id);
    const object = `subject:${person.id}`;
    const facts = { askedBy: asked.askedBy };
    await recordEvent(tx, { type: "erasure.withdrawn", actor: actor.subject, object, facts });
  });
}

export interface AskedErasure extends Erasure {
  readonly handle: string;
  readonly hold: string | null;
}

/** Who is to be erased, as one person asked and nobody has done it yet. */
export async function askedErasures(world: World, actor: Actor): Promise<readonly AskedErasure[]> {
  demandUnscoped(actor, "user.manage", PEOPLE);
  const asked = await loadAskedErasures(world.db);
  return asked.map((one) => ({ ...one, hold: one.hold === null ? null : holdName(one.hold) }));
}

async function refuseHeld(reader: Reader, person: Subject): Promise<void> {
  const hold = await loadHoldOver(reader, person.id);
  if (hold === null) return;
  throw new Failure(
    "blocked",
    `Legal hold ${holdName(hold)} keeps what is held on this person. Two people lift it: fettle audit hold lift ${holdName(hold)}`,
  );
}

/** As many of their newest events as one answer holds. */
const EVENTS_MAX = 1_000;

/** All that is held on a person, opened (GDPR Art. 15). */
export async function heldOn(world: World, actor: Actor, user: string): Promise<JsonObject> {
  demandUnscoped(actor, "user.manage", PEOPLE);
  const person = await findPerson(world.db, user);
  const held = await loadHeldOn(world.db, person.id);
  const order = { order: "newest", limit: EVENTS_MAX } as const;
  const did = await readTimeline(world.db, { actor: person.id, ...order });
  const about = await readTimeline(world.db, { object: `subject:${person.id}`, ...order });
  await inTransaction(world.db, (tx) =>
    recordEvent(tx, {
      type: "subject.exported",
      actor: actor.subject,
      object: `subject:${person.id}`,
    }),
  );
  await recordReading(world, actor.subject, { what: "events" });
  const opened = (await openSealed(world, { did, about })) as { did: Json; about: Json };
  return { ...held, ...opened };
}

async function findPerson(reader: Reader, user: string): Promise<Subject> {
  const person = await loadSubject(reader, user);
  if (person?.kind === "person") return person;
  throw new Failure("not-found", `There is no person ${user}.`);
}
