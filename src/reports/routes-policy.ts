import { z } from "zod";
import { instantToText } from "../base/instant.ts";
import { type Route, route, type World } from "../db/world.ts";
import { loadUsedRings } from "../plan/store-policies.ts";
import { kindNames, problemOf } from "../policy/policy-kind.ts";
import { policiesInForce } from "../triage/actions-policy.ts";

const policyFileSchema = z
  .strictObject({
    name: z.string(),
    kind: z.enum(kindNames),
    /** What the file decides, in words. */
    decides: z.string(),
    /**
     * `shipped`: comes with the program; `own`: the operator's file; `applied`: put in force over the
     * API; `used`: sent with a plan.
     */
    origin: z.enum(["shipped", "own", "applied", "used"]),
    /** Where it lies; null for a text that only plans have. */
    file: z.string().nullable(),
    digest: z.string(),
    /** Since when this text is there; null where that is not known. */
    since: z.iso.datetime().nullable(),
    text: z.string(),
    /** Who put it in force and why; null where nobody did over the API. */
    applied: z.strictObject({ by: z.string(), reason: z.string() }).nullable(),
    /** Why it cannot be used; null when it can. */
    problem: z.string().nullable(),
  })
  .meta({ id: "PolicyFile" });

const getPolicy = route({
  method: "GET",
  path: "/api/v1/policy",
  summary: "The policy files in force and those that plans used: digest, since when, exact text.",
  permission: "policy.read",
  reply: z.strictObject({ items: z.array(policyFileSchema) }),
  async handle({ world }) {
    const files = await filesInForce(world);
    const known = new Set(files.map((file) => file.digest));
    const used = (await loadUsedRings(world.db)).filter((rings) => !known.has(rings.digest));
    return {
      items: [
        ...files,
        ...used.map((rings) => ({
          name: rings.name,
          kind: "rings" as const,
          decides: `Rings of ${rings.plans === 1 ? "1 plan" : `${rings.plans} plans`}: order, pace and who must agree.`,
          origin: "used" as const,
          file: null,
          digest: rings.digest,
          since: instantToText(rings.firstUsedAt),
          text: rings.text,
          applied: null,
          problem: null,
        })),
      ],
    };
  },
});

async function filesInForce(world: World): Promise<z.output<typeof policyFileSchema>[]> {
  return (await policiesInForce(world)).map(({ kind, inForce }) => ({
    ...inForce,
    name: kind.name,
    kind: kind.kind,
    decides: kind.decides,
    since: inForce.since === null ? null : instantToText(inForce.since),
    problem: problemOf(kind, inForce.text, inForce.file ?? kind.name),
  }));
}

export const policyRoutes: readonly Route[] = [getPolicy];
