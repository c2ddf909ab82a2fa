import { expect, test } from "vitest";
import { busyTimes, isAway, type Nearness, nextPollSeconds, readyCount } from "./agent-pace.ts";

const hosts = Array.from({ length: 10_000 }, (_, at) => `h-${at.toString(16).padStart(20, "0")}`);

const seconds = (host: string, poll: number, near: Nearness, count = 0, waitedMs = 0): number =>
  nextPollSeconds({ host, poll, near, readyCount: count, waitedMs });
const ends = (all: readonly number[]) => [Math.min(...all), Math.max(...all)];

test("idle hosts come back in 50 to 70 seconds and hosts with work near in 8 to 12", () => {
  expect(ends(hosts.map((host) => seconds(host, 1, "nothing")))).toEqual([50, 70]);
  expect(ends(hosts.map((host) => seconds(host, 1, "job", 10_000)))).toEqual([8, 12]);
  expect(ends(hosts.map((host) => seconds(host, 1, "ready", 500)))).toEqual([8, 12]);
});

test("the more hosts wait for their turn, the less often each calls, and never less than when idle", () => {
  const callsASecond = (count: number): number =>
    hosts.slice(0, count).reduce((sum, host) => sum + 1 / seconds(host, 1, "ready", count), 0);
  for (const count of [100, 1_000, 3_000, 5_000]) {
    expect(callsASecond(count)).toBeLessThan(105);
  }
  // Above that it is what a fleet at rest says.
  expect(ends(hosts.map((host) => seconds(host, 1, "ready", 100_000)))).toEqual([50, 70]);
});

test("while callers wait for the server hosts with work near leave room, those at rest call as ever", () => {
  const slowed = (near: Nearness, waitedMs: number) =>
    ends(hosts.map((host) => seconds(host, 1, near, 0, waitedMs)));
  expect([slowed("job", 1_000), slowed("job", 60_000)]).toEqual([
    [17, 23],
    [25, 35],
  ]);
  expect([slowed("ready", 1_000), slowed("ready", 60_000)]).toEqual([
    [17, 23],
    [50, 70],
  ]);
  expect(slowed("nothing", 60_000)).toEqual([50, 70]);
});

test("a host counts as waiting until it is told that nothing is ready, or was not heard for two minutes", () => {
  const ready = readyCount();
  for (const host of hosts.slice(0, 10)) ready.see(host, true, 0);
  expect(ready.count(1_000)).toBe(10);
  ready.see(hosts[0] ?? "", false, 2_000);
  ready.see(hosts[1] ?? "", true, 90_000);
  expect(ready.count(120_000)).toBe(9);
  expect(ready.count(120_001)).toBe(1);
});

test("a fleet that was answered in one second is spread over the whole jitter", () => {
  const perSecond = new Map<number, number>();
  for (const host of hosts) {
    const after = seconds(host, 5, "nothing");
    perSecond.set(after, (perSecond.get(after) ?? 0) + 1);
  }
  // 10,000 hosts a minute are 167 a second when they are spread evenly; thrice that is a herd.
  expect(perSecond.size).toBe(21);
  expect(Math.max(...perSecond.values())).toBeLessThan((10_000 / 20) * 1.25);
});

test("a host keeps no place beside another for ever", () => {
  const gaps = [1, 2, 3, 4, 5, 6].map((poll) => {
    const [a = "", b = ""] = hosts;
    return seconds(a, poll, "nothing") - seconds(b, poll, "nothing");
  });
  expect(new Set(gaps).size).toBeGreaterThan(2);
});

test("a host is away once it missed three polls, not before", () => {
  expect(isAway(0, 179_000)).toBe(false);
  expect(isAway(0, 181_000)).toBe(true);
});

test("whoever is sent away by a busy server comes back within 110 seconds, a hundred in each second", () => {
  const next = busyTimes();
  const times = hosts.map(() => next(0));
  const perSecond = Map.groupBy(times, (time) => time);
  expect(ends(times)).toEqual([10, 109]);
  expect(ends([...perSecond.values()].map((some) => some.length))).toEqual([100, 100]);
  // A fleet that is larger than that begins at the front again.
  expect(ends(Array.from({ length: 30_000 }, () => next(200)))).toEqual([10, 110]);
  // Long after, nobody is told to wait for those who have come back since.
  expect(next(3_600_000)).toBe(10);
});
