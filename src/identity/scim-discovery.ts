import { GROUP_URN, type ScimObject, USER_URN } from "./scim-attributes.ts";
import { listOf, OPERATIONS_MAX, PAGE_MAX } from "./scim-schemas.ts";

/** What this server says of its own SCIM (RFC 7643 §5 to §7): only what it does. */
const SCHEMA_URN = "urn:ietf:params:scim:schemas:core:2.0:Schema";

export const serviceProviderConfig: ScimObject = {
  schemas: ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
  patch: { supported: true },
  bulk: { supported: false, maxOperations: OPERATIONS_MAX, maxPayloadSize: 1_048_576 },
  filter: { supported: true, maxResults: PAGE_MAX },
  changePassword: { supported: false },
  sort: { supported: false },
  etag: { supported: true },
  authenticationSchemes: [
    {
      type: "oauthbearertoken",
      name: "Bearer token of this directory",
      description: "Made by an administrator of this server; opens SCIM alone.",
      specUri: "https://www.rfc-editor.org/rfc/rfc6750",
      primary: true,
    },
  ],
  meta: { resourceType: "ServiceProviderConfig", location: "/scim/v2/ServiceProviderConfig" },
};

function resourceType(name: string, schema: string): ScimObject {
  return {
    schemas: ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
    ...{ id: name, name, schema, endpoint: `/${name}s` },
    meta: { resourceType: "ResourceType", location: `/scim/v2/ResourceTypes/${name}` },
  };
}

export const resourceTypes: readonly ScimObject[] = [
  resourceType("User", USER_URN),
  resourceType("Group", GROUP_URN),
];

interface Attribute {
  readonly name: string;
  readonly type?: "string" | "boolean" | "complex" | "reference";
  readonly isMany?: true;
  readonly isRequired?: true;
  readonly isReadOnly?: true;
  readonly isExact?: true;
  readonly isUnique?: true;
  readonly parts?: readonly Attribute[];
}

function attribute(of: Attribute): ScimObject {
  const { name, type = "string", parts } = of;
  return {
    ...{ name, type, multiValued: of.isMany ?? false, required: of.isRequired ?? false },
    caseExact: of.isExact ?? false,
    mutability: of.isReadOnly === true ? "readOnly" : "readWrite",
    returned: "default",
    uniqueness: of.isUnique === true ? "server" : "none",
    ...(type === "reference" ? { referenceTypes: ["User", "Group"] } : {}),
    ...(parts === undefined ? {} : { subAttributes: parts.map(attribute) }),
  };
}

function schema(id: string, name: string, attributes: readonly Attribute[]): ScimObject {
  return {
    schemas: [SCHEMA_URN],
    ...{ id, name, description: `${name} of RFC 7643, as far as it is kept here` },
    attributes: attributes.map(attribute),
    meta: { resourceType: "Schema", location: `/scim/v2/Schemas/${id}` },
  };
}

const nameParts: readonly Attribute[] = [
  { name: "formatted" },
  { name: "familyName" },
  { name: "givenName" },
  { name: "middleName" },
  { name: "honorificPrefix" },
  { name: "honorificSuffix" },
];

export const schemas: readonly ScimObject[] = [
  schema(USER_URN, "User", [
    { name: "userName", isRequired: true, isUnique: true },
    { name: "externalId", isExact: true },
    { name: "displayName" },
    { name: "active", type: "boolean" },
    { name: "name", type: "complex", parts: nameParts },
    {
      ...{ name: "emails", type: "complex", isMany: true },
      parts: [
        { name: "value" },
        { name: "type" },
        { name: "primary", type: "boolean" },
        { name: "display" },
      ],
    },
    {
      ...{ name: "groups", type: "complex", isMany: true, isReadOnly: true },
      parts: [
        { name: "value", isReadOnly: true },
        { name: "display", isReadOnly: true },
        { name: "$ref", type: "reference", isReadOnly: true },
      ],
    },
  ]),
  schema(GROUP_URN, "Group", [
    { name: "displayName", isRequired: true, isUnique: true },
    { name: "externalId", isExact: true },
    {
      ...{ name: "members", type: "complex", isMany: true },
      parts: [
        { name: "value", isExact: true },
        { name: "display", isReadOnly: true },
        { name: "type" },
        { name: "$ref", type: "reference" },
      ],
    },
  ]),
];

export const wholeList = (all: readonly ScimObject[]): ScimObject =>
  listOf(all, { total: all.length, startIndex: 1 });
