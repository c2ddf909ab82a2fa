import { expect, test } from "vitest";
import { isAway, nextPollSeconds } from "./agent-pace.ts";

const hosts = Array.from({ length: 10_000 }, (_, at) => `h-${at.toString(16).padStart(20, "0")}`);

test("idle hosts come back in 50 to 70 seconds and hosts with work near in 8 to 12", () => {
  const idle = hosts.map((host) => nextPollSeconds({ host, poll: 1, isNear: false }));
  expect([Math.min(...idle), Math.max(...idle)]).toEqual([50, 70]);
  const near = hosts.map((host) => nextPollSeconds({ host, poll: 1, isNear: true }));
  expect([Math.min(...near), Math.max(...near)]).toEqual([8, 12]);
});

test("a fleet that was answered in one second is spread over the whole jitter", () => {
  const perSecond = new Map<number, number>();
  for (const host of hosts) {
    const seconds = nextPollSeconds({ host, poll: 5, isNear: false });
    perSecond.set(seconds, (perSecond.get(seconds) ?? 0) + 1);
  }
  // 10,000 hosts a minute are 167 a second when they are spread evenly; thrice that is a herd.
  expect(perSecond.size).toBe(21);
  expect(Math.max(...perSecond.values())).toBeLessThan((10_000 / 20) * 1.25);
});

test("a host keeps no place beside another for ever", () => {
  const gaps = [1, 2, 3, 4, 5, 6].map((poll) => {
    const [a = "", b = ""] = hosts;
    return (
      nextPollSeconds({ host: a, poll, isNear: false }) -
      nextPollSeconds({ host: b, poll, isNear: false })
    );
  });
  expect(new Set(gaps).size).toBeGreaterThan(2);
});

test("a host is away once it missed three polls, not before", () => {
  expect(isAway(0, 179_000)).toBe(false);
  expect(isAway(0, 181_000)).toBe(true);
});
