import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

/**
 * An authenticator in software (Web Authentication level 3 §6): makes an ES256 passkey and signs with
 * it, and lies where a test wants it to. Written from the specification, not from the library it tests.
 */
export interface Lies {
  readonly origin?: string;
  readonly rpId?: string;
  readonly type?: string;
  /** Flags of the authenticator data: 0x01 present, 0x04 verified. */
  readonly flags?: number;
  readonly counter?: number;
  readonly userHandle?: string;
  readonly signedBy?: PasskeyDevice;
}

const PRESENT_AND_VERIFIED = 0x05;
const WITH_CREDENTIAL = 0x40;

export class PasskeyDevice {
  readonly id = randomBytes(16);
  readonly key: KeyObject;
  readonly #public: Buffer;
  readonly #origin: string;
  #counter = 0;
  #userHandle = "";

  constructor(origin: string) {
    this.#origin = origin;
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    this.key = privateKey;
    const { x = "", y = "" } = publicKey.export({ format: "jwk" });
    // COSE_Key (RFC 9053 §7.1): {1: 2, 3: -7, -1: 1, -2: x, -3: y}
    this.#public = Buffer.concat([
      Buffer.from("a5010203262001215820", "hex"),
      Buffer.from(x, "base64url"),
      Buffer.from("225820", "hex"),
      Buffer.from(y, "base64url"),
    ]);
  }

  register(options: Options, lies: Lies = {}) {
    this.#userHandle = String((options["user"] as { id?: unknown } | undefined)?.id ?? "");
    const data = Buffer.concat([
      this.#head(lies, (lies.flags ?? PRESENT_AND_VERIFIED) | WITH_CREDENTIAL),
      Buffer.alloc(16),
      Buffer.from([0, this.id.length]),
      this.id,
      this.#public,
    ]);
    // {"fmt": "none", "attStmt": {}, "authData": bytes}
    const attestation = Buffer.concat([
      Buffer.from("a363666d74646e6f6e656761747453746d74a0686175746844617461", "hex"),
      byteString(data),
    ]);
    return this.#credential({
      clientDataJSON: this.#client(options, "webauthn.create", lies).toString("base64url"),
      attestationObject: attestation.toString("base64url"),
      transports: ["internal"],
    });
  }

  authenticate(options: Options, lies: Lies = {}) {
    this.#counter += 1;
    const data = this.#head(lies, lies.flags ?? PRESENT_AND_VERIFIED);
    const client = this.#client(options, "webauthn.get", lies);
    const signed = Buffer.concat([data, createHash("sha256").update(client).digest()]);
    return this.#credential({
      clientDataJSON: client.toString("base64url"),
      authenticatorData: data.toString("base64url"),
      signature: sign("sha256", signed, (lies.signedBy ?? this).key).toString("base64url"),
      userHandle: lies.userHandle ?? this.#userHandle,
    });
  }

  #credential(response: Readonly<Record<string, unknown>>) {
    const id = this.id.toString("base64url");
    return { id, rawId: id, type: "public-key", clientExtensionResults: {}, response };
  }

  #head(lies: Lies, flags: number): Buffer {
    const rpId = lies.rpId ?? new URL(this.#origin).hostname;
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(lies.counter ?? this.#counter);
    return Buffer.concat([
      createHash("sha256").update(rpId).digest(),
      Buffer.from([flags]),
      counter,
    ]);
  }

  #client(options: Options, type: string, lies: Lies): Buffer {
    return Buffer.from(
      JSON.stringify({
        type: lies.type ?? type,
        challenge: options["challenge"],
        origin: lies.origin ?? this.#origin,
        crossOrigin: false,
      }),
    );
  }
}

type Options = Readonly<Record<string, unknown>>;

function byteString(bytes: Buffer): Buffer {
  const head =
    bytes.length < 256 ? [0x58, bytes.length] : [0x59, bytes.length >> 8, bytes.length & 255];
  return Buffer.concat([Buffer.from(head), bytes]);
}
