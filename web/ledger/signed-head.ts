import { fromBase64, type Hash, isSame } from "./merkle.ts";

/** A signed head of the ledger: C2SP checkpoint, `<origin>`, `<size>`, `<root>`, signature. */
export interface SignedHead {
  readonly origin: string;
  readonly size: number;
  readonly root: Hash;
  /** What the signature covers. */
  readonly body: string;
  readonly keyId: Hash;
  readonly signature: Hash;
}

/** Null where the text is no checkpoint; nothing is checked yet. */
export function parseHead(note: string): SignedHead | null {
  const match =
    /^([^\n]+)\n(0|[1-9]\d{0,14})\n([A-Za-z0-9+/]{43}=)\n\n— ([^ \n]+) ([A-Za-z0-9+/]+=*)\n?$/.exec(
      note.replaceAll("\r\n", "\n"),
    );
  const [, origin, size, root, signer, blob] = match ?? [];
  if (origin === undefined || root === undefined || blob === undefined) return null;
  const bytes = fromBase64(blob);
  if (signer !== origin || bytes.length !== 68) return null;
  return {
    origin,
    size: Number(size),
    root: fromBase64(root),
    body: `${origin}\n${size}\n${root}\n`,
    keyId: bytes.slice(0, 4),
    signature: bytes.slice(4),
  };
}

/** Whether this verifier key (`<origin>+<id>+<base64 of 0x01 and the Ed25519 key>`) signed the head. */
export async function isSignedBy(head: SignedHead, verifier: string): Promise<boolean> {
  const match = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(verifier.trim());
  const [, origin, , encoded] = match ?? [];
  if (origin !== head.origin || encoded === undefined) return false;
  const typed = fromBase64(encoded);
  if (typed.length !== 33 || typed[0] !== 1) return false;
  const name = new TextEncoder().encode(`${origin}\n`);
  const digest = await crypto.subtle.digest("SHA-256", new Uint8Array([...name, ...typed]));
  if (!isSame(new Uint8Array(digest).slice(0, 4), head.keyId)) return false;
  const algorithm = { name: "Ed25519" };
  const key = await crypto.subtle.importKey("raw", typed.slice(1), algorithm, false, ["verify"]);
  const body = new TextEncoder().encode(head.body);
  return crypto.subtle.verify(algorithm, key, head.signature, body);
}

/** Browsers keep cryptography from pages that came over plain http from another machine. */
export function hasCryptography(): boolean {
  return (crypto as { readonly subtle?: SubtleCrypto }).subtle !== undefined;
}
