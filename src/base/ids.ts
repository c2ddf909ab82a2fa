import { randomBytes } from "node:crypto";
import type { Instant } from "./instant.ts";

/** Ids are branded strings, made by the application (UUIDv7, RFC 9562 §5.7), parsed once. */
export type Id<Name extends string> = string & { readonly __id: Name };

export type SubjectId = Id<"subject">;
export type HostId = Id<"host">;
export type PatchId = Id<"patch">;
export type PlanDigest = Id<"plan">;
export type ChangeId = Id<"change">;
export type RolloutId = Id<"rollout">;

/** Makes a UUIDv7: 48 bits of milliseconds, then random bits. */
export function newId<T extends string>(now: Instant): T {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(now, 0, 6);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join("-") as T;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/**
 * What comes before the outside number of a case, change, rollout, elevation, exception, deferral, known issue,
 * session of triage, freeze, VEX document and legal hold.
 */
export type RefPrefix = "P" | "C" | "R" | "J" | "X" | "D" | "K" | "T" | "f" | "v" | "LH";

/** The number of what is called `C-88` outside, in any letter case; null when `text` has another prefix or none. */
export function numberFromRef(prefix: RefPrefix, text: string): number | null {
  const match = /^([a-z]{1,2})-([1-9]\d{0,8})$/i.exec(text);
  return match?.[1]?.toUpperCase() === prefix.toUpperCase() ? Number(match[2]) : null;
}

/** The same where only one kind of thing can be meant: there the number is enough, `88` for `C-88`. */
export function numberOf(prefix: RefPrefix, text: string): number | null {
  return numberFromRef(prefix, /^\d/.test(text) ? `${prefix}-${text}` : text);
}
