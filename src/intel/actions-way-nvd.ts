import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { Failure } from "../base/failure.ts";
import { DAY_MS, HOUR_MS, type Instant, instantToText } from "../base/instant.ts";
import { readFeed } from "./ingest.ts";
import { expected, keptOf, loadReadings } from "./load-feed.ts";
import { bodyOf, inputOf, type WayResult, type WayRun } from "./source-way.ts";
import { completeFeed } from "./store-feed.ts";

/**
 * The NVD's API 2.0 (nvd.nist.gov/developers/vulnerabilities): all records page by page once, then
 * what changed since, in windows of at most 120 days. Each page is loaded when it comes and how far
 * we are is kept, so that a broken run goes on where it was.
 */
const PER_PAGE = 2_000;
const WINDOW_MS_MAX = 120 * DAY_MS;
/** Clocks differ, and a record may be written while its page is read. */
const OVERLAP_MS = HOUR_MS;
/** The publisher's rules: 5 requests in 30 seconds, 50 with a key. */
const GAP_MS = 6_000;
const GAP_WITH_KEY_MS = 600;
const PAGES_AT_ONCE = 25;
const OVERLAP_RECORDS = 50;

const progressSchema = z.object({
  /** Changes before this moment are loaded; absent until the first full run is over. */
  since: z.number().optional(),
  /** The run under way. */
  run: z
    .object({
      startedAt: z.number(),
      from: z.number().optional(),
      until: z.number().optional(),
      next: z.number(),
      overlap: z.number(),
      lastId: z.string().nullable(),
    })
    .optional(),
});

type Progress = z.output<typeof progressSchema>;
type Run = NonNullable<Progress["run"]>;

const pageSchema = z.object({
  startIndex: z.number().int().min(0),
  totalResults: z.number().int().min(0),
  vulnerabilities: z.array(z.object({ cve: z.object({ id: z.string() }) })),
});

export async function fetchNvd(of: WayRun): Promise<WayResult> {
  const known = progressSchema.safeParse(of.progress);
  let progress: Progress = known.success ? known.data : {};
  const outcomes: WayResult["outcomes"][number][] = [];
  const bodies: WayResult["bodies"][number][] = [];
  for (let pages = 0; pages < PAGES_AT_ONCE; pages++) {
    const run = progress.run ?? nextRun(progress, of.world.clock());
    const page = await fetchPage(of, run, pages);
    outcomes.push(...page.outcomes);
    bodies.push(page.body);
    progress = after(progress, run, page);
    await of.saveProgress(progress);
    if (progress.run !== undefined) continue;
    // All that changed up to the start of the run is there; the next window may still be to come.
    if ((progress.since ?? 0) < of.world.clock() - WINDOW_MS_MAX) continue;
    await completeFeed(of.world.db, of.source.expectFeed ?? "nvd", progress.since ?? 0);
    return { outcomes, bodies, validators: null, hasMore: false };
  }
  return { outcomes, bodies, validators: null, hasMore: true };
}

function nextRun({ since }: Progress, now: Instant): Run {
  const begin = { startedAt: now, next: 0, overlap: 0, lastId: null };
  if (since === undefined) return begin;
  const from = since - OVERLAP_MS;
  return { ...begin, from, until: Math.min(now, from + WINDOW_MS_MAX) };
}

interface Page {
  readonly start: number;
  readonly total: number;
  readonly ids: readonly string[];
  readonly outcomes: WayResult["outcomes"];
  readonly body: WayResult["bodies"][number];
}

async function fetchPage(of: WayRun, run: Run, number: number): Promise<Page> {
  const start = Math.max(0, run.next - run.overlap);
  const query = new URLSearchParams({
    startIndex: String(start),
    resultsPerPage: String(PER_PAGE),
    ...(run.from === undefined || run.until === undefined
      ? {}
      : {
          lastModStartDate: instantToText(run.from),
          lastModEndDate: instantToText(run.until),
        }),
  });
  const file = await of.fetcher.fetch({
    urls: of.source.urls.map((url) => `${url}?${query}`),
    into: join(of.folder, `page-${number}`),
    gapMs: of.secret === null ? GAP_MS : GAP_WITH_KEY_MS,
    // It says "forbidden" to those who ask too often.
    busyOn: [403],
    ...(of.secret === null ? {} : { secretHeader: { apiKey: of.secret } }),
  });
  if (file.kind === "not-modified") throw pageProblem("says that nothing changed, unasked");
  const bytes = await readFile(file.path);
  const page = pageSchema.safeParse(parsed(bytes.toString()));
  if (!page.success) throw pageProblem("is no page of the API 2.0, or was cut short");
  const { startIndex, totalResults: total, vulnerabilities } = page.data;
  if (startIndex !== start) throw pageProblem(`begins at ${startIndex}, not at ${start}`);
  const ids = vulnerabilities.map(({ cve }) => cve.id);
  if (ids.length === 0 && start < total) throw pageProblem("is empty before the end");
  const readings = ids.length === 0 ? [] : keptOf(expected(await readFeed(bytes), of.source));
  const input = { ...inputOf(of, null), isPart: true };
  const outcomes = await loadReadings(of.world, of.actor, input, {
    readings,
    generation: file.sha256,
  });
  const body = bodyOf(file, of.world.clock(), number > 0 || isLater(run));
  return { start, total, ids, outcomes, body };
}

function isLater(run: Run): boolean {
  return run.next > 0 || run.from !== undefined;
}

/**
 * Where to go on. Records may vanish or come while pages are read, and those behind them move. So each
 * page begins a little before the end of the last one and must hold the record that was last there;
 * where it does not, the pages before it are read once more until it does.
 */
function after(progress: Progress, run: Run, page: Page): Progress {
  const { start, ids, total } = page;
  const hasMoved = run.lastId !== null && !ids.includes(run.lastId);
  if (hasMoved && start > 0) {
    return { ...progress, run: { ...run, next: Math.max(0, start - ids.length), overlap: 0 } };
  }
  const next = start + ids.length;
  if (next >= total) return { since: run.until ?? run.startedAt };
  const overlap = Math.min(OVERLAP_RECORDS, ids.length >> 2);
  return { ...progress, run: { ...run, next, overlap, lastId: ids.at(-1) ?? null } };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Told by the schema, which a missing value does not fit.
    return undefined;
  }
}

function pageProblem(what: string): Failure {
  return new Failure(
    "unavailable",
    `A page of the NVD ${what}. The pages before it are loaded; it is asked for again.`,
  );
}
