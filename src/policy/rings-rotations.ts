import { z } from "zod";
import { grammar } from "../base/document.ts";
import { type Labels, type Selector, selects } from "../base/labels.ts";
import { strictFields } from "../base/yaml-text.ts";
import { selector } from "./rings-fields.ts";
import { fitsPackage, packagePattern } from "./rings-packages.ts";

/**
 * Which hosts make their keys and certificates anew when a cryptographic library changes: a key that a
 * broken library made stays weak under a mended one. The hook is root's own file on the host; which keys
 * it has to change stands there too, and a host whose keys are what they were takes its job back.
 */
export interface RotationRule {
  readonly when: Selector;
  /** A unit that must run on the host; null: whatever runs there. */
  readonly service: string | null;
  /** Names of packages, or beginnings with `*`. */
  readonly after: readonly string[];
  readonly run: string;
}

const RULES_MAX = 64;
const PATTERNS_MAX = 200;

export const rotationRules = z
  .array(
    strictFields({
      when: selector.default([]),
      service: z.string().regex(grammar.name).optional(),
      after: z.array(packagePattern).min(1).max(PATTERNS_MAX),
      run: z
        .string()
        .regex(grammar.name, { message: "a hook's name has letters, digits, . _ - :" }),
    }).transform(({ service, ...rest }): RotationRule => ({ ...rest, service: service ?? null })),
  )
  .max(RULES_MAX)
  .default([]);

/** The hooks of a host that make its keys anew in a job with these moves, in the policy's order, each once. */
export function rotationsFor(
  rules: readonly RotationRule[],
  host: { readonly labels: Labels; readonly services: readonly string[] },
  moves: readonly { readonly verb: string; readonly name: string }[],
): readonly string[] {
  const due = rules
    .filter(({ when }) => selects(when, host.labels))
    .filter(({ service }) => service === null || host.services.includes(service))
    .filter(({ after }) =>
      // A library that goes has no keys to make.
      moves.some(
        ({ verb, name }) => verb !== "remove" && after.some((one) => fitsPackage(one, name)),
      ),
    );
  return [...new Set(due.map(({ run }) => run))];
}
