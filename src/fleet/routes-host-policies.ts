import { z } from "zod";
import { instantToText } from "../base/instant.ts";
import { type Route, route } from "../db/world.ts";
import {
  publishHostPolicy,
  retellHostPolicies,
  type ShownPolicies,
  showHostPolicies,
} from "./actions-host-policies.ts";
import { POLICY_BYTES_MAX } from "./host-policy.ts";

/** The chain of host policies: publishing the next one, and which host has which. */

const time = z.iso.datetime();
const policyText = z.string().min(1).max(POLICY_BYTES_MAX);
const rootSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9.-]{0,62}$/, "the name of a root, such as r1"),
  side: z.enum(["old", "new"]).describe("by the policy before it, or by its own roots"),
  signature: z.string().min(1).max(8192).describe("an armoured SSH signature, fettle-policy-v1"),
});

const chainSchema = z
  .strictObject({
    policies: z.array(
      z.strictObject({
        version: z.number().int(),
        digest: z.string(),
        roots: z.array(z.strictObject({ name: z.string(), side: z.enum(["old", "new"]) })),
        at: time,
      }),
    ),
    hosts: z.array(
      z.strictObject({
        host: z.string(),
        version: z.number().int().describe("as far as it said itself"),
        outcome: z.enum(["waiting", "taken", "refused"]),
        code: z.string().nullable(),
        why: z.string().nullable(),
        triedAt: time.nullable(),
      }),
    ),
  })
  .meta({ id: "HostPolicyChain" });

function reply({ policies, hosts }: ShownPolicies): z.output<typeof chainSchema> {
  return {
    policies: policies.map(({ version, digest, roots, publishedAt }) => ({
      ...{ version, digest, at: instantToText(publishedAt) },
      roots: roots.map(({ name, side }) => ({ name, side })),
    })),
    hosts: hosts.map(({ triedAt, ...host }) => ({
      ...host,
      triedAt: triedAt === null ? null : instantToText(triedAt),
    })),
  };
}

const getHostPolicies = route({
  method: "GET",
  path: "/api/v1/host-policies",
  summary: "The policies of hosts that were published as a chain, and how far each host has come.",
  permission: "host.read",
  reply: chainSchema,
  handle: async ({ world, actor }) => reply(await showHostPolicies(world, actor)),
});

const postHostPolicy = route({
  method: "POST",
  path: "/api/v1/host-policies",
  summary: "Publishes the next policy of hosts, signed by its roots, and has every host told.",
  permission: "policy.apply",
  freshProof: "signature",
  status: 201,
  body: z.strictObject({
    previous: policyText.describe("the policy before it, to which the old roots belong"),
    policy: policyText,
    signatures: z.array(rootSchema).min(1).max(100),
  }),
  reply: z.strictObject({ version: z.number().int(), hosts: z.number().int() }),
  errors: ["invalid", "conflict", "blocked", "forbidden"],
  handle: async ({ world, actor }, { body }) => publishHostPolicy(world, actor, body),
});

const postRetelling = route({
  method: "POST",
  path: "/api/v1/host-policies/retelling",
  summary: "Has every host told again that is not as far as the newest policy, or refused it.",
  permission: "policy.apply",
  body: z.strictObject({}),
  reply: z.strictObject({ hosts: z.number().int() }),
  errors: ["blocked", "forbidden"],
  handle: async ({ world, actor }) => ({ hosts: await retellHostPolicies(world, actor) }),
});

export const hostPolicyRoutes: readonly Route[] = [getHostPolicies, postHostPolicy, postRetelling];
