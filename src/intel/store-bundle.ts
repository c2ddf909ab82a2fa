import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { sql } from "kysely";
import type { Digest } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import type { Instant } from "../base/instant.ts";
import { type Reader, sqlInstant, type Tx } from "../db/database.ts";
import {
  BLOCK,
  type BundleManifest,
  headerIn,
  MANIFEST,
  MANIFEST_BYTES_MAX,
  manifestText,
  paddingAfter,
  SIGNATURE,
  SIGNATURE_BYTES_MAX,
  tarEnd,
  tarHeader,
} from "./bundle-format.ts";

/** Bundles as files, and which of them and of their signers are known. */
export async function* bundleChunks(
  manifest: BundleManifest,
  pathOf: (file: string) => string,
): AsyncGenerator<Buffer> {
  const text = Buffer.from(manifestText(manifest));
  yield Buffer.concat([tarHeader(MANIFEST, text.length), text, paddingAfter(text.length)]);
  for (const { file, bytes } of manifest.bodies) {
    yield tarHeader(file, bytes);
    yield* createReadStream(pathOf(file)) as AsyncIterable<Buffer>;
    yield paddingAfter(bytes);
  }
  yield tarEnd;
}

/** An opened bundle: what is read of it is checked against nothing yet. */
export interface BundleFile {
  readonly manifest: Buffer;
  readonly signature: string;
  /** Writes the next body into a file, and gives its digest; fails where another stands there. */
  extract(name: string, bytes: number, into: string): Promise<Digest>;
  close(): Promise<void>;
}

export async function openBundle(path: string): Promise<BundleFile> {
  const file = await open(path);
  let at = 0;
  const entry = async (name: string, bytesMax: number): Promise<number> => {
    const header = headerIn(await readAt(file, at, BLOCK));
    if (header === null || header.name !== name || header.size > bytesMax) throw damaged(name);
    at += BLOCK;
    return header.size;
  };
  const whole = async (name: string, bytesMax: number): Promise<Buffer> => {
    const size = await entry(name, bytesMax);
    const body = await readAt(file, at, size);
    at += size + paddingAfter(size).length;
    return body;
  };
  try {
    const manifest = await whole(MANIFEST, MANIFEST_BYTES_MAX);
    const signature = (await whole(SIGNATURE, SIGNATURE_BYTES_MAX)).toString();
    return {
      manifest,
      signature,
      async extract(name, bytes, into) {
        if ((await entry(name, bytes)) !== bytes) throw damaged(name);
        const digest = await copyOut(file, { at, bytes, into });
        at += bytes + paddingAfter(bytes).length;
        return digest;
      },
      close: () => file.close(),
    };
  } catch (cause) {
    await file.close();
    throw cause;
  }
}

const COPY_BYTES = 1024 * 1024;

async function copyOut(
  file: FileHandle,
  of: { readonly at: number; readonly bytes: number; readonly into: string },
): Promise<Digest> {
  const hash = createHash("sha256");
  const target = await open(of.into, "w", 0o600);
  try {
    for (let done = 0; done < of.bytes; done += COPY_BYTES) {
      const chunk = await readAt(file, of.at + done, Math.min(COPY_BYTES, of.bytes - done));
      hash.update(chunk);
      await target.write(chunk);
    }
  } finally {
    await target.close();
  }
  return hash.digest("hex");
}

async function readAt(file: FileHandle, at: number, bytes: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, at);
  if (bytesRead !== bytes) throw damaged("its end");
  return buffer;
}

function damaged(what: string): Failure {
  return new Failure(
    "invalid",
    `This is no bundle of feeds, or it is damaged (at ${what}). Make one on a server with network: fettle feed bundle --out FILE --key KEY. Nothing was changed.`,
  );
}

export interface KnownSigner {
  readonly fingerprint: string;
  readonly publicKey: string;
}

export async function loadSigners(reader: Reader): Promise<readonly KnownSigner[]> {
  const { rows } = await sql<KnownSigner>`
    select fingerprint, public_key as "publicKey" from feed_signer order by added_at`.execute(
    reader,
  );
  return rows;
}

/** True when it was not known before. */
export async function saveSigner(
  tx: Tx,
  signer: KnownSigner,
  by: { readonly subject: string; readonly at: Instant },
): Promise<boolean> {
  const { rows } = await sql`
    insert into feed_signer (fingerprint, public_key, added_by, added_at)
    values (${signer.fingerprint}, ${signer.publicKey}, ${by.subject}, ${sqlInstant(by.at)})
    on conflict do nothing returning 1`.execute(tx);
  return rows.length === 1;
}

/** When the newest bundle of this deployment was made; null when none was taken. */
export async function newestBundle(reader: Reader, origin: string): Promise<Instant | null> {
  const { rows } = await sql<{ at: Instant | null }>`
    select max(made_at) as at from feed_bundle where origin = ${origin}`.execute(reader);
  return rows[0]?.at ?? null;
}

export async function saveBundle(
  tx: Tx,
  bundle: {
    readonly digest: Digest;
    readonly origin: string;
    readonly madeAt: Instant;
    readonly signer: string;
    readonly by: string;
    readonly at: Instant;
  },
): Promise<void> {
  await sql`
    insert into feed_bundle (digest, origin, made_at, signer, imported_by, imported_at)
    values (${bundle.digest}, ${bundle.origin}, ${sqlInstant(bundle.madeAt)}, ${bundle.signer},
      ${bundle.by}, ${sqlInstant(bundle.at)})
    on conflict (digest) do update set imported_by = excluded.imported_by,
      imported_at = excluded.imported_at`.execute(tx);
}
