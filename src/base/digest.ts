import { hash } from "node:crypto";

/** SHA-256 as 64 lower-case hex digits, the only digest form in texts and tables. */
export type Digest = string;

/** In one call: an object for each hash took as long as the hash, and the collector after it. */
export function sha256(bytes: string | Uint8Array): Digest {
  return hash("sha256", bytes, "hex");
}

export function isDigest(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}
