/** A ring as people say it: a bare number says nothing beside other numbers, so `1` is `ring 1`. */
export function ringName(ring: string): string {
  return /^\d+$/.test(ring) ? `ring ${ring}` : ring;
}
