import { z } from "zod";
import { actionOf, actionSchema } from "../base/action.ts";
import { instantToText } from "../base/instant.ts";
import { type ServedRoute, servedRoute } from "../ledger/served-route.ts";
import { askedErasures, askOrErase, heldOn, withdrawAsked } from "./actions-erasure.ts";
import { lookerOf } from "./actions-holds.ts";
import { erasureActions } from "./asked.ts";

const time = z.iso.datetime();
const reason = z.string().trim().min(10).max(4000);
const user = z.string().min(1).max(100);

const getErasures = servedRoute({
  method: "GET",
  path: "/api/v1/erasures",
  summary: "Who is to be erased, as one person asked and nobody else has agreed yet; oldest first.",
  permission: "user.manage",
  reply: z.strictObject({
    items: z.array(
      z.strictObject({
        subject: z.string(),
        handle: z.string(),
        reason: z.string(),
        askedBy: z.string(),
        askedAt: time,
        /** The legal hold that keeps what is held on them. */
        hold: z.string().nullable(),
        actions: z.array(actionSchema),
      }),
    ),
    actions: z.array(actionSchema),
  }),
  async handle({ world, actor }) {
    const asked = await askedErasures(world, actor);
    const looker = await lookerOf(world, actor, "user.manage");
    return {
      items: asked.map((one) => ({
        ...{ subject: one.subject, handle: one.handle, reason: one.reason, hold: one.hold },
        ...{ askedBy: one.askedBy, askedAt: instantToText(one.askedAt) },
        actions: erasureActions(one, looker),
      })),
      actions: [actionOf("ask", "Ask to erase somebody", looker.refusal)],
    };
  },
});

const deleteErasure = servedRoute({
  method: "DELETE",
  path: "/api/v1/users/{user}/erasure",
  summary: "Takes back that a person is to be erased, before another person agrees.",
  permission: "user.manage",
  params: z.strictObject({ user }),
  reply: null,
  errors: ["not-found", "conflict"],
  async handle({ world, actor }, { params }) {
    await withdrawAsked(world, actor, params.user);
    return null;
  },
});

const postErasure = servedRoute({
  method: "POST",
  path: "/api/v1/users/{user}/erasure",
  summary: "Asks to erase what is held on a person; another who does the same erases it for good.",
  permission: "user.manage",
  freshProof: "demanded",
  params: z.strictObject({ user }),
  body: z.strictObject({ reason: reason.optional() }),
  reply: z.strictObject({
    subject: z.string(),
    reason: z.string(),
    askedBy: z.string(),
    askedAt: time,
    doneBy: z.string().nullable(),
    doneAt: time.nullable(),
  }),
  errors: ["not-found", "conflict", "blocked"],
  async handle({ world, actor }, { params, body }) {
    const erasure = await askOrErase(world, actor, { user: params.user, ...body });
    const { withdrawnAt: _, ...rest } = erasure;
    const doneAt = erasure.doneAt === null ? null : instantToText(erasure.doneAt);
    return { ...rest, askedAt: instantToText(erasure.askedAt), doneAt };
  },
});

const getHeldOn = servedRoute({
  method: "GET",
  path: "/api/v1/users/{user}/records",
  summary:
    "All that is held on a person, for an access request; that it was asked for is an event.",
  permission: "user.manage",
  freshProof: "demanded",
  params: z.strictObject({ user }),
  reply: z.record(z.string(), z.unknown()),
  errors: ["not-found"],
  handle: ({ world, actor }, { params }) => heldOn(world, actor, params.user),
});

export const erasureRoutes: readonly ServedRoute[] = [
  getErasures,
  postErasure,
  deleteErasure,
  getHeldOn,
];
