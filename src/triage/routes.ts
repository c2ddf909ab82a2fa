import { z } from "zod";
import { type Action, actionOf, actionSchema, lacksRight } from "../base/action.ts";
import { type Actor, holdsAnywhere, scopesFor } from "../base/actor.ts";
import { isUuid } from "../base/ids.ts";
import { type Instant, instantToText } from "../base/instant.ts";
import { skip, total } from "../base/list-page.ts";
import { inTransaction } from "../db/database.ts";
import { type RequestContext, type Route, route } from "../db/world.ts";
import { isEverywhere } from "../inventory/scope.ts";
import { eventSentence } from "../ledger/event-sentence.ts";
import type { NextRide } from "../policy/cadence.ts";
import {
  movePatch,
  openPatch,
  patchTimeline,
  requirePatch,
  requireVisiblePatch,
  requireWholePatch,
} from "./actions.ts";
import { editPatch, refusalToEdit } from "./actions-edit.ts";
import { caseEffects } from "./actions-exception-effect.ts";
import { nextRelease, patchesByPriority } from "./actions-order.ts";
import { deadlineReply, deadlineSchema } from "./deadline-reply.ts";
import type { CaseEffect } from "./exception-effect.ts";
import type { Patch, PatchState } from "./model.ts";
import { patchMoves, stateAfter } from "./model.ts";
import { priorityReply, prioritySchema } from "./priority-reply.ts";
import { missingIn, refusalToLeave } from "./readiness.ts";
import { cadenceRoutes } from "./routes-cadence.ts";
import { deadlineRoutes } from "./routes-deadline.ts";
import { debtRoutes } from "./routes-debt.ts";
import { deferralRoutes } from "./routes-deferral.ts";
import { exceptedReply, exceptedSchema } from "./routes-excepted.ts";
import { exceptionRoutes } from "./routes-exception.ts";
import { fixFirstRoutes } from "./routes-fix-first.ts";
import { historyRoutes } from "./routes-history.ts";
import { knownIssueRoutes } from "./routes-known-issue.ts";
import { policyRoutes } from "./routes-policy.ts";
import { serviceDeadlineRoutes } from "./routes-service-deadline.ts";
import { sessionRoutes } from "./routes-session.ts";
import { whereRoutes } from "./routes-where.ts";
import { countPatches, loadPatches } from "./store.ts";

/** Cases over HTTP. Which verbs are possible, and why the others are not, comes with each case. */

const time = z.iso.datetime();
const patchRef = z.object({
  patch: z.string().refine((text) => isUuid(text) || /^P-\d{1,9}$/i.test(text), {
    message: "A case is named like P-142.",
  }),
});

const targetSchema = z
  .strictObject({ ecosystem: z.string(), source: z.string(), sourceVersion: z.string() })
  .meta({ id: "PatchTarget" });

const patchSchema = z
  .strictObject({
    id: z.string(),
    ref: z.string(),
    title: z.string(),
    target: targetSchema,
    state: z.enum(Object.keys(patchMoves) as [PatchState, ...PatchState[]]),
    route: z.enum(["emergency", "scheduled", "feature-release"]),
    kind: z.enum(["security", "functional", "performance"]),
    urgency: z.enum(["critical", "high", "medium", "low"]),
    classifiedBy: z.strictObject({
      file: z.string(),
      rule: z.string(),
      version: z.string(),
      /** So many characters a person must write before it leaves triage; null where nobody must. */
      justificationMin: z.number().nullable(),
    }),
    /** Its outcome in the priority table now, and the path there; null before it was judged. */
    priority: prioritySchema.nullable(),
    vulnerabilities: z.array(z.string()),
    affectedVersions: z.array(z.string()),
    regression: z.strictObject({ level: z.enum(["low", "medium", "high"]), because: z.string() }),
    deadline: deadlineSchema,
    /** What exceptions do to the date; null where none reaches a host of the case. */
    excepted: exceptedSchema.nullable(),
    justification: z.string(),
    /** Who wrote it; null where it was put together from the findings. */
    justifiedBy: z.string().nullable(),
    /** What it still lacks before it can leave triage, each with how to add it. */
    missing: z.array(z.strictObject({ field: z.string(), sentence: z.string() })),
    openedBy: z.string(),
    openedAt: time,
    actions: z.array(actionSchema),
  })
  .meta({ id: "Patch" });

const eventSchema = z
  .strictObject({
    id: z.string(),
    index: z.number().nullable(),
    at: time,
    type: z.string(),
    actor: z.string(),
    object: z.string(),
    /** What happened, in words. */
    sentence: z.string(),
    facts: z.record(z.string(), z.unknown()),
  })
  .meta({ id: "TimelineEvent" });

const text = (instant: Instant): string => instantToText(instant);

type PatchReply = z.output<typeof patchSchema>;

async function patchReplies(
  { world, actor }: Pick<RequestContext, "world" | "actor">,
  patches: readonly Patch[],
): Promise<PatchReply[]> {
  const effects = await caseEffects(world, patches);
  return patches.map((patch) => patchReply(patch, actor, effects.get(patch.id)));
}

async function onePatchReply(
  context: Pick<RequestContext, "world" | "actor">,
  patch: Patch,
): Promise<PatchReply> {
  const [reply] = await patchReplies(context, [patch]);
  return reply as PatchReply;
}

function patchReply(patch: Patch, actor: Actor, effect: CaseEffect | undefined): PatchReply {
  const { number, deadline, priority, openedAt, openedBy, ...rest } = patch;
  return {
    ...rest,
    ref: `P-${number}`,
    openedBy,
    openedAt: text(openedAt),
    vulnerabilities: [...patch.vulnerabilities],
    affectedVersions: [...patch.affectedVersions],
    deadline: deadlineReply(deadline),
    excepted: exceptedReply(effect, isEverywhere(scopesFor(actor, "patch.read"))),
    priority: priority === null ? null : priorityReply(priority),
    missing: patch.state === "triage" ? [...missingIn(patch)] : [],
    actions: actionsOn(patch, actor),
  };
}

const verbLabels = { drop: "Drop", close: "Close", reopen: "Reopen" } as const;

function actionsOn(patch: Patch, actor: Actor): Action[] {
  const { state } = patch;
  const says = `The case is ${state}.`;
  const mayPlan = lacksRight(holdsAnywhere(actor, "plan.create"), "plan.create");
  const mayEdit = lacksRight(holdsAnywhere(actor, "patch.edit"), "patch.edit");
  const isOver = state === "closed" || state === "dropped";
  return [
    actionOf("plan", "Make a plan", mayPlan ?? (isOver ? says : refusalToPlan(patch))),
    actionOf("edit", "Edit", mayEdit ?? refusalToEdit(patch)),
    ...(["drop", "close", "reopen"] as const).map((verb) =>
      actionOf(verb, verbLabels[verb], mayEdit ?? (stateAfter(state, verb) === null ? says : null)),
    ),
  ];
}

function refusalToPlan(patch: Patch): string | null {
  return patch.state === "triage" ? refusalToLeave(patch) : null;
}

const postPatch = route({
  method: "POST",
  path: "/api/v1/patches",
  summary:
    "Opens the case for the newest offered update of a source package, or finds the open one.",
  permission: "patch.edit",
  body: z.strictObject({
    source: z.string().min(1).max(128),
    ecosystem: z.string().min(1).max(100).optional(),
    justification: z.string().trim().min(1).max(4000).optional(),
  }),
  reply: z.strictObject({ patch: patchSchema, isNew: z.boolean() }),
  status: 201,
  errors: ["not-found", "blocked", "conflict"],
  handle: async ({ world, actor }, { body }) => {
    const { patch, isNew } = await openPatch(world, actor, body);
    return { patch: await onePatchReply({ world, actor }, patch), isNew };
  },
});

const getPatches = route({
  method: "GET",
  path: "/api/v1/patches",
  summary: "Cases, newest first, or the open ones in the order in which they come.",
  permission: "patch.read",
  query: z.strictObject({
    state: z.enum(Object.keys(patchMoves) as [PatchState, ...PatchState[]]).optional(),
    q: z.string().trim().max(200).default("").describe("part of a title or of a vulnerability"),
    vulnerability: z.string().min(3).max(100).optional().describe("cases that clear this one"),
    order: z
      .enum(["newest", "priority"])
      .default("newest")
      .describe("priority: open cases only, without other filters"),
    skip,
    cursor: z
      .string()
      .regex(/^\d{1,9}$/)
      .optional(),
    limit: z.coerce.number().int().min(1).max(200).default(50),
  }),
  reply: z.strictObject({ items: z.array(patchSchema), next: z.string().nullable(), total }),
  handle: async ({ world, actor }, { query }) => {
    const scopes = scopesFor(actor, "patch.read");
    if (query.order === "priority") {
      const { skip: passed = 0, limit } = query;
      const { patches, total } = await patchesByPriority(world, scopes, {
        skip: passed,
        limit,
      });
      return { items: await patchReplies({ world, actor }, patches), next: null, total };
    }
    const filter = {
      scopes,
      states: query.state === undefined ? undefined : [query.state],
      text: query.q,
      vulnerability: query.vulnerability,
    };
    const found = await loadPatches(world.db, {
      ...filter,
      beforeNumber: query.cursor === undefined ? undefined : Number(query.cursor),
      skip: query.skip,
      limit: query.limit + 1,
    });
    const items = found.slice(0, query.limit);
    const last = items.at(-1);
    const next = found.length > query.limit && last !== undefined ? String(last.number) : null;
    const total = await countPatches(world.db, filter);
    return { items: await patchReplies({ world, actor }, items), next, total };
  },
});

const getPatch = route({
  method: "GET",
  path: "/api/v1/patches/{patch}",
  summary: "One case with its timeline: the newest events, oldest first, and where it goes on.",
  permission: "patch.read",
  params: patchRef,
  query: z.strictObject({
    before: z
      .string()
      .regex(/^\d{1,15}$/)
      .optional()
      .describe("`earlier` of the answer before: what happened until then"),
    limit: z.coerce.number().int().min(1).max(1000).default(500),
  }),
  reply: z.strictObject({
    patch: patchSchema,
    timeline: z.array(eventSchema),
    /** The release that it rides as its policy says; null for what goes out of band or is over. */
    release: z
      .strictObject({ train: z.string(), at: time, because: z.array(z.string()) })
      .nullable(),
    /** Where events from before these are found; null when these are all. */
    earlier: z.string().nullable(),
  }),
  errors: ["not-found"],
  handle: async ({ world, actor }, { params, query }) => {
    const patch = await requireVisiblePatch(world, actor, params.patch);
    const { events, earlier } = await patchTimeline(world, actor, {
      patch: patch.id,
      before: query.before === undefined ? undefined : Number(query.before),
      limit: query.limit,
    });
    return {
      patch: await onePatchReply({ world, actor }, patch),
      release: releaseReply(await nextRelease(world, patch)),
      earlier: earlier === null ? null : String(earlier),
      timeline: events.map(({ id, index, at, type, actor, object, facts }) => ({
        id,
        index,
        at: text(at),
        type,
        actor,
        object,
        sentence: eventSentence({ type, facts }),
        facts,
      })),
    };
  },
});

function moveRoute(verb: "drop" | "close" | "reopen", summary: string): Route {
  return route({
    method: "POST",
    path: `/api/v1/patches/{patch}/${verb}`,
    summary,
    permission: "patch.edit",
    params: patchRef,
    body: z.strictObject({ reason: z.string().trim().min(1).max(4000) }),
    reply: z.strictObject({ patch: patchSchema }),
    errors: ["not-found", "forbidden", "blocked", "conflict"],
    handle: async ({ world, actor }, { params, body }) => {
      const patch = await requireWholePatch(world, actor, params.patch);
      await inTransaction(world.db, (tx) =>
        movePatch(tx, {
          patch: patch.id,
          verb,
          actor: actor.subject,
          at: world.clock(),
          reason: body.reason,
        }),
      );
      return {
        patch: await onePatchReply({ world, actor }, await requirePatch(world.db, patch.id)),
      };
    },
  });
}

function releaseReply(release: NextRide | null) {
  if (release === null) return null;
  return { train: release.train, at: text(release.at), because: [...release.because] };
}

const postEdit = route({
  method: "POST",
  path: "/api/v1/patches/{patch}/edit",
  summary: "Writes why, what is affected and how risky it is, while the case is in triage.",
  permission: "patch.edit",
  params: patchRef,
  body: z.strictObject({
    justification: z.string().trim().min(1).max(4000).optional(),
    affectedVersions: z.array(z.string().trim().min(1).max(200)).min(1).max(100).optional(),
    regression: z
      .strictObject({
        level: z.enum(["low", "medium", "high"]),
        because: z.string().trim().min(1).max(1000),
      })
      .optional(),
  }),
  reply: z.strictObject({ patch: patchSchema }),
  errors: ["not-found", "blocked", "conflict", "invalid"],
  async handle({ world, actor }, { params, body }) {
    const edited = await editPatch(world, actor, { patch: params.patch, edit: body });
    return { patch: await onePatchReply({ world, actor }, edited) };
  },
});

export const routes: readonly Route[] = [
  ...fixFirstRoutes,
  ...whereRoutes,
  ...deadlineRoutes,
  ...cadenceRoutes,
  ...serviceDeadlineRoutes,
  ...policyRoutes,
  ...sessionRoutes,
  ...exceptionRoutes,
  ...debtRoutes,
  ...deferralRoutes,
  ...historyRoutes,
  ...knownIssueRoutes,
  postPatch,
  getPatches,
  getPatch,
  postEdit,
  moveRoute("drop", "Drops the case: nothing will be done, and why."),
  moveRoute("close", "Closes the case after the observation."),
  moveRoute("reopen", "Reopens a dropped case."),
];
