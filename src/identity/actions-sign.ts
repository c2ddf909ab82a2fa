import { Failure } from "../base/failure.ts";
import { type PublicKey, parsePublicKeyLine } from "../base/ssh-key.ts";
import { type Namespace, parseSignature, verifySshSignature } from "../base/sshsig.ts";
import { flagBits } from "../base/webauthn.ts";
import { PASSKEY_HINT, passkeyToSshSignature } from "../base/webauthn-sshsig.ts";
import type { Reader } from "../db/database.ts";
import type { GivenSignature } from "./given-signature.ts";
import type { ApproverKey, Subject } from "./model.ts";
import { loadKeys } from "./store-keys.ts";

/** A person's own signature over exact bytes for one purpose, judged as a host judges it. */
export interface OwnSignature {
  readonly key: ApproverKey;
  /** `<type> <base64>`. */
  readonly keyLine: string;
  /** The SSH signature, the bytes as they came or as they were made of the passkey's answer. */
  readonly armoured: string;
  /** Whether the key says that it is copied between machines (WebAuthn §6.1.3). */
  readonly isSynced: boolean;
}

export interface ToSign {
  readonly namespace: Namespace;
  readonly bytes: string;
  /** What the signature would have done, for a refusal: "approve this plan". */
  readonly deed: string;
}

export async function demandOwnSignature(
  reader: Reader,
  subject: Subject,
  asked: ToSign,
  given: GivenSignature,
): Promise<OwnSignature> {
  const { key, armoured } =
    given.passkey === undefined
      ? await ownKeyOf(reader, subject, asked, given.signature ?? "")
      : await ownPasskey(reader, subject, asked, given.passkey);
  const keyLine = `${key.type} ${key.base64}`;
  const { namespace, bytes } = asked;
  const verdict = verifySshSignature({ namespace, bytes, armoured, publicKeyLine: keyLine });
  if (!verdict.ok) {
    throw new Failure(
      "invalid",
      `The signature does not ${asked.deed}: ${verdict.why}. Fetch the text again and sign its exact bytes.`,
    );
  }
  demandSeen(key, verdict.flags);
  return { key, keyLine, armoured, isSynced: ((verdict.flags ?? 0) & flagBits.synced) !== 0 };
}

/** Finds the key that signed among the person's own. */
async function ownKeyOf(
  reader: Reader,
  subject: Subject,
  asked: ToSign,
  armoured: string,
): Promise<{ key: ApproverKey; armoured: string }> {
  const parsed = parseSignature(armoured);
  if (parsed === null) {
    throw new Failure(
      "invalid",
      `This is not an SSH signature. Sign the text with \`ssh-keygen -Y sign -n ${asked.namespace} -f KEY FILE\` and send the whole armoured text.`,
    );
  }
  const base64 = parsed.publicKey.toString("base64");
  const own = await loadKeys(reader, { subject: subject.id, base64 });
  const key = own.find((known) => known.removedAt === null);
  if (key !== undefined) return { key, armoured };
  throw new Failure(
    "forbidden",
    "The signature was made with a key that is not registered as one of yours. Register it first, or sign with a registered one.",
  );
}

/** A passkey of this page or of a desk: the answer becomes an SSH signature, which is then judged. */
async function ownPasskey(
  reader: Reader,
  subject: Subject,
  asked: ToSign,
  passkey: NonNullable<GivenSignature["passkey"]>,
): Promise<{ key: ApproverKey; armoured: string }> {
  const own = await loadKeys(reader, { subject: subject.id });
  const key = own.find(
    (known) => known.removedAt === null && known.credential === passkey.credential,
  );
  const public_ = key === undefined ? null : publicKeyOf(key);
  if (key === undefined || public_ === null) {
    throw new Failure(
      "forbidden",
      "The passkey is not registered as one of yours. Register it first, or sign with a registered key.",
    );
  }
  const bytes = (text: string): Buffer => Buffer.from(text, "base64url");
  const made = passkeyToSshSignature({
    namespace: asked.namespace,
    bytes: asked.bytes,
    key: public_,
    answer: {
      authenticatorData: bytes(passkey.authenticatorData),
      clientData: bytes(passkey.clientData),
      signature: bytes(passkey.signature),
    },
  });
  if (made.ok) return { key, armoured: made.armoured };
  throw new Failure(
    "invalid",
    `The passkey's answer does not ${asked.deed}: ${made.why}. ${PASSKEY_HINT}`,
  );
}

function publicKeyOf(key: ApproverKey): PublicKey | null {
  return parsePublicKeyLine(`${key.type} ${key.base64}`);
}

/** Host protocol §4.3 and §5: what each class of key must be, and must have seen. */
function demandSeen(key: ApproverKey, flags: number | null): void {
  if ((key.class === "ssh") !== (flags === null)) {
    throw new Failure("forbidden", `The key is not what its class ${key.class} says.`);
  }
  const isPasskey = key.class === "desk" || key.class === "page";
  const wanted = isPasskey ? flagBits.touched | flagBits.verified : flagBits.touched;
  if (flags === null || (flags & wanted) === wanted) return;
  throw new Failure(
    "forbidden",
    isPasskey
      ? "The passkey did not verify who you are. Sign again with its PIN, finger or face."
      : "The security key was not touched for this signature. Sign again and touch it.",
  );
}
