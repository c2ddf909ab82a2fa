import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DAY_MS } from "../base/instant.ts";
import { type Days, dayBeforeToo, dayName, dayOf, daysUntil } from "./days.ts";
import type { HostGroup, PairGroup } from "./exposure.ts";
import { agesOf, sumsOf } from "./exposure-ages.ts";
import { exposureIntervals, joinedTimes } from "./exposure-intervals.ts";
import { filtersOf, type VexClaim } from "./filter.ts";
import type { AlikeHosts, HostStory } from "./host-story.ts";
import { byChannel, withFilters } from "./seen-pairs.ts";
import { type ClaimTime, type PairTime, seenTimes } from "./seen-times.ts";
import { runs, trendOf } from "./trend.ts";

const COUNT = 40;
const days: Days = { first: 100 * DAY_MS - 1, count: COUNT, now: 138.5 * DAY_MS };
/** The moment that stands for a day. */
const endOf = (day: number): number => Math.min(days.now, days.first + day * DAY_MS);

const span = fc.tuple(fc.nat(60), fc.option(fc.nat(60), { freq: 1 })).map(([a, b]) => ({
  from: (90 + (b === null ? a : Math.min(a, b))) * DAY_MS,
  to: b === null ? null : (90 + Math.max(a, b) + 1) * DAY_MS,
}));
const vulnerability = fc.constantFrom("CVE-1", "CVE-2", "CVE-3");
const pairTime: fc.Arbitrary<PairTime> = fc
  .record({
    packageId: fc.nat(4),
    vulnerability,
    channel: fc.constantFrom("", "", "", "pro"),
    isExposed: fc.constantFrom(true, true, true, false),
    span,
  })
  .map(({ span: when, ...rest }) => ({
    ...{ ecosystem: "e", source: `s${rest.packageId % 2}`, fixedVersion: null },
    ...rest,
    ...when,
  }));
/** As the database keeps it: of one package, vulnerability and channel one row at a time. */
const pairTimes = fc.array(pairTime, { maxLength: 12 }).map((rows) =>
  rows.filter((row, at) =>
    rows.slice(0, at).every((other) => {
      const isOther = (["packageId", "vulnerability", "channel"] as const).some(
        (name) => other[name] !== row[name],
      );
      const never = Number.POSITIVE_INFINITY;
      return isOther || other.from >= (row.to ?? never) || row.from >= (other.to ?? never);
    }),
  ),
);
const claimTime: fc.Arbitrary<ClaimTime> = fc
  .record({ packageId: fc.nat(4), vulnerability, scope: fc.constantFrom(null, 1), span })
  .chain(({ span: when, ...rest }) =>
    fc.constantFrom("not-affected" as const, "affected" as const).map((status) => ({
      ...when,
      claim: {
        ...rest,
        ...{ document: 1, author: "a", status, justification: "component_not_present" },
        ...{ saidAt: when.from, since: when.from, until: null },
        ...{ trust: "responsible" as const, trustedBy: "ada" },
      } satisfies VexClaim,
    })),
  );
const claimTimes = fc.array(claimTime, { maxLength: 4 });
const marks = fc.constantFrom("", "1", "@pro", "1,@pro");
const kernel = fc.constantFrom(null, "6.1.0-8-amd64", "6.1.0-9-amd64");
const story: fc.Arbitrary<HostStory> = fc
  .record({
    marks,
    label: fc.constantFrom("shop", null),
    hosts: fc.integer({ min: 1, max: 4 }),
    starts: fc.uniqueArray(fc.integer({ min: -5, max: COUNT - 1 }), { maxLength: 4 }),
    kinds: fc.array(fc.tuple(fc.nat(3), kernel), { minLength: 4, maxLength: 4 }),
    isOpen: fc.boolean(),
  })
  .map(({ starts, kinds, isOpen, ...rest }) => {
    const sorted = starts.toSorted((a, b) => a - b);
    const segments = sorted.map((from, at) => ({
      ...{ setId: kinds[at]![0], kernelRunning: kinds[at]![1], from },
      to: sorted[at + 1] ?? (isOpen ? Number.POSITIVE_INFINITY : from + 3),
    }));
    return { ...rest, segments };
  });
const someMembers = fc
  .array(fc.uniqueArray(fc.nat(4)), { minLength: 4, maxLength: 4 })
  .map((sets) => new Map(sets.map((ids, id) => [id, Int32Array.from(ids)] as const)));
const packages = new Map<number, { name: string; isKernelImage: boolean }>(
  [0, 1, 2, 3].map((id) => [id, { name: `p${id}`, isKernelImage: false }] as const),
).set(4, { name: "linux-image-6.1.0-9-amd64", isKernelImage: true });

/** As the store counts them. */
function alikeHosts(stories: readonly HostStory[]): readonly AlikeHosts[] {
  const found = new Map<string, AlikeHosts>();
  for (const { marks, hosts, segments } of stories) {
    for (const segment of segments) {
      const { setId, kernelRunning, from, to } = segment;
      const key = `${setId} ${from} ${to} ${kernelRunning ?? ""}\n${marks}`;
      const before = found.get(key)?.hosts ?? 0;
      found.set(key, { ...segment, marks, hosts: before + hosts });
    }
  }
  return [...found.values()];
}

const holds = (of: { from: number; to: number | null }, at: number): boolean =>
  of.from <= at && (of.to === null || at < of.to);

const without = (some: Set<string>, others: Set<string>): number =>
  [...some].filter((one) => !others.has(one)).length;

/** What hosts see at a moment, by the rules for one moment. */
function seenAt(of: { pairs: readonly PairTime[]; claims: readonly ClaimTime[]; at: number }) {
  const now = of.pairs.filter((pair) => holds(pair, of.at));
  const pairs = now.map(
    ({ isExposed, packageId, ...rest }): PairGroup => ({
      ...rest,
      state: isExposed ? ("affected-no-fix" as const) : ("under-investigation" as const),
      ...{ packageIds: [packageId], since: 0 },
    }),
  );
  const filters = filtersOf(of.claims.filter((one) => holds(one, of.at)).map((one) => one.claim));
  const seen = withFilters(byChannel(pairs), filters, "left-out");
  return (id: number, own: string): readonly PairTime[] =>
    now.filter(
      (pair, at) =>
        pair.packageId === id &&
        pair.isExposed &&
        seen.includes(seen[at]!) &&
        seen[at]!.isAside?.(id, { marks: own } as HostGroup) !== true,
    );
}

it("tells days by their ends in UTC, and the last one as it stands now", () => {
  const now = Date.parse("2026-11-22T10:00:00Z");
  const three = daysUntil(now, 3);
  const at = (text: string): number => dayOf(three, Date.parse(text));
  expect(at("2026-11-20T23:59:59.999Z")).toBe(0);
  expect(at("2026-11-21T00:00:00Z")).toBe(1);
  expect(at("2026-11-22T10:00:00Z")).toBe(2);
  expect(at("2026-11-22T10:00:00.001Z")).toBe(3);
  expect(at("2026-10-01T00:00:00Z")).toBe(0);
  expect(dayBeforeToo(three, Date.parse("2026-11-18T12:00:00Z"))).toBe(-2);
  expect([0, 1, 2].map((day) => dayName(three, day))).toEqual([
    "2026-11-20",
    "2026-11-21",
    "2026-11-22",
  ]);
});

describe("histories", () => {
  it("say of every moment what the rules for that moment say, whatever the marks", () => {
    let seenCount = 0;
    fc.assert(
      fc.property(pairTimes, claimTimes, marks, (pairs, claims, own) => {
        const seen = seenTimes(pairs, claims);
        for (let day = 0; day < COUNT; day += 1) {
          const at = endOf(day);
          const then = seenAt({ pairs, claims, at });
          for (let id = 0; id < 5; id += 1) {
            const told = seen.of(id, own).filter((pair) => holds(pair, at));
            const name = (pair: PairTime): string => `${pair.vulnerability} ${pair.channel}`;
            seenCount += told.length;
            expect(told.map(name).sort()).toEqual(then(id, own).map(name).sort());
          }
        }
      }),
    );
    expect(seenCount).toBeGreaterThan(0);
  });

  it("give for each day what walking over all hosts of that day gives", async () => {
    let found = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(story, { maxLength: 5 }),
        pairTimes,
        claimTimes,
        fc.array(fc.record({ vulnerability, span }), { maxLength: 3 }),
        fc.tuple(someMembers, fc.nat(5)),
        async (stories, pairs, claims, kevs, [members, knownFrom]) => {
          const kev = kevs.map(({ span: when, ...rest }) => ({ ...rest, ...when }));
          const trend = await trendOf({
            ...{ days, alike: alikeHosts(stories), members, packages, kev, knownFrom },
            seen: seenTimes(pairs, claims),
          });
          let before: Set<string> | null = null;
          for (const [day, { known }] of trend.entries()) {
            const at = endOf(day);
            const then = seenAt({ pairs, claims, at });
            const listed = new Set<string>(
              kev.filter((k) => holds(k, at)).map((k) => k.vulnerability),
            );
            const here = stories.flatMap((one) =>
              one.segments
                .filter((segment) => segment.from <= day && day < segment.to)
                .map((segment) => ({
                  hosts: one.hosts,
                  open: [...(members.get(segment.setId) ?? [])]
                    .filter((id) => runs(packages.get(id), segment.kernelRunning))
                    .flatMap((id) => then(id, one.marks)),
                })),
            );
            if (day < knownFrom || here.length === 0) {
              expect(known).toBeNull();
              before = null;
              continue;
            }
            const open = new Set(here.flatMap((one) => one.open.map((p) => p.vulnerability)));
            const sum = (of: typeof here): number => of.reduce((all, one) => all + one.hosts, 0);
            const isBad = (pair: PairTime): boolean => listed.has(pair.vulnerability);
            found += open.size;
            expect(known).toEqual({
              findings: open.size,
              exploited: [...open].filter((id) => listed.has(id)).length,
              sources: new Set(here.flatMap((one) => one.open.map((p) => p.source))).size,
              hosts: sum(here.filter((one) => one.open.length > 0)),
              exploitedHosts: sum(here.filter((one) => one.open.some(isBad))),
              knownHosts: sum(here),
              opened: before === null ? null : without(open, before),
              closed: before === null ? null : without(before, open),
            });
            before = open;
          }
        },
      ),
    );
    expect(found).toBeGreaterThan(0);
  });
});

describe("exposure intervals", () => {
  it("cover just the days on which a host was exposed, and are never next to each other", () => {
    const time = fc
      .tuple(fc.integer({ min: -5, max: COUNT }), fc.integer({ min: 1, max: 20 }))
      .map(([from, long]) => ({ from, to: from + long }));
    fc.assert(
      fc.property(
        story,
        fc.array(fc.array(time, { maxLength: 3 }), { minLength: 4, maxLength: 4 }),
        ({ segments }, sets) => {
          const found = exposureIntervals({
            ...{ segments, pauseMax: 0 },
            timesIn: ({ setId }) => joinedTimes(sets[setId]!),
          });
          for (let day = -8; day < COUNT + 25; day += 1) {
            const is = segments.some(
              (one) =>
                one.from <= day &&
                day < one.to &&
                sets[one.setId]!.some((each) => each.from <= day && day < each.to),
            );
            const isTold = found.some(
              (one) => one.from <= day && (one.to === null || day < one.to),
            );
            expect(isTold).toBe(is);
          }
          found.forEach((one, at) => {
            if (at > 0) expect(one.from).toBeGreaterThan(found[at - 1]!.to!);
          });
        },
      ),
    );
  });

  it("says why each ended, and takes no pause of the matching for an end", () => {
    const at = (setId: number, from: number, to: number) => ({
      ...{ setId, from, to, kernelRunning: null },
    });
    const never = Number.POSITIVE_INFINITY;
    const of = (
      segments: ReturnType<typeof at>[],
      times: Record<number, { from: number; to: number; isThenAside?: boolean }[]>,
    ) => exposureIntervals({ segments, pauseMax: 2, timesIn: ({ setId }) => times[setId] ?? [] });
    const one = { 1: [{ from: 0, to: never }] };
    expect(of([at(1, 5, never)], one)).toEqual([{ from: 5, to: null, ended: null }]);
    expect(of([at(1, 5, 9), at(2, 9, never)], one)).toEqual([{ from: 5, to: 9, ended: "changed" }]);
    expect(of([at(1, 5, 9)], one)).toEqual([{ from: 5, to: 9, ended: "host-gone" }]);
    expect(of([at(1, 5, never)], { 1: [{ from: 0, to: 7 }] })[0]?.ended).toBe("not-said");
    const aside = { 1: [{ from: 0, to: 7, isThenAside: true }] };
    expect(of([at(1, 5, never)], aside)[0]?.ended).toBe("set-aside");
    const later = { ...one, 2: [{ from: 11, to: never }] };
    expect(of([at(1, 5, 9), at(2, 9, never)], later)).toEqual([{ from: 5, to: null, ended: null }]);
    const late = { ...one, 2: [{ from: 12, to: never }] };
    expect(of([at(1, 5, 9), at(2, 9, never)], late)).toHaveLength(2);
  });
});

it("knows after a change of some sources what it knows when all is read anew", () => {
  let kept = 0;
  fc.assert(
    fc.property(
      pairTimes,
      pairTimes,
      claimTimes,
      fc.subarray(["s0", "s1"]),
      (was, is, claims, of) => {
        const sources = new Set(of);
        const others = was.filter(({ source }) => !sources.has(source));
        const changed = is.filter(({ source }) => sources.has(source));
        const before = seenTimes(was, claims);
        // What was asked before is kept where it holds, and only there.
        const ask = (seen: ReturnType<typeof seenTimes>) =>
          [0, 1, 2, 3, 4].map((id) => ["", "1", "1,@pro"].map((own) => seen.of(id, own)));
        const earlier = ask(before);
        const after = before.withSources(sources, changed);
        const anew = seenTimes([...others, ...changed], claims);
        expect(ask(after)).toEqual(ask(anew));
        expect(new Set(after.packageIds)).toEqual(new Set(anew.packageIds));
        for (const [id, own] of ask(after).entries()) {
          if (!sources.has(`s${id % 2}`))
            expect(own.every((one, at) => one === earlier[id]?.[at])).toBe(true);
          kept += Number(own[0] === earlier[id]?.[0]);
        }
      },
    ),
    { numRuns: 50 },
  );
  expect(kept).toBeGreaterThan(0);
});

describe("ages", () => {
  it("of the whole fleet are those of every host and vulnerability by itself", async () => {
    let counted = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(story, { maxLength: 4 }),
        pairTimes,
        claimTimes,
        someMembers,
        async (stories, pairs, claims, members) => {
          const seen = seenTimes(pairs, claims);
          const classesOf = (id: string): string[] => (id === "CVE-1" ? ["bad", id] : [id]);
          const ages = await agesOf({ days, stories, members, packages, seen, classesOf });
          const expected = { mended: new Map<number, number>(), open: new Map<number, number>() };
          let otherwise = 0;
          for (const { segments, marks: own, hosts } of stories) {
            for (const id of ["CVE-1", "CVE-2", "CVE-3"]) {
              const found = exposureIntervals({
                ...{ segments, pauseMax: 0 },
                timesIn: (segment) =>
                  joinedTimes(
                    [...(members.get(segment.setId) ?? [])]
                      .filter((one) => runs(packages.get(one), segment.kernelRunning))
                      .flatMap((one) => seen.of(one, own).filter((p) => p.vulnerability === id))
                      .map(({ from, to, isThenAside }) => ({
                        from: dayBeforeToo(days, from),
                        to: to === null || to > days.now ? Infinity : dayBeforeToo(days, to),
                        isThenAside,
                      })),
                  ),
              });
              for (const { from, to, ended } of found) {
                counted += 1;
                const into = to === null ? expected.open : expected.mended;
                const age = (to ?? COUNT - 1) - from;
                if (to !== null && to <= 0) continue;
                if (to === null || ended === "changed") into.set(age, (into.get(age) ?? 0) + hosts);
                else otherwise += hosts;
              }
            }
          }
          expect(ages.all.mended).toEqual(expected.mended);
          expect(ages.all.open).toEqual(expected.open);
          expect(ages.all.endedOtherwise).toBe(otherwise);
          const sum = (names: (string | null)[], of: typeof ages.byLabel | typeof ages.byClass) =>
            names.reduce(
              (all, name) => all + sumsOf(of.get(name as string)?.open ?? new Map()).count,
              0,
            );
          const open = sumsOf(expected.open).count;
          expect(sum(["CVE-1", "CVE-2", "CVE-3"], ages.byClass)).toBe(open);
          expect(sum(["shop", null], ages.byLabel)).toBe(open);
          expect(sum(["bad"], ages.byClass)).toBe(sum(["CVE-1"], ages.byClass));
        },
      ),
    );
    expect(counted).toBeGreaterThan(0);
  });

  it("are summed up as mean, median and what nine of ten do not exceed", () => {
    expect(sumsOf(new Map())).toEqual({
      ...{ count: 0, meanDays: null, medianDays: null, p90Days: null },
    });
    const ages = new Map([
      [10, 1],
      [1, 8],
      [3, 1],
    ]);
    expect(sumsOf(ages)).toEqual({ count: 10, meanDays: 2.1, medianDays: 1, p90Days: 3 });
  });
});
