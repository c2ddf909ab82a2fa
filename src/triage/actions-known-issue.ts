import { type Actor, holdsAnywhere } from "../base/actor.ts";
import { sha256 } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import { newId, type SubjectId } from "../base/ids.ts";
import type { JsonObject } from "../base/json.ts";
import { inTransaction, type Tx } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { recordEvent } from "../ledger/record.ts";
import { requireVisiblePatch } from "./actions.ts";
import {
  type Audience,
  audiences,
  type KnownIssue,
  type KnownIssueId,
  type KnownIssueText,
  type KnownIssueVerb,
  knownIssueAfter,
} from "./known-issue.ts";
import {
  insertKnownIssue,
  insertRevision,
  loadKnownIssue,
  lockKnownIssue,
  moveKnownIssue,
} from "./store-known-issue.ts";

/** Writing and publishing what is known and stays. */

/** Writers see drafts; what is meant for operations, whoever may work on cases sees. */
export function readingOf(actor: Actor): {
  readonly isWriter: boolean;
  readonly audiences: readonly Audience[];
} {
  const isOperations = holdsAnywhere(actor, "patch.edit") || holdsAnywhere(actor, "change.approve");
  return {
    isWriter: holdsAnywhere(actor, "issue.edit"),
    audiences: isOperations ? audiences : ["everybody"],
  };
}

export type GivenText = Omit<KnownIssueText, "patch"> & { readonly patch: string | null };

async function textOf(world: World, actor: Actor, given: GivenText): Promise<KnownIssueText> {
  return { ...given, patch: await patchId(world, actor, given.patch) };
}

export async function addKnownIssue(
  world: World,
  actor: Actor,
  given: GivenText,
): Promise<KnownIssue> {
  const text = await textOf(world, actor, given);
  const at = world.clock();
  const id = newId<KnownIssueId>(at);
  return inTransaction(world.db, async (tx) => {
    await insertKnownIssue(tx, { id, at });
    const revision = { ...text, revision: 1, writtenBy: actor.subject, writtenAt: at };
    await insertRevision(tx, id, revision);
    const issue = await demandLocked(tx, id);
    await record(tx, actor.subject, issue, "added");
    return issue;
  });
}

/** A new revision; readers keep the published one until this one is published. */
export async function editKnownIssue(
  world: World,
  actor: Actor,
  edit: {
    readonly issue: string;
    readonly change: Partial<GivenText>;
    /** The revision that was edited; another one in between is not lost without a word. */
    readonly revision: number;
  },
): Promise<KnownIssue> {
  const seen = await requireKnownIssue(world, actor, edit.issue);
  const { patch, ...change } = edit.change;
  const given = patch === undefined ? {} : { patch: await patchId(world, actor, patch) };
  return inTransaction(world.db, async (tx) => {
    const before = await demandLocked(tx, seen.id);
    if (before.revision !== edit.revision) {
      throw new Failure(
        "conflict",
        `K-${before.number} was edited meanwhile: its newest revision is ${before.revision}, not ${edit.revision}. Look at it again.`,
      );
    }
    const at = world.clock();
    await insertRevision(tx, seen.id, {
      ...before.shown,
      ...change,
      ...given,
      revision: before.revision + 1,
      writtenBy: actor.subject,
      writtenAt: at,
    });
    const after = await demandLocked(tx, seen.id);
    await record(tx, actor.subject, after, "edited");
    return after;
  });
}

async function patchId(
  world: World,
  actor: Actor,
  ref: string | null,
): Promise<KnownIssueText["patch"]> {
  return ref === null ? null : (await requireVisiblePatch(world, actor, ref)).id;
}

export async function decideKnownIssue(
  world: World,
  actor: Actor,
  decision: {
    readonly issue: string;
    readonly verb: KnownIssueVerb;
    readonly reason?: string | undefined;
  },
): Promise<KnownIssue> {
  const seen = await requireKnownIssue(world, actor, decision.issue);
  return inTransaction(world.db, async (tx) => {
    const before = await demandLocked(tx, seen.id);
    const to = knownIssueAfter(before.state, decision.verb);
    if (to === null) {
      throw new Failure("blocked", `K-${before.number} is ${before.state} already.`);
    }
    await moveKnownIssue(tx, { id: before.id, to, at: world.clock() });
    const after = await demandLocked(tx, before.id);
    const { reason } = decision;
    await record(
      tx,
      actor.subject,
      after,
      to,
      reason === undefined ? {} : { reason: sha256(reason) },
    );
    return after;
  });
}

export async function requireKnownIssue(
  world: World,
  actor: Actor,
  ref: string,
): Promise<KnownIssue> {
  const issue = await loadKnownIssue(world.db, ref, readingOf(actor));
  if (issue !== null) return issue;
  throw new Failure(
    "not-found",
    `There is no known issue ${ref.slice(0, 64)} that you may see. "fettle known-issue list" shows them.`,
  );
}

async function demandLocked(tx: Tx, id: KnownIssueId): Promise<KnownIssue> {
  const issue = await lockKnownIssue(tx, id);
  if (issue === null) throw new Failure("not-found", "The known issue is not there any more.");
  return issue;
}

/** What people wrote may name people, so the ledger keeps its digest. */
async function record(
  tx: Tx,
  actor: SubjectId,
  issue: KnownIssue,
  what: string,
  facts: JsonObject = {},
): Promise<void> {
  const { shown } = issue;
  await recordEvent(tx, {
    type: `known-issue.${what}`,
    actor,
    object: `known-issue:${issue.id}`,
    ...(shown.patch === null ? {} : { patch: shown.patch }),
    facts: {
      issue: `K-${issue.number}`,
      subject: shown.subject,
      revision: issue.revision,
      audience: shown.audience,
      title: sha256(shown.title),
      text: sha256(shown.workaround),
      vulnerabilities: shown.vulnerabilities.slice(0, 200),
      ...facts,
    },
  });
}
