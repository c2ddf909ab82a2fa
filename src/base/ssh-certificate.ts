import { p256Signature } from "./p256.ts";
import { type PublicKey, wireString } from "./ssh-key.ts";
import type { MachineKey } from "./sshsig.ts";

/**
 * OpenSSH user certificates (OpenSSH PROTOCOL.certkeys): what `ssh-keygen -s` writes, signed with a P-256
 * key of ours. `ssh-keygen -L` and a real sshd judge it in the tests.
 */
export interface CertificateContent {
  /** The key that the certificate is for. */
  readonly key: PublicKey;
  readonly serial: bigint;
  /** Printed by sshd for each sign-in: `ID <keyId> (serial N)`. */
  readonly keyId: string;
  /** Names that the host knows it by; none would mean every name, and is refused. */
  readonly principals: readonly string[];
  /** Seconds since 1970: from the first on, and not at the second one any more. */
  readonly validAfter: number;
  readonly validBefore: number;
  /** What runs whatever is asked for. */
  readonly forceCommand: string;
  /** Addresses or networks (CIDR) that it may be used from; none: from anywhere. */
  readonly sourceAddresses: readonly string[];
  /** Without it nothing but the command: no terminal, no forwarding, no agent, no rc file. */
  readonly hasTerminal: boolean;
}

/** trust.md A9: at most ten minutes. */
export const CERTIFICATE_SECONDS_MAX = 600;
const USER_CERTIFICATE = 1;
const KEY_ID_MAX = 200;
const PRINCIPAL = /^[a-z0-9][a-z0-9.-]{0,127}$/;
const KEY_ID = /^[A-Za-z0-9 ._:=/-]+$/;
const COMMAND = /^[\x20-\x7e]{1,2000}$/;
const ADDRESS = /^[0-9A-Fa-f:.]{2,45}(\/[0-9]{1,3})?$/;

/** `TYPE-cert-v01@openssh.com AAAA…`, or why there is none: nothing wide is ever signed. */
export function signCertificate(
  content: CertificateContent,
  by: { readonly key: MachineKey; readonly nonce: Uint8Array },
): { readonly ok: true; readonly line: string } | { readonly ok: false; readonly why: string } {
  const why = contentFault(content);
  if (why !== null) return { ok: false, why };
  const type = certificateType(content.key);
  const body = Buffer.concat([
    wireString(type),
    wireString(by.nonce),
    keyFields(content.key),
    uint64(content.serial),
    uint32(USER_CERTIFICATE),
    wireString(content.keyId),
    wireString(Buffer.concat(content.principals.map(wireString))),
    uint64(BigInt(content.validAfter)),
    uint64(BigInt(content.validBefore)),
    wireString(criticalOptions(content)),
    wireString(content.hasTerminal ? option("permit-pty", null) : Buffer.alloc(0)),
    wireString(""),
    wireString(Buffer.from(by.key.publicKeyLine.split(" ")[1] ?? "", "base64")),
  ]);
  const signed = Buffer.concat([body, wireString(p256Signature(by.key.privateKey, body))]);
  return { ok: true, line: `${type} ${signed.toString("base64")}` };
}

function contentFault(content: CertificateContent): string | null {
  const { principals, validAfter, validBefore, keyId, forceCommand, sourceAddresses } = content;
  if (principals.length === 0 || !principals.every((one) => PRINCIPAL.test(one))) {
    return "a certificate names who it is for, in plain words";
  }
  const isTimed = Number.isSafeInteger(validAfter) && Number.isSafeInteger(validBefore);
  if (!isTimed || validAfter < 0 || validBefore <= validAfter)
    return "it has no time to be used in";
  if (validBefore - validAfter > CERTIFICATE_SECONDS_MAX) return "it lasts ten minutes at most";
  if (keyId.length > KEY_ID_MAX || !KEY_ID.test(keyId)) return "its id is not one plain line";
  if (!COMMAND.test(forceCommand)) return "it forces no command";
  if (content.serial < 1n || content.serial >= 1n << 63n) return "its serial is not a number";
  return sourceAddresses.every((one) => ADDRESS.test(one)) ? null : "an address cannot be read";
}

/** In the order of their names, as the format demands. */
function criticalOptions({ forceCommand, sourceAddresses }: CertificateContent): Buffer {
  return Buffer.concat([
    option("force-command", forceCommand),
    ...(sourceAddresses.length === 0 ? [] : [option("source-address", sourceAddresses.join(","))]),
  ]);
}

function option(name: string, value: string | null): Buffer {
  const data = value === null ? Buffer.alloc(0) : wireString(value);
  return Buffer.concat([wireString(name), wireString(data)]);
}

/** `sk-ssh-ed25519@openssh.com` becomes `sk-ssh-ed25519-cert-v01@openssh.com`. */
function certificateType({ type }: PublicKey): string {
  return `${type.replace("@openssh.com", "")}-cert-v01@openssh.com`;
}

/** The key's own fields: its wire form without the name of its type. */
function keyFields({ blob, type }: PublicKey): Buffer {
  return blob.subarray(4 + Buffer.byteLength(type));
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function uint64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
}
