import { z } from "zod";
import { instantToText } from "../base/instant.ts";
import { type Route, route } from "../db/world.ts";
import { orderRevert } from "./actions-revert.ts";
import { showReadings, signGate } from "./actions-sign.ts";
import { readingKinds } from "./gate-state.ts";
import { summaryOf, summarySchema } from "./routes-schema.ts";

/** Gates of a rollout over HTTP: what people say about them, what was measured, and the way back. */

const NUMBER_MAX = 2 ** 31 - 1;
const rollout = z.string().min(1).max(64).describe("an id, or a number such as R-7");
const reason = z.string().trim().min(1).max(1000);
const gateParams = z.strictObject({
  rollout,
  wave: z.coerce.number().int().min(0).max(NUMBER_MAX).describe("0: after the last wave"),
  gate: z.string().min(1).max(64),
});

const postWord = route({
  method: "POST",
  path: "/api/v1/rollouts/{rollout}/waves/{wave}/gates/{gate}/word",
  summary: "Accepts or refuses a gate, with a reason: signs it off, or judges an unclear one.",
  permission: "rollout.read",
  freshProof: "demanded",
  params: gateParams,
  body: z.strictObject({ verdict: z.enum(["accept", "refuse"]), reason }),
  reply: null,
  errors: ["not-found", "blocked", "forbidden"],
  async handle({ world, actor }, { params, body }) {
    await signGate(world, actor, { ...params, ...body });
    return null;
  },
});

const getReadings = route({
  method: "GET",
  path: "/api/v1/rollouts/{rollout}/waves/{wave}/gates/{gate}/readings",
  summary: "Lists what was measured for a gate, newest first, with the evidence and its digest.",
  permission: "rollout.read",
  params: gateParams,
  query: z.strictObject({ limit: z.coerce.number().int().min(1).max(1000).default(20) }),
  reply: z.strictObject({
    items: z.array(
      z.strictObject({
        id: z.string(),
        at: z.string(),
        kind: z.enum(readingKinds),
        words: z.string(),
        evidence: z.unknown(),
        digest: z.string().describe("SHA-256 of the evidence's canonical text (RFC 8785)"),
      }),
    ),
  }),
  errors: ["not-found"],
  async handle({ world, actor }, { params, query }) {
    const readings = await showReadings(world, actor, { ...params, ...query });
    return { items: readings.map((one) => ({ ...one, at: instantToText(one.at) })) };
  },
});

const postRevert = route({
  method: "POST",
  path: "/api/v1/rollouts/{rollout}/revert",
  summary: "Takes back a host, a wave, or everything, within the time that the plan allows.",
  permission: "rollout.operate",
  byElevation: true,
  params: z.strictObject({ rollout }),
  body: z
    .strictObject({
      wave: z.number().int().min(1).max(NUMBER_MAX).optional(),
      host: z.string().min(1).max(128).optional(),
      reason,
    })
    .refine(({ wave, host }) => wave === undefined || host === undefined, {
      message: "name a wave or a host, not both",
    }),
  reply: z.strictObject({ rollout: summarySchema, hosts: z.number() }),
  errors: ["not-found", "blocked", "forbidden"],
  async handle({ world, actor }, { params, body }) {
    const { wave = null, host = null, reason } = body;
    const ordered = await orderRevert(world, actor, { ...params, wave, host, reason });
    return { rollout: summaryOf(ordered.rollout), hosts: ordered.hosts };
  },
});

export const gateRoutes: readonly Route[] = [postWord, getReadings, postRevert];
