import { z } from "zod";
import { actionSchema } from "../base/action.ts";
import type { Actor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { instantToText } from "../base/instant.ts";
import { roleNames } from "../base/permission.ts";
import { demandUnscoped } from "../base/unscoped.ts";
import { type ServedRoute, servedRoute } from "../ledger/served-route.ts";
import { addGrant, addUser, changeUser, inviteUser, removeGrant, userTag } from "./actions.ts";
import { unlinkProvider } from "./actions-unlink.ts";
import type { Subject } from "./model.ts";
import { loadSubject, loadSubjects } from "./store.ts";
import { userActions, userListActions } from "./user-actions.ts";

const ref = z.string().min(1).max(100);
const handle = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9.-]{0,62}$/,
    "a handle has small letters, digits, dots and dashes, 63 at most, and begins with a letter or digit",
  );
const name = z.string().trim().min(1).max(200);
const scope = z.string().max(500);
const time = z.iso.datetime();
const USERS = "The list of users";

const userSchema = z
  .strictObject({
    id: z.string(),
    kind: z.enum(["person", "service"]),
    handle: z.string(),
    name: z.string(),
    owner: z.string().nullable(),
    hasPassword: z.boolean(),
    createdAt: time,
    disabledAt: time.nullable(),
    version: z.number().int(),
    grants: z.array(z.strictObject({ id: z.string(), role: z.enum(roleNames), scope: z.string() })),
    actions: z.array(actionSchema),
  })
  .meta({ id: "User" });

function userReply(actor: Actor, user: Subject): z.output<typeof userSchema> {
  return {
    ...user,
    createdAt: instantToText(user.createdAt),
    disabledAt: user.disabledAt === null ? null : instantToText(user.disabledAt),
    grants: user.grants.map((grant) => ({ ...grant })),
    actions: userActions(actor, user),
  };
}

const getUsers = servedRoute({
  method: "GET",
  path: "/api/v1/users",
  summary: "People and services, by handle.",
  permission: "user.read",
  query: z.strictObject({
    cursor: z.string().max(63).default(""),
    limit: z.coerce.number().int().min(1).max(500).default(100),
  }),
  reply: z.strictObject({
    items: z.array(userSchema),
    next: z.string().nullable(),
    actions: z.array(actionSchema),
  }),
  async handle({ world, actor }, { query }) {
    demandUnscoped(actor, "user.read", USERS);
    const users = await loadSubjects(world.db, { after: query.cursor, limit: query.limit });
    const last = users.at(-1);
    const next = last !== undefined && users.length === query.limit ? last.handle : null;
    const items = users.map((user) => userReply(actor, user));
    return { items, next, actions: userListActions(actor) };
  },
});

const postUser = servedRoute({
  method: "POST",
  path: "/api/v1/users",
  summary: "Adds a person, who is then invited, or a service.",
  permission: "user.manage",
  freshProof: "demanded",
  body: z.strictObject({
    kind: z.enum(["person", "service"]).default("person"),
    handle,
    name,
    owner: ref.optional(),
    grants: z
      .array(z.strictObject({ role: z.enum(roleNames), scope }))
      .max(20)
      .default([]),
  }),
  reply: userSchema,
  status: 201,
  errors: ["conflict"],
  async handle({ world, actor, request }, { body }) {
    const user = await addUser(world, actor, body);
    request.setHeader("etag", userTag(user));
    return userReply(actor, user);
  },
});

const getUser = servedRoute({
  method: "GET",
  path: "/api/v1/users/{user}",
  summary: "One person or service, by id or handle.",
  permission: "user.read",
  params: z.strictObject({ user: ref }),
  reply: userSchema,
  errors: ["not-found"],
  async handle({ world, actor, request }, { params }) {
    demandUnscoped(actor, "user.read", USERS);
    const user = await loadSubject(world.db, params.user);
    if (user === null) throw new Failure("not-found", `There is no user ${params.user}.`);
    request.setHeader("etag", userTag(user));
    return userReply(actor, user);
  },
});

const patchUser = servedRoute({
  method: "PATCH",
  path: "/api/v1/users/{user}",
  summary: "Renames, disables or enables a user. Disabling works at once.",
  permission: "user.manage",
  freshProof: "demanded",
  params: z.strictObject({ user: ref }),
  body: z.strictObject({ name: name.optional(), isDisabled: z.boolean().optional() }),
  reply: userSchema,
  errors: ["not-found", "conflict", "blocked"],
  async handle({ world, actor, request }, { params, body }) {
    const { ifMatch } = request;
    const user = await changeUser(world, actor, { user: params.user, ...body, ifMatch });
    request.setHeader("etag", userTag(user));
    return userReply(actor, user);
  },
});

const postGrant = servedRoute({
  method: "POST",
  path: "/api/v1/users/{user}/grants",
  summary: "Grants a role over a label expression; empty means everywhere.",
  permission: "user.manage",
  freshProof: "demanded",
  params: z.strictObject({ user: ref }),
  body: z.strictObject({ role: z.enum(roleNames), scope: scope.default("") }),
  reply: userSchema,
  status: 201,
  errors: ["not-found", "conflict"],
  async handle({ world, actor }, { params, body }) {
    return userReply(actor, await addGrant(world, actor, { user: params.user, ...body }));
  },
});

const deleteGrant = servedRoute({
  method: "DELETE",
  path: "/api/v1/users/{user}/grants/{grant}",
  summary: "Takes a grant away; it stops working with the next request.",
  permission: "user.manage",
  freshProof: "demanded",
  params: z.strictObject({ user: ref, grant: ref }),
  reply: null,
  errors: ["not-found", "blocked"],
  async handle({ world, actor }, { params }) {
    await removeGrant(world, actor, params);
    return null;
  },
});

const postInvite = servedRoute({
  method: "POST",
  path: "/api/v1/users/{user}/invite",
  summary: "Makes a one-time secret with which the person signs in first; 15 minutes.",
  permission: "user.manage",
  freshProof: "demanded",
  params: z.strictObject({ user: ref }),
  reply: z.strictObject({ invite: z.string(), expiresAt: time }),
  status: 201,
  errors: ["not-found", "conflict"],
  async handle({ world, actor, request }, { params }) {
    request.markSecret();
    const made = await inviteUser(world, actor, params.user);
    return { invite: made.invite, expiresAt: instantToText(made.expiresAt) };
  },
});

const deleteProvider = servedRoute({
  method: "DELETE",
  path: "/api/v1/users/{user}/providers/{provider}",
  summary:
    "Takes a person's link to a provider away, as it is another's or a directory made them anew; sessions by it end.",
  permission: "user.manage",
  freshProof: "demanded",
  params: z.strictObject({ user: ref, provider: z.string().min(1).max(40) }),
  reply: null,
  errors: ["not-found"],
  async handle({ world, actor }, { params }) {
    await unlinkProvider(world, actor, params);
    return null;
  },
});

export const routes: readonly ServedRoute[] = [
  getUsers,
  postUser,
  getUser,
  patchUser,
  postGrant,
  deleteGrant,
  postInvite,
  deleteProvider,
];
