import { accessSync, constants, createWriteStream, openAsBlob, statSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Command } from "commander";
import { Failure } from "../base/failure.ts";
import { ask } from "../client/client.ts";
import {
  BLOCK,
  BUNDLE_NAMESPACE,
  headerIn,
  MANIFEST_BYTES_MAX,
  manifestSchema,
  paddingAfter,
  SIGNATURE,
  tarHeader,
} from "../intel/bundle-format.ts";
import { type Cli, show } from "./cli.ts";
import { readNamedText, whyUnread } from "./read-file.ts";
import { signWithSshKey } from "./ssh-sign.ts";
import { outcomeTable } from "./view/feed-source.ts";

/** Carrying feeds to servers without network: one signed file. */
export function registerFeedBundles(feed: Command, cli: Cli): void {
  feed
    .command("bundle")
    .description(
      "Write the feeds of this server into one signed file, for a server without network",
    )
    .requiredOption("--out <file>", "the bundle to write")
    .requiredOption("--key <file>", "SSH key that signs it (or its .pub, when an agent holds it)")
    .option("--feeds <names>", "sources separated by commas; all that were fetched when absent")
    .action(async (flags: { out: string; key: string; feeds?: string }) => {
      const query = flags.feeds === undefined ? {} : { sources: flags.feeds };
      const body = await ask(
        cli.client().GET("/api/v1/feed-bundle", { params: { query }, parseAs: "stream" }),
      );
      const stream = Readable.fromWeb(body as never) as AsyncIterable<Buffer>;
      const made = await writeSigned(stream, flags);
      show(cli, made, () => `${made.file}: ${made.bodies} bodies of ${made.sources.join(", ")}`);
    });
  feed
    .command("import <file>")
    .description("Take a bundle of feeds: signature, digests, age and order are checked first")
    .option("--trust <file>", "public key of whoever made it; it is remembered")
    .option("--accept-older", "take one that is older than the last (recorded)")
    .action(async (file: string, flags: { trust?: string; acceptOlder?: true }) => {
      const trust =
        flags.trust === undefined ? undefined : readNamedText(flags.trust, "The trusted key");
      const query = {
        ...(trust === undefined ? {} : { trust: trust.trim() }),
        ...(flags.acceptOlder === true ? { acceptOlder: "true" as never } : {}),
      };
      const bytes = await namedBlob(file);
      const taken = await ask(
        cli.client().POST("/api/v1/feed-bundle", {
          params: { query },
          body: bytes as never,
          bodySerializer: () => bytes,
          headers: { "content-type": "application/octet-stream" },
        }),
      );
      const signer = `made ${taken.madeAt} by ${taken.origin}, signed by ${taken.signer}`;
      const news = taken.isNewSigner ? " (trusted from now on)" : "";
      show(cli, taken, () => `${signer}${news}\n${outcomeTable(taken.items)}`);
      if (taken.items.some(({ kind }) => kind === "refused")) process.exitCode = 1;
    });
}

/** A file that is read while it is sent, however large it is. */
async function namedBlob(file: string): Promise<Blob> {
  try {
    if (statSync(file).isDirectory())
      throw Object.assign(new Error("a folder"), { code: "EISDIR" });
    accessSync(file, constants.R_OK);
    return await openAsBlob(file);
  } catch (cause) {
    throw new Failure("not-found", `The bundle ${file}: ${whyUnread(cause)}.`, { cause });
  }
}

/** The manifest comes first; what is signed is exactly its bytes. */
async function writeSigned(
  stream: AsyncIterable<Buffer>,
  flags: { readonly out: string; readonly key: string },
): Promise<{ readonly file: string; readonly bodies: number; readonly sources: string[] }> {
  const chunks = stream[Symbol.asyncIterator]();
  const head = await headOf(chunks);
  const manifest = manifestSchema.parse(JSON.parse(head.manifest.toString()));
  const signature = await signWithSshKey({
    key: flags.key,
    namespace: BUNDLE_NAMESPACE,
    text: head.manifest.toString(),
  });
  const partial = `${flags.out}.partial`;
  try {
    await pipeline(signedChunks(head, signature, chunks), createWriteStream(partial));
    await rename(partial, flags.out);
  } catch (cause) {
    await rm(partial, { force: true });
    throw new Failure("unavailable", `The bundle ${flags.out} could not be written whole.`, {
      cause,
    });
  }
  const sources = [...new Set(manifest.bodies.map(({ source }) => source))];
  return { file: flags.out, bodies: manifest.bodies.length, sources };
}

interface Head {
  /** The manifest with its header and padding. */
  readonly entry: Buffer;
  readonly manifest: Buffer;
  readonly rest: Buffer;
}

async function headOf(chunks: AsyncIterator<Buffer>): Promise<Head> {
  let held = Buffer.alloc(0);
  const need = async (bytes: number): Promise<void> => {
    while (held.length < bytes) {
      const next = await chunks.next();
      if (next.done === true) throw new Failure("unavailable", "The bundle broke off. Try again.");
      held = Buffer.concat([held, next.value]);
    }
  };
  await need(BLOCK);
  const header = headerIn(held.subarray(0, BLOCK));
  if (header === null || header.size > MANIFEST_BYTES_MAX) {
    throw new Failure("unavailable", "The server's answer is no bundle of feeds.");
  }
  const end = BLOCK + header.size + paddingAfter(header.size).length;
  await need(end);
  return {
    entry: held.subarray(0, end),
    manifest: held.subarray(BLOCK, BLOCK + header.size),
    rest: held.subarray(end),
  };
}

async function* signedChunks(
  head: Head,
  signature: string,
  chunks: AsyncIterator<Buffer>,
): AsyncGenerator<Buffer> {
  const text = Buffer.from(signature);
  yield head.entry;
  yield Buffer.concat([tarHeader(SIGNATURE, text.length), text, paddingAfter(text.length)]);
  yield head.rest;
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
    yield next.value;
  }
}
