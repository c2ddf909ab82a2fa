import { type Actor, scopesFor, systemActor } from "../base/actor.ts";
import { sha256 } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import type { JsonObject } from "../base/json.ts";
import { demandUnscoped } from "../base/unscoped.ts";
import { inTransaction, type Tx } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { recordEvent } from "../ledger/record.ts";
import { type IndexFiles, verifyIndex } from "./actions-gpgv.ts";
import { fetchIndex } from "./actions-source-fetch.ts";
import { type ListsAnswer, readLists } from "./actions-source-lists.ts";
import { readKeyring } from "./openpgp-keys.ts";
import type { PackageSource } from "./package-source.ts";
import { indexFault, type SignedIndex, type SourceForm } from "./release-file.ts";
import { loadPackageSources } from "./store-package-sources.ts";
import { saveListed, saveLists, saveUnlisted } from "./store-signed-packages.ts";
import {
  loadDue,
  loadPinned,
  lockPinned,
  type PinnedSource,
  saveCheck,
  savePin,
} from "./store-source-keys.ts";

/**
 * Sources that this server verifies itself: by keys that people pinned, not by those that a host or the
 * source brings. One that fails keeps its hosts out of every plan; one that cannot be reached does not,
 * since each host's package manager still verifies what it takes.
 */
interface SourceName {
  readonly uri: string;
  readonly suite: string;
}

/** How often each is looked at without being asked. */
const CHECK_EVERY_MS = 6 * 3_600_000;
const AT_ONCE_MAX = 8;

export async function pinSource(
  world: World,
  actor: Actor,
  asked: SourceName & {
    readonly form: SourceForm;
    readonly keyring: Buffer;
    readonly reason: string;
  },
): Promise<PackageSource> {
  demandUnscoped(actor, "policy.apply", "Pinning the key of a source");
  const keyring = readKeyring(asked.keyring);
  if (keyring.kind === "bad") {
    throw new Failure("invalid", `The keyring was not taken: ${keyring.problem}.`);
  }
  const { uri, suite, form, reason } = asked;
  await knownSource(world, actor, asked);
  const { bytes, fingerprints } = keyring;
  await inTransaction(world.db, async (tx) => {
    const before = await lockPinned(tx, asked);
    const [pinnedBy, pinnedAt] = [actor.subject, world.clock()];
    const pin = { uri, suite, form, keyring: bytes, fingerprints, reason, pinnedBy, pinnedAt };
    await savePin(tx, pin);
    await recordEvent(tx, {
      type: "source.key-pinned",
      actor: actor.subject,
      object: objectOf(asked),
      facts: {
        ...{ uri, suite, form, reason, keys: [...fingerprints] },
        before: before === null ? null : [...before.fingerprints],
      },
    });
  });
  return await knownSource(world, actor, asked);
}

/** Looks at a source now; `given` instead of fetching it, where the server has no way there. */
export async function checkSource(
  world: World,
  actor: Actor,
  asked: SourceName & { readonly given: Omit<IndexFiles, "form"> | null },
): Promise<PackageSource> {
  demandUnscoped(actor, "policy.apply", "Checking a source");
  await knownSource(world, actor, asked);
  const pinned = await loadPinned(world.db, asked);
  if (pinned === null) {
    throw new Failure(
      "conflict",
      `No key is pinned for ${asked.uri} ${asked.suite}. Pin it: fettle source pin`,
    );
  }
  await checkPinned(world, actor, { pinned, given: asked.given });
  return await knownSource(world, actor, asked);
}

/** Looks at those that are due; returns how many that were. */
export async function checkDueSources(world: World): Promise<number> {
  const before = world.clock() - CHECK_EVERY_MS;
  const due = await loadDue(world.db, { before, limit: AT_ONCE_MAX });
  await Promise.all(due.map((pinned) => checkPinned(world, systemActor, { pinned, given: null })));
  return due.length;
}

type Outcome =
  | { readonly state: "unreached" | "refused"; readonly because: string; readonly seen: null }
  | {
      readonly state: "verified";
      readonly because: null;
      readonly seen: { readonly index: SignedIndex; readonly signedBy: string };
    };

async function checkPinned(
  world: World,
  actor: Actor,
  of: { readonly pinned: PinnedSource; readonly given: Omit<IndexFiles, "form"> | null },
): Promise<void> {
  const { pinned, given } = of;
  const { found, lists } = await seenNow(world, pinned, given);
  await inTransaction(world.db, async (tx) => {
    const now = await lockPinned(tx, pinned);
    // Pinned anew meanwhile: what was seen by the old key says nothing of the new one.
    if (now === null || now.pinnedAt !== pinned.pinnedAt) return;
    const outcome = withLists(outcomeOf(world, now, found), lists);
    // What failed stays failed until it is seen whole: an attacker who is found out could fall silent.
    const isSilent = outcome.state === "unreached" && now.state === "refused";
    const { state, because } = isSilent
      ? { state: "refused" as const, because: now.because }
      : outcome;
    await saveCheck(tx, now, { state, because, checkedAt: world.clock(), seen: outcome.seen });
    if (outcome.seen !== null) await keepLists(tx, now, { ...outcome.seen, lists });
    if (state === now.state && because === now.because) return;
    const facts: JsonObject = {
      ...{ uri: now.uri, suite: now.suite, state, because },
      ...(outcome.seen === null
        ? {}
        : { signedBy: outcome.seen.signedBy, digest: outcome.seen.index.digest }),
    };
    const object = objectOf(now);
    await recordEvent(tx, { type: "source.checked", actor: actor.subject, object, facts });
  });
}

type Found = string | Awaited<ReturnType<typeof verifyIndex>>;

/**
 * The index as it is now, and the lists it names where those of another one were read last. A mirror may
 * change between the two, so lists that do not fit are asked for once more, with their index.
 */
async function seenNow(
  world: World,
  pinned: PinnedSource,
  given: Omit<IndexFiles, "form"> | null,
): Promise<{ readonly found: Found; readonly lists: ListsAnswer | null }> {
  for (let isLast = given !== null; ; isLast = true) {
    const fetched = given ?? (await fetchIndex(world, pinned));
    if ("problem" in fetched) return { found: fetched.problem, lists: null };
    const found = await verified(world, { ...fetched, form: pinned.form }, pinned);
    if (outcomeOf(world, pinned, found).state !== "verified") return { found, lists: null };
    if (typeof found === "string" || "fault" in found) return { found, lists: null };
    const lists = await readLists(world, { ...pinned, text: found.text });
    if (lists.kind !== "fault" || isLast) return { found, lists };
  }
}

async function keepLists(
  tx: Tx,
  source: PinnedSource,
  seen: { readonly index: SignedIndex; readonly lists: ListsAnswer | null },
): Promise<void> {
  const { index, lists } = seen;
  if (lists?.kind === "problem") await saveUnlisted(tx, source, lists.problem);
  if (lists?.kind !== "same" && lists?.kind !== "read") return;
  const num = await saveListed(tx, source, index);
  if (lists.kind === "read") await saveLists(tx, num, { dated: index.dated, read: lists.read });
}

/** An index whose lists are others than it names is not to be believed either. */
function withLists(outcome: Outcome, lists: ListsAnswer | null): Outcome {
  return outcome.state === "verified" && lists?.kind === "fault"
    ? { state: "refused", because: lists.fault, seen: null }
    : outcome;
}

/** Without a verifier nothing is known, for or against. */
async function verified(world: World, files: IndexFiles, pinned: PinnedSource): Promise<Found> {
  try {
    return await verifyIndex(world, files, pinned);
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause;
    world.log.error({ err: cause, uri: pinned.uri }, "a source could not be verified");
    return cause.message;
  }
}

function outcomeOf(world: World, pinned: PinnedSource, found: Found): Outcome {
  if (typeof found === "string") return { state: "unreached", because: found, seen: null };
  if ("fault" in found) return { state: "refused", because: found.fault, seen: null };
  const { dated, digest, suite } = pinned;
  const last = dated === null || digest === null ? null : { dated, digest };
  const fault = indexFault(found.index, {
    suite: pinned.form === "rpm" ? "" : suite,
    now: world.clock(),
    last,
  });
  return fault === null
    ? { state: "verified", because: null, seen: found }
    : { state: "refused", because: fault, seen: null };
}

async function knownSource(world: World, actor: Actor, asked: SourceName): Promise<PackageSource> {
  const all = await loadPackageSources(world.db, scopesFor(actor, "host.read"));
  const found = all.find(({ uri, suite }) => uri === asked.uri && suite === asked.suite);
  if (found !== undefined) return found;
  throw new Failure(
    "not-found",
    `No host has the source ${asked.uri} ${asked.suite}. See: fettle source list`,
  );
}

/** Addresses are longer than names of objects may be. */
function objectOf({ uri, suite }: SourceName): string {
  return `package-source:${sha256(`${uri} ${suite}`).slice(0, 16)}`;
}
