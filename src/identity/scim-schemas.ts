import { z } from "zod";
import type { Instant } from "../base/instant.ts";
import { instantToText } from "../base/instant.ts";
import { GROUP_URN, keptOf, type ScimKind, type ScimObject, USER_URN } from "./scim-attributes.ts";
import { scimFailure } from "./scim-failure.ts";

/** What directories send, and what they are answered (RFC 7643 §3 and §4, RFC 7644 §3). */
export const PATCH_URN = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
export const LIST_URN = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
export const OPERATIONS_MAX = 1_000;
export const MEMBERS_MAX = 20_000;
export const PAGE_MAX = 200;

const short = z.string().trim().min(1).max(300);
const optional = z.string().max(300).nullish();

const nameSchema = z.strictObject({
  formatted: optional,
  familyName: optional,
  givenName: optional,
  middleName: optional,
  honorificPrefix: optional,
  honorificSuffix: optional,
});

const emailSchema = z.strictObject({
  value: z.string().max(320).nullish(),
  type: z.string().max(60).nullish(),
  primary: z.boolean().nullish(),
  display: optional,
});

const userAttributes = z.strictObject({
  displayName: optional,
  name: nameSchema.nullish(),
  emails: z.array(emailSchema).max(20).nullish(),
});

const userSchema = userAttributes.extend({
  userName: short,
  externalId: short.nullish(),
  active: z.boolean().default(true),
});

const groupSchema = z.strictObject({
  displayName: short,
  externalId: short.nullish(),
  members: z
    .array(
      z.strictObject({
        value: z.string().min(1).max(100),
        type: z.string().max(20).optional(),
        display: z.string().max(300).nullish(),
        $ref: z.string().max(2_000).nullish(),
      }),
    )
    .max(MEMBERS_MAX)
    .nullish(),
});

export type UserAttributes = z.output<typeof userAttributes>;
export type SentUser = z.output<typeof userSchema>;
export interface SentGroup {
  readonly displayName: string;
  readonly externalId: string | null;
  /** Null where the resource says nothing of its members. */
  readonly members: readonly string[] | null;
}

/** A body as any resource: its attributes are sorted out afterwards, by their names without case. */
export const resourceBody = z.looseObject({ schemas: z.array(z.string().max(200)).max(20) });

export const patchBody = z.looseObject({
  schemas: z
    .array(z.string().max(200))
    .max(20)
    .refine((all) => all.includes(PATCH_URN), {
      error: `needs ${PATCH_URN}`,
    }),
  Operations: z
    .array(
      z.looseObject({
        op: z
          .string()
          .max(10)
          .transform((op) => op.toLowerCase())
          .pipe(z.enum(["add", "replace", "remove"])),
        path: z.string().max(700).optional(),
        value: z.unknown().optional(),
      }),
    )
    .min(1)
    .max(OPERATIONS_MAX),
});

export function sentUser(sent: ScimObject): SentUser {
  return checked(userSchema, "User", sent);
}

export function sentGroup(sent: ScimObject): SentGroup {
  const { displayName, externalId, members } = checked(groupSchema, "Group", sent);
  if (members?.some(({ type }) => type !== undefined && type.toLowerCase() !== "user") === true) {
    throw scimFailure("invalidValue", "Members of a group are users here; send them flat.");
  }
  const ids = members?.map(({ value }) => value);
  return {
    ...{ displayName, externalId: externalId ?? null },
    members: ids === undefined ? null : [...new Set(ids)],
  };
}

export const attributesSchema = userAttributes;

function checked<T>(schema: z.ZodType<T>, kind: ScimKind, sent: ScimObject): T {
  const parsed = schema.safeParse(keptOf(kind, sent));
  if (parsed.success) return parsed.data;
  const first = parsed.error.issues[0];
  throw scimFailure(
    "invalidValue",
    `The ${kind} is not right at ${first?.path.map(String).join(".")}: ${first?.message}`,
  );
}

interface Resource {
  readonly id: string;
  readonly externalId: string | null;
  readonly createdAt: Instant;
  readonly changedAt: Instant;
  readonly version: number;
}

export interface ScimUser extends Resource {
  readonly userName: string;
  readonly isActive: boolean;
  readonly attributes: UserAttributes;
  readonly groups: readonly { readonly id: string; readonly name: string }[];
}

export interface ScimGroup extends Resource {
  readonly displayName: string;
  readonly members: readonly { readonly id: string; readonly name: string }[];
}

/** Entity tag of a resource (RFC 7644 §3.14). */
export function scimTag(resource: Pick<Resource, "version">): string {
  return `W/"${resource.version}"`;
}

export function userResource(user: ScimUser): ScimObject {
  const { displayName, name, emails } = user.attributes;
  return {
    schemas: [USER_URN],
    id: user.id,
    ...(user.externalId === null ? {} : { externalId: user.externalId }),
    userName: user.userName,
    ...(displayName == null ? {} : { displayName }),
    ...(name == null ? {} : { name }),
    ...(emails == null || emails.length === 0 ? {} : { emails }),
    active: user.isActive,
    groups: user.groups.map(({ id, name: display }) => ({
      ...{ value: id, display, type: "direct" },
      $ref: `/scim/v2/Groups/${id}`,
    })),
    meta: metaOf("User", user),
  };
}

export function groupResource(group: ScimGroup): ScimObject {
  return {
    schemas: [GROUP_URN],
    id: group.id,
    ...(group.externalId === null ? {} : { externalId: group.externalId }),
    displayName: group.displayName,
    members: group.members.map(({ id, name: display }) => ({
      ...{ value: id, display, type: "User" },
      $ref: `/scim/v2/Users/${id}`,
    })),
    meta: metaOf("Group", group),
  };
}

function metaOf(resourceType: ScimKind, of: Resource): ScimObject {
  return {
    resourceType,
    created: instantToText(of.createdAt),
    lastModified: instantToText(of.changedAt),
    location: `/scim/v2/${resourceType}s/${of.id}`,
    version: scimTag(of),
  };
}

/** Only what was asked for (RFC 7644 §3.9); `id` and `schemas` are always there. */
export function chosen(
  resource: ScimObject,
  ask: {
    readonly attributes?: string | undefined;
    readonly excludedAttributes?: string | undefined;
  },
): ScimObject {
  const only = namesIn(ask.attributes);
  const not = namesIn(ask.excludedAttributes);
  return Object.fromEntries(
    Object.entries(resource).filter(([key]) => {
      const name = key.toLowerCase();
      if (name === "id" || name === "schemas") return true;
      return only.length > 0 ? only.includes(name) : !not.includes(name);
    }),
  );
}

function namesIn(text: string | undefined): readonly string[] {
  return (text ?? "")
    .split(",")
    .map(
      (name) =>
        name
          .trim()
          .toLowerCase()
          .replace(/^urn:.*:/, "")
          .split(".")[0] ?? "",
    )
    .filter((name) => name !== "");
}

export function listOf(
  all: readonly ScimObject[],
  of: { readonly total: number; readonly startIndex: number },
): ScimObject {
  return {
    schemas: [LIST_URN],
    totalResults: of.total,
    startIndex: of.startIndex,
    itemsPerPage: all.length,
    Resources: all,
  };
}
