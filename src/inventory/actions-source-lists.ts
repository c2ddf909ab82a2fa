import { createHash, type Hash } from "node:crypto";
import { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { createGunzip, createZstdDecompress } from "node:zlib";
import type { World } from "../db/world.ts";
import { Unreached } from "../outbound/connect.ts";
import { askSource, problemOf, type SourceWay, sourceWay } from "./actions-source-fetch.ts";
import type { SourceList } from "./package-source.ts";
import { indexAddresses, type SourceForm } from "./release-file.ts";
import {
  type ListedEntry,
  type ReadLists,
  readPackages,
  readPrimary,
  type SignedEntry,
} from "./signed-entries.ts";
import {
  LIST_BYTES_MAX,
  type ListFile,
  listsOfRelease,
  listsOfRepomd,
  OPENED_BYTES_MAX,
} from "./signed-lists.ts";
import { loadListsAsked } from "./store-signed-packages.ts";

/**
 * Reads the lists that a signed index names, each against its size and digest while it comes: nothing
 * longer than was signed is taken, and nothing is believed before its end.
 */
export type ListsAnswer =
  | { readonly kind: "read"; readonly read: ReadLists }
  /** They are those that were read before. */
  | { readonly kind: "same" }
  /** They cannot be had or read here, which says nothing against the source. */
  | { readonly kind: "problem"; readonly problem: string }
  /** They are not what the index names. */
  | { readonly kind: "fault"; readonly fault: string };

const ENTRIES_MAX = 500_000;
const LIST_MS_MAX = 300_000;

class Misfit extends Error {}

export async function readLists(
  world: World,
  of: {
    readonly uri: string;
    readonly suite: string;
    readonly form: SourceForm;
    readonly text: string;
    /** Those that were read last. */
    readonly lists: readonly SourceList[];
  },
): Promise<ListsAnswer> {
  const found =
    of.form === "rpm"
      ? listsOfRepomd(of.text)
      : listsOfRelease(of.text, { suite: of.suite, ...(await loadListsAsked(world.db, of)) });
  if ("fault" in found) return { kind: "fault", fault: found.fault };
  if (found.problem !== null) return { kind: "problem", problem: found.problem };
  if (isSame(found.lists, of.lists)) return { kind: "same" };
  const base = indexAddresses(of.form, of).signed.replace(/[^/]*$/, "");
  const entries = new Map<string, ListedEntry>();
  const lists: SourceList[] = [];
  try {
    const way = await sourceWay(world);
    for (const [at, list] of found.lists.entries()) {
      let count = 0;
      await readList(way, `${base}${list.path}`, {
        ...{ list, form: of.form },
        onEntry(entry) {
          count += 1;
          const { name, arch, version, sha256 } = entry;
          entries.set(`${name} ${arch} ${version} ${sha256}`, { ...entry, list: at });
          if (entries.size > ENTRIES_MAX) throw new Unreached("it lists more than anybody offers");
        },
      });
      lists.push({ path: list.name, sha256: list.sha256, arch: list.arch, entries: count });
    }
  } catch (cause) {
    if (cause instanceof Misfit) return { kind: "fault", fault: cause.message };
    world.log.warn({ err: cause, uri: of.uri, suite: of.suite }, "lists could not be read");
    return { kind: "problem", problem: problemOf(cause) };
  }
  return { kind: "read", read: { lists, entries: [...entries.values()] } };
}

function isSame(found: readonly ListFile[], before: readonly SourceList[]): boolean {
  const all = (lists: readonly { readonly sha256: string }[], names: readonly string[]): string =>
    lists.map(({ sha256 }, at) => `${names[at]} ${sha256}`).join("\n");
  return (
    all(
      found,
      found.map(({ name }) => name),
    ) ===
    all(
      before,
      before.map(({ path }) => path),
    )
  );
}

async function readList(
  way: SourceWay,
  url: string,
  of: {
    readonly list: ListFile;
    readonly form: SourceForm;
    readonly onEntry: (entry: SignedEntry) => void;
  },
): Promise<void> {
  const { list } = of;
  const response = await askSource(way, url, LIST_MS_MAX);
  const closed = { hash: createHash("sha256"), bytes: 0 };
  const opened = { hash: createHash("sha256"), bytes: 0 };
  const reader = of.form === "rpm" ? readPrimary(of.onEntry) : readPackages(of.onEntry);
  const text = new StringDecoder("utf8");
  const openedMax = Math.min(list.opened?.bytes ?? OPENED_BYTES_MAX, OPENED_BYTES_MAX);
  const must = (fault: string | null): void => {
    if (fault !== null) throw new Misfit(`its list ${list.name} is not to be believed: ${fault}`);
  };
  try {
    const counted = countedBytes(response, closed, Math.min(list.bytes, LIST_BYTES_MAX), list);
    for await (const piece of openedPieces(counted, list)) {
      opened.bytes += piece.length;
      opened.hash.update(piece);
      if (opened.bytes > openedMax) throw misfit(list, "it opens to more than was signed");
      must(reader.write(text.write(piece)));
    }
  } finally {
    response.destroy();
  }
  if (closed.bytes !== list.bytes) throw misfit(list, "it is shorter than was signed");
  if (closed.hash.digest("hex") !== list.sha256) throw misfit(list, "its digest is another one");
  if (list.opened !== null && opened.hash.digest("hex") !== list.opened.sha256) {
    throw misfit(list, "its digest once opened is another one");
  }
  must(reader.close());
}

function misfit({ name }: ListFile, how: string): Misfit {
  return new Misfit(`its list ${name} is not the one that its signed index names: ${how}`);
}

async function* countedBytes(
  response: AsyncIterable<Buffer>,
  seen: { readonly hash: Hash; bytes: number },
  bytesMax: number,
  list: ListFile,
): AsyncGenerator<Buffer> {
  for await (const piece of response) {
    seen.bytes += piece.length;
    if (seen.bytes > bytesMax) throw misfit(list, "it is longer than was signed");
    seen.hash.update(piece);
    yield piece;
  }
}

/** What cannot be opened is not what was signed, unless it is just the connection that broke. */
async function* openedPieces(
  pieces: AsyncGenerator<Buffer>,
  list: ListFile,
): AsyncGenerator<Buffer> {
  if (list.packing === "none") return yield* pieces;
  const opener = list.packing === "gzip" ? createGunzip() : createZstdDecompress();
  let outer: Error | null = null;
  const source = Readable.from(pieces, { objectMode: false });
  source.on("error", (cause) => {
    outer = cause;
    opener.destroy(cause);
  });
  try {
    for await (const piece of source.pipe(opener)) yield piece as Buffer;
  } catch (cause) {
    if (outer !== null) throw outer;
    if (cause instanceof Error && /^(Z_|ZSTD_)/.test(String((cause as { code?: unknown }).code))) {
      throw misfit(list, "it cannot be opened");
    }
    throw cause;
  } finally {
    source.destroy();
    opener.destroy();
  }
}
