import type { Command } from "commander";
import { Failure } from "../base/failure.ts";

/** Every item of a list that the API gives in pages. */
export async function allPages<T>(
  load: (cursor: string | undefined) => Promise<{ items: readonly T[]; next: string | null }>,
): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await load(cursor);
    items.push(...page.items);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return items;
}

/** How many rows of a list are wanted, as the options of its command say it. */
export interface RowFlags {
  readonly limit: string;
  readonly all?: true;
}

export function withRows(command: Command, usual: number): Command {
  return command
    .option("--limit <number>", "rows", String(usual))
    .option("--all", "every row, however many there are");
}

interface Page {
  readonly items: readonly unknown[];
  readonly next: string | null;
}

/**
 * Goes from page to page until there are enough rows or no more. What the first page says beside its
 * rows is kept; `next` is where the list goes on, null at its end.
 */
export async function rowsOf<P extends Page>(
  flags: RowFlags,
  pageRowsMax: number,
  load: (page: { readonly limit: number; readonly cursor: string | undefined }) => Promise<P>,
): Promise<Omit<P, "items" | "next"> & { items: P["items"][number][]; next: string | null }> {
  const wanted = rowsWanted(flags);
  const first = await load({ limit: Math.min(wanted, pageRowsMax), cursor: undefined });
  const items: P["items"][number][] = [...first.items];
  let { next } = first;
  while (next !== null && items.length < wanted) {
    const limit = Math.min(wanted - items.length, pageRowsMax);
    const page = await load({ limit, cursor: next });
    items.push(...page.items);
    next = page.next;
  }
  return { ...first, items, next };
}

function rowsWanted(flags: RowFlags): number {
  if (flags.all === true) return Number.POSITIVE_INFINITY;
  const rows = Number(flags.limit);
  if (Number.isSafeInteger(rows) && rows >= 1) return rows;
  throw new Failure(
    "invalid",
    `--limit ${flags.limit} is not a number of rows. Give a whole number of at least 1, or --all.`,
  );
}

/** What a list says under its rows when it goes on; nothing at its end. */
export function moreLines(list: {
  readonly items: readonly unknown[];
  readonly next: string | null;
  readonly total: number;
}): readonly string[] {
  if (list.next === null) return [];
  const [shown, total] = [list.items.length, list.total].map((rows) => rows.toLocaleString("en"));
  return [`${shown} of ${total} are shown. See more with --limit, or every one with --all.`];
}
