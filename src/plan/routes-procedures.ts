import { z } from "zod";
import { actionSchema } from "../base/action.ts";
import { instantToText } from "../base/instant.ts";
import { type Route, route } from "../db/world.ts";
import { parties, partySchema, procedureName } from "../policy/rings-procedures.ts";
import {
  acknowledgeProcedures,
  attachProcedures,
  putProcedure,
  type ShownProcedures,
  showPlanProcedures,
  showProcedure,
} from "./actions-procedures.ts";
import { loadProcedures, type ProcedureVersion } from "./store-procedures.ts";

/** Rollback procedures over HTTP: documents with versions, and who acknowledged which for a plan. */
const digestText = z.string().regex(/^[0-9a-f]{64}$/);
const time = z.iso.datetime({ offset: true });
const version = z.number().int().min(1);
const plan = z.string().regex(/^[0-9a-f]{8,64}$/, "a plan's digest, or its first 8 digits or more");

/** A plan has few; a person has to read each of them. */
const ATTACHED_MAX = 8;
const TEXT_CHARACTERS_MAX = 262_144;

const versionSchema = z.strictObject({
  name: z.string(),
  version,
  digest: digestText.describe("SHA-256 of the text"),
  putBy: z.string(),
  putAt: time,
});

function versionReply(of: ProcedureVersion): z.output<typeof versionSchema> {
  return { ...of, putAt: instantToText(of.putAt) };
}

const postProcedure = route({
  method: "POST",
  path: "/api/v1/procedures",
  summary: "Puts a rollback procedure, or a new version of one; the same text again is no new one.",
  permission: "policy.apply",
  freshProof: "demanded",
  status: 201,
  body: z.strictObject({
    name: procedureName,
    text: z.string().min(1).max(TEXT_CHARACTERS_MAX).describe("Markdown, at most 256 KiB"),
  }),
  reply: z.strictObject({ name: z.string(), version, digest: digestText, isNew: z.boolean() }),
  errors: ["too-large"],
  async handle({ world, actor }, { body }) {
    return { name: body.name, ...(await putProcedure(world, actor, body)) };
  },
});

const getProcedures = route({
  method: "GET",
  path: "/api/v1/procedures",
  summary: "Rollback procedures by name, each with its newest version.",
  permission: "plan.read",
  query: z.strictObject({
    cursor: procedureName.optional(),
    limit: z.coerce.number().int().min(1).max(1000).default(100),
  }),
  reply: z.strictObject({ items: z.array(versionSchema), next: z.string().nullable() }),
  async handle({ world }, { query }) {
    const { limit } = query;
    const found = await loadProcedures(world.db, { after: query.cursor ?? "", limit });
    const next = found.length === limit ? (found.at(-1)?.name ?? null) : null;
    return { items: found.map(versionReply), next };
  },
});

const getProcedure = route({
  method: "GET",
  path: "/api/v1/procedures/{procedure}",
  summary: "One rollback procedure: its exact text, the newest unless a version is given.",
  permission: "plan.read",
  params: z.strictObject({ procedure: procedureName }),
  query: z.strictObject({
    version: z.coerce
      .number()
      .int()
      .min(1)
      .max(2 ** 31 - 1)
      .optional(),
  }),
  reply: versionSchema.extend({ text: z.string(), versions: z.array(versionSchema) }),
  errors: ["not-found"],
  async handle({ world }, { params, query }) {
    const asked = { name: params.procedure, version: query.version };
    const { shown, text, versions } = await showProcedure(world, asked);
    return { ...versionReply(shown), text, versions: versions.map(versionReply) };
  },
});

const planProceduresSchema = z.strictObject({
  parties: z.array(z.enum(parties)).describe("who must acknowledge; empty: nobody"),
  hosts: z.number().int().describe("hosts whose tier asks"),
  attached: z.array(z.string()).describe("beside those that the policy names"),
  procedures: z.array(
    z.strictObject({
      name: z.string(),
      current: z
        .strictObject({ version, digest: digestText })
        .nullable()
        .describe("null: nobody has put it"),
    }),
  ),
  acknowledged: z
    .array(
      z.strictObject({
        as: z.enum(parties),
        by: z.string(),
        digest: digestText,
        counts: z.boolean().describe("false: of an older text"),
        reason: z.string(),
        at: time,
      }),
    )
    .describe("by people who may still sign in"),
  missing: z.array(z.string()).describe("what keeps the plan from starting"),
  actions: z.array(actionSchema),
});

function planReply(shown: ShownProcedures): z.output<typeof planProceduresSchema> {
  const current = new Set(shown.procedures.map((one) => one.current?.digest));
  return {
    parties: [...shown.asked.parties],
    hosts: shown.asked.hosts,
    attached: [...shown.attached],
    procedures: [...shown.procedures],
    acknowledged: shown.given.map(({ party, handle, digest, reason, at }) => ({
      ...{ as: party, by: handle, digest, reason },
      counts: current.has(digest),
      at: instantToText(at),
    })),
    missing: [...shown.missing],
    actions: [...shown.actions],
  };
}

const ofPlan = { params: z.strictObject({ plan }), reply: planProceduresSchema };

const getOfPlan = route({
  method: "GET",
  path: "/api/v1/plans/{plan}/procedures",
  summary: "Rollback procedures of a plan, who must acknowledge them, and who has.",
  permission: "plan.read",
  ...ofPlan,
  errors: ["not-found"],
  async handle({ world, actor }, { params }) {
    return planReply(await showPlanProcedures(world, actor, params.plan));
  },
});

const postOfPlan = route({
  method: "POST",
  path: "/api/v1/plans/{plan}/procedures",
  summary: "Attaches rollback procedures in place of those attached before.",
  permission: "plan.create",
  ...ofPlan,
  body: z.strictObject({ names: z.array(procedureName).min(1).max(ATTACHED_MAX) }),
  errors: ["not-found", "forbidden"],
  async handle({ world, actor }, { params, body }) {
    await attachProcedures(world, actor, { ...params, ...body });
    return planReply(await showPlanProcedures(world, actor, params.plan));
  },
});

const postAcknowledgement = route({
  method: "POST",
  path: "/api/v1/plans/{plan}/acknowledgements",
  summary:
    "Answers for a party that the rollback procedures were read: operations needs rollout.operate, security change.approve, each over every host; application an owner of a touched service.",
  // Owners of what runs there often may do nothing else here; the party decides what it takes.
  permission: "plan.read",
  ...ofPlan,
  body: z.strictObject({
    as: partySchema,
    procedures: z
      .array(digestText)
      .describe(
        "digests of the texts that were read: all of the plan's procedures as they are now",
      ),
    reason: z.string().trim().max(4000).default(""),
  }),
  errors: ["not-found", "forbidden", "blocked", "conflict"],
  async handle({ world, actor }, { params, body }) {
    const { as: party, procedures: digests, reason } = body;
    await acknowledgeProcedures(world, actor, { ...params, party, digests, reason });
    return planReply(await showPlanProcedures(world, actor, params.plan));
  },
});

export const procedureRoutes: readonly Route[] = [
  postProcedure,
  getProcedures,
  getProcedure,
  getOfPlan,
  postOfPlan,
  postAcknowledgement,
];
