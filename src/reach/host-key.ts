import { createHash, createHmac } from "node:crypto";

/** Host keys as people give them: a key line, an entry of known_hosts, or a fingerprint to compare. */
export interface HostKey {
  readonly type: string;
  /** `<type> <base64>`: the form that is pinned. */
  readonly line: string;
  /** `SHA256:…` as ssh-keygen -l prints it. */
  readonly fingerprint: string;
}

/** DSA is left out: OpenSSH no longer offers it, and its keys are too short to pin. */
const KEY_TYPES = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "ssh-rsa",
  "sk-ssh-ed25519@openssh.com",
  "sk-ecdsa-sha2-nistp256@openssh.com",
];
const KEY_TEXT_MAX = 4_096;

/** Reads `<type> <base64> [comment]`; null unless the key inside says the same type. */
export function parseHostKey(text: string): HostKey | null {
  const [type = "", base64 = ""] = text.trim().split(/\s+/);
  if (!KEY_TYPES.includes(type) || base64.length > KEY_TEXT_MAX) return null;
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return null;
  const blob = Buffer.from(base64, "base64");
  // RFC 4253 §6.6: the blob begins with the length-prefixed name of its own type.
  const length = blob.length >= 4 ? blob.readUInt32BE(0) : 0;
  if (length > 64 || blob.subarray(4, 4 + length).toString("latin1") !== type) return null;
  if (blob.length <= 4 + length || blob.toString("base64") !== base64) return null;
  return { type, line: `${type} ${base64}`, fingerprint: fingerprintOf(blob) };
}

function fingerprintOf(blob: Buffer): string {
  return `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`;
}

/** The keys that a known_hosts file (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT) holds for an address. */
export function hostKeysIn(knownHosts: string, address: string, port: number): readonly HostKey[] {
  const name = port === 22 ? address.toLowerCase() : `[${address.toLowerCase()}]:${port}`;
  const keys: HostKey[] = [];
  for (const line of knownHosts.split("\n")) {
    const [names = "", ...rest] = line.trim().split(/\s+/);
    // Lines with a marker pin authorities or revoke keys: neither is a key of this host.
    if (names === "" || names.startsWith("#") || names.startsWith("@")) continue;
    const key = parseHostKey(rest.join(" "));
    if (key !== null && namesHost(names, name)) keys.push(key);
  }
  return keys;
}

/** Plain names are compared exactly: a pattern such as `*` pins nothing. */
function namesHost(names: string, name: string): boolean {
  const hashed = /^\|1\|([A-Za-z0-9+/=]+)\|([A-Za-z0-9+/=]+)$/.exec(names);
  if (hashed?.[1] === undefined) return names.toLowerCase().split(",").includes(name);
  const hash = createHmac("sha1", Buffer.from(hashed[1], "base64")).update(name).digest("base64");
  return hash === hashed[2];
}

/** Algorithms to ask for, so that a host shows a key of a type we pinned or none at all. */
export function hostKeyAlgorithms(keys: readonly HostKey[]): readonly string[] {
  const types = [...new Set(keys.map((key) => key.type))];
  return types.flatMap((type) => (type === "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256"] : [type]));
}
