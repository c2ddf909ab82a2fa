import { startAuthentication, startRegistration } from "@simplewebauthn/browser";
import { base64urlOf, type Namespace, passkeyChallenge } from "../../src/base/webauthn-bytes.ts";
import { ApiProblem, type Reply } from "../app/api.ts";

/** Passkeys in this browser: the challenge is made here, of the very text that the page shows. */

export type ApproverKey = Reply<"/api/v1/keys">["items"][number];

/** ES256: the one kind that hosts can check (OpenSSH takes passkeys of no other). */
const ES256 = -7;

/** The passkeys among a person's keys that this page may ask for. */
export function passkeysHere(keys: readonly ApproverKey[]): readonly ApproverKey[] {
  return keys.filter(
    (key) =>
      key.removedAt === null && key.credential !== null && key.site === window.location.hostname,
  );
}

export interface PasskeyAnswer {
  readonly credential: string;
  readonly authenticatorData: string;
  readonly clientData: string;
  readonly signature: string;
}

export async function signWithPasskey(of: {
  readonly namespace: Namespace;
  readonly text: string;
  readonly keys: readonly ApproverKey[];
}): Promise<PasskeyAnswer> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(of.text));
  const challenge = passkeyChallenge(of.namespace, new Uint8Array(digest));
  const { id, response } = await asked(() =>
    startAuthentication({
      optionsJSON: {
        challenge: base64urlOf(challenge),
        rpId: window.location.hostname,
        userVerification: "required",
        allowCredentials: of.keys.map((key) => ({
          id: key.credential ?? "",
          type: "public-key" as const,
        })),
      },
    }),
  );
  return {
    credential: id,
    authenticatorData: response.authenticatorData,
    clientData: response.clientDataJSON,
    signature: response.signature,
  };
}

export async function makePasskey(of: {
  readonly challenge: string;
  readonly rpId: string;
  readonly known: readonly string[];
  readonly user: { readonly id: string; readonly name: string };
}) {
  const { id, response } = await asked(() =>
    startRegistration({
      optionsJSON: {
        challenge: of.challenge,
        rp: { id: of.rpId, name: "Fettle approvals" },
        user: { ...of.user, displayName: `${of.user.name}: approvals` },
        pubKeyCredParams: [{ alg: ES256, type: "public-key" }],
        excludeCredentials: of.known.map((known) => ({ id: known, type: "public-key" as const })),
        authenticatorSelection: { residentKey: "preferred", userVerification: "required" },
        attestation: "none",
      },
    }),
  );
  const { clientDataJSON: clientData, attestationObject: attestation } = response;
  return { credential: id, clientData, attestation };
}

/** Refusals of the browser or its user, as a problem with words of ours. */
async function asked<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    const said = cause instanceof Error ? cause.message.slice(0, 200) : "";
    throw new ApiProblem(
      "blocked",
      `This browser gave no answer of a passkey${said === "" ? "" : ` (${said})`}. Try again, or sign with an SSH key.`,
      { cause },
    );
  }
}
