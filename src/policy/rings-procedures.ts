import { z } from "zod";
import { grammar } from "../base/document.ts";
import type { Labels, Selector } from "../base/labels.ts";
import { selects } from "../base/labels.ts";
import { strictFields } from "../base/yaml-text.ts";
import { selector } from "./rings-fields.ts";

/**
 * Who must have read how a change is taken back before hosts of a tier change: those who run the
 * hosts, those who answer for security, and those who own what runs there.
 */
export const parties = ["operations", "security", "application"] as const;
export type Party = (typeof parties)[number];

export const partySchema = z.enum(parties, {
  error: "write operations, security or application",
});

/** A list without an end would be an empty demand that looks like one. */
export const partiesAsked = z
  .array(partySchema)
  .min(1, "name at least one party, or leave the field out")
  .refine((asked) => new Set(asked).size === asked.length, { message: "a party is named once" });

export const procedureName = z.string().regex(grammar.id, {
  message: "a procedure's name has lower-case letters, digits, dots and dashes",
});

/** Which procedure takes which hosts back; the first rule that fits a host. */
export interface ProcedureRule {
  readonly procedure: string;
  readonly when: Selector;
}

const RULES_MAX = 64;

export const procedureRules = z
  .array(strictFields({ procedure: procedureName, when: selector.default([]) }))
  .max(RULES_MAX)
  .default([]);

export function procedureOf(rules: readonly ProcedureRule[], labels: Labels): string | null {
  return rules.find((rule) => selects(rule.when, labels))?.procedure ?? null;
}
