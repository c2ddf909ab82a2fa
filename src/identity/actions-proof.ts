import type { AuthenticationResponseJSON } from "@simplewebauthn/server";
import type { Actor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { recordEvent } from "../ledger/record.ts";
import { demandWholeCredential } from "./actions-access.ts";
import { spendCode } from "./actions-codes.ts";
import { passkeyPerson } from "./actions-passkey-sign-in.ts";
import { demandFewTries } from "./actions-setup.ts";
import { standingOf } from "./authenticate.ts";
import type { Standing, Strength } from "./fresh-proof.ts";
import { loadPasswordHash, loadSubject } from "./store.ts";
import { findToken, forgetTries } from "./store-access.ts";
import { noteProof } from "./store-factors.ts";
import { isPassword } from "./store-secret.ts";
import { findSession } from "./store-session.ts";

/** What this session or token is worth at this moment; null for requests without one. */
export async function standingNow(
  world: World,
  actor: Actor,
  credentialHash: string | null,
): Promise<Standing | null> {
  if (credentialHash === null) return null;
  const credential =
    actor.via === "token"
      ? await findToken(world.db, credentialHash)
      : await findSession(world.db, credentialHash, "look");
  const subject = await loadSubject(world.db, actor.subject);
  if (credential === null || subject === null) return null;
  return standingOf(world, subject, credential);
}

interface Given {
  readonly password?: string | undefined;
  readonly code?: string | undefined;
  readonly passkey?: AuthenticationResponseJSON | undefined;
  readonly origin: string | null;
  readonly address: string;
  readonly credentialHash: string | null;
}

/** Proves anew who holds this session or token, so that for some minutes it may do what matters. */
export async function proveAgain(
  world: World,
  actor: Actor,
  given: Given,
): Promise<{ readonly strength: Strength }> {
  const { credentialHash } = given;
  if (actor.kind !== "person" || credentialHash === null) {
    throw new Failure("forbidden", "Only a person can prove who they are.");
  }
  await demandWholeCredential(world, actor, credentialHash);
  const door = `proof ${actor.subject} ${given.address}`;
  await demandFewTries(world, door);
  const strength = await strengthOf(world, actor, given);
  if (strength === null) {
    throw new Failure("forbidden", "That does not prove it. Nothing was changed; try again.");
  }
  await inTransaction(world.db, async (tx) => {
    await forgetTries(tx, door);
    if (!(await noteProof(tx, { credentialHash, strength }))) {
      throw new Failure("unauthenticated", "This sign-in ended meanwhile. Sign in again.");
    }
    await recordEvent(tx, {
      type: "proof.given",
      actor: actor.subject,
      object: `subject:${actor.subject}`,
      facts: { by: given.passkey === undefined ? "password" : "passkey", strength },
    });
  });
  return { strength };
}

/** How much what was given proves; null for nothing. */
async function strengthOf(world: World, actor: Actor, given: Given): Promise<Strength | null> {
  const { passkey: response, origin, code } = given;
  if (response !== undefined) {
    const person = await passkeyPerson(world, { response, origin, person: actor.subject });
    return person === actor.subject ? "two" : null;
  }
  const account = await loadPasswordHash(world.db, actor.name);
  const isRight = await isPassword(account?.hash ?? null, given.password ?? "");
  if (!isRight) return null;
  if (code === undefined) return "one";
  return (await spendCode(world, actor.subject, code)) ? "two" : null;
}
