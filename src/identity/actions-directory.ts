import type { Actor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { newId, type SubjectId } from "../base/ids.ts";
import { DAY_MS, type Instant } from "../base/instant.ts";
import { selectorToText } from "../base/labels.ts";
import type { RoleName } from "../base/permission.ts";
import { demandUnscoped } from "../base/unscoped.ts";
import { inTransaction, type Reader, type Tx } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { recordEvent } from "../ledger/record.ts";
import { demandAnAdmin } from "./actions.ts";
import { followGroups } from "./actions-groups.ts";
import type { TokenId } from "./model.ts";
import { covers, parseGrant } from "./rights.ts";
import { insertSubject, loadSubject, lockAdmins } from "./store.ts";
import { insertToken, loadTokens } from "./store-access.ts";
import {
  type Directory,
  deleteGroupRule,
  type GroupRule,
  insertDirectory,
  insertGroupRule,
  loadDirectories,
  loadGroupRules,
  loadMembersOf,
} from "./store-directory.ts";
import { insertScimUser, isKeptByDirectory } from "./store-scim.ts";
import { newToken, secretHash } from "./store-secret.ts";

/** What people of this server decide about directories: who may write people here, and what groups give. */
const DIRECTORIES = "The list of directories";

export async function listDirectories(world: World, actor: Actor): Promise<readonly Directory[]> {
  demandUnscoped(actor, "user.read", DIRECTORIES);
  return loadDirectories(world.db);
}

export async function listRules(
  world: World,
  actor: Actor,
  ref: string,
): Promise<readonly GroupRule[]> {
  demandUnscoped(actor, "user.read", DIRECTORIES);
  const { id } = await directoryOf(world.db, ref);
  return loadGroupRules(world.db, id);
}

export async function addDirectory(
  world: World,
  actor: Actor,
  input: { readonly handle: string; readonly title: string },
): Promise<Directory> {
  demandUnscoped(actor, "user.manage", DIRECTORIES);
  if (actor.kind !== "person") throw new Failure("forbidden", "A person answers for a directory.");
  const { handle, title } = input;
  const id = newId<SubjectId>(world.clock());
  return inTransaction(world.db, async (tx) => {
    const subject = { id, handle, name: title, kind: "service", owner: actor.subject } as const;
    if (!(await insertSubject(tx, subject))) {
      throw new Failure("conflict", `The handle ${handle} is taken, now or earlier.`);
    }
    await insertDirectory(tx, { subject: id, title });
    await note(tx, actor, { type: "directory.added", directory: id, facts: {} });
    return directoryOf(tx, id);
  });
}

export interface MadeDirectoryToken {
  readonly id: TokenId;
  /** Shown once. */
  readonly token: string;
  readonly expiresAt: Instant;
}

/** A token that opens /scim/v2 for that directory, and nothing else anywhere. */
export async function makeDirectoryToken(
  world: World,
  actor: Actor,
  input: { readonly directory: string; readonly days: number },
): Promise<MadeDirectoryToken> {
  demandUnscoped(actor, "user.manage", DIRECTORIES);
  const directory = await directoryOf(world.db, input.directory);
  const token = newToken();
  const id = newId<TokenId>(world.clock());
  return inTransaction(world.db, async (tx) => {
    await insertToken(tx, {
      id,
      hash: secretHash(token),
      subject: directory.id,
      parent: null,
      title: `SCIM for ${directory.handle}`,
      limits: null,
      lifeSeconds: (input.days * DAY_MS) / 1000,
      proof: null,
      purpose: "scim",
    });
    await recordEvent(tx, {
      type: "token.created",
      actor: actor.subject,
      object: `token:${id}`,
      facts: { subject: directory.id, days: input.days, purpose: "scim" },
    });
    const [made] = await loadTokens(tx, { id });
    return { id, token, expiresAt: made?.expiresAt ?? world.clock() };
  });
}

/** Nobody hands out what they do not hold, not by a group either. */
export async function addRule(
  world: World,
  actor: Actor,
  input: {
    readonly directory: string;
    readonly group: string;
    readonly role: RoleName;
    readonly scope: string;
  },
): Promise<GroupRule> {
  demandUnscoped(actor, "user.manage", DIRECTORIES);
  const { group, role } = input;
  const grant = parseGrant(input);
  if (!covers(actor.grants, grant)) {
    throw new Failure("forbidden", `You cannot grant ${role} there: you do not hold it.`);
  }
  const scope = selectorToText(grant.scope);
  return inTransaction(world.db, async (tx) => {
    await lockAdmins(tx);
    const { id: directory } = await directoryOf(tx, input.directory);
    const rule = { id: newId(world.clock()), directory, group, role, scope };
    if (!(await insertGroupRule(tx, { ...rule, madeBy: actor.subject }))) {
      throw new Failure("conflict", "The directory has that rule already.");
    }
    const facts = { rule: rule.id, role, scope };
    await note(tx, actor, { type: "group-rule.added", directory, facts });
    await follow(world, tx, rule);
    return rule;
  });
}

export async function removeRule(
  world: World,
  actor: Actor,
  input: { readonly directory: string; readonly rule: string },
): Promise<void> {
  demandUnscoped(actor, "user.manage", DIRECTORIES);
  await inTransaction(world.db, async (tx) => {
    await lockAdmins(tx);
    const { id: directory } = await directoryOf(tx, input.directory);
    const rule = await deleteGroupRule(tx, { id: input.rule, directory });
    if (rule === null) throw new Failure("not-found", "The directory has no such rule.");
    const facts = { rule: rule.id, role: rule.role, scope: rule.scope };
    await note(tx, actor, { type: "group-rule.removed", directory, facts });
    await follow(world, tx, rule);
    await demandAnAdmin(tx);
  });
}

/** Hands an account that was here before over to a directory, which then renames and disables it. */
export async function adoptUser(
  world: World,
  actor: Actor,
  input: { readonly directory: string; readonly user: string; readonly userName: string },
): Promise<void> {
  demandUnscoped(actor, "user.manage", DIRECTORIES);
  await inTransaction(world.db, async (tx) => {
    await lockAdmins(tx);
    const directory = await directoryOf(tx, input.directory);
    const user = await loadSubject(tx, input.user);
    if (user === null) throw new Failure("not-found", `There is no user ${input.user}.`);
    const isKept = await isKeptByDirectory(tx, user.id);
    if (user.kind !== "person" || isKept) {
      throw new Failure(
        "conflict",
        `${user.handle} is no person, or belongs to a directory already.`,
      );
    }
    const { userName } = input;
    const row = { subject: user.id, directory: directory.id, userName, externalId: null };
    if (!(await insertScimUser(tx, { ...row, attributes: {} }))) {
      throw new Failure("conflict", "The directory has somebody of that userName here.");
    }
    await recordEvent(tx, {
      type: "directory.user-adopted",
      actor: actor.subject,
      object: `subject:${user.id}`,
      facts: { directory: directory.handle },
    });
  });
}

async function follow(world: World, tx: Tx, rule: GroupRule): Promise<void> {
  for (const subject of await loadMembersOf(tx, rule)) {
    await followGroups(world, tx, { subject, groups: [] });
  }
}

async function directoryOf(reader: Reader, ref: string): Promise<Directory> {
  const [directory] = await loadDirectories(reader, ref);
  if (directory !== undefined) return directory;
  throw new Failure("not-found", `There is no directory ${ref}. See: fettle directory list`);
}

async function note(
  tx: Tx,
  actor: Actor,
  of: {
    readonly type: `${string}.${string}`;
    readonly directory: SubjectId;
    readonly facts: { readonly [key: string]: string };
  },
): Promise<void> {
  const { type, directory, facts } = of;
  await recordEvent(tx, { type, actor: actor.subject, object: `subject:${directory}`, facts });
}
