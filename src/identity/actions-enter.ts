import type { AuthenticationResponseJSON } from "@simplewebauthn/server";
import { systemActor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { newId, type SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { JsonObject } from "../base/json.ts";
import { inTransaction, type Tx } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { recordEvent } from "../ledger/record.ts";
import { spendCode } from "./actions-codes.ts";
import { passkeyPerson } from "./actions-passkey-sign-in.ts";
import { sealHint } from "./actions-provider-sign-out.ts";
import { demandFewTries, firstToken } from "./actions-setup.ts";
import type { Strength } from "./fresh-proof.ts";
import { ADDRESS_TRIES_MAX, type SessionId, type SessionOrigin } from "./model.ts";
import { loadPasswordHash, loadSubject } from "./store.ts";
import { forgetTries } from "./store-access.ts";
import { loadProofWays } from "./store-factors.ts";
import { isPassword, newSecret, secretHash } from "./store-secret.ts";
import { insertSession } from "./store-session.ts";
import { SESSION_DIGITS } from "./store-sign-in-said.ts";

/** What somebody gets who signed in: a session for a browser, or a token for the command line. */
export type Entered = { readonly subject: SubjectId } & (
  | { readonly as: "session"; readonly secret: string }
  | { readonly as: "token"; readonly token: string; readonly expiresAt: Instant }
);

export interface EntranceCall extends SessionOrigin {
  readonly as: "session" | "token";
  /** The page's own site, which a passkey must be made for. */
  readonly origin: string | null;
}

/**
 * By handle and password, and a one-time code where the account has codes. An unknown account takes as
 * long as a wrong password and reads the same; only after the right password is the code asked for.
 */
export async function enterByPassword(
  world: World,
  call: EntranceCall & {
    readonly handle: string;
    readonly password: string;
    readonly code?: string | undefined;
  },
): Promise<Entered> {
  const door = `login ${call.handle} ${call.address}`;
  await demandFewTries(world, `login-from ${call.address}`, ADDRESS_TRIES_MAX);
  await demandFewTries(world, door);
  const account = await loadPasswordHash(world.db, call.handle);
  const isRight = await isPassword(account?.hash ?? null, call.password);
  if (account === null || !isRight) throw await refused(world, account?.id ?? null, "password");
  const strength = await secondFactor(world, account.id, call.code);
  return begin(world, { ...call, subject: account.id, strength, by: "password", door });
}

async function secondFactor(
  world: World,
  subject: SubjectId,
  code: string | undefined,
): Promise<Strength> {
  const ways = await loadProofWays(world.db, subject);
  if (!ways.includes("code")) return "one";
  if (code === undefined) {
    throw new Failure("proof-needed", "Type the one-time code of your app, or a recovery code.", {
      facts: { needs: "code" },
    });
  }
  if (await spendCode(world, subject, code)) return "two";
  throw await refused(world, subject, "code");
}

/** By a passkey alone: it verified the person, so it is two factors. */
export async function enterByPasskey(
  world: World,
  call: EntranceCall & { readonly response: AuthenticationResponseJSON },
): Promise<Entered> {
  const { response, origin } = call;
  await demandFewTries(world, `login-from ${call.address}`, ADDRESS_TRIES_MAX);
  const subject = await passkeyPerson(world, { response, origin, person: null });
  const person = subject === null ? null : await loadSubject(world.db, subject);
  if (person === null || person.disabledAt !== null) throw await refused(world, subject, "passkey");
  return begin(world, { ...call, subject: person.id, strength: "two", by: "passkey" });
}

/** One answer for everything that is not right; the ledger knows which account was meant. */
export async function refused(
  world: World,
  subject: SubjectId | null,
  by: "password" | "code" | "passkey" | "provider",
): Promise<Failure> {
  await inTransaction(world.db, (tx) =>
    recordEvent(tx, {
      type: "sign-in.refused",
      actor: systemActor.subject,
      object: subject === null ? "entrance:unknown" : `subject:${subject}`,
      facts: { by },
    }),
  );
  return new Failure(
    "unauthenticated",
    "That did not sign you in: the name, the password, the code or the passkey is not right.",
  );
}

interface Beginning extends EntranceCall {
  readonly subject: SubjectId;
  readonly strength: Strength;
  readonly by: "password" | "passkey" | "provider";
  readonly provider?: string;
  /** What the provider said of how it knew the person. */
  readonly words?: JsonObject;
  readonly provedAt?: Instant;
  readonly providerSession?: string | null;
  /** The provider's ID token, by which it is told later that the session ended. */
  readonly idToken?: string | null;
  /** The door whose tries are forgotten with the right answer. */
  readonly door?: string;
}

/** Starts what the caller asked for; the secret is in the reply only. */
export async function begin(world: World, of: Beginning): Promise<Entered> {
  return inTransaction(world.db, async (tx) => {
    if (of.door !== undefined) await forgetTries(tx, of.door);
    return of.as === "session" ? beginSession(world, tx, of) : beginToken(world, tx, of);
  });
}

async function beginSession(world: World, tx: Tx, of: Beginning): Promise<Entered> {
  const { subject, strength, by, provider = null, provedAt = null } = of;
  const { providerSession = null, idToken = null } = of;
  const { address, program } = of;
  const secret = newSecret();
  const id = newId<SessionId>(world.clock());
  const hash = secretHash(secret);
  const origin = { address, program };
  const providerHint = await sealHint(world, { session: id, idToken });
  await insertSession(tx, {
    ...{ id, hash, subject, strength, provider, provedAt, origin, providerSession, providerHint },
  });
  await recordEvent(tx, {
    type: "session.started",
    actor: subject,
    object: `subject:${subject}`,
    facts: {
      ...{ by, strength, session: hash.slice(0, SESSION_DIGITS) },
      ...(provider === null ? {} : { provider, ...of.words }),
    },
  });
  return { as: "session", subject, secret };
}

async function beginToken(world: World, tx: Tx, of: Beginning): Promise<Entered> {
  const { subject, strength } = of;
  const made = await firstToken(world, tx, { subject, strength, title: "made by signing in" });
  return { as: "token", subject, token: made.token, expiresAt: made.expiresAt };
}
