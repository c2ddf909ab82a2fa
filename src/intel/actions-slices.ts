import { sha256 } from "../base/digest.ts";
import type { FeedDocument } from "./feed-format.ts";
import { readInSlices } from "./ingest.ts";
import { expected, type FeedInput, keptOf, type LoadOutcome, loadReadings } from "./load-feed.ts";
import { type FetchedFile, inputOf, type WayRun } from "./source-way.ts";
import { documentsInFile } from "./store-unpack.ts";
import { unpackLimits } from "./unpack-limits.ts";

/** Records of a file of any size, loaded slice by slice as parts of their feed. */
const SLICE_CHARACTERS = 48 * 1024 * 1024;
/** All CVE records are some gigabytes; they never stand in memory together. */
const BYTES_MAX = 16 * 1024 ** 3;

export async function loadInSlices(
  run: Pick<WayRun, "world" | "actor" | "source"> & { readonly input?: FeedInput },
  files: readonly Pick<FetchedFile, "path" | "sha256" | "url">[],
): Promise<readonly LoadOutcome[]> {
  const input = { ...(run.input ?? inputOf(run, null)), isPart: true };
  const outcomes: LoadOutcome[] = [];
  const [first] = files;
  const generation =
    files.length === 1 && first !== undefined
      ? first.sha256
      : sha256(files.map((file) => file.sha256).join("\n"));
  for await (const slice of readInSlices(documentsIn(files), SLICE_CHARACTERS)) {
    const readings = keptOf(slice.readings);
    if (readings.length === 0) continue;
    const { source } = run;
    outcomes.push(
      ...(await loadReadings(run.world, run.actor, input, {
        readings: expected(readings, source),
        generation,
      })),
    );
  }
  return outcomes;
}

/** The documents of all files, each named by its address where it came alone. */
async function* documentsIn(
  files: readonly Pick<FetchedFile, "path" | "url">[],
): AsyncGenerator<FeedDocument> {
  const limits = { ...unpackLimits, bytesMax: BYTES_MAX };
  for (const { path, url } of files) {
    for await (const document of documentsInFile(path, limits)) {
      yield document.place === "" ? { ...document, place: url } : document;
    }
  }
}
