/**
 * Characters that no text of ours may hold: NUL, which PostgreSQL cannot store, and half of a surrogate
 * pair, which has no UTF-8 form and would be stored as something else than what was signed or sent.
 */
export function textFaultIn(value: unknown): string | null {
  if (typeof value === "string") {
    if (value.includes("\u0000")) return "a NUL character";
    return value.isWellFormed() ? null : "half of a surrogate pair";
  }
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return null;
  for (const [key, part] of Object.entries(value)) {
    const fault = textFaultIn(key) ?? textFaultIn(part);
    if (fault !== null) return fault;
  }
  return null;
}
