import { z } from "zod";
import { actionSchema } from "../base/action.ts";
import { scopesFor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { instantToText } from "../base/instant.ts";
import { skip, total } from "../base/list-page.ts";
import { isSynced } from "../base/signature-flags.ts";
import { fingerprint, parsePublicKeyLine } from "../base/ssh-key.ts";
import { type Route, route } from "../db/world.ts";
import {
  isOneSignature,
  isUnsignedOrOneSignature,
  signatureFields,
} from "../identity/given-signature.ts";
import { loadPlan } from "../plan/store.ts";
import { loadVisiblePatch } from "../triage/store.ts";
import { demandChange, editChange, requestChange } from "./actions.ts";
import { approveChange } from "./actions-approve.ts";
import { hasSeat } from "./actions-board.ts";
import { rejectChange, withdrawChange } from "./actions-end.ts";
import { packChange } from "./actions-pack.ts";
import { showChange } from "./actions-show.ts";
import { showControl } from "./actions-show-control.ts";
import { signRequest } from "./actions-sign-request.ts";
import { PACK_FORMAT } from "./approval-pack.ts";
import { conflictStates, conflictToText } from "./conflict.ts";
import { controlReply, controlSchema } from "./control-reply.ts";
import { type Approval, changeStates, type RequestSignature } from "./model.ts";
import { changeSchema, repliesFor, replyFor } from "./routes-change-reply.ts";
import { controlRoutes } from "./routes-control.ts";
import { countChanges, loadChange, loadChanges } from "./store.ts";

/** Changes over HTTP: asking, seeing exactly what is signed, approving with a signature. */

const time = z.iso.datetime({ offset: true });
/** Numbers of changes are PostgreSQL integers. */
const NUMBER_MAX = 2 ** 31 - 1;
const changeRef = z.string().min(1).max(64);
const digestText = z.string().regex(/^[0-9a-f]{64}$/);
const reasonText = z.string().trim().min(1).max(4000);
const titleText = z.string().trim().min(1).max(160);
const planText = z.string().regex(/^[0-9a-f]{8,64}$/);

const ONE_SIGNATURE = "give a signature or a passkey's answer, one of them";

const signatureSchema = z.strictObject({
  /** Who signed, by the handle that hosts know. */
  by: z.string(),
  keyClass: z.enum(["ssh", "sk", "desk", "page"]),
  keyFingerprint: z.string(),
  /** Whether the key says that it is copied between machines. */
  isSynced: z.boolean(),
  plan: digestText,
  at: time,
  /** The armoured signature: check it with `ssh-keygen -Y verify -n fettle-request-v1`. */
  signature: z.string(),
});

function signatureReply(of: RequestSignature): z.output<typeof signatureSchema> {
  const key = parsePublicKeyLine(of.keyLine);
  return {
    by: of.handle,
    keyClass: of.keyClass,
    keyFingerprint: key === null ? "" : fingerprint(key),
    isSynced: isSynced(of.signature),
    plan: of.plan,
    at: instantToText(of.at),
    signature: of.signature,
  };
}

const approvalSchema = signatureSchema.omit({ by: true }).extend({
  approver: z.string(),
  /** The armoured signature: check it with `ssh-keygen -Y verify -n fettle-approve-v1`. */
  signature: z.string(),
});

function approvalReply(approval: Approval): z.output<typeof approvalSchema> {
  const { by: approver, ...signed } = signatureReply(approval);
  return { approver, ...signed };
}

const postChange = route({
  method: "POST",
  path: "/api/v1/changes",
  summary: "Asks for a plan to be approved.",
  permission: "change.request",
  status: 201,
  body: z
    .strictObject({
      plan: planText,
      reason: reasonText,
      title: titleText.optional(),
      /** A template of standard changes, by name or digest. */
      template: z.string().min(1).max(64).optional(),
      ...signatureFields,
    })
    .refine(isUnsignedOrOneSignature, { error: ONE_SIGNATURE }),
  reply: changeSchema,
  errors: ["not-found", "forbidden", "blocked", "conflict"],
  async handle(context, { body }) {
    return replyFor(context, await requestChange(context.world, context.actor, body));
  },
});

const postPlan = route({
  method: "POST",
  path: "/api/v1/changes/{change}/plan",
  summary: "Gives the change another plan; approvals of the old one no longer count.",
  permission: "change.request",
  params: z.strictObject({ change: changeRef }),
  body: z.strictObject({ plan: planText, reason: reasonText, title: titleText.optional() }),
  reply: changeSchema,
  errors: ["not-found", "forbidden", "blocked"],
  async handle(context, { params, body }) {
    const edit = { ...body, change: params.change };
    return replyFor(context, await editChange(context.world, context.actor, edit));
  },
});

const getChanges = route({
  method: "GET",
  path: "/api/v1/changes",
  summary: "Changes, newest first; `waiting=me` is the approver's inbox.",
  permission: "change.read",
  query: z.strictObject({
    state: z.enum(changeStates).optional(),
    patch: z.string().min(1).max(64).optional(),
    waiting: z.literal("me").optional(),
    cursor: z.coerce.number().int().min(1).max(NUMBER_MAX).optional(),
    skip,
    limit: z.coerce.number().int().min(1).max(1000).default(100),
  }),
  reply: z.strictObject({ items: z.array(changeSchema), next: z.string().nullable(), total }),
  errors: ["not-found"],
  async handle(context, { query }) {
    const { world, actor } = context;
    const patch =
      query.patch === undefined
        ? undefined
        : await loadVisiblePatch(world.db, query.patch, scopesFor(actor, "change.read"));
    if (patch === null) throw new Failure("not-found", `There is no patch ${query.patch}.`);
    const me = {
      person: actor.subject,
      scopes: scopesFor(actor, "change.approve"),
      now: world.clock(),
      hasSeat: await hasSeat(world, actor),
    };
    const filter = {
      scopes: scopesFor(actor, "change.read"),
      states: query.state === undefined ? undefined : [query.state],
      patch: patch?.id,
      waitingFor: query.waiting === "me" ? me : undefined,
    };
    const { cursor: beforeNumber, skip, limit } = query;
    const changes = await loadChanges(world.db, { ...filter, beforeNumber, skip, limit });
    const last = changes.at(-1);
    const next = last !== undefined && changes.length === query.limit ? String(last.number) : null;
    const total = await countChanges(world.db, filter);
    return { items: await repliesFor(context, changes), next, total };
  },
});

const hostsOf = { hosts: z.number().int() };

const getChange = route({
  method: "GET",
  path: "/api/v1/changes/{change}",
  summary: "One change: what exactly is signed, counted from its documents, and who approved.",
  permission: "change.read",
  params: z.strictObject({ change: changeRef }),
  reply: changeSchema.extend({
    statement: z.string(),
    signed: z.strictObject({
      digest: digestText,
      hosts: z.number().int(),
      hostsWithoutUndo: z.number().int(),
      waves: z.array(
        z.strictObject({
          number: z.number().int(),
          ring: z.string(),
          notBefore: time,
          notAfter: time,
          ...hostsOf,
        }),
      ),
      moves: z.array(
        z.strictObject({
          verb: z.enum(["upgrade", "downgrade", "install", "remove"]),
          name: z.string(),
          arch: z.string(),
          from: z.string(),
          to: z.string(),
          sha256: z.string(),
          ...hostsOf,
        }),
      ),
      restarts: z.array(z.strictObject({ unit: z.string(), ...hostsOf })),
      probes: z.array(z.strictObject({ name: z.string(), ...hostsOf })),
      others: z.array(z.strictObject({ step: z.string(), ...hostsOf })),
    }),
    /** What the plan's choices give up. */
    weaker: z.array(z.strictObject({ choice: z.string(), givesUp: z.string() })),
    given: z.array(approvalSchema),
    /** The requester's own signature; null where they did not sign. */
    requestSignature: signatureSchema.nullable(),
    /** Its risk, who has to approve it, and what it waits for. */
    control: controlSchema,
    /** Other changes that want some of the same hosts at the same time. */
    conflicts: z.array(
      z.strictObject({
        change: z.string(),
        title: z.string(),
        state: z.enum(conflictStates),
        ...hostsOf,
        sentence: z.string(),
        href: z.string(),
      }),
    ),
    actions: z.array(actionSchema),
  }),
  errors: ["not-found"],
  async handle(context, { params }) {
    const shown = await showChange(context.world, context.actor, params.change);
    const { view } = shown;
    const control = await showControl(context.world, context.actor, shown.change);
    return {
      ...(await replyFor(context, shown.change)),
      statement: shown.statement,
      signed: {
        digest: view.digest,
        hosts: view.hosts,
        hostsWithoutUndo: view.hostsWithoutUndo,
        waves: view.waves.map((wave) => ({
          ...wave,
          notBefore: instantToText(wave.notBefore * 1000),
          notAfter: instantToText(wave.notAfter * 1000),
        })),
        moves: [...view.moves],
        restarts: [...view.restarts],
        probes: [...view.probes],
        others: [...view.others],
      },
      weaker: [...shown.weaker],
      given: shown.approvals.map(approvalReply),
      requestSignature:
        shown.requestSignature === null ? null : signatureReply(shown.requestSignature),
      control: controlReply(shown.change, control),
      conflicts: shown.conflicts.map((conflict) => ({
        change: `C-${conflict.number}`,
        title: conflict.title,
        state: conflict.state,
        hosts: conflict.hosts,
        sentence: conflictToText(conflict),
        href: `/changes/C-${conflict.number}`,
      })),
      actions: [...shown.actions, ...control.actions],
    };
  },
});

const getStatement = route({
  method: "GET",
  path: "/api/v1/changes/{change}/statement",
  summary: "The exact bytes to sign: `ssh-keygen -Y sign -n fettle-approve-v1 -f KEY plan`.",
  permission: "change.read",
  params: z.strictObject({ change: changeRef }),
  reply: { contentType: "text/plain; charset=us-ascii" },
  errors: ["not-found"],
  async handle({ world, actor }, { params }) {
    const found = { ref: params.change, change: await loadChange(world.db, params.change) };
    const change = await demandChange(world.db, scopesFor(actor, "change.read"), found);
    const plan = await loadPlan(world.db, change.plan);
    if (plan === null) throw new Failure("internal", "The plan of this change is missing.");
    return plan.statement;
  },
});

const getPack = route({
  method: "GET",
  path: "/api/v1/changes/{change}/pack",
  summary: "Everything that a signature covers, as a file for an approval desk.",
  permission: "change.read",
  params: z.strictObject({ change: changeRef }),
  reply: z.strictObject({
    format: z.literal(PACK_FORMAT),
    change: z.string(),
    statement: z.string(),
    leaves: z.array(z.string()),
    bodies: z.array(z.string()),
    /** One's own passkeys, by the site each is bound to. */
    passkeys: z.array(z.strictObject({ site: z.string(), credential: z.string() })),
  }),
  errors: ["not-found", "forbidden"],
  async handle({ world, actor }, { params }) {
    const pack = await packChange(world, actor, params.change);
    const { leaves, bodies, passkeys } = pack;
    return { ...pack, leaves: [...leaves], bodies: [...bodies], passkeys: [...passkeys] };
  },
});

const postApproval = route({
  method: "POST",
  path: "/api/v1/changes/{change}/approvals",
  summary: "Approves: your own signature over the statement's exact bytes.",
  permission: "change.approve",
  freshProof: "signature",
  status: 201,
  params: z.strictObject({ change: changeRef }),
  body: z.strictObject(signatureFields).refine(isOneSignature, { error: ONE_SIGNATURE }),
  reply: z.strictObject({ change: changeSchema, approval: approvalSchema }),
  errors: ["not-found", "forbidden", "blocked", "conflict"],
  async handle(context, { params, body }) {
    const { world, actor } = context;
    const approved = await approveChange(world, actor, { change: params.change, ...body });
    return {
      change: await replyFor(context, approved.change),
      approval: approvalReply(approved.approval),
    };
  },
});

const postRequestSignature = route({
  method: "POST",
  path: "/api/v1/changes/{change}/request-signature",
  summary: "The requester signs what they ask for: the statement, namespace fettle-request-v1.",
  permission: "change.request",
  status: 201,
  params: z.strictObject({ change: changeRef }),
  body: z.strictObject(signatureFields).refine(isOneSignature, { error: ONE_SIGNATURE }),
  reply: signatureSchema,
  errors: ["not-found", "forbidden", "blocked", "conflict"],
  async handle({ world, actor }, { params, body }) {
    return signatureReply(await signRequest(world, actor, { ...params, ...body }));
  },
});

const ending = {
  params: z.strictObject({ change: changeRef }),
  body: z.strictObject({ reason: reasonText }),
  reply: changeSchema,
  errors: ["not-found", "forbidden", "blocked"] as const,
};

const postWithdraw = route({
  method: "POST",
  path: "/api/v1/changes/{change}/withdraw",
  summary: "The requester takes the change back; no host starts for it any more.",
  permission: "change.request",
  ...ending,
  async handle(context, { params, body }) {
    const given = { change: params.change, reason: body.reason };
    return replyFor(context, await withdrawChange(context.world, context.actor, given));
  },
});

const postReject = route({
  method: "POST",
  path: "/api/v1/changes/{change}/reject",
  summary: "An approver says no, with the reason.",
  permission: "change.approve",
  ...ending,
  async handle(context, { params, body }) {
    const given = { change: params.change, reason: body.reason };
    return replyFor(context, await rejectChange(context.world, context.actor, given));
  },
});

export const routes: readonly Route[] = [
  postChange,
  postPlan,
  getChanges,
  getChange,
  getStatement,
  getPack,
  postApproval,
  postRequestSignature,
  postWithdraw,
  postReject,
  ...controlRoutes,
];
