import { type Actor, systemActor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { newId, type SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { demandUnscoped } from "../base/unscoped.ts";
import { inTransaction, type Tx } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { recordEvent } from "../ledger/record.ts";
import { demandWholeCredential } from "./actions-access.ts";
import { demandFewTries } from "./actions-setup.ts";
import { type GrantId, ONE_TIME_SECRET_LIFE_MS, type Subject } from "./model.ts";
import { insertGrant, loadSubject, lockAdmins } from "./store.ts";
import { insertOneTimeSecret } from "./store-access.ts";
import {
  deleteHolder,
  forgetSignIn,
  insertHolder,
  loadHolders,
  newShareCode,
  putShare,
  type RecoveryHolder,
  shareHash,
  takeRecoveryRequest,
  takeShares,
} from "./store-recovery.ts";
import { newSecret, secretHash } from "./store-secret.ts";

/**
 * When nobody can administer any more: two people who were appointed beforehand, each with a code that
 * only they have seen, on the server's own machine. One person cannot, whoever they are; from elsewhere
 * nobody can.
 */
const PEOPLE_NEEDED = 2;
const WHAT = "The list of people who can bring back an administrator";

export async function listHolders(world: World, actor: Actor): Promise<readonly RecoveryHolder[]> {
  demandUnscoped(actor, "user.read", WHAT);
  return loadHolders(world.db);
}

export async function appointHolder(world: World, actor: Actor, user: string): Promise<void> {
  demandUnscoped(actor, "user.manage", WHAT);
  await inTransaction(world.db, async (tx) => {
    const person = await findPerson(tx, user);
    if (person.disabledAt !== null) {
      throw new Failure("conflict", `${person.handle} is disabled and could not help.`);
    }
    if (!(await insertHolder(tx, { subject: person.id, by: actor.subject }))) {
      throw new Failure("conflict", `${person.handle} is appointed already.`);
    }
    await note(tx, "recovery.appointed", { actor: actor.subject, subject: person.id });
  });
}

export async function dismissHolder(world: World, actor: Actor, user: string): Promise<void> {
  demandUnscoped(actor, "user.manage", WHAT);
  await inTransaction(world.db, async (tx) => {
    const person = await findPerson(tx, user);
    if (!(await deleteHolder(tx, person.id))) {
      throw new Failure("not-found", `${person.handle} is not appointed.`);
    }
    await note(tx, "recovery.dismissed", { actor: actor.subject, subject: person.id });
  });
}

/** One's own code, shown once. Nobody else sees it, so nobody can gather two. */
export async function takeOwnShare(
  world: World,
  actor: Actor,
  credentialHash: string | null,
): Promise<string> {
  await demandWholeCredential(world, actor, credentialHash);
  const code = newShareCode();
  const { subject } = actor;
  await inTransaction(world.db, async (tx) => {
    if (!(await putShare(tx, { subject, hash: shareHash(code) }))) {
      throw new Failure(
        "forbidden",
        "You are not appointed for recovery. An administrator does that: fettle recovery appoint HANDLE",
      );
    }
    await note(tx, "recovery.taken", { actor: subject, subject });
  });
  return code;
}

interface Recovery {
  /** What stands in the file that only this machine's server user can write. */
  readonly secret: string;
  readonly codes: readonly string[];
  /** Who is to administer. */
  readonly handle: string;
  readonly address: string;
}

/** Makes somebody an administrator again, with nothing but a new invitation to sign in with. */
export async function recover(
  world: World,
  of: Recovery,
): Promise<{ readonly path: string; readonly expiresAt: Instant }> {
  await demandFewTries(world, `recovery ${of.address}`);
  const isHere = isThisMachine(of.address) && (await takeRecoveryRequest(world, of.secret));
  const made = isHere ? await recovered(world, of) : null;
  if (made !== null) return made;
  await inTransaction(world.db, (tx) =>
    recordEvent(tx, {
      type: "recovery.refused",
      actor: systemActor.subject,
      object: "entrance:recovery",
    }),
  );
  throw new Failure(
    "forbidden",
    "Recovery was refused. It needs the codes of two different appointed people, the handle of a person, and this very machine, as the server's user: fettle recover HANDLE",
  );
}

class NotRecovered extends Error {}

async function recovered(world: World, of: Recovery) {
  const invite = newSecret();
  const expiresAt = world.clock() + ONE_TIME_SECRET_LIFE_MS;
  try {
    await inTransaction(world.db, async (tx) => {
      await lockAdmins(tx);
      const people = await takeShares(tx, of.codes.map(shareHash));
      const person = await loadSubject(tx, of.handle);
      // Thrown, so that the codes of a try that fails are not used up.
      if (new Set(people).size < PEOPLE_NEEDED || person?.kind !== "person") {
        throw new NotRecovered();
      }
      await forgetSignIn(tx, person.id);
      const grant = { id: newId<GrantId>(world.clock()), role: "admin", scope: "" } as const;
      await insertGrant(tx, { ...grant, subject: person.id, grantedBy: systemActor.subject });
      const hash = secretHash(invite);
      await insertOneTimeSecret(tx, { hash, purpose: "invite", subject: person.id, expiresAt });
      await recordEvent(tx, {
        type: "recovery.used",
        actor: systemActor.subject,
        object: `subject:${person.id}`,
        facts: { people: [...people] },
      });
    });
    return { path: `/invite#${invite}`, expiresAt };
  } catch (cause) {
    if (cause instanceof NotRecovered) return null;
    throw cause;
  }
}

function isThisMachine(address: string): boolean {
  return ["127.0.0.1", "::1", "::ffff:127.0.0.1"].includes(address);
}

async function findPerson(tx: Tx, user: string): Promise<Subject> {
  const person = await loadSubject(tx, user);
  if (person?.kind === "person") return person;
  throw new Failure("not-found", `There is no person ${user}.`);
}

async function note(
  tx: Tx,
  type: `recovery.${string}`,
  of: { readonly actor: SubjectId; readonly subject: SubjectId },
): Promise<void> {
  await recordEvent(tx, { type, actor: of.actor, object: `subject:${of.subject}` });
}
