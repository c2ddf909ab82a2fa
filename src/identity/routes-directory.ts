import { z } from "zod";
import { DAY_MS, type Instant, instantToText } from "../base/instant.ts";
import { roleNames } from "../base/permission.ts";
import { type ServedRoute, servedRoute } from "../ledger/served-route.ts";
import {
  addDirectory,
  addRule,
  adoptUser,
  listDirectories,
  listRules,
  makeDirectoryToken,
  removeRule,
} from "./actions-directory.ts";
import { TOKEN_LIFE_MS_MAX } from "./model.ts";
import type { Directory } from "./store-directory.ts";

/** Directories that keep people here by SCIM, for whoever manages users. */
const ref = z.string().min(1).max(100);
const time = z.iso.datetime();
const handle = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.-]{0,62}$/, "is a handle: small letters, digits, dots and dashes");
const DAYS_MAX = TOKEN_LIFE_MS_MAX / DAY_MS;

const directorySchema = z
  .strictObject({
    id: z.string(),
    handle: z.string(),
    title: z.string(),
    madeAt: time,
    disabledAt: time.nullable(),
    users: z.number().int(),
    groups: z.number().int(),
    usedAt: time.nullable(),
    endsAt: time.nullable().describe("when its last live token ends; null: it has none"),
  })
  .meta({ id: "Directory" });

const ruleSchema = z
  .strictObject({
    id: z.string(),
    group: z.string(),
    role: z.enum(roleNames),
    scope: z.string(),
  })
  .meta({ id: "GroupRule" });

const textOf = (at: Instant | null): string | null => (at === null ? null : instantToText(at));

function reply(directory: Directory): z.output<typeof directorySchema> {
  const { madeAt, disabledAt, usedAt, endsAt } = directory;
  return {
    ...directory,
    madeAt: instantToText(madeAt),
    disabledAt: textOf(disabledAt),
    usedAt: textOf(usedAt),
    endsAt: textOf(endsAt),
  };
}

const getDirectories = servedRoute({
  method: "GET",
  path: "/api/v1/directories",
  summary: "Directories that keep people and groups here by SCIM.",
  permission: "user.read",
  reply: z.strictObject({ items: z.array(directorySchema) }),
  async handle({ world, actor }) {
    return { items: (await listDirectories(world, actor)).map(reply) };
  },
});

const postDirectory = servedRoute({
  method: "POST",
  path: "/api/v1/directories",
  summary: "Adds a directory, which then needs a token.",
  permission: "user.manage",
  freshProof: "demanded",
  body: z.strictObject({ handle, title: z.string().trim().min(1).max(100) }),
  reply: directorySchema,
  status: 201,
  errors: ["conflict"],
  async handle({ world, actor }, { body }) {
    return reply(await addDirectory(world, actor, body));
  },
});

const postToken = servedRoute({
  method: "POST",
  path: "/api/v1/directories/{directory}/tokens",
  summary: "Makes a token that opens SCIM for that directory and nothing else; shown once.",
  permission: "user.manage",
  freshProof: "demanded",
  params: z.strictObject({ directory: ref }),
  body: z.strictObject({ days: z.number().int().min(1).max(DAYS_MAX).default(DAYS_MAX) }),
  reply: z.strictObject({ id: z.string(), token: z.string(), expiresAt: time }),
  status: 201,
  errors: ["not-found"],
  async handle({ world, actor, request }, { params, body }) {
    request.markSecret();
    const made = await makeDirectoryToken(world, actor, { ...params, ...body });
    return { id: made.id, token: made.token, expiresAt: instantToText(made.expiresAt) };
  },
});

const getRules = servedRoute({
  method: "GET",
  path: "/api/v1/directories/{directory}/rules",
  summary: "What groups of a directory may do here.",
  permission: "user.read",
  params: z.strictObject({ directory: ref }),
  reply: z.strictObject({ items: z.array(ruleSchema) }),
  errors: ["not-found"],
  async handle({ world, actor }, { params }) {
    const rules = await listRules(world, actor, params.directory);
    return { items: rules.map(({ directory: _, ...rule }) => rule) };
  },
});

const postRule = servedRoute({
  method: "POST",
  path: "/api/v1/directories/{directory}/rules",
  summary:
    "Gives members of a group a role within a label expression, as far as one holds it oneself.",
  permission: "user.manage",
  freshProof: "demanded",
  params: z.strictObject({ directory: ref }),
  body: z.strictObject({
    group: z.string().trim().min(1).max(300),
    role: z.enum(roleNames),
    scope: z.string().max(500).default(""),
  }),
  reply: ruleSchema,
  status: 201,
  errors: ["not-found", "conflict"],
  async handle({ world, actor }, { params, body }) {
    const { directory: _, ...rule } = await addRule(world, actor, { ...params, ...body });
    return rule;
  },
});

const deleteRule = servedRoute({
  method: "DELETE",
  path: "/api/v1/directories/{directory}/rules/{rule}",
  summary: "Takes a rule away; its members lose what it gave at once.",
  permission: "user.manage",
  freshProof: "demanded",
  params: z.strictObject({ directory: ref, rule: ref }),
  reply: null,
  errors: ["not-found", "blocked"],
  async handle({ world, actor }, { params }) {
    await removeRule(world, actor, params);
    return null;
  },
});

const postUser = servedRoute({
  method: "POST",
  path: "/api/v1/directories/{directory}/users",
  summary: "Hands an account of this server over to a directory, under the name it has there.",
  permission: "user.manage",
  freshProof: "demanded",
  params: z.strictObject({ directory: ref }),
  body: z.strictObject({ user: ref, userName: z.string().trim().min(1).max(300) }),
  reply: null,
  errors: ["not-found", "conflict"],
  async handle({ world, actor }, { params, body }) {
    await adoptUser(world, actor, { ...params, ...body });
    return null;
  },
});

export const directoryRoutes: readonly ServedRoute[] = [
  getDirectories,
  postDirectory,
  postToken,
  getRules,
  postRule,
  deleteRule,
  postUser,
];
