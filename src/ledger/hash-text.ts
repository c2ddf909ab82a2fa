/**
 * A SHA-256 in base64 (C2SP tlog-checkpoint, tlog-witness), written in the one way: the last sign before `=`
 * has two bits to spare, and a reader that passes over them takes four texts for one hash.
 */
export function isHashText(text: string): boolean {
  return /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/.test(text);
}
