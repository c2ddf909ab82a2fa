import { Failure } from "../base/failure.ts";
import { parseLabel, parseSelector, type Selector } from "../base/labels.ts";
import type { HostRule } from "./model.ts";

/**
 * The rule of a plan that does not name its hosts (host protocol §3): labels that a host must have, in
 * its own root-owned identity too. It knows no "or", no "not" and no values in a list, as the host has to
 * judge it by comparing words.
 */

/** A statement's line has at most 1,024 bytes (host protocol §1.1). */
const RULE_BYTES_MAX = 900;

export function readRule(asked: { readonly text: string; readonly max: number }): HostRule {
  const labels = asked.text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  const keys = labels.map((label) => parseLabel(label)[0]);
  if (labels.length === 0 || new Set(keys).size !== keys.length) {
    throw new Failure(
      "invalid",
      `The rule "${asked.text.slice(0, 200)}" needs one label or more, each key once, such as env=prod,service=web.`,
    );
  }
  if (labels.join(" ").length > RULE_BYTES_MAX) {
    throw new Failure("invalid", "The rule is longer than a host reads. Use fewer labels.");
  }
  return { labels: labels.sort(), max: asked.max };
}

export function ruleSelector(labels: readonly string[]): Selector {
  return parseSelector(labels.join(","));
}

/**
 * Whether every host that could ever have the rule's labels lies within one of the scopes. Only what a
 * rule demands is known of such hosts, so a scope that forbids a label or asks for another covers none.
 */
export function isRuleWithin(labels: readonly string[], scopes: readonly Selector[]): boolean {
  const known = Object.fromEntries(labels.map(parseLabel));
  return scopes.some((scope) =>
    scope.every((term) => {
      const value = Object.hasOwn(known, term.key) ? known[term.key] : undefined;
      if (value === undefined || term.op === "absent") return false;
      if (term.op === "exists") return true;
      return term.values.includes(value) === (term.op === "in");
    }),
  );
}
