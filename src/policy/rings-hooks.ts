import { z } from "zod";
import { grammar } from "../base/document.ts";
import type { Selector } from "../base/labels.ts";
import { strictFields } from "../base/yaml-text.ts";
import { selector } from "./rings-fields.ts";

/**
 * Hooks that take a host out of its traffic before anything on it changes, and put it back once it
 * serves again. They are root's own files on the host; a policy only names them.
 */
export interface HookRule extends HookPair {
  readonly when: Selector;
  /** A unit that must run on the host; null: whatever runs there. */
  readonly service: string | null;
}

/** What is drained is rejoined: one is never named without the other. */
export interface HookPair {
  readonly drain: string;
  readonly rejoin: string;
}

const RULES_MAX = 64;
const hook = z
  .string()
  .regex(grammar.name, { message: "a hook's name has letters, digits, . _ - :" });

const rule = strictFields({
  when: selector.default([]),
  service: z.string().regex(grammar.name).optional(),
  drain: hook,
  rejoin: hook,
}).transform(({ service, ...rest }): HookRule => ({ ...rest, service: service ?? null }));

export const hookRules = z
  .array(rule)
  .max(RULES_MAX)
  .default([])
  .refine((rules) => rules.every(({ drain, rejoin }) => drain !== rejoin), {
    message: "drain and rejoin are two hooks: one cannot know which of them it is asked for",
  })
  .refine((rules) => rules.every((one) => isPairOf(rules, one)), {
    message: "a drain has one rejoin, and a rejoin one drain, in all rules",
  });

function isPairOf(rules: readonly HookPair[], { drain, rejoin }: HookPair): boolean {
  return rules.every((other) => (other.drain === drain) === (other.rejoin === rejoin));
}
