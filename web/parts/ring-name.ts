/** Rings are often just numbered. */
export function ringName(ring: string): string {
  return /^\d+$/.test(ring) ? `ring ${ring}` : ring;
}
