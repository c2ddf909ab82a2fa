import { expect, test } from "vitest";
import { z } from "zod";
import { route } from "../db/world.ts";
import type { ServedContext } from "../ledger/served-route.ts";
import { csvOf, isCsvAsked } from "./csv-answer.ts";

/** A list of `rows` numbers; by cursor as most lists, or by number alone. */
function aList(rows: number, by: "cursor" | "skip") {
  const asked: Record<string, unknown>[] = [];
  const listed = route({
    method: "GET",
    path: "/api/v1/things",
    summary: "Things.",
    permission: "finding.read",
    query: z.strictObject({ q: z.string(), skip: z.number().optional(), limit: z.number() }),
    reply: z.strictObject({ items: z.array(z.strictObject({ id: z.number() })) }),
    csv: { name: "things", columns: [{ head: "id", cell: (item) => item.id }] },
    handle: async (_, { query }) => {
      asked.push(query);
      const { cursor } = query as { cursor?: string };
      const from = Number(cursor ?? query.skip ?? 0);
      const end = Math.min(rows, from + query.limit);
      const items = Array.from({ length: end - from }, (_unused, at) => ({ id: from + at }));
      const next = end < rows ? String(end) : null;
      return { items, ...(by === "cursor" ? { next } : { total: rows }) };
    },
  });
  return { listed, asked };
}

async function linesOf(of: ReturnType<typeof aList>, query: object): Promise<string[]> {
  const input = { params: undefined, query, body: undefined } as never;
  const pieces: string[] = [];
  for await (const piece of await csvOf(of.listed, {} as ServedContext, input)) pieces.push(piece);
  return pieces.join("").split("\r\n").slice(0, -1);
}

test.each(["cursor", "skip"] as const)(
  "by %s every row comes once, under the filters",
  async (by) => {
    for (const rows of [0, 1, 999, 1000, 1001, 3500]) {
      const list = aList(rows, by);
      const lines = await linesOf(list, { q: "x", limit: 7 });
      expect(lines).toEqual(['"id"', ...Array.from({ length: rows }, (_, at) => String(at))]);
      for (const query of list.asked) expect(query).toMatchObject({ q: "x", limit: 1000 });
      expect(list.asked).toHaveLength(Math.max(1, Math.ceil(rows / 1000)));
    }
  },
);

test.each(["cursor", "skip"] as const)("by %s it begins where the caller says", async (by) => {
  const lines = await linesOf(aList(2500, by), { q: "", limit: 7, skip: 400 });
  expect(lines.slice(0, 2)).toEqual(['"id"', "400"]);
  expect(lines).toHaveLength(2101);
});

test("a list that shrinks to nothing while it is told ends", async () => {
  const list = aList(1500, "skip");
  const input = { params: undefined, query: { q: "", limit: 7 }, body: undefined } as never;
  const handle: typeof list.listed.handle = async (_, { query }) => ({
    total: 1500,
    items: (query as { skip?: number }).skip === undefined ? [{ id: 1 }] : [],
  });
  const told: string[] = [];
  const shrunk = { ...list.listed, handle };
  for await (const piece of await csvOf(shrunk, {} as ServedContext, input)) told.push(piece);
  expect(told.join("")).toBe('"id"\r\n1\r\n');
});

test("the format decides before the header, and a route without columns is never a file", () => {
  const { listed } = aList(0, "skip");
  expect(isCsvAsked(listed, { format: "json" }, "text/csv")).toBe(false);
  expect(isCsvAsked(listed, { format: "csv" }, "application/json")).toBe(true);
  expect(isCsvAsked(listed, {}, "text/csv")).toBe(true);
  const { csv: _, ...plain } = listed;
  expect(isCsvAsked(plain, { format: "csv" }, "text/csv")).toBe(false);
});
