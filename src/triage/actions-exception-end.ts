import { type Actor, scopesFor, systemActor } from "../base/actor.ts";
import { assert, Failure } from "../base/failure.ts";
import type { SubjectId } from "../base/ids.ts";
import { type Instant, instantToText } from "../base/instant.ts";
import type { JsonObject } from "../base/json.ts";
import { inTransaction, type Tx } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { isEverywhere } from "../inventory/scope.ts";
import { recordEvent } from "../ledger/record.ts";
import { movePatch } from "./actions.ts";
import { factsOf } from "./actions-exception-facts.ts";
import {
  type Exception,
  type ExceptionState,
  type ExceptionVerb,
  exceptionAfter,
} from "./exception.ts";
import { brokenAssumption, brokenInWords } from "./exception-broken.ts";
import { loadOpenPatch, loadPatch } from "./store.ts";
import { loadException, loadLive, lockException, moveException } from "./store-exception.ts";
import { reachingScopes } from "./store-exception-hosts.ts";

/** How exceptions end, and what comes back when they do. */

export async function requireException(
  world: World,
  actor: Actor,
  ref: string,
): Promise<Exception> {
  const exception = await loadException(world.db, ref);
  if (exception !== null && (await maySee(world, actor, exception))) return exception;
  throw new Failure(
    "not-found",
    `There is no exception ${ref.slice(0, 64)} that you may see. "fettle exception list" shows them.`,
  );
}

async function maySee(world: World, actor: Actor, exception: Exception): Promise<boolean> {
  const scopes = scopesFor(actor, "exception.read");
  if (isEverywhere(scopes) || exception.requestedBy === actor.subject) return true;
  const own = { number: exception.number, hosts: exception.scope.hosts };
  return (await reachingScopes(world.db, scopes, [own])).length > 0;
}

/** Moves a locked exception to its end and records what that brings back. */
export async function endException(
  tx: Tx,
  end: {
    readonly exception: Exception;
    readonly verb: Exclude<ExceptionVerb, "approve">;
    readonly state: ExceptionState;
    readonly by: SubjectId;
    readonly at: Instant;
    readonly reason: string | null;
    readonly facts: JsonObject;
  },
): Promise<Exception> {
  const { exception, verb, state, by, at, reason } = end;
  const isMoved = await moveException(tx, { id: exception.id, verb, at, reason });
  assert(isMoved, "a locked exception moves as its table says");
  await recordEvent(tx, {
    type: `exception.${state}`,
    actor: by,
    object: `exception:${exception.id}`,
    ...(exception.patch === null ? {} : { patch: exception.patch }),
    facts: {
      exception: `X-${exception.number}`,
      hosts: exception.assumes.hosts,
      until: instantToText(exception.until),
      ...end.facts,
    },
  });
  if (exception.state === "approved") await reopenCase(tx, { exception, at });
  return { ...exception, state, movedAt: at, closedReason: reason };
}

/**
 * A case that was dropped because of the exception is open again; its clock was never stopped. Where
 * another case for the same update is open by now, that one already holds what has to be done.
 */
async function reopenCase(
  tx: Tx,
  of: { readonly exception: Exception; readonly at: Instant },
): Promise<void> {
  const { exception, at } = of;
  const patch = exception.patch === null ? null : await loadPatch(tx, exception.patch);
  if (patch?.state !== "dropped" || (await loadOpenPatch(tx, patch.target)) !== null) return;
  await movePatch(tx, {
    patch: patch.id,
    verb: "reopen",
    actor: systemActor.subject,
    at,
    reason: `X-${exception.number} no longer counts.`,
  });
}

/** Ends what is over and what rests on something that is no longer so; returns how many. */
export async function endOverdueExceptions(world: World): Promise<number> {
  let ended = 0;
  for (const exception of await loadLive(world.db)) {
    const ending = await endingOf(world, exception);
    if (ending !== null && (await endIfStill(world, exception, ending))) ended += 1;
  }
  return ended;
}

interface Ending {
  readonly verb: "expire" | "end";
  readonly reason: string | null;
  readonly facts: JsonObject;
}

async function endingOf(world: World, exception: Exception): Promise<Ending | null> {
  if (world.clock() >= exception.until) return { verb: "expire", reason: null, facts: {} };
  if (exception.state !== "approved") return null;
  const broken = brokenAssumption(exception, await factsOf(world, exception));
  if (broken === null) return null;
  return { verb: "end", reason: brokenInWords(broken), facts: { why: broken.why } };
}

async function endIfStill(world: World, seen: Exception, ending: Ending): Promise<boolean> {
  return inTransaction(world.db, async (tx) => {
    const exception = await lockException(tx, seen.id);
    const state = exception === null ? null : exceptionAfter(exception.state, ending.verb);
    if (exception === null || state === null) return false;
    const { subject: by } = systemActor;
    await endException(tx, { ...ending, exception, state, by, at: world.clock() });
    return true;
  });
}
