import { Failure } from "./failure.ts";

/**
 * Labels and label expressions, in the syntax that Kubernetes made the field's standard:
 * `env=prod,service in (web,db),zone!=b,!canary`. Commas mean *and*; the empty text selects all.
 */
export type Labels = Readonly<Record<string, string>>;

export type Requirement =
  | { readonly op: "in"; readonly key: string; readonly values: readonly string[] }
  | { readonly op: "not-in"; readonly key: string; readonly values: readonly string[] }
  | { readonly op: "exists"; readonly key: string }
  | { readonly op: "absent"; readonly key: string };

/** All requirements must hold; none means everything is selected. */
export type Selector = readonly Requirement[];

const NAME = /^[a-z0-9]([a-z0-9._/-]{0,61}[a-z0-9])?$/;
const VALUE = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;

export const LABEL_COUNT_MAX = 64;

export function parseLabel(text: string): readonly [key: string, value: string] {
  const at = text.indexOf("=");
  const key = text.slice(0, Math.max(0, at));
  const value = text.slice(at + 1);
  if (at < 1 || !NAME.test(key) || !VALUE.test(value)) {
    throw new Failure(
      "invalid",
      `The label ${JSON.stringify(text.slice(0, 80))} is not of the form key=value. Keys are lower-case letters, digits and . _ / -, values letters, digits and . _ -, at most 63 characters.`,
    );
  }
  return [key, value];
}

export function parseLabels(texts: readonly string[]): Labels {
  if (texts.length > LABEL_COUNT_MAX) {
    throw new Failure("invalid", `A host has at most ${LABEL_COUNT_MAX} labels.`);
  }
  return Object.fromEntries(texts.map(parseLabel));
}

export function parseSelector(text: string): Selector {
  return splitRequirements(text).map((part) => parseRequirement(part, text));
}

export function selects(selector: Selector, labels: Labels): boolean {
  return selector.every((requirement) => holds(requirement, labels));
}

export function selectorToText(selector: Selector): string {
  return selector
    .map((r) => {
      if (r.op === "exists") return r.key;
      if (r.op === "absent") return `!${r.key}`;
      if (r.values.length === 1) return `${r.key}${r.op === "in" ? "=" : "!="}${r.values[0]}`;
      return `${r.key} ${r.op === "in" ? "in" : "notin"} (${r.values.join(",")})`;
    })
    .join(",");
}

function holds(requirement: Requirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined;
  switch (requirement.op) {
    case "in":
      return value !== undefined && requirement.values.includes(value);
    case "not-in":
      return value === undefined || !requirement.values.includes(value);
    case "exists":
      return value !== undefined;
    case "absent":
      return value === undefined;
  }
}

const PART = String.raw`(?:[^,()]|\([^()]*\))+`;
const PARTS = new RegExp(PART, "g");
const WHOLE = new RegExp(`^${PART}(?:,${PART})*$`);

/**
 * Splits at commas outside parentheses. A text that is not wholly made of parts is refused: what fell
 * under the table would widen the expression, and the widest selects every host.
 */
function splitRequirements(text: string): string[] {
  if (text.trim() === "") return [];
  if (!WHOLE.test(text)) throw unreadable(text);
  return (text.match(PARTS) ?? []).map((part) => part.trim());
}

function parseRequirement(part: string, whole: string): Requirement {
  const set = /^(\S+)\s+(in|notin)\s+\(([^()]*)\)$/.exec(part);
  if (set?.[1] !== undefined && set[3] !== undefined) {
    const values = set[3].split(",").map((value) => value.trim());
    return checked({ op: set[2] === "in" ? "in" : "not-in", key: set[1], values }, whole);
  }
  const pair = /^([^\s=!]+)\s*(==|=|!=)\s*(\S+)$/.exec(part);
  if (pair?.[1] !== undefined && pair[3] !== undefined) {
    const op = pair[2] === "!=" ? "not-in" : "in";
    return checked({ op, key: pair[1], values: [pair[3]] }, whole);
  }
  if (part.startsWith("!")) return checked({ op: "absent", key: part.slice(1).trim() }, whole);
  return checked({ op: "exists", key: part }, whole);
}

function checked(requirement: Requirement, whole: string): Requirement {
  const values = "values" in requirement ? requirement.values : [];
  if (NAME.test(requirement.key) && values.every((value) => VALUE.test(value))) return requirement;
  throw unreadable(whole);
}

function unreadable(whole: string): Failure {
  return new Failure(
    "invalid",
    `The label expression ${JSON.stringify(whole.slice(0, 200))} cannot be read. Write it like env=prod,service in (web,db),!canary.`,
  );
}
