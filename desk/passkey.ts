import { startAuthentication, startRegistration } from "@simplewebauthn/browser";
import {
  base64urlOf,
  bytesOfBase64url,
  credentialComment,
  passkeyChallenge,
  passkeyLine,
} from "../src/base/webauthn-bytes.ts";
import type { ApprovalPack } from "../src/change/approval-pack.ts";

/** The site of a desk's passkeys is its own whole host name, never a domain that others share (§4.5). */
const rpId = window.location.hostname;
/** ES256: the one kind that hosts can check. */
const ES256 = -7;

export async function approve(pack: ApprovalPack, digest: string): Promise<string> {
  const challenge = passkeyChallenge("fettle-approve-v1", bytesOfHex(digest));
  const { id, response } = await startAuthentication({
    optionsJSON: {
      challenge: base64urlOf(challenge),
      rpId,
      userVerification: "required",
      // With none the browser offers every passkey of this desk.
      allowCredentials: pack.passkeys
        .filter(({ site }) => site === rpId)
        .map(({ credential }) => ({ id: credential, type: "public-key" as const })),
    },
  });
  const passkey = {
    credential: id,
    authenticatorData: response.authenticatorData,
    clientData: response.clientDataJSON,
    signature: response.signature,
  };
  return `${JSON.stringify({ format: "fettle approval 1", plan: digest, passkey }, null, 2)}\n`;
}

/** Makes a passkey and gives the line that its person registers on the server. */
export async function makePasskey(handle: string): Promise<string> {
  const { id, response } = await startRegistration({
    optionsJSON: {
      // Nobody checks an answer to it: the line counts only once its person registers it.
      challenge: base64urlOf(crypto.getRandomValues(new Uint8Array(32))),
      rp: { id: rpId, name: `Fettle approval desk ${rpId}` },
      user: {
        id: base64urlOf(new TextEncoder().encode(`approver ${handle}`)),
        name: handle,
        displayName: `${handle}: approvals`,
      },
      pubKeyCredParams: [{ alg: ES256, type: "public-key" }],
      authenticatorSelection: { residentKey: "required", userVerification: "required" },
      attestation: "none",
    },
  });
  const spki = response.publicKey === undefined ? null : bytesOfBase64url(response.publicKey);
  const line = spki === null ? null : passkeyLine(spki, rpId);
  if (line === null) throw new Error("the key is of another kind than ES256; use an SSH key");
  return `${line} ${handle}@${rpId} ${credentialComment(id)}`;
}

function bytesOfHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
