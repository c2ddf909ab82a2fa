import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allPages, moreLines, rowsOf } from "./pages.ts";

/** A list as the API gives it: pages of at most so many rows, with a cursor as long as there are more. */
function listOf(total: number, asked: number[] = []) {
  return async ({ limit, cursor }: { limit: number; cursor: string | undefined }) => {
    asked.push(limit);
    const from = Number(cursor ?? 0);
    const items = Array.from({ length: Math.min(limit, total - from) }, (_, at) => from + at);
    const end = from + items.length;
    return { items, next: end < total ? String(end) : null, total };
  };
}

describe("the rows of a list", () => {
  test("are the first ones, as many as are asked for or there are, over any number of pages", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 1, max: 70 }),
        fc.integer({ min: 1, max: 20 }),
        async (total, limit, pageMax) => {
          const asked: number[] = [];
          const list = await rowsOf({ limit: String(limit) }, pageMax, listOf(total, asked));
          const count = Math.min(total, limit);
          expect(list.items).toEqual(Array.from({ length: count }, (_, at) => at));
          expect(list.next).toBe(count < total ? String(count) : null);
          expect(Math.max(...asked)).toBeLessThanOrEqual(pageMax);
          const all = await rowsOf({ limit: "1", all: true }, pageMax, listOf(total));
          expect(all.items).toHaveLength(total);
        },
      ),
    );
  });

  test("are refused when their number is none", async () => {
    for (const limit of ["0", "-1", "x", "1.5", ""]) {
      await expect(rowsOf({ limit }, 10, listOf(3))).rejects.toThrow("not a number of rows");
    }
  });

  test("end with what is not shown, and with nothing where all is", async () => {
    const some = await rowsOf({ limit: "2" }, 10, listOf(3_000));
    expect(moreLines(some)).toEqual([
      "2 of 3,000 are shown. See more with --limit, or every one with --all.",
    ]);
    expect(moreLines(await rowsOf({ limit: "9" }, 10, listOf(3)))).toEqual([]);
  });

  test("are all of them where a command has no limit", async () => {
    const load = listOf(25);
    expect(await allPages((cursor) => load({ limit: 10, cursor }))).toHaveLength(25);
  });
});
