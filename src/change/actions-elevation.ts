import { type Actor, scopesFor, systemActor } from "../base/actor.ts";
import { sha256 } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import { newId, type SubjectId } from "../base/ids.ts";
import { instantToText } from "../base/instant.ts";
import type { JsonObject } from "../base/json.ts";
import { inTransaction, isUniqueViolation, type Reader, type Tx } from "../db/database.ts";
import { notify } from "../db/notify.ts";
import type { World } from "../db/world.ts";
import { loadSubject } from "../identity/store.ts";
import { recordEvent } from "../ledger/record.ts";
import { countPlanHosts } from "../plan/store-hosts.ts";
import { demandChange } from "./actions.ts";
import {
  askRefusal,
  decideRefusal,
  dueEnd,
  type Elevation,
  type ElevationId,
  type EndCause,
  grantedSpan,
  nextElevationState,
  type Person,
} from "./elevation.ts";
import type { Change } from "./model.ts";
import { loadChange } from "./store.ts";
import {
  hasOpenElevation,
  insertElevation,
  loadElevation,
  loadWindow,
  lockElevation,
  markEnded,
  markGranted,
  markRefused,
  takeOpenElevations,
} from "./store-elevations.ts";

/** Asking for elevation over one change, deciding it, and ending it. */

export async function askElevation(
  world: World,
  actor: Actor,
  asked: { readonly change: string; readonly minutes: number; readonly reason: string },
): Promise<Elevation> {
  try {
    return await inTransaction(world.db, async (tx) => {
      const found = { ref: asked.change, change: await loadChange(tx, asked.change) };
      const change = await demandChange(tx, scopesFor(actor, "change.read"), found);
      demandMoreThanAuditor(actor);
      const who = await personOf(tx, actor);
      const now = world.clock();
      const isOpenAlready = await hasOpenElevation(tx, { change: change.id, person: who.person });
      const refusal = askRefusal({ change, who, isOpenAlready, now });
      if (refusal !== null) throw new Failure("blocked", refusal);
      const { minutes, reason } = asked;
      const id = newId<ElevationId>(now);
      const made = { id, change: change.id, plan: change.plan, person: who.person };
      await insertElevation(tx, { ...made, minutes, reason, askedAt: now });
      const facts = { minutes, reason: sha256(reason) };
      await record(tx, { verb: "asked", by: actor.subject, of: made, change, facts });
      return stored(tx, id);
    });
  } catch (cause) {
    if (!isUniqueViolation(cause, "elevation_open")) throw cause;
    throw new Failure("conflict", "You asked for this change at the same moment.", { cause });
  }
}

/** Lends the rights from now, or from when the change's window opens. The caller proved who they are. */
export async function grantElevation(
  world: World,
  actor: Actor,
  given: { readonly elevation: string; readonly words: string | null },
): Promise<Elevation> {
  return inTransaction(world.db, async (tx) => {
    const { elevation, change } = await demandToDecide(tx, actor, given.elevation, "grant");
    const now = world.clock();
    const window = await loadWindow(tx, change.id);
    const span = grantedSpan({ now, minutes: elevation.minutes, window });
    if (span === null) {
      throw new Failure("blocked", `The times of C-${change.number} are over.`);
    }
    const { id } = elevation;
    await markGranted(tx, { id, by: actor.subject, at: now, span, words: given.words });
    const facts = {
      person: elevation.person,
      from: instantToText(span.from),
      until: instantToText(span.until),
    };
    await record(tx, { verb: "granted", by: actor.subject, of: elevation, change, facts });
    return stored(tx, id);
  });
}

export async function refuseElevation(
  world: World,
  actor: Actor,
  given: { readonly elevation: string; readonly words: string },
): Promise<Elevation> {
  return inTransaction(world.db, async (tx) => {
    const { elevation, change } = await demandToDecide(tx, actor, given.elevation, "refuse");
    const { id } = elevation;
    await markRefused(tx, { id, by: actor.subject, at: world.clock(), words: given.words });
    const facts = { person: elevation.person, words: sha256(given.words) };
    await record(tx, { verb: "refused", by: actor.subject, of: elevation, change, facts });
    return stored(tx, id);
  });
}

/** By whoever may halt on one of the hosts; as with a halt, nobody has to be asked first. */
export async function revokeElevation(
  world: World,
  actor: Actor,
  given: { readonly elevation: string; readonly words: string },
): Promise<Elevation> {
  return inTransaction(world.db, async (tx) => {
    const elevation = await demandElevation(tx, actor, given.elevation, "rollout.halt");
    return endByPerson(tx, world, actor, { elevation, cause: "revoked", words: given.words });
  });
}

/** The person who asked takes it back, before or after it was granted. */
export async function giveUpElevation(
  world: World,
  actor: Actor,
  given: { readonly elevation: string },
): Promise<Elevation> {
  return inTransaction(world.db, async (tx) => {
    const elevation = await lockElevation(tx, given.elevation);
    if (elevation === null || elevation.person !== actor.subject) throw missing(given.elevation);
    return endByPerson(tx, world, actor, { elevation, cause: "given-up", words: null });
  });
}

/** One that the actor may see: their own, or of a change with a host they may read. */
export async function demandVisible(world: World, actor: Actor, ref: string): Promise<Elevation> {
  const elevation = await loadElevation(world.db, ref);
  if (elevation?.person === actor.subject) return elevation;
  const scopes = scopesFor(actor, "change.read");
  if (elevation === null || !(await isWithin(world.db, elevation, scopes))) throw missing(ref);
  return elevation;
}

/** How many are looked at in one turn; the rest come in the next, at once. */
const SWEEP_MAX = 200;

/**
 * Writes down that elevations are over: on the clock, with their change, with their person. They lend
 * nothing from that very instant, whether this was written or not.
 */
export async function endOverdueElevations(world: World): Promise<number> {
  return inTransaction(world.db, async (tx) => {
    const now = world.clock();
    let ended = 0;
    for (const elevation of await takeOpenElevations(tx, SWEEP_MAX)) {
      const { facts: change, isDisabled, id } = elevation;
      const cause = dueEnd(elevation, { change, isDisabled, now });
      if (cause === null) continue;
      await markEnded(tx, { id, by: null, at: now, cause, words: null });
      const of = await loadChange(tx, elevation.change);
      if (of !== null) await recordEnd(tx, { elevation, change: of, cause, by: null });
      ended += 1;
    }
    return ended;
  });
}

/** Whoever is there to look at what others did takes no part in it. */
const AUDITOR = "An auditor changes nothing, and is not lent the rights to.";

function isAuditorOnly(actor: Actor): boolean {
  return actor.grants.every((grant) => grant.role === "auditor");
}

function demandMoreThanAuditor(actor: Actor): void {
  if (isAuditorOnly(actor)) throw new Failure("forbidden", AUDITOR);
}

/** Why this person cannot ask to be lent the rights over the change; null when they can. */
export async function whyNotAsk(
  world: World,
  actor: Actor,
  change: Change,
): Promise<string | null> {
  if (isAuditorOnly(actor)) return AUDITOR;
  const who = await personOf(world.db, actor);
  const isOpenAlready = await hasOpenElevation(world.db, {
    change: change.id,
    person: who.person,
  });
  return askRefusal({ change, who, isOpenAlready, now: world.clock() });
}

async function endByPerson(
  tx: Tx,
  world: World,
  actor: Actor,
  how: {
    readonly elevation: Elevation;
    readonly cause: EndCause;
    readonly words: string | null;
  },
): Promise<Elevation> {
  const { elevation, cause, words } = how;
  const { id, number, state } = elevation;
  if (nextElevationState(state, "end") === null) {
    throw new Failure("blocked", `J-${number} is ${state} already.`);
  }
  const change = await loadChange(tx, elevation.change);
  if (change === null) throw missing(id);
  await markEnded(tx, { id, by: actor.subject, at: world.clock(), cause, words });
  await recordEnd(tx, { elevation, change, cause, by: actor.subject, words });
  return stored(tx, id);
}

async function recordEnd(
  tx: Tx,
  end: {
    readonly elevation: Elevation;
    readonly change: Change;
    readonly cause: EndCause;
    readonly by: SubjectId | null;
    readonly words?: string | null;
  },
): Promise<void> {
  const { elevation, change, cause, by, words } = end;
  const said = words === undefined || words === null ? {} : { words: sha256(words) };
  await record(tx, {
    verb: "ended",
    by: by ?? systemActor.subject,
    of: elevation,
    change,
    facts: { person: elevation.person, cause, wasGranted: elevation.state === "granted", ...said },
  });
}

/** Whoever decides must be somebody's approver for every host that rights are lent over. */
async function demandToDecide(
  tx: Tx,
  actor: Actor,
  ref: string,
  verb: "grant" | "refuse",
): Promise<{ readonly elevation: Elevation; readonly change: Change }> {
  const elevation = await demandElevation(tx, actor, ref, "change.approve");
  const change = await loadChange(tx, elevation.change);
  if (change === null) throw missing(ref);
  const who = await personOf(tx, actor);
  const refusal = decideRefusal({ elevation, change, who, verb });
  if (refusal !== null) throw new Failure("forbidden", refusal);
  const scopes = scopesFor(actor, "change.approve");
  const { inScope, all } = await countPlanHosts(tx, elevation.plan, scopes);
  if (inScope === all) return { elevation, change };
  throw new Failure(
    "forbidden",
    `C-${change.number} reaches ${all - inScope} hosts outside your labels. Somebody who may approve for all of them has to decide this.`,
  );
}

async function demandElevation(
  tx: Tx,
  actor: Actor,
  ref: string,
  permission: "change.approve" | "rollout.halt",
): Promise<Elevation> {
  const elevation = await lockElevation(tx, ref);
  const scopes = scopesFor(actor, permission);
  if (elevation === null || !(await isWithin(tx, elevation, scopes))) throw missing(ref);
  return elevation;
}

async function isWithin(
  reader: Reader,
  elevation: Elevation,
  scopes: ReturnType<typeof scopesFor>,
): Promise<boolean> {
  return (await countPlanHosts(reader, elevation.plan, scopes)).inScope > 0;
}

async function personOf(reader: Reader, actor: Actor): Promise<Person> {
  const subject = await loadSubject(reader, actor.subject);
  const isPerson = actor.kind === "person" && subject?.kind === "person";
  return { person: actor.subject, isPerson };
}

async function record(
  tx: Tx,
  event: {
    readonly verb: "asked" | "granted" | "refused" | "ended";
    readonly by: SubjectId;
    readonly of: Pick<Elevation, "id">;
    readonly change: Change;
    readonly facts: JsonObject;
  },
): Promise<void> {
  const { verb, by, of, change, facts } = event;
  await recordEvent(tx, {
    type: `elevation.${verb}`,
    actor: by,
    object: `elevation:${of.id}`,
    ...{ patch: change.patch, change: change.id, plan: change.plan },
    facts,
  });
  await notify(tx, "change");
}

async function stored(tx: Tx, id: ElevationId): Promise<Elevation> {
  const elevation = await loadElevation(tx, id);
  if (elevation === null) throw missing(id);
  return elevation;
}

function missing(ref: string): Failure {
  return new Failure("not-found", `There is no elevation ${ref.slice(0, 64)}.`);
}
