import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createZstdCompress } from "node:zlib";
import { z } from "zod";
import type { Digest } from "../base/digest.ts";
import { type Instant, instantFromText, instantToText } from "../base/instant.ts";
import type { World } from "../db/world.ts";

/**
 * The bodies that made what is loaded now, as their publishers sent them, on this server's disk: for
 * carrying them to servers without network. A body is kept only after it was loaded, so what lies here
 * was good. Losing it loses nothing but that.
 */
export interface KeptBody {
  readonly path: string;
  readonly url: string;
  readonly fetchedAt: Instant;
  /** Of the file as it lies here. */
  readonly sha256: Digest;
  readonly bytes: number;
  /** Digest of what the publisher sent: large plain texts are packed here. */
  readonly generation: Digest;
  /** True for pieces that add to what came before. */
  readonly isPart: boolean;
}

const listSchema = z.strictObject({
  source: z.string(),
  bodies: z.array(
    z.strictObject({
      file: z.string().regex(/^body-\d{1,6}$/),
      url: z.string(),
      fetchedAt: z.string(),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      bytes: z.number(),
      generation: z.string().regex(/^[0-9a-f]{64}$/),
      isPart: z.boolean(),
    }),
  ),
});

/** Pieces of one source; more begin anew with its next whole content. */
const BODIES_MAX = 5_000;

export function cacheFolder(world: World, source: string): string {
  const plain = source.replaceAll(/[^A-Za-z0-9.-]+/g, "_");
  // Two names may look alike without their signs.
  const mark = createHash("sha256").update(source).digest("hex").slice(0, 8);
  return join(world.paths.state, "feeds", `${plain}-${mark}`);
}

export async function keptBodies(world: World, source: string): Promise<readonly KeptBody[]> {
  return await bodiesIn(cacheFolder(world, source));
}

async function bodiesIn(folder: string): Promise<readonly KeptBody[]> {
  let text: string;
  try {
    text = await readFile(join(folder, "bodies.json"), "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw cause;
  }
  return listSchema.parse(JSON.parse(text)).bodies.map(({ file, fetchedAt, ...body }) => ({
    ...body,
    path: join(folder, file),
    fetchedAt: instantFromText(fetchedAt) ?? 0,
  }));
}

/** Sources with bodies on this server. */
export async function keptSources(world: World): Promise<readonly string[]> {
  const root = join(world.paths.state, "feeds");
  const folders = await readdir(root).catch(() => []);
  const names = await Promise.all(
    folders.map(async (folder) => {
      const text = await readFile(join(root, folder, "bodies.json"), "utf8").catch(() => null);
      const list = text === null ? null : listSchema.safeParse(JSON.parse(text));
      return list?.success === true && list.data.bodies.length > 0 ? [list.data.source] : [];
    }),
  );
  return names.flat().sort();
}

/** Takes the files over: in place of all before them, or after them where they are pieces. */
export async function keepBodies(
  world: World,
  source: string,
  fetched: readonly KeptBody[],
): Promise<void> {
  const folder = cacheFolder(world, source);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const before = await bodiesIn(folder);
  const isAdded = fetched.every((body) => body.isPart);
  const old = isAdded ? before : [];
  const from = before.reduce((max, body) => Math.max(max, numberOf(body.path)), 0) + 1;
  const moved: KeptBody[] = [];
  for (const [at, body] of fetched.entries()) {
    const path = join(folder, `body-${from + at}`);
    moved.push(await moveIn(body, path));
  }
  const bodies = [...old, ...moved].slice(-BODIES_MAX);
  await writeList(folder, source, bodies);
  const kept = new Set(bodies.map((body) => body.path));
  for (const body of before) if (!kept.has(body.path)) await rm(body.path, { force: true });
}

const PACK_BYTES_MIN = 256 * 1024;

/** Moves a file to its place; what nobody packed yet is packed on the way. */
async function moveIn(body: KeptBody, path: string): Promise<KeptBody> {
  if (body.bytes < PACK_BYTES_MIN || (await isPacked(body.path))) {
    await rename(body.path, path);
    return { ...body, path };
  }
  const packed = createZstdCompress();
  await pipeline(createReadStream(body.path), packed, createWriteStream(path, { mode: 0o600 }));
  await rm(body.path);
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  const { size } = await stat(path);
  return { ...body, path, bytes: size, sha256: hash.digest("hex") };
}

/** gzip, zstd, zip, bzip2, xz by their first bytes. */
async function isPacked(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(6), 0, 6, 0);
    const head = buffer.toString("hex", 0, bytesRead);
    return /^(1f8b|28b52ffd|504b0304|425a68|fd377a585a00)/.test(head);
  } finally {
    await file.close();
  }
}

async function writeList(folder: string, source: string, bodies: readonly KeptBody[]) {
  const list = {
    source,
    bodies: bodies.map(({ path, url, fetchedAt, sha256, bytes, generation, isPart }) => ({
      file: `body-${numberOf(path)}`,
      url,
      fetchedAt: instantToText(fetchedAt),
      sha256,
      bytes,
      generation,
      isPart,
    })),
  };
  const path = join(folder, "bodies.json");
  await writeFile(`${path}.new`, `${JSON.stringify(list)}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
}

function numberOf(path: string): number {
  return Number(/body-(\d+)$/.exec(path)?.[1] ?? 0);
}

/** Names of what people loaded by hand begin so; the rest is the feed. */
export const HAND_LOADED = "file/";

/** Keeps bytes that were handed over, under the name of the feed they are. */
export async function keepBytes(
  world: World,
  feed: string,
  of: { readonly bytes: Buffer; readonly generation: Digest; readonly at: Instant },
): Promise<void> {
  const source = `${HAND_LOADED}${feed}`;
  const folder = cacheFolder(world, source);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, "incoming");
  await writeFile(path, of.bytes, { mode: 0o600 });
  const { generation, at, bytes } = of;
  await keepBodies(world, source, [
    {
      path,
      url: "",
      fetchedAt: at,
      sha256: generation,
      generation,
      bytes: bytes.length,
      isPart: false,
    },
  ]);
}
