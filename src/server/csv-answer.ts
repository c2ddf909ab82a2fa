import { csvHead, csvLine, prefersCsv } from "../base/csv.ts";
import { assert } from "../base/failure.ts";
import type { ServedContext, ServedRoute } from "../ledger/served-route.ts";

/**
 * A whole list as CSV, by the very handler that answers its pages as JSON: filters, rights and rows are
 * the same by construction. Pages are asked for one after the other, so a list is never held whole; it
 * begins where a cursor or a number of rows to skip says and goes to its end, whatever the limit. The
 * handler is told `format` csv, also where a header asked for it, and need not count what no line says.
 */
const PAGE_ROWS = 1_000;

type Query = Readonly<Record<string, unknown>>;

interface Page {
  readonly items: readonly never[];
  readonly next?: string | null;
  readonly total?: number;
}

/** Whether the caller wants the list as CSV: by `format`, else by the Accept header. */
export function isCsvAsked(
  route: ServedRoute,
  query: unknown,
  accept: string | undefined,
): boolean {
  if (route.csv === undefined) return false;
  const { format } = (query ?? {}) as { format?: string };
  return format === undefined ? prefersCsv(accept) : format === "csv";
}

/**
 * Lines of the list. The first page is asked for before this resolves, so that a refusal is an answer
 * of its own and no file that breaks off.
 */
export async function csvOf(
  route: ServedRoute,
  context: ServedContext,
  input: { readonly params: never; readonly query: never; readonly body: never },
): Promise<AsyncIterable<string>> {
  const { csv } = route;
  assert(csv !== undefined, `${route.path} has no columns`);
  const asked: Query = { ...(input.query as Query), format: "csv" };
  const load = async (query: Query): Promise<Page> =>
    (await route.handle(context, { ...input, query: query as never })) as Page;
  const first = await load({ ...asked, limit: PAGE_ROWS });
  return (async function* lines() {
    yield csvHead(csv);
    let page = first;
    let skip = Number(asked["skip"] ?? 0);
    for (;;) {
      yield page.items.map((item) => csvLine(csv, item)).join("");
      skip += page.items.length;
      const next = nextQuery(page, asked, skip);
      if (next === null) return;
      page = await load(next);
    }
  })();
}

/** By the cursor, which stays right while the list changes; lists without one go by number. */
function nextQuery(page: Page, asked: Query, skip: number): Query | null {
  const { skip: _, cursor: __, ...rest } = asked;
  if (page.items.length === 0) return null;
  if (page.next !== undefined) {
    return page.next === null ? null : { ...rest, limit: PAGE_ROWS, cursor: page.next };
  }
  return skip < (page.total ?? 0) ? { ...rest, limit: PAGE_ROWS, skip } : null;
}

/** What a browser calls the file that it saves. */
export function csvFileName(name: string, day: string): string {
  return `fettle-${name}-${day}.csv`;
}
