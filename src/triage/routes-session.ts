import { z } from "zod";
import { type Action, actionOf, actionSchema, lacksRight } from "../base/action.ts";
import { type Actor, holdsAnywhere, scopesFor } from "../base/actor.ts";
import { instantToText } from "../base/instant.ts";
import { type RequestContext, type Route, route } from "../db/world.ts";
import {
  closeTriage,
  countKey,
  joinSession,
  mayTakePart,
  NO_HOSTS,
  noteInSession,
  ownCounts,
  requireSession,
  startSession,
  voteInSession,
} from "./actions-session.ts";
import { doInSession } from "./actions-session-outcome.ts";
import {
  countingVotes,
  doings,
  doneWords,
  necessities,
  parts,
  refusalToDo,
  type Session,
  type SessionItem,
  tallyOf,
  tallyText,
  voteScopes,
  type WholeSession,
} from "./session.ts";
import { minutesOf } from "./session-minutes.ts";
import { loadSessions } from "./store-session.ts";

/** Triage sessions over HTTP. */
const time = z.iso.datetime();
const count = z.number().int();

const head = {
  id: z.string(),
  ref: z.string(),
  title: z.string(),
  state: z.enum(["open", "closed"]),
  startedBy: z.string(),
  startedAt: time,
  /** SHA-256 over the frozen list. */
  digest: z.string(),
  quorum: count,
  closed: z
    .strictObject({ by: z.string(), at: time, summary: z.string(), minutes: z.string() })
    .nullable(),
  href: z.string(),
};

const voteSchema = z.strictObject({
  subject: z.string(),
  necessity: z.enum(necessities),
  scope: z.enum(voteScopes),
  hosts: z.string(),
  words: z.string(),
  at: time,
});

const itemSchema = z
  .strictObject({
    place: count,
    ecosystem: z.string(),
    source: z.string(),
    sourceVersion: z.string().nullable(),
    remedy: z.enum(["update-offered", "fixed-upstream-not-offered", "no-fix"]),
    hosts: count,
    exposedHosts: count,
    findingsCleared: count,
    vulnerabilities: z.array(z.string()),
    knownExploited: z.array(z.string()),
    /** Those that the runtime policy lowered on every host when the list was frozen. */
    lowered: z.array(z.string()),
    epssMax: z.number().nullable(),
    risk: z.number(),
    /** The votes that count, one of each person. */
    votes: z.array(voteSchema),
    tally: z.strictObject({ kind: z.enum(["few", "tie", "decided"]), text: z.string() }),
    /** The reader's own vote. */
    mine: voteSchema.nullable(),
    outcome: z
      .strictObject({
        doing: z.enum(doings),
        /** The same in words. */
        label: z.string(),
        by: z.string(),
        at: time,
        words: z.string(),
        ref: z.string().nullable(),
      })
      .nullable(),
    actions: z.array(actionSchema),
  })
  .meta({ id: "TriageItem" });

const sessionSchema = z
  .strictObject({
    ...head,
    /**
     * Whose hosts the items count: all of those on the frozen list, or, for a reader who does not see
     * every host, the reader's own as they are now.
     */
    counts: z.enum(["frozen", "own"]),
    items: z.array(itemSchema),
    participants: z.array(
      z.strictObject({ subject: z.string(), part: z.enum(parts), joinedAt: time }),
    ),
    notes: z.array(z.strictObject({ subject: z.string(), at: time, words: z.string() })),
    /** What was said so far, people by their ids; signed off by its digest when it is closed. */
    minutes: z.string(),
    actions: z.array(actionSchema),
  })
  .meta({ id: "TriageSession" });

const text = instantToText;

function headReply(session: Session) {
  const { number, closed } = session;
  return {
    id: session.id,
    ref: `T-${number}`,
    title: session.title,
    state: session.state,
    startedBy: session.startedBy,
    startedAt: text(session.startedAt),
    digest: session.digest,
    quorum: session.quorum,
    closed: closed === null ? null : { ...closed, at: text(closed.at) },
    href: `/triage/T-${number}`,
  };
}

async function sessionReply(
  session: WholeSession,
  { world, actor }: Pick<RequestContext, "world" | "actor">,
): Promise<z.output<typeof sessionSchema>> {
  const own = await ownCounts(world, actor);
  return {
    ...headReply(session),
    counts: own === null ? "frozen" : "own",
    items: session.items.map((item) => {
      const counts = own === null ? {} : (own.get(countKey(item.item)) ?? NO_HOSTS);
      return { ...itemReply(session, item, actor), ...counts };
    }),
    participants: session.participants.map((one) => ({ ...one, joinedAt: text(one.joinedAt) })),
    notes: session.notes.map((note) => ({ ...note, at: text(note.at) })),
    minutes: minutesOf(session, session.closed),
    actions: sessionActions(session, actor),
  };
}

function itemReply(session: WholeSession, item: SessionItem, actor: Actor) {
  const votes = countingVotes(item.votes).map((vote) => ({ ...vote, at: text(vote.at) }));
  const tally = tallyOf(item.votes, session.quorum);
  return {
    ...item.item,
    place: item.place,
    vulnerabilities: [...item.item.vulnerabilities],
    knownExploited: [...item.item.knownExploited],
    lowered: [...item.item.lowered],
    votes,
    tally: { kind: tally.kind, text: tallyText(tally, session.state === "closed") },
    mine: votes.find(({ subject }) => subject === actor.subject) ?? null,
    outcome:
      item.outcome === null
        ? null
        : {
            ...item.outcome,
            label: doneWords[item.outcome.doing],
            at: text(item.outcome.at),
          },
    actions: itemActions(session, item, actor),
  };
}

const doingLabels = {
  "open-case": "Open a case",
  defer: "Put it off",
  "known-issue": "Write a known issue",
  nothing: "Do nothing",
} as const;

function itemActions(session: WholeSession, item: SessionItem, actor: Actor): Action[] {
  const { state, quorum } = session;
  const mayEdit = lacksRight(holdsAnywhere(actor, "patch.edit"), "patch.edit");
  const decided =
    item.outcome === null ? null : `It was decided: ${doneWords[item.outcome.doing]}.`;
  return [
    actionOf("vote", "Vote", voteRefusal(session, actor) ?? decided),
    ...doings.map((doing) =>
      actionOf(doing, doingLabels[doing], mayEdit ?? refusalToDo(doing, { state, quorum, item })),
    ),
  ];
}

function closedRefusal(session: Session, actor: Actor): string | null {
  return session.state === "closed"
    ? "The session is closed."
    : lacksRight(mayTakePart(actor), "triage.vote");
}

function voteRefusal(session: WholeSession, actor: Actor): string | null {
  const isIn = session.participants.some(({ subject }) => subject === actor.subject);
  return closedRefusal(session, actor) ?? (isIn ? null : "Join the session first.");
}

function sessionActions(session: WholeSession, actor: Actor): Action[] {
  const mayEdit = lacksRight(holdsAnywhere(actor, "patch.edit"), "patch.edit");
  return [
    actionOf("join", "Join", closedRefusal(session, actor)),
    actionOf("note", "Say", voteRefusal(session, actor)),
    actionOf("close", "Close and sign off", voteRefusal(session, actor) ?? mayEdit),
  ];
}

const params = z.strictObject({ session: z.string().min(1).max(64) });
const part = z.enum(parts);
const errors = ["not-found", "blocked", "invalid", "forbidden", "conflict"] as const;

const postSession = route({
  method: "POST",
  path: "/api/v1/triage-sessions",
  summary: "Starts a triage session over the updates that clear most risk, as they are now.",
  permission: "patch.edit",
  status: 201,
  body: z.strictObject({
    title: z.string().trim().min(1).max(200),
    quorum: z.int().min(1).max(50).default(2),
    items: z.int().min(1).max(100).default(10),
    part: part.default("operations"),
  }),
  reply: sessionSchema,
  errors: [...errors],
  handle: async ({ world, actor }, { body }) =>
    sessionReply(await startSession(world, actor, body), { world, actor }),
});

const getSessions = route({
  method: "GET",
  path: "/api/v1/triage-sessions",
  summary: "Triage sessions, newest first.",
  permission: "patch.read",
  reply: z.strictObject({
    items: z.array(z.strictObject(head)),
    actions: z.array(actionSchema),
  }),
  handle: async ({ world, actor }) => ({
    items: (await loadSessions(world.db, scopesFor(actor, "patch.read"))).map(headReply),
    actions: [
      actionOf(
        "start",
        "Start a session",
        lacksRight(holdsAnywhere(actor, "patch.edit"), "patch.edit"),
      ),
    ],
  }),
});

const getSession = route({
  method: "GET",
  path: "/api/v1/triage-sessions/{session}",
  summary: "One session: its frozen list, who voted what, what came of it, and the minutes.",
  permission: "patch.read",
  params,
  reply: sessionSchema,
  errors: ["not-found"],
  handle: async ({ world, actor }, { params: { session } }) =>
    sessionReply(await requireSession(world, actor, session), { world, actor }),
});

const postJoin = route({
  method: "POST",
  path: "/api/v1/triage-sessions/{session}/join",
  summary: "Takes part in a session, for on-call, QA, support or others.",
  permission: "triage.vote",
  params,
  body: z.strictObject({ part }),
  reply: sessionSchema,
  errors: [...errors],
  handle: async ({ world, actor }, { params: { session }, body }) =>
    sessionReply(await joinSession(world, actor, { session, ...body }), { world, actor }),
});

const postVote = route({
  method: "POST",
  path: "/api/v1/triage-sessions/{session}/votes",
  summary: "Votes on one item: whether it is necessary, and on which hosts.",
  permission: "triage.vote",
  params,
  body: z.strictObject({
    place: z.int().min(1).max(100),
    necessity: z.enum(necessities),
    scope: z.enum(voteScopes).default("all"),
    hosts: z.string().trim().max(1000).default(""),
    words: z.string().trim().max(2000).default(""),
  }),
  reply: sessionSchema,
  errors: [...errors],
  handle: async ({ world, actor }, { params: { session }, body }) =>
    sessionReply(await voteInSession(world, actor, { session, ...body }), { world, actor }),
});

const postNote = route({
  method: "POST",
  path: "/api/v1/triage-sessions/{session}/notes",
  summary: "Adds what somebody said to the minutes.",
  permission: "triage.vote",
  params,
  body: z.strictObject({ words: z.string().trim().min(1).max(4000) }),
  reply: sessionSchema,
  errors: [...errors],
  handle: async ({ world, actor }, { params: { session }, body }) =>
    sessionReply(await noteInSession(world, actor, { session, ...body }), { world, actor }),
});

const postOutcome = route({
  method: "POST",
  path: "/api/v1/triage-sessions/{session}/outcomes",
  summary: "Does what the votes on an item allow: a case, a deferral, a known issue, or nothing.",
  permission: "patch.edit",
  params,
  body: z.strictObject({
    place: z.int().min(1).max(100),
    doing: z.enum(doings),
    words: z.string().trim().max(4000).default(""),
    until: time.optional().describe("end of a deferral"),
    owner: z.string().min(1).max(64).optional().describe("who answers for a deferral"),
  }),
  reply: sessionSchema,
  errors: [...errors],
  async handle({ world, actor }, { params: { session }, body }) {
    const until = body.until === undefined ? undefined : Date.parse(body.until);
    return sessionReply(await doInSession(world, actor, { ...body, session, until }), {
      world,
      actor,
    });
  },
});

const postClose = route({
  method: "POST",
  path: "/api/v1/triage-sessions/{session}/close",
  summary: "Closes a session and signs its minutes off; nothing in it changes afterwards.",
  permission: "patch.edit",
  params,
  body: z.strictObject({ summary: z.string().trim().min(1).max(4000) }),
  reply: sessionSchema,
  errors: [...errors],
  handle: async ({ world, actor }, { params: { session }, body }) =>
    sessionReply(await closeTriage(world, actor, { session, ...body }), { world, actor }),
});

export const sessionRoutes: readonly Route[] = [
  postSession,
  getSessions,
  getSession,
  postJoin,
  postVote,
  postNote,
  postOutcome,
  postClose,
];
