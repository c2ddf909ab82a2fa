import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import type { Digest } from "../base/digest.ts";

/**
 * A file that is coming, on this server's disk: all that came before a break is there to go on from,
 * and it has its own name only when it is whole.
 */
export interface Validator {
  readonly etag: string | null;
  readonly lastModified: string | null;
}

export interface Part {
  readonly bytes: number;
  readonly validator: string;
}

const partSchema = z.object({
  url: z.string(),
  etag: z.string().nullable(),
  lastModified: z.string().nullable(),
});

/** What is left of a transfer that broke off, if the same address can be asked for its rest. */
export async function partOf(into: string, url: string): Promise<Part | null> {
  try {
    const text = await readFile(`${into}.part.json`, "utf8");
    const known = partSchema.safeParse(JSON.parse(text));
    const { size } = await stat(`${into}.part`);
    if (!known.success || known.data.url !== url || size === 0) return null;
    const { etag, lastModified } = known.data;
    // RFC 9110 §13.1.5: a weak validator does not prove that the bytes are the same.
    const validator = etag !== null && !etag.startsWith("W/") ? etag : lastModified;
    return validator === null ? null : { bytes: size, validator };
  } catch {
    // Nothing was begun, or it cannot be read: all of it is asked for.
    return null;
  }
}

const wholeSchema = z.object({
  url: z.string(),
  sha256: z.string(),
  etag: z.string().nullable(),
  lastModified: z.string().nullable(),
});

export type Whole = Validator & {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: Digest;
};

/** What came whole from the same address and was not loaded yet, as a run was killed; checked again. */
export async function wholeOf(into: string, url: string): Promise<Whole | null> {
  try {
    const known = wholeSchema.parse(JSON.parse(await readFile(`${into}.whole.json`, "utf8")));
    const { etag, lastModified } = known;
    if (known.url !== url || (etag === null && lastModified === null)) return null;
    if ((await digestOf(into, "sha256")) !== known.sha256) return null;
    const { size } = await stat(into);
    return { path: into, bytes: size, sha256: known.sha256 as Digest, etag, lastModified };
  } catch {
    // Nothing is kept, or it cannot be read: it is fetched.
    return null;
  }
}

/** Notes what a whole file is, for whoever goes on with it after a kill. */
export async function keepWhole(
  { path, sha256, etag, lastModified }: Omit<Whole, "bytes">,
  url: string,
): Promise<void> {
  await writeFile(`${path}.whole.json`, JSON.stringify({ url, sha256, etag, lastModified }));
}

export async function dropPart(into: string): Promise<void> {
  await rm(`${into}.part`, { force: true });
  await rm(`${into}.part.json`, { force: true });
}

/** Begins it, or goes on with what is there. */
export async function beginPart(
  into: string,
  of: { readonly url: string; readonly isRest: boolean } & Validator,
): Promise<void> {
  const { isRest, ...rest } = of;
  if (!isRest) await writeFile(`${into}.part`, "");
  await writeFile(`${into}.part.json`, JSON.stringify(rest));
}

/** Piece by piece; fails where the body ends before its end, or is more than the limit. */
export async function writeDown(
  body: AsyncIterable<Buffer>,
  into: string,
  limit: { readonly bytesMax: number; readonly tooMuch: () => Error },
): Promise<void> {
  const file = await open(`${into}.part`, "a", 0o600);
  let left = limit.bytesMax;
  try {
    for await (const chunk of body) {
      left -= chunk.length;
      if (left < 0) throw limit.tooMuch();
      await file.write(chunk);
    }
  } finally {
    await file.close();
  }
}

export async function digestOfPart(into: string, algorithm: "sha256" | "sha512"): Promise<string> {
  return await digestOf(`${into}.part`, algorithm);
}

async function digestOf(path: string, algorithm: "sha256" | "sha512"): Promise<string> {
  const hash = createHash(algorithm);
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

/** Gives the whole file its name. */
export async function completePart(
  into: string,
  sha256: string,
): Promise<{ readonly path: string; readonly bytes: number; readonly sha256: Digest }> {
  const { size } = await stat(`${into}.part`);
  await rename(`${into}.part`, into);
  await dropPart(into);
  return { path: into, bytes: size, sha256: sha256 as Digest };
}
