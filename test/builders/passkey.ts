import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import type { Namespace } from "../../src/base/sshsig.ts";
import { base64urlOf, passkeyChallenge, passkeyLine } from "../../src/base/webauthn-bytes.ts";
import type { PasskeyAnswer } from "../../src/base/webauthn-sshsig.ts";

/** A passkey made of Node's own cryptography, answering as browser and authenticator do together. */
export interface TestPasskey {
  readonly line: string;
  readonly credential: string;
  answer(asked: Asked): PasskeyAnswer;
}

export interface Asked {
  readonly namespace?: Namespace;
  readonly text: string;
  /** Touched and verified, if not said. */
  readonly flags?: number;
  readonly origin?: string;
  readonly rpId?: string;
  readonly extensions?: Buffer;
  /** Edits the client data before it is signed. */
  readonly clientData?: (text: string) => string;
}

export function testPasskey(rpId: string, origin = `https://${rpId}`): TestPasskey {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const line = passkeyLine(publicKey.export({ type: "spki", format: "der" }), rpId);
  if (line === null) throw new Error("the key is of another kind");
  let counter = 0;
  return {
    line,
    credential: randomBytes(16).toString("base64url"),
    answer(asked) {
      counter += 1;
      return answerOf({ rpId, origin, ...asked }, privateKey, counter);
    },
  };
}

function answerOf(
  asked: Asked & { readonly rpId: string; readonly origin: string },
  privateKey: KeyObject,
  count: number,
): PasskeyAnswer {
  const sha256 = (bytes: string | Buffer): Buffer => createHash("sha256").update(bytes).digest();
  const challenge = base64urlOf(
    passkeyChallenge(asked.namespace ?? "fettle-approve-v1", sha256(asked.text)),
  );
  const written = `{"type":"webauthn.get","challenge":"${challenge}","origin":"${asked.origin}","crossOrigin":false}`;
  const clientData = Buffer.from(asked.clientData?.(written) ?? written);
  const counter = Buffer.alloc(4);
  counter.writeUInt32BE(count);
  const authenticatorData = Buffer.concat([
    sha256(asked.rpId),
    Buffer.from([asked.flags ?? 0x05]),
    counter,
    asked.extensions ?? Buffer.alloc(0),
  ]);
  const message = Buffer.concat([authenticatorData, sha256(clientData)]);
  return { authenticatorData, clientData, signature: sign("sha256", message, privateKey) };
}
