import type { Actor } from "../base/actor.ts";
import type { World } from "../db/world.ts";
import { type Standing, withheldFrom } from "./fresh-proof.ts";
import { type Subject, TOKEN_PREFIX } from "./model.ts";
import { narrow, parseGrant } from "./rights.ts";
import { loadSubject } from "./store.ts";
import { type Credential, findToken } from "./store-access.ts";
import { loadElevated } from "./store-elevated.ts";
import { loadProofWays } from "./store-factors.ts";
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
  readonly standing: Standing;
  /** A directory's token: it has no rights, and opens SCIM alone. */
  readonly isDirectory: boolean;
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
  const { how } = presented;
  const credential = await (bearer !== null
    ? findToken(world.db, credentialHash)
    : findSession(world.db, credentialHash, how));
  if (credential === null) return null;
  const subject = await loadSubject(world.db, credential.subject);
  if (subject === null || subject.disabledAt !== null) return null;
  const isDirectory = credential.purpose === "scim";
  // A directory is the house's, and goes on when whoever set it up has left.
  if (!isDirectory && !(await isAnsweredFor(world, subject))) return null;
  const limits = credential.limits?.map(parseGrant) ?? null;
  const standing = await standingOf(world, subject, credential);
  // A token that was narrowed for a script is not lent what its owner was lent for a while.
  const isLent = standing.kind === "person" && !standing.isLimited;
  return {
    credentialHash,
    standing,
    isDirectory,
    actor: {
      subject: subject.id,
      name: subject.handle,
      kind: subject.kind === "person" ? "person" : "system",
      via: standing.via,
      grants: isDirectory ? [] : narrow(subject.grants.map(parseGrant), limits),
      withheld: withheldFrom(standing, world.config.mfa),
      elevations: isLent
        ? await loadElevated(world.db, { person: subject.id, now: world.clock() })
        : [],
    },
  };
}

export async function standingOf(
  world: World,
  subject: Subject,
  credential: Credential,
): Promise<Standing> {
  const { kind } = subject;
  const own = kind === "service" ? [] : await loadProofWays(world.db, subject.id);
  return {
    kind,
    via: credential.token === null ? "session" : "token",
    isLimited: credential.limits !== null,
    proof: credential.proof,
    ways: credential.provider === null ? own : [...own, "provider"],
  };
}

/** A service ends with the person who answers for it: that person has its tokens. */
async function isAnsweredFor(world: World, subject: Subject): Promise<boolean> {
  if (subject.owner === null) return subject.kind === "person";
  const owner = await loadSubject(world.db, subject.owner);
  return owner !== null && owner.disabledAt === null;
}
