import type { HostId } from "../base/ids.ts";
import { holdsSlot, move, standingOf, targetMoves } from "./model.ts";
import type { BookRollout, Books, BookTarget } from "./simulation-books.ts";
import type { VirtualHost } from "./simulation-host.ts";

/**
 * What must hold whatever went wrong, each rule in words of its own. The promises about starts (once,
 * not against a halt, in its window, within the budget) are tested where a host begins, in
 * `simulation.ts`; here the books are held against themselves and against what the hosts really have.
 */

/** After every statement. */
export function brokenNow(books: Books, hosts: ReadonlyMap<HostId, VirtualHost>): string[] {
  return [
    ...brokenSlots(books),
    ...brokenBudgets(books),
    ...[...books.rollouts.values()].flatMap((rollout) => brokenWaves(books, rollout)),
    ...brokenWords(books, hosts),
  ];
}

function brokenSlots(books: Books): string[] {
  const broken: string[] = [];
  for (const [host, slot] of books.slots) {
    const holding = (books.targetsOf.get(host) ?? []).filter(holdsSlot);
    if (holding.length > 1) broken.push(`two jobs in the books of ${host}`);
    if ((holding[0]?.rollout ?? null) !== slot.rollout) {
      broken.push(`the slot of ${host} does not follow its target`);
    }
  }
  return broken;
}

/** Never are more hosts worked on than a budget lets be away, whichever rollouts take them. */
function brokenBudgets(books: Books): string[] {
  return books
    .rooms("revert")
    .filter((room) => room.used > room.most)
    .map(({ key, value, used, most }) => `${used} of ${most} hosts with ${key}=${value} are away`);
}

function brokenWaves(books: Books, { id, waves }: BookRollout): string[] {
  const broken: string[] = [];
  for (const [at, wave] of waves.entries()) {
    if (books.busy(wave) > wave.gate.inFlightMax) {
      broken.push(`the budget of wave ${wave.number} of ${id} is passed`);
    }
    const before = waves[at - 1];
    if (wave.openedAt !== null && before !== undefined && before.passedAt === null) {
      broken.push(`wave ${wave.number} of ${id} opened before the one before it passed`);
    }
  }
  return broken;
}

/** The books may not say more than the hosts can show: verified means that it is installed. */
function brokenWords(books: Books, hosts: ReadonlyMap<HostId, VirtualHost>): string[] {
  const broken: string[] = [];
  for (const target of books.targets()) {
    const host = hosts.get(target.host);
    if (host === undefined) continue;
    const { plan } = books.rollout(target.rollout);
    const isThere = host.installed.has(plan);
    const standing = standingOf(target);
    if (standing === "verified" && !isThere) broken.push(`${target.host} is verified without it`);
    const isGone = standing === "rolled-back" || standing === "skipped";
    if (isGone && isThere) broken.push(`${target.host} is ${standing} and still has it`);
    const isWorking = host.job?.plan === plan && host.job.phase === "applying";
    if (isWorking && !holdsSlot(target)) broken.push(`${target.host} works without a slot`);
  }
  return broken;
}

/** Every move since the last check stands in the table, and begins where the one before it ended. */
export function brokenChains(books: Books, from: number): string[] {
  const broken: string[] = [];
  for (let at = from; at < books.moved.length; at += 1) {
    const moved = books.moved[at];
    if (moved === undefined) continue;
    if (move(targetMoves, moved.from, moved.verb) !== moved.to) {
      broken.push(`${moved.host} went from ${moved.from} to ${moved.to} by ${moved.verb}`);
    }
  }
  return broken;
}

/** At the end: every host ended, or is held for a reason, and its story leads to where it stands. */
export function unexplained(books: Books, effects: ReadonlySet<string>): string[] {
  const last = new Map<string, string>();
  const broken: string[] = [];
  for (const { rollout, host, from, to } of books.moved) {
    const key = `${rollout} ${host}`;
    if ((last.get(key) ?? "ready") !== from) broken.push(`the story of ${host} has a gap`);
    last.set(key, to);
  }
  for (const target of books.targets()) {
    const { host, rollout, state, attempt } = target;
    if ((last.get(`${rollout} ${host}`) ?? "ready") !== state) {
      broken.push(`${host} is ${state}, which its story does not say`);
    }
    if (state === "done" && !effects.has(`${host} ${rollout} ${attempt} apply`)) {
      broken.push(`${host} is done and never began`);
    }
    if (!isExplained(books, target)) broken.push(`${host} is ${state} at the end for no reason`);
  }
  return broken;
}

function isExplained(books: Books, target: BookTarget): boolean {
  const { state } = books.rollout(target.rollout);
  if (state !== "finished" && state !== "stopped") return false;
  switch (target.state) {
    case "done":
    case "noop":
      return target.verdict !== null;
    case "held":
      return !target.isBegun && target.hold !== null;
    case "failed":
    case "rolled-back":
    case "reverted":
    case "skipped":
    case "lost":
      return true;
    default:
      return false;
  }
}
