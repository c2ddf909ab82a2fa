import { z } from "zod";
import { actionSchema } from "../base/action.ts";
import { Failure } from "../base/failure.ts";
import { type Route, route } from "../db/world.ts";
import { haltScope } from "./actions-halt.ts";
import { agreeToLift, agreeToResume, liftScope, resume } from "./actions-resume.ts";
import { haltEverything, showHalts } from "./actions-show.ts";
import { askOf, askSchema, summaryOf, summarySchema, textOrNull } from "./routes-schema.ts";
import type { WideScope } from "./store-halts.ts";

/** Halts that reach further than one rollout, and going on, which takes two people. */

const rolloutParams = z.strictObject({
  rollout: z.string().min(1).max(64).describe("an id, or a number such as R-7"),
});
const reason = z.string().trim().min(1).max(1000);

const postResume = route({
  method: "POST",
  path: "/api/v1/rollouts/{rollout}/resume",
  summary:
    "Asks to go on; somebody else who may approve has to agree, unless the policy asks for nobody.",
  permission: "rollout.operate",
  byElevation: true,
  freshProof: "demanded",
  params: rolloutParams,
  body: z.strictObject({ reason }),
  reply: summarySchema,
  errors: ["not-found", "blocked", "forbidden"],
  handle: async ({ world, actor }, { params, body }) =>
    summaryOf(await resume(world, actor, { ...params, ...body })),
});

const postAgreement = route({
  method: "POST",
  path: "/api/v1/rollouts/{rollout}/resume/agreement",
  summary:
    "Goes on, as another person asked; acknowledges the failures seen so far and no later ones.",
  permission: "change.approve",
  freshProof: "demanded",
  params: rolloutParams,
  body: z.strictObject({ reason }),
  reply: summarySchema,
  errors: ["not-found", "blocked", "forbidden"],
  handle: async ({ world, actor }, { params, body }) =>
    summaryOf(await agreeToResume(world, actor, { ...params, ...body })),
});

const SCOPE = /^(all|ring:[a-z0-9][a-z0-9.-]{0,62}|service:[A-Za-z0-9][A-Za-z0-9._-]{0,62})$/;
const scope = z.string().regex(SCOPE, "all, ring:NAME or service:NAME");

const getHalts = route({
  method: "GET",
  path: "/api/v1/halts",
  summary: "Lists the halts that reach further than one rollout.",
  permission: "rollout.read",
  reply: z.strictObject({
    items: z.array(
      z.strictObject({
        scope: z.string(),
        isFrozen: z.boolean(),
        since: z.string().nullable(),
        asked: askSchema.nullable().describe("who asked to lift it, where nobody agreed yet"),
        actions: z.array(actionSchema),
      }),
    ),
    actions: z.array(actionSchema),
  }),
  async handle({ world, actor }) {
    const halts = await showHalts(world, actor);
    const items = halts.map(({ scope, isFrozen, since, asked, actions }) => ({
      ...{ scope, isFrozen, since: textOrNull(since), actions: [...actions] },
      asked: asked === null ? null : askOf(asked),
    }));
    return { items, actions: [haltEverything(actor)] };
  },
});

const postHalt = route({
  method: "POST",
  path: "/api/v1/halts",
  summary: "Halts everything, a ring or a service, at once.",
  permission: "rollout.halt",
  body: z.strictObject({ scope, freeze: z.boolean().default(false), reason }),
  reply: null,
  errors: ["forbidden"],
  async handle({ world, actor }, { body }) {
    const { freeze: isFrozen, reason } = body;
    await haltScope(world, actor, { scope: scopeFrom(body.scope), isFrozen, reason });
    return null;
  },
});

const postLift = route({
  method: "POST",
  path: "/api/v1/halts/lift",
  summary:
    "Asks to lift such a halt; somebody else who may approve has to agree, unless the policy asks for nobody.",
  permission: "rollout.operate",
  freshProof: "demanded",
  body: z.strictObject({ scope, reason }),
  reply: z.strictObject({ isLifted: z.boolean() }),
  errors: ["forbidden", "blocked"],
  handle: async ({ world, actor }, { body }) =>
    liftScope(world, actor, { scope: scopeFrom(body.scope), reason: body.reason }),
});

const postLiftAgreement = route({
  method: "POST",
  path: "/api/v1/halts/lift/agreement",
  summary: "Lifts such a halt, as another person asked.",
  permission: "change.approve",
  freshProof: "demanded",
  body: z.strictObject({ scope, reason }),
  reply: null,
  errors: ["forbidden", "blocked"],
  async handle({ world, actor }, { body }) {
    await agreeToLift(world, actor, { scope: scopeFrom(body.scope), reason: body.reason });
    return null;
  },
});

function scopeFrom(text: string): WideScope {
  if (text === "all") return "all";
  if (text.startsWith("ring:")) return `ring:${text.slice("ring:".length)}`;
  if (text.startsWith("service:")) return `service:${text.slice("service:".length)}`;
  throw new Failure("invalid", "A scope is all, ring:NAME or service:NAME.");
}

export const haltRoutes: readonly Route[] = [
  postResume,
  postAgreement,
  getHalts,
  postHalt,
  postLift,
  postLiftAgreement,
];
