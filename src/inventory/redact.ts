/**
 * Addresses of private repositories may carry a password (`https://user:secret@…`), and apt repeats
 * them in its messages. Whatever a host says is freed of them before it is stored or shown.
 * Two slashes are enough: messages cut addresses short and join them to other words.
 */
export function withoutPasswords(text: string): string {
  return text.replace(/\/\/[^/\s]+@/g, "//");
}
