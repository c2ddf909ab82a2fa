import type { Actor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { newId, type SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { selectorToText } from "../base/labels.ts";
import type { RoleName } from "../base/permission.ts";
import { demandUnscoped } from "../base/unscoped.ts";
import { inTransaction, type Tx } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { recordEvent } from "../ledger/record.ts";
import { type GrantId, ONE_TIME_SECRET_LIFE_MS, type Subject, type SubjectKind } from "./model.ts";
import { covers, parseGrant } from "./rights.ts";
import {
  countAdmins,
  deleteGrant,
  insertGrant,
  insertSubject,
  loadSubject,
  lockAdmins,
  updateSubject,
} from "./store.ts";
import { insertOneTimeSecret } from "./store-access.ts";
import { newSecret, secretHash } from "./store-secret.ts";
import { deleteSessionsOf } from "./store-session.ts";

interface GrantText {
  readonly role: RoleName;
  readonly scope: string;
}

const USERS = "The list of users";

export async function addUser(
  world: World,
  actor: Actor,
  input: {
    readonly kind: SubjectKind;
    readonly handle: string;
    readonly name: string;
    /** Who answers for a service; the caller when absent. */
    readonly owner?: string | undefined;
    readonly grants: readonly GrantText[];
  },
): Promise<Subject> {
  demandUnscoped(actor, "user.manage", USERS);
  const owner = input.kind === "service" ? await serviceOwner(world, actor, input.owner) : null;
  const id = newId<SubjectId>(world.clock());
  return inTransaction(world.db, async (tx) => {
    const { kind, handle, name } = input;
    if (!(await insertSubject(tx, { id, kind, handle, name, owner }))) {
      throw new Failure(
        "conflict",
        `The handle ${handle} is taken, now or earlier. Choose another.`,
      );
    }
    const object = `subject:${id}`;
    await recordEvent(tx, { type: "subject.added", actor: actor.subject, object, facts: { kind } });
    for (const grant of input.grants) await writeGrant(world, tx, actor, { subject: id, ...grant });
    return reload(tx, id);
  });
}

async function serviceOwner(
  world: World,
  actor: Actor,
  ref: string | undefined,
): Promise<SubjectId> {
  const owner = await loadSubject(world.db, ref ?? actor.subject);
  if (owner?.kind === "person" && owner.disabledAt === null) return owner.id;
  throw new Failure(
    "invalid",
    "A service needs an enabled person who answers for it as its owner.",
  );
}

/** Changes the name, disables or enables. Disabling works with the next request at the latest. */
export async function changeUser(
  world: World,
  actor: Actor,
  input: {
    readonly user: string;
    readonly name?: string | undefined;
    readonly isDisabled?: boolean | undefined;
    readonly ifMatch: string | null;
  },
): Promise<Subject> {
  demandUnscoped(actor, "user.manage", USERS);
  return inTransaction(world.db, async (tx) => {
    await lockAdmins(tx);
    const before = await findUser(tx, input.user);
    const wasDisabled = before.disabledAt !== null;
    const isDisabled = input.isDisabled ?? wasDisabled;
    const isSeen = input.ifMatch === null || input.ifMatch === userTag(before);
    const to = { name: input.name ?? before.name, isDisabled };
    if (!isSeen || !(await updateSubject(tx, before, to))) {
      throw new Failure("conflict", "The user was changed meanwhile. Read it again, then edit.");
    }
    if (isDisabled) await deleteSessionsOf(tx, before.id);
    if (isDisabled !== wasDisabled || to.name !== before.name) {
      const changed = isDisabled ? "subject.disabled" : "subject.enabled";
      await recordEvent(tx, {
        type: isDisabled === wasDisabled ? "subject.renamed" : changed,
        actor: actor.subject,
        object: `subject:${before.id}`,
      });
    }
    await demandAnAdmin(tx);
    return reload(tx, before.id);
  });
}

/** Entity tag of a user (RFC 9110 §8.8.3). */
export function userTag(user: Pick<Subject, "version">): string {
  return `"${user.version}"`;
}

export async function addGrant(
  world: World,
  actor: Actor,
  input: GrantText & { readonly user: string },
): Promise<Subject> {
  demandUnscoped(actor, "user.manage", USERS);
  return inTransaction(world.db, async (tx) => {
    const user = await findUser(tx, input.user);
    await writeGrant(world, tx, actor, { subject: user.id, role: input.role, scope: input.scope });
    return reload(tx, user.id);
  });
}

export async function removeGrant(
  world: World,
  actor: Actor,
  input: { readonly user: string; readonly grant: string },
): Promise<void> {
  demandUnscoped(actor, "user.manage", USERS);
  await inTransaction(world.db, async (tx) => {
    await lockAdmins(tx);
    const user = await findUser(tx, input.user);
    const grant = user.grants.find(({ id }) => id === input.grant);
    if (grant === undefined || !(await deleteGrant(tx, user.id, grant.id))) {
      throw new Failure("not-found", "The user has no such grant.");
    }
    await recordEvent(tx, {
      type: "grant.removed",
      actor: actor.subject,
      object: `subject:${user.id}`,
      facts: { role: grant.role, scope: grant.scope },
    });
    await demandAnAdmin(tx);
  });
}

/** A one-time secret with which a person signs in first and sets a password. */
export async function inviteUser(
  world: World,
  actor: Actor,
  user: string,
): Promise<{ readonly invite: string; readonly expiresAt: Instant }> {
  demandUnscoped(actor, "user.manage", USERS);
  const invite = newSecret();
  const expiresAt = world.clock() + ONE_TIME_SECRET_LIFE_MS;
  await inTransaction(world.db, async (tx) => {
    const subject = await findUser(tx, user);
    if (subject.kind !== "person" || subject.disabledAt !== null) {
      throw new Failure("conflict", "Only an enabled person can be invited.");
    }
    await insertOneTimeSecret(tx, {
      hash: secretHash(invite),
      purpose: "invite",
      subject: subject.id,
      expiresAt,
    });
    await recordEvent(tx, {
      type: "invite.made",
      actor: actor.subject,
      object: `subject:${subject.id}`,
    });
  });
  return { invite, expiresAt };
}

async function writeGrant(
  world: World,
  tx: Tx,
  actor: Actor,
  input: GrantText & { readonly subject: SubjectId },
): Promise<void> {
  const grant = parseGrant(input);
  if (!covers(actor.grants, grant)) {
    throw new Failure("forbidden", `You cannot grant ${input.role} there: you do not hold it.`);
  }
  const scope = selectorToText(grant.scope);
  const row = { id: newId<GrantId>(world.clock()), role: grant.role, scope };
  const isNew = await insertGrant(tx, { ...row, subject: input.subject, grantedBy: actor.subject });
  if (!isNew) throw new Failure("conflict", "The user holds that role there already.");
  await recordEvent(tx, {
    type: "grant.added",
    actor: actor.subject,
    object: `subject:${input.subject}`,
    facts: { role: grant.role, scope },
  });
}

async function findUser(tx: Tx, ref: string): Promise<Subject> {
  const user = await loadSubject(tx, ref);
  if (user === null) throw new Failure("not-found", `There is no user ${ref}.`);
  return user;
}

async function reload(tx: Tx, id: SubjectId): Promise<Subject> {
  return findUser(tx, id);
}

/** That somebody administers without a limit at the end of a transaction which could have changed it. */
export async function demandAnAdmin(tx: Tx): Promise<void> {
  if ((await countAdmins(tx)) > 0) return;
  throw new Failure(
    "blocked",
    "That would leave nobody who administers without a label limit. Make another administrator first.",
  );
}
