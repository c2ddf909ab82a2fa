import { z } from "zod";
import { isDigest } from "../base/digest.ts";
import { type Route, route } from "../db/world.ts";
import { applyPolicy, outlook } from "./actions-policy.ts";

/** Policy texts over HTTP: what one would change, and putting it in force. */
const text = z.string().min(1).max(262_144);
const file = z.string().trim().min(1).max(200).default("the file").describe("its name, for faults");
const digest = z.string().refine(isDigest, { message: "A digest is 64 hex digits." });

const effectSchema = z
  .strictObject({
    ref: z.string(),
    title: z.string(),
    href: z.string(),
    what: z.string(),
    from: z.string(),
    to: z.string(),
    because: z.string(),
  })
  .meta({ id: "PolicyEffect" });

const postOutlook = route({
  method: "POST",
  path: "/api/v1/policy/plan",
  summary: "Checks a policy text and shows what it would decide otherwise for recorded cases.",
  permission: "policy.read",
  body: z.strictObject({ text, file, cases: z.enum(["open", "all"]).default("open") }),
  reply: z.strictObject({
    kind: z.string(),
    decides: z.string(),
    digest: z.string(),
    /** Digest of what is in force; `apply` expects it. */
    inForce: z.string(),
    isSame: z.boolean(),
    judgedCount: z.number().int(),
    effects: z.array(effectSchema),
  }),
  errors: ["invalid", "too-large", "blocked"],
  async handle({ world }, { body }) {
    const { kind, effects, ...rest } = await outlook(world, body);
    return { ...rest, kind: kind.kind, decides: kind.decides, effects: [...effects] };
  },
});

const postApply = route({
  method: "POST",
  path: "/api/v1/policy/apply",
  summary: "Puts a policy text in force for everybody, with the reason why.",
  permission: "policy.apply",
  freshProof: "demanded",
  body: z.strictObject({
    text,
    file,
    reason: z.string().trim().min(1).max(4000),
    expected: digest.describe("`inForce` of the plan it was compared with"),
  }),
  reply: z.strictObject({ kind: z.string(), digest: z.string(), isNew: z.boolean() }),
  errors: ["invalid", "too-large", "blocked", "conflict", "forbidden"],
  async handle({ world, actor }, { body }) {
    const { kind, ...rest } = await applyPolicy(world, actor, body);
    return { ...rest, kind: kind.kind };
  },
});

export const policyRoutes: readonly Route[] = [postOutlook, postApply];
