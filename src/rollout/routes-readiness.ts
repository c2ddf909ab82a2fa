import { z } from "zod";
import { route } from "../db/world.ts";
import { showReadiness } from "./actions-readiness.ts";

const hosts = z.number().int();
const names = z.array(z.string()).describe("the first few");

/** Whether hosts know who approved a change, before it starts. */
export const getReadiness = route({
  method: "GET",
  path: "/api/v1/changes/{change}/readiness",
  summary:
    "Whether the hosts of a change know the keys of those who approved it, as far as their policies are known here.",
  permission: "change.read",
  params: z.strictObject({ change: z.string().min(1).max(64) }),
  reply: z.strictObject({
    known: hosts.describe("hosts whose policy lies here"),
    unknown: hosts.describe("hosts whose policy their own people keep; they judge at their job"),
    refusing: z.array(
      z.strictObject({ ring: z.string(), hosts, names, code: z.string(), why: z.string() }),
    ),
    strangers: z
      .array(z.strictObject({ handle: z.string(), keyFingerprint: z.string(), hosts, names }))
      .describe("approvers whose key hosts do not know: there their approval does not count"),
  }),
  errors: ["not-found"],
  async handle({ world, actor }, { params }) {
    const { known, unknown, refusing, strangers } = await showReadiness(
      world,
      actor,
      params.change,
    );
    return {
      known,
      unknown,
      refusing: refusing.map((one) => ({ ...one, names: [...one.names] })),
      strangers: strangers.map((one) => ({ ...one, names: [...one.names] })),
    };
  },
});
