/**
 * Addresses of private repositories may carry a password (`https://user:secret@…`), and apt repeats
 * them in its messages. Whatever a host says is freed of them before it is stored or shown.
 * A scheme is looked for where a word begins only, so that a long word costs one pass.
 */
export function withoutPasswords(text: string): string {
  return text.replace(/(?<![A-Za-z0-9+.-])([A-Za-z0-9+.-]+:\/\/)[^/\s]*@/g, "$1");
}
