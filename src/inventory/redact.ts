/**
 * Addresses of private repositories may carry a password (`https://user:secret@…`), and apt repeats
 * them in its messages. Whatever a host says is freed of them before it is stored or shown.
 */
export function withoutPasswords(text: string): string {
  return text.replace(/([A-Za-z][A-Za-z0-9+.-]*:\/\/)[^/\s]*@/g, "$1");
}
