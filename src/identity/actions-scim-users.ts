import type { Actor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { newId, type SubjectId } from "../base/ids.ts";
import { inTransaction, type Reader, type Tx } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { recordEvent } from "../ledger/record.ts";
import { demandAnAdmin } from "./actions.ts";
import { followGroups } from "./actions-groups.ts";
import type { ScimObject } from "./scim-attributes.ts";
import { scimFailure } from "./scim-failure.ts";
import type { ScimFilter } from "./scim-filter.ts";
import { handlesFor } from "./scim-handle.ts";
import { type PatchOperation, patched } from "./scim-patch.ts";
import { type SentUser, scimTag, sentUser, userResource } from "./scim-schemas.ts";
import { insertSubject, loadSubject, lockAdmins, updateSubject } from "./store.ts";
import { revokeTokensOf } from "./store-directory.ts";
import { noteSource } from "./store-providers.ts";
import {
  countScimUsers,
  findDeleted,
  insertScimUser,
  isKeptByDirectory,
  type KeptUser,
  loadScimUsers,
  markDeleted,
  noteEnded,
  updateScimUser,
} from "./store-scim.ts";
import { deleteSessionsOf } from "./store-session.ts";

/**
 * People as a directory keeps them here. It makes accounts, renames and disables those it made, and
 * nothing else: it has no rights of its own, and an account that was here before is never its own unless
 * an administrator handed it over.
 */
export const DIRECTORY_USERS_MAX = 20_000;

export interface Found {
  readonly total: number;
  readonly all: readonly ScimObject[];
}

export async function findUsers(
  world: World,
  actor: Actor,
  of: { readonly filter: ScimFilter | null; readonly startIndex: number; readonly count: number },
): Promise<Found> {
  const { filter, startIndex, count } = of;
  const directory = actor.subject;
  if (filter === null) {
    const page = { after: startIndex - 1, limit: count };
    const users = await loadScimUsers(world.db, { directory, key: null, page });
    return { total: await countScimUsers(world.db, directory), all: users.map(userResource) };
  }
  const users = await loadScimUsers(world.db, { directory, key: filter.key });
  const all = users.map(userResource).filter(filter.matches);
  return { total: all.length, all: all.slice(startIndex - 1, startIndex - 1 + count) };
}

export async function readUser(world: World, actor: Actor, id: string): Promise<KeptUser> {
  return userOf(world.db, actor.subject, id);
}

export async function makeUser(world: World, actor: Actor, sent: ScimObject): Promise<KeptUser> {
  const user = sentUser(sent);
  const directory = actor.subject;
  return inTransaction(world.db, async (tx) => {
    await lockAdmins(tx);
    if ((await countScimUsers(tx, directory)) >= DIRECTORY_USERS_MAX) {
      throw new Failure("blocked", `A directory keeps at most ${DIRECTORY_USERS_MAX} people here.`);
    }
    const key = { name: "username", value: user.userName };
    if ((await loadScimUsers(tx, { directory, key })).length > 0) throw taken();
    const back = await findDeleted(tx, { directory, userName: user.userName });
    const subject = back ?? (await newPerson(world, tx, { actor, user }));
    const row = { ...rowOf(user), subject, directory };
    const isWritten =
      back === null
        ? await insertScimUser(tx, row)
        : await updateScimUser(tx, { ...row, isEndedByIt: true });
    if (!isWritten) throw taken();
    await followActive(tx, actor, { subject, user });
    await followGroups(world, tx, { subject, groups: [] });
    return userOf(tx, directory, subject);
  });
}

async function newPerson(
  world: World,
  tx: Tx,
  of: { readonly actor: Actor; readonly user: SentUser },
): Promise<SubjectId> {
  const { actor, user } = of;
  const id = newId<SubjectId>(world.clock());
  const handle = await freeHandle(tx, user.userName);
  await insertSubject(tx, { id, handle, name: nameOf(user), kind: "person", owner: null });
  await noteSource(tx, { subject: id, source: "scim" });
  await recordEvent(tx, {
    type: "subject.added",
    actor: actor.subject,
    object: `subject:${id}`,
    facts: { kind: "person", directory: actor.name },
  });
  return id;
}

/**
 * A handle that somebody of here has may be the same human: a second account would let them approve what
 * they asked for, so a person of here decides.
 */
async function freeHandle(tx: Tx, userName: string): Promise<string> {
  const wanted = handlesFor(userName);
  for (const handle of wanted) {
    const holder = await loadSubject(tx, handle);
    if (holder === null) return handle;
    if (await isKeptByDirectory(tx, holder.id)) continue;
    throw scimFailure(
      "uniqueness",
      `The account ${handle} is here already and not of this directory. If it is the same person, an administrator hands it over: fettle directory adopt.`,
    );
  }
  throw scimFailure("uniqueness", "No handle can be made of that userName, or all are taken.");
}

export async function replaceUser(
  world: World,
  actor: Actor,
  of: { readonly id: string; readonly sent: ScimObject; readonly ifMatch: string | null },
): Promise<KeptUser> {
  return change(world, actor, { ...of, to: () => of.sent });
}

export async function patchUser(
  world: World,
  actor: Actor,
  of: {
    readonly id: string;
    readonly operations: readonly PatchOperation[];
    readonly ifMatch: string | null;
  },
): Promise<KeptUser> {
  return change(world, actor, { ...of, to: (before) => patched("User", before, of.operations) });
}

async function change(
  world: World,
  actor: Actor,
  of: {
    readonly id: string;
    readonly ifMatch: string | null;
    readonly to: (before: ScimObject) => ScimObject;
  },
): Promise<KeptUser> {
  return inTransaction(world.db, async (tx) => {
    await lockAdmins(tx);
    const before = await userOf(tx, actor.subject, of.id);
    demandSeen(of.ifMatch, before);
    const { groups: _, meta: __, ...kept } = userResource(before);
    const user = sentUser(of.to(kept));
    const subject = before.id as SubjectId;
    const row = { ...rowOf(user), subject, directory: actor.subject };
    const { isEndedByIt } = before;
    if (!(await updateScimUser(tx, { ...row, isEndedByIt }))) throw taken();
    await followActive(tx, actor, { subject, user });
    await demandAnAdmin(tx);
    return userOf(tx, actor.subject, of.id);
  });
}

/** Takes somebody away: disabled for good, unless the directory sends the same name again. */
export async function deleteUser(
  world: World,
  actor: Actor,
  of: { readonly id: string; readonly ifMatch: string | null },
): Promise<void> {
  await inTransaction(world.db, async (tx) => {
    await lockAdmins(tx);
    const before = await userOf(tx, actor.subject, of.id);
    demandSeen(of.ifMatch, before);
    const subject = before.id as SubjectId;
    await disable(tx, actor, subject);
    await markDeleted(tx, subject);
    await followGroups(world, tx, { subject, groups: [] });
    await recordEvent(tx, {
      type: "directory.user-removed",
      actor: actor.subject,
      object: `subject:${subject}`,
    });
    await demandAnAdmin(tx);
  });
}

/** Makes the account as live, and named, as the directory says. What people disabled stays so. */
async function followActive(
  tx: Tx,
  actor: Actor,
  of: { readonly subject: SubjectId; readonly user: SentUser },
): Promise<void> {
  const { subject, user } = of;
  const [kept] = await loadScimUsers(tx, {
    directory: actor.subject,
    key: { name: "id", value: subject },
  });
  const account = await loadSubject(tx, subject);
  if (kept === undefined || account === null) return;
  const name = nameOf(user);
  if (!user.active) {
    await disable(tx, actor, subject, name);
    return;
  }
  const isDisabled = account.disabledAt !== null;
  const enables = isDisabled && kept.isEndedByIt;
  await updateSubject(tx, account, { name, isDisabled: isDisabled && !enables });
  if (enables) await noteEnded(tx, subject, false);
  const type = enables ? "subject.enabled" : "subject.renamed";
  if (enables || name !== account.name) await note(tx, actor, { type, subject });
}

/** Ends sessions and tokens with the account; approvals and elevations count live people only. */
async function disable(tx: Tx, actor: Actor, subject: SubjectId, name?: string): Promise<void> {
  const account = await loadSubject(tx, subject);
  if (account === null) return;
  const to = { name: name ?? account.name, isDisabled: true };
  await updateSubject(tx, account, to);
  await deleteSessionsOf(tx, subject);
  await revokeTokensOf(tx, subject);
  if (account.disabledAt !== null) return;
  await noteEnded(tx, subject, true);
  await note(tx, actor, { type: "subject.disabled", subject });
}

async function note(
  tx: Tx,
  actor: Actor,
  of: { readonly type: `${string}.${string}`; readonly subject: SubjectId },
): Promise<void> {
  await recordEvent(tx, {
    type: of.type,
    actor: actor.subject,
    object: `subject:${of.subject}`,
    facts: { directory: actor.name },
  });
}

function rowOf(user: SentUser) {
  const { userName, externalId, displayName, name, emails } = user;
  return { userName, externalId: externalId ?? null, attributes: { displayName, name, emails } };
}

function nameOf({ displayName, name, userName }: SentUser): string {
  const whole = [name?.givenName, name?.familyName].filter(Boolean).join(" ");
  const first = [displayName, name?.formatted, whole].find((one) => (one ?? "").trim() !== "");
  return (first ?? userName).trim().slice(0, 200);
}

async function userOf(tx: Reader, directory: SubjectId, id: string): Promise<KeptUser> {
  const [user] = await loadScimUsers(tx, { directory, key: { name: "id", value: id } });
  if (user !== undefined) return user;
  throw new Failure("not-found", "There is no such user of this directory.");
}

/** RFC 7644 §3.14; weak tags are compared by their words, as one version has one form here. */
export function demandSeen(ifMatch: string | null, of: { readonly version: number }): void {
  if (ifMatch === null || ifMatch === "*") return;
  const bare = (tag: string): string => tag.trim().replace(/^W\//, "");
  if (ifMatch.split(",").some((tag) => bare(tag) === bare(scimTag(of)))) return;
  throw new Failure("conflict", "It was changed meanwhile. Read it again.", {
    facts: { precondition: "failed" },
  });
}

function taken(): Failure {
  return scimFailure(
    "uniqueness",
    "The directory has somebody of that userName or externalId here.",
  );
}
