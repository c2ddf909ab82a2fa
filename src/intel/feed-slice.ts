import { promisify } from "node:util";
import { zstdCompress, zstdDecompress } from "node:zlib";
import { z } from "zod";
import type { Instant } from "../base/instant.ts";
import type { FeedProblem, SsvcEntry, VulnerabilityText } from "./feed-format.ts";
import type { StatementGroup } from "./statement-groups.ts";

/**
 * What a slice of a large archive says, packed: kept from when it was read until all of the archive is
 * there. Whoever changes its form raises `READER`, so that slices of before are read anew.
 */
export interface FeedSlice {
  /** The newest time in it; null when nothing in it has one. */
  readonly asOf: Instant | null;
  readonly problems: { readonly kept: readonly FeedProblem[]; readonly count: number };
  readonly groups: readonly StatementGroup[];
  /** Without their details, which are kept by block. */
  readonly texts: readonly VulnerabilityText[];
  /** Of records of CVEs; null where the feed is one of advisories. */
  readonly ssvc: readonly SsvcEntry[] | null;
}

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** Unpacked, a slice is no larger than the text it was read from, some times over. */
const SLICE_BYTES_MAX = 512 * 1024 * 1024;

const groupSchema = z.object({
  ecosystem: z.string(),
  matches: z.enum(["source", "binary"]),
  advisory: z.string(),
  stateText: z.string(),
  urgency: z.string(),
  packageNames: z.array(z.string()),
  vulnerabilities: z.array(z.string()),
});

const textSchema = z.object({
  id: z.string(),
  title: z.string(),
  publishedAt: z.number().nullable(),
  status: z.enum(["published", "rejected", "withdrawn", "disputed"]),
  modifiedAt: z.number().exactOptional(),
  cvss: z.array(
    z.object({ source: z.string(), version: z.string(), vector: z.string(), score: z.number() }),
  ),
});

const ssvcSchema = z.object({
  id: z.string(),
  exploitation: z.enum(["none", "poc", "active"]),
  isAutomatable: z.boolean(),
  technicalImpact: z.enum(["partial", "total"]),
});

const sliceSchema = z.object({
  asOf: z.number().nullable(),
  problems: z.object({
    kept: z.array(z.object({ place: z.string(), reason: z.string() })),
    count: z.number(),
  }),
  groups: z.array(groupSchema),
  texts: z.array(textSchema),
  // Slices that were kept before records were read in slices have none.
  ssvc: z.array(ssvcSchema).nullable().default(null),
});

export async function packSlice(slice: FeedSlice): Promise<Buffer> {
  const texts = slice.texts.map(({ detail: _, ...text }) => text);
  return await compress(JSON.stringify({ ...slice, texts }));
}

export async function unpackSlice(body: Buffer): Promise<FeedSlice> {
  const text = (await decompress(body, { maxOutputLength: SLICE_BYTES_MAX })).toString();
  return sliceSchema.parse(JSON.parse(text));
}
