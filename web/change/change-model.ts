import type { Reply } from "../app/api.ts";

export type Change = Reply<"/api/v1/changes/{change}">;
export type ListedChange = Reply<"/api/v1/changes">["items"][number];

/** SHA-256 by the browser itself, as 64 hex digits; null where it has no cryptography. */
export async function digestOf(text: string): Promise<string | null> {
  // Browsers keep cryptography from pages that came over plain http from another machine.
  const { subtle } = crypto as { readonly subtle?: SubtleCrypto };
  if (subtle === undefined) return null;
  const hash = await subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function hostsText(count: number): string {
  return count === 1 ? "1 host" : `${count.toLocaleString("en")} hosts`;
}
