import { present } from "../base/failure.ts";
import type { HostId, RolloutId } from "../base/ids.ts";
import { type Instant, SECOND_MS } from "../base/instant.ts";
import { pickWithin } from "./budget.ts";
import type { Stratum } from "./correlation.ts";
import type { Decision } from "./decision.ts";
import { CLAIM_BATCH_MAX, LEASE_SECONDS, OWNER_SECONDS, TALK_SECONDS } from "./engine.ts";
import type { GateStand } from "./gate-judge.ts";
import { wholeFacts } from "./gate-rules.ts";
import type { HaltReason } from "./hold.ts";
import { holdsSlot, type JobKind, move, waveMoves } from "./model.ts";
import type { BookRollout, Books, BookTarget, BookWave } from "./simulation-books.ts";
import type { Claimed } from "./store-claims.ts";
import type { Owned } from "./store-turn.ts";
import type { ClaimWish, Seen, TurnStore, TurnToCommit } from "./turn.ts";
import { noCounts, type WaveCounts, type WaveFacts } from "./wave.ts";

/** The store port of the engine's turn over the books in memory: what one server may read and write. */
export interface BookSeen extends Seen {
  readonly generation: number;
  readonly lookCount: number;
}

export function bookTurns(books: Books, server: string): TurnStore<BookSeen> {
  const owner = (own: Owned) => ({ owner: server, epoch: own.epoch });
  const holdsStill = (own: Owned, seen: BookSeen): BookRollout | null => {
    const rollout = books.rollout(own.rollout);
    const isSame = rollout.generation === seen.generation && books.isOwner(rollout, owner(own));
    return isSame ? rollout : null;
  };
  return {
    takeRollouts: async () => takeRollouts(books, server),
    loadFacts: async (own) => loadFacts(books, own.rollout),
    async commitHalt(own, seen, reason) {
      const rollout = holdsStill(own, seen);
      if (rollout !== null) haltBook(books, rollout, { reason, isFrozen: false });
    },
    async commitTurn(own, seen, turn) {
      const rollout = holdsStill(own, seen);
      if (rollout !== null) commitTurn(books, rollout, seen, turn);
      return rollout !== null;
    },
    async claim(own, _seen, wish) {
      const rollout = books.rollout(own.rollout);
      return books.isOwner(rollout, owner(own)) ? claim(books, rollout, server, wish) : [];
    },
  };
}

function takeRollouts(books: Books, server: string): readonly Owned[] {
  const now = books.clock();
  const mine = [...books.rollouts.values()].filter((rollout) => {
    const isActive = rollout.state === "running" || rollout.state === "halted";
    const isFree = rollout.owner === null || (rollout.ownerUntil ?? 0) < now;
    return isActive && rollout.lookAt <= now && (isFree || rollout.owner === server);
  });
  mine.sort((a, b) => a.lookAt - b.lookAt || (a.id < b.id ? -1 : 1));
  return mine.map((rollout) => {
    const isKept = rollout.owner === server && (rollout.ownerUntil ?? 0) > now;
    if (!isKept) rollout.ownerEpoch += 1;
    rollout.owner = server;
    rollout.ownerUntil = now + OWNER_SECONDS * SECOND_MS;
    return { rollout: rollout.id, epoch: rollout.ownerEpoch };
  });
}

export function loadFacts(books: Books, id: RolloutId): BookSeen {
  const rollout = books.rollout(id);
  const now = books.clock();
  const { state, isFrozen, generation, lookCount, haltReason } = rollout;
  const isHaltedByWave = state === "halted" && haltReason !== null && haltReason.why !== "person";
  const waves = rollout.waves.map((wave) => waveFacts(books, rollout, wave));
  const own = state === "halted" ? { scope: "this rollout", since: rollout.haltedAt ?? now } : null;
  return {
    generation,
    lookCount,
    now,
    facts: {
      state,
      isFrozen,
      halted: own ?? (books.isHalted ? { scope: "all", since: now } : null),
      haltedBy: isHaltedByWave ? haltReason.wave : null,
      approvalHold: rollout.isApproved ? null : { why: "approval-withdrawn" },
      // Without a failure in the wave nothing can cluster there.
      waves: waves.map((wave) => (wave.newFailures === 0 ? wave : withStrata(rollout, wave))),
      ...wholeFacts(rollout.rules, { halt: haltReason, gates: rollout.stands.get(0) ?? [] }),
    },
  };
}

function waveFacts(books: Books, rollout: BookRollout, wave: BookWave): WaveFacts {
  const now = books.clock();
  const counts: Record<keyof WaveCounts, number> = { ...noCounts };
  let newFailures = 0;
  let newSuccesses = 0;
  let revertible = 0;
  let orderedBack = 0;
  let reverting = 0;
  let irreversible = 0;
  let lastEndedAt: Instant | null = null;
  for (const target of wave.targets) {
    counts[groupOf(target, now)] += 1;
    if (!target.isAcknowledged && hasFailed(target)) newFailures += 1;
    if (!target.isAcknowledged && target.verdict === "verified") newSuccesses += 1;
    if (target.state === "done" && target.kind === "apply") {
      revertible += Number(books.isRevertInTime(rollout, target));
      irreversible += Number(rollout.rules.irreversible.includes(target.body));
    }
    orderedBack += Number(target.kind === "revert");
    reverting += Number(target.kind === "revert" && holdsSlot(target));
    if (target.endedAt !== null) lastEndedAt = Math.max(lastEndedAt ?? 0, target.endedAt);
  }
  const { number, ring, state, notBefore, notAfter, windows, gate, openedAt, passedAt } = wave;
  return {
    ...{ number, ring, state, notBefore, notAfter, windows, gate, openedAt },
    ...{ counts, newFailures, newSuccesses, revertible, lastEndedAt },
    ...{ orderedBack, reverting, irreversible, gates: rollout.stands.get(number) ?? [] },
    hasPassed: passedAt !== null,
    strata: [],
  };
}

function groupOf(target: BookTarget, now: Instant): keyof WaveCounts {
  switch (target.state) {
    case "ready":
      if (target.kind === "revert") return "readyRevert";
      return target.retryAt === null || target.retryAt <= now ? "ready" : "deferred";
    case "leased":
    case "permitted":
    case "applying":
    case "rebooting":
    case "verifying":
      return "active";
    case "unknown":
      return "unknown";
    case "held":
      return target.isBegun ? "unknown" : "held";
    case "done":
    case "noop":
      return target.verdict ?? "checking";
    case "rolled-back":
    case "reverted":
      return "rolledBack";
    default:
      return target.state;
  }
}

/** Failed, rolled back, unknown or lost: what counts against the wave. */
export function hasFailed(target: Pick<BookTarget, "state" | "isBegun">): boolean {
  const { state } = target;
  if (state === "held") return target.isBegun;
  return ["failed", "rolled-back", "lost", "unknown"].includes(state);
}

function withStrata(rollout: BookRollout, wave: WaveFacts): WaveFacts {
  return { ...wave, strata: strataOf(waveNumbered(rollout, wave.number)) };
}

function strataOf(wave: BookWave): readonly Stratum[] {
  const strata = new Map<string, { kind: string; ended: number; failed: number }>();
  for (const { strata: shared, state, endedAt } of wave.targets.filter((t) => !t.isAcknowledged)) {
    for (const { kind, name } of shared) {
      const stratum = strata.get(name) ?? { kind, ended: 0, failed: 0 };
      stratum.ended += Number(endedAt !== null);
      stratum.failed += Number(state === "failed" || state === "rolled-back");
      strata.set(name, stratum);
    }
  }
  return [...strata].map(([name, counted]) => ({ name, ...counted }));
}

export function haltBook(
  books: Books,
  rollout: BookRollout,
  halt: { readonly reason: HaltReason; readonly isFrozen: boolean },
): boolean {
  const isMoreFrozen = rollout.state === "halted" && halt.isFrozen && !rollout.isFrozen;
  if (isMoreFrozen) rollout.generation += 1;
  else if (!books.moveRollout(rollout, "halt")) return false;
  rollout.haltedAt ??= books.clock();
  rollout.haltReason ??= halt.reason;
  rollout.isFrozen ||= halt.isFrozen;
  books.wake(rollout);
  return true;
}

/** Goes on; the failures of now are acknowledged. */
export function resumeBook(books: Books, rollout: BookRollout): void {
  if (!books.moveRollout(rollout, "resume")) return;
  rollout.haltedAt = null;
  rollout.haltReason = null;
  rollout.isFrozen = false;
  books.wake(rollout);
  forgetReadings(rollout, null);
  for (const [wave, gates] of rollout.stands) {
    const accepted = (words: GateStand["words"]) => words.filter((w) => w.verdict === "accept");
    rollout.stands.set(
      wave,
      gates.map((stand) => ({ ...stand, words: accepted(stand.words) })),
    );
  }
  for (const target of rollout.targets.values()) {
    if (hasFailed(target) || target.verdict !== null) target.isAcknowledged = true;
  }
}

function commitTurn(books: Books, rollout: BookRollout, seen: BookSeen, turn: TurnToCommit): void {
  let hasMoved = false;
  for (const decision of turn.decisions) {
    hasMoved = commitOne(books, rollout, decision) || hasMoved;
  }
  for (const { wave, holds } of turn.holds) waveNumbered(rollout, wave).holds = holds;
  if (rollout.lookCount !== seen.lookCount) return;
  rollout.lookAt = hasMoved ? books.clock() : turn.lookAt;
  rollout.lookCount += 1;
}

function commitOne(books: Books, rollout: BookRollout, decision: Decision): boolean {
  const now = books.clock();
  switch (decision.do) {
    case "open-wave": {
      const wave = waveNumbered(rollout, decision.wave);
      if (!mayOpen(books, rollout, wave) || !moveWave(wave, "open")) return false;
      wave.openedAt = now;
      return true;
    }
    case "pass-wave": {
      const wave = waveNumbered(rollout, decision.wave);
      if (!moveWave(wave, "pass")) return false;
      wave.passedAt = now;
      return true;
    }
    case "end-wave": {
      const wave = waveNumbered(rollout, decision.wave);
      if (!moveWave(wave, "end")) return false;
      wave.endedAt = now;
      return true;
    }
    case "give-up": {
      const given = waveNumbered(rollout, decision.wave).targets.filter((target) =>
        books.move(target, "give-up"),
      );
      for (const target of given) {
        target.hold ??= decision.hold;
        target.endedAt = now;
        target.retryAt = null;
      }
      return given.length > 0;
    }
    case "revert":
      return orderReverts(books, rollout, decision) > 0;
    case "finish":
      return books.moveRollout(rollout, "finish");
    case "halt":
    case "hold":
    case "release":
      return false;
  }
}

function waveNumbered(rollout: BookRollout, number: number): BookWave {
  return present(rollout.waves[number - 1], "the wave of a decision");
}

function moveWave(wave: BookWave, verb: string): boolean {
  const to = move(waveMoves, wave.state, verb);
  if (to !== null) wave.state = to;
  return to !== null;
}

function mayOpen(books: Books, rollout: BookRollout, wave: BookWave): boolean {
  const now = books.clock();
  const before = rollout.waves.filter((other) => other.number < wave.number);
  return (
    wave.notBefore <= now &&
    now <= wave.notAfter &&
    books.rolloutAllows(rollout, "apply") &&
    rollout.isApproved &&
    before.every((other) => other.passedAt !== null)
  );
}

/** Done → ready for an ordered revert, for what the statement's time still allows. */
export function orderReverts(
  books: Books,
  rollout: BookRollout,
  { wave, hosts }: { readonly wave: number; readonly hosts?: readonly string[] },
): number {
  if (rollout.isFrozen) return 0;
  const back = waveNumbered(rollout, wave).targets.filter(
    (target) =>
      target.kind === "apply" &&
      (hosts === undefined || hosts.includes(target.host)) &&
      books.isRevertInTime(rollout, target) &&
      books.move(target, "revert"),
  );
  for (const target of back) {
    Object.assign(target, {
      ...{ kind: "revert", isBegun: false, verdict: null, hold: null },
      ...{ retryAt: null, tries: 0, troubleSince: null },
    });
  }
  if (back.length > 0) forgetReadings(rollout, wave);
  return back.length;
}

/** Forgets what gates of the wave were found to be; null: of every wave. */
function forgetReadings({ stands }: BookRollout, wave: number | null): void {
  for (const [number, gates] of stands) {
    if (wave !== null && number !== wave) continue;
    stands.set(
      number,
      gates.map((stand) => ({ ...stand, state: null })),
    );
  }
}

function claim(
  books: Books,
  rollout: BookRollout,
  server: string,
  wish: ClaimWish,
): readonly Claimed[] {
  const wave = waveNumbered(rollout, wish.wave);
  const { kind } = wish;
  if (!books.mayRunNow(rollout, wave, kind) || !books.rolloutAllows(rollout, kind)) return [];
  const room = Math.max(0, wave.gate.inFlightMax - books.busy(wave));
  const batch = Math.min(wish.countMax, CLAIM_BATCH_MAX);
  const countMax = Math.min(batch, room, rateLeft(books, wave, kind));
  const among = withinBudgets(books, rollout, { ...wish, countMax: batch });
  const claimed: Claimed[] = [];
  for (const target of wave.targets) {
    if (claimed.length >= countMax) break;
    if (among !== null && !among.has(target.host)) continue;
    if (!isClaimable(books, rollout, target, kind)) continue;
    claimed.push(lease(books, rollout, target, server));
  }
  return claimed;
}

function rateLeft(books: Books, wave: BookWave, kind: JobKind): number {
  const { rate } = wave.gate;
  if (kind === "revert" || rate === null || rate === undefined) return Number.POSITIVE_INFINITY;
  return Math.max(0, rate.hosts - books.startedLately(wave));
}

/** Hosts that may be taken together without passing a budget of any rollout; null: there is none. */
function withinBudgets(
  books: Books,
  rollout: BookRollout,
  { wave, kind, countMax }: ClaimWish,
): ReadonlySet<HostId> | null {
  const rooms = books.rooms(kind);
  if (rooms.length === 0) return null;
  const candidates = waveNumbered(rollout, wave)
    .targets.filter((target) => isClaimable(books, rollout, target, kind))
    .map(({ host }) => ({
      host,
      labels: books.labels.get(host) ?? {},
      isDown: books.isHostDown(host),
    }));
  return new Set(pickWithin(candidates, rooms, countMax));
}

function isClaimable(
  books: Books,
  rollout: BookRollout,
  target: BookTarget,
  kind: "apply" | "revert",
): boolean {
  if (target.state !== "ready" || target.kind !== kind) return false;
  const { host, retryAt } = target;
  if (retryAt !== null && retryAt > books.clock()) return false;
  if (kind === "revert" && !books.isRevertInTime(rollout, target)) return false;
  const slot = books.slot(host);
  return slot.rollout === null && !slot.isQuarantined && !isBeingChecked(books, target);
}

/** A host that says it is done is looked at before it gets the next job. */
function isBeingChecked(books: Books, { host, rollout }: BookTarget): boolean {
  return (books.targetsOf.get(host) ?? []).some((other) => {
    const isDone = other.state === "done" || other.state === "noop";
    return other.rollout !== rollout && isDone && other.verdict === null;
  });
}

function lease(books: Books, rollout: BookRollout, target: BookTarget, server: string): Claimed {
  const now = books.clock();
  const slot = books.slot(target.host);
  slot.rollout = rollout.id;
  slot.counter = Math.max(slot.counter + 1, now);
  books.move(target, "claim");
  target.epoch += 1;
  target.leaseOwner = server;
  target.leaseUntil = now + LEASE_SECONDS * SECOND_MS;
  target.talkUntil = now + TALK_SECONDS * SECOND_MS;
  target.claimedAt = now;
  target.heardAt = now;
  target.retryAt = null;
  target.hold = null;
  const { host, wave, leafIndex, body, kind, attempt, epoch } = target;
  const { counter } = slot;
  const { plan } = rollout;
  const of = { rollout: rollout.id, plan, host, wave, leafIndex, body };
  return { ...of, kind, attempt, epoch, counter, issuedAt: now };
}
