import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../base/failure.ts";
import { loadFileOf } from "./actions-load-file.ts";
import { updateinfoIn } from "./repomd.ts";
import {
  bodyOf,
  type FetchedFile,
  inputOf,
  madeAt,
  NOTHING_NEW,
  validatorsOf,
  type WayResult,
  type WayRun,
} from "./source-way.ts";

/** Sources that are one file, and those whose one file an index names. */
export async function fetchOneFile(run: WayRun): Promise<WayResult> {
  const fetched = await run.fetcher.fetch({
    urls: run.source.urls,
    validators: run.validators,
    into: join(run.folder, "incoming"),
  });
  if (fetched.kind === "not-modified") return NOTHING_NEW;
  return await loadOne(run, fetched, validatorsOf(fetched));
}

async function loadOne(
  run: WayRun,
  file: FetchedFile,
  validators: WayResult["validators"],
): Promise<WayResult> {
  const now = run.world.clock();
  const input = inputOf(run, madeAt(file) ?? now);
  const { source } = run;
  const outcomes = await loadFileOf(run.world, run.actor, input, { source, file });
  const isRefused = outcomes.some((outcome) => outcome.kind === "refused");
  return {
    outcomes,
    bodies: isRefused ? [] : [bodyOf(file, now, false)],
    validators: isRefused ? null : validators,
    hasMore: false,
  };
}

const INDEX_BYTES_MAX = 4 * 1024 * 1024;

/** An rpm repository: `repodata/repomd.xml` says which file its advisories are, and its digest. */
export async function fetchFromRepository(run: WayRun): Promise<WayResult> {
  const bases = run.source.urls.map((url) => (url.endsWith("/") ? url : `${url}/`));
  const index = await run.fetcher.fetch({
    urls: bases.map((base) => `${base}repodata/repomd.xml`),
    validators: run.validators,
    into: join(run.folder, "index"),
    bytesMax: INDEX_BYTES_MAX,
  });
  if (index.kind === "not-modified") return NOTHING_NEW;
  const named = updateinfoIn(await readFile(index.path, "utf8"));
  if (named === null) {
    throw new Failure(
      "invalid",
      `The repository ${run.source.urls[0]} names no advisories (updateinfo) in its repomd.xml. Not every repository has them; what was loaded last stays in use.`,
    );
  }
  const base = bases.find((each) => index.url.startsWith(each)) ?? index.url;
  const file = await run.fetcher.fetch({
    urls: [base, ...bases.filter((each) => each !== base)].map((each) => each + named.path),
    into: join(run.folder, "incoming"),
    digest: named.digest,
  });
  if (file.kind === "not-modified") return NOTHING_NEW;
  return await loadOne(run, file, validatorsOf(index));
}
