import { z } from "zod";
import { type Action, actionOf, actionSchema, lacksRight } from "../base/action.ts";
import { type Actor, holdsAnywhere } from "../base/actor.ts";
import { instantToText } from "../base/instant.ts";
import { skip, total } from "../base/list-page.ts";
import { type RequestContext, type Route, route } from "../db/world.ts";
import { loadSubjectNames } from "../identity/store.ts";
import { requireVisiblePatch } from "./actions.ts";
import {
  addKnownIssue,
  decideKnownIssue,
  editKnownIssue,
  readingOf,
  requireKnownIssue,
} from "./actions-known-issue.ts";
import { atomFeed } from "./atom-feed.ts";
import { knownIssueStateWords } from "./decision-words.ts";
import {
  audiences,
  type KnownIssue,
  knownIssueAfter,
  knownIssueStates,
  type Revision,
} from "./known-issue.ts";
import { loadPatch } from "./store.ts";
import { countKnownIssues, loadKnownIssues, loadRevisions } from "./store-known-issue.ts";

/** Known issues over HTTP: a list, a page and a feed for whoever has to live with them. */

const time = z.iso.datetime();
const params = z.strictObject({ issue: z.string().min(2).max(64) });

const textFields = {
  title: z.string().trim().min(3).max(160),
  ecosystem: z.string().min(1).max(100).nullable(),
  subject: z.string().trim().min(1).max(128).describe("a source package or a service"),
  affected: z.string().trim().min(1).max(400).describe("which versions, in words"),
  workaround: z.string().trim().min(1).max(20_000).describe("Markdown, shown as text"),
  audience: z.enum(audiences),
  vulnerabilities: z.array(z.string().min(3).max(100)).max(200),
  patch: z.string().min(1).max(64).nullable(),
};

const revisionSchema = z
  .strictObject({
    ...textFields,
    revision: z.number().int(),
    writtenBy: z.string(),
    writtenAt: time,
  })
  .meta({ id: "KnownIssueRevision" });

const issueSchema = z
  .strictObject({
    id: z.string(),
    ref: z.string(),
    state: z.enum(knownIssueStates),
    label: z.string(),
    /** Of the newest revision; readers get the published one. */
    revision: z.number().int(),
    publishedRevision: z.number().int().nullable(),
    publishedAt: time.nullable(),
    movedAt: time,
    text: revisionSchema,
    href: z.string(),
    actions: z.array(actionSchema),
  })
  .meta({ id: "KnownIssue" });

type IssueReply = z.output<typeof issueSchema>;
type RevisionReply = z.output<typeof revisionSchema>;

async function revisionReplies(
  { world }: Pick<RequestContext, "world">,
  revisions: readonly Revision[],
): Promise<RevisionReply[]> {
  const people = [...new Set(revisions.map((one) => one.writtenBy))];
  const names = new Map((await loadSubjectNames(world.db, people)).map((n) => [n.id, n.handle]));
  const replies: RevisionReply[] = [];
  for (const one of revisions) {
    const patch = one.patch === null ? null : await loadPatch(world.db, one.patch);
    replies.push({
      ...one,
      vulnerabilities: [...one.vulnerabilities],
      patch: patch === null ? null : `P-${patch.number}`,
      writtenBy: names.get(one.writtenBy) ?? "",
      writtenAt: instantToText(one.writtenAt),
    });
  }
  return replies;
}

async function issueReplies(
  context: Pick<RequestContext, "world" | "actor">,
  issues: readonly KnownIssue[],
): Promise<IssueReply[]> {
  const texts = await revisionReplies(
    context,
    issues.map((issue) => issue.shown),
  );
  return issues.flatMap((issue, at): IssueReply[] => {
    const text = texts[at];
    if (text === undefined) return [];
    return [
      {
        id: issue.id,
        ref: `K-${issue.number}`,
        state: issue.state,
        label: knownIssueStateWords[issue.state][1],
        revision: issue.revision,
        publishedRevision: issue.publishedRevision,
        publishedAt: issue.publishedAt === null ? null : instantToText(issue.publishedAt),
        movedAt: instantToText(issue.movedAt),
        text,
        href: `/known-issues/K-${issue.number}`,
        actions: actionsOn(issue, context.actor),
      },
    ];
  });
}

function actionsOn(issue: KnownIssue, actor: Actor): Action[] {
  const right = editRefusal(actor);
  const isShown = issue.state === "published" && issue.publishedRevision === issue.revision;
  const published = isShown ? "Its newest revision is published." : null;
  const gone = knownIssueAfter(issue.state, "withdraw") === null ? "It is withdrawn." : null;
  return [
    actionOf("edit", "Edit", right),
    actionOf("publish", "Publish", right ?? published),
    actionOf("withdraw", "Withdraw", right ?? gone),
  ];
}

function editRefusal(actor: Actor): string | null {
  return lacksRight(holdsAnywhere(actor, "issue.edit"), "issue.edit");
}

async function oneReply(context: RequestContext, issue: KnownIssue): Promise<IssueReply> {
  const [reply] = await issueReplies(context, [issue]);
  return reply as IssueReply;
}

const filters = {
  state: z.enum(knownIssueStates).optional(),
  q: z.string().trim().max(200).default(""),
  vulnerability: z.string().min(3).max(100).optional(),
  subject: z.string().min(1).max(128).optional(),
  patch: z.string().min(1).max(64).optional(),
};

const getIssues = route({
  method: "GET",
  path: "/api/v1/known-issues",
  summary: "What is known and will not be patched, newest first; writers see drafts too.",
  permission: "issue.read",
  query: z.strictObject({
    ...filters,
    skip,
    limit: z.coerce.number().int().min(1).max(200).default(100),
  }),
  reply: z.strictObject({ items: z.array(issueSchema), total, actions: z.array(actionSchema) }),
  errors: ["not-found"],
  async handle(context, { query }) {
    const { world, actor } = context;
    const patch =
      query.patch === undefined ? undefined : await requireVisiblePatch(world, actor, query.patch);
    const { state, q: text, vulnerability, subject, limit, skip: passed = 0 } = query;
    const filter = {
      ...{ ...readingOf(actor), state, text, vulnerability, subject },
      patch: patch?.id,
    };
    const items = await loadKnownIssues(world.db, { ...filter, skip: passed, limit });
    return {
      items: await issueReplies(context, items),
      total: await countKnownIssues(world.db, filter),
      actions: [actionOf("add", "Write one", editRefusal(actor))],
    };
  },
});

const FEED_ENTRIES_MAX = 100;

const getFeed = route({
  method: "GET",
  path: "/api/v1/known-issues/feed.atom",
  summary: "Published known issues as an Atom feed (RFC 4287), for readers and status pages.",
  permission: "issue.read",
  reply: { contentType: "application/atom+xml; charset=utf-8" },
  async handle({ world, actor }) {
    const { audiences: mine } = readingOf(actor);
    const issues = await loadKnownIssues(world.db, {
      isWriter: false,
      audiences: mine,
      skip: 0,
      limit: FEED_ENTRIES_MAX,
    });
    return atomFeed({
      id: "urn:fettle:known-issues",
      title: "Known issues",
      self: "/api/v1/known-issues/feed.atom",
      author: "Fettle",
      updated: Math.max(0, ...issues.map((issue) => issue.publishedAt ?? 0)),
      entries: issues.map((issue) => ({
        id: `urn:uuid:${issue.id}`,
        title: `K-${issue.number}  ${issue.shown.title}`,
        updated: issue.publishedAt ?? issue.movedAt,
        published: issue.createdAt,
        href: `/known-issues/K-${issue.number}`,
        summary: `${issue.shown.subject}: ${issue.shown.affected}`,
        text: issue.shown.workaround,
      })),
    });
  },
});

const getIssue = route({
  method: "GET",
  path: "/api/v1/known-issues/{issue}",
  summary: "One known issue; writers also get every revision.",
  permission: "issue.read",
  params,
  reply: z.strictObject({ issue: issueSchema, revisions: z.array(revisionSchema) }),
  errors: ["not-found"],
  async handle(context, input) {
    const { world, actor } = context;
    const issue = await requireKnownIssue(world, actor, input.params.issue);
    const { isWriter } = readingOf(actor);
    const revisions = isWriter ? await loadRevisions(world.db, issue.id) : [];
    return {
      issue: await oneReply(context, issue),
      revisions: await revisionReplies(context, revisions),
    };
  },
});

const postIssue = route({
  method: "POST",
  path: "/api/v1/known-issues",
  summary: "Writes a known issue as a draft.",
  permission: "issue.edit",
  status: 201,
  body: z.strictObject({
    ...textFields,
    ecosystem: textFields.ecosystem.default(null),
    audience: textFields.audience.default("everybody"),
    vulnerabilities: textFields.vulnerabilities.default([]),
    patch: textFields.patch.default(null),
  }),
  reply: issueSchema,
  errors: ["not-found"],
  async handle(context, { body }) {
    return oneReply(context, await addKnownIssue(context.world, context.actor, body));
  },
});

const patchIssue = route({
  method: "PATCH",
  path: "/api/v1/known-issues/{issue}",
  summary: "Writes a new revision; readers keep the published one until this one is published.",
  permission: "issue.edit",
  params,
  body: z.strictObject({
    revision: z.number().int().min(1).describe("the one that was edited"),
    title: textFields.title.optional(),
    ecosystem: textFields.ecosystem.optional(),
    subject: textFields.subject.optional(),
    affected: textFields.affected.optional(),
    workaround: textFields.workaround.optional(),
    audience: textFields.audience.optional(),
    vulnerabilities: textFields.vulnerabilities.optional(),
    patch: textFields.patch.optional(),
  }),
  reply: issueSchema,
  errors: ["not-found", "conflict"],
  async handle(context, input) {
    const { revision, ...given } = input.body;
    const change = Object.fromEntries(
      Object.entries(given).filter(([, value]) => value !== undefined),
    );
    const edit = { issue: input.params.issue, change, revision };
    return oneReply(context, await editKnownIssue(context.world, context.actor, edit));
  },
});

const postPublish = route({
  method: "POST",
  path: "/api/v1/known-issues/{issue}/publish",
  summary: "Shows the newest revision to its audience.",
  permission: "issue.edit",
  params,
  reply: issueSchema,
  errors: ["not-found", "blocked"],
  async handle(context, input) {
    const decision = { ...input.params, verb: "publish" as const };
    return oneReply(context, await decideKnownIssue(context.world, context.actor, decision));
  },
});

const postWithdraw = route({
  method: "POST",
  path: "/api/v1/known-issues/{issue}/withdraw",
  summary: "Takes it away from readers; its revisions are kept.",
  permission: "issue.edit",
  params,
  body: z.strictObject({ reason: z.string().trim().min(1).max(4000) }),
  reply: issueSchema,
  errors: ["not-found", "blocked"],
  async handle(context, input) {
    const decision = { ...input.params, verb: "withdraw" as const, reason: input.body.reason };
    return oneReply(context, await decideKnownIssue(context.world, context.actor, decision));
  },
});

export const knownIssueRoutes: readonly Route[] = [
  getIssues,
  getFeed,
  getIssue,
  postIssue,
  patchIssue,
  postPublish,
  postWithdraw,
];
