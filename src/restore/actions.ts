import type { Actor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { type Instant, instantToSeconds, SECOND_MS } from "../base/instant.ts";
import { demandUnscoped } from "../base/unscoped.ts";
import { inTransaction, type Reader, type Tx } from "../db/database.ts";
import { notify } from "../db/notify.ts";
import type { World } from "../db/world.ts";
import { demandOwnSignature } from "../identity/actions-sign.ts";
import type { GivenSignature } from "../identity/given-signature.ts";
import { loadSubject } from "../identity/store.ts";
import { recordEvent } from "../ledger/record.ts";
import { readTimelineFrom } from "../ledger/store-missing.ts";
import { loadHead } from "../ledger/store-tree.ts";
import { emptyHead, logHead } from "./actions-open.ts";
import {
  type LogHead,
  type Restore,
  type RestoreSignature,
  SIGNERS_NEEDED,
  STATEMENT_SECONDS,
} from "./model.ts";
import { type MissingEvent, narrowingOf } from "./narrowing.ts";
import { parseRestore, writeRestore } from "./statement.ts";
import {
  type HeldRollout,
  insertSignature,
  loadHeld,
  loadOpenRestore,
  loadSignatures,
  loadWitnessHeads,
  lockOpenRestore,
  writeDocument,
  writeFinished,
} from "./store.ts";

/** Looking at an open restore, signing from where the log goes on, and going on. */

const SIGNING = "Signing where the log goes on after a restore";

export interface ShownRestore {
  readonly restore: Restore;
  /** The database's head as it is now. */
  readonly now: LogHead;
  readonly signatures: readonly RestoreSignature[];
  readonly held: readonly HeldRollout[];
  readonly witnesses: readonly { readonly name: string; readonly size: number }[];
}

const HELD_MAX = 500;

export async function showRestore(world: World): Promise<ShownRestore | null> {
  const restore = await loadOpenRestore(world.db);
  if (restore === null) return null;
  return {
    restore,
    now: await headNow(world.db),
    signatures: await loadSignatures(world.db, restore),
    held: await loadHeld(world.db, HELD_MAX),
    witnesses: await loadWitnessHeads(world.db),
  };
}

async function headNow(reader: Reader): Promise<LogHead> {
  const head = await loadHead(reader);
  return head === null ? emptyHead : logHead(head);
}

export type LeftEvent = MissingEvent & { readonly at: Instant };

/** Events after the copy that were not done again by themselves: what people look at. */
export async function showLeft(world: World, actor: Actor): Promise<readonly LeftEvent[]> {
  demandUnscoped(actor, "audit.read", "The log");
  const restore = await loadOpenRestore(world.db);
  if (restore === null) return [];
  const events = await readTimelineFrom(world.db, restore.old.size);
  const at = new Map(events.map((event) => [event.index, event.at]));
  const { left } = narrowingOf(events);
  return left.map((event) => ({ ...event, at: at.get(event.index) ?? 0 }));
}

/** The text that is signed now; a new one where there is none, or the old one is a day old. */
export async function draftStatement(world: World, actor: Actor): Promise<string> {
  demandUnscoped(actor, "change.approve", SIGNING);
  return inTransaction(world.db, async (tx) => {
    const restore = await demandOpen(tx);
    const now = await headNow(tx);
    refuseLost(restore, now);
    const at = world.clock();
    if (restore.document !== null && whyNot(world, { restore, now, at }) === null) {
      return restore.document;
    }
    const document = writeRestore({
      tenant: world.config.deployment,
      ...{ head: restore.newest, old: restore.old, new: now, issued: instantToSeconds(at) },
    });
    await writeDocument(tx, { id: restore.id, document, at });
    return document;
  });
}

/** One person's signature over that very text. */
export async function signStatement(
  world: World,
  actor: Actor,
  input: GivenSignature & { readonly document: string },
): Promise<ShownRestore> {
  demandUnscoped(actor, "change.approve", SIGNING);
  await inTransaction(world.db, async (tx) => {
    const restore = await demandOpen(tx);
    const now = await headNow(tx);
    demandCurrent(world, { restore, now, document: input.document });
    const subject = await loadSubject(tx, actor.subject);
    if (subject === null || subject.disabledAt !== null || actor.kind !== "person") {
      throw new Failure("forbidden", "Only a person signs this. Sign in as yourself.");
    }
    const asked = {
      namespace: "fettle-restore-v1",
      ...{ bytes: input.document, deed: "sign where the log goes on" },
    } as const;
    const { key, keyLine, armoured } = await demandOwnSignature(tx, subject, asked, input);
    const isNew = await insertSignature(tx, {
      ...{ restore: restore.id, document: input.document, person: subject.id, key: key.id },
      ...{ signer: subject.handle, class: key.class, keyLine, signature: armoured },
    });
    if (!isNew) {
      throw new Failure(
        "conflict",
        "You signed this already. It takes two people; another approver has to sign too.",
      );
    }
    await recordEvent(tx, {
      type: "restore.signed",
      actor: actor.subject,
      object: `restore:${restore.id}`,
      facts: { key: key.fingerprint, class: key.class },
    });
  });
  return demandShown(world);
}

/** Goes on: from here the server works again. Rollouts stay halted until somebody resumes each. */
export async function finishRestore(world: World, actor: Actor): Promise<Restore> {
  demandUnscoped(actor, "change.approve", "Going on after a restore");
  return inTransaction(world.db, async (tx) => {
    const restore = await demandOpen(tx);
    const now = await headNow(tx);
    const { document } = restore;
    if (document === null) {
      throw new Failure("blocked", "Nobody has signed yet. Begin with: fettle restore statement");
    }
    demandCurrent(world, { restore, now, document });
    const signed = (await loadSignatures(tx, restore)).filter((one) => one.counts);
    const people = new Set(signed.map((one) => one.person));
    if (people.size < SIGNERS_NEEDED) {
      throw new Failure(
        "blocked",
        `${people.size} of ${SIGNERS_NEEDED} people have signed with keys that count. Another approver signs with: fettle restore sign`,
      );
    }
    await writeFinished(tx, { id: restore.id, by: actor.subject });
    await recordEvent(tx, {
      type: "restore.finished",
      actor: actor.subject,
      object: `restore:${restore.id}`,
      rule: "two-persons",
      facts: {
        document,
        signatures: signed.map(({ signer, class: cls, keyLine, signature }) => ({
          ...{ signer, class: cls, keyLine, signature },
        })),
      },
    });
    await notify(tx, "ledger");
    return restore;
  });
}

async function demandOpen(tx: Tx): Promise<Restore> {
  const restore = await lockOpenRestore(tx);
  if (restore !== null) return restore;
  throw new Failure("blocked", "No restore is open: the database is as new as its log.");
}

async function demandShown(world: World): Promise<ShownRestore> {
  const shown = await showRestore(world);
  if (shown !== null) return shown;
  throw new Failure("conflict", "Another person finished it meanwhile.");
}

interface Standing {
  readonly restore: Restore;
  readonly now: LogHead;
}

/** Entries that are lost cannot be signed away here: hosts refuse a log that does not have them. */
function refuseLost({ newest, problem }: Restore, now: LogHead): void {
  if (now.size >= newest.size) return;
  throw new Failure(
    "blocked",
    `${newest.size - now.size} entries up to the newest head are not here${problem === null ? "" : ` (${problem})`}. Put a ledger folder that has them back and start the server again (docs/restore.md).`,
  );
}

/** Refuses every text but the one that is signed now: an old one, another one, one about other heads. */
function demandCurrent(world: World, of: Standing & { readonly document: string }): void {
  const { restore, now, document } = of;
  refuseLost(restore, now);
  const parsed = parseRestore(document);
  if (!parsed.ok) {
    throw new Failure(
      "invalid",
      `This is no statement of a restore: line ${parsed.line}: ${parsed.why}.`,
    );
  }
  if (document !== restore.document) {
    throw new Failure(
      "conflict",
      "This is not the statement that is signed now: it is of another restore, of other heads, or was written anew meanwhile. Fetch it again: fettle restore statement",
    );
  }
  const why = whyNot(world, { restore, now, at: world.clock() });
  if (why === null) return;
  throw new Failure("conflict", `The statement ${why}. Fetch it again: fettle restore statement`);
}

/** Why the kept text counts no more; null: it counts. */
function whyNot(
  world: World,
  { restore, now, at }: Standing & { readonly at: Instant },
): string | null {
  const parsed = parseRestore(restore.document ?? "");
  if (!parsed.ok) return "cannot be read";
  const { tenant, head, old, new: next, issued } = parsed.value;
  if (tenant !== world.config.deployment) return `is for ${tenant}`;
  const same = (a: LogHead, b: LogHead): boolean => a.size === b.size && a.root === b.root;
  if (!same(head, restore.newest)) return "names another newest head than is known now";
  if (!same(old, restore.old)) return "names another copy of the database";
  if (!same(next, now)) return "names another head than the log has now";
  if (at - issued * SECOND_MS > STATEMENT_SECONDS * SECOND_MS) return "is more than a day old";
  return null;
}
