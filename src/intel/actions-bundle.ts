import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Actor } from "../base/actor.ts";
import { type Digest, sha256 } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import { durationToText, type Instant, instantFromText, instantToText } from "../base/instant.ts";
import { fingerprint, parsePublicKeyLine } from "../base/ssh-key.ts";
import { verifySshSignature } from "../base/sshsig.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { recordEvent } from "../ledger/record.ts";
import { loadFileOf } from "./actions-load-file.ts";
import { loadInSlices } from "./actions-slices.ts";
import { BUNDLE_NAMESPACE, type BundleManifest, manifestSchema } from "./bundle-format.ts";
import { type FeedSource, mainFeedOf, sourceOf } from "./feed-source.ts";
import type { FeedInput, LoadOutcome } from "./load-feed.ts";
import { rematch } from "./rematch.ts";
import {
  type BundleFile,
  bundleChunks,
  type KnownSigner,
  loadSigners,
  newestBundle,
  openBundle,
  saveBundle,
  saveSigner,
} from "./store-bundle.ts";
import { completeFeed } from "./store-feed.ts";
import { HAND_LOADED, keepBodies, keptBodies, keptSources } from "./store-feed-cache.ts";

/**
 * Carries feeds to servers without network: what this server was sent by publishers, as it was sent,
 * in one file that an operator signs; there it passes the same guards as on the way from a publisher.
 */
export async function makeBundle(
  world: World,
  actor: Actor,
  wanted: readonly string[],
): Promise<AsyncGenerator<Buffer>> {
  const kept = await keptSources(world);
  const missing = wanted.filter((name) => !kept.includes(name));
  const [first] = missing;
  if (first !== undefined) {
    throw new Failure(
      "not-found",
      `This server has no body of ${first}; it has ${kept.join(", ") || "none"}. Fetch it first: fettle feed refresh ${first}.`,
    );
  }
  const names = wanted.length > 0 ? wanted : kept;
  if (names.length === 0) {
    throw new Failure(
      "blocked",
      "There is nothing to carry: no feed was fetched by this server yet. Fetch them first: fettle feed refresh.",
    );
  }
  const paths = new Map<string, string>();
  const bodies: BundleManifest["bodies"] = [];
  for (const source of names) {
    for (const { path, fetchedAt, ...body } of await keptBodies(world, source)) {
      const file = `bodies/${String(bodies.length + 1).padStart(6, "0")}`;
      paths.set(file, path);
      bodies.push({ file, source, ...body, fetchedAt: instantToText(fetchedAt) });
    }
  }
  const madeAt = instantToText(world.clock());
  const origin = world.config.deployment;
  await inTransaction(world.db, (tx) =>
    recordEvent(tx, {
      type: "feed.bundle-made",
      actor: actor.subject,
      object: "feed-bundle:made",
      facts: { sources: [...names], bodies: bodies.length },
    }),
  );
  const manifest: BundleManifest = { format: "fettle feed bundle 1", origin, madeAt, bodies };
  return bundleChunks(manifest, (file) => paths.get(file) ?? "");
}

export interface BundleImport {
  /** As they come: a bundle may be larger than memory. */
  readonly chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  /** A key whose bundles are believed from now on; null: only signers that are known. */
  readonly trust: string | null;
  readonly acceptOlder: boolean;
}

export interface ImportReport {
  readonly madeAt: Instant;
  readonly origin: string;
  readonly signer: string;
  readonly isNewSigner: boolean;
  readonly outcomes: readonly (LoadOutcome & { readonly source: string })[];
}

export async function importBundle(
  world: World,
  actor: Actor,
  input: BundleImport,
): Promise<ImportReport> {
  const root = join(world.paths.state, "feeds");
  await mkdir(root, { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(join(root, "import-"));
  try {
    const path = join(folder, "bundle");
    await writeFile(path, input.chunks, { mode: 0o600 });
    const bundle = await openBundle(path);
    try {
      return await takeBundle(world, actor, { input, bundle, folder });
    } finally {
      await bundle.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Taking {
  readonly input: BundleImport;
  readonly bundle: BundleFile;
  readonly folder: string;
}

async function takeBundle(world: World, actor: Actor, of: Taking): Promise<ImportReport> {
  const signer = await signerOf(world, of.bundle, of.input.trust);
  const manifest = readManifest(of.bundle.manifest);
  const madeAt = timeOf(manifest.madeAt);
  await refuseOlder(world, { manifest, madeAt, acceptOlder: of.input.acceptOlder });
  const files = await extractAll(of, manifest);
  const outcomes: (LoadOutcome & { readonly source: string })[] = [];
  for (const [source, bodies] of Map.groupBy(files, (body) => body.source)) {
    outcomes.push(...(await loadBodies(world, actor, { source, bodies })));
  }
  const isNewSigner = await recordImport(world, actor, { manifest, madeAt, signer, of, outcomes });
  await rematch(world);
  const { origin } = manifest;
  return { madeAt, origin, signer: signer.fingerprint, isNewSigner, outcomes };
}

/** Whose signature it is: of the key that is trusted now, or of one that was before. */
async function signerOf(
  world: World,
  bundle: BundleFile,
  trust: string | null,
): Promise<KnownSigner> {
  const known = trust === null ? await loadSigners(world.db) : [signerIn(trust)];
  for (const signer of known) {
    const verdict = verifySshSignature({
      namespace: BUNDLE_NAMESPACE,
      bytes: bundle.manifest,
      armoured: bundle.signature,
      publicKeyLine: signer.publicKey,
    });
    if (verdict.ok) return signer;
  }
  throw new Failure(
    "blocked",
    known.length === 0
      ? "Nobody's bundles are trusted here yet. Name the public key of whoever made this one: --trust KEYFILE. Nothing was changed."
      : "The bundle is not signed by the key that is trusted, or was changed after it was signed. Nothing was changed.",
  );
}

function signerIn(line: string): KnownSigner {
  const publicKey = line.trim().split("\n")[0] ?? "";
  const key = parsePublicKeyLine(publicKey);
  if (key !== null) return { fingerprint: fingerprint(key), publicKey };
  throw new Failure(
    "invalid",
    "The trusted key cannot be read. It is one line such as those in ~/.ssh/id_ed25519.pub.",
  );
}

function readManifest(bytes: Buffer): BundleManifest {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString());
  } catch {
    // Told by the schema, which a missing value does not fit.
    value = undefined;
  }
  const manifest = manifestSchema.safeParse(value);
  if (manifest.success) return manifest.data;
  throw new Failure(
    "invalid",
    "The manifest of the bundle cannot be read; perhaps a newer Fettle made it. Nothing was changed.",
  );
}

function timeOf(text: string): Instant {
  const at = instantFromText(text);
  if (at !== null) return at;
  throw new Failure("invalid", "The manifest of the bundle holds a time that is none.");
}

/** A minute is what two clocks may differ. */
const CLOCK_MS_MAX = 60_000;

async function refuseOlder(
  world: World,
  of: {
    readonly manifest: BundleManifest;
    readonly madeAt: Instant;
    readonly acceptOlder: boolean;
  },
): Promise<void> {
  const ahead = of.madeAt - world.clock();
  if (ahead > CLOCK_MS_MAX) {
    throw new Failure(
      "blocked",
      `The bundle says that it was made ${durationToText(ahead)} from now. One of the two clocks is wrong; set it right first. Nothing was changed.`,
    );
  }
  const newest = await newestBundle(world.db, of.manifest.origin);
  if (newest === null || of.madeAt >= newest || of.acceptOlder) return;
  throw new Failure(
    "blocked",
    `The bundle is of ${instantToText(of.madeAt)}, older than the last one from ${of.manifest.origin} (${instantToText(newest)}). To go back all the same: --accept-older. Nothing was changed.`,
  );
}

interface Extracted {
  readonly source: string;
  readonly path: string;
  readonly url: string;
  readonly sha256: Digest;
  readonly bytes: number;
  readonly generation: Digest;
  readonly fetchedAt: Instant;
  readonly isPart: boolean;
}

/** All of them, before the first is loaded: a bundle is whole or nothing. */
async function extractAll(of: Taking, manifest: BundleManifest): Promise<readonly Extracted[]> {
  const files: Extracted[] = [];
  for (const [at, { file, fetchedAt, ...body }] of manifest.bodies.entries()) {
    const path = join(of.folder, `body-${at}`);
    const digest = await of.bundle.extract(file, body.bytes, path);
    if (digest !== body.sha256) {
      throw new Failure(
        "invalid",
        `The body of ${body.source} (${file}) in the bundle is not what its manifest says: it was changed or damaged on the way. Nothing was changed.`,
      );
    }
    files.push({ ...body, path, fetchedAt: timeOf(fetchedAt) });
  }
  return files;
}

async function loadBodies(
  world: World,
  actor: Actor,
  of: { readonly source: string; readonly bodies: readonly Extracted[] },
): Promise<readonly (LoadOutcome & { readonly source: string })[]> {
  const source = of.source.startsWith(HAND_LOADED) ? null : sourceOf(of.source);
  const isPieces = source !== null && !["file", "repomd"].includes(source.kind.way);
  const outcomes: LoadOutcome[] = [];
  for (const body of of.bodies) {
    const input = inputFor(body, source);
    const file = { path: body.path, url: body.url, sha256: body.generation };
    const loaded = isPieces
      ? await loadInSlices({ world, actor, source, input }, [file])
      : await loadFileOf(world, actor, input, { source, file });
    outcomes.push(...loaded);
  }
  const isRefused = outcomes.some(({ kind }) => kind === "refused");
  if (!isRefused) await keepBodies(world, of.source, of.bodies);
  const newest = Math.max(...of.bodies.map(({ fetchedAt }) => fetchedAt));
  const feed = source === null ? null : mainFeedOf(source);
  if (isPieces && feed !== null && of.bodies[0]?.isPart === false) {
    await completeFeed(world.db, feed, newest);
  }
  return outcomes.map((outcome) => ({ ...outcome, source: of.source }));
}

function inputFor(body: Extracted, source: FeedSource | null): FeedInput {
  return {
    origin: "file",
    asOf: body.fetchedAt,
    // The publisher offered this when it was fetched: its age counts from there, not from today.
    confirmedAt: body.fetchedAt,
    acceptShrink: false,
    licence: source?.kind.licence ?? "",
    expectFeed: source?.expectFeed ?? null,
    keptAs: source?.keptAs ?? null,
  };
}

async function recordImport(
  world: World,
  actor: Actor,
  of: {
    readonly manifest: BundleManifest;
    readonly madeAt: Instant;
    readonly signer: KnownSigner;
    readonly of: Taking;
    readonly outcomes: readonly LoadOutcome[];
  },
): Promise<boolean> {
  const { manifest, madeAt, signer, outcomes } = of;
  const at = world.clock();
  const digest = sha256(of.of.bundle.manifest);
  return await inTransaction(world.db, async (tx) => {
    const isNew = await saveSigner(tx, signer, { subject: actor.subject, at });
    const { origin } = manifest;
    const by = actor.subject;
    await saveBundle(tx, { digest, origin, madeAt, signer: signer.fingerprint, by, at });
    await recordEvent(tx, {
      type: "feed.bundle-imported",
      actor: by,
      object: `feed-bundle:${digest}`,
      facts: {
        origin,
        madeAt: manifest.madeAt,
        signer: signer.fingerprint,
        isNewSigner: isNew,
        bodies: manifest.bodies.length,
        loaded: outcomes.filter(({ kind }) => kind === "loaded").length,
        refused: outcomes.filter(({ kind }) => kind === "refused").length,
      },
    });
    return isNew;
  });
}
