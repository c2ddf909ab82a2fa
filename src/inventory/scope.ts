import { type RawBuilder, sql } from "kysely";
import { never } from "../base/failure.ts";
import type { Requirement, Selector } from "../base/labels.ts";

/**
 * Label expressions as SQL conditions, so that a list, a count and a single look-up all see the same
 * hosts. Whatever is compared travels as a parameter; only the column name stands in the text. Must
 * agree with `selects` of `base/labels.ts` on every input; a property test holds them together.
 */

/** True when nothing is outside the scopes, so that nobody's labels need to be looked at. */
export function isEverywhere(selectors: readonly Selector[]): boolean {
  return selectors.some((selector) => selector.length === 0);
}

/** True for rows that at least one of the selectors selects. No selector at all selects nothing. */
export function scopeSql(selectors: readonly Selector[], column: string): RawBuilder<boolean> {
  if (selectors.length === 0) return sql<boolean>`false`;
  if (isEverywhere(selectors)) return sql<boolean>`true`;
  const parts = selectors.map((selector) => sql`(${selectorSql(selector, column)})`);
  return sql<boolean>`(${sql.join(parts, sql` or `)})`;
}

/** True for rows that the selector selects; the empty selector selects all. */
export function selectorSql(selector: Selector, column: string): RawBuilder<boolean> {
  if (selector.length === 0) return sql<boolean>`true`;
  const parts = selector.map((requirement) => requirementSql(requirement, column));
  return sql<boolean>`(${sql.join(parts, sql` and `)})`;
}

function requirementSql(requirement: Requirement, column: string): RawBuilder<unknown> {
  const labels = sql.ref(column);
  const value = sql`(${labels} ->> ${requirement.key}::text)`;
  switch (requirement.op) {
    case "in":
      // Containment of one pair is what the index on labels can answer.
      if (requirement.values.length === 1) {
        const pair = JSON.stringify({ [requirement.key]: requirement.values[0] });
        return sql`${labels} @> ${pair}::jsonb`;
      }
      return sql`coalesce(${value} = any(${[...requirement.values]}::text[]), false)`;
    case "not-in":
      return sql`coalesce(${value} <> all(${[...requirement.values]}::text[]), true)`;
    case "exists":
      return sql`${value} is not null`;
    case "absent":
      return sql`${value} is null`;
    default:
      return never(requirement);
  }
}
