import { z } from "zod";
import { type Action, actionOf, actionSchema } from "../base/action.ts";
import { instantToText } from "../base/instant.ts";
import { demandUnscoped, lacksUnscoped } from "../base/unscoped.ts";
import { type Route, route } from "../db/world.ts";
import { rewind, type SinkNow, showSinks, tryOut, WORKING_ON_SINKS } from "./actions.ts";
import { kindOf, shownAddress } from "./model.ts";

/** Receivers of events over HTTP: how far each is, a try, and sending again. */
const time = z.iso.datetime({ offset: true });
const params = z.strictObject({ sink: z.string().min(1).max(40) });

const sinkSchema = z
  .strictObject({
    name: z.string(),
    kind: z.enum(["syslog", "otlp", "webhook"]),
    address: z.string(),
    events: z.array(z.string()).describe("patterns; the last that fits an event decides"),
    next: z.number().int().describe("index of the ledger's entry that is looked at next"),
    behind: z.number().int().describe("entries of the ledger that are not looked at yet"),
    sent: z.number().int(),
    refused: z.number().int().describe("events that the receiver will never take"),
    sentAt: time.nullable(),
    problem: z.string().nullable(),
    problemSince: time.nullable(),
    actions: z.array(actionSchema),
  })
  .meta({ id: "EventSink" });

const getSinks = route({
  method: "GET",
  path: "/api/v1/event-sinks",
  summary: "Receivers of events: how far each is, and what the last try met.",
  permission: "audit.read",
  reply: z.strictObject({ items: z.array(sinkSchema) }),
  errors: ["forbidden"],
  async handle({ world, actor }) {
    demandUnscoped(actor, "audit.read", "Where events are sent");
    const refusal = lacksUnscoped(actor, "policy.apply", WORKING_ON_SINKS);
    const actions = [actionOf("test", "Send a test event", refusal)];
    return { items: (await showSinks(world)).map((one) => shown(one, actions)) };
  },
});

function shown({ sink, state, behind }: SinkNow, actions: Action[]) {
  const { sentAt, problemSince } = state;
  return {
    ...{ name: sink.name, kind: kindOf(sink), events: sink.events, behind, actions },
    address: shownAddress(sink),
    ...{ next: state.next, sent: state.sent, refused: state.refused, problem: state.problem },
    sentAt: sentAt === null ? null : instantToText(sentAt),
    problemSince: problemSince === null ? null : instantToText(problemSince),
  };
}

const postTest = route({
  method: "POST",
  path: "/api/v1/event-sinks/{sink}/test",
  summary: "Records an event and hands it to this receiver at once.",
  permission: "policy.apply",
  params,
  handlerMsMax: 90_000,
  reply: z.strictObject({ index: z.number().int() }),
  errors: ["not-found", "unavailable"],
  async handle({ world, actor }, { params: { sink } }) {
    return await tryOut(world, actor, sink);
  },
});

const postRewind = route({
  method: "POST",
  path: "/api/v1/event-sinks/{sink}/rewind",
  summary: "Sends from an entry of the ledger on again.",
  permission: "policy.apply",
  params,
  body: z.strictObject({ from: z.number().int().min(0) }),
  reply: null,
  errors: ["not-found", "invalid"],
  async handle({ world, actor }, { params: { sink }, body }) {
    await rewind(world, actor, { name: sink, from: body.from });
    return null;
  },
});

export const routes: readonly Route[] = [getSinks, postTest, postRewind];
