import { z } from "zod";
import { instantToText } from "../base/instant.ts";
import { demandUnscoped } from "../base/unscoped.ts";
import { type Route, route } from "../db/world.ts";
import { loadSubjectNames } from "../identity/store.ts";
import { type AgendaItem, keepMinutes, showAgenda } from "./actions-agenda.ts";
import { castVote, closeVote } from "./actions-board.ts";
import { voteChoices } from "./board-vote.ts";
import { conflictToText } from "./conflict.ts";
import { assessmentSchema } from "./model.ts";
import { changeSchema, replyFor } from "./routes-change-reply.ts";
import { loadMinutes, type Minutes } from "./store-board.ts";

/** The change advisory board over HTTP: its agenda, its votes, its decisions and its minutes. */
const time = z.iso.datetime({ offset: true });
const changeRef = z.string().min(1).max(64);
const reason = z.string().trim().min(1).max(4000);

const agendaItem = z.strictObject({
  change: changeSchema,
  parts: z.array(assessmentSchema.shape.parts.element),
  points: z.number().nullable(),
  conflicts: z.array(z.string()),
  /** What is known of its test: what its first wave shows, and where it begins. */
  proof: z.string(),
  /** Its approved time ends before the board meets. */
  isTooLate: z.boolean(),
  votes: z.array(z.strictObject({ member: z.string(), choice: z.enum(voteChoices) })),
  tally: z.string(),
});

const getAgenda = route({
  method: "GET",
  path: "/api/v1/cab/agenda",
  summary: "What the change advisory board has before it at its next meeting.",
  permission: "change.read",
  query: z.strictObject({ from: time.optional() }),
  reply: z.strictObject({
    meeting: z.strictObject({ name: z.string(), from: time, to: time }).nullable(),
    problem: z.string().nullable(),
    items: z.array(agendaItem),
  }),
  async handle(context, { query }) {
    const { world, actor } = context;
    const from = query.from === undefined ? null : Date.parse(query.from);
    const { meeting, problem, items } = await showAgenda(world, actor, { from });
    const people = items.flatMap(({ stand }) => stand.votes.map(({ person }) => person));
    const names = await loadSubjectNames(world.db, [...new Set(people)]);
    const handles = new Map<string, string>(names.map(({ id, handle }) => [id, handle]));
    const changes = await Promise.all(items.map(({ change }) => replyFor(context, change)));
    return {
      meeting:
        meeting === null
          ? null
          : {
              name: meeting.name,
              from: instantToText(meeting.from),
              to: instantToText(meeting.to),
            },
      problem,
      items: items.flatMap((item, at) => {
        const change = changes[at];
        return change === undefined ? [] : [{ ...itemReply(item, handles), change }];
      }),
    };
  },
});

function itemReply(
  { change, stand, conflicts, isTooLate }: AgendaItem,
  handles: ReadonlyMap<string, string>,
): Omit<z.output<typeof agendaItem>, "change"> {
  const { risk, assessment } = change;
  const first = risk.rings[0] ?? "its first ring";
  const shows = Math.round(risk.firstWaveDetects * 100);
  return {
    parts: [...(assessment?.parts ?? [])],
    points: assessment?.points ?? null,
    conflicts: conflicts.map((one) => `C-${one.number} ${conflictToText(one)}`),
    proof: `begins in ${first}, whose first wave shows a fault that hits ${shows} % of hosts or more`,
    isTooLate,
    votes: stand.votes.map(({ person, choice }) => ({
      ...{ member: handles.get(person) ?? "", choice },
    })),
    tally: stand.tally?.because ?? "there is no board",
  };
}

const postVote = route({
  method: "POST",
  path: "/api/v1/changes/{change}/votes",
  summary: "A member's vote on the plan that the change asks for; it is no signature.",
  permission: "change.vote",
  freshProof: "demanded",
  params: z.strictObject({ change: changeRef }),
  body: z.strictObject({ choice: z.enum(voteChoices), reason }),
  reply: changeSchema,
  errors: ["not-found", "forbidden"],
  async handle(context, { params, body }) {
    const vote = { ...body, change: params.change };
    return replyFor(context, await castVote(context.world, context.actor, vote));
  },
});

const postDecision = route({
  method: "POST",
  path: "/api/v1/changes/{change}/decision",
  summary: "Closes the vote of the board, or vetoes the change as its chair.",
  permission: "change.vote",
  freshProof: "demanded",
  params: z.strictObject({ change: changeRef }),
  body: z.strictObject({ isVeto: z.boolean().default(false), reason }),
  reply: changeSchema,
  errors: ["not-found", "forbidden", "blocked"],
  async handle(context, { params, body }) {
    const close = { ...body, change: params.change };
    return replyFor(context, await closeVote(context.world, context.actor, close));
  },
});

const minutesSchema = z.strictObject({
  id: z.string(),
  text: z.string(),
  digest: z.string(),
  by: z.string(),
  at: time,
});

async function minutesReplies(
  world: Parameters<typeof showAgenda>[0],
  kept: readonly Minutes[],
): Promise<z.output<typeof minutesSchema>[]> {
  const names = await loadSubjectNames(world.db, [...new Set(kept.map(({ by }) => by))]);
  const handles = new Map<string, string>(names.map(({ id, handle }) => [id, handle]));
  return kept.map(({ id, text, digest, by, at }) => ({
    ...{ id, text, digest, by: handles.get(by) ?? "", at: instantToText(at) },
  }));
}

const getMinutes = route({
  method: "GET",
  path: "/api/v1/cab/minutes",
  summary: "Minutes of the advisory board, newest first; the ledger keeps the digest of each.",
  permission: "change.read",
  query: z.strictObject({ limit: z.coerce.number().int().min(1).max(100).default(20) }),
  reply: z.strictObject({ items: z.array(minutesSchema) }),
  errors: ["forbidden"],
  async handle({ world, actor }, { query }) {
    // They tell of changes whatever their hosts.
    demandUnscoped(actor, "change.read", "Reading the board's minutes");
    return { items: await minutesReplies(world, await loadMinutes(world.db, query.limit)) };
  },
});

const PRESENT_MAX = 100;

const postMinutes = route({
  method: "POST",
  path: "/api/v1/cab/minutes",
  summary: "Keeps the minutes of all that the board decided since the last ones.",
  permission: "change.vote",
  status: 201,
  body: z.strictObject({
    present: z.array(z.string().trim().min(1).max(100)).max(PRESENT_MAX).default([]),
    notes: z.string().trim().max(4000).default(""),
  }),
  reply: minutesSchema,
  errors: ["forbidden"],
  async handle({ world, actor }, { body }) {
    const [kept] = await minutesReplies(world, [await keepMinutes(world, actor, body)]);
    return kept as z.output<typeof minutesSchema>;
  },
});

export const boardRoutes: readonly Route[] = [
  getAgenda,
  postVote,
  postDecision,
  getMinutes,
  postMinutes,
];
