import type { Failure } from "../base/failure.ts";
import { scimFailure } from "./scim-failure.ts";

/**
 * Which attributes of SCIM resources are kept here (RFC 7643 §4.1, §4.2), in the one spelling that is
 * used inside: names of attributes are case-insensitive (RFC 7643 §2.1).
 */
export type ScimKind = "User" | "Group";
export type ScimObject = { [key: string]: unknown };

export const USER_URN = "urn:ietf:params:scim:schemas:core:2.0:User";
export const GROUP_URN = "urn:ietf:params:scim:schemas:core:2.0:Group";
const ENTERPRISE_URN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user";

const kept: Readonly<Record<ScimKind, readonly string[]>> = {
  User: ["userName", "externalId", "active", "displayName", "name", "emails"],
  Group: ["displayName", "externalId", "members"],
};

/** Attributes with parts, and which parts of them are kept. */
const parts: Readonly<Record<string, readonly string[]>> = {
  name: [
    "formatted",
    "familyName",
    "givenName",
    "middleName",
    "honorificPrefix",
    "honorificSuffix",
  ],
  emails: ["value", "type", "primary", "display"],
  members: ["value", "type", "display", "$ref"],
};

export const manyValued: readonly string[] = ["emails", "members"];

/**
 * Attributes of the standard that directories send and this server has no use for: taken without a
 * word, and not kept, as what is not kept cannot leak. The server's own (id, meta, groups) are read-only,
 * and what a client says of them is ignored (RFC 7644 §3.3).
 */
const passedOver = new Set(
  [
    "id meta schemas groups nickName profileUrl title userType preferredLanguage locale timezone",
    "password phoneNumbers ims photos addresses entitlements roles x509Certificates",
  ]
    .join(" ")
    .toLowerCase()
    .split(" "),
);

/** How an attribute is written here; `null`: known and not kept; absent: no attribute at all. */
export function attributeNamed(kind: ScimKind, name: string): string | null | undefined {
  const wanted = name.toLowerCase();
  const found = kept[kind].find((one) => one.toLowerCase() === wanted);
  if (found !== undefined) return found;
  return passedOver.has(wanted) || wanted.startsWith(ENTERPRISE_URN) ? null : undefined;
}

export function partNamed(attribute: string, part: string): string | undefined {
  return parts[attribute]?.find((one) => one.toLowerCase() === part.toLowerCase());
}

/** A resource as it was sent, with the attributes that are kept, in their one spelling. */
export function keptOf(kind: ScimKind, sent: ScimObject): ScimObject {
  const result: ScimObject = {};
  for (const [key, value] of Object.entries(sent)) {
    const name = attributeNamed(kind, key);
    if (name === null || name === undefined) continue;
    if (Object.hasOwn(result, name)) throw doubled(name);
    result[name] = storedValue(name, value);
  }
  return result;
}

/** The value of an attribute in its one form: parts spelt right, lists as lists, booleans as such. */
export function storedValue(attribute: string, value: unknown): unknown {
  if (attribute === "active") return asBoolean(value);
  if (parts[attribute] === undefined) return value;
  if (!manyValued.includes(attribute)) return partsOf(attribute, value);
  return (Array.isArray(value) ? value : [value]).map((one: unknown) => partsOf(attribute, one));
}

function partsOf(attribute: string, value: unknown): unknown {
  // Some send the bare value of an element: {"value": ["ID"]}.
  if (typeof value === "string" && manyValued.includes(attribute)) return { value };
  if (!isObject(value)) return value;
  const result: ScimObject = {};
  for (const [key, inner] of Object.entries(value)) {
    const name = partNamed(attribute, key);
    if (name === undefined) continue;
    if (Object.hasOwn(result, name)) throw doubled(`${attribute}.${name}`);
    result[name] = name === "primary" ? asBoolean(inner) : inner;
  }
  return result;
}

/** Entra sends booleans as the words "True" and "False" unless it is told otherwise. */
function asBoolean(value: unknown): unknown {
  if (typeof value !== "string") return value;
  const word = value.toLowerCase();
  return word === "true" || word === "false" ? word === "true" : value;
}

export function isObject(value: unknown): value is ScimObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function doubled(name: string): Failure {
  return scimFailure("invalidSyntax", `The attribute ${name} stands twice in one object.`);
}
