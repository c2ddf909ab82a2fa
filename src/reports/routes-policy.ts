import { z } from "zod";
import { instantToText } from "../base/instant.ts";
import { type Route, route } from "../db/world.ts";
import { loadUsedRings } from "../plan/store-policies.ts";
import { policyFiles } from "../policy/store-files.ts";

const policyFileSchema = z
  .strictObject({
    name: z.string(),
    kind: z.enum(["classification", "rings"]),
    /** What the file decides, in words. */
    decides: z.string(),
    /** `shipped`: comes with the program; `own`: the operator's file; `used`: sent with a plan. */
    origin: z.enum(["shipped", "own", "used"]),
    /** Where it lies; null for a text that only plans have. */
    file: z.string().nullable(),
    digest: z.string(),
    /** Since when this text is there; null where that is not known. */
    since: z.iso.datetime().nullable(),
    text: z.string(),
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
    const files = policyFiles(world);
    const known = new Set(files.map((file) => file.digest));
    const used = (await loadUsedRings(world.db)).filter((rings) => !known.has(rings.digest));
    return {
      items: [
        ...files.map((file) => ({ ...file, since: textOrNull(file.since) })),
        ...used.map((rings) => ({
          name: rings.name,
          kind: "rings" as const,
          decides: `Rings of ${rings.plans === 1 ? "1 plan" : `${rings.plans} plans`}: order, pace and who must agree.`,
          origin: "used" as const,
          file: null,
          digest: rings.digest,
          since: instantToText(rings.firstUsedAt),
          text: rings.text,
          problem: null,
        })),
      ],
    };
  },
});

function textOrNull(instant: number | null): string | null {
  return instant === null ? null : instantToText(instant);
}

export const policyRoutes: readonly Route[] = [getPolicy];
