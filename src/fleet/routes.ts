import { z } from "zod";
import { instantToText } from "../base/instant.ts";
import { type Route, route } from "../db/world.ts";
import { confirmHost, type EnrolledHost, enrolHost, hostStatus } from "./actions.ts";
import { hostTrustKeys, tellTrust } from "./actions-trust.ts";
import { agentRoutes } from "./routes-agent.ts";
import { hostPolicyRoutes } from "./routes-host-policies.ts";
import { witnessRoutes } from "./routes-witness.ts";
import type { StoredEnrolment } from "./store.ts";
import { isTrustFrame, TRUST_CHARACTERS_MAX } from "./trust-frame.ts";

/** Enrolling hosts over HTTP. */

const hostParams = z.strictObject({ host: z.string().min(1).max(128) });
const fingerprintText = z
  .string()
  .regex(/^SHA256:[A-Za-z0-9+/]{43}$/, "a fingerprint such as SHA256:… with 43 characters");
const RINGS_CHARACTERS_MAX = 200_000;

const enrolmentSchema = z.strictObject({
  way: z.enum(["piped", "installed", "agent"]),
  ring: z.string(),
  policyVersion: z.number().int(),
  policyDigest: z.string().nullable(),
  key: z.string(),
  enrolledAt: z.string(),
});

const enrolledSchema = z.strictObject({
  enrolment: enrolmentSchema,
  fingerprint: z.string(),
  /** What this way gives up; show it to whoever relies on the host. */
  weakens: z.array(z.string()),
});

function enrolmentOf(enrolment: StoredEnrolment): z.output<typeof enrolmentSchema> {
  const { way, ring, policyVersion, policyDigest, keyLine: key, enrolledAt } = enrolment;
  return { way, ring, policyVersion, policyDigest, key, enrolledAt: instantToText(enrolledAt) };
}

function enrolledOf(enrolled: EnrolledHost): z.output<typeof enrolledSchema> {
  const { enrolment, fingerprint, weakens } = enrolled;
  return { enrolment: enrolmentOf(enrolment), fingerprint, weakens: [...weakens] };
}

const postEnrolment = route({
  method: "POST",
  path: "/api/v1/hosts/{host}/enrolment",
  summary: "Tells a piped host whom to believe, and learns the key that signs its results.",
  permission: "host.manage",
  status: 201,
  params: hostParams,
  body: z.strictObject({
    /** The text of the rings policy. */
    rings: z.string().min(1).max(RINGS_CHARACTERS_MAX),
    acceptsNewKey: z.boolean().default(false),
  }),
  reply: enrolledSchema,
  errors: ["not-found", "blocked", "conflict", "unavailable"],
  handle: async ({ world, actor }, { params, body }) =>
    enrolledOf(await enrolHost(world, actor, { host: params.host, ...body })),
});

const postConfirmation = route({
  method: "POST",
  path: "/api/v1/hosts/{host}/enrolment/confirmation",
  summary: "Accepts the key of a host with an installed program, after comparing its fingerprint.",
  permission: "host.manage",
  status: 201,
  params: hostParams,
  body: z.strictObject({
    fingerprint: fingerprintText,
    ring: z.string().regex(/^[a-z0-9][a-z0-9.-]{0,62}$/),
  }),
  reply: enrolledSchema,
  errors: ["not-found", "blocked", "conflict", "unavailable"],
  handle: async ({ world, actor }, { params, body }) =>
    enrolledOf(await confirmHost(world, actor, { host: params.host, ...body })),
});

const getStatus = route({
  method: "GET",
  path: "/api/v1/hosts/{host}/status",
  summary: "Asks the host program what it is, which policy it has and what it works on.",
  permission: "host.scan",
  params: hostParams,
  reply: z.strictObject({
    host: z.string().nullable(),
    fingerprint: z.string().nullable(),
    policyVersion: z.number().nullable(),
    program: z.string().nullable(),
    isHalted: z.boolean(),
    job: z.string().nullable(),
    enrolment: enrolmentSchema.nullable(),
  }),
  errors: ["not-found", "unavailable"],
  async handle({ world, actor }, { params }) {
    const { status, fingerprint, enrolment } = await hostStatus(world, actor, params.host);
    const { host, policyVersion, program, isHalted, job } = status;
    return {
      host,
      fingerprint,
      policyVersion,
      program,
      isHalted,
      job,
      enrolment: enrolment === null ? null : enrolmentOf(enrolment),
    };
  },
});

const postTrust = route({
  method: "POST",
  path: "/api/v1/hosts/{host}/trust",
  summary: "Carries signed revocations and policies to a host, which judges each by itself.",
  permission: "host.manage",
  params: hostParams,
  body: z.strictObject({
    frame: z
      .string()
      .max(TRUST_CHARACTERS_MAX)
      .refine(isTrustFrame, "lines of printable ASCII whose last one is @end"),
  }),
  reply: z.strictObject({
    answers: z.array(
      z.strictObject({ what: z.string(), code: z.string().nullable(), why: z.string().nullable() }),
    ),
  }),
  errors: ["not-found", "blocked", "unavailable"],
  async handle({ world, actor }, { params, body }) {
    const answers = await tellTrust(world, actor, { host: params.host, frame: body.frame });
    return {
      answers: answers.map((answer) =>
        answer.kind === "taken"
          ? { what: answer.what, code: null, why: null }
          : { what: answer.what, code: answer.code, why: answer.why },
      ),
    };
  },
});

const machineKeySchema = z.strictObject({
  name: z.string(),
  line: z.string().describe("as it stands in a host's policy"),
  fingerprint: z.string(),
});

const getHostTrustKeys = route({
  method: "GET",
  path: "/api/v1/host-trust/keys",
  summary: "The public keys of this server that the policies of hosts name.",
  permission: "host.read",
  reply: z.strictObject({
    tenant: z.string(),
    dispatcher: machineKeySchema,
    log: machineKeySchema,
  }),
  handle: async ({ world }) => hostTrustKeys(world),
});

export const routes: readonly Route[] = [
  getHostTrustKeys,
  postEnrolment,
  postTrust,
  postConfirmation,
  getStatus,
  ...agentRoutes,
  ...witnessRoutes,
  ...hostPolicyRoutes,
];
