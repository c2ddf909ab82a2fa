import { type Filter, filter as matcher, parse } from "scim2-parse-filter";
import { isObject, type ScimObject } from "./scim-attributes.ts";
import { scimFailure } from "./scim-failure.ts";

/**
 * The filters of RFC 7644 §3.4.2.2. Text is compared without regard to case, as RFC 7643 §4.1 says of
 * userName and displayName; only `id` and `externalId` are exact.
 */
const FILTER_CHARACTERS_MAX = 1_000;
const EXACT = ["id", "externalid"];
const operators = ["eq", "ne", "co", "sw", "ew", "pr", "gt", "ge", "lt", "le"];

export interface ScimFilter {
  readonly matches: (resource: ScimObject) => boolean;
  /** The filter is one `eq` over this, so the database finds it by itself; null: it is not. */
  readonly key: { readonly name: string; readonly value: string } | null;
}

export function parseScimFilter(text: string): ScimFilter {
  const tree = treeOf(text);
  const matches = matcher(withoutCase(tree));
  return { matches: (resource) => matches(lowered(resource)), key: keyOf(tree) };
}

function treeOf(text: string): Filter {
  let tree: Filter;
  try {
    if (text.length > FILTER_CHARACTERS_MAX) throw new Error("too long");
    // In the RFC's grammar none stands for itself; the reader doubles its time with each line feed in an open quote.
    if (/\p{Cc}/u.test(text)) throw new Error("control characters");
    // The reader stops where it understands no more: in brackets, a rest is a bracket that is missing.
    if (!isBalanced(text)) throw new Error("brackets");
    tree = parse(`(${text})`);
    demandKnown(tree);
  } catch (cause) {
    throw Object.assign(
      scimFailure(
        "invalidFilter",
        'The filter cannot be read. Write it like userName eq "ada" and active eq true.',
      ),
      { cause },
    );
  }
  return tree;
}

function isBalanced(text: string): boolean {
  let depth = 0;
  for (const sign of text.replace(/"(?:[^"\\]|\\.)*"/g, "")) {
    if (sign === "(") depth += 1;
    if (sign === ")") depth -= 1;
    if (depth < 0) return false;
  }
  return depth === 0;
}

function demandKnown(tree: Filter): void {
  switch (tree.op) {
    case "and":
    case "or":
      for (const one of tree.filters) demandKnown(one);
      return;
    case "not":
      demandKnown(tree.filter);
      return;
    case "[]":
      demandKnown(tree.valFilter);
      return;
    default:
      if (!operators.includes(tree.op)) throw new Error("no such operator");
  }
}

const bareName = (path: string): string => path.toLowerCase().replace(/^urn:.*:/, "");

function withoutCase(tree: Filter): Filter {
  switch (tree.op) {
    case "and":
    case "or":
      return { op: tree.op, filters: tree.filters.map(withoutCase) };
    case "not":
      return { op: "not", filter: withoutCase(tree.filter) };
    case "[]":
      return { ...tree, attrPath: bareName(tree.attrPath), valFilter: withoutCase(tree.valFilter) };
    case "pr":
      return { ...tree, attrPath: bareName(tree.attrPath) };
    default: {
      const attrPath = bareName(tree.attrPath);
      const { compValue } = tree;
      const isText = typeof compValue === "string" && !EXACT.includes(attrPath);
      return { ...tree, attrPath, compValue: isText ? compValue.toLowerCase() : compValue };
    }
  }
}

function lowered(value: unknown, key = ""): unknown {
  if (typeof value === "string")
    return EXACT.includes(key.toLowerCase()) ? value : value.toLowerCase();
  if (Array.isArray(value)) return value.map((one) => lowered(one, key));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, lowered(inner, name)]),
  );
}

function keyOf(tree: Filter): ScimFilter["key"] {
  if (tree.op !== "eq" || typeof tree.compValue !== "string") return null;
  const name = bareName(tree.attrPath);
  return ["id", "username", "externalid", "displayname"].includes(name)
    ? { name, value: tree.compValue }
    : null;
}
