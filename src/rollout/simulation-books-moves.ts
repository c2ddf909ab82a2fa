import type { HostId, PlanDigest, RolloutId } from "../base/ids.ts";
import { type Instant, SECOND_MS } from "../base/instant.ts";
import {
  JOB_SILENCE_SECONDS,
  PERMIT_MARGIN_SECONDS,
  REVERT_AGAIN_SECONDS,
  TALK_SECONDS,
} from "./engine.ts";
import { holdsSlot, type JobKind, type Verdict } from "./model.ts";
import { againCodes } from "./result-move.ts";
import type { BookRollout, Books, BookTarget } from "./simulation-books.ts";
import type { PermitAsk, Permitted } from "./store-permits.ts";
import type { SignedResult } from "./store-results.ts";
import type { Drop, Progress, TargetKey } from "./store-targets.ts";

/** What hosts, time and people do to the books; each as its statement does to the rows. */

/** Grants what may start now; who gets nothing asks again. */
export function permitAsks(books: Books, asks: readonly PermitAsk[]): readonly Permitted[] {
  const granted: Permitted[] = [];
  for (const ask of asks) {
    const target = books.target(ask);
    if (target === null || !mayBePermitted(books, target, ask)) continue;
    const now = books.clock();
    const { host } = target;
    const slot = books.slot(host);
    slot.counter = Math.max(slot.counter + 1, now);
    books.permits.set(host, (books.permits.get(host) ?? new Set()).add(ask.nonce));
    if (target.state === "leased") books.move(target, "permit");
    target.isBegun = true;
    target.permittedAt = now;
    target.heardAt = now;
    const { permitTtlSeconds: ttlSeconds } = books.rollout(ask.rollout);
    granted.push({ host, nonce: ask.nonce, counter: slot.counter, issuedAt: now, ttlSeconds });
  }
  return granted;
}

function mayBePermitted(books: Books, target: BookTarget, ask: PermitAsk): boolean {
  const rollout = books.rollout(target.rollout);
  const job: JobKind = ask.kind === "revert" ? "revert" : "apply";
  const slot = books.slot(target.host);
  const goesOn = holdsSlot(target) && target.state !== "leased";
  return (
    target.leafIndex === ask.index &&
    target.attempt === ask.attempt &&
    target.epoch === ask.epoch &&
    target.kind === job &&
    (goesOn || (ask.kind !== "reboot" && target.state === "leased")) &&
    slot.rollout === target.rollout &&
    !slot.isQuarantined &&
    books.mayRunNow(rollout, books.waveOf(target), job) &&
    books.rolloutAllows(rollout, job) &&
    books.permits.get(target.host)?.has(ask.nonce) !== true
  );
}

/** Journal lines: they move only between states that hold the slot. */
export function progress(books: Books, lines: readonly Progress[]): void {
  for (const { verb, ...line } of lines) {
    const target = books.target(line);
    if (target === null || target.attempt !== line.attempt) continue;
    if (!holdsSlot(target) && target.state !== "held") continue;
    if (verb !== null) books.move(target, verb);
    target.heardAt = books.clock();
  }
}

/** What the books need of a signed result; the documents themselves are not kept here. */
export type BookResult = Pick<
  SignedResult,
  "plan" | "host" | "attempt" | "state" | "code" | "digest" | "move" | "lookBy"
>;

/** Takes signed results in, whatever their epoch; the same bytes twice count once. */
export function takeResults(books: Books, results: readonly BookResult[]): number {
  let applied = 0;
  for (const result of results) {
    const key = `${result.host} ${result.digest}`;
    if (books.results.has(key)) continue;
    books.results.add(key);
    const rollout = rolloutOfPlan(books, result.plan);
    const target = rollout?.targets.get(result.host);
    if (rollout === null || target === undefined) continue;
    if (!moveByResult(books, target, result)) continue;
    applied += 1;
    books.free(target);
    if (rollout.state === "running" || rollout.state === "halted") books.wake(rollout);
  }
  return applied;
}

function rolloutOfPlan(books: Books, plan: PlanDigest): BookRollout | null {
  for (const rollout of books.rollouts.values()) if (rollout.plan === plan) return rollout;
  return null;
}

function moveByResult(books: Books, target: BookTarget, result: BookResult): boolean {
  const { verb, job, hold, isUnbegun, retryAfterSeconds } = result.move;
  if (target.attempt !== result.attempt || target.kind !== job) return false;
  if (!books.move(target, verb)) return false;
  const now = books.clock();
  const isDrop = verb === "drop";
  const lookBy = verb === "result-done" || verb === "result-noop" ? result.lookBy : null;
  target.hold = hold;
  target.isBegun &&= !isUnbegun;
  target.epoch += Number(isDrop);
  target.verdict = null;
  target.tries = isDrop ? target.tries + 1 : 0;
  target.troubleSince = isDrop ? (target.troubleSince ?? now) : null;
  target.retryAt = retryAfterSeconds > 0 ? now + retryAfterSeconds * SECOND_MS : null;
  target.leaseOwner = lookBy;
  target.leaseUntil = lookBy === null ? null : now + TALK_SECONDS * SECOND_MS;
  target.talkUntil = null;
  target.resultState = result.state;
  target.resultCode = result.code;
  if (!isDrop) target.endedAt = now;
  return true;
}

/** Leased → ready: nothing was begun, and it is tried again later. */
export function drop(books: Books, drops: readonly Drop[]): void {
  const now = books.clock();
  for (const { hold, retryAfterSeconds, ...key } of drops) {
    const target = books.target(key);
    if (target === null || !isAt(target, key) || !books.move(target, "drop")) continue;
    target.epoch += 1;
    target.leaseOwner = null;
    target.leaseUntil = null;
    target.hold = hold;
    target.tries += 1;
    target.troubleSince ??= now;
    target.retryAt = now + retryAfterSeconds * SECOND_MS;
    books.free(target);
  }
}

function isAt(target: BookTarget, key: TargetKey): boolean {
  return target.attempt === key.attempt && target.epoch === key.epoch;
}

/** Whoever talks to a host says so from time to time. */
export function keepTalks(
  books: Books,
  owner: string,
  held: { readonly keys: readonly TargetKey[]; readonly leaseSeconds: number },
): void {
  const now = books.clock();
  for (const key of held.keys) {
    const target = books.target(key);
    if (target === null || !isAt(target, key) || target.leaseOwner !== owner) continue;
    if (!holdsSlot(target)) continue;
    target.leaseUntil = now + held.leaseSeconds * SECOND_MS;
    target.talkUntil = now + TALK_SECONDS * SECOND_MS;
    target.heardAt = now;
  }
}

/** The talk ended without a result: another try after a pause, by whichever server. */
export function endTalk(
  books: Books,
  key: TargetKey,
  end: { readonly owner: string; readonly retryAfterSeconds: number; readonly wasHeard: boolean },
): void {
  const target = books.target(key);
  if (target === null || target.attempt !== key.attempt) return;
  if (target.leaseOwner !== end.owner || !holdsSlot(target)) return;
  target.talkUntil = null;
  target.tries = end.wasHeard ? 0 : target.tries + 1;
  target.retryAt = books.clock() + end.retryAfterSeconds * SECOND_MS;
}

/** Leased and begun targets that nobody talks to now: their host is asked again. */
export function takeOver(books: Books, owner: string, countMax: number): readonly TargetKey[] {
  const now = books.clock();
  const left = [...books.targets()].filter(
    (target) =>
      holdsSlot(target) &&
      (target.talkUntil === null || target.talkUntil < now) &&
      isDue(target, now),
  );
  const order = (target: BookTarget): number => target.retryAt ?? Number.NEGATIVE_INFINITY;
  const taken = left.sort((a, b) => order(a) - order(b)).slice(0, countMax);
  return taken.map((target) => {
    target.leaseOwner = owner;
    target.talkUntil = now + TALK_SECONDS * SECOND_MS;
    const { rollout, host, attempt, epoch } = target;
    return { rollout, host, attempt, epoch };
  });
}

function isDue(target: BookTarget, now: Instant): boolean {
  return target.retryAt === null || target.retryAt <= now;
}

/** What time alone does: leases end, hosts fall silent, and what passes by itself is tried again. */
export function sweep(books: Books): void {
  const now = books.clock();
  for (const target of books.targets()) {
    const rollout = books.rollout(target.rollout);
    if (target.leaseUntil !== null && target.leaseUntil < now && books.move(target, "expire")) {
      target.epoch += 1;
      target.leaseOwner = null;
      target.leaseUntil = null;
      books.free(target);
    }
    const { heardAt } = target;
    const silence = silenceSeconds(target, rollout) * SECOND_MS;
    if (heardAt !== null && heardAt < now - silence && books.move(target, "silence")) {
      const isDown = target.state === "rebooting";
      target.hold = { why: "host-silent", since: heardAt, ...(isDown ? { isDown } : {}) };
    }
    sweepEnded(books, rollout, target);
    if (mayTryAgain(books, rollout, target)) tryAgain(books, rollout, target);
  }
}

function silenceSeconds(target: BookTarget, rollout: BookRollout): number {
  return target.state === "permitted"
    ? rollout.permitTtlSeconds + PERMIT_MARGIN_SECONDS
    : JOB_SILENCE_SECONDS;
}

function sweepEnded(books: Books, rollout: BookRollout, target: BookTarget): void {
  const { state, revertSeconds } = rollout;
  const isEnded = state === "stopped" || state === "finished";
  const isRevertOver =
    target.kind === "revert" &&
    target.endedAt !== null &&
    revertSeconds !== null &&
    target.endedAt + revertSeconds * SECOND_MS < books.clock();
  if (!isEnded && !isRevertOver) return;
  if (!books.move(target, "give-up")) return;
  if (isEnded) target.hold ??= { why: "rollout-ended", state };
  else target.hold = { why: "revert-over" };
  target.endedAt = books.clock();
}

/** It stopped before it changed anything, for a reason that passes. */
function mayTryAgain(books: Books, rollout: BookRollout, target: BookTarget): boolean {
  const now = books.clock();
  const { state, isBegun, kind, resultCode, endedAt } = target;
  if (state !== "held" || isBegun || resultCode === null) return false;
  if (!(againCodes as readonly string[]).includes(resultCode)) return false;
  if (kind === "revert") {
    const isActive = rollout.state === "running" || rollout.state === "halted";
    const isLater = (endedAt ?? now) < now - REVERT_AGAIN_SECONDS * SECOND_MS;
    return isActive && !rollout.isFrozen && isLater;
  }
  const wave = books.waveOf(target);
  const isOpen = wave.state === "open" || wave.state === "passed";
  const isInTime = wave.notBefore <= now && now <= wave.notAfter;
  const isLeft = target.attempt < rollout.attemptsMax;
  return rollout.state === "running" && isOpen && isInTime && isDue(target, now) && isLeft;
}

function tryAgain(books: Books, rollout: BookRollout, target: BookTarget): void {
  books.move(target, "retry");
  target.epoch += 1;
  target.hold = null;
  target.retryAt = null;
  if (target.kind === "apply") {
    target.attempt += 1;
    target.tries = 0;
    target.troubleSince = null;
    target.resultState = null;
    target.resultCode = null;
    target.endedAt = null;
  }
  books.wake(rollout);
}

/** A person's retry: a new attempt within what the statement allows. */
export function retryBook(books: Books, rollout: BookRollout): number {
  let count = 0;
  for (const target of rollout.targets.values()) {
    const isOpen = books.waveOf(target).state !== "ended";
    const isLeft = isOpen && target.kind === "apply" && target.attempt < rollout.attemptsMax;
    if (!isLeft || holdsSlot(target) || !books.move(target, "retry")) continue;
    Object.assign(target, {
      ...{ attempt: target.attempt + 1, epoch: target.epoch + 1, isBegun: false },
      ...{ isAcknowledged: false, hold: null, retryAt: null, tries: 0, troubleSince: null },
      ...{ resultState: null, resultCode: null, endedAt: null },
      ...{ leaseOwner: null, leaseUntil: null },
    });
    count += 1;
  }
  books.wake(rollout);
  return count;
}

/** People gave up waiting for the host's word: its slot is free, and nothing is sent to it. */
export function loseBook(books: Books, target: BookTarget): void {
  if (!target.isBegun || !books.move(target, "lose")) return;
  target.endedAt = books.clock();
  target.talkUntil = null;
  books.slot(target.host).isQuarantined = true;
  books.free(target);
  books.wake(books.rollout(target.rollout));
}

/** Hosts that say they are done and were not looked at since. */
export function takeLooks(
  books: Books,
  take: {
    readonly owner: string;
    readonly countMax: number;
    readonly leaseSeconds: number;
    /** Where only these may have changed. */
    readonly among?: readonly BookTarget[];
  },
): readonly BookTarget[] {
  const now = books.clock();
  const looks: BookTarget[] = [];
  for (const target of take.among ?? books.targets()) {
    if (looks.length >= take.countMax) break;
    const isDone = target.state === "done" || target.state === "noop";
    const isFree = target.leaseUntil === null || target.leaseUntil < now;
    if (!isDone || target.verdict !== null || !isFree || !isDue(target, now)) continue;
    target.leaseOwner = take.owner;
    target.leaseUntil = now + take.leaseSeconds * SECOND_MS;
    looks.push(target);
  }
  return looks;
}

/** The judgement of one look; a verdict of null puts the look off. */
export function judge(
  books: Books,
  judged: {
    readonly rollout: RolloutId;
    readonly host: HostId;
    readonly attempt: number;
    readonly owner: string;
    readonly verdict: Verdict | null;
    readonly retryAfterSeconds: number;
  },
): boolean {
  const target = books.target(judged);
  if (target === null || !isLookOf(target, judged)) return false;
  const now = books.clock();
  const { verdict } = judged;
  target.verdict = verdict;
  target.tries = verdict === null ? target.tries + 1 : 0;
  target.retryAt = verdict === null ? now + judged.retryAfterSeconds * SECOND_MS : null;
  if (verdict !== null) target.endedAt = now;
  target.leaseOwner = null;
  target.leaseUntil = null;
  for (const other of books.targetsOf.get(target.host) ?? []) {
    const rollout = books.rollout(other.rollout);
    const isActive = rollout.state === "running" || rollout.state === "halted";
    if (isActive && (other === target || other.state === "ready")) books.wake(rollout);
  }
  return true;
}

function isLookOf(
  target: BookTarget,
  judged: { readonly attempt: number; readonly owner: string },
): boolean {
  const isDone = target.state === "done" || target.state === "noop";
  const isMine = target.attempt === judged.attempt && target.leaseOwner === judged.owner;
  return isDone && isMine && target.verdict === null;
}

/** Frees what servers held that are not there any more. */
export function releaseDeadServer(books: Books, server: string): void {
  for (const rollout of books.rollouts.values()) {
    if (rollout.owner !== server) continue;
    rollout.owner = null;
    rollout.ownerUntil = null;
    rollout.lookAt = Math.min(rollout.lookAt, books.clock());
    rollout.lookCount += 1;
  }
  for (const target of books.targets()) {
    if (target.leaseOwner !== server) continue;
    if (holdsSlot(target)) target.talkUntil = null;
    else if (target.state === "done" || target.state === "noop") target.leaseUntil = null;
  }
}
