/** The last head of a log that this browser checked. It is public, and nothing secret is kept. */
const name = (origin: string): string => `fettle-head:${origin}`;

export function rememberedHead(origin: string): string | null {
  return localStorage.getItem(name(origin));
}

export function rememberHead(origin: string, note: string): void {
  localStorage.setItem(name(origin), note);
}
