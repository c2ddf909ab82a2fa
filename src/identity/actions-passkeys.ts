import { randomBytes } from "node:crypto";
import { type RegistrationResponseJSON, verifyRegistrationResponse } from "@simplewebauthn/server";
import { convertCOSEtoPKCS } from "@simplewebauthn/server/helpers";
import type { Actor } from "../base/actor.ts";
import { sha256 } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import { isOriginOf } from "../base/webauthn.ts";
import { keyLineOfPoint } from "../base/webauthn-bytes.ts";
import { PASSKEY_HINT } from "../base/webauthn-sshsig.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { demandWholeCredential } from "./actions-access.ts";
import { keepKey } from "./actions-keys.ts";
import type { ApproverKey } from "./model.ts";
import { insertChallenge, loadKeys, takeChallenge } from "./store-keys.ts";

/** Registering a passkey of this server's own page as an approver key (class `page`). */

const CHALLENGE_LIFE_SECONDS = 300;
/** ES256: the one kind that OpenSSH takes passkeys of (host protocol §4.2). */
const ES256 = -7;

export interface AskedPasskey {
  readonly challenge: string;
  readonly rpId: string;
  /** Another id than one that signs in would have: authenticators keep one passkey for a site and id. */
  readonly user: { readonly id: string; readonly name: string };
  /** Passkeys that are registered already. */
  readonly known: readonly string[];
}

export async function askForPasskey(world: World, actor: Actor): Promise<AskedPasskey> {
  if (actor.kind !== "person") {
    throw new Failure("forbidden", "Only people approve, so only a person can have approver keys.");
  }
  const challenge = randomBytes(32).toString("base64url");
  await inTransaction(world.db, (tx) =>
    insertChallenge(tx, {
      hash: sha256(challenge),
      subject: actor.subject,
      lifeSeconds: CHALLENGE_LIFE_SECONDS,
    }),
  );
  const keys = await loadKeys(world.db, { subject: actor.subject });
  const known = keys.flatMap(({ class: of, credential, removedAt }) =>
    of === "page" && credential !== null && removedAt === null ? [credential] : [],
  );
  const id = Buffer.from(`approver ${actor.subject}`).toString("base64url");
  return { challenge, rpId: world.config.serverName, user: { id, name: actor.name }, known };
}

export async function addPasskey(
  world: World,
  actor: Actor,
  input: {
    readonly answer: RegistrationResponseJSON;
    readonly title: string;
    readonly credentialHash: string | null;
  },
): Promise<ApproverKey> {
  await demandWholeCredential(world, actor, input.credentialHash);
  const rpId = world.config.serverName;
  const made = await verify(input.answer, rpId);
  const isAsked = await inTransaction(world.db, (tx) =>
    takeChallenge(tx, { hash: sha256(made.challenge), subject: actor.subject }),
  );
  if (!isAsked) {
    throw new Failure(
      "blocked",
      "This server did not ask for that passkey, or asked too long ago. Begin again on the page.",
    );
  }
  const line = keyLineOfPoint(convertCOSEtoPKCS(Uint8Array.from(made.publicKey)), rpId);
  return keepKey(world, actor, { line, credential: made.id, title: input.title });
}

/** The ceremony of WebAuthn Level 3 §7.1; its challenge is looked up afterwards, once. */
async function verify(answer: RegistrationResponseJSON, rpId: string) {
  let challenge = "";
  try {
    const expectedOrigin = originIn(answer, rpId);
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: answer,
      expectedChallenge: (given) => {
        challenge = given;
        return true;
      },
      expectedOrigin,
      expectedRPID: rpId,
      requireUserVerification: true,
      supportedAlgorithmIDs: [ES256],
    });
    if (verified) {
      const { id, publicKey } = registrationInfo.credential;
      return { challenge, id, publicKey };
    }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.slice(0, 200) : "it cannot be read";
    throw new Failure("invalid", `The passkey was not registered: ${why}. ${PASSKEY_HINT}`, {
      cause,
    });
  }
  throw new Failure("invalid", `The passkey was not registered. ${PASSKEY_HINT}`);
}

/** The one origin that is expected: the given one if it is a page of this server, else none that is. */
function originIn(answer: RegistrationResponseJSON, rpId: string): string {
  const text = Buffer.from(answer.response.clientDataJSON, "base64url").toString("utf8");
  const { origin } = JSON.parse(text) as { readonly origin?: unknown };
  return typeof origin === "string" && isOriginOf(origin, rpId) ? origin : `https://${rpId}`;
}
