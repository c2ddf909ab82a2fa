import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { covers, joined, overlap, type Span, without } from "./spans.ts";

const END = 40;
const span = fc
  .tuple(fc.integer({ min: 0, max: END - 1 }), fc.integer({ min: 1, max: 12 }))
  .map(([from, length]): Span => ({ from, to: Math.min(END, from + length) }));
const spans = fc.array(span, { maxLength: 8 });

/** Each whole moment that they hold: slow, and plainly right. */
function moments(of: readonly Span[]): string {
  const all = Array.from({ length: END }, (_, at) => at);
  return all.filter((at) => of.some(({ from, to }) => from <= at && at < to)).join(" ");
}

describe("stretches of time", () => {
  it("are joined, laid over each other and taken away as their moments are", () => {
    fc.assert(
      fc.property(spans, spans, (one, other) => {
        const [left, right] = [joined(one), joined(other)];
        const held = new Set(moments(right).split(" "));
        const both = moments(left).split(" ");
        expect(moments(left)).toBe(moments(one));
        expect(moments(overlap(left, right))).toBe(both.filter((m) => held.has(m)).join(" "));
        expect(moments(without(left, right))).toBe(both.filter((m) => !held.has(m)).join(" "));
        expect(joined(without(left, right))).toEqual(without(left, right));
      }),
    );
  });

  it("cover what lies in one of them, not what two share", () => {
    const open = [
      { from: 0, to: 4 },
      { from: 5, to: 9 },
    ];
    expect(covers(open, { from: 5, to: 9 })).toBe(true);
    expect(covers(open, { from: 3, to: 6 })).toBe(false);
  });
});
