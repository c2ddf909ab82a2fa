import { expect, test } from "vitest";
import { EntranceQueue, firstRecordLength } from "./entrance-queue.ts";

/** How many of a crowd are let in, and how long these waited, where a handshake is done in `eachMs`. */
function crowd(of: { readonly size: number; readonly eachMs: number }) {
  const queue = new EntranceQueue<number>();
  const joined = new Map<number, number>();
  const waits: number[] = [];
  const inside: number[] = [];
  let [sentOff, late, mostInside] = [0, 0, 0];
  for (let now = 0; now < 60_000; now += of.eachMs) {
    // All come within five seconds, as after a restart.
    while (joined.size < Math.min(of.size, (of.size * now) / 5_000)) {
      const who = joined.size;
      joined.set(who, now);
      if (!queue.join(who, now)) sentOff += 1;
    }
    const turn = queue.next(now);
    late += turn.late.length;
    for (const who of turn.begin) {
      waits.push(now - (joined.get(who) ?? 0));
      inside.push(who);
    }
    mostInside = Math.max(mostInside, inside.length);
    const done = inside.shift();
    if (done !== undefined) queue.leave(done, now);
  }
  return { waits, sentOff, late, mostInside };
}

test("a crowd that the server can bear is let in whole, in its order", () => {
  const { waits, sentOff, late, mostInside } = crowd({ size: 1_000, eachMs: 5 });
  expect([waits.length, sentOff, late]).toEqual([1_000, 0, 0]);
  expect(mostInside).toBeLessThanOrEqual(64);
});

test("nobody begins who has waited for longer than ten seconds, and the rest is sent off early", () => {
  const { waits, sentOff, late } = crowd({ size: 10_000, eachMs: 5 });
  expect(Math.max(...waits)).toBeLessThanOrEqual(10_000);
  // Three thousand in fifteen seconds is what this server can do: all of it went to those who wait.
  expect(waits.length).toBeGreaterThan(2_500);
  expect(waits.length + sentOff + late).toBe(10_000);
  expect(late).toBeLessThan(sentOff / 10);
});

test("a server that stands still for some seconds sends nobody off early who comes then", () => {
  const queue = new EntranceQueue<number>();
  for (let who = 0; who < 200; who++) queue.join(who, 0);
  queue.next(0);
  queue.leave(0, 10);
  queue.leave(1, 5_010);
  expect(queue.join(200, 5_010)).toBe(true);
  const { begin, late } = queue.next(10_000);
  // All who came first have waited for ten seconds by now.
  expect([begin, late.length]).toEqual([[200], 136]);
});

test("whoever takes long keeps no place: the next begin after half a second", () => {
  const queue = new EntranceQueue<number>();
  for (let who = 0; who < 100; who++) queue.join(who, 0);
  expect(queue.next(0).begin).toHaveLength(64);
  expect(queue.next(499).begin).toHaveLength(0);
  expect(queue.next(500).begin).toEqual(Array.from({ length: 36 }, (_, at) => 64 + at));
});

test("one that goes away while it waits is neither begun nor late", () => {
  const queue = new EntranceQueue<number>();
  for (let who = 0; who < 66; who++) queue.join(who, 0);
  queue.next(0);
  queue.leave(64, 10);
  queue.leave(0, 20);
  expect(queue.next(20)).toEqual({ begin: [65], late: [] });
});

test("how long the last waited is known for two seconds", () => {
  const queue = new EntranceQueue<number>();
  expect(queue.waitMs(0)).toBe(0);
  queue.join(1, 0);
  queue.next(700);
  expect([queue.waitMs(2_700), queue.waitMs(2_701)]).toEqual([700, 0]);
});

test("a handshake begins with a record of its kind that is neither empty nor too long", () => {
  const lengths = [[], [22], [22, 3, 1, 2], [22, 3, 1, 2, 0], [22, 3, 1, 64, 0]].map((said) =>
    firstRecordLength(Uint8Array.from(said)),
  );
  expect(lengths).toEqual(["more", "more", "more", 517, 16_389]);
  const others = [[71], [22, 3, 1, 64, 1], [22, 3, 1, 0, 0]].map((said) =>
    firstRecordLength(Uint8Array.from(said)),
  );
  expect(others).toEqual(["other", "other", "other"]);
});
