import { counted } from "../base/counted.ts";

/** What the sentences of events are made of. */
export type Facts = Readonly<Record<string, unknown>>;
export type Sentences = Readonly<Record<string, (facts: Facts) => string>>;

export function text(value: unknown): string {
  return value === undefined || value === null ? "–" : String(value);
}

export function count(value: unknown, noun: string, many = `${noun}s`): string {
  return typeof value === "number" ? counted(value, noun, many) : `${text(value)} ${many}`;
}

/** The first digits of a digest, as everywhere. */
export function short(value: unknown): string {
  return typeof value === "string" && /^[0-9a-f]{64}$/.test(value)
    ? `${value.slice(0, 12)}…`
    : text(value);
}

/** Unix milliseconds or a text of RFC 3339 as `2026-11-23 01:20Z`. */
export function minute(value: unknown): string {
  const at = typeof value === "number" ? new Date(value).toISOString() : text(value);
  return at.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d).*$/, "$1 $2Z");
}
