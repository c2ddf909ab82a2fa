/**
 * Identity: who is there, what they may do, and how they prove who they are.
 *
 * A subject is a person or a service. Rights are grants: a role over a label expression. Sessions
 * and tokens only ever carry their subject's live rights, narrowed at most: nothing is cached beyond
 * one request, so disabling a subject or taking a grant away works at once. A service has a person
 * who answers for it, because separation of duties counts people.
 *
 * Invariants: the first administrator is made once, and then setup is over for good. There is always
 * an enabled administrator without label limits. Nobody can grant what they do not hold. An approver
 * key belongs to one person for ever.
 *
 * Never: a password, token or key in clear in the database, a log or an event; a handle given to a
 * second subject; a different answer for an unknown account and a wrong password.
 */
import type { Id, SubjectId } from "../base/ids.ts";
import { DAY_MS, HOUR_MS, type Instant, MINUTE_MS } from "../base/instant.ts";
import type { RoleName } from "../base/permission.ts";

export type GrantId = Id<"grant">;
export type TokenId = Id<"token">;
export type KeyId = Id<"key">;
export type SessionId = Id<"session">;

export type SubjectKind = "person" | "service";

export interface Subject {
  readonly id: SubjectId;
  readonly kind: SubjectKind;
  readonly handle: string;
  readonly name: string;
  /** The person who answers for a service; null for a person. */
  readonly owner: SubjectId | null;
  readonly hasPassword: boolean;
  readonly createdAt: Instant;
  readonly disabledAt: Instant | null;
  /** Goes up with every edit; the entity tag of conditional edits. */
  readonly version: number;
  readonly grants: readonly RoleGrant[];
}

export interface RoleGrant {
  readonly id: GrantId;
  readonly role: RoleName;
  /** A label expression as text; empty means everywhere. */
  readonly scope: string;
}

/** One line of a token's own limits. */
export interface TokenLimit {
  readonly role: RoleName;
  readonly scope: string;
}

export interface ApiToken {
  readonly id: TokenId;
  readonly subject: SubjectId;
  readonly title: string;
  readonly limits: readonly TokenLimit[] | null;
  readonly createdAt: Instant;
  readonly expiresAt: Instant;
  readonly revokedAt: Instant | null;
  readonly usedAt: Instant | null;
}

/** From where a browser signed in, so that its person knows it again. */
export interface SessionOrigin {
  readonly address: string;
  /** What the browser says it is (User-Agent), which proves nothing. */
  readonly program: string;
}

export interface Session extends SessionOrigin {
  readonly id: SessionId;
  readonly startedAt: Instant;
  readonly seenAt: Instant;
  /** The one that asks. */
  readonly isCurrent: boolean;
}

/** `ssh` file key; `sk` hardware key; `desk` and `page` passkeys (host protocol §4.5). */
export const keyClasses = ["ssh", "sk", "desk", "page"] as const;
export type KeyClass = (typeof keyClasses)[number];

export interface ApproverKey {
  readonly id: KeyId;
  readonly subject: SubjectId;
  readonly class: KeyClass;
  readonly type: string;
  readonly base64: string;
  readonly fingerprint: string;
  /** Of passkeys: what a browser calls the key; null for others, and where nobody told. */
  readonly credential: string | null;
  readonly title: string;
  readonly addedAt: Instant;
  readonly removedAt: Instant | null;
}

/** Long enough for scanners to know one when they see it in a repository. */
export const TOKEN_PREFIX = "fettle_";
export const TOKEN_LIFE_MS_MAX = 90 * DAY_MS;
export const PASSWORD_CHARACTERS_MIN = 15;
/** argon2 is asked to hash this much and no more, so that a login cannot be made expensive. */
export const PASSWORD_CHARACTERS_MAX = 256;
/** OWASP ASVS 5.0 V7.3.1 and V7.3.2: a privileged session that rests ends, and none lasts longer. */
export const SESSION_IDLE_MS_MAX = 15 * MINUTE_MS;
export const SESSION_LIFE_MS_MAX = 8 * HOUR_MS;
export const ONE_TIME_SECRET_LIFE_MS = 15 * MINUTE_MS;
export const SIGN_IN_TRIES_MAX = 10;
/** From one address for all accounts together, as many people may stand behind one. */
export const ADDRESS_TRIES_MAX = 100;
export const SIGN_IN_TRIES_WINDOW_MS = 15 * MINUTE_MS;
export const SESSION_COOKIE = "__Host-fettle";
