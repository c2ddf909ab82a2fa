import { z } from "zod";

/**
 * In which order the packages of one host change. Without a word they are one transaction of the package
 * manager, which orders them by what they depend on. With it they come in several, one after the other:
 * each is wholly there before the next one starts. It is root's package manager that says whether a
 * transaction can stand by itself: the host tries each of them dry before anything changes.
 */

/** One entry a transaction: names of packages, or beginnings with a `*`. */
export type PackageOrder = readonly (readonly string[])[];

const ENTRIES_MAX = 16;
const PATTERNS_MAX = 200;

export const packagePattern = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9.+_-]{0,126}\*?$/,
    "write a package's name; a * may stand at its end",
  );

export const packageOrder = z
  .array(
    z.union([
      packagePattern.transform((one) => [one]),
      z.array(packagePattern).min(1).max(PATTERNS_MAX),
    ]),
  )
  .max(ENTRIES_MAX)
  .default([])
  .refine((entries) => new Set(entries.flat()).size === entries.flat().length, {
    message: "a package comes once: take out the name that stands there twice",
  });

export function fitsPackage(pattern: string, name: string): boolean {
  return pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

/** With which entry a package comes: the first that names it, and the very first where none does. */
export function placeOf(order: PackageOrder, name: string): number {
  return Math.max(
    0,
    order.findIndex((patterns) => patterns.some((pattern) => fitsPackage(pattern, name))),
  );
}
