import { WireReader } from "./ssh-key.ts";
import { parseSignature } from "./sshsig.ts";
import { flagBits } from "./webauthn.ts";

/** What a security key or passkey says in its signature that it saw; null of file keys. */
export function signatureFlags(armoured: string): number | null {
  const parsed = parseSignature(armoured);
  if (parsed === null) return null;
  const reader = new WireReader(parsed.signature);
  const type = reader.string().toString("latin1");
  reader.string();
  return /^(webauthn-)?sk-/.test(type) ? reader.byte() : null;
}

/** Whether the key is one that its maker copies between machines (WebAuthn Level 3 §6.1.3). */
export function isSynced(armoured: string): boolean {
  return ((signatureFlags(armoured) ?? 0) & flagBits.synced) !== 0;
}
