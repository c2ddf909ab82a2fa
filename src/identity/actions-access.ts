import type { Actor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { newId, type SubjectId } from "../base/ids.ts";
import { DAY_MS, type Instant } from "../base/instant.ts";
import { demandUnscoped } from "../base/unscoped.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { recordEvent } from "../ledger/record.ts";
import { beginSignOutThere, type SignOutThere } from "./actions-provider-sign-out.ts";
import { demandFewTries, firstToken, type NewSignIn } from "./actions-setup.ts";
import type { Proof } from "./fresh-proof.ts";
import type { ApiToken, TokenId, TokenLimit } from "./model.ts";
import { covers, parseGrant } from "./rights.ts";
import { loadPasswordHash, loadSubject, savePassword } from "./store.ts";
import {
  findToken,
  insertToken,
  loadTokens,
  revokeTokens,
  takeOneTimeSecret,
} from "./store-access.ts";
import { hashPassword, isPassword, newToken, secretHash } from "./store-secret.ts";
import { deleteSession, deleteSessionsOf, findSession } from "./store-session.ts";

/**
 * Ends the session, or revokes the token, that signed this request in. Returns where the browser goes on
 * to, so that the session at the provider that began it ends too.
 */
export async function logOut(
  world: World,
  actor: Actor,
  of: { readonly credentialHash: string; readonly origin: string | null },
): Promise<SignOutThere | null> {
  const { credentialHash, origin } = of;
  const ended = await inTransaction(world.db, async (tx) => {
    const session = await deleteSession(tx, credentialHash);
    if (session !== null) {
      const object = `subject:${actor.subject}`;
      await recordEvent(tx, { type: "session.ended", actor: actor.subject, object });
      return session;
    }
    const used = await findToken(tx, credentialHash);
    if (used === null || used.token === null) return null;
    await revokeTokens(tx, used.token);
    const object = `token:${used.token}`;
    await recordEvent(tx, { type: "token.revoked", actor: actor.subject, object });
    return null;
  });
  return ended === null ? null : beginSignOutThere(world, { ended, origin });
}

/** A token that was narrowed, for a script, must not be able to speak for the whole person. */
export async function demandWholeCredential(
  world: World,
  actor: Actor,
  credentialHash: string | null,
): Promise<void> {
  if (actor.via !== "token") return;
  const used = credentialHash === null ? null : await findToken(world.db, credentialHash);
  if (used !== null && used.limits === null) return;
  throw new Failure(
    "forbidden",
    "A token with limits cannot do this. Use one without, or sign in.",
  );
}

/** Sets one's own password; every session of the account ends. */
export async function changePassword(
  world: World,
  actor: Actor,
  input: { readonly current?: string | undefined; readonly next: string; readonly address: string },
): Promise<void> {
  await demandFewTries(world, `password ${actor.subject} ${input.address}`);
  const account = await loadPasswordHash(world.db, actor.name);
  if (account === null) throw new Failure("forbidden", "Only a person can have a password.");
  // A first password by token alone would turn a stolen token into a lasting way in.
  if (account.hash === null || !(await isPassword(account.hash, input.current ?? ""))) {
    throw new Failure(
      "forbidden",
      "The current password is not right. Who has none yet sets it with an invitation, which an administrator makes: fettle user invite.",
    );
  }
  const hash = await hashPassword(input.next);
  await inTransaction(world.db, async (tx) => {
    await savePassword(tx, actor.subject, hash);
    await deleteSessionsOf(tx, actor.subject);
    const object = `subject:${actor.subject}`;
    await recordEvent(tx, { type: "password.changed", actor: actor.subject, object });
  });
}

/** Uses up an invitation: the person gets a first token and may set a password. */
export async function acceptInvite(
  world: World,
  input: {
    readonly invite: string;
    readonly password?: string | undefined;
    readonly address: string;
  },
): Promise<NewSignIn> {
  await demandFewTries(world, `invite ${input.address}`);
  const hash = input.password === undefined ? null : await hashPassword(input.password);
  return inTransaction(world.db, async (tx) => {
    const taken = await takeOneTimeSecret(tx, {
      hash: secretHash(input.invite),
      purpose: "invite",
      now: world.clock(),
    });
    const subject = taken?.subject == null ? null : await loadSubject(tx, taken.subject);
    if (subject === null || subject.disabledAt !== null) {
      throw new Failure(
        "forbidden",
        "The invitation is unknown, used or older than 15 minutes. Ask for a new one.",
      );
    }
    if (hash !== null) await savePassword(tx, subject.id, hash);
    await recordEvent(tx, {
      type: "invite.accepted",
      actor: subject.id,
      object: `subject:${subject.id}`,
    });
    return firstToken(world, tx, { subject: subject.id, title: "made from an invitation" });
  });
}

export interface TokenRequest {
  readonly title: string;
  readonly days: number;
  readonly limits: readonly TokenLimit[] | null;
  /** A service to make the token for, by id or handle; oneself when absent. */
  readonly user?: string | undefined;
}

export interface MadeToken {
  readonly id: TokenId;
  /** Shown once. */
  readonly token: string;
  readonly expiresAt: Instant;
}

/**
 * Makes a token. Whatever its limits say, at use it has its subject's live rights at most; made by a
 * token, it has that token's limits and ends with it.
 */
export async function createToken(
  world: World,
  actor: Actor,
  input: TokenRequest & { readonly credentialHash: string | null },
): Promise<MadeToken> {
  const asked = input.limits ?? null;
  const tooMuch = asked?.find((limit) => !covers(actor.grants, parseGrant(limit)));
  if (tooMuch !== undefined) {
    throw new Failure(
      "forbidden",
      `A token for the role ${tooMuch.role} within "${tooMuch.scope}" would exceed your own rights.`,
    );
  }
  const subject = await tokenSubject(world, actor, input);
  const isOwn = subject === actor.subject;
  const parent =
    isOwn && actor.via === "token" && input.credentialHash !== null
      ? await findToken(world.db, input.credentialHash)
      : null;
  const token = newToken();
  const id = newId<TokenId>(world.clock());
  return inTransaction(world.db, async (tx) => {
    await insertToken(tx, {
      id,
      hash: secretHash(token),
      subject,
      parent: parent?.token ?? null,
      title: input.title,
      limits: asked ?? parent?.limits ?? null,
      lifeSeconds: (input.days * DAY_MS) / 1000,
      proof: isOwn && asked === null ? await proofBehind(world, input.credentialHash) : null,
    });
    await recordEvent(tx, {
      type: "token.created",
      actor: actor.subject,
      object: `token:${id}`,
      facts: { subject, days: input.days },
    });
    const [made] = await loadTokens(tx, { id });
    return { id, token, expiresAt: made?.expiresAt ?? world.clock() };
  });
}

/** A token for oneself is worth what the sign-in is that makes it, and no fresher. */
async function proofBehind(world: World, hash: string | null): Promise<Proof | null> {
  if (hash === null) return null;
  const maker = (await findToken(world.db, hash)) ?? (await findSession(world.db, hash, "look"));
  return maker?.proof ?? null;
}

/**
 * Whoever holds a service's token acts in its owner's name, so only the owner gets one: an
 * administrator who made it for somebody else's service could ask for changes as that person and then
 * approve them as themselves.
 */
async function tokenSubject(
  world: World,
  actor: Actor,
  input: Pick<TokenRequest, "user" | "limits">,
): Promise<SubjectId> {
  const ref = input.user;
  if (ref === undefined || ref === actor.subject || ref === actor.name) return actor.subject;
  const subject = await loadSubject(world.db, ref);
  if (subject === null || subject.kind !== "service" || subject.owner !== actor.subject) {
    throw new Failure(
      "forbidden",
      "Tokens are made for oneself or for a service that one answers for as its owner; invite a person instead.",
    );
  }
  const beyond =
    input.limits === null
      ? subject.grants.find((grant) => !covers(actor.grants, parseGrant(grant)))
      : undefined;
  if (beyond === undefined) return subject.id;
  throw new Failure(
    "forbidden",
    `${ref} holds ${beyond.role} within "${beyond.scope}", which exceeds your own rights. Give the token limits that you hold.`,
  );
}

/** One's own tokens; with `all`, everybody's, for those who manage users. */
export async function listTokens(
  world: World,
  actor: Actor,
  input: { readonly user?: string | undefined },
): Promise<readonly ApiToken[]> {
  if (input.user === undefined || input.user === actor.name || input.user === actor.subject) {
    return loadTokens(world.db, { subject: actor.subject });
  }
  demandUnscoped(actor, "user.read", "The list of other people's tokens");
  const subject = await loadSubject(world.db, input.user);
  if (subject === null) throw new Failure("not-found", `There is no user ${input.user}.`);
  return loadTokens(world.db, { subject: subject.id });
}

/** Revokes a token and all made with it: one's own, or anybody's for those who manage users. */
export async function revokeToken(world: World, actor: Actor, id: string): Promise<void> {
  const [token] = await loadTokens(world.db, { id });
  const mayTouch =
    token !== undefined &&
    (token.subject === actor.subject ||
      actor.grants.some((grant) => grant.role === "admin" && grant.scope.length === 0));
  if (token === undefined || !mayTouch) {
    throw new Failure("not-found", "There is no such token of yours.");
  }
  await inTransaction(world.db, async (tx) => {
    for (const revoked of await revokeTokens(tx, token.id)) {
      await recordEvent(tx, {
        type: "token.revoked",
        actor: actor.subject,
        object: `token:${revoked}`,
        facts: { subject: token.subject },
      });
    }
  });
}
