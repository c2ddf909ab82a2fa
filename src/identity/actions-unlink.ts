import type { Actor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { demandUnscoped } from "../base/unscoped.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { recordEvent } from "../ledger/record.ts";
import { loadSubject } from "./store.ts";
import { deleteLink } from "./store-providers.ts";
import { deleteSessionsBy } from "./store-session.ts";

/** Takes the link between an account and an identity of a provider away, and ends what began by it. */
export async function unlinkProvider(
  world: World,
  actor: Actor,
  input: { readonly user: string; readonly provider: string },
): Promise<void> {
  demandUnscoped(actor, "user.manage", "The list of users");
  const { provider } = input;
  await inTransaction(world.db, async (tx) => {
    const user = await loadSubject(tx, input.user);
    if (user === null) throw new Failure("not-found", `There is no user ${input.user}.`);
    if (!(await deleteLink(tx, { provider, subject: user.id }))) {
      throw new Failure("not-found", `${user.handle} is not linked to a provider ${provider}.`);
    }
    const sessions = await deleteSessionsBy(tx, { provider, subject: user.id });
    await recordEvent(tx, {
      type: "provider.unlinked",
      actor: actor.subject,
      object: `subject:${user.id}`,
      facts: { provider, sessions },
    });
  });
}
