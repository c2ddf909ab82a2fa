import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import type { KeyType } from "../../src/base/ssh-key.ts";
import { wireMpint, wireString } from "../../src/base/ssh-key.ts";

/**
 * Security keys and passkeys as their makers build them, so that flags can be set as no honest device
 * would: OpenSSH PROTOCOL.u2f for the command line, WebAuthn for browsers. The signatures are put
 * together here and not by the code under test.
 */
export interface SecurityKey {
  readonly type: KeyType;
  readonly base64: string;
  sign(of: Signing): string;
}

export interface Signing {
  readonly namespace: string;
  readonly text: string;
  /** Bit 0 touched, bit 2 knew its user, bit 3 may be copied; default: touched and known. */
  readonly flags?: number;
  /** The site that asked, where a browser stood between; a key's application is its site then. */
  readonly origin?: string;
  /** Changes what the browser tells. */
  readonly editClientData?: (text: string) => string;
}

const sha = (bytes: string | Buffer): Buffer => createHash("sha256").update(bytes).digest();
const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

export function makeSecurityKey(kind: "p256" | "ed25519", application: string): SecurityKey {
  const type =
    kind === "p256" ? "sk-ecdsa-sha2-nistp256@openssh.com" : "sk-ssh-ed25519@openssh.com";
  const { privateKey, point } = kind === "p256" ? makeP256() : makeEd25519();
  const blob = Buffer.concat(
    (kind === "p256" ? [type, "nistp256", point] : [type, point])
      .concat(application)
      .map(wireString),
  );
  return {
    type,
    base64: blob.toString("base64"),
    sign: (of) => armour(blob, of.namespace, signature({ type, application, privateKey }, of)),
  };
}

function makeP256(): { privateKey: KeyObject; point: Buffer } {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const { x, y } = publicKey.export({ format: "jwk" });
  const [left, right] = [x, y].map((part) => Buffer.from(part ?? "", "base64url"));
  return { privateKey, point: Buffer.concat([Buffer.from([4]), left as Buffer, right as Buffer]) };
}

function makeEd25519(): { privateKey: KeyObject; point: Buffer } {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const { x } = publicKey.export({ format: "jwk" });
  return { privateKey, point: Buffer.from(x ?? "", "base64url") };
}

interface Device {
  readonly type: KeyType;
  readonly application: string;
  readonly privateKey: KeyObject;
}

function signature(device: Device, of: Signing): Buffer {
  const blob = Buffer.concat([
    Buffer.from("SSHSIG"),
    ...[of.namespace, "", "sha256", sha(of.text)].map(wireString),
  ]);
  const flags = Buffer.from([of.flags ?? 5]);
  const head = Buffer.concat([sha(device.application), flags, u32(7)]);
  if (of.origin === undefined) {
    const pair = rawSignature(device, Buffer.concat([head, sha(blob)]));
    return Buffer.concat([wireString(device.type), wireString(pair), flags, u32(7)]);
  }
  const challenge = blob.toString("base64url");
  const told = `{"type":"webauthn.get","challenge":"${challenge}","origin":"${of.origin}","crossOrigin":false}`;
  const clientData = (of.editClientData ?? ((text) => text))(told);
  const pair = rawSignature(device, Buffer.concat([head, sha(clientData)]));
  return Buffer.concat([
    wireString("webauthn-sk-ecdsa-sha2-nistp256@openssh.com"),
    wireString(pair),
    flags,
    u32(7),
    ...[of.origin, clientData, ""].map(wireString),
  ]);
}

function rawSignature({ type, privateKey }: Device, message: Buffer): Buffer {
  if (type.includes("ed25519")) return sign(null, message, privateKey);
  const pair = sign("sha256", message, { key: privateKey, dsaEncoding: "ieee-p1363" });
  return Buffer.concat([wireMpint(pair.subarray(0, 32)), wireMpint(pair.subarray(32))]);
}

function armour(key: Buffer, namespace: string, inner: Buffer): string {
  const blob = Buffer.concat([
    Buffer.from("SSHSIG"),
    u32(1),
    ...[key, namespace, "", "sha256", inner].map(wireString),
  ]);
  const lines = blob.toString("base64").replace(/(.{70})(?=.)/g, "$1\n");
  return `-----BEGIN SSH SIGNATURE-----\n${lines}\n-----END SSH SIGNATURE-----\n`;
}
