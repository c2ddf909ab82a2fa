import type { Actor } from "../base/actor.ts";
import type { World } from "../db/world.ts";
import { type Subject, TOKEN_PREFIX } from "./model.ts";
import { narrow, parseGrant } from "./rights.ts";
import { loadSubject } from "./store.ts";
import { findToken } from "./store-access.ts";
import { secretHash } from "./store-secret.ts";
import { findSession } from "./store-session.ts";

export interface Presented {
  readonly bearer: string | null;
  readonly cookie: string | null;
  readonly how: "use" | "look";
}

export interface SignedIn {
  readonly actor: Actor;
  readonly credentialHash: string;
}

/**
 * Who presents this token or session, with the rights of this very moment. Null for anything that
 * does not count now: unknown, ended, revoked, or of a disabled subject. A request that carries a
 * token is judged by the token alone.
 */
export async function authenticate(world: World, presented: Presented): Promise<SignedIn | null> {
  const { bearer, cookie } = presented;
  const secret = bearer ?? cookie;
  if (secret === null || secret.length > 200) return null;
  if (bearer !== null && !bearer.startsWith(TOKEN_PREFIX)) return null;
  const credentialHash = secretHash(secret);
  const credential =
    bearer !== null
      ? await findToken(world.db, credentialHash)
      : await findSession(world.db, credentialHash, presented.how);
  if (credential === null) return null;
  const subject = await loadSubject(world.db, credential.subject);
  if (subject === null || subject.disabledAt !== null) return null;
  if (!(await isAnsweredFor(world, subject))) return null;
  const limits = credential.limits?.map(parseGrant) ?? null;
  return {
    credentialHash,
    actor: {
      subject: subject.id,
      name: subject.handle,
      kind: subject.kind === "person" ? "person" : "system",
      via: bearer !== null ? "token" : "session",
      grants: narrow(subject.grants.map(parseGrant), limits),
    },
  };
}

/** A service ends with the person who answers for it: that person has its tokens. */
async function isAnsweredFor(world: World, subject: Subject): Promise<boolean> {
  if (subject.owner === null) return subject.kind === "person";
  const owner = await loadSubject(world.db, subject.owner);
  return owner !== null && owner.disabledAt === null;
}
