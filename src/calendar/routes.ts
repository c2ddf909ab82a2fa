import { z } from "zod";
import { actionOf, actionSchema, lacksRight } from "../base/action.ts";
import { type Actor, holdsAnywhere } from "../base/actor.ts";
import { DAY_MS, instantToText } from "../base/instant.ts";
import { type RequestContext, type Route, route } from "../db/world.ts";
import { loadSubjectNames } from "../identity/store.ts";
import { liftFreeze, requireFreeze, setFreeze } from "./actions.ts";
import { SHOWN_DAYS_MAX, showConflicts, showHostWhen, showSpan } from "./actions-show.ts";
import { type Freeze, freezeState } from "./freeze.ts";
import { type CalendarEntry, type EntryTime, entryKinds } from "./model.ts";
import { importRoutes } from "./routes-import.ts";
import { loadFreezes } from "./store.ts";
import {
  closedToText,
  entryKindWords,
  hostsText,
  kindLabel,
  toldToText,
  whenNextToText,
  zonedText,
} from "./words.ts";

/** The calendar over HTTP. */
const time = z.iso.datetime({ offset: true });
const instant = time.transform((text) => Date.parse(text));

const entrySchema = z
  .strictObject({
    kind: z.enum(entryKinds),
    label: z.string(),
    tone: z.string(),
    name: z.string(),
    hosts: z.string(),
    reason: z.string().nullable(),
    closes: z.boolean(),
    passesEmergency: z.boolean(),
    origin: z.string(),
  })
  .meta({ id: "CalendarEntry" });

function entryReply(entry: CalendarEntry): z.output<typeof entrySchema> {
  const [tone, label] = entryKindWords[entry.kind];
  const { kind, name, reason, passesEmergency, origin } = entry;
  const hosts = hostsText(entry.hosts);
  const closes = entry.isClosing;
  return { kind, label, tone, name, hosts, reason, closes, passesEmergency, origin };
}

const timeSchema = z
  .strictObject({
    entry: entrySchema,
    from: time,
    to: time,
    /** The zones of hosts for which it is then; empty where the zone is the entry's own. */
    zones: z.array(z.string()),
    zone: z.string(),
    /** As the clock there shows its beginning. */
    local: z.string(),
    told: z.array(z.string()),
  })
  .meta({ id: "CalendarTime" });

function timeReply(one: EntryTime, zones: readonly string[]): z.output<typeof timeSchema> {
  return {
    entry: entryReply(one.entry),
    from: instantToText(one.from),
    to: instantToText(one.to),
    zones: [...zones],
    zone: one.zone,
    local: zonedText(one.from, one.zone),
    told: one.told.map(toldToText),
  };
}

/** Six weeks: what a month needs, whatever its first weekday is. */
const DAYS_SHOWN = 42;

const getCalendar = route({
  method: "GET",
  path: "/api/v1/calendar",
  summary: "What the calendar has between two moments: windows, what closes them, releases.",
  permission: "calendar.read",
  query: z.strictObject({ from: instant.optional(), to: instant.optional() }),
  reply: z.strictObject({
    from: time,
    to: time,
    zone: z.string(),
    /** What hosts without a window are. */
    others: z.enum(["open", "closed"]),
    entries: z.array(entrySchema),
    times: z.array(timeSchema),
    /** Times that the clocks jump over. */
    leftOut: z.array(z.string()),
    actions: z.array(actionSchema),
  }),
  errors: ["invalid"],
  async handle({ world, actor }, { query }) {
    const from = query.from ?? world.clock();
    const to = Math.min(query.to ?? from + DAYS_SHOWN * DAY_MS, from + SHOWN_DAYS_MAX * DAY_MS);
    const { calendar, times, leftOut } = await showSpan(world, { from, to: Math.max(from, to) });
    return {
      from: instantToText(from),
      to: instantToText(Math.max(from, to)),
      zone: calendar.zone,
      others: calendar.others,
      entries: calendar.entries.map(entryReply),
      times: times.map((one) => timeReply(one.time, one.zones)),
      leftOut: leftOut.map(toldToText),
      actions: [actionOf("freeze", "Freeze", mayFreeze(actor))],
    };
  },
});

function mayFreeze(actor: Actor): string | null {
  return lacksRight(holdsAnywhere(actor, "calendar.freeze"), "calendar.freeze");
}

const getConflicts = route({
  method: "GET",
  path: "/api/v1/calendar/conflicts",
  summary: "Windows of the coming quarter that something closes or meets.",
  permission: "calendar.read",
  reply: z.strictObject({
    items: z.array(
      z.strictObject({
        window: timeSchema,
        by: z.array(timeSchema),
        /** Nothing of the window is left. */
        isWhole: z.boolean(),
        sentence: z.string(),
      }),
    ),
  }),
  async handle({ world }) {
    const found = await showConflicts(world, world.clock());
    return {
      items: found.map(({ window, by, isWhole }) => ({
        window: timeReply(window, []),
        by: by.map((one) => timeReply(one, [])),
        isWhole,
        sentence: `The window "${window.entry.name}" from ${zonedText(window.from, window.zone)} meets ${by.map((one) => `the ${kindLabel(one.entry.kind)} "${one.entry.name}"`).join(", ")}${isWhole ? "; nothing of it is left for hosts of both" : ""}.`,
      })),
    };
  },
});

const getHostWhen = route({
  method: "GET",
  path: "/api/v1/hosts/{host}/next-window",
  summary: "When this host can be patched next, and why not now.",
  permission: "calendar.read",
  params: z.strictObject({ host: z.string().min(1).max(255) }),
  query: z.strictObject({
    class: z.enum(["normal", "emergency"]).default("normal"),
    at: instant.optional(),
  }),
  reply: z.strictObject({
    host: z.string(),
    zone: z.strictObject({
      name: z.string(),
      from: z.enum(["label", "host", "calendar"]),
      unknown: z.string().nullable(),
    }),
    isOpen: z.boolean(),
    opensAt: time.nullable(),
    closesAt: time.nullable(),
    lookedUntil: time,
    windows: z.array(z.string()),
    reasons: z.array(z.strictObject({ why: z.string(), text: z.string() })),
    told: z.array(z.string()),
    sentence: z.string(),
    entries: z.array(entrySchema),
  }),
  errors: ["not-found"],
  async handle({ world, actor }, { params, query }) {
    const asked = { host: params.host, urgency: query.class, at: query.at ?? null };
    const { host, when, entries, backup } = await showHostWhen(world, actor, asked);
    const { next, zone } = when;
    return {
      host: host.name,
      zone: { name: zone.zone, from: zone.from, unknown: zone.unknown },
      isOpen: when.isOpen,
      opensAt: next === null ? null : instantToText(next.from),
      closesAt: next === null || next.to >= when.lookedUntil ? null : instantToText(next.to),
      lookedUntil: instantToText(when.lookedUntil),
      windows: [...when.windows],
      reasons: when.closed.map((one) => ({ why: one.why, text: closedToText(one) })),
      told: [...when.told.map(toldToText), ...(backup === null ? [] : [backup])],
      sentence: whenNextToText(when),
      entries: entries.map(entryReply),
    };
  },
});

const freezeSchema = z
  .strictObject({
    id: z.string(),
    ref: z.string(),
    name: z.string(),
    state: z.enum(["planned", "holds", "over", "lifted"]),
    hosts: z.string(),
    reason: z.string(),
    startsAt: time,
    endsAt: time,
    passesEmergency: z.boolean(),
    setBy: z.string(),
    setAt: time,
    liftedBy: z.string().nullable(),
    liftedAt: time.nullable(),
    liftedReason: z.string().nullable(),
    actions: z.array(actionSchema),
  })
  .meta({ id: "Freeze" });

async function freezeReplies(
  { world, actor }: Pick<RequestContext, "world" | "actor">,
  freezes: readonly Freeze[],
): Promise<z.output<typeof freezeSchema>[]> {
  const people = [...new Set(freezes.flatMap((one) => [one.setBy, one.liftedBy ?? one.setBy]))];
  const names = new Map((await loadSubjectNames(world.db, people)).map((n) => [n.id, n.handle]));
  return freezes.map((one) => {
    const state = freezeState(one, world.clock());
    const isOver = state === "over" || state === "lifted" ? "It is over already." : null;
    return {
      id: one.id,
      ref: `F-${one.number}`,
      name: one.name,
      state,
      hosts: hostsText(one.hosts),
      reason: one.reason,
      startsAt: instantToText(one.startsAt),
      endsAt: instantToText(one.endsAt),
      passesEmergency: one.passesEmergency,
      setBy: names.get(one.setBy) ?? "",
      setAt: instantToText(one.setAt),
      liftedBy: one.liftedBy === null ? null : (names.get(one.liftedBy) ?? ""),
      liftedAt: one.liftedAt === null ? null : instantToText(one.liftedAt),
      liftedReason: one.liftedReason,
      actions: [actionOf("lift", "Lift", mayFreeze(actor) ?? isOver)],
    };
  });
}

async function freezeReply(context: RequestContext, freeze: Freeze) {
  const [reply] = await freezeReplies(context, [freeze]);
  return reply as z.output<typeof freezeSchema>;
}

const getFreezes = route({
  method: "GET",
  path: "/api/v1/freezes",
  summary: "Freezes that people set, newest first.",
  permission: "calendar.read",
  query: z.strictObject({ all: z.stringbool().default(false) }),
  reply: z.strictObject({ items: z.array(freezeSchema), actions: z.array(actionSchema) }),
  async handle(context, { query }) {
    const { world, actor } = context;
    const freezes = await loadFreezes(world.db, { liveAt: query.all ? null : world.clock() });
    const items = await freezeReplies(context, freezes);
    return { items, actions: [actionOf("freeze", "Freeze", mayFreeze(actor))] };
  },
});

const postFreeze = route({
  method: "POST",
  path: "/api/v1/freezes",
  summary: "Sets a freeze. No claim and no permit passes it from the next moment on.",
  permission: "calendar.freeze",
  status: 201,
  body: z.strictObject({
    name: z.string().trim().min(1).max(63),
    hosts: z.string().min(1).max(500).describe("a label expression, or all"),
    reason: z.string().trim().min(3).max(500),
    startsAt: instant.optional(),
    endsAt: instant,
    passesEmergency: z.boolean().default(false),
  }),
  reply: freezeSchema,
  errors: ["invalid"],
  async handle(context, { body }) {
    const asked = { ...body, startsAt: body.startsAt ?? null };
    return freezeReply(context, await setFreeze(context.world, context.actor, asked));
  },
});

const params = z.strictObject({ freeze: z.string().min(2).max(64) });

const getFreeze = route({
  method: "GET",
  path: "/api/v1/freezes/{freeze}",
  summary: "One freeze.",
  permission: "calendar.read",
  params,
  reply: freezeSchema,
  errors: ["not-found"],
  async handle(context, input) {
    return freezeReply(context, await requireFreeze(context.world, input.params.freeze));
  },
});

const postLift = route({
  method: "POST",
  path: "/api/v1/freezes/{freeze}/lift",
  summary: "Ends a freeze before its time.",
  permission: "calendar.freeze",
  params,
  body: z.strictObject({ reason: z.string().trim().min(3).max(500) }),
  reply: freezeSchema,
  errors: ["not-found", "blocked"],
  async handle(context, input) {
    const asked = { ...input.params, reason: input.body.reason };
    return freezeReply(context, await liftFreeze(context.world, context.actor, asked));
  },
});

export const routes: readonly Route[] = [
  getCalendar,
  getConflicts,
  getHostWhen,
  getFreezes,
  postFreeze,
  getFreeze,
  postLift,
  ...importRoutes,
];
