import { z } from "zod";
import { strictFields } from "../base/yaml-text.ts";

/**
 * Packages whose update cannot be taken back although the old version is there: their scripts convert
 * data that the old program cannot read. Only people know which; the policy lists them by name.
 */
export interface OneWay {
  /** Exact names, or beginnings that end in `*`. */
  readonly packages: readonly string[];
  /** `always`, or only where the first number of the version changes. */
  readonly when: "always" | "major";
  readonly because: string;
}

const PATTERNS_MAX = 200;

const pattern = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9.+_-]{0,126}\*?$/,
    "write a package's name; a * may stand at its end",
  );

export const oneWaySchema = z
  .array(
    strictFields({
      packages: z.array(pattern).min(1).max(PATTERNS_MAX),
      when: z.enum(["always", "major"]).default("always"),
      because: z.string().trim().min(1).max(160),
    }),
  )
  .max(50)
  .default([]);

/** The rule that makes a move one-way; null where none does. */
export function oneWayOf(
  rules: readonly OneWay[],
  move: { readonly verb: string; readonly name: string },
  isMajor: boolean,
): OneWay | null {
  // What comes anew or goes has no data of an older version to convert.
  if (move.verb === "install" || move.verb === "remove") return null;
  const found = rules.find(({ packages, when }) => {
    return (when === "always" || isMajor) && packages.some((one) => fits(one, move.name));
  });
  return found ?? null;
}

function fits(pattern: string, name: string): boolean {
  return pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}
