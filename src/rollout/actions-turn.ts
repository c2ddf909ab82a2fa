import { isDeepStrictEqual } from "node:util";
import { systemActor } from "../base/actor.ts";
import { calendarInForce, standingCalendar } from "../calendar/actions.ts";
import { finishChange } from "../change/actions-end.ts";
import { lockApproval } from "../change/store.ts";
import { inTransaction, type Tx } from "../db/database.ts";
import { notify } from "../db/notify.ts";
import { advancePatch } from "./actions-patch.ts";
import { recordRolloutEvent } from "./actions-results.ts";
import { type BudgetRoom, fullFor } from "./budget.ts";
import type { Decision } from "./decision.ts";
import { type Engine, LEASE_SECONDS } from "./engine.ts";
import { calendarHolds } from "./explain.ts";
import type { HaltReason, Hold } from "./hold.ts";
import { type LoadedFacts, loadFacts } from "./store.ts";
import {
  type BudgetHeld,
  loadBudgetHeld,
  loadRooms,
  loadStarted,
  type WaveStarts,
} from "./store-budgets.ts";
import { loadCalendarHeld } from "./store-calendar.ts";
import { type Claimed, claim } from "./store-claims.ts";
import { haltRollout, lockForHalt, lockForStart } from "./store-halts.ts";
import { orderReverts } from "./store-targets.ts";
import { walkKeys } from "./store-time.ts";
import {
  endWave,
  fence,
  finishRollout,
  giveUp,
  type Owned,
  openWave,
  passWave,
  recordTurn,
  takeRollouts,
} from "./store-turn.ts";
import {
  type ClaimWish,
  type Hands,
  type TurnEnd,
  type TurnStore,
  type TurnToCommit,
  takeTurnsOf as takeTurnsOfOn,
  takeTurns as takeTurnsOn,
} from "./turn.ts";
import type { WaveFacts } from "./wave.ts";

/** The engine's turn on PostgreSQL: each step is one transaction, with its events. */
export function takeTurns(engine: Engine, room: number): Promise<TurnEnd> {
  return takeTurnsOn(turnStore(engine), room);
}

/** The same for one rollout that this server owns; true when there may be more to decide at once. */
export function takeTurnsOf(engine: Engine, own: Owned, hands: Hands): Promise<boolean> {
  return takeTurnsOfOn(turnStore(engine), own, hands);
}

function turnStore(engine: Engine): TurnStore<LoadedFacts> {
  const { db } = engine.world;
  return {
    takeRollouts: () => takeRollouts(db, engine.server),
    async loadFacts(own) {
      const loaded = await inTransaction(db, async (tx) => {
        await walkKeys(tx, "kept");
        return loadFacts(tx, own.rollout);
      });
      if (loaded === null) return null;
      return withRoom(engine, await withCalendar(engine, loaded));
    },
    commitHalt: (own, seen, reason) => commitHalt(engine, own, seen, reason),
    commitTurn: (own, seen, what) => commitTurn(engine, own, seen, what),
    claim: (own, seen, wish) => claimFor(engine, own, seen, wish),
  };
}

/** Adds to each wave why the calendar holds those that would come next. */
async function withCalendar(engine: Engine, loaded: LoadedFacts): Promise<LoadedFacts> {
  const { world } = engine;
  const { row, now, facts } = loaded;
  if (!facts.waves.some(mayRelease)) return loaded;
  const standing = await standingCalendar(world);
  const held = await loadCalendarHeld(world.db, { rollout: row.id, standing });
  if (held.length === 0) return loaded;
  const calendar = await calendarInForce(world);
  const waves = facts.waves.map((wave) => {
    const found = held.find((one) => one.wave === wave.number);
    const [hold] = found === undefined ? [] : calendarHolds(found, { row, now, calendar });
    if (found === undefined || hold?.why !== "calendar") return wave;
    const hosts = { held: found.held, of: found.of };
    return { ...wave, calendarHold: { ...hold, hosts } };
  });
  return { ...loaded, facts: { ...facts, waves } };
}

/** Of a wave that waits, nobody asks yet what holds its hosts. */
function mayRelease({ state, counts }: WaveFacts): boolean {
  return (state === "open" || state === "passed") && counts.ready > 0;
}

/** Adds to each wave which budget over all rollouts, or which rate, holds those that come next. */
async function withRoom(engine: Engine, loaded: LoadedFacts): Promise<LoadedFacts> {
  const { db } = engine.world;
  const { row, facts } = loaded;
  if (!facts.waves.some(mayRelease)) return loaded;
  const rooms = await loadRooms(db, "apply");
  const isFull = rooms.some((room) => room.used >= room.most);
  const held = isFull ? await loadBudgetHeld(db, { rollout: row.id, rooms }) : [];
  const started = await loadStarted(db, row.id);
  if (held.length + started.length === 0) return loaded;
  const waves = facts.waves.map((wave) => {
    const hold =
      rateHold(wave, started) ??
      budgetHold(
        held.find((one) => one.wave === wave.number),
        rooms,
      );
    return hold === null ? wave : { ...wave, roomHold: hold };
  });
  return { ...loaded, facts: { ...facts, waves } };
}

function rateHold({ number, gate: { rate } }: WaveFacts, started: readonly WaveStarts[]) {
  const count = started.find((one) => one.wave === number)?.started ?? 0;
  if (rate === null || rate === undefined || count < rate.hosts) return null;
  return { why: "rate-used", started: count, seconds: rate.seconds } as const;
}

function budgetHold(held: BudgetHeld | undefined, rooms: readonly BudgetRoom[]): Hold | null {
  const room = held === undefined ? null : fullFor(held.labels, rooms);
  if (held === undefined || room === null) return null;
  const { key, value, used, most: allowed } = room;
  return { why: "budget-full", key, value, used, allowed, hosts: { held: held.held, of: held.of } };
}

function ownership(engine: Engine, own: Owned, loaded: LoadedFacts) {
  const { generation } = loaded.row;
  return { rollout: own.rollout, owner: engine.server, epoch: own.epoch, generation };
}

async function commitHalt(
  engine: Engine,
  own: Owned,
  loaded: LoadedFacts,
  reason: HaltReason,
): Promise<void> {
  await inTransaction(engine.world.db, async (tx) => {
    await lockForHalt(tx, `rollout:${own.rollout}`);
    if (!(await fence(tx, ownership(engine, own, loaded)))) return;
    const { rollout } = own;
    if (!(await haltRollout(tx, { rollout, reason, isFrozen: false }))) return;
    await recordRolloutEvent(tx, loaded.row, "rollout.halted", { ...withoutText(reason) });
    await notify(tx, "rollout");
  });
}

/** People's words stay out of the ledger: they may hold names. */
function withoutText(reason: HaltReason) {
  if (reason.why === "person") return { why: reason.why };
  return reason;
}

/** Writes everything but claims; false when the rollout changed since it was read. */
async function commitTurn(
  engine: Engine,
  own: Owned,
  loaded: LoadedFacts,
  { decisions, holds, lookAt: later }: TurnToCommit,
): Promise<boolean> {
  return inTransaction(engine.world.db, async (tx) => {
    if (decisions.some((d) => d.do === "open-wave" || d.do === "revert")) {
      await lockForStart(tx, loaded.row.scopes);
      await lockApproval(tx, [loaded.row.change], "shared");
    }
    await walkKeys(tx, "kept");
    if (!(await fence(tx, ownership(engine, own, loaded)))) return false;
    let hasMoved = false;
    for (const decision of decisions) {
      hasMoved = (await commitOne(tx, loaded, decision)) || hasMoved;
    }
    // A wave that opened has hosts to release, and whoever waits for the next look waits for nothing.
    const lookAt = hasMoved ? loaded.now : later;
    const news = holds.filter(({ wave, holds: now }) => !isSaid(loaded, wave, now));
    const [isTimed, seenLookAt] = [!hasMoved, loaded.lookAt];
    await recordTurn(tx, { rollout: own.rollout, holds: news, lookAt, isTimed, seenLookAt });
    if (hasMoved) await notify(tx, "rollout");
    return true;
  });
}

/** What the row of the wave says already; only the owner of the rollout writes it. */
function isSaid({ facts }: LoadedFacts, number: number, holds: readonly Hold[]): boolean {
  const said = facts.waves.find((wave) => wave.number === number)?.holds;
  return isDeepStrictEqual(said, JSON.parse(JSON.stringify(holds)));
}

/** True when it changed what the next turn reads. */
async function commitOne(tx: Tx, loaded: LoadedFacts, decision: Decision): Promise<boolean> {
  const { id } = loaded.row;
  switch (decision.do) {
    case "open-wave":
      if (!(await openWave(tx, id, decision.wave))) return false;
      await waveEvent(tx, loaded, "opened", decision.wave);
      return true;
    case "pass-wave":
      if (!(await passWave(tx, id, decision.wave))) return false;
      await waveEvent(tx, loaded, "passed", decision.wave);
      return true;
    case "end-wave":
      if (!(await endWave(tx, id, decision.wave))) return false;
      await waveEvent(tx, loaded, "ended", decision.wave);
      return true;
    case "give-up": {
      const hosts = await giveUp(tx, id, decision.wave, decision.hold);
      if (hosts.length === 0) return false;
      const facts = { wave: decision.wave, count: hosts.length, why: decision.hold.why };
      await recordRolloutEvent(tx, loaded.row, "target.held", facts);
      return true;
    }
    case "revert": {
      const hosts = await orderReverts(tx, id, decision);
      if (hosts.length === 0) return false;
      const facts = { wave: decision.wave, count: hosts.length };
      await recordRolloutEvent(tx, loaded.row, "revert.ordered", facts);
      return true;
    }
    case "finish":
      return finish(tx, loaded);
    case "halt":
    case "hold":
    case "release":
      return false;
  }
}

async function waveEvent(
  tx: Tx,
  loaded: LoadedFacts,
  what: "opened" | "passed" | "ended",
  number: number,
): Promise<void> {
  const wave = loaded.facts.waves.find((w) => w.number === number);
  const { verified = 0, failed = 0, rolledBack = 0, unknown = 0 } = wave?.counts ?? {};
  const facts = { wave: number, verified, failed, rolledBack, unknown };
  await recordRolloutEvent(tx, loaded.row, `wave.${what}`, facts);
}

/** The change ends with its rollout: completed when every wave passed its gate, else failed. */
async function finish(tx: Tx, loaded: LoadedFacts): Promise<boolean> {
  const { id, change } = loaded.row;
  if (!(await finishRollout(tx, id))) return false;
  const isWhole = loaded.facts.waves.every((wave) => wave.hasPassed);
  await recordRolloutEvent(tx, loaded.row, "rollout.finished", { isWhole });
  const verb = isWhole ? "complete" : "fail";
  const by = { actor: systemActor.subject, at: loaded.now };
  await finishChange(tx, { change, verb, ...by });
  await advancePatch(tx, loaded.row.patch, { verbs: [isWhole ? "finish" : "stop"], ...by });
  return true;
}

async function claimFor(
  engine: Engine,
  own: Owned,
  { row: { scopes, change } }: LoadedFacts,
  wish: ClaimWish,
): Promise<readonly Claimed[]> {
  const { server: owner, world } = engine;
  const calendar = await standingCalendar(world);
  const where = { owner, scopes, change, calendar, leaseSeconds: LEASE_SECONDS };
  return claim(world.db, { ...own, ...wish, ...where });
}
