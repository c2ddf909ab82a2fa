import { z } from "zod";
import { holdsAnywhere } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { instantToText } from "../base/instant.ts";
import { skip, total } from "../base/list-page.ts";
import type { AnyRoute } from "../base/route.ts";
import { demandUnscoped } from "../base/unscoped.ts";
import { inTransaction } from "../db/database.ts";
import { recordReading } from "./actions-read.ts";
import { verifierKey } from "./checkpoint.ts";
import { eventSentence, toldEvent } from "./event-sentence.ts";
import { changeEvidence } from "./evidence.ts";
import { exportLines } from "./export.ts";
import { waitForGrowth } from "./loops-watch.ts";
import type { Head, LedgerEvent } from "./model.ts";
import { proveConsistency, proveInclusion } from "./proof.ts";
import { recordEvent } from "./record.ts";
import { type ServedContext, servedRoute } from "./served-route.ts";
import { countTimeline, readTimeline } from "./store.ts";
import { openLogKey } from "./store-log-key.ts";
import { openSealed, withholdSealed } from "./store-seal.ts";
import { loadHead, loadMinimum, loadNumberedEvents } from "./store-tree.ts";

const eventSchema = z
  .strictObject({
    id: z.string(),
    /** Place in the tree; null for the moment until it has one. */
    index: z.number().int().nullable(),
    at: z.iso.datetime(),
    type: z.string(),
    /** The event in words. */
    sentence: z.string(),
    actor: z.string(),
    object: z.string(),
    patch: z.string().nullable(),
    change: z.string().nullable(),
    plan: z.string().nullable(),
    approved: z.string().nullable(),
    facts: z.record(z.string(), z.unknown()),
    /** How it came about: request, session, address, rule, outcome, build. */
    circumstances: z.record(z.string(), z.unknown()),
  })
  .meta({ id: "Event" });

function asReply(event: LedgerEvent): z.output<typeof eventSchema> {
  const { id, index, type, actor, object, patch, change, plan, approved } = event;
  const at = instantToText(event.at);
  const [facts, circumstances] = [{ ...event.facts }, { ...event.circumstances }];
  const sentence = eventSentence(event);
  const about = { object, patch, change, plan, approved };
  return { id, index, at, type, sentence, actor, ...about, facts, circumstances };
}

/** What is sealed about persons is opened for whoever may know who they are, and for nobody else. */
async function readable(
  { world, actor }: Pick<ServedContext, "world" | "actor">,
  events: readonly LedgerEvent[],
): Promise<readonly LedgerEvent[]> {
  const open = holdsAnywhere(actor, "user.read") ? await openSealed(world, events) : null;
  return (open ?? withholdSealed(events)) as readonly LedgerEvent[];
}

const LOG = "The audit log";
const numberText = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const text = z.string().min(1).max(300);

const getEvents = servedRoute({
  method: "GET",
  path: "/api/v1/audit/events",
  summary: "Events in the order in which they were written, filtered by what they are about.",
  permission: "audit.read",
  query: z.strictObject({
    object: text.optional(),
    host: text.optional(),
    patch: text.optional(),
    change: text.optional(),
    plan: text.optional(),
    actor: text.optional(),
    type: text.optional(),
    cursor: z
      .string()
      .regex(/^\d{1,15}$/)
      .optional(),
    skip,
    order: z.enum(["oldest", "newest"]).default("oldest"),
    limit: z.coerce.number().int().min(1).max(1000).default(100),
  }),
  reply: z.strictObject({ items: z.array(eventSchema), next: z.string().nullable(), total }),
  async handle({ world, actor }, { query }) {
    demandUnscoped(actor, "audit.read", LOG);
    const { cursor, ...filter } = query;
    const after = cursor === undefined ? undefined : Number(cursor);
    const events = await readTimeline(world.db, { ...filter, after });
    const total = await countTimeline(world.db, filter);
    const last = events.at(-1);
    const next = last !== undefined && events.length === query.limit ? String(last.place) : null;
    const items = (await readable({ world, actor }, events)).map(asReply);
    await recordReading(world, actor.subject, { what: "events" });
    return { items, next, total };
  },
});

const getCheckpoint = servedRoute({
  method: "GET",
  path: "/api/v1/audit/checkpoint",
  summary: "The newest signed head of the ledger, a C2SP checkpoint.",
  permission: "audit.read",
  reply: { contentType: "text/plain; charset=utf-8" },
  errors: ["not-found"],
  async handle({ world }) {
    return (await headOf({ world })).note;
  },
});

const getKey = servedRoute({
  method: "GET",
  path: "/api/v1/audit/key",
  summary: "The ledger's public key in the form that C2SP tools take.",
  permission: "audit.read",
  reply: { contentType: "text/plain; charset=utf-8" },
  async handle({ world }) {
    return `${verifierKey(await openLogKey(world))}\n`;
  },
});

const getExport = servedRoute({
  method: "GET",
  path: "/api/v1/audit/export",
  summary: "The whole ledger with all signed heads, for `fettle audit verify`.",
  permission: "audit.export",
  reply: { contentType: "application/jsonl" },
  errors: ["not-found"],
  async handle(context) {
    const { world, actor, request } = context;
    demandUnscoped(actor, "audit.export", LOG);
    const head = await headOf(context);
    const key = await openLogKey(world);
    // Whoever takes the log away is in the log (of the next export).
    await inTransaction(world.db, (tx) =>
      recordEvent(tx, {
        type: "ledger.exported",
        actor: actor.subject,
        object: "ledger:log",
        facts: { size: head.size },
      }),
    );
    request.setHeader("content-disposition", 'attachment; filename="fettle-ledger.jsonl"');
    return exportLines(world.db, key, head);
  },
});

const getEvidence = servedRoute({
  method: "GET",
  path: "/api/v1/audit/changes/{change}/evidence",
  summary: "The entries of one change, each with its proof, for `fettle audit verify`.",
  permission: "audit.export",
  params: z.strictObject({ change: z.string().min(1).max(64) }),
  reply: { contentType: "application/jsonl" },
  errors: ["not-found"],
  async handle(context, { params }) {
    const { world, actor, request } = context;
    demandUnscoped(actor, "audit.export", LOG);
    const head = await headOf(context);
    const key = await openLogKey(world);
    const { change } = params;
    const lines = await changeEvidence(world.db, { key, head, change });
    if (lines === null) {
      const minimum = await loadMinimum(world.db);
      const gone =
        minimum === 0 ? "" : `, or no longer: the words below entry ${minimum} were pruned`;
      throw new Failure(
        "not-found",
        `The log tells of no change ${change} from its beginning${gone}.`,
      );
    }
    await recordReading(world, actor.subject, { what: "evidence", change });
    request.setHeader("content-disposition", 'attachment; filename="fettle-evidence.jsonl"');
    return lines;
  },
});

const hashText = z.string().regex(/^[A-Za-z0-9+/]{43}=$/);

const getProof = servedRoute({
  method: "GET",
  path: "/api/v1/audit/proof/{index}",
  summary: "Proof that an entry is in the tree (RFC 6962 §2.1.1), with the entry itself.",
  permission: "audit.read",
  params: z.strictObject({ index: numberText }),
  query: z.strictObject({ size: numberText.optional() }),
  reply: z.strictObject({
    index: z.number(),
    size: z.number(),
    entry: z.string(),
    /** The entry in words. */
    sentence: z.string(),
    leaf: hashText,
    proof: z.array(hashText),
    root: hashText,
    checkpoint: z.string(),
  }),
  errors: ["not-found"],
  async handle(context, { params, query }) {
    demandUnscoped(context.actor, "audit.read", LOG);
    const head = await headOf(context);
    const size = query.size ?? head.size;
    if (size > head.size || params.index >= size) {
      throw new Failure("not-found", `The tree of ${head.size} entries has no such entry or size.`);
    }
    const minimum = await loadMinimum(context.world.db);
    if (params.index < minimum) {
      throw new Failure(
        "not-found",
        `The words of the entries below ${minimum} were pruned; their hashes stay in the tree. "fettle audit list --type ledger.pruned" says when and by whom.`,
      );
    }
    const found = await proveInclusion(context.world.db, { index: params.index, size });
    await recordReading(context.world, context.actor.subject, { what: "proof" });
    return {
      index: params.index,
      size,
      entry: found.entry,
      sentence: eventSentence(toldEvent(found.entry)),
      leaf: found.leaf.toString("base64"),
      proof: found.proof.map((hash) => hash.toString("base64")),
      root: found.root.toString("base64"),
      checkpoint: head.note,
    };
  },
});

const getConsistency = servedRoute({
  method: "GET",
  path: "/api/v1/audit/consistency",
  summary: "Proof that the tree of one size extends the tree of a smaller one (RFC 6962 §2.1.2).",
  permission: "audit.read",
  query: z.strictObject({ from: numberText, to: numberText.optional() }),
  reply: z.strictObject({ from: z.number(), to: z.number(), proof: z.array(hashText) }),
  errors: ["not-found"],
  async handle(context, { query }) {
    const head = await headOf(context);
    const to = query.to ?? head.size;
    if (to > head.size || query.from > to) {
      throw new Failure("not-found", `The tree of ${head.size} entries never had these sizes.`);
    }
    const proof = await proveConsistency(context.world.db, { from: query.from, to });
    return { from: query.from, to, proof: proof.map((hash) => hash.toString("base64")) };
  },
});

async function headOf(context: Pick<ServedContext, "world">): Promise<Head> {
  const head = await loadHead(context.world.db);
  if (head === null)
    throw new Failure("not-found", "The ledger has no signed head yet. Try again.");
  return head;
}

/** Often enough for proxies that end silent connections. */
const HEARTBEAT_MS = 15_000;
const STREAM_PAGE = 200;

const getLive = servedRoute({
  method: "GET",
  path: "/api/v1/events",
  summary: "Events as they happen (server-sent events); goes on after `Last-Event-ID`.",
  permission: "audit.read",
  query: z.strictObject({ from: numberText.optional() }),
  reply: { contentType: "text/event-stream" },
  async handle(context, { query }) {
    demandUnscoped(context.actor, "audit.read", LOG);
    const { lastEventId } = context.request;
    if (lastEventId !== null && !/^\d{1,15}$/.test(lastEventId)) {
      throw new Failure("invalid", "Last-Event-ID is not the number of an event.");
    }
    const head = await loadHead(context.world.db);
    const resumed = lastEventId === null ? null : Number(lastEventId) + 1;
    return liveEvents(context, resumed ?? query.from ?? head?.size ?? 0);
  },
});

async function* liveEvents(context: ServedContext, from: number): AsyncGenerator<string> {
  const { world, request } = context;
  let next = from;
  try {
    yield "retry: 2000\n\n";
    while (!request.signal.aborted) {
      const events = await loadNumberedEvents(world.db, { from: next, limit: STREAM_PAGE });
      for (const event of await readable(context, events)) {
        const line = JSON.stringify(asReply(event));
        yield `id: ${event.index}\nevent: ${event.type}\ndata: ${line}\n\n`;
        next = (event.index ?? next) + 1;
      }
      if (events.length > 0) continue;
      const before = world.clock();
      await waitForGrowth(world, { beyond: next, ms: HEARTBEAT_MS, signal: request.signal });
      if (world.clock() - before >= HEARTBEAT_MS) yield ": still here\n\n";
    }
  } finally {
    // At its end, as a stream that told of itself would never be still.
    await recordReading(world, context.actor.subject, { what: "stream" }).catch((cause: unknown) =>
      world.log.warn({ err: cause }, "a reading of the log was not recorded"),
    );
  }
}

export const routes: readonly AnyRoute<ServedContext>[] = [
  getEvents,
  getCheckpoint,
  getKey,
  getExport,
  getEvidence,
  getProof,
  getConsistency,
  getLive,
];
