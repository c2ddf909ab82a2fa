import { type Digest, sha256 } from "../base/digest.ts";

/**
 * Digest of a complete approval (host protocol §12): SHA-256 over the armoured signatures, sorted as
 * texts and joined. Each ends with its own line feed, so two lists never give the same bytes.
 */
export function signaturesDigest(signatures: readonly string[]): Digest {
  return sha256([...signatures].sort().join(""));
}
