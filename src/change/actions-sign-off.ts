import { type Action, actionOf } from "../base/action.ts";
import { type Actor, scopesFor } from "../base/actor.ts";
import { sha256 } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import type { SubjectId } from "../base/ids.ts";
import { inTransaction, type Reader } from "../db/database.ts";
import { notify } from "../db/notify.ts";
import type { World } from "../db/world.ts";
import { loadSubject } from "../identity/store.ts";
import { recordEvent } from "../ledger/record.ts";
import type { SignOffRole } from "../policy/owners.ts";
import { demandChange, lockForTaking } from "./actions.ts";
import type { Change } from "./model.ts";
import { isGiven, partsFor, type SignOffPart, signOffRefusal } from "./sign-off.ts";
import { insertSignOff, loadSignOffs } from "./store-sign-offs.ts";

/** Signing a change off before a wave opens. */

/** One person's word for one part; it stays, and the wave that waited for it may open. */
export async function signOff(
  world: World,
  actor: Actor,
  given: {
    readonly change: string;
    readonly role: SignOffRole;
    /** The rule of the ownership map, where the person is named by several. */
    readonly of?: string | undefined;
    readonly words: string;
  },
): Promise<Change> {
  return inTransaction(world.db, async (tx) => {
    const found = { ref: given.change, change: await lockForTaking(tx, given.change) };
    const change = await demandChange(tx, scopesFor(actor, "change.vote"), found);
    const refusal = await refusalFor(tx, actor, change, given.role);
    if (refusal !== null) throw new Failure("forbidden", refusal);
    const part = await partToSign(tx, change, { ...given, person: actor.subject });
    const { role, of } = part;
    const at = world.clock();
    await insertSignOff(tx, change, { role, of, person: actor.subject, words: given.words, at });
    await recordEvent(tx, {
      type: "change.signed-off",
      actor: actor.subject,
      object: `change:${change.id}`,
      ...{ patch: change.patch, change: change.id, plan: change.plan },
      facts: { role, rule: of, before: part.before, words: sha256(given.words) },
    });
    await notify(tx, "change");
    return change;
  });
}

async function refusalFor(
  reader: Reader,
  actor: Actor,
  change: Change,
  role?: SignOffRole,
): Promise<string | null> {
  const subject = await loadSubject(reader, actor.subject);
  const of = {
    ...{ state: change.state, requester: change.requesterPerson, parts: partsOf(change) },
    given: await loadSignOffs(reader, change),
  };
  const isPerson = actor.kind === "person" && subject?.kind === "person";
  const who = { person: actor.subject, isPerson };
  return signOffRefusal(of, role === undefined ? who : { ...who, role });
}

/** The one part that is meant; several are told apart by name. */
async function partToSign(
  reader: Reader,
  change: Change,
  who: Parameters<typeof partsFor>[1] & { readonly of?: string | undefined },
): Promise<SignOffPart> {
  const given = await loadSignOffs(reader, change);
  const open = partsFor(partsOf(change), who).filter(
    (part) =>
      !isGiven(part, given) &&
      (part.before === 1 || change.state === "running") &&
      (who.of === undefined || who.of === part.of),
  );
  const [part, other] = open;
  if (part !== undefined && other === undefined) return part;
  throw new Failure(
    "invalid",
    part === undefined
      ? `C-${change.number} waits for no sign-off of yours for ${who.of ?? "that"} now.`
      : `You are named for several: say for which of ${open.map(({ of }) => of).join(", ")}.`,
  );
}

export function partsOf(change: Pick<Change, "assessment">): readonly SignOffPart[] {
  const asked = change.assessment?.signOffs ?? [];
  return asked.map((part) => ({ ...part, members: part.members as SubjectId[] }));
}

/** Nothing where no sign-off is asked for. */
export async function signOffActions(
  reader: Reader,
  actor: Actor,
  change: Change,
): Promise<readonly Action[]> {
  if (partsOf(change).length === 0) return [];
  return [actionOf("sign-off", "Sign off", await refusalFor(reader, actor, change))];
}
