import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TREND_DAYS, trendOf } from "./trend.ts";

const span = fc.tuple(fc.nat(TREND_DAYS), fc.nat(TREND_DAYS)).map(([a, b]) => ({
  from: Math.min(a, b),
  to: Math.max(a, b),
}));
const someSets = fc.array(
  fc.record({ setId: fc.nat(3), hosts: fc.integer({ min: 1, max: 5 }), span }),
  { maxLength: 6 },
);
const vulnerability = fc.constantFrom("CVE-1", "CVE-2", "CVE-3");
const somePairs = fc.array(fc.record({ packageId: fc.nat(4), vulnerability, span }), {
  maxLength: 8,
});
const someKev = fc.array(fc.record({ vulnerability, span }), { maxLength: 3 });
const someMembers = fc.array(fc.uniqueArray(fc.nat(4)), { minLength: 4, maxLength: 4 });

const flat = <T extends { span: { from: number; to: number } }>({ span: days, ...rest }: T) => ({
  ...rest,
  ...days,
});
const isOn = (of: { from: number; to: number }, day: number): boolean =>
  of.from <= day && day < of.to;

describe("the trend", () => {
  it("says of each day what walking over all hosts of that day says", () => {
    fc.assert(
      fc.property(someSets, somePairs, someKev, someMembers, fc.nat(5), (a, b, c, m, knownFrom) => {
        const [sets, pairs, kev] = [a.map(flat), b.map(flat), c.map(flat)];
        const members = new Map(m.map((ids, id) => [id, Int32Array.from(ids)] as const));
        const trend = trendOf({ sets, pairs, kev, members, knownFrom });
        expect(trend).toHaveLength(TREND_DAYS);
        for (const [day, told] of trend.entries()) {
          const here = sets.filter((set) => isOn(set, day));
          if (day < knownFrom || here.length === 0) {
            expect(told.findings).toBeNull();
            continue;
          }
          const on = (id: number) =>
            pairs.filter((p) => isOn(p, day) && p.packageId === id).map((p) => p.vulnerability);
          const listed = new Set(kev.filter((k) => isOn(k, day)).map((k) => k.vulnerability));
          const ofSet = (id: number) => [...(members.get(id) ?? [])].flatMap(on);
          const all = new Set(here.flatMap((set) => ofSet(set.setId)));
          const exposed = here.filter((set) => ofSet(set.setId).some((v) => listed.has(v)));
          expect(told).toEqual({
            findings: all.size,
            exploited: [...all].filter((v) => listed.has(v)).length,
            hosts: exposed.reduce((sum, set) => sum + set.hosts, 0),
          });
        }
      }),
    );
  });
});
