import { expect, test } from "vitest";
import { countsThatMatter, firstRatchet, judgePoll, type Ratchet } from "./agent-ratchet.ts";

/** What a machine keeps: the token it was given last, and the nonce of the poll it has not heard of. */
interface Machine {
  readonly token: number;
  readonly pending: string | null;
}

interface World {
  readonly ratchet: Ratchet;
  readonly machines: readonly Machine[];
  /** Messages that were sent and may still come, again and again. */
  readonly sent: readonly {
    readonly from: number;
    readonly count: number;
    readonly nonce: string;
  }[];
  readonly quarantined: boolean;
  readonly nonces: number;
  /** How many polls of each machine were answered. */
  readonly answered: readonly number[];
}

const start = (machines: number): World => ({
  ratchet: firstRatchet(),
  machines: Array.from({ length: machines }, () => ({ token: 0, pending: null })),
  sent: [],
  quarantined: false,
  nonces: 0,
  answered: Array.from({ length: machines }, () => 0),
});

/** Every step a network and its machines can take: send, deliver (with or without the answer). */
function steps(world: World, most: number): readonly World[] {
  if (world.quarantined) return [];
  const next: World[] = [];
  for (const [at, machine] of world.machines.entries()) {
    if (world.sent.length >= most) break;
    const isNew = machine.pending === null;
    const nonce = machine.pending ?? `n${world.nonces}`;
    next.push({
      ...world,
      nonces: world.nonces + (isNew ? 1 : 0),
      machines: world.machines.with(at, { ...machine, pending: nonce }),
      sent: [...world.sent, { from: at, count: machine.token, nonce }],
    });
  }
  for (const { from, count, nonce } of world.sent) {
    const verdict = judgePoll(world.ratchet, { count, nonce });
    if (verdict.kind === "clone") {
      next.push({ ...world, quarantined: true });
      continue;
    }
    if (verdict.kind === "late") continue;
    const ratchet = verdict.kind === "advance" ? verdict.next : world.ratchet;
    next.push({ ...world, ratchet });
    const machine = world.machines[from];
    // An answer is taken by the machine that still waits for this very nonce.
    if (machine?.pending !== nonce) continue;
    next.push({
      ...world,
      ratchet,
      machines: world.machines.with(from, { token: ratchet.count, pending: null }),
      answered: world.answered.with(from, (world.answered[from] ?? 0) + 1),
    });
  }
  return next;
}

function explore(world: World, most: number, look: (world: World) => void): number {
  const seen = new Set<string>();
  const open = [world];
  for (let now = open.pop(); now !== undefined; now = open.pop()) {
    const key = JSON.stringify(now);
    if (seen.has(key)) continue;
    seen.add(key);
    look(now);
    open.push(...steps(now, most));
  }
  return seen.size;
}

test("one machine is never taken for two, whatever is lost, late or doubled", () => {
  let answeredMost = 0;
  const worlds = explore(start(1), 8, (world) => {
    expect(world.quarantined).toBe(false);
    answeredMost = Math.max(answeredMost, ...world.answered);
  });
  expect(worlds).toBeGreaterThan(300);
  expect(answeredMost).toBe(8);
});

test("R9 two machines of one id are never both answered twice without being found out", () => {
  let found = 0;
  explore(start(2), 4, (world) => {
    if (world.quarantined) found += 1;
    expect(world.answered.every((count) => count >= 2)).toBe(false);
  });
  expect(found).toBeGreaterThan(100);
});

test("R9 a copy that was taken with a poll under way is found out at its next poll", () => {
  const first = judgePoll(firstRatchet(), { count: 0, nonce: "a" });
  if (first.kind !== "advance") throw new Error(first.kind);
  expect(judgePoll(first.next, { count: 0, nonce: "a" })).toEqual({ kind: "repeat" });
  const second = judgePoll(first.next, { count: 1, nonce: "b" });
  if (second.kind !== "advance") throw new Error(second.kind);
  expect(judgePoll(second.next, { count: 1, nonce: "c" })).toEqual({ kind: "clone" });
});

test("a message of some polls ago is late, and one that was never heard is a clone", () => {
  let ratchet = firstRatchet();
  for (const nonce of ["a", "b", "c"]) {
    const verdict = judgePoll(ratchet, { count: ratchet.count, nonce });
    if (verdict.kind === "advance") ratchet = verdict.next;
  }
  expect(judgePoll(ratchet, { count: 0, nonce: "a" })).toEqual({ kind: "late" });
  expect(judgePoll(ratchet, { count: 0, nonce: "z" })).toEqual({ kind: "clone" });
  expect(judgePoll(ratchet, { count: null, nonce: "a" })).toEqual({ kind: "clone" });
});

test("after a person's word the next poll counts as it comes, and only that one", () => {
  const released: Ratchet = { ...firstRatchet(), count: 7, isReleased: true };
  const verdict = judgePoll(released, { count: null, nonce: "x" });
  if (verdict.kind !== "advance") throw new Error(verdict.kind);
  expect(verdict.next).toMatchObject({ count: 8, isReleased: false });
  expect(judgePoll(verdict.next, { count: null, nonce: "y" })).toEqual({ kind: "clone" });
});

test("only the last tokens are looked for", () => {
  expect(countsThatMatter({ ...firstRatchet(), count: 2 })).toEqual([2, 1, 0]);
  expect(countsThatMatter({ ...firstRatchet(), count: 100 })).toHaveLength(9);
});
