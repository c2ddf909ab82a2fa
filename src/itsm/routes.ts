import { z } from "zod";
import { type Action, actionOf, actionSchema } from "../base/action.ts";
import { scopesFor } from "../base/actor.ts";
import { type Instant, instantToText } from "../base/instant.ts";
import { lacksUnscoped } from "../base/unscoped.ts";
import { demandChange } from "../change/actions.ts";
import type { Change } from "../change/model.ts";
import { loadChange } from "../change/store.ts";
import { type RequestContext, type Route, route } from "../db/world.ts";
import { linkByHand, retryLink, takeReport } from "./actions-links.ts";
import { dropSystem, setSystem, testSystem, WORKING_ON_SYSTEMS } from "./actions-systems.ts";
import { itsmKinds, type Link } from "./model.ts";
import { countLinks, type LinkCounts, loadLinks, loadSystems, type System } from "./store.ts";

/** Mirrors in ITSM systems over HTTP. No secret goes out or comes in: files on the server hold them. */
const time = z.iso.datetime({ offset: true });
const systemName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, "a name has lower-case letters, digits and dashes");
const params = z.strictObject({ system: systemName });
const changeRef = z.string().min(1).max(64);
const secretFile = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "the name of a file below the server's secrets");

const systemSchema = z
  .strictObject({
    name: z.string(),
    kind: z.enum(itsmKinds),
    url: z.string(),
    hasReportKey: z.boolean(),
    settings: z.record(z.string(), z.unknown()),
    behind: z.number().int().describe("records that do not tell everything yet"),
    records: z.number().int(),
    dead: z.number().int().describe("records that were given up until somebody tries again"),
    conflicts: z
      .number()
      .int()
      .describe("records that were edited there, or stay in another state"),
    problem: z.string().nullable(),
    problemSince: time.nullable(),
    changedAt: time,
    actions: z.array(actionSchema),
  })
  .meta({ id: "ItsmSystem" });

const text = (at: Instant | null): string | null => (at === null ? null : instantToText(at));

function shown(system: System, counts: readonly LinkCounts[], actions: Action[]) {
  const own = counts.find((one) => one.system === system.name);
  const { name, kind, url, problem } = system;
  return {
    ...{ name, kind, problem, actions, hasReportKey: system.reportFile !== null },
    // The path of a webhook may be a secret of its own.
    url: kind === "webhook" ? new URL(url).origin : url,
    settings: system.settings as Record<string, unknown>,
    ...{ records: own?.records ?? 0, behind: own?.behind ?? 0 },
    ...{ dead: own?.dead ?? 0, conflicts: own?.conflicts ?? 0 },
    ...{ problemSince: text(system.problemSince), changedAt: instantToText(system.changedAt) },
  };
}

function actionsFor({ actor }: Pick<RequestContext, "actor">): Action[] {
  const refusal = lacksUnscoped(actor, "policy.apply", WORKING_ON_SYSTEMS);
  return [actionOf("test", "Try it out", refusal), actionOf("remove", "Remove", refusal)];
}

const getSystems = route({
  method: "GET",
  path: "/api/v1/itsm",
  summary:
    "ITSM systems in which changes are mirrored: how far each is, and what the last try met.",
  permission: "policy.read",
  reply: z.strictObject({ items: z.array(systemSchema) }),
  async handle(context) {
    const { db } = context.world;
    const [systems, counts] = [await loadSystems(db), await countLinks(db)];
    return { items: systems.map((one) => shown(one, counts, actionsFor(context))) };
  },
});

const putSystem = route({
  method: "PUT",
  path: "/api/v1/itsm/{system}",
  summary: "Says where changes are mirrored from now on, in which fields and states.",
  permission: "policy.apply",
  freshProof: "demanded",
  params,
  body: z.strictObject({
    kind: z.enum(itsmKinds),
    url: z.url({ protocol: /^https?$/ }).max(500),
    secretFile: secretFile.describe("a file with the account or key, below the server's secrets"),
    reportFile: secretFile.nullable().default(null).describe("the key of signed reports"),
    authority: z.string().max(64_000).nullable().default(null).describe("certificates as PEM"),
    settings: z.record(z.string().max(80), z.unknown()).default({}),
  }),
  reply: systemSchema,
  errors: ["invalid", "forbidden", "conflict"],
  async handle(context, { params: { system: name }, body }) {
    const { world, actor } = context;
    const system = await setSystem(world, actor, { name, ...body });
    return shown(system, await countLinks(world.db), actionsFor(context));
  },
});

const deleteSystem = route({
  method: "DELETE",
  path: "/api/v1/itsm/{system}",
  summary: "Forgets a system and which records are there; the records stay as they are.",
  permission: "policy.apply",
  freshProof: "demanded",
  params,
  reply: null,
  errors: ["not-found", "forbidden"],
  async handle({ world, actor }, { params: { system } }) {
    await dropSystem(world, actor, system);
    return null;
  },
});

const postTest = route({
  method: "POST",
  path: "/api/v1/itsm/{system}/test",
  summary:
    "Asks the system something, as the mirror would; nothing but a webhook's test is written.",
  permission: "policy.apply",
  params,
  handlerMsMax: 90_000,
  reply: z.strictObject({ said: z.string() }),
  errors: ["not-found", "forbidden", "unavailable"],
  handle: ({ world, actor }, { params: { system } }) => testSystem(world, actor, system),
});

const postReport = route({
  method: "POST",
  path: "/api/v1/itsm/{system}/reports",
  summary:
    "A state that the system reports by itself, signed with its key: it can hold a change, never approve one.",
  permission: "change.read",
  params,
  body: z.strictObject({
    id: z.string().min(1).max(200).describe("webhook-id of the Standard Webhooks specification"),
    timestamp: z.number().int().min(0).describe("webhook-timestamp, in seconds"),
    signature: z.string().min(1).max(1_000).describe("webhook-signature over id, time and payload"),
    payload: z.string().min(2).max(16_384).describe("a JSON document with change and state"),
  }),
  reply: z.strictObject({ taken: z.boolean().describe("false: it tells nothing new") }),
  errors: ["not-found", "forbidden", "invalid", "blocked"],
  handle: ({ world }, { params: { system }, body }) => takeReport(world, { system, ...body }),
});

const linkSchema = z
  .strictObject({
    system: z.string(),
    key: z.string().nullable(),
    url: z.string().nullable(),
    state: z.string().nullable(),
    holds: z.boolean().describe("no wave of the change opens while this is so"),
    checkedAt: time.nullable(),
    behind: z.boolean(),
    conflict: z.string().nullable(),
    problem: z.string().nullable(),
    problemSince: time.nullable(),
    deadAt: time.nullable().describe("given up since then, until somebody tries again"),
  })
  .meta({ id: "ItsmLink" });

function linkReply(link: Link): z.output<typeof linkSchema> {
  const { system, conflict, problem } = link;
  return {
    ...{ system, conflict, problem, holds: link.isHolding, behind: link.told < link.wanted },
    ...{ key: link.outsideKey, url: link.outsideUrl, state: link.outsideState },
    ...{ checkedAt: text(link.checkedAt), problemSince: text(link.problemSince) },
    deadAt: text(link.deadAt),
  };
}

async function changeFor(
  { world, actor }: RequestContext,
  ref: string,
  permission: "change.read" | "change.request",
): Promise<Change> {
  const found = { ref, change: await loadChange(world.db, ref) };
  return demandChange(world.db, scopesFor(actor, permission), found);
}

const getLinks = route({
  method: "GET",
  path: "/api/v1/changes/{change}/itsm",
  summary: "The change's records in ITSM systems, and the state of each.",
  permission: "change.read",
  params: z.strictObject({ change: changeRef }),
  reply: z.strictObject({ items: z.array(linkSchema), actions: z.array(actionSchema) }),
  errors: ["not-found"],
  async handle(context, { params: { change: ref } }) {
    const change = await changeFor(context, ref, "change.read");
    const { actor, world } = context;
    const mayRetry = scopesFor(actor, "change.request").length > 0;
    const refusal = mayRetry ? null : "This needs the right change.request.";
    return {
      items: (await loadLinks(world.db, change.id)).map(linkReply),
      actions: [actionOf("retry", "Try again", refusal)],
    };
  },
});

const linkParams = z.strictObject({ change: changeRef, system: systemName });

const postRetry = route({
  method: "POST",
  path: "/api/v1/changes/{change}/itsm/{system}/retry",
  summary: "Takes up a record that was given up.",
  permission: "change.request",
  params: linkParams,
  reply: null,
  errors: ["not-found"],
  async handle(context, { params: { change: ref, system } }) {
    const change = await changeFor(context, ref, "change.request");
    await retryLink(context.world, context.actor, { change, system });
    return null;
  },
});

const putLink = route({
  method: "PUT",
  path: "/api/v1/changes/{change}/itsm/{system}",
  summary: "Says which record there is the change's; it is read first, and its state counts.",
  permission: "policy.apply",
  freshProof: "demanded",
  params: linkParams,
  body: z.strictObject({ record: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/) }),
  reply: z.strictObject({ items: z.array(linkSchema) }),
  errors: ["not-found", "forbidden", "conflict", "unavailable"],
  async handle(context, { params: { change: ref, system }, body }) {
    const change = await changeFor(context, ref, "change.read");
    const { world, actor } = context;
    await linkByHand(world, actor, { change, system, record: body.record });
    return { items: (await loadLinks(world.db, change.id)).map(linkReply) };
  },
});

export const routes: readonly Route[] = [
  ...[getSystems, putSystem, deleteSystem, postTest, postReport],
  ...[getLinks, postRetry, putLink],
];
