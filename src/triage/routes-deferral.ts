import { z } from "zod";
import { actionOf, actionSchema, lacksRight } from "../base/action.ts";
import { type Actor, holdsAnywhere, scopesFor } from "../base/actor.ts";
import { instantToText } from "../base/instant.ts";
import { skip, total } from "../base/list-page.ts";
import { wordList, wordSchema } from "../base/word.ts";
import { type RequestContext, type Route, route } from "../db/world.ts";
import { loadSubjectNames } from "../identity/store.ts";
import { requireVisiblePatch } from "./actions.ts";
import {
  cancelDeferral,
  deferralOutlook,
  requireDeferral,
  startDeferral,
} from "./actions-deferral.ts";
import { deferralReasonWords, deferralStateWords } from "./decision-words.ts";
import {
  costInWords,
  type Deferral,
  type DeferralCost,
  deferralReasons,
  deferralStates,
} from "./deferral.ts";
import { loadPatch } from "./store.ts";
import { countDeferrals, loadDeferrals } from "./store-deferral.ts";

/** Deferrals over HTTP: what waiting costs, told before it is accepted. */

const time = z.iso.datetime({ offset: true });
const params = z.strictObject({ deferral: z.string().min(2).max(64) });

const costSchema = z
  .strictObject({
    days: z.number(),
    hosts: z.number().int(),
    exposedHosts: z.number().int(),
    findingDays: z.number(),
    pointsPerDay: z.number(),
    points: z.number(),
    knownExploited: z.array(z.string()),
    deadline: time.nullable(),
    daysOverdue: z.number(),
    policy: z.string(),
    /** All of it in words. */
    sentences: z.array(z.string()),
  })
  .meta({ id: "DeferralCost" });

function costReply(cost: DeferralCost): z.output<typeof costSchema> {
  return {
    ...cost,
    knownExploited: [...cost.knownExploited],
    deadline: cost.deadline === null ? null : instantToText(cost.deadline),
    sentences: [...costInWords(cost)],
  };
}

const deferralSchema = z
  .strictObject({
    id: z.string(),
    ref: z.string(),
    state: z.enum(deferralStates),
    label: z.string(),
    patch: z.string().nullable(),
    ecosystem: z.string(),
    source: z.string(),
    vulnerabilities: z.array(z.string()),
    reasonClass: z.enum(deferralReasons),
    reasonLabel: z.string(),
    reason: z.string(),
    owner: z.string(),
    until: time,
    cost: costSchema,
    startedBy: z.string(),
    startedAt: time,
    movedAt: time,
    closedReason: z.string().nullable(),
    actions: z.array(actionSchema),
  })
  .meta({ id: "Deferral" });

type DeferralReply = z.output<typeof deferralSchema>;

async function repliesFor(
  { world, actor }: Pick<RequestContext, "world" | "actor">,
  deferrals: readonly Deferral[],
): Promise<DeferralReply[]> {
  const people = [...new Set(deferrals.flatMap((one) => [one.owner, one.startedBy]))];
  const names = new Map((await loadSubjectNames(world.db, people)).map((n) => [n.id, n.handle]));
  const replies: DeferralReply[] = [];
  for (const one of deferrals) {
    const patch = one.patch === null ? null : await loadPatch(world.db, one.patch);
    const { number, ...rest } = one;
    replies.push({
      ...rest,
      ref: `D-${number}`,
      label: deferralStateWords[one.state][1],
      patch: patch === null ? null : `P-${patch.number}`,
      vulnerabilities: [...one.vulnerabilities],
      reasonLabel: deferralReasonWords[one.reasonClass][1],
      owner: names.get(one.owner) ?? "",
      until: instantToText(one.until),
      cost: costReply(one.cost),
      startedBy: names.get(one.startedBy) ?? "",
      startedAt: instantToText(one.startedAt),
      movedAt: instantToText(one.movedAt),
      actions: [actionOf("cancel", "Cancel", cancelRefusal(one, actor))],
    });
  }
  return replies;
}

function cancelRefusal(deferral: Deferral, actor: Actor): string | null {
  const right = lacksRight(holdsAnywhere(actor, "patch.edit"), "patch.edit");
  return right ?? (deferral.state === "active" ? null : "It is over already.");
}

async function oneReply(context: RequestContext, deferral: Deferral): Promise<DeferralReply> {
  const [reply] = await repliesFor(context, [deferral]);
  return reply as DeferralReply;
}

const asked = {
  patch: z.string().min(1).max(64).optional().describe("a case, or"),
  source: z.string().min(1).max(128).optional().describe("a source package"),
  ecosystem: z.string().min(1).max(100).optional(),
  until: time.transform((text) => Date.parse(text)),
};

const postPreview = route({
  method: "POST",
  path: "/api/v1/deferrals/preview",
  summary: "What putting an update off until then would cost. Changes nothing.",
  permission: "patch.edit",
  body: z.strictObject(asked),
  reply: z.strictObject({
    cost: costSchema,
    daysMax: z.number().int(),
    /** Why it may not last so long; null where it may. */
    refusal: z.string().nullable(),
    reasons: z.array(wordSchema),
  }),
  errors: ["not-found", "blocked"],
  async handle({ world, actor }, { body }) {
    const { cost, daysMax, refusal } = await deferralOutlook(world, actor, body);
    return { cost: costReply(cost), daysMax, refusal, reasons: wordList(deferralReasonWords) };
  },
});

const postDeferral = route({
  method: "POST",
  path: "/api/v1/deferrals",
  summary: "Puts an update off. No date moves by it.",
  permission: "patch.edit",
  status: 201,
  body: z.strictObject({
    ...asked,
    reasonClass: z.enum(deferralReasons),
    reason: z.string().trim().min(10).max(4000),
    owner: z.string().min(1).max(64),
  }),
  reply: deferralSchema,
  errors: ["not-found", "blocked", "conflict"],
  async handle(context, { body }) {
    return oneReply(context, await startDeferral(context.world, context.actor, body));
  },
});

const getDeferrals = route({
  method: "GET",
  path: "/api/v1/deferrals",
  summary: "Deferrals, newest first.",
  permission: "patch.read",
  query: z.strictObject({
    state: z.enum(deferralStates).optional(),
    patch: z.string().min(1).max(64).optional(),
    source: z.string().min(1).max(128).optional(),
    skip,
    limit: z.coerce.number().int().min(1).max(200).default(100),
  }),
  reply: z.strictObject({
    items: z.array(deferralSchema),
    total,
    actions: z.array(actionSchema),
  }),
  errors: ["not-found"],
  async handle(context, { query }) {
    const { world, actor } = context;
    const patch =
      query.patch === undefined ? undefined : await requireVisiblePatch(world, actor, query.patch);
    const scopes = scopesFor(actor, "patch.read");
    const filter = { scopes, state: query.state, source: query.source, patch: patch?.id };
    const { skip: passed = 0, limit } = query;
    const items = await loadDeferrals(world.db, { ...filter, skip: passed, limit });
    const right = lacksRight(holdsAnywhere(actor, "patch.edit"), "patch.edit");
    return {
      items: await repliesFor(context, items),
      total: await countDeferrals(world.db, filter),
      actions: [actionOf("defer", "Put off", right)],
    };
  },
});

const getDeferral = route({
  method: "GET",
  path: "/api/v1/deferrals/{deferral}",
  summary: "One deferral with what it was said to cost.",
  permission: "patch.read",
  params,
  reply: deferralSchema,
  errors: ["not-found"],
  async handle(context, input) {
    return oneReply(
      context,
      await requireDeferral(context.world, context.actor, input.params.deferral),
    );
  },
});

const postCancel = route({
  method: "POST",
  path: "/api/v1/deferrals/{deferral}/cancel",
  summary: "Ends a deferral before its time.",
  permission: "patch.edit",
  params,
  body: z.strictObject({ reason: z.string().trim().min(1).max(4000) }),
  reply: deferralSchema,
  errors: ["not-found", "forbidden", "blocked"],
  async handle(context, input) {
    const given = { ...input.params, reason: input.body.reason };
    return oneReply(context, await cancelDeferral(context.world, context.actor, given));
  },
});

export const deferralRoutes: readonly Route[] = [
  postPreview,
  postDeferral,
  getDeferrals,
  getDeferral,
  postCancel,
];
