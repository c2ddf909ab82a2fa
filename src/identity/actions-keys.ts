import type { Actor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { newId, type SubjectId } from "../base/ids.ts";
import { fingerprint, parsePublicKeyLine } from "../base/ssh-key.ts";
import { demandUnscoped } from "../base/unscoped.ts";
import { credentialIn } from "../base/webauthn-bytes.ts";
import { inTransaction, type Tx } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { recordEvent } from "../ledger/record.ts";
import { demandWholeCredential } from "./actions-access.ts";
import { classOfKey } from "./key-class.ts";
import type { ApproverKey, KeyId } from "./model.ts";
import { loadSubject } from "./store.ts";
import { insertKey, loadKeys, markRevoked, removeKey } from "./store-keys.ts";

/** Adds a key to one's own account by its line. Nobody adds a key to another person's. */
export async function addKey(
  world: World,
  actor: Actor,
  input: {
    readonly line: string;
    readonly title: string;
    readonly credentialHash: string | null;
  },
): Promise<ApproverKey> {
  await demandWholeCredential(world, actor, input.credentialHash);
  const { line, title } = input;
  return keepKey(world, actor, { line, title, credential: credentialIn(line) });
}

/** Keeps a key of the person who acts, in the class that its line tells. */
export async function keepKey(
  world: World,
  actor: Actor,
  input: {
    readonly line: string;
    readonly title: string;
    readonly credential: string | null;
  },
): Promise<ApproverKey> {
  if (actor.kind !== "person") {
    throw new Failure("forbidden", "Only people approve, so only a person can have approver keys.");
  }
  const key = parsePublicKeyLine(input.line);
  if (key === null) {
    throw new Failure(
      "invalid",
      "The line is not an SSH public key of the kind ssh-ed25519 or ecdsa-sha2-nistp256, nor one of a security key or passkey. Paste the content of the .pub file.",
    );
  }
  const verdict = classOfKey(key, world.config.serverName);
  if (!verdict.ok) throw new Failure("invalid", verdict.why);
  return inTransaction(world.db, async (tx) => {
    const id = await insertKey(tx, {
      id: newId<KeyId>(world.clock()),
      subject: actor.subject,
      class: verdict.class,
      type: key.type,
      base64: key.base64,
      fingerprint: fingerprint(key),
      credential: input.credential,
      title: input.title,
    });
    if (id === null) {
      throw new Failure(
        "conflict",
        "This key belongs to another person, or did once, or it was revoked. Make a new one: every person needs a key of their own.",
      );
    }
    await recordEvent(tx, {
      type: "key.added",
      actor: actor.subject,
      object: `key:${id}`,
      facts: { subject: actor.subject, class: verdict.class, fingerprint: fingerprint(key) },
    });
    const [added] = await loadKeys(tx, { id });
    if (added === undefined) throw new Failure("internal", "The key was added but is not there.");
    return added;
  });
}

/** A person's keys, removed ones included: who could sign when is part of the record. */
export async function listKeys(
  world: World,
  actor: Actor,
  input: { readonly user?: string | undefined },
): Promise<readonly ApproverKey[]> {
  if (input.user === undefined || input.user === actor.name || input.user === actor.subject) {
    return loadKeys(world.db, { subject: actor.subject });
  }
  demandUnscoped(actor, "user.read", "The list of other people's keys");
  const subject = await loadSubject(world.db, input.user);
  if (subject === null) throw new Failure("not-found", `There is no user ${input.user}.`);
  return loadKeys(world.db, { subject: subject.id });
}

/** Removes a key: one's own, or anybody's for those who manage users (a lost laptop). */
export async function dropKey(world: World, actor: Actor, id: string): Promise<void> {
  const [key] = await loadKeys(world.db, { id });
  const isAdmin = actor.grants.some((g) => g.role === "admin" && g.scope.length === 0);
  if (key === undefined || (key.subject !== actor.subject && !isAdmin)) {
    throw new Failure("not-found", "There is no such key of yours.");
  }
  await inTransaction(world.db, async (tx) => {
    if (await takeKey(tx, key, actor.subject)) return;
    throw new Failure("conflict", "The key is removed already.");
  });
}

/** The key that a root revoked (host protocol §3) is removed and never registered again. */
export async function revokeKey(tx: Tx, key: ApproverKey, by: SubjectId): Promise<void> {
  await takeKey(tx, key, by);
  await markRevoked(tx, key.id);
}

/** False when it was removed before. */
async function takeKey(tx: Tx, key: ApproverKey, by: SubjectId): Promise<boolean> {
  if (!(await removeKey(tx, key.id))) return false;
  await recordEvent(tx, {
    type: "key.removed",
    actor: by,
    object: `key:${key.id}`,
    facts: { subject: key.subject, fingerprint: key.fingerprint },
  });
  return true;
}
