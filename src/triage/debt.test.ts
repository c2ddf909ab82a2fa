import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DAY_MS } from "../base/instant.ts";
import { type Days, dayOf } from "../intel/days.ts";
import { seenTimes } from "../intel/seen-times.ts";
import {
  cumulated,
  type DebtGroup,
  type DebtInput,
  debtKinds,
  debtOf,
  type Held,
  type SetFinding,
  sumOf,
} from "./debt.ts";
import { setFindings } from "./debt-findings.ts";

const COUNT = 12;
const days: Days = { first: 10 * DAY_MS, count: COUNT, now: 20.5 * DAY_MS };

it("tells a moment by the first day at whose end it was past, and what is to come as never", () => {
  expect(dayOf(days, 0)).toBe(0);
  expect(dayOf(days, 10 * DAY_MS)).toBe(0);
  expect(dayOf(days, 10 * DAY_MS + 1)).toBe(1);
  expect(dayOf(days, 20.4 * DAY_MS)).toBe(11);
  expect(dayOf(days, 20.6 * DAY_MS)).toBe(COUNT);
  expect(dayOf(days, null)).toBe(COUNT);
});

const span = fc
  .tuple(fc.nat(COUNT), fc.nat(COUNT))
  .map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }));
const finding: fc.Arbitrary<SetFinding> = fc
  .tuple(fc.constantFrom("CVE-1", "CVE-2", "CVE-3"), fc.constantFrom("a", "b"), span)
  .map(([vulnerability, source, when]) => ({ vulnerability, source, ecosystem: "e", ...when }));
const distinct = fc.uniqueArray(finding, {
  maxLength: 5,
  selector: (one) => `${one.vulnerability} ${one.source}`,
});
const group: fc.Arbitrary<DebtGroup> = fc
  .tuple(
    fc.nat(2),
    fc.constantFrom("shop", "bank", null),
    fc.subarray([1, 2]),
    fc.integer({ min: 1, max: 4 }),
    span,
    fc.constantFrom("exposed" as const, "internal" as const),
  )
  .map(([setId, label, exceptions, hosts, when, exposure]) => ({
    ...{ setId, label, exceptions, hosts, exposure, ...when },
    kernelRunning: null,
    marks: "",
    presets: "1",
  }));
const heldFor = fc
  .tuple(span, fc.constantFrom("CVE-1", "CVE-2"))
  .map(([when, id]): Held => ({ ...when, covers: (one) => one.vulnerability === id }));

it("is the same as looking at every host on every day by itself", async () => {
  let weighed = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(group, { maxLength: 6 }),
      fc.array(distinct, { minLength: 3, maxLength: 3 }),
      fc.tuple(heldFor, heldFor),
      fc.array(heldFor, { maxLength: 2 }),
      fc.dictionary(fc.constantFrom("CVE-1", "CVE-2", "CVE-3"), fc.nat(COUNT)),
      async (groups, sets, [one, two], deferrals, dates) => {
        const exceptions = new Map([
          [1, one],
          [2, two],
        ]);
        const points = (of: SetFinding, at: DebtGroup): number =>
          Number(of.vulnerability.at(-1)) * (at.exposure === "exposed" ? 2 : 1);
        const parts = sets.map((own) => [...Map.groupBy(own, (open) => open.source).values()]);
        const input: DebtInput = {
          ...{ days, groups, exceptions, deferrals },
          partsOf: ({ setId }) => parts[setId] ?? [],
          weighedOn: (group) => ({
            overdueFrom: (of) => dates[of.vulnerability] ?? COUNT,
            pointsOf: (of) => points(of, group),
          }),
        };
        const debt = await debtOf(input);
        const is = ({ from, to }: Held, day: number): boolean => from <= day && day < to;
        for (const label of new Set(groups.map((each) => each.label))) {
          for (let day = 0; day < COUNT; day += 1) {
            const expected = { overdue: 0, deferred: 0, excepted: 0 };
            for (const here of groups.filter((each) => each.label === label)) {
              if (day < here.from || day >= here.to) continue;
              for (let host = 0; host < here.hosts; host += 1) {
                for (const open of sets[here.setId] ?? []) {
                  if (day < open.from || day >= open.to) continue;
                  const kind = here.exceptions.some(
                    (number) =>
                      is(exceptions.get(number)!, day) && exceptions.get(number)!.covers(open),
                  )
                    ? "excepted"
                    : deferrals.some((held) => is(held, day) && held.covers(open))
                      ? "deferred"
                      : day >= (dates[open.vulnerability] ?? COUNT)
                        ? "overdue"
                        : null;
                  if (kind !== null) expected[kind] += points(open, here);
                }
              }
            }
            weighed += sumOf(expected);
            const curve = debt.byLabel.get(label)!;
            for (const kind of debtKinds) expect(curve[kind][day]).toBe(expected[kind]);
          }
        }
        const present = groups
          .filter((each) => each.from < COUNT && each.to === COUNT)
          .flatMap((each) => (sets[each.setId] ?? []).map((open) => ({ each, open })))
          .filter(({ open }) => open.from < COUNT && open.to === COUNT)
          .reduce((sum, { each }) => sum + each.hosts, 0);
        expect(sumOf(debt.standing) + debt.standing.inTime).toBe(present);
        const last = [...debt.byLabel.values()].reduce(
          (sum, curve) => sum + debtKinds.reduce((all, kind) => all + curve[kind][COUNT - 1]!, 0),
          0,
        );
        expect(debt.sources.reduce((sum, source) => sum + sumOf(source.points), 0)).toBe(last);
        const order = debt.sources.map((source) => sumOf(source.points));
        expect(order).toEqual(order.toSorted((a, b) => b - a));
      },
    ),
    { numRuns: 300 },
  );
  expect(weighed).toBeGreaterThan(0);
});

describe("the curve", () => {
  it("carries what stood on each day on to the days after it", () => {
    const curve = {
      overdue: Float64Array.of(1, 0, 2),
      deferred: Float64Array.of(0, 3, 0),
      excepted: Float64Array.of(0, 0, 4),
    };
    expect([...cumulated(curve)]).toEqual([1, 4, 10]);
  });
});

it("counts a vulnerability of several packages once, and a kernel only where it runs", () => {
  const pair = {
    ...{ vulnerability: "CVE-1", ecosystem: "e", source: "s", from: 0, to: null },
    ...{ fixedVersion: null, channel: "", isExposed: true },
  };
  const found = setFindings(
    {
      members: new Map([[7, Int32Array.of(1, 2, 3)]]),
      seen: seenTimes(
        [
          { ...pair, packageId: 1, to: 15 * DAY_MS },
          { ...pair, packageId: 2, from: 12 * DAY_MS },
          { ...pair, packageId: 3, vulnerability: "CVE-2" },
        ],
        [],
      ),
      packages: new Map([[3, { name: "linux-image-6.1.0-9-amd64", isKernelImage: true }]]),
    },
    days,
  );
  const of = (kernelRunning: string | null) => ({ setId: 7, kernelRunning, marks: "" });
  expect(
    found(of("6.1.0-9-amd64"))
      .flat()
      .map((one) => one.vulnerability),
  ).toEqual(["CVE-1", "CVE-2"]);
  expect(found(of("6.1.0-13-amd64")).flat()).toEqual([
    expect.objectContaining({ vulnerability: "CVE-1", from: 0, to: COUNT, knownFrom: 0 }),
  ]);
  expect(found(of(null)).flat()).toHaveLength(2);
});
