import { z } from "zod";
import { Failure } from "../base/failure.ts";
import type { RequestFacts } from "../base/request-facts.ts";
import { type ServedRoute, servedRoute } from "../ledger/served-route.ts";
import {
  deleteGroup,
  findGroups,
  makeGroup,
  patchGroup,
  readGroup,
  replaceGroup,
} from "./actions-scim-groups.ts";
import {
  deleteUser,
  findUsers,
  makeUser,
  patchUser,
  readUser,
  replaceUser,
} from "./actions-scim-users.ts";
import type { ScimObject } from "./scim-attributes.ts";
import { resourceTypes, schemas, serviceProviderConfig, wholeList } from "./scim-discovery.ts";
import { parseScimFilter } from "./scim-filter.ts";
import {
  chosen,
  groupResource,
  listOf,
  PAGE_MAX,
  patchBody,
  resourceBody,
  type ScimGroup,
  type ScimUser,
  scimTag,
  userResource,
} from "./scim-schemas.ts";

/**
 * SCIM 2.0 (RFC 7644) for directories that keep people and groups here. Only a directory's own token
 * opens these routes, and it opens no other. Answers are written here, as their media type and the form
 * of their failures are the standard's and not ours.
 */
const json = { contentType: "application/scim+json; charset=utf-8" } as const;
const id = z.string().min(1).max(100);
const one = z.strictObject({ id });
const names = z.string().max(1_000).optional();
const shown = z.object({ attributes: names, excludedAttributes: names });
const whole = z.coerce.number().int();
const listQuery = shown.extend({
  filter: z.string().max(1_000).optional(),
  // RFC 7644 §3.4.2.4: less than one counts as one, a negative count as none.
  startIndex: whole
    .max(1_000_000)
    .default(1)
    .transform((at) => Math.max(1, at)),
  count: whole.default(100).transform((count) => Math.min(PAGE_MAX, Math.max(0, count))),
  sortBy: names,
  sortOrder: names,
});
const directory = "directory";
const USER_BYTES_MAX = 262_144;
/** A member is about a hundred bytes, and a group has twenty thousand. */
const GROUP_BYTES_MAX = 8_388_608;

const text = (value: ScimObject): string => JSON.stringify(value);

function tagged(
  request: RequestFacts,
  of: { readonly version: number; readonly resource: ScimObject },
): ScimObject {
  request.setHeader("etag", scimTag(of));
  const { location } = of.resource["meta"] as { readonly location: string };
  request.setHeader("location", location);
  return of.resource;
}

const userText = (
  request: RequestFacts,
  user: ScimUser,
  ask: z.output<typeof shown> = {},
): string =>
  text(chosen(tagged(request, { version: user.version, resource: userResource(user) }), ask));

const groupText = (
  request: RequestFacts,
  group: ScimGroup,
  ask: z.output<typeof shown> = {},
): string =>
  text(chosen(tagged(request, { version: group.version, resource: groupResource(group) }), ask));

const getConfig = servedRoute({
  method: "GET",
  path: "/scim/v2/ServiceProviderConfig",
  summary: "What this server's SCIM can do.",
  permission: directory,
  reply: json,
  handle: async () => text(serviceProviderConfig),
});

function discovery(name: string, all: readonly ScimObject[]): readonly ServedRoute[] {
  const list = servedRoute({
    method: "GET",
    path: `/scim/v2/${name}`,
    summary: `SCIM discovery: ${name}.`,
    permission: directory,
    reply: json,
    handle: async () => text(wholeList(all)),
  });
  const single = servedRoute({
    method: "GET",
    path: `/scim/v2/${name}/{id}`,
    summary: `SCIM discovery: one of ${name}.`,
    permission: directory,
    params: one,
    reply: json,
    errors: ["not-found"],
    async handle(_, { params }) {
      const found = all.find((resource) => resource["id"] === params.id);
      if (found === undefined) throw new Failure("not-found", `There is no such one of ${name}.`);
      return text(found);
    },
  });
  return [list, single];
}

const getUsers = servedRoute({
  method: "GET",
  path: "/scim/v2/Users",
  summary: "People of this directory, by filter and page.",
  permission: directory,
  query: listQuery,
  reply: json,
  async handle({ world, actor }, { query }) {
    const { startIndex, count } = query;
    const filter = query.filter === undefined ? null : parseScimFilter(query.filter);
    const { all, total } = await findUsers(world, actor, { filter, startIndex, count });
    const resources = all.map((user) => chosen(user, query));
    return text(listOf(resources, { total, startIndex }));
  },
});

const postUser = servedRoute({
  method: "POST",
  path: "/scim/v2/Users",
  summary: "Makes an account for a person of this directory.",
  permission: directory,
  query: shown,
  body: resourceBody,
  bodyBytesMax: USER_BYTES_MAX,
  reply: json,
  status: 201,
  errors: ["conflict", "blocked"],
  async handle({ world, actor, request }, { body, query }) {
    return userText(request, await makeUser(world, actor, body), query);
  },
});

const getUser = servedRoute({
  method: "GET",
  path: "/scim/v2/Users/{id}",
  summary: "One person of this directory.",
  permission: directory,
  params: one,
  query: shown,
  reply: json,
  errors: ["not-found"],
  async handle({ world, actor, request }, { params, query }) {
    return userText(request, await readUser(world, actor, params.id), query);
  },
});

const putUser = servedRoute({
  method: "PUT",
  path: "/scim/v2/Users/{id}",
  summary: "Replaces what the directory says of a person.",
  permission: directory,
  params: one,
  query: shown,
  body: resourceBody,
  bodyBytesMax: USER_BYTES_MAX,
  reply: json,
  errors: ["not-found", "conflict", "blocked"],
  async handle({ world, actor, request }, { params, query, body }) {
    const of = { ...params, sent: body, ifMatch: request.ifMatch };
    return userText(request, await replaceUser(world, actor, of), query);
  },
});

const patchUserRoute = servedRoute({
  method: "PATCH",
  path: "/scim/v2/Users/{id}",
  summary: "Changes parts of what the directory says of a person; inactive works at once.",
  permission: directory,
  params: one,
  query: shown,
  body: patchBody,
  bodyBytesMax: USER_BYTES_MAX,
  reply: json,
  errors: ["not-found", "conflict", "blocked"],
  async handle({ world, actor, request }, { params, query, body }) {
    const of = { ...params, operations: body.Operations, ifMatch: request.ifMatch };
    return userText(request, await patchUser(world, actor, of), query);
  },
});

const deleteUserRoute = servedRoute({
  method: "DELETE",
  path: "/scim/v2/Users/{id}",
  summary: "Takes a person away: disabled, and no more of this directory.",
  permission: directory,
  params: one,
  reply: null,
  errors: ["not-found", "conflict", "blocked"],
  async handle({ world, actor, request }, { params }) {
    await deleteUser(world, actor, { ...params, ifMatch: request.ifMatch });
    return null;
  },
});

/** Members may be thousands, and most who ask do not want them. */
function hasMembers(ask: z.output<typeof shown>): boolean {
  const [only, not] = [ask.attributes, ask.excludedAttributes].map((list) =>
    (list ?? "")
      .toLowerCase()
      .split(",")
      .map((name) => name.trim()),
  );
  if (ask.attributes !== undefined) return only?.includes("members") === true;
  return not?.includes("members") !== true;
}

const getGroups = servedRoute({
  method: "GET",
  path: "/scim/v2/Groups",
  summary: "Groups of this directory, by filter and page.",
  permission: directory,
  query: listQuery,
  reply: json,
  async handle({ world, actor }, { query }) {
    const { startIndex, count } = query;
    const filter = query.filter === undefined ? null : parseScimFilter(query.filter);
    const needs = hasMembers(query) || /members/i.test(query.filter ?? "");
    const asked = { filter, startIndex, count, hasMembers: needs };
    const { all, total } = await findGroups(world, actor, asked);
    const resources = all.map((group) => chosen(group, query));
    return text(listOf(resources, { total, startIndex }));
  },
});

const postGroup = servedRoute({
  method: "POST",
  path: "/scim/v2/Groups",
  summary: "Makes a group of this directory; it gives nothing until a rule here says so.",
  permission: directory,
  query: shown,
  body: resourceBody,
  bodyBytesMax: GROUP_BYTES_MAX,
  reply: json,
  status: 201,
  errors: ["conflict", "blocked"],
  async handle({ world, actor, request }, { body, query }) {
    return groupText(request, await makeGroup(world, actor, body), query);
  },
});

const getGroup = servedRoute({
  method: "GET",
  path: "/scim/v2/Groups/{id}",
  summary: "One group of this directory.",
  permission: directory,
  params: one,
  query: shown,
  reply: json,
  errors: ["not-found"],
  async handle({ world, actor, request }, { params, query }) {
    const group = await readGroup(world, actor, { ...params, hasMembers: hasMembers(query) });
    return groupText(request, group, query);
  },
});

const putGroup = servedRoute({
  method: "PUT",
  path: "/scim/v2/Groups/{id}",
  summary: "Replaces a group and its members.",
  permission: directory,
  params: one,
  query: shown,
  body: resourceBody,
  bodyBytesMax: GROUP_BYTES_MAX,
  reply: json,
  errors: ["not-found", "conflict", "blocked"],
  async handle({ world, actor, request }, { params, query, body }) {
    const of = { ...params, sent: body, ifMatch: request.ifMatch };
    return groupText(request, await replaceGroup(world, actor, of), query);
  },
});

const patchGroupRoute = servedRoute({
  method: "PATCH",
  path: "/scim/v2/Groups/{id}",
  summary: "Changes a group or its members; rights follow at once.",
  permission: directory,
  params: one,
  query: shown,
  body: patchBody,
  bodyBytesMax: GROUP_BYTES_MAX,
  reply: json,
  errors: ["not-found", "conflict", "blocked"],
  async handle({ world, actor, request }, { params, query, body }) {
    const of = { ...params, operations: body.Operations, ifMatch: request.ifMatch };
    return groupText(request, await patchGroup(world, actor, of), query);
  },
});

const deleteGroupRoute = servedRoute({
  method: "DELETE",
  path: "/scim/v2/Groups/{id}",
  summary: "Removes a group; its members lose what it gave.",
  permission: directory,
  params: one,
  reply: null,
  errors: ["not-found", "conflict"],
  async handle({ world, actor, request }, { params }) {
    await deleteGroup(world, actor, { ...params, ifMatch: request.ifMatch });
    return null;
  },
});

export const scimRoutes: readonly ServedRoute[] = [
  getConfig,
  ...discovery(
    "ResourceTypes",
    resourceTypes.map((type) => ({ ...type, id: type["name"] })),
  ),
  ...discovery("Schemas", schemas),
  getUsers,
  postUser,
  getUser,
  putUser,
  patchUserRoute,
  deleteUserRoute,
  getGroups,
  postGroup,
  getGroup,
  putGroup,
  patchGroupRoute,
  deleteGroupRoute,
];
