import { z } from "zod";
import { instantToText } from "../base/instant.ts";
import { fingerprint, parsePublicKeyLine } from "../base/ssh-key.ts";
import { type Route, route } from "../db/world.ts";
import { isOneSignature, signatureFields } from "../identity/given-signature.ts";
import { keyClasses } from "../identity/model.ts";
import { showOpening, signOpening } from "./actions-open-wave.ts";
import type { WaveSignature } from "./store-wave-signatures.ts";

/** Letting a wave open by signature, where its ring demands some. */

const NUMBER_MAX = 2 ** 31 - 1;
const params = z.strictObject({
  rollout: z.string().min(1).max(64).describe("an id, or a number such as R-7"),
  wave: z.coerce.number().int().min(1).max(NUMBER_MAX),
});

const signatureSchema = z.strictObject({
  by: z.string(),
  keyClass: z.enum(keyClasses),
  keyFingerprint: z.string(),
  at: z.iso.datetime(),
  document: z.string(),
  signature: z.string(),
});

function signatureReply(of: WaveSignature): z.output<typeof signatureSchema> {
  const key = parsePublicKeyLine(of.keyLine);
  return {
    by: of.handle,
    keyClass: of.keyClass,
    keyFingerprint: key === null ? "" : fingerprint(key),
    at: instantToText(of.at),
    document: of.document,
    signature: of.signature,
  };
}

const getOpening = route({
  method: "GET",
  path: "/api/v1/rollouts/{rollout}/waves/{wave}/opening",
  summary: "What an approver signs to let a wave open, with where the waves before stand.",
  permission: "rollout.read",
  params,
  reply: z.strictObject({
    rollout: z.string(),
    wave: z.number().int(),
    ring: z.string(),
    need: z.number().int().describe("0: the ring asks for none"),
    given: z.array(signatureSchema),
    evidence: z.string().describe("its SHA-256 stands in the document"),
    document: z.string().describe("sign its exact bytes, namespace fettle-gate-v1"),
  }),
  errors: ["not-found"],
  async handle({ world, actor }, given) {
    const opening = await showOpening(world, actor, given.params);
    const { number, wave, ring, need, evidence, document } = opening;
    const signatures = opening.given.map(signatureReply);
    return { rollout: `R-${number}`, wave, ring, need, given: signatures, evidence, document };
  },
});

const postOpening = route({
  method: "POST",
  path: "/api/v1/rollouts/{rollout}/waves/{wave}/opening",
  summary: "An approver's own signature that the wave may open; never the requester's.",
  permission: "change.approve",
  status: 201,
  params,
  body: z
    .strictObject({ document: z.string().min(1).max(4096), ...signatureFields })
    .refine(isOneSignature, { error: "give a signature or a passkey's answer, one of them" }),
  reply: signatureSchema,
  errors: ["not-found", "forbidden", "blocked", "conflict"],
  async handle({ world, actor }, { params: ref, body }) {
    return signatureReply(await signOpening(world, actor, { ...ref, ...body }));
  },
});

export const openingRoutes: readonly Route[] = [getOpening, postOpening];
