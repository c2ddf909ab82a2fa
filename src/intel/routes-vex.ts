import { z } from "zod";
import { actionOf, actionSchema, lacksRight } from "../base/action.ts";
import { type Actor, holdsAnywhere } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { type Instant, instantFromText, instantToText } from "../base/instant.ts";
import { parseSelector } from "../base/labels.ts";
import { tones } from "../base/tone.ts";
import { type Route, route } from "../db/world.ts";
import { listVex, loadVex, removeVex, showVex, type Unmatched } from "./actions-vex.ts";
import { answerForVex, refusalToAnswer } from "./actions-vex-answer.ts";
import { loadVexEffects } from "./actions-vex-effect.ts";
import { addPublisher, listPublishers, removePublisher } from "./actions-vex-trust.ts";
import type { StoredVexStatement, VexDocument } from "./store-vex.ts";
import { noEffect, type VexEffect } from "./vex-effect.ts";
import { mayWithin } from "./vex-trust.ts";
import { trustInWords, vexStateOf, vexStateWords } from "./vex-words.ts";

/** VEX documents over HTTP: what is not exploitable, by whose word, and for which hosts. */
const CONTENT_CHARACTERS_MAX = 24 * 1024 * 1024;
const BODY_BYTES_MAX = 32 * 1024 * 1024;
const STATEMENTS_SHOWN_MAX = 2_000;

const time = z.string().describe("RFC 3339 in UTC");

const documentSchema = z
  .strictObject({
    vex: z.string().describe("its number, V-3"),
    digest: z.string().describe("SHA-256 of the file"),
    format: z.string(),
    title: z.string(),
    author: z.string(),
    scope: z.string().describe("label expression; empty for every host"),
    product: z.string(),
    trust: z.enum(["none", "approver", "publisher", "responsible"]),
    trustedBy: z.string(),
    trustReason: z.string(),
    trustText: z.string().describe("whose word it is and how that was verified, in a sentence"),
    state: z.enum(["counts", "shown", "ended"]),
    label: z.string(),
    tone: z.enum(tones),
    setAside: z
      .strictObject({ vulnerabilities: z.number(), findings: z.number(), hosts: z.number() })
      .describe("what it takes out of the counts on your hosts now"),
    statementCount: z.number(),
    matchedCount: z.number().describe("statements that are about a finding now"),
    problems: z.array(z.strictObject({ place: z.string(), reason: z.string() })),
    until: time.nullable(),
    loadedAt: time,
    endedAt: time.nullable(),
    endReason: z.string().nullable(),
    actions: z.array(actionSchema),
  })
  .meta({ id: "VexDocument" });

const statementSchema = z
  .strictObject({
    vulnerability: z.string(),
    aliases: z.array(z.string()),
    status: z.string(),
    justification: z.string(),
    author: z.string(),
    saidAt: time.nullable(),
    products: z.array(z.string()),
    isMatched: z.boolean(),
    serviceCount: z.number().int().describe("services with a component that it is about"),
    whyUnmatched: z.string().nullable().describe("why it is about no finding, and what came near"),
  })
  .meta({ id: "VexStatement" });

const getDocuments = route({
  method: "GET",
  path: "/api/v1/vex",
  summary:
    "Lists VEX documents, the newest first, with how many of their statements fit a finding.",
  permission: "finding.read",
  query: z.strictObject({ ended: z.enum(["true", "false"]).default("false") }),
  reply: z.strictObject({ items: z.array(documentSchema), actions: z.array(actionSchema) }),
  handle: async ({ world, actor }, { query }) => {
    const documents = await listVex(world, { isLive: query.ended === "false" });
    const effects = await loadVexEffects(world, actor);
    const refusal = lacksRight(holdsAnywhere(actor, "vex.load"), "vex.load");
    return {
      items: documents.map((each) => documentReply(actor, each, effects)),
      actions: [actionOf("load", "Load a document", refusal)],
    };
  },
});

const postDocument = route({
  method: "POST",
  path: "/api/v1/vex",
  summary:
    "Loads a VEX document. Only a verified author, or who answers for it, sets findings aside.",
  permission: "vex.load",
  body: z.strictObject({
    content: z.string().min(2).max(CONTENT_CHARACTERS_MAX).describe("the file's text, unchanged"),
    title: z.string().max(200).default(""),
    scope: z.string().max(1000).default(""),
    product: z.string().max(500).default(""),
    signature: z.string().max(10_000).optional().describe("SSHSIG in namespace fettle-vex-v1"),
    responsible: z.string().min(10).max(1000).optional().describe("why you answer for it"),
    until: z.string().optional().describe("when it no longer counts"),
  }),
  bodyBytesMax: BODY_BYTES_MAX,
  reply: z.strictObject({
    document: documentSchema,
    replaced: z.array(z.string()),
    unmatchedCount: z.number(),
    unmatched: z.array(statementSchema),
  }),
  errors: ["invalid", "too-large", "blocked", "conflict"],
  async handle({ world, actor }, { body }) {
    const loaded = await loadVex(world, actor, {
      ...body,
      signature: body.signature ?? null,
      responsible: body.responsible ?? null,
      until: instantOf(body.until),
    });
    return {
      document: documentReply(actor, loaded.document, await loadVexEffects(world, actor)),
      replaced: loaded.replaced.map((number) => `V-${number}`),
      unmatchedCount: loaded.unmatched.length,
      unmatched: loaded.unmatched.slice(0, STATEMENTS_SHOWN_MAX).map(unmatchedReply),
    };
  },
});

const params = z.strictObject({ vex: z.string().min(1).max(20) });

const getDocument = route({
  method: "GET",
  path: "/api/v1/vex/{vex}",
  summary: "Shows one VEX document with its statements; those that fit nothing say why.",
  permission: "finding.read",
  params,
  reply: z.strictObject({
    document: documentSchema,
    statements: z.array(statementSchema),
    hasMore: z.boolean(),
    unmatchedCount: z.number(),
  }),
  errors: ["not-found"],
  async handle({ world, actor }, { params: { vex } }) {
    const { document, statements, unmatched } = await showVex(world, vex);
    const why = new Map(unmatched.map((each) => [each.statement.id, each.why]));
    const shown = statements.toSorted((a, b) => Number(a.isMatched) - Number(b.isMatched));
    return {
      document: documentReply(actor, document, await loadVexEffects(world, actor)),
      statements: shown
        .slice(0, STATEMENTS_SHOWN_MAX)
        .map((statement) => statementReply(statement, why.get(statement.id) ?? null)),
      hasMore: shown.length > STATEMENTS_SHOWN_MAX,
      unmatchedCount: unmatched.length,
    };
  },
});

const postRemoval = route({
  method: "POST",
  path: "/api/v1/vex/{vex}/remove",
  summary: "Ends a VEX document: what it set aside counts again. Nothing is deleted.",
  permission: "vex.load",
  params,
  body: z.strictObject({ reason: z.string().min(3).max(500) }),
  reply: documentSchema,
  errors: ["not-found", "conflict"],
  async handle({ world, actor }, { params: { vex }, body }) {
    const ended = await removeVex(world, actor, { ref: vex, reason: body.reason });
    return documentReply(actor, ended, await loadVexEffects(world, actor));
  },
});

const postAnswer = route({
  method: "POST",
  path: "/api/v1/vex/{vex}/answer",
  summary: "Answers by name for a document that nobody verified, so that it sets findings aside.",
  permission: "vex.trust",
  params,
  body: z.strictObject({ reason: z.string().trim().min(10).max(1000) }),
  reply: documentSchema,
  errors: ["not-found", "conflict", "blocked"],
  async handle({ world, actor }, { params: { vex }, body }) {
    const made = await answerForVex(world, actor, { ref: vex, reason: body.reason });
    return documentReply(actor, made, await loadVexEffects(world, actor));
  },
});

const publisherSchema = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    authors: z.array(z.string()),
    keyLine: z.string(),
    fingerprint: z.string(),
  })
  .meta({ id: "VexPublisher" });

const getPublishers = route({
  method: "GET",
  path: "/api/v1/vex-publishers",
  summary: "Lists the publishers whose signature under a VEX document counts.",
  permission: "finding.read",
  reply: z.strictObject({ items: z.array(publisherSchema) }),
  handle: async ({ world }) => ({
    items: (await listPublishers(world)).map((each) => ({ ...each, authors: [...each.authors] })),
  }),
});

const postPublisher = route({
  method: "POST",
  path: "/api/v1/vex-publishers",
  summary: "Registers a publisher's key and the authors it speaks for.",
  permission: "vex.trust",
  body: z.strictObject({
    name: z.string().min(1).max(100),
    keyLine: z.string().min(20).max(2000),
    authors: z.array(z.string().min(1).max(200)).min(1).max(50),
  }),
  reply: publisherSchema,
  errors: ["conflict"],
  async handle({ world, actor }, { body }) {
    const added = await addPublisher(world, actor, body);
    return { ...added, authors: [...added.authors] };
  },
});

const deletePublisher = route({
  method: "DELETE",
  path: "/api/v1/vex-publishers/{publisher}",
  summary: "Takes a publisher's key away; what it signed before stays.",
  permission: "vex.trust",
  params: z.strictObject({ publisher: z.string().min(1).max(64) }),
  reply: null,
  errors: ["not-found"],
  handle: async ({ world, actor }, { params: { publisher } }) =>
    removePublisher(world, actor, publisher),
});

export const vexRoutes: readonly Route[] = [
  getDocuments,
  postDocument,
  getDocument,
  postRemoval,
  postAnswer,
  getPublishers,
  postPublisher,
  deletePublisher,
];

function documentReply(
  actor: Actor,
  document: VexDocument,
  effects: ReadonlyMap<string, VexEffect>,
): z.output<typeof documentSchema> {
  const vex = `V-${document.number}`;
  const isMine = mayWithin(actor, "vex.load", parseSelector(document.scope));
  const refusal =
    document.endedAt === null ? lacksRight(isMine, "vex.load") : "It has ended already.";
  const state = vexStateOf(document);
  const [label, tone] = vexStateWords[state];
  return {
    ...{ vex, state, label, tone },
    digest: document.digest,
    format: document.format,
    title: document.title,
    author: document.author,
    scope: document.scope,
    product: document.product,
    trust: document.trust,
    trustedBy: document.trustedBy,
    trustReason: document.trustReason,
    trustText: trustInWords(document),
    setAside: { ...(effects.get(vex) ?? noEffect) },
    statementCount: document.statementCount,
    matchedCount: document.matchedCount,
    problems: document.problems.map((problem) => ({ ...problem })),
    until: timeOf(document.until),
    loadedAt: instantToText(document.loadedAt),
    endedAt: timeOf(document.endedAt),
    endReason: document.endReason,
    actions: [
      actionOf("remove", "Remove", refusal),
      actionOf("answer", "Answer for it", refusalToAnswer(actor, document)),
    ],
  };
}

function unmatchedReply({ statement, why }: Unmatched): z.output<typeof statementSchema> {
  return statementReply(statement, why);
}

function statementReply(
  statement: StoredVexStatement,
  why: string | null,
): z.output<typeof statementSchema> {
  const [vulnerability = "", ...aliases] = statement.names;
  return {
    vulnerability,
    aliases,
    status: statement.status,
    justification: statement.justification,
    author: statement.author,
    saidAt: timeOf(statement.saidAt),
    products: statement.products.map((p) =>
      [p.identifiers[0] ?? p.name, ...p.parts.slice(0, 3)].join(" › "),
    ),
    isMatched: statement.isMatched,
    serviceCount: statement.services?.length ?? 0,
    whyUnmatched: why,
  };
}

function timeOf(instant: Instant | null): string | null {
  return instant === null ? null : instantToText(instant);
}

function instantOf(text: string | undefined): Instant | null {
  if (text === undefined) return null;
  const instant = instantFromText(text);
  if (instant !== null) return instant;
  throw new Failure("invalid", "The end (until) is not of the form 2026-11-21T08:00:00Z.");
}
