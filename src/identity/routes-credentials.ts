import { z } from "zod";
import { DAY_MS, type Instant, instantToText } from "../base/instant.ts";
import { roleNames } from "../base/permission.ts";
import { parsePublicKeyLine } from "../base/ssh-key.ts";
import { type ServedRoute, servedRoute } from "../ledger/served-route.ts";
import { createToken, listTokens, revokeToken } from "./actions-access.ts";
import { addKey, dropKey, listKeys } from "./actions-keys.ts";
import { addPasskey, askForPasskey } from "./actions-passkeys.ts";
import { type ApiToken, type ApproverKey, TOKEN_LIFE_MS_MAX } from "./model.ts";

/** One's own credentials: tokens for programs, keys with which one approves. */
const ref = z.string().min(1).max(100);
const title = z.string().trim().min(1).max(100);
const time = z.iso.datetime();
const grantText = z.strictObject({ role: z.enum(roleNames), scope: z.string().max(500) });
const DAYS_MAX = TOKEN_LIFE_MS_MAX / DAY_MS;

const tokenSchema = z
  .strictObject({
    id: z.string(),
    subject: z.string(),
    title: z.string(),
    limits: z.array(grantText).nullable(),
    createdAt: time,
    expiresAt: time,
    revokedAt: time.nullable(),
    usedAt: time.nullable(),
  })
  .meta({ id: "Token" });

function tokenReply(token: ApiToken): z.output<typeof tokenSchema> {
  return {
    ...token,
    limits: token.limits === null ? null : [...token.limits],
    createdAt: instantToText(token.createdAt),
    expiresAt: instantToText(token.expiresAt),
    revokedAt: timeOrNull(token.revokedAt),
    usedAt: timeOrNull(token.usedAt),
  };
}

function timeOrNull(instant: Instant | null): string | null {
  return instant === null ? null : instantToText(instant);
}

const getTokens = servedRoute({
  method: "GET",
  path: "/api/v1/tokens",
  summary: "One's own tokens, or a user's for those who may read users.",
  permission: "signed-in",
  query: z.strictObject({ user: ref.optional() }),
  reply: z.strictObject({ items: z.array(tokenSchema) }),
  errors: ["not-found"],
  async handle({ world, actor }, { query }) {
    return { items: (await listTokens(world, actor, query)).map(tokenReply) };
  },
});

const postToken = servedRoute({
  method: "POST",
  path: "/api/v1/tokens",
  summary: "Makes a token for oneself, or for a service; shown once.",
  permission: "signed-in",
  freshProof: "demanded",
  body: z.strictObject({
    title,
    days: z.number().int().min(1).max(DAYS_MAX).default(DAYS_MAX),
    limits: z.array(grantText).min(1).max(20).nullable().default(null),
    user: ref.optional(),
  }),
  reply: z.strictObject({ id: z.string(), token: z.string(), expiresAt: time }),
  status: 201,
  async handle(context, { body }) {
    const { credentialHash } = context.request;
    const made = await createToken(context.world, context.actor, { ...body, credentialHash });
    context.request.markSecret();
    return { id: made.id, token: made.token, expiresAt: instantToText(made.expiresAt) };
  },
});

const deleteToken = servedRoute({
  method: "DELETE",
  path: "/api/v1/tokens/{token}",
  summary: "Revokes a token and every token made with it.",
  permission: "signed-in",
  params: z.strictObject({ token: ref }),
  reply: null,
  errors: ["not-found"],
  async handle({ world, actor }, { params }) {
    await revokeToken(world, actor, params.token);
    return null;
  },
});

const keySchema = z
  .strictObject({
    id: z.string(),
    subject: z.string(),
    class: z.enum(["ssh", "sk", "desk", "page"]),
    type: z.string(),
    base64: z.string(),
    fingerprint: z.string(),
    /** Of passkeys: what a browser calls the key, and the site that it is bound to. */
    credential: z.string().nullable(),
    site: z.string().nullable(),
    title: z.string(),
    addedAt: time,
    removedAt: time.nullable(),
  })
  .meta({ id: "ApproverKey" });

function keyReply(key: ApproverKey): z.output<typeof keySchema> {
  const site = parsePublicKeyLine(`${key.type} ${key.base64}`)?.application ?? null;
  return {
    ...key,
    site,
    addedAt: instantToText(key.addedAt),
    removedAt: timeOrNull(key.removedAt),
  };
}

const getKeys = servedRoute({
  method: "GET",
  path: "/api/v1/keys",
  summary: "One's own approver keys, or a user's for those who may read users.",
  permission: "signed-in",
  query: z.strictObject({ user: ref.optional() }),
  reply: z.strictObject({ items: z.array(keySchema) }),
  errors: ["not-found"],
  async handle({ world, actor }, { query }) {
    return { items: (await listKeys(world, actor, query)).map(keyReply) };
  },
});

const postKey = servedRoute({
  method: "POST",
  path: "/api/v1/keys",
  summary:
    "Adds a public key with which one approves: of a file, a security key, or a desk's passkey.",
  permission: "signed-in",
  freshProof: "demanded",
  body: z.strictObject({ line: z.string().min(1).max(2000), title: title.default("ssh key") }),
  reply: keySchema,
  status: 201,
  errors: ["conflict"],
  async handle({ world, actor, request }, { body }) {
    const { credentialHash } = request;
    return keyReply(await addKey(world, actor, { ...body, credentialHash }));
  },
});

const postPasskeyChallenge = servedRoute({
  method: "POST",
  path: "/api/v1/keys/passkey-challenges",
  summary: "What a browser asks for to make a passkey of this server; good once, for five minutes.",
  permission: "signed-in",
  reply: z.strictObject({
    challenge: z.string(),
    rpId: z.string(),
    user: z.strictObject({ id: z.string(), name: z.string() }),
    known: z.array(z.string()),
  }),
  status: 201,
  async handle({ world, actor }) {
    const asked = await askForPasskey(world, actor);
    return { ...asked, known: [...asked.known] };
  },
});

const base64url = z.string().regex(/^[A-Za-z0-9_-]+$/);

const postPasskey = servedRoute({
  method: "POST",
  path: "/api/v1/keys/passkeys",
  summary: "Adds a passkey that a page of this server just made; class page, ES256 only.",
  permission: "signed-in",
  freshProof: "demanded",
  body: z.strictObject({
    credential: base64url.max(1364),
    clientData: base64url.max(4096).describe("clientDataJSON, base64url"),
    attestation: base64url.max(32_768).describe("attestationObject, base64url"),
    title: title.default("passkey"),
  }),
  reply: keySchema,
  status: 201,
  errors: ["forbidden", "blocked", "conflict"],
  async handle({ world, actor, request }, { body }) {
    const { credential: id, clientData: clientDataJSON, attestation: attestationObject } = body;
    const answer = {
      id,
      rawId: id,
      type: "public-key" as const,
      response: { clientDataJSON, attestationObject },
      clientExtensionResults: {},
    };
    const { credentialHash } = request;
    const given = { answer, title: body.title, credentialHash };
    return keyReply(await addPasskey(world, actor, given));
  },
});

const deleteKey = servedRoute({
  method: "DELETE",
  path: "/api/v1/keys/{key}",
  summary: "Removes an approver key; hosts learn of it with their next policy.",
  permission: "signed-in",
  freshProof: "demanded",
  params: z.strictObject({ key: ref }),
  reply: null,
  errors: ["not-found", "conflict"],
  async handle({ world, actor }, { params }) {
    await dropKey(world, actor, params.key);
    return null;
  },
});

export const credentialRoutes: readonly ServedRoute[] = [
  getTokens,
  postToken,
  deleteToken,
  getKeys,
  postKey,
  postPasskeyChallenge,
  postPasskey,
  deleteKey,
];
