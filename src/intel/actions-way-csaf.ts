import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { Failure } from "../base/failure.ts";
import { type Instant, instantFromText } from "../base/instant.ts";
import type { FetchRequest } from "./actions-fetch.ts";
import { archiveProgress, begunIn, loadInSlices } from "./actions-slices.ts";
import {
  type CsafList,
  digestIn,
  documentsInChanges,
  documentsInRolie,
  type ListedDocument,
  listsInMetadata,
} from "./csaf-index.ts";
import { bodyOf, type FetchedFile, type WayResult, type WayRun } from "./source-way.ts";
import { completeFeed } from "./store-feed.ts";

/**
 * Publishers of CSAF: an archive of all documents once, where there is one, then the documents that
 * their lists say have changed, oldest first, each checked by the digest its publisher gives. How far
 * each list is read is kept, so that a broken run goes on where it was.
 */
const DOCUMENTS_AT_ONCE = 400;
const DOCUMENTS_TOGETHER = 50;
const LIST_BYTES_MAX = 256 * 1024 * 1024;
const SMALL_BYTES_MAX = 1024 * 1024;

/** Until when each list is read, by its address. */
const progressSchema = z.object({
  since: z.record(z.string(), z.number()),
  /** The feeds that its documents made. */
  feeds: z.array(z.string()).default([]),
});

export async function fetchCsafChanges(run: WayRun): Promise<WayResult> {
  const [base = "", ...mirrors] = run.source.urls.map((url) =>
    url.endsWith("/") ? url : `${url}/`,
  );
  const since = progressOf(run).since[base];
  const directory = { base, mirrors };
  const archive = since === undefined ? await fetchArchive(run, directory) : null;
  const list: Listed = { kind: "changes", url: base, mirrors };
  const progress = archive === null ? run.progress : { since: { [base]: archive.at } };
  const result = await fetchLists({ ...run, progress }, [list]);
  return archive === null
    ? result
    : {
        ...result,
        outcomes: [...archive.outcomes, ...result.outcomes],
        bodies: [...archive.bodies, ...result.bodies],
      };
}

/** A mirror of a publisher has metadata of its own that names its own lists, so each is a whole way. */
export async function fetchCsafProvider(run: WayRun): Promise<WayResult> {
  let first: Failure | null = null;
  for (const url of run.source.urls) {
    try {
      return await fetchProviderAt(run, url);
    } catch (cause) {
      if (!(cause instanceof Failure)) throw cause;
      first ??= cause;
      run.world.log.warn({ err: cause, url }, "a publisher of CSAF could not be had from here");
    }
  }
  throw first ?? new Failure("invalid", "The source has no address; give one with --from.");
}

async function fetchProviderAt(run: WayRun, url: string): Promise<WayResult> {
  const file = await run.fetcher.fetch({
    urls: [url],
    into: join(run.folder, "metadata"),
    bytesMax: SMALL_BYTES_MAX,
  });
  const lists = file.kind === "file" ? listsInMetadata(await readFile(file.path, "utf8")) : null;
  if (lists === null || lists.length === 0) {
    throw new Failure(
      "invalid",
      `${url} is no provider-metadata.json of CSAF that names a public list of documents. Give the publisher's own with --from.`,
    );
  }
  const origin = new URL(file.url).protocol;
  return await fetchLists(
    run,
    lists.filter(({ url }) => new URL(url).protocol === "https:" || origin === "http:"),
  );
}

function progressOf(run: WayRun): z.output<typeof progressSchema> {
  const known = progressSchema.safeParse(run.progress);
  return known.success ? known.data : { since: {}, feeds: [] };
}

/** A directory of documents, and where else the same one is. */
interface Directory {
  readonly base: string;
  readonly mirrors: readonly string[];
}

/** A list whose documents may be had below other addresses too. */
type Listed = CsafList & { readonly mirrors?: readonly string[] };

/** `archive_latest.txt` names an archive of everything, with its date (Red Hat's directories). */
async function fetchArchive(
  run: WayRun,
  { base, mirrors }: Directory,
): Promise<(Pick<WayResult, "outcomes" | "bodies"> & { readonly at: Instant }) | null> {
  const below = (path: string): readonly string[] => [base, ...mirrors].map((each) => each + path);
  const name = (await textAt(run, below("archive_latest.txt")))?.trim() ?? "";
  const day = /^[A-Za-z0-9._-]*?(\d{4}-\d{2}-\d{2})\.tar\.(?:zst|gz|xz)$/.exec(name)?.[1];
  const at = day === undefined ? null : instantFromText(day);
  if (at === null) return null;
  const digest = digestIn((await textAt(run, below(`${name}.sha256`))) ?? "");
  const file = await fetched(run, {
    urls: below(name),
    into: join(run.folder, "archive"),
    isKept: true,
    ...(digest === null ? {} : { digest }),
  });
  const { sha256 } = file;
  const outcomes = await loadInSlices(run, [file], {
    documents: begunIn(run.progress, sha256)?.documents ?? 0,
    tell: (documents) => run.saveProgress(archiveProgress({ sha256, documents })),
  });
  await run.saveProgress({ since: { [base]: at } });
  return { at, outcomes, bodies: [bodyOf(file, run.world.clock(), false)] };
}

async function fetchLists(run: WayRun, lists: readonly Listed[]): Promise<WayResult> {
  const outcomes: WayResult["outcomes"][number][] = [];
  const bodies: WayResult["bodies"][number][] = [];
  const since = { ...progressOf(run).since };
  const feeds = new Set(progressOf(run).feeds);
  let left = DOCUMENTS_AT_ONCE;
  let hasMore = false;
  for (const list of lists) {
    const begun = since[list.url] ?? 0;
    const changed = (await documentsIn(run, list))
      .filter(({ changedAt }) => changedAt > begun)
      .toSorted((a, b) => a.changedAt - b.changedAt);
    const now = firstOf(changed, left);
    hasMore ||= now.length < changed.length;
    for (const batch of batchesOf(now)) {
      const files: FetchedFile[] = [];
      for (const [at, document] of batch.entries()) {
        const name = `${left}-${bodies.length + at}`;
        files.push(await fetchDocument(run, { list, document, name }));
      }
      const loaded = await loadDocuments(run, files);
      for (const { feed } of loaded) feeds.add(feed);
      outcomes.push(...loaded);
      bodies.push(...files.map((file) => bodyOf(file, run.world.clock(), true)));
      since[list.url] = batch.at(-1)?.changedAt ?? begun;
      await run.saveProgress({ since, feeds: [...feeds] });
    }
    left = Math.max(0, left - now.length);
  }
  if (!hasMore) await completeAll(run, feeds);
  return { outcomes, bodies, validators: null, hasMore };
}

/** So many, and those that changed in the same moment as the last of them. */
function firstOf(changed: readonly ListedDocument[], count: number): readonly ListedDocument[] {
  const last = changed[count - 1]?.changedAt;
  const end = changed.findIndex(({ changedAt }, at) => at >= count && changedAt !== last);
  if (count === 0) return [];
  return end < 0 ? changed : changed.slice(0, end);
}

/** Loaded together; those that changed in the same moment stay together, as only times are kept. */
function batchesOf(documents: readonly ListedDocument[]): readonly (readonly ListedDocument[])[] {
  const batches: ListedDocument[][] = [];
  for (const document of documents) {
    const last = batches.at(-1);
    const isFull = last === undefined || last.length >= DOCUMENTS_TOGETHER;
    if (isFull && last?.at(-1)?.changedAt !== document.changedAt) batches.push([document]);
    else last?.push(document);
  }
  return batches;
}

/** A document that cannot be read is left out by its name, and where none can be, all of them. */
async function loadDocuments(
  run: WayRun,
  files: readonly FetchedFile[],
): Promise<WayResult["outcomes"]> {
  try {
    return await loadInSlices(run, files);
  } catch (cause) {
    if (!(cause instanceof Failure) || cause.code !== "invalid") throw cause;
    run.world.log.warn({ err: cause, urls: files.map(({ url }) => url) }, "CSAF was left out");
    return [];
  }
}

async function completeAll(run: WayRun, feeds: ReadonlySet<string>): Promise<void> {
  const names = new Set(feeds);
  const main = run.source.keptAs ?? run.source.expectFeed;
  if (main !== null) names.add(main);
  for (const name of names) await completeFeed(run.world.db, name, run.world.clock());
}

async function documentsIn(run: WayRun, list: Listed): Promise<readonly ListedDocument[]> {
  const url = list.kind === "rolie" ? list.url : `${list.url}changes.csv`;
  const file = await fetched(run, {
    urls: alsoAt(list, url),
    into: join(run.folder, "list"),
    bytesMax: LIST_BYTES_MAX,
  });
  const text = await readFile(file.path, "utf8");
  const documents =
    list.kind === "rolie" ? documentsInRolie(text) : documentsInChanges(text, list.url);
  if (documents !== null) return documents;
  throw new Failure(
    "unavailable",
    `The list of documents ${url} cannot be read, or was cut short. What was loaded last stays in use, and it is asked for again.`,
  );
}

/** What lies below the list's address lies below each mirror of it. */
function alsoAt(list: Listed, url: string): readonly string[] {
  const mirrors = list.mirrors ?? [];
  if (!url.startsWith(list.url)) return [url];
  return [url, ...mirrors.map((mirror) => mirror + url.slice(list.url.length))];
}

async function fetchDocument(
  run: WayRun,
  of: { readonly list: Listed; readonly document: ListedDocument; readonly name: string },
): Promise<FetchedFile> {
  const { list, document } = of;
  const text = await textAt(run, alsoAt(list, document.digestUrl ?? `${document.url}.sha256`));
  const digest = text === null ? null : digestIn(text);
  return await fetched(run, {
    urls: alsoAt(list, document.url),
    into: join(run.folder, `document-${of.name}`),
    ...(digest === null ? {} : { digest }),
  });
}

/** A small text; null when the publisher has no such file. */
async function textAt(run: WayRun, urls: readonly string[]): Promise<string | null> {
  try {
    const file = await fetched(run, {
      urls,
      into: join(run.folder, "small"),
      bytesMax: SMALL_BYTES_MAX,
    });
    return await readFile(file.path, "utf8");
  } catch (cause) {
    if (cause instanceof Failure && cause.facts["status"] === 404) return null;
    throw cause;
  }
}

async function fetched(run: WayRun, request: FetchRequest): Promise<FetchedFile> {
  const file = await run.fetcher.fetch(request);
  if (file.kind === "file") return file;
  throw new Failure("unavailable", `${request.urls[0]} says that nothing changed, unasked.`);
}
