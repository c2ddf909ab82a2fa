import { z } from "zod";
import { sha256 } from "../base/digest.ts";
import type { FeedDocument } from "./feed-format.ts";
import { readInSlices } from "./ingest.ts";
import {
  expected,
  type FeedInput,
  keptOf,
  type LoadOutcome,
  loadReadings,
  READER,
} from "./load-feed.ts";
import { type FetchedFile, inputOf, type WayRun } from "./source-way.ts";
import { documentsInFile } from "./store-unpack.ts";
import { unpackLimits } from "./unpack-limits.ts";

/** Records of a file of any size, loaded slice by slice as parts of their feed. */
const SLICE_CHARACTERS = 48 * 1024 * 1024;
/** All CVE records are some gigabytes; they never stand in memory together. */
const BYTES_MAX = 16 * 1024 ** 3;

/** How far a run that was killed has come in the same files, and to whom the next slice is told. */
export interface Resumed {
  readonly documents: number;
  readonly tell: (documents: number) => Promise<void>;
}

const begunSchema = z.object({
  archive: z.object({
    sha256: z.string(),
    reader: z.number(),
    documents: z.number(),
    /** Since when changes are asked for behind the archive. */
    since: z.string().exactOptional(),
  }),
});

type Begun = z.output<typeof begunSchema>["archive"];

/** How far this archive was loaded, by a source's progress; null for another one, or by other readers. */
export function begunIn(progress: unknown, sha256: string): Begun | null {
  const archive = begunSchema.safeParse(progress).data?.archive;
  return archive?.sha256 === sha256 && archive.reader === READER ? archive : null;
}

/** The progress of a source whose archive was loaded so far. */
export function archiveProgress(of: Omit<Begun, "reader">): z.output<typeof begunSchema> {
  return { archive: { ...of, reader: READER } };
}

const NEW: Resumed = { documents: 0, tell: async () => undefined };

export async function loadInSlices(
  run: Pick<WayRun, "world" | "actor" | "source"> & { readonly input?: FeedInput },
  files: readonly Pick<FetchedFile, "path" | "sha256" | "url">[],
  resumed = NEW,
): Promise<readonly LoadOutcome[]> {
  const input = { ...(run.input ?? inputOf(run, null)), isPart: true };
  const outcomes: LoadOutcome[] = [];
  const [first] = files;
  const generation =
    files.length === 1 && first !== undefined
      ? first.sha256
      : sha256(files.map((file) => file.sha256).join("\n"));
  const slices = readInSlices(documentsIn(files), SLICE_CHARACTERS, resumed.documents);
  for await (const slice of slices) {
    const readings = keptOf(slice.readings);
    if (readings.length === 0) continue;
    const { source } = run;
    outcomes.push(
      ...(await loadReadings(run.world, run.actor, input, {
        readings: expected(readings, source),
        generation,
      })),
    );
    // A kill in between loads this slice once more, which changes nothing.
    await resumed.tell(slice.documents);
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
