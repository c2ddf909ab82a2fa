import { isIP } from "node:net";
import {
  type AuthenticationResponseJSON,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from "@simplewebauthn/server";
import type { Actor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { newId, type SubjectId } from "../base/ids.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { recordEvent } from "../ledger/record.ts";
import { demandWholeCredential } from "./actions-access.ts";
import { keepChallenge, takeChallenge } from "./store-challenge.ts";
import { noteProof } from "./store-factors.ts";
import {
  findPasskey,
  insertPasskey,
  listPasskeys,
  notePasskeyUse,
  type Passkey,
  type PasskeyId,
  removePasskey,
} from "./store-passkeys.ts";

/**
 * Passkeys (W3C Web Authentication level 3) for signing in and for proving it anew. The person is
 * verified by the authenticator each time (PIN, finger, face), so one passkey is two factors. The
 * relying party is the server's configured name, and the page's origin must be of exactly that name.
 */
/** ES256 first, as hosts can check its signatures with what they have; then EdDSA (COSE, RFC 9053). */
const ALGORITHMS = [-7, -8];
const PASSKEYS_MAX = 20;

/** Why this server cannot have passkeys at all; null when it can (a bare address cannot). */
export function whyNoPasskeys(world: World): string | null {
  const { serverName } = world.config;
  return isIP(serverName) === 0
    ? null
    : `Passkeys need a server with a name, and this one is called ${serverName}. Set serverName in fettle.yaml.`;
}

interface Site {
  readonly rpId: string;
  readonly origin: string;
}

/** Of the names that a server answers to, passkeys take the configured one, by TLS unless it is here. */
function siteOf(world: World, origin: string | null): Site {
  const why = whyNoPasskeys(world);
  if (why !== null) throw new Failure("blocked", why);
  const rpId = world.config.serverName;
  const url = origin === null ? null : URL.parse(origin);
  const isSecure = url?.protocol === "https:" || url?.hostname === "localhost";
  if (origin !== null && url?.hostname === rpId && isSecure) return { rpId, origin };
  throw new Failure(
    "forbidden",
    `Passkeys work in pages opened at the server's own name, ${rpId}, by https (or at localhost).`,
  );
}

export async function passkeyOptions(world: World, actor: Actor) {
  demandPerson(actor);
  const why = whyNoPasskeys(world);
  if (why !== null) throw new Failure("blocked", why);
  const known = await listPasskeys(world.db, actor.subject);
  if (known.length >= PASSKEYS_MAX) {
    throw new Failure(
      "blocked",
      `A person has at most ${PASSKEYS_MAX} passkeys. Remove one first.`,
    );
  }
  const options = await generateRegistrationOptions({
    rpName: `Fettle ${world.config.deployment}`,
    rpID: world.config.serverName,
    userName: actor.name,
    userID: new Uint8Array(Buffer.from(actor.subject)),
    attestationType: "none",
    excludeCredentials: known.map(({ credential }) => ({ id: credential })),
    authenticatorSelection: { residentKey: "required", userVerification: "required" },
    supportedAlgorithmIDs: ALGORITHMS,
  });
  const { challenge } = options;
  await keepChallenge(world.db, { challenge, purpose: "passkey", subject: actor.subject });
  return options;
}

export async function addPasskey(
  world: World,
  actor: Actor,
  input: {
    readonly response: RegistrationResponseJSON;
    readonly title: string;
    readonly origin: string | null;
    readonly credentialHash: string | null;
  },
): Promise<Passkey> {
  demandPerson(actor);
  await demandWholeCredential(world, actor, input.credentialHash);
  const site = siteOf(world, input.origin);
  const made = await registered(world, actor, { site, response: input.response });
  const { credential } = made;
  const id = newId<PasskeyId>(world.clock());
  return inTransaction(world.db, async (tx) => {
    const isNew = await insertPasskey(tx, {
      id,
      subject: actor.subject,
      credential: credential.id,
      publicKey: Buffer.from(credential.publicKey).toString("base64url"),
      counter: credential.counter,
      transports: credential.transports ?? [],
      isBackupEligible: made.credentialDeviceType === "multiDevice",
      isBackedUp: made.credentialBackedUp,
      rpId: site.rpId,
      title: input.title,
    });
    if (!isNew) throw new Failure("conflict", "This passkey is known already, or was once.");
    if (input.credentialHash !== null) {
      await noteProof(tx, { credentialHash: input.credentialHash, strength: "two" });
    }
    await recordEvent(tx, {
      type: "passkey.added",
      actor: actor.subject,
      object: `subject:${actor.subject}`,
      facts: { passkey: id, isBackupEligible: made.credentialDeviceType === "multiDevice" },
    });
    const added = (await listPasskeys(tx, actor.subject)).find((key) => key.id === id);
    if (added === undefined)
      throw new Failure("internal", "The passkey was added but is not there.");
    return added;
  });
}

async function registered(
  world: World,
  actor: Actor,
  of: { readonly site: Site; readonly response: RegistrationResponseJSON },
) {
  try {
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: of.response,
      expectedChallenge: async (challenge) => {
        const kept = await takeChallenge(world.db, { challenge, purpose: "passkey" });
        return kept?.subject === actor.subject;
      },
      expectedOrigin: of.site.origin,
      expectedRPID: of.site.rpId,
      requireUserVerification: true,
      supportedAlgorithmIDs: ALGORITHMS,
    });
    if (verified) return registrationInfo;
  } catch (cause) {
    world.log.info({ err: cause, subject: actor.subject }, "a passkey was not accepted");
  }
  throw new Failure(
    "invalid",
    "The passkey was not accepted: it must verify you (PIN, finger or face), within five minutes, in a page of this server.",
  );
}

export async function dropPasskey(world: World, actor: Actor, id: string): Promise<void> {
  await inTransaction(world.db, async (tx) => {
    if (!(await removePasskey(tx, { id, subject: actor.subject }))) {
      throw new Failure("not-found", "There is no such passkey of yours.");
    }
    await recordEvent(tx, {
      type: "passkey.removed",
      actor: actor.subject,
      object: `subject:${actor.subject}`,
      facts: { passkey: id },
    });
  });
}

/** What a browser is asked to sign: for a sign-in by whoever it is, or as a proof of one person. */
export async function passkeyChallenge(world: World, person: SubjectId | null) {
  const why = whyNoPasskeys(world);
  if (why !== null) throw new Failure("blocked", why);
  const allowed = person === null ? [] : await listPasskeys(world.db, person);
  const options = await generateAuthenticationOptions({
    rpID: world.config.serverName,
    userVerification: "required",
    // Nobody who has not signed in is told which passkeys an account has.
    allowCredentials: allowed.map(({ credential }) => ({ id: credential })),
  });
  const purpose = person === null ? "sign-in" : "proof";
  await keepChallenge(world.db, { challenge: options.challenge, purpose, subject: person });
  return options;
}

/** The person whose passkey signed the challenge; null for anything that is not right. */
export async function passkeyPerson(
  world: World,
  of: {
    readonly response: AuthenticationResponseJSON;
    readonly origin: string | null;
    readonly person: SubjectId | null;
  },
): Promise<SubjectId | null> {
  const { response, person } = of;
  const site = siteOf(world, of.origin);
  const key = await findPasskey(world.db, response.id);
  // Without a key the challenge is used up all the same, and the same work is done.
  const judged = await signedBy(world, { key, response, site, person });
  if (judged === null || key === null) return null;
  const isUsed = await inTransaction(world.db, (tx) =>
    notePasskeyUse(tx, {
      id: key.id,
      counter: judged.newCounter,
      isBackedUp: judged.credentialBackedUp,
    }),
  );
  if (isUsed) return key.subject;
  await tellCopied(world, key);
  return null;
}

async function signedBy(
  world: World,
  of: {
    readonly key: Passkey | null;
    readonly response: AuthenticationResponseJSON;
    readonly site: Site;
    readonly person: SubjectId | null;
  },
) {
  const { key, response, site, person } = of;
  const purpose = person === null ? "sign-in" : "proof";
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response,
      expectedChallenge: async (challenge) => {
        const kept = await takeChallenge(world.db, { challenge, purpose });
        return kept !== null && kept.subject === person;
      },
      expectedOrigin: site.origin,
      expectedRPID: site.rpId,
      requireUserVerification: true,
      credential: {
        id: response.id,
        publicKey: new Uint8Array(Buffer.from(key?.publicKey ?? "", "base64url")),
        // A counter that went back is told by `notePasskeyUse`, which also sees two at once.
        counter: 0,
      },
    });
    const handle = response.response.userHandle;
    const isTheirs =
      handle === undefined || Buffer.from(handle, "base64url").toString() === key?.subject;
    const isMeant = person === null || key?.subject === person;
    return verified && isTheirs && isMeant ? authenticationInfo : null;
  } catch (cause) {
    world.log.info({ err: cause }, "a passkey did not sign somebody in");
    return null;
  }
}

/** Web Authentication §6.1.1: a counter that does not grow may mean that the key was copied. */
async function tellCopied(world: World, key: Passkey): Promise<void> {
  await inTransaction(world.db, (tx) =>
    recordEvent(tx, {
      type: "passkey.copied",
      actor: key.subject,
      object: `subject:${key.subject}`,
      facts: { passkey: key.id },
    }),
  );
  throw new Failure(
    "forbidden",
    "This passkey counts its uses, and the count went back: it may have been copied. Sign in another way and remove it.",
  );
}

function demandPerson(actor: Actor): void {
  if (actor.kind === "person") return;
  throw new Failure("forbidden", "Only people have passkeys; services have tokens.");
}
