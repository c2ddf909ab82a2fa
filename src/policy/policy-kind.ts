import { Failure } from "../base/failure.ts";

/** Every kind, in the order in which a patch meets them. */
export const kindNames = [
  "classification",
  "priority",
  "deadlines",
  "debt",
  "runtime",
  "cadence",
  "calendar",
  "change",
  "owners",
  "rings",
] as const;
export type KindName = (typeof kindNames)[number];

/**
 * The kinds of policy files. Each kind has one file that ships and at most one text in force; a file
 * says its own kind in a field of that name, rings and the calendar by their `format`.
 */
export interface PolicyKind {
  readonly kind: KindName;
  /** Name of the file, here and in an operator's state folder. */
  readonly name: string;
  /** What the file decides, in words. */
  readonly decides: string;
  /** Throws `invalid` for a text that cannot be used. */
  readonly parse: (text: string, file: string) => unknown;
  /** True where a text is put in force for all; rings go with each plan instead. */
  readonly isApplied: boolean;
}

/** The kind that a text says it is; null where it says none. */
export function kindOfText(text: string): string | null {
  const format = /^format:\s*["']?fettle-(rings|calendar)\b/m.exec(text);
  if (format !== null) return format[1] ?? null;
  return /^kind:\s*["']?([a-z][a-z-]{0,40})["']?\s*(#.*)?$/m.exec(text)?.[1] ?? null;
}

/** Why a text cannot be used; null when it can. */
export function problemOf(kind: PolicyKind, text: string, file: string): string | null {
  try {
    kind.parse(text, file);
    return null;
  } catch (cause) {
    if (cause instanceof Failure) return cause.message;
    throw cause;
  }
}
