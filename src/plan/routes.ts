import { z } from "zod";
import { actionSchema } from "../base/action.ts";
import { scopesFor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { instantFromText, instantToText } from "../base/instant.ts";
import { type Route, route, type World } from "../db/world.ts";
import { resolveForSets, resolveOnHost } from "../inventory/resolve.ts";
import { parseRings } from "../policy/rings.ts";
import { partToText } from "../policy/rings-waves.ts";
import { loadVisiblePatch } from "../triage/store.ts";
import { createPlan } from "./actions.ts";
import { demandPlan, diffPlans, planActions, showPlan } from "./actions-show.ts";
import { bodySchema, shownBody } from "./body-reply.ts";
import type { CanaryReport } from "./model.ts";
import { planDiffToText } from "./plan-diff.ts";
import { stopToText } from "./plan-story.ts";
import { triggersOf } from "./plan-triggers.ts";
import { fileToText } from "./planner-files.ts";
import { drainToText, rotationToText } from "./planner-hooks.ts";
import { planHostRoutes } from "./routes-hosts.ts";
import { impactRoutes } from "./routes-impact.ts";
import { procedureRoutes } from "./routes-procedures.ts";
import { loadPlans, loadPolicyText, type StoredPlan } from "./store.ts";
import { planInScope } from "./store-hosts.ts";

/** Plans over HTTP. Nothing here edits or deletes: a plan is what was signed. */

const digestText = z.string().regex(/^[0-9a-f]{64}$/);
const planRef = z
  .string()
  .regex(/^[0-9a-f]{8,64}$/, "a plan's digest, or its first 8 digits or more");
const time = z.iso.datetime({ offset: true });
const pageLimit = z.coerce.number().int().min(1).max(1000).default(100);

const waveSchema = z.strictObject({
  number: z.number().int(),
  ring: z.string(),
  /** Which hosts of the ring, such as "canaries" or "zone=a"; empty: all of them. */
  part: z.string(),
  notBefore: time,
  notAfter: time,
  windows: z.array(z.strictObject({ from: time, to: time })),
  hosts: z.number().int(),
  /** The smallest share of failing hosts at which this wave is stopped with 95 % probability. */
  detectsFailureRate: z.number(),
  /** When the wave halts the rollout by itself, such as "after 2 failed". */
  stops: z.string(),
  gates: z
    .array(z.string())
    .describe("what must hold beside that before the next wave opens, and what a failure does"),
  limits: z.strictObject({
    batchSize: z.number().int(),
    inFlightMax: z.number().int(),
    /** Hosts that may start within so many seconds; null: as fast as the other limits allow. */
    rate: z.strictObject({ hosts: z.number().int(), seconds: z.number() }).nullable(),
    /** So long before the wave opens its files may come to the hosts; null: only with the job. */
    stageSeconds: z.number().nullable(),
    failedMax: z.number().int(),
    /** The sequential test that stops the wave too: which failure rates it tells apart. */
    failures: z
      .strictObject({ baseline: z.number(), bad: z.number(), alpha: z.number(), beta: z.number() })
      .nullable(),
    successRateMin: z.number(),
    soakSeconds: z.number().int(),
    rollback: z.enum(["host", "wave", "none"]),
  }),
});

const budgetSchema = z.strictObject({
  key: z.string(),
  value: z.string(),
  /** Hosts of the fleet with the label when the plan was made. */
  members: z.number().int(),
  unavailableMax: z.number().int(),
});

const canariesSchema = z.strictObject({
  ring: z.string(),
  count: z.number().int(),
  /** Kinds of hosts that the policy tells apart, and those without a canary: the first by name. */
  strata: z.number().int(),
  without: z.array(z.string()),
  withoutCount: z.number().int(),
  withoutHosts: z.number().int(),
  /** Canaries of the most critical tier. */
  critical: z.array(z.string()),
});

const drainSchema = z.strictObject({
  drain: z.string(),
  rejoin: z.string(),
  hosts: z.number().int(),
  /** The first of them by name. */
  names: z.array(z.string()),
  /** In words, to stand behind "drains". */
  text: z.string(),
});

function canariesOf(of: CanaryReport): z.output<typeof canariesSchema> {
  return { ...of, without: [...of.without], critical: [...of.critical] };
}

const summarySchema = z.strictObject({
  digest: digestText,
  patch: z.string(),
  change: z.string(),
  class: z.enum(["normal", "emergency"]),
  requester: z.string(),
  /** Approvals that the policy demands. */
  need: z.number().int(),
  hosts: z.number().int(),
  reversibility: z.enum(["downgrade", "none"]),
  /** The plan that this one adds hosts to. */
  parent: digestText.nullable(),
  createdAt: time,
  expiresAt: time,
});

function summaryOf(plan: StoredPlan): z.output<typeof summarySchema> {
  return {
    digest: plan.digest,
    patch: plan.patch,
    change: `C-${plan.changeNumber}`,
    class: plan.class,
    requester: plan.requester,
    need: plan.need,
    hosts: plan.hostCount,
    reversibility: plan.report.reversibility,
    parent: plan.report.parent,
    createdAt: instantToText(plan.createdAt),
    expiresAt: instantToText(plan.expiresAt),
  };
}

const postPlan = route({
  method: "POST",
  path: "/api/v1/plans",
  summary: "Plans a patch: asks package managers, decides waves and bodies, checks and stores.",
  permission: "plan.create",
  status: 201,
  body: z.strictObject({
    patch: z.string().min(1).max(64),
    /** The rings policy's text, or the digest of one that an earlier plan used. */
    policy: z.string().min(1).max(262_144).optional(),
    policyDigest: digestText.optional(),
    class: z.enum(["normal", "emergency"]).default("normal"),
    title: z.string().min(1).max(160).optional(),
    /** Label expression; all hosts within the caller's scopes when absent. */
    hosts: z.string().max(1000).optional(),
    rule: z
      .string()
      .min(1)
      .max(900)
      .optional()
      .describe("in place of hosts: labels such as env=prod,service=web; hosts may join later"),
    max: z.number().int().min(1).max(1_000_000).optional().describe("most hosts of the rule"),
    startsAt: time.optional(),
    acceptIrreversible: z.boolean().default(false),
    replaces: planRef.optional(),
    parent: planRef.optional().describe("only hosts that this plan has not; approved anew"),
  }),
  reply: summarySchema.extend({
    excluded: z.number().int(),
    warnings: z.array(z.string()),
  }),
  errors: ["not-found", "blocked", "forbidden", "unavailable"],
  async handle({ world, actor }, { body }) {
    const created = await createPlan(
      world,
      actor,
      {
        patch: body.patch,
        policy: policyOf(body),
        class: body.class,
        title: body.title,
        hosts: body.hosts,
        rule: ruleIn(body),
        startsAt: body.startsAt === undefined ? undefined : instantOf(body.startsAt),
        acceptsIrreversible: body.acceptIrreversible,
        ...{ replaces: body.replaces, parent: body.parent },
      },
      { pair: resolveForSets, host: resolveOnHost },
    );
    const plan = await demandPlan(world, actor, created.plan.digest, "plan.create");
    const { excluded, warnings } = created.report;
    return { ...summaryOf(plan), excluded: excluded.length, warnings: [...warnings] };
  },
});

function policyOf(body: {
  readonly policy?: string | undefined;
  readonly policyDigest?: string | undefined;
}): { readonly text: string } | { readonly digest: string } {
  if (body.policy !== undefined && body.policyDigest === undefined) return { text: body.policy };
  if (body.policyDigest !== undefined && body.policy === undefined) {
    return { digest: body.policyDigest };
  }
  throw new Failure(
    "invalid",
    "Send either `policy` (its text) or `policyDigest`, one of the two.",
  );
}

function ruleIn(body: { readonly rule?: string | undefined; readonly max?: number | undefined }) {
  if (body.rule === undefined && body.max === undefined) return undefined;
  if (body.rule !== undefined && body.max !== undefined) return { text: body.rule, max: body.max };
  throw new Failure("invalid", "`rule` and `max` come together: who may take part, and how many.");
}

function instantOf(text: string): number {
  const instant = instantFromText(text);
  if (instant === null) throw new Failure("invalid", `The time ${text} cannot be read.`);
  return instant;
}

const getPlans = route({
  method: "GET",
  path: "/api/v1/plans",
  summary: "Plans, newest first, optionally of one patch.",
  permission: "plan.read",
  query: z.strictObject({
    patch: z.string().min(1).max(64).optional(),
    cursor: planRef.optional(),
    limit: pageLimit,
  }),
  reply: z.strictObject({ items: z.array(summarySchema), next: z.string().nullable() }),
  errors: ["not-found"],
  async handle({ world, actor }, { query }) {
    const patch =
      query.patch === undefined
        ? undefined
        : await loadVisiblePatch(world.db, query.patch, scopesFor(actor, "plan.read"));
    if (patch === null) throw new Failure("not-found", `There is no patch ${query.patch}.`);
    const before =
      query.cursor === undefined ? undefined : await demandPlan(world, actor, query.cursor);
    const plans = await loadPlans(world.db, {
      patch: patch?.id,
      before,
      visible: planInScope("p.digest", scopesFor(actor, "plan.read")),
      limit: query.limit,
    });
    const next = plans.length === query.limit ? (plans.at(-1)?.digest ?? null) : null;
    return { items: plans.map(summaryOf), next };
  },
});

const onePlan = { params: z.strictObject({ plan: planRef }), errors: ["not-found"] as const };

const getPlan = route({
  method: "GET",
  path: "/api/v1/plans/{plan}",
  summary: "One plan: the exact statement, waves, bodies, and what the planner found.",
  permission: "plan.read",
  ...onePlan,
  reply: summarySchema.extend({
    statement: z.string(),
    ringsPolicy: digestText,
    waves: z.array(waveSchema),
    bodies: z.array(bodySchema),
    excluded: z.array(z.strictObject({ why: z.string(), hosts: z.number().int() })),
    irreversible: z.array(z.string()),
    restarts: z.array(z.string()),
    /** How hosts leave their traffic while they change, by their hooks. */
    files: z.array(z.string()).describe("each file with the signed index that names it"),
    drains: z.array(drainSchema),
    rotations: z
      .array(
        z.strictObject({
          ...{ hook: z.string(), hosts: z.number().int(), names: z.array(z.string()) },
          text: z.string().describe('in words, to stand behind "makes keys anew"'),
        }),
      )
      .describe("hosts that make keys and certificates anew, as a library that made them changes"),
    needsReboot: z.boolean(),
    reboots: z.number().int().describe("hosts that boot again as part of their job"),
    /** Hosts that may be away at once over all rollouts, those that leave least room first. */
    budgets: z.array(budgetSchema),
    /** What the canary waves leave untried. */
    canaries: z.array(canariesSchema),
    /** How many hosts are reached how; those of `agent` call in. */
    ways: z.strictObject({
      ...{ local: z.number(), ssh: z.number(), piped: z.number(), agent: z.number() },
    }),
    /** What goes on being judged after the last wave, and how much is taken back by itself. */
    triggers: z.array(z.string()),
    warnings: z.array(z.string()),
    /** Plans that add hosts to this one. */
    children: z.array(digestText),
    actions: z.array(actionSchema),
  }),
  async handle({ world, actor }, { params }) {
    const plan = await showPlan(world, actor, params.plan);
    const { report } = plan;
    const triggers = triggersOf(parseRings(await policyTextOf(world, plan)));
    return {
      ...summaryOf(plan),
      statement: plan.statement,
      ringsPolicy: plan.ringsPolicy,
      waves: plan.waves.map((wave) => ({
        number: wave.number,
        ring: wave.ring,
        part: partToText(wave.part),
        notBefore: instantToText(wave.notBefore),
        notAfter: instantToText(wave.notAfter),
        windows: wave.windows.map(({ from, to }) => ({
          from: instantToText(from),
          to: instantToText(to),
        })),
        hosts: wave.hostCount,
        detectsFailureRate:
          report.detects.find((one) => one.wave === wave.number)?.failureRate ?? 1,
        stops: stopToText(wave.limits, wave.hostCount),
        gates: [...triggers.gatesOf(wave.ring)],
        limits: { ...wave.limits },
      })),
      bodies: plan.bodies.map(shownBody),
      excluded: [...plan.excludedByReason],
      irreversible: [...report.irreversible],
      restarts: [...report.restarts],
      files: report.files.map(fileToText),
      drains: report.drains.map((one) => ({
        ...{ drain: one.drain, rejoin: one.rejoin, hosts: one.hosts, names: [...one.names] },
        text: drainToText(one),
      })),
      rotations: report.rotations.map((one) => ({
        ...{ hook: one.run, hosts: one.hosts, names: [...one.names] },
        text: rotationToText(one),
      })),
      needsReboot: report.needsReboot,
      reboots: report.reboots,
      budgets: [...plan.budgets],
      canaries: report.canaries.map(canariesOf),
      ways: { ...report.ways },
      triggers: [...triggers.whole],
      warnings: [...report.warnings],
      children: [...plan.children],
      actions: [...(await planActions(world, actor, plan))],
    };
  },
});

const getStatement = route({
  method: "GET",
  path: "/api/v1/plans/{plan}/statement",
  summary: "The statement's exact bytes: what is signed.",
  permission: "plan.read",
  ...onePlan,
  reply: { contentType: "text/plain; charset=us-ascii" },
  async handle({ world, actor }, { params }) {
    return (await demandPlan(world, actor, params.plan)).statement;
  },
});

const getPolicy = route({
  method: "GET",
  path: "/api/v1/plans/{plan}/policy",
  summary: "The rings policy that the plan was made with, its exact bytes.",
  permission: "plan.read",
  ...onePlan,
  reply: { contentType: "text/plain; charset=utf-8" },
  async handle({ world, actor }, { params }) {
    return policyTextOf(world, await demandPlan(world, actor, params.plan));
  },
});

async function policyTextOf(world: World, plan: StoredPlan): Promise<string> {
  const text = await loadPolicyText(world.db, plan.ringsPolicy);
  if (text === null) throw new Failure("internal", "The policy of this plan is missing.");
  return text;
}

const getDiff = route({
  method: "GET",
  path: "/api/v1/plans/{plan}/diff/{other}",
  summary: "What the other plan does differently: hosts, versions, waves, order.",
  permission: "plan.read",
  params: z.strictObject({ plan: planRef, other: planRef }),
  errors: ["not-found", "too-large"],
  reply: z.strictObject({
    fields: z.array(z.strictObject({ field: z.string(), from: z.string(), to: z.string() })),
    waves: z.array(z.strictObject({ ring: z.string(), from: z.string(), to: z.string() })),
    hostsAdded: z.array(z.string()),
    hostsRemoved: z.array(z.string()),
    ringChanged: z.array(z.strictObject({ host: z.string(), from: z.string(), to: z.string() })),
    steps: z.array(z.strictObject({ step: z.string(), from: z.number(), to: z.number() })),
    orderChangedAt: z.string().nullable(),
    /** The same in sentences, in the order in which people ask. */
    story: z.array(z.string()),
    /** All of it as exact lines. */
    text: z.string(),
  }),
  async handle({ world, actor }, { params }) {
    const diff = await diffPlans(world, actor, { from: params.plan, to: params.other });
    return {
      fields: [...diff.fields],
      waves: [...diff.waves],
      hostsAdded: [...diff.hostsAdded],
      hostsRemoved: [...diff.hostsRemoved],
      ringChanged: [...diff.ringChanged],
      steps: [...diff.steps],
      orderChangedAt: diff.orderChangedAt,
      story: [...diff.story],
      text: planDiffToText(diff),
    };
  },
});

export const routes: readonly Route[] = [
  postPlan,
  getPlans,
  getPlan,
  getStatement,
  getPolicy,
  ...planHostRoutes,
  ...impactRoutes,
  ...procedureRoutes,
  getDiff,
];
