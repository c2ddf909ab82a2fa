import type { Actor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import type { SubjectId } from "../base/ids.ts";
import { demandUnscoped } from "../base/unscoped.ts";
import { inTransaction, type Tx } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { recordEvent } from "../ledger/record.ts";
import { demandWholeCredential } from "./actions-access.ts";
import type { Session } from "./model.ts";
import { loadSubject } from "./store.ts";
import { deleteSessionsBut, loadSessions } from "./store-session.ts";

/** Where somebody is signed in with a browser: to know it, and to end what is not theirs any more. */
interface Asked {
  /** Somebody else, by id or handle, for those who manage users; oneself when absent. */
  readonly user?: string | undefined;
  readonly credentialHash: string | null;
}

export async function listSessions(
  world: World,
  actor: Actor,
  { user, credentialHash }: Asked,
): Promise<readonly Session[]> {
  const subject = await subjectAsked(world, actor, { user, permission: "user.read" });
  return loadSessions(world.db, { subject, currentHash: credentialHash });
}

/** Ends one sign-in of one's own; for those who manage users, of anybody named. */
export async function endSession(
  world: World,
  actor: Actor,
  of: Asked & { readonly session: string },
): Promise<void> {
  await demandWholeCredential(world, actor, of.credentialHash);
  const subject = await subjectAsked(world, actor, { user: of.user, permission: "user.manage" });
  await inTransaction(world.db, async (tx) => {
    const ended = await deleteSessionsBut(tx, { subject, only: of.session, keepHash: null });
    if (ended.length === 0) {
      throw new Failure(
        "not-found",
        "There is no such sign-in, or it ended already. See: fettle session list",
      );
    }
    await recordEnds(tx, { actor, subject, count: ended.length });
  });
}

/** Ends every sign-in but the one that asks; returns how many. */
export async function endOtherSessions(
  world: World,
  actor: Actor,
  { user, credentialHash }: Asked,
): Promise<number> {
  await demandWholeCredential(world, actor, credentialHash);
  const subject = await subjectAsked(world, actor, { user, permission: "user.manage" });
  return inTransaction(world.db, async (tx) => {
    const ended = await deleteSessionsBut(tx, { subject, keepHash: credentialHash });
    await recordEnds(tx, { actor, subject, count: ended.length });
    return ended.length;
  });
}

async function recordEnds(
  tx: Tx,
  of: { readonly actor: Actor; readonly subject: SubjectId; readonly count: number },
): Promise<void> {
  if (of.count === 0) return;
  await recordEvent(tx, {
    type: "session.ended",
    actor: of.actor.subject,
    object: `subject:${of.subject}`,
    facts: { sessions: of.count },
  });
}

async function subjectAsked(
  world: World,
  actor: Actor,
  of: { readonly user: string | undefined; readonly permission: "user.read" | "user.manage" },
): Promise<SubjectId> {
  const { user } = of;
  if (user === undefined || user === actor.name || user === actor.subject) return actor.subject;
  demandUnscoped(actor, of.permission, "The list of other people's sign-ins");
  const subject = await loadSubject(world.db, user);
  if (subject === null) throw new Failure("not-found", `There is no user ${user}.`);
  return subject.id;
}
