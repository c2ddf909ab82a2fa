import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  asked,
  bitsFor,
  chained,
  inverted,
  join,
  leftOut,
  listAt,
  numbersIn,
  sizeOf,
  taken,
  weightOf,
} from "./posting-lists.ts";

const SIZE = 6;
const rising = fc.uniqueArray(fc.nat(SIZE - 1)).map((row) => row.sort((a, b) => a - b));
const someRows = fc.array(rising, { maxLength: 6 });
const someKinds = fc.array(fc.constantFrom(leftOut, taken, asked), {
  minLength: SIZE,
  maxLength: SIZE,
});

describe("posting lists", () => {
  it("hold for each number the rows that have it, where it is wanted and allowed", () => {
    const holds = (value: number, row: number): boolean => (value + row) % 2 === 0;
    fc.assert(
      fc.property(someRows, someKinds, (rows, kinds) => {
        const lists = inverted({ rows, kinds: Uint8Array.from(kinds), holds });
        for (const [value, kind] of kinds.entries()) {
          const expected = rows.flatMap((row, at) => {
            const isAllowed = kind === taken || (kind === asked && holds(value, at));
            return row.includes(value) && isAllowed ? [at] : [];
          });
          expect([...listAt(lists, value)]).toEqual(expected);
        }
        expect([...listAt(lists, SIZE)]).toEqual([]);
      }),
    );
  });

  it("are the same where there are more rows and numbers than are walked at a time", () => {
    const rows = Array.from({ length: 9_001 }, (_, row) => [row % 4_096, 4_096 + row, 17_000]);
    const kinds = new Uint8Array(17_001).fill(taken);
    const lists = inverted({ rows, kinds, holds: () => true });
    expect([...listAt(lists, 0)]).toEqual([0, 4_096, 8_192]);
    expect([...listAt(lists, 809)]).toEqual([809, 4_905]);
    expect([...listAt(lists, 8_000)]).toEqual([3_904]);
    expect(listAt(lists, 17_000)).toEqual(Uint32Array.from(rows, (_, row) => row));
  });

  it("join to what is in any of them, each once and in order", () => {
    const bits = bitsFor(100);
    const weights = Uint32Array.from({ length: 100 }, (_, at) => at + 1);
    const lists = fc.array(fc.uniqueArray(fc.nat(99)), { maxLength: 5 });
    fc.assert(
      fc.property(lists, (rows) => {
        join(
          bits,
          rows.map((row) => Uint32Array.from(row)),
        );
        const expected = [...new Set(rows.flat())].sort((a, b) => a - b);
        expect([...numbersIn(bits)]).toEqual(expected);
        expect(sizeOf(bits)).toBe(expected.length);
        // A room that was used before holds what was asked for now, and no more of it.
        const room = new Uint32Array(100).fill(7);
        const found = numbersIn(bits, room);
        expect([...found]).toEqual(expected);
        const ends = Uint32Array.from({ length: 101 }, (_, at) => 2 * at);
        const pairs = { starts: ends, values: Uint32Array.from({ length: 200 }, (_, at) => at) };
        const two = expected.flatMap((at) => [2 * at, 2 * at + 1]);
        expect([...chained(pairs, found, new Uint32Array(200))]).toEqual(two);
        expect(weightOf(bits, weights)).toBe(expected.reduce((sum, at) => sum + at + 1, 0));
      }),
    );
  });
});
