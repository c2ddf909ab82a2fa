import { z } from "zod";
import { actionOf, actionSchema } from "../base/action.ts";
import { type Instant, instantToText } from "../base/instant.ts";
import { type ServedRoute, servedRoute } from "../ledger/served-route.ts";
import { askOrLiftHold, listHolds, lookerOf, placeHold } from "./actions-holds.ts";
import { changeRetention, prune, retentionStanding } from "./actions-prune.ts";
import { holdActions, type Looker, retentionActions } from "./asked.ts";
import { type Hold, holdKinds, holdName } from "./hold.ts";
import { type Retention, retentionClasses } from "./retention.ts";
import { erasureRoutes } from "./routes-erasure.ts";

const time = z.iso.datetime();
const reason = z.string().trim().min(10).max(4000);
const index = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const days = z.number().int().min(400).max(36_525);
const retentionClass = z.enum(retentionClasses);

const retentionSchema = z
  .strictObject({
    class: retentionClass,
    days,
    /** What one person asked for and nobody else has agreed to. */
    asked: z.strictObject({ days, by: z.string(), at: time }).nullable(),
    actions: z.array(actionSchema),
  })
  .meta({ id: "Retention" });

function retentionReply(of: Retention, looker: Looker): z.output<typeof retentionSchema> {
  const { asked } = of;
  return {
    ...{ class: of.class, days: of.days },
    asked: asked === null ? null : { ...asked, at: instantToText(asked.at) },
    actions: retentionActions(asked === null ? null : { class: of.class, by: asked.by }, looker),
  };
}

const getRetention = servedRoute({
  method: "GET",
  path: "/api/v1/audit/retention",
  summary: "How long the log keeps the words of its entries, and which could be pruned now.",
  permission: "audit.read",
  reply: z.strictObject({
    classes: z.array(retentionSchema),
    /** Entries below it were pruned. */
    minimum: index,
    size: index,
    /** Entries below it could be pruned now. */
    prunable: index,
    /** The first entry that must stay, and why. */
    first: z.strictObject({ index, why: z.string() }).nullable(),
    actions: z.array(actionSchema),
  }),
  async handle({ world, actor }) {
    const { classes, ...standing } = await retentionStanding(world, actor);
    const looker = await lookerOf(world, actor);
    const none = standing.prunable > standing.minimum ? null : "No entries can go now.";
    return {
      ...standing,
      classes: classes.map((one) => retentionReply(one, looker)),
      actions: [actionOf("prune", "Prune", looker.refusal ?? none)],
    };
  },
});

const putRetention = servedRoute({
  method: "PUT",
  path: "/api/v1/audit/retention/{class}",
  summary:
    "Keeps the words of one class of entries longer; for less, another person has to ask for the same.",
  permission: "policy.apply",
  freshProof: "demanded",
  params: z.strictObject({ class: retentionClass }),
  body: z.strictObject({ days }),
  reply: retentionSchema,
  async handle({ world, actor }, { params, body }) {
    const to = { class: params.class, days: body.days };
    return retentionReply(await changeRetention(world, actor, to), await lookerOf(world, actor));
  },
});

const postPruning = servedRoute({
  method: "POST",
  path: "/api/v1/audit/prunings",
  summary: "Prunes entries below an index, once a signed head covers the statement that says so.",
  permission: "policy.apply",
  freshProof: "demanded",
  body: z.strictObject({ minimum: index }),
  reply: z.strictObject({ minimum: index, entries: index }),
  errors: ["blocked", "unavailable"],
  handle: ({ world, actor }, { body }) => prune(world, actor, body.minimum),
});

const holdSchema = z
  .strictObject({
    name: z.string(),
    kind: z.enum(holdKinds),
    about: z.string().nullable(),
    from: time.nullable(),
    until: time.nullable(),
    reason: z.string(),
    placedBy: z.string(),
    placedAt: time,
    liftAskedBy: z.string().nullable(),
    liftAskedAt: time.nullable(),
    liftReason: z.string().nullable(),
    liftedBy: z.string().nullable(),
    liftedAt: time.nullable(),
    actions: z.array(actionSchema),
  })
  .meta({ id: "LegalHold" });

function holdReply(hold: Hold, looker: Looker): z.output<typeof holdSchema> {
  const { id: _, number, ...rest } = hold;
  return {
    ...rest,
    name: holdName(number),
    from: maybeText(hold.from),
    until: maybeText(hold.until),
    placedAt: instantToText(hold.placedAt),
    liftAskedAt: maybeText(hold.liftAskedAt),
    liftedAt: maybeText(hold.liftedAt),
    actions: holdActions(hold, looker),
  };
}

function maybeText(at: Instant | null): string | null {
  return at === null ? null : instantToText(at);
}

const getHolds = servedRoute({
  method: "GET",
  path: "/api/v1/audit/holds",
  summary: "Legal holds, newest first.",
  permission: "audit.read",
  query: z.strictObject({ open: z.enum(["true", "false"]).default("false") }),
  reply: z.strictObject({ items: z.array(holdSchema), actions: z.array(actionSchema) }),
  async handle({ world, actor }, { query }) {
    const holds = await listHolds(world, actor, { open: query.open === "true" });
    const looker = await lookerOf(world, actor);
    return {
      items: holds.map((hold) => holdReply(hold, looker)),
      actions: [actionOf("place", "Place a hold", looker.refusal)],
    };
  },
});

const postHold = servedRoute({
  method: "POST",
  path: "/api/v1/audit/holds",
  summary: "Places a legal hold, which counts at once: what it names is neither pruned nor erased.",
  permission: "policy.apply",
  freshProof: "demanded",
  body: z.strictObject({
    kind: z.enum(holdKinds),
    /** A case, change, host or person, by name or id. */
    about: z.string().min(1).max(100).optional(),
    from: time.optional(),
    until: time.optional(),
    reason,
  }),
  reply: holdSchema,
  status: 201,
  async handle({ world, actor }, { body }) {
    const { kind, about, from, until } = body;
    const span = {
      from: from === undefined ? undefined : Date.parse(from),
      until: until === undefined ? undefined : Date.parse(until),
    };
    const hold = await placeHold(world, actor, { kind, about, ...span, reason: body.reason });
    return holdReply(hold, await lookerOf(world, actor));
  },
});

const postLift = servedRoute({
  method: "POST",
  path: "/api/v1/audit/holds/{hold}/lift",
  summary: "Asks to lift a legal hold; another person who does the same lifts it.",
  permission: "policy.apply",
  freshProof: "demanded",
  params: z.strictObject({ hold: z.string().min(1).max(20) }),
  body: z.strictObject({ reason: reason.optional() }),
  reply: holdSchema,
  errors: ["not-found", "conflict"],
  async handle({ world, actor }, { params, body }) {
    const hold = await askOrLiftHold(world, actor, { hold: params.hold, ...body });
    return holdReply(hold, await lookerOf(world, actor));
  },
});

export const routes: readonly ServedRoute[] = [
  getRetention,
  putRetention,
  postPruning,
  getHolds,
  postHold,
  postLift,
  ...erasureRoutes,
];
