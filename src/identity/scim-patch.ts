import { filter as matcher, parse } from "scim2-parse-filter";
import {
  attributeNamed,
  GROUP_URN,
  isObject,
  manyValued,
  partNamed,
  type ScimKind,
  type ScimObject,
  storedValue,
  USER_URN,
} from "./scim-attributes.ts";
import { scimFailure } from "./scim-failure.ts";

/**
 * PATCH of SCIM (RFC 7644 §3.5.2): add, replace and remove over one resource, all or nothing. Takes
 * what the standard says and what Entra and Okta really send: operations in capitals, no path with an
 * object of paths, members to remove in `value`, and a filter that matches nothing and names the value
 * to make.
 */
export interface PatchOperation {
  readonly op: "add" | "replace" | "remove";
  readonly path?: string | undefined;
  readonly value?: unknown;
}

/** The resource after the operations. The one before is not touched. */
export function patched(
  kind: ScimKind,
  before: ScimObject,
  operations: readonly PatchOperation[],
): ScimObject {
  let now = before;
  for (const { op, path, value } of operations) {
    if (path !== undefined && path.trim() !== "") {
      now = applied(kind, now, { op, path: path.trim(), value });
      continue;
    }
    if (op === "remove") throw scimFailure("noTarget", "A remove needs a path.");
    if (!isObject(value)) {
      throw scimFailure("invalidSyntax", "Without a path, the value is an object of attributes.");
    }
    for (const [name, inner] of Object.entries(value)) {
      now = applied(kind, now, { op, path: name, value: inner });
    }
  }
  return now;
}

interface Target {
  readonly attribute: string;
  /** What stands between brackets; null: the whole attribute. */
  readonly filter: string | null;
  readonly part: string | null;
}

// The urn of the schema may stand before the name; the filter may hold anything but an unquoted bracket.
const PATH =
  /^([A-Za-z$][A-Za-z0-9$_-]{0,60})(?:\[((?:[^[\]"]|"(?:[^"\\]|\\.)*"){1,500})\])?(?:\.([A-Za-z$][A-Za-z0-9$_-]{0,60}))?$/;
const PATH_CHARACTERS_MAX = 700;

/** Where a path leads; null for attributes that are taken and not kept. */
function targetOf(kind: ScimKind, path: string): Target | null {
  const wrong = scimFailure(
    "invalidPath",
    `There is no attribute ${JSON.stringify(path.slice(0, 100))} here.`,
  );
  if (path.length > PATH_CHARACTERS_MAX) throw wrong;
  const urn = `${kind === "User" ? USER_URN : GROUP_URN}:`;
  const isOwn = path.toLowerCase().startsWith(urn.toLowerCase());
  const local = isOwn ? path.slice(urn.length) : path;
  const match = PATH.exec(local);
  const attribute = attributeNamed(kind, match?.[1] ?? local);
  if (attribute === null) return null;
  if (attribute === undefined || match === null) throw wrong;
  const filter = match[2] ?? null;
  const part = match[3] === undefined ? null : partNamed(attribute, match[3]);
  if (part === undefined || (filter !== null && !manyValued.includes(attribute))) throw wrong;
  return { attribute, filter, part };
}

function applied(
  kind: ScimKind,
  before: ScimObject,
  operation: PatchOperation & { readonly path: string },
): ScimObject {
  const target = targetOf(kind, operation.path);
  if (target === null) return before;
  const { op, value } = operation;
  const { attribute } = target;
  const then = before[attribute];
  const next = manyValued.includes(attribute)
    ? manyAfter(target, Array.isArray(then) ? then : [], { op, value })
    : oneAfter(target, then, { op, value });
  const { [attribute]: _, ...others } = before;
  return next === undefined ? others : { ...others, [attribute]: next };
}

/** An attribute with one value, or a part of it. */
function oneAfter(target: Target, before: unknown, { op, value }: PatchOperation): unknown {
  const { attribute, part } = target;
  if (part === null) {
    if (op === "remove" || value === null) return undefined;
    const next = storedValue(attribute, value);
    return op === "add" && isObject(before) && isObject(next) ? { ...before, ...next } : next;
  }
  const { [part]: _, ...others } = isObject(before) ? before : {};
  return op === "remove" || value === null ? others : { ...others, [part]: value };
}

/** An attribute with many values: the whole list, the elements that a filter finds, or a part of those. */
function manyAfter(
  target: Target,
  before: readonly unknown[],
  { op, value }: PatchOperation,
): unknown {
  const { attribute, filter, part } = target;
  if (filter === null && part === null) {
    if (op === "remove") return value === undefined ? undefined : without(attribute, before, value);
    const given = value === null ? [] : (storedValue(attribute, value) as readonly unknown[]);
    return op === "replace" ? given : joined(before, given);
  }
  const isFound = filter === null ? () => true : elementFilter(filter);
  if (op === "remove" && part === null) return before.filter((one) => !isFound(one));
  const change = (one: unknown): unknown => {
    if (!isFound(one)) return one;
    const { [part ?? ""]: _, ...others } = isObject(one) ? one : {};
    if (op === "remove") return others;
    if (part !== null) return { ...others, ...(oneOf(attribute, { [part]: value }) as object) };
    return { ...others, ...(oneOf(attribute, value) as object) };
  };
  if (before.some(isFound)) return before.map(change);
  if (op === "remove") return before;
  const made = {
    ...madeBy(filter),
    ...(part === null
      ? (oneOf(attribute, value) as object)
      : (oneOf(attribute, { [part]: value }) as object)),
  };
  return [...before, made];
}

function oneOf(attribute: string, value: unknown): unknown {
  const [first] = storedValue(attribute, value) as readonly unknown[];
  if (isObject(first)) return first;
  throw scimFailure("invalidValue", `An element of ${attribute} is an object.`);
}

/** An element that the standard would find missing is made where the filter says all of it. */
function madeBy(filter: string | null): ScimObject {
  const simple = /^\s*([A-Za-z]+)\s+eq\s+"([^"\\]*)"\s*$/i.exec(filter ?? "");
  if (simple?.[1] === undefined) {
    throw scimFailure("noTarget", "The path of an operation finds nothing.");
  }
  return { [simple[1]]: simple[2] };
}

const keyOf = (one: unknown): string =>
  isObject(one) ? String(one["value"]) : JSON.stringify(one);

function joined(before: readonly unknown[], added: readonly unknown[]): readonly unknown[] {
  const byKey = new Map(before.map((one) => [keyOf(one), one]));
  for (const one of added) byKey.set(keyOf(one), one);
  return [...byKey.values()];
}

function without(
  attribute: string,
  before: readonly unknown[],
  value: unknown,
): readonly unknown[] {
  const gone = new Set((storedValue(attribute, value) as readonly unknown[]).map(keyOf));
  return before.filter((one) => !gone.has(keyOf(one)));
}

function elementFilter(text: string): (one: unknown) => boolean {
  try {
    return matcher(parse(text));
  } catch {
    throw scimFailure("invalidFilter", "The filter in the path of an operation cannot be read.");
  }
}
