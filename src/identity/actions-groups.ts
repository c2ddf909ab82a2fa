import { systemActor } from "../base/actor.ts";
import { newId, type SubjectId } from "../base/ids.ts";
import { selectorToText } from "../base/labels.ts";
import type { Tx } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { recordEvent } from "../ledger/record.ts";
import type { GrantId } from "./model.ts";
import { parseGrant } from "./rights.ts";
import { countAdmins, lockAdmins } from "./store.ts";
import { loadGroupRules, loadSaidGroups } from "./store-directory.ts";
import { deleteGroupGrant, insertGroupGrant, loadGroupGrants } from "./store-providers.ts";

/**
 * Makes somebody's roles follow the groups that a provider or a directory (SCIM) says they are in, by
 * the mapping of the configuration and by the rules of the directory. For whom a directory keeps, it
 * alone says the groups: what is given is for the others. Grants that people gave are not touched; the
 * last administrator stays one.
 */
export async function followGroups(
  world: World,
  tx: Tx,
  of: { readonly subject: SubjectId; readonly groups: readonly string[] },
): Promise<void> {
  const { subject } = of;
  const said = await loadSaidGroups(tx, subject);
  const groups = said?.groups ?? of.groups;
  const rules = said === null ? [] : await loadGroupRules(tx, said.directory);
  const isIn = (group: string): boolean =>
    groups.some((one) => one.toLowerCase() === group.toLowerCase());
  const wanted = [
    ...world.config.signIn.groups.filter(({ group }) => groups.includes(group)),
    ...rules.filter(({ group }) => isIn(group)),
  ].map(({ role, scope }) => ({ role, scope: selectorToText(parseGrant({ role, scope }).scope) }));
  const isWanted = (grant: { role: string; scope: string }): boolean =>
    wanted.some((one) => one.role === grant.role && one.scope === grant.scope);
  await lockAdmins(tx);
  for (const { role, scope } of wanted) {
    const row = { id: newId<GrantId>(world.clock()), role, scope, subject };
    const isNew = await insertGroupGrant(tx, { ...row, grantedBy: systemActor.subject });
    if (isNew) await note(tx, "grant.added", { subject, role, scope });
  }
  for (const grant of await loadGroupGrants(tx, subject)) {
    if (isWanted(grant) || (grant.role === "admin" && (await countAdmins(tx)) <= 1)) continue;
    await deleteGroupGrant(tx, grant.id);
    await note(tx, "grant.removed", { subject, role: grant.role, scope: grant.scope });
  }
}

async function note(
  tx: Tx,
  type: "grant.added" | "grant.removed",
  of: { readonly subject: SubjectId; readonly role: string; readonly scope: string },
): Promise<void> {
  const { subject, role, scope } = of;
  const facts = { role, scope, by: "group" };
  await recordEvent(tx, {
    ...{ type, facts },
    actor: systemActor.subject,
    object: `subject:${subject}`,
  });
}
