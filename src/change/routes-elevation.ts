import { z } from "zod";
import { type Action, actionOf, actionSchema } from "../base/action.ts";
import { type Actor, holdsAnywhere, scopesFor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { instantToText } from "../base/instant.ts";
import { type RequestContext, type Route, route } from "../db/world.ts";
import { loadSubjectNames } from "../identity/store.ts";
import { demandChange } from "./actions.ts";
import {
  askElevation,
  demandVisible,
  giveUpElevation,
  grantElevation,
  refuseElevation,
  revokeElevation,
  whyNotAsk,
} from "./actions-elevation.ts";
import { certifyPerson } from "./actions-elevation-certificate.ts";
import {
  type Elevation,
  elevationStates,
  endCauses,
  MINUTES_DEFAULT,
  MINUTES_MAX,
  MINUTES_MIN,
  nextElevationState,
} from "./elevation.ts";
import { loadChange } from "./store.ts";
import { loadElevations } from "./store-elevations.ts";

/** Just-in-time elevation over HTTP. */
const time = z.iso.datetime({ offset: true });
const elevationParams = z.strictObject({ elevation: z.string().min(1).max(64) });
const words = z.string().trim().min(1).max(4000);

const elevationSchema = z.strictObject({
  id: z.string(),
  number: z.string().describe("J-<number>"),
  change: z.string().describe("C-<number>"),
  person: z.string(),
  minutes: z.number().int(),
  reason: z.string(),
  state: z.enum(elevationStates),
  askedAt: time,
  decidedBy: z.string().nullable(),
  decidedAt: time.nullable(),
  decidedWords: z.string().nullable(),
  countsFrom: time.nullable(),
  countsUntil: time.nullable().describe("from this instant on it lends nothing"),
  endedBy: z.string().nullable().describe("null where nobody ended it"),
  endedAt: time.nullable(),
  endCause: z.enum(endCauses).nullable(),
  endedWords: z.string().nullable(),
  isOwn: z.boolean(),
  actions: z.array(actionSchema),
});
type ElevationReply = z.output<typeof elevationSchema>;

async function repliesFor(
  { world, actor }: Pick<RequestContext, "world" | "actor">,
  elevations: readonly Elevation[],
): Promise<ElevationReply[]> {
  const people = elevations.flatMap(({ person, decidedBy, endedBy }) => [
    person,
    ...(decidedBy === null ? [] : [decidedBy]),
    ...(endedBy === null ? [] : [endedBy]),
  ]);
  const names = await loadSubjectNames(world.db, [...new Set(people)]);
  const handles = new Map<string | null, string>(names.map((name) => [name.id, name.handle]));
  const numbers = new Map<string, number>();
  for (const id of new Set(elevations.map(({ change }) => change))) {
    numbers.set(id, (await loadChange(world.db, id))?.number ?? 0);
  }
  return elevations.map((one) => ({
    ...{ id: one.id, number: `J-${one.number}`, change: `C-${numbers.get(one.change) ?? 0}` },
    ...{ minutes: one.minutes, reason: one.reason, state: one.state, endCause: one.endCause },
    ...{ decidedWords: one.decidedWords, endedWords: one.endedWords },
    person: handles.get(one.person) ?? "",
    askedAt: instantToText(one.askedAt),
    decidedBy: handles.get(one.decidedBy) ?? null,
    decidedAt: textOrNull(one.decidedAt),
    countsFrom: textOrNull(one.countsFrom),
    countsUntil: textOrNull(one.countsUntil),
    endedBy: handles.get(one.endedBy) ?? null,
    endedAt: textOrNull(one.endedAt),
    isOwn: one.person === actor.subject,
    actions: [...actionsFor(actor, one)],
  }));
}

function textOrNull(at: number | null): string | null {
  return at === null ? null : instantToText(at);
}

/** What this person may try; whoever does it is asked again. */
function actionsFor(actor: Actor, elevation: Elevation): readonly Action[] {
  const { state, person, number } = elevation;
  const isOwn = person === actor.subject;
  const over = `J-${number} is ${state}.`;
  const decide = isOwn
    ? "You asked for it, so somebody else has to decide it."
    : holdsAnywhere(actor, "change.approve")
      ? null
      : "Only an approver decides.";
  const isEnded = nextElevationState(state, "end") === null;
  const halts = holdsAnywhere(actor, "rollout.halt") ? null : "Only who may halt may revoke.";
  const undecided = (verb: "grant" | "refuse") =>
    nextElevationState(state, verb) === null ? over : decide;
  return [
    actionOf("grant", "Grant", undecided("grant")),
    actionOf("refuse", "Refuse", undecided("refuse")),
    actionOf("revoke", "Revoke", isEnded ? over : halts),
    actionOf("give-up", "Give up", isEnded ? over : isOwn ? null : "It is not yours."),
  ];
}

async function replyFor(context: RequestContext, elevation: Elevation): Promise<ElevationReply> {
  const [reply] = await repliesFor(context, [elevation]);
  if (reply === undefined) throw new Failure("internal", "The elevation could not be shown.");
  return reply;
}

const postElevation = route({
  method: "POST",
  path: "/api/v1/changes/{change}/elevations",
  summary:
    "Asks to be lent the rights to carry this change out, for a time; another person decides.",
  permission: "change.read",
  status: 201,
  params: z.strictObject({ change: z.string().min(1).max(64) }),
  body: z.strictObject({
    minutes: z.number().int().min(MINUTES_MIN).max(MINUTES_MAX).default(MINUTES_DEFAULT),
    reason: z.string().trim().min(10).max(4000),
  }),
  reply: elevationSchema,
  errors: ["not-found", "forbidden", "blocked", "conflict"],
  async handle(context, { params, body }) {
    const asked = { ...params, ...body };
    return replyFor(context, await askElevation(context.world, context.actor, asked));
  },
});

const LISTED_MAX = 200;

const getElevations = route({
  method: "GET",
  path: "/api/v1/elevations",
  summary: "Lists elevations, newest first: one's own, and those over hosts one may see.",
  permission: "change.read",
  query: z.strictObject({
    change: z.string().min(1).max(64).optional(),
    open: z.stringbool().default(false).describe("only those that are asked for or granted"),
    limit: z.coerce.number().int().min(1).max(LISTED_MAX).default(LISTED_MAX),
  }),
  reply: z.strictObject({
    items: z.array(elevationSchema),
    ask: actionSchema.nullable().describe("whether you may ask for the named change's rights now"),
  }),
  errors: ["not-found"],
  async handle(context, { query }) {
    const { world, actor } = context;
    const scopes = scopesFor(actor, "change.read");
    const { change: ref, open: isOpen, limit } = query;
    const found =
      ref === undefined
        ? undefined
        : await demandChange(world.db, scopes, { ref, change: await loadChange(world.db, ref) });
    const filter = { scopes, change: found?.id, own: actor.subject, isOpen, limit };
    const items = await repliesFor(context, await loadElevations(world.db, filter));
    if (found === undefined) return { items, ask: null };
    return {
      items,
      ask: actionOf("ask", "Ask for its rights", await whyNotAsk(world, actor, found)),
    };
  },
});

const getElevation = route({
  method: "GET",
  path: "/api/v1/elevations/{elevation}",
  summary: "Shows one elevation: who asked, why, who decided, and until when it counts.",
  permission: "change.read",
  params: elevationParams,
  reply: elevationSchema,
  errors: ["not-found"],
  async handle(context, { params }) {
    return replyFor(context, await demandVisible(context.world, context.actor, params.elevation));
  },
});

const postGrant = route({
  method: "POST",
  path: "/api/v1/elevations/{elevation}/grant",
  summary: "Lends the rights that were asked for; never to oneself.",
  permission: "change.approve",
  freshProof: "demanded",
  params: elevationParams,
  body: z.strictObject({ words: words.optional() }),
  reply: elevationSchema,
  errors: ["not-found", "forbidden", "blocked"],
  async handle(context, { params, body }) {
    const given = { elevation: params.elevation, words: body.words ?? null };
    return replyFor(context, await grantElevation(context.world, context.actor, given));
  },
});

const postRefuse = route({
  method: "POST",
  path: "/api/v1/elevations/{elevation}/refuse",
  summary: "Says no to somebody who asked for elevation.",
  permission: "change.approve",
  params: elevationParams,
  body: z.strictObject({ words }),
  reply: elevationSchema,
  errors: ["not-found", "forbidden"],
  async handle(context, { params, body }) {
    const given = { ...params, ...body };
    return replyFor(context, await refuseElevation(context.world, context.actor, given));
  },
});

const postRevoke = route({
  method: "POST",
  path: "/api/v1/elevations/{elevation}/revoke",
  summary: "Takes an elevation away at once; anybody who may halt on one of its hosts can.",
  permission: "rollout.halt",
  params: elevationParams,
  body: z.strictObject({ words }),
  reply: elevationSchema,
  errors: ["not-found", "blocked"],
  async handle(context, { params, body }) {
    const given = { ...params, ...body };
    return replyFor(context, await revokeElevation(context.world, context.actor, given));
  },
});

const postGiveUp = route({
  method: "POST",
  path: "/api/v1/elevations/{elevation}/give-up",
  summary: "Gives one's own elevation back, or takes back what one asked for.",
  permission: "change.read",
  params: elevationParams,
  body: z.strictObject({}),
  reply: elevationSchema,
  errors: ["not-found", "blocked"],
  async handle(context, { params }) {
    return replyFor(context, await giveUpElevation(context.world, context.actor, params));
  },
});

const postCertificate = route({
  method: "POST",
  path: "/api/v1/elevations/{elevation}/certificate",
  summary: "Signs one's own SSH key for one host of the change, for minutes.",
  permission: "change.read",
  freshProof: "demanded",
  params: elevationParams,
  body: z.strictObject({
    host: z.string().min(1).max(128),
    publicKey: z.string().trim().max(1000).describe("ssh-ed25519 AAAA…"),
  }),
  reply: z.strictObject({
    certificate: z.string().describe("for a file beside the key: id_ed25519-cert.pub"),
    serial: z.number().int(),
    keyId: z.string().describe("as sshd writes it into its log"),
    host: z.string(),
    address: z.string(),
    port: z.number().int(),
    until: time,
  }),
  errors: ["not-found", "invalid", "blocked"],
  async handle({ world, actor }, { params, body }) {
    const { line, serial, keyId, host, until } = await certifyPerson(world, actor, {
      ...params,
      ...body,
    });
    const { way } = host;
    const [address, port] = way.kind === "ssh" ? [way.address, way.port] : ["", 0];
    const at = { host: host.name, address, port };
    return { certificate: line, serial, keyId, ...at, until: instantToText(until) };
  },
});

export const elevationRoutes: readonly Route[] = [
  postElevation,
  getElevations,
  getElevation,
  postGrant,
  postRefuse,
  postRevoke,
  postGiveUp,
  postCertificate,
];
