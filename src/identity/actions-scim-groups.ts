import type { Actor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { newId, type SubjectId } from "../base/ids.ts";
import { inTransaction, type Reader, type Tx } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { recordEvent } from "../ledger/record.ts";
import { demandAnAdmin } from "./actions.ts";
import { followGroups } from "./actions-groups.ts";
import { demandSeen, type Found } from "./actions-scim-users.ts";
import type { ScimObject } from "./scim-attributes.ts";
import { scimFailure } from "./scim-failure.ts";
import type { ScimFilter } from "./scim-filter.ts";
import { type PatchOperation, patched } from "./scim-patch.ts";
import { groupResource, type ScimGroup, type SentGroup, sentGroup } from "./scim-schemas.ts";
import { lockAdmins } from "./store.ts";
import {
  changeMembers,
  deleteScimGroup,
  insertScimGroup,
  knownMembers,
  loadScimGroups,
  updateScimGroup,
} from "./store-scim.ts";

/**
 * Groups as a directory says them. A group gives nothing by itself: what its members may do here stands
 * in rules that people of this server set, and followGroups applies to each member that comes or goes.
 */
const GROUPS_MAX = 5_000;

export async function findGroups(
  world: World,
  actor: Actor,
  of: {
    readonly filter: ScimFilter | null;
    readonly startIndex: number;
    readonly count: number;
    readonly hasMembers: boolean;
  },
): Promise<Found> {
  const { filter, startIndex, count, hasMembers } = of;
  const groups = await loadScimGroups(world.db, {
    directory: actor.subject,
    key: filter?.key ?? null,
    hasMembers,
  });
  const found = groups.map(groupResource).filter((one) => filter?.matches(one) ?? true);
  return { total: found.length, all: found.slice(startIndex - 1, startIndex - 1 + count) };
}

export async function readGroup(
  world: World,
  actor: Actor,
  of: { readonly id: string; readonly hasMembers: boolean },
): Promise<ScimGroup> {
  return groupOf(world.db, { ...of, directory: actor.subject });
}

export async function makeGroup(world: World, actor: Actor, sent: ScimObject): Promise<ScimGroup> {
  const group = sentGroup(sent);
  const directory = actor.subject;
  return inTransaction(world.db, async (tx) => {
    await lockAdmins(tx);
    const known = await loadScimGroups(tx, { directory, key: null, hasMembers: false });
    if (known.length >= GROUPS_MAX) {
      throw new Failure("blocked", `A directory keeps at most ${GROUPS_MAX} groups here.`);
    }
    const id = newId(world.clock());
    const { displayName, externalId } = group;
    if (!(await insertScimGroup(tx, { id, directory, displayName, externalId }))) throw taken();
    await note(tx, actor, { type: "directory.group-added", group: id, facts: {} });
    await moveMembers(world, tx, { actor, group: id, before: [], after: group.members ?? [] });
    return groupOf(tx, { id, directory, hasMembers: true });
  });
}

export async function replaceGroup(
  world: World,
  actor: Actor,
  of: { readonly id: string; readonly sent: ScimObject; readonly ifMatch: string | null },
): Promise<ScimGroup> {
  return change(world, actor, { ...of, to: () => of.sent });
}

export async function patchGroup(
  world: World,
  actor: Actor,
  of: {
    readonly id: string;
    readonly operations: readonly PatchOperation[];
    readonly ifMatch: string | null;
  },
): Promise<ScimGroup> {
  return change(world, actor, { ...of, to: (before) => patched("Group", before, of.operations) });
}

async function change(
  world: World,
  actor: Actor,
  of: {
    readonly id: string;
    readonly ifMatch: string | null;
    readonly to: (before: ScimObject) => ScimObject;
  },
): Promise<ScimGroup> {
  const { id } = of;
  const directory = actor.subject;
  return inTransaction(world.db, async (tx) => {
    await lockAdmins(tx);
    const before = await groupOf(tx, { id, directory, hasMembers: true });
    demandSeen(of.ifMatch, before);
    const { meta: _, ...kept } = groupResource(before);
    const to: SentGroup = sentGroup(of.to(kept));
    const { displayName, externalId } = to;
    if (!(await updateScimGroup(tx, { id, directory, displayName, externalId }))) throw taken();
    const members = before.members.map((member) => member.id);
    // A replaced or emptied list of members is an empty one (RFC 7644 §3.5.1).
    const after = to.members ?? [];
    const isRenamed = displayName !== before.displayName;
    if (isRenamed) {
      await note(tx, actor, { type: "directory.group-renamed", group: id, facts: {} });
      await follow(world, tx, members);
    }
    await moveMembers(world, tx, { actor, group: id, before: members, after });
    await demandAnAdmin(tx);
    return groupOf(tx, { id, directory, hasMembers: true });
  });
}

export async function deleteGroup(
  world: World,
  actor: Actor,
  of: { readonly id: string; readonly ifMatch: string | null },
): Promise<void> {
  const { id } = of;
  await inTransaction(world.db, async (tx) => {
    await lockAdmins(tx);
    const before = await groupOf(tx, { id, directory: actor.subject, hasMembers: true });
    demandSeen(of.ifMatch, before);
    await deleteScimGroup(tx, id);
    await note(tx, actor, { type: "directory.group-removed", group: id, facts: {} });
    await follow(
      world,
      tx,
      before.members.map((member) => member.id),
    );
  });
}

async function moveMembers(
  world: World,
  tx: Tx,
  of: {
    readonly actor: Actor;
    readonly group: string;
    readonly before: readonly string[];
    readonly after: readonly string[];
  },
): Promise<void> {
  const { actor, group } = of;
  const [then, now] = [new Set(of.before), new Set(of.after)];
  const added = of.after.filter((id) => !then.has(id));
  const removed = of.before.filter((id) => !now.has(id));
  if (added.length === 0 && removed.length === 0) return;
  const known = new Set<string>(await knownMembers(tx, { directory: actor.subject, ids: added }));
  const missing = added.find((id) => !known.has(id));
  if (missing !== undefined) {
    throw scimFailure("invalidValue", "A member of the group is no user of this directory.");
  }
  await changeMembers(tx, { group, added, removed });
  const facts = { added: added.length, removed: removed.length };
  await note(tx, actor, { type: "directory.group-changed", group, facts });
  await follow(world, tx, [...added, ...removed]);
}

async function follow(world: World, tx: Tx, members: readonly string[]): Promise<void> {
  for (const member of members) {
    await followGroups(world, tx, { subject: member as SubjectId, groups: [] });
  }
}

async function note(
  tx: Tx,
  actor: Actor,
  of: {
    readonly type: `directory.${string}`;
    readonly group: string;
    readonly facts: { readonly [key: string]: number };
  },
): Promise<void> {
  await recordEvent(tx, {
    type: of.type,
    actor: actor.subject,
    object: `subject:${actor.subject}`,
    facts: { group: of.group, ...of.facts },
  });
}

async function groupOf(
  reader: Reader,
  of: { readonly id: string; readonly directory: SubjectId; readonly hasMembers: boolean },
): Promise<ScimGroup> {
  const { id, directory, hasMembers } = of;
  const key = { name: "id", value: id };
  const [group] = await loadScimGroups(reader, { directory, key, hasMembers });
  if (group !== undefined) return group;
  throw new Failure("not-found", "There is no such group of this directory.");
}

function taken(): Failure {
  return scimFailure("uniqueness", "The directory has a group of that displayName here.");
}
