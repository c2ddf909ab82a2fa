import { expect, test } from "vitest";
import type { Pace } from "./forecast.ts";
import { type HostKind, kindForecasts, kindPaceToText, kindToText } from "./kind-pace.ts";

const debian: HostKind = { distribution: "debian", release: "12", way: "agent", size: 0 };
const alma: HostKind = { distribution: "almalinux", release: "9.4", way: "ssh-piped", size: 2 };
const plan: Pace = { measured: 40, meanMs: 30_000, deviationMs: 5_000, basis: "source" };

function pace(over: Partial<Pace>): Pace {
  return { measured: 9, meanMs: 60_000, deviationMs: 10_000, basis: "source", ...over };
}

test("a kind goes by its own jobs, of the same package before those of others", () => {
  const of = (source: Pace | null, fleet: Pace | null) => {
    const list = (one: Pace | null) => (one === null ? [] : [{ kind: { ...debian }, pace: one }]);
    const measured = [list(source), list(fleet)];
    return kindForecasts([{ kind: debian, hosts: 3 }], { measured, plan })[0]!;
  };
  expect(of(pace({}), pace({ basis: "fleet", measured: 900 }))).toMatchObject({
    ...{ hosts: 3, measured: 9, isAssumed: false, pace: { basis: "source" } },
  });
  // Four of the same package say less than many of others on such hosts.
  expect(of(pace({ measured: 4 }), pace({ basis: "fleet", measured: 90 }))).toMatchObject({
    ...{ measured: 90, isAssumed: false, pace: { basis: "fleet" } },
  });
  expect(of(pace({ measured: 4 }), pace({ basis: "fleet", measured: 4 }))).toMatchObject({
    ...{ measured: 4, isAssumed: true, pace: plan },
  });
  expect(of(null, null)).toMatchObject({ measured: 0, isAssumed: true, pace: plan });
});

test("no kind stands for another one", () => {
  const others: HostKind[] = [
    { ...debian, release: "13" },
    { ...debian, way: "ssh-installed" },
    { ...debian, size: 1 },
    { ...debian, size: null },
    { ...debian, distribution: null, release: null },
  ];
  const measured = [[{ kind: debian, pace: pace({}) }]];
  const told = kindForecasts(
    [debian, ...others].map((kind) => ({ kind, hosts: 1 })),
    { measured, plan },
  );
  expect(told.map(({ isAssumed }) => isAssumed)).toEqual([false, ...others.map(() => true)]);
});

test("kinds read as people name them", () => {
  expect(
    [debian, alma, { ...debian, way: "ssh-installed", size: 1 } as const].map(kindToText),
  ).toEqual([
    "Debian 12, agent, under 500 packages",
    "AlmaLinux 9.4, ssh, program sent each time, 1,500 packages or more",
    "Debian 12, ssh, program installed, 500 to 1,499 packages",
  ]);
  expect(kindToText({ distribution: null, release: null, way: "local", size: null })).toBe(
    "system unknown, this machine, packages unknown",
  );
});

test("what is assumed is said to be, and nothing is told where nothing was measured", () => {
  const text = (measured: number, isAssumed: boolean, own: Pace) =>
    kindPaceToText({ kind: debian, hosts: 3, measured, isAssumed, pace: own });
  expect(text(9, false, pace({}))).toBe(
    "about 60 s, nine in ten within 73 s; from 9 jobs of the same package on such hosts",
  );
  expect(text(90, false, pace({ basis: "fleet", deviationMs: null }))).toBe(
    "about 60 s; from 90 jobs of other packages too on such hosts",
  );
  expect(text(1, true, plan)).toBe(
    "about 30 s, nine in ten within 36 s; assumed as for the plan as a whole, as only 1 job was measured on such hosts",
  );
  expect(text(0, true, plan)).toContain("as no job was measured on such hosts");
  const none: Pace = { measured: 0, meanMs: 0, deviationMs: null, basis: "none" };
  expect(text(0, true, none)).toBe("nobody can tell: no job has been measured here yet");
});
