import type { Actor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { type Id, newId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { Permission } from "../base/permission.ts";
import { demandUnscoped, lacksUnscoped } from "../base/unscoped.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { personBehind } from "../identity/store.ts";
import { recordEvent } from "../ledger/record.ts";
import type { Looker } from "./asked.ts";
import { type Hold, type HoldKind, holdName, holdNumber } from "./hold.ts";
import { askLift, findHeld, insertHold, liftHold, loadHolds, lockHold } from "./store.ts";

const HOLDS = "The list of legal holds";

export async function listHolds(
  world: World,
  actor: Actor,
  of: { readonly open: boolean },
): Promise<readonly Hold[]> {
  demandUnscoped(actor, "audit.read", HOLDS);
  return loadHolds(world.db, of);
}

/** By whom what may be done is judged: somebody's token acts for that person. */
export async function lookerOf(
  world: World,
  actor: Actor,
  permission: Permission = "policy.apply",
): Promise<Looker> {
  const person = await personBehind(world.db, actor.subject);
  return { person, refusal: lacksUnscoped(actor, permission, "What is kept") };
}

export interface NewHold {
  readonly kind: HoldKind;
  readonly about?: string | undefined;
  readonly from?: Instant | undefined;
  readonly until?: Instant | undefined;
  readonly reason: string;
}

/**
 * Places a hold, which counts at once: what waited for a second person could be gone before they
 * agree. Two people lift it.
 */
export async function placeHold(world: World, actor: Actor, input: NewHold): Promise<Hold> {
  demandUnscoped(actor, "policy.apply", HOLDS);
  return inTransaction(world.db, async (tx) => {
    const { kind, from = null, until = null, reason } = input;
    const held = kind === "time" ? null : await findHeld(tx, { kind, ref: input.about ?? "" });
    if (kind === "time" ? from === null || until === null || until <= from : held === null) {
      throw new Failure(
        "invalid",
        kind === "time"
          ? "A hold over a span of time needs its first instant and a later one at which it ends."
          : `There is no ${kind} ${input.about ?? "without a name"}.`,
      );
    }
    const number = await insertHold(tx, {
      ...{ id: newId<Id<"hold">>(world.clock()), kind, reason, by: actor.subject },
      ...{ about: held?.id ?? null, also: held?.also ?? null },
      ...(kind === "time" ? { from, until } : { from: null, until: null }),
    });
    await recordEvent(tx, {
      type: "hold.placed",
      actor: actor.subject,
      object: `hold:${holdName(number)}`,
      facts: { kind, about: held?.id ?? null, from, until },
    });
    return present(await lockHold(tx, number));
  });
}

/** The first person asks; the second, by whom it is called again, lifts it. */
export async function askOrLiftHold(
  world: World,
  actor: Actor,
  of: { readonly hold: string; readonly reason?: string | undefined },
): Promise<Hold> {
  demandUnscoped(actor, "policy.apply", HOLDS);
  return inTransaction(world.db, async (tx) => {
    const number = holdNumber(of.hold);
    const hold = number === null ? null : await lockHold(tx, number);
    if (hold === null) throw new Failure("not-found", `There is no legal hold ${of.hold}.`);
    if (hold.liftedAt !== null) throw new Failure("conflict", `${of.hold} is lifted already.`);
    const object = `hold:${holdName(hold.number)}`;
    const by = await personBehind(tx, actor.subject);
    if (hold.liftAskedBy === null) {
      const { reason } = of;
      if (reason === undefined) throw new Failure("invalid", "Say why it is to be lifted.");
      await askLift(tx, { id: hold.id, by, reason });
      await recordEvent(tx, { type: "hold.lift-asked", actor: actor.subject, object });
    } else if (hold.liftAskedBy === by) {
      throw new Failure("forbidden", "You asked for it. Another person lifts it.");
    } else {
      await liftHold(tx, { id: hold.id, by });
      const facts = { askedBy: hold.liftAskedBy };
      await recordEvent(tx, {
        ...{ type: "hold.lifted", actor: actor.subject, object, facts, rule: "two-persons" },
      });
    }
    return present(await lockHold(tx, hold.number));
  });
}

function present(hold: Hold | null): Hold {
  if (hold !== null) return hold;
  throw new Failure("internal", "The legal hold is not there.");
}
