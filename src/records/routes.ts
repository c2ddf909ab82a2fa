import { z } from "zod";
import { type Instant, instantToText } from "../base/instant.ts";
import { type ServedRoute, servedRoute } from "../ledger/served-route.ts";
import { askOrErase, heldOn } from "./actions-erasure.ts";
import { askOrLiftHold, listHolds, placeHold } from "./actions-holds.ts";
import { changeRetention, prune, retentionStanding } from "./actions-prune.ts";
import { type Hold, holdKinds, holdName } from "./hold.ts";
import { retentionClasses } from "./store.ts";

const time = z.iso.datetime();
const reason = z.string().trim().min(10).max(4000);
const index = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const days = z.number().int().min(400).max(36_525);
const retentionClass = z.enum(retentionClasses);

const getRetention = servedRoute({
  method: "GET",
  path: "/api/v1/audit/retention",
  summary: "How long the log keeps the words of its entries, and which could be pruned now.",
  permission: "audit.read",
  reply: z.strictObject({
    classes: z.array(z.strictObject({ class: retentionClass, days })),
    /** Entries below it were pruned. */
    minimum: index,
    size: index,
    /** Entries below it could be pruned now. */
    prunable: index,
    /** The first entry that must stay, and why. */
    first: z.strictObject({ index, why: z.string() }).nullable(),
  }),
  async handle({ world, actor }) {
    const standing = await retentionStanding(world, actor);
    return { ...standing, classes: standing.classes.map((one) => ({ ...one })) };
  },
});

const putRetention = servedRoute({
  method: "PUT",
  path: "/api/v1/audit/retention/{class}",
  summary: "Sets how many days the words of one class of entries are kept, at least 400.",
  permission: "policy.apply",
  freshProof: "demanded",
  params: z.strictObject({ class: retentionClass }),
  body: z.strictObject({ days }),
  reply: null,
  async handle({ world, actor }, { params, body }) {
    await changeRetention(world, actor, { class: params.class, days: body.days });
    return null;
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
  })
  .meta({ id: "LegalHold" });

function holdReply(hold: Hold): z.output<typeof holdSchema> {
  const { id: _, number, ...rest } = hold;
  return {
    ...rest,
    name: holdName(number),
    from: maybeText(hold.from),
    until: maybeText(hold.until),
    placedAt: instantToText(hold.placedAt),
    liftAskedAt: maybeText(hold.liftAskedAt),
    liftedAt: maybeText(hold.liftedAt),
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
  reply: z.strictObject({ items: z.array(holdSchema) }),
  async handle({ world, actor }, { query }) {
    const holds = await listHolds(world, actor, { open: query.open === "true" });
    return { items: holds.map(holdReply) };
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
    return holdReply(await placeHold(world, actor, { kind, about, ...span, reason: body.reason }));
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
    return holdReply(await askOrLiftHold(world, actor, { hold: params.hold, ...body }));
  },
});

const user = z.string().min(1).max(100);

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
    const askedAt = instantToText(erasure.askedAt);
    return { ...erasure, askedAt, doneAt: maybeText(erasure.doneAt) };
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

export const routes: readonly ServedRoute[] = [
  getRetention,
  putRetention,
  postPruning,
  getHolds,
  postHold,
  postLift,
  postErasure,
  getHeldOn,
];
