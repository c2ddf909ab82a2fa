import { z } from "zod";
import { instantToText } from "../base/instant.ts";
import { type Route, route } from "../db/world.ts";
import { isOneSignature, signatureFields } from "../identity/given-signature.ts";
import { keyClasses } from "../identity/model.ts";
import {
  draftRevocation,
  fingerprintOf,
  listRevocations,
  retellRevocation,
  revoke,
  showRevocation,
} from "./actions-revoke.ts";
import { toldOutcomes } from "./revocation.ts";
import type { ListedRevocation, ToldHost } from "./store-revocations.ts";

/** Revoking plans and keys, and which hosts have heard of it. */

const LIST_MAX = 200;
const time = z.iso.datetime();
const params = z.strictObject({ revocation: z.uuid() });
const rootName = z.string().regex(/^[a-z0-9][a-z0-9.-]{0,62}$/, "the name of a root, such as r1");

const revocationSchema = z
  .strictObject({
    id: z.string(),
    what: z.enum(["plan", "key"]),
    target: z.string().describe("a plan's digest, or a key's fingerprint"),
    change: z.string().nullable(),
    signer: z.string(),
    keyClass: z.enum([...keyClasses, "root"]),
    keyFingerprint: z.string(),
    reason: z.string(),
    at: time,
    document: z.string(),
    signature: z.string(),
    taken: z.number().int(),
    refused: z.number().int().describe("hosts that do not believe the key that signed"),
    waiting: z.number().int().describe("hosts that were not reached yet"),
  })
  .meta({ id: "Revocation" });

const toldSchema = z.strictObject({
  host: z.string(),
  outcome: z.enum(toldOutcomes),
  code: z.string().nullable(),
  why: z.string().nullable(),
  tries: z.number().int(),
  triedAt: time.nullable(),
  nextAt: time.nullable(),
});

function revocationReply(of: ListedRevocation): z.output<typeof revocationSchema> {
  const { id, what, signer, reason, signature, taken, refused, waiting } = of;
  return {
    ...{ id, what, signer, reason, signature, taken, refused, waiting },
    target: of.targetFingerprint ?? of.target,
    change: of.changeNumber === null ? null : `C-${of.changeNumber}`,
    keyClass: of.class,
    keyFingerprint: fingerprintOf(of.keyLine),
    at: instantToText(of.at),
    document: of.text,
  };
}

function toldReply({ name, outcome, code, why, tries, triedAt, nextAt }: ToldHost) {
  return {
    ...{ host: name, outcome, code, why, tries },
    triedAt: triedAt === null ? null : instantToText(triedAt),
    nextAt: outcome === "waiting" ? instantToText(nextAt) : null,
  };
}

const getDraft = route({
  method: "GET",
  path: "/api/v1/revocation-draft",
  summary: "What an approver or a root signs to revoke a change's plan, or a root a person's key.",
  permission: "change.approve",
  query: z
    .strictObject({
      change: z.string().min(1).max(64).optional(),
      key: z.string().startsWith("SHA256:").max(64).optional(),
    })
    .refine(({ change, key }) => (change === undefined) !== (key === undefined), {
      error: "give a change or a key, one of them",
    }),
  reply: z.strictObject({
    document: z.string().describe("sign its exact bytes, namespace fettle-revoke-v1"),
    what: z.enum(["plan", "key"]),
    target: z.string().describe("a plan's digest, or a key's base64"),
  }),
  errors: ["not-found", "forbidden"],
  handle: ({ world, actor }, { query: { change, key = "" } }) =>
    draftRevocation(world, actor, change === undefined ? { key } : { change }),
});

const postRevocation = route({
  method: "POST",
  path: "/api/v1/revocations",
  summary:
    "Revokes a plan (an approver or a root signs) or a key (a root signs): ends it here and tells hosts.",
  permission: "change.approve",
  freshProof: "signature",
  status: 201,
  body: z
    .strictObject({
      document: z.string().min(1).max(4096),
      root: rootName.optional().describe("whose key signed, as host policies name it"),
      reason: z.string().trim().min(1).max(4000),
      ...signatureFields,
    })
    .refine(isOneSignature, { error: "give a signature or a passkey's answer, one of them" }),
  reply: revocationSchema,
  errors: ["invalid", "not-found", "forbidden", "conflict"],
  handle: async ({ world, actor }, { body }) => revocationReply(await revoke(world, actor, body)),
});

const getRevocations = route({
  method: "GET",
  path: "/api/v1/revocations",
  summary: "What was revoked, newest first, with how many hosts have heard of it.",
  permission: "change.read",
  query: z.strictObject({ limit: z.coerce.number().int().min(1).max(LIST_MAX).default(LIST_MAX) }),
  reply: z.strictObject({ items: z.array(revocationSchema) }),
  handle: async ({ world, actor }, { query }) => {
    const found = await listRevocations(world, actor, query.limit);
    return { items: found.map(revocationReply) };
  },
});

const getRevocation = route({
  method: "GET",
  path: "/api/v1/revocations/{revocation}",
  summary: "One revocation: which hosts took it, which refused it and why, and which wait.",
  permission: "change.read",
  params,
  reply: z.strictObject({ revocation: revocationSchema, hosts: z.array(toldSchema) }),
  errors: ["not-found"],
  async handle({ world, actor }, given) {
    const shown = await showRevocation(world, actor, given.params.revocation);
    return {
      revocation: revocationReply(shown.revocation),
      hosts: shown.hosts.map(toldReply),
    };
  },
});

const postRetelling = route({
  method: "POST",
  path: "/api/v1/revocations/{revocation}/retelling",
  summary: "Tells all hosts of yours again that have not taken it, those that refused it too.",
  permission: "change.approve",
  params,
  reply: z.strictObject({ hosts: z.number().int() }),
  errors: ["not-found"],
  handle: async ({ world, actor }, given) => ({
    hosts: await retellRevocation(world, actor, given.params.revocation),
  }),
});

export const revocationRoutes: readonly Route[] = [
  getDraft,
  postRevocation,
  getRevocations,
  getRevocation,
  postRetelling,
];
