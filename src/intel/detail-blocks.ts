import { createHash } from "node:crypto";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { z } from "zod";
import { instantFromText, instantToText } from "../base/instant.ts";
import type { VulnerabilityDetail, VulnerabilityText } from "./feed-format.ts";

/**
 * What people read of vulnerabilities, packed by neighbours: a thousand descriptions packed together
 * take a quarter of what each takes alone. The same details make the same bytes.
 */
export type Details = ReadonlyMap<string, VulnerabilityDetail>;

/** CVEs stand with their neighbours; other ids are spread evenly, whatever they look like. */
export function bucketOf(id: string): string {
  if (/^CVE-\d{4}-\d{4,}$/.test(id)) return id.slice(0, -3);
  return createHash("sha256").update(id).digest("hex").slice(0, 2);
}

/** Unpacked, a block of long descriptions is some megabytes. */
const BLOCK_BYTES_MAX = 256 * 1024 * 1024;

const storedSchema = z.record(
  z.string(),
  z.object({
    d: z.string().exactOptional(),
    r: z.array(z.string()).exactOptional(),
    w: z.array(z.string()).exactOptional(),
    a: z.array(z.string()).exactOptional(),
    u: z.array(z.string()).exactOptional(),
    m: z.string().exactOptional(),
    f: z.array(z.string()).exactOptional(),
  }),
);

export function packDetails(details: Details): Buffer {
  const sorted = [...details].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const stored = Object.fromEntries(sorted.map(([id, detail]) => [id, stateOf(detail)]));
  return zstdCompressSync(JSON.stringify(stored));
}

/** One block of several; what an earlier one says of an id counts. */
export function joinDetails(bodies: readonly Buffer[]): Buffer {
  const [only] = bodies;
  if (bodies.length === 1 && only !== undefined) return only;
  return packDetails(new Map(bodies.toReversed().flatMap((body) => [...unpackDetails(body)])));
}

export function unpackDetails(body: Buffer): Details {
  const text = zstdDecompressSync(body, { maxOutputLength: BLOCK_BYTES_MAX }).toString();
  const stored = storedSchema.parse(JSON.parse(text));
  return new Map(
    Object.entries(stored).map(([id, { d, r, w, a, u, m, f }]) => [
      id,
      {
        description: d ?? "",
        references: r ?? [],
        weaknesses: w ?? [],
        aliases: a ?? [],
        upstream: u ?? [],
        modifiedAt: m === undefined ? null : instantFromText(m),
        ...(f === undefined ? {} : { programFiles: f }),
      },
    ]),
  );
}

function stateOf(detail: VulnerabilityDetail): z.output<typeof storedSchema>[string] {
  const listed = (key: "r" | "w" | "a" | "u" | "f", values: readonly string[]): object =>
    values.length === 0 ? {} : { [key]: [...values] };
  return {
    ...(detail.description === "" ? {} : { d: detail.description }),
    ...listed("r", detail.references),
    ...listed("w", detail.weaknesses),
    ...listed("a", detail.aliases),
    ...listed("u", detail.upstream),
    ...listed("f", detail.programFiles ?? []),
    ...(detail.modifiedAt === null ? {} : { m: instantToText(detail.modifiedAt) }),
  };
}

/** Details by the block they belong to; texts that say nothing more have none. */
export function detailsByBucket(texts: readonly VulnerabilityText[]): ReadonlyMap<string, Details> {
  const buckets = new Map<string, Map<string, VulnerabilityDetail>>();
  for (const { id, detail } of texts) {
    if (detail === undefined) continue;
    const bucket = bucketOf(id);
    const own = buckets.get(bucket) ?? new Map<string, VulnerabilityDetail>();
    buckets.set(bucket, own.set(id, detail));
  }
  return buckets;
}
