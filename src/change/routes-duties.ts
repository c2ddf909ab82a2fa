import { z } from "zod";
import { scopesFor } from "../base/actor.ts";
import { DAY_MS, instantToText } from "../base/instant.ts";
import { type Route, route } from "../db/world.ts";
import { loadSubjectNames } from "../identity/store.ts";
import { decideAfterwards, reviewChange } from "./actions-duties.ts";
import { dutyReply, dutySchema, followUpSchema } from "./control-reply.ts";
import { closureCodes } from "./duty.ts";
import { measuresOf } from "./measure.ts";
import { changeSchema, replyFor } from "./routes-change-reply.ts";
import { countEnded, loadOpenDuties } from "./store-duties.ts";

/** What emergencies owe, reviews, and how well changes go, over HTTP. */
const time = z.iso.datetime({ offset: true });
const changeRef = z.string().min(1).max(64);
const words = z.string().trim().min(1).max(4000);
const FOLLOW_UPS_MAX = 50;

const postAfterwards = route({
  method: "POST",
  path: "/api/v1/changes/{change}/afterwards",
  summary: "Decides about an emergency afterwards, as somebody who had no part in it.",
  permission: "change.approve",
  freshProof: "demanded",
  params: z.strictObject({ change: changeRef }),
  body: z.strictObject({ outcome: z.enum(["accepted", "refused"]), reason: words }),
  reply: changeSchema,
  errors: ["not-found", "forbidden"],
  async handle(context, { params, body }) {
    const decided = { ...body, change: params.change };
    return replyFor(context, await decideAfterwards(context.world, context.actor, decided));
  },
});

const postReview = route({
  method: "POST",
  path: "/api/v1/changes/{change}/review",
  summary: "Says once what came of a change: the goal, the cause, and who does what until when.",
  permission: "change.vote",
  status: 201,
  params: z.strictObject({ change: changeRef }),
  body: z.strictObject({
    closure: z.enum(closureCodes),
    isGoalMet: z.boolean(),
    cause: words,
    actions: z.array(followUpSchema).max(FOLLOW_UPS_MAX).default([]),
  }),
  reply: z.strictObject({ closure: z.enum(closureCodes), isGoalMet: z.boolean(), at: time }),
  errors: ["not-found", "forbidden"],
  async handle({ world, actor }, { params, body }) {
    const made = await reviewChange(world, actor, { ...body, change: params.change });
    const { closure, isGoalMet, at } = made;
    return { closure, isGoalMet, at: instantToText(at) };
  },
});

const getDuties = route({
  method: "GET",
  path: "/api/v1/change-duties",
  summary: "What emergencies still owe, the most urgent first.",
  permission: "change.read",
  query: z.strictObject({ limit: z.coerce.number().int().min(1).max(1000).default(100) }),
  reply: z.strictObject({
    items: z.array(dutySchema.extend({ change: z.string(), title: z.string() })),
  }),
  async handle({ world, actor }, { query }) {
    const scopes = scopesFor(actor, "change.read");
    const open = await loadOpenDuties(world.db, { scopes, limit: query.limit });
    const done = open.flatMap(({ doneBy }) => doneBy ?? []);
    const names = new Map<string, string>(
      (await loadSubjectNames(world.db, done)).map(({ id, handle }) => [id, handle]),
    );
    const nameOf = (subject: string): string => names.get(subject) ?? "";
    const now = world.clock();
    return {
      items: open.map((duty) => ({
        ...dutyReply(duty, { now, nameOf }),
        ...{ change: `C-${duty.number}`, title: duty.title },
      })),
    };
  },
});

const share = z.number().min(0).max(1).nullable();

const getMeasures = route({
  method: "GET",
  path: "/api/v1/change-measures",
  summary: "How well changes went: success, emergencies, backed out, time from request to end.",
  permission: "change.read",
  query: z.strictObject({ days: z.coerce.number().int().min(1).max(1000).default(90) }),
  reply: z.strictObject({
    days: z.number().int(),
    ended: z.number().int(),
    /** Shares of what ended; null where nothing did. */
    successful: share,
    emergency: share,
    backedOut: share,
    leadSeconds: z.number().nullable(),
  }),
  async handle({ world, actor }, { query }) {
    const since = world.clock() - query.days * DAY_MS;
    const scopes = scopesFor(actor, "change.read");
    const { leadMs, ...measures } = measuresOf(await countEnded(world.db, { since, scopes }));
    return { days: query.days, ...measures, leadSeconds: leadMs === null ? null : leadMs / 1000 };
  },
});

export const dutyRoutes: readonly Route[] = [postAfterwards, postReview, getDuties, getMeasures];
