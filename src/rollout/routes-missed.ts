import { z } from "zod";
import { instantToText } from "../base/instant.ts";
import { skip, total } from "../base/list-page.ts";
import { wordSchema } from "../base/word.ts";
import { route } from "../db/world.ts";
import { listMissed } from "./actions-missed.ts";
import { type MissedFate, missedKinds } from "./missed.ts";
import { rolloutStates } from "./model.ts";
import { missedWords } from "./words.ts";

/** What went past a host. */
const fates = ["tried", "taken", "nothing"] as const satisfies readonly MissedFate[];

const missedSchema = z
  .strictObject({
    rollout: z.string().describe("as in R-7"),
    title: z.string(),
    patch: z.string().describe("as in P-1"),
    plan: z.string().describe("digest of the rollout's plan"),
    rolloutState: z.enum(rolloutStates),
    kind: z
      .enum(missedKinds)
      .describe("waiting: its time in the rollout is not over; left-out: the plan did not take it"),
    word: wordSchema,
    since: z.iso.datetime(),
    why: z.string(),
    fate: z
      .enum(fates)
      .describe(
        "tried: by this rollout; taken: by another rollout or a plan; nothing: unless a person acts",
      ),
    outlook: z.string().describe("what will become of it, or what to do"),
    command: z.string().nullable().describe("what sees to it, where one command does"),
    href: z.string(),
  })
  .meta({ id: "MissedRollout" });

export const getMissed = route({
  method: "GET",
  path: "/api/v1/hosts/{host}/missed",
  summary:
    "Rollouts that went on or ended without this host: since when, why, and what will become of it; the newest first.",
  permission: "rollout.read",
  params: z.strictObject({ host: z.string().min(1).max(100) }),
  query: z.strictObject({ skip, limit: z.coerce.number().int().min(1).max(1000).default(100) }),
  reply: z.strictObject({ items: z.array(missedSchema), total }),
  errors: ["not-found"],
  async handle({ world, actor }, { params, query }) {
    const page = { host: params.host, skip: query.skip ?? 0, limit: query.limit };
    const { items, total } = await listMissed(world, actor, page);
    return {
      items: items.map(({ facts, missed }) => {
        const { title, plan, rolloutState } = facts;
        const [tone, label] = missedWords[missed.kind];
        return {
          ...{ title, plan, rolloutState, ...missed },
          rollout: `R-${facts.rollout}`,
          patch: `P-${facts.patch}`,
          word: { name: missed.kind, tone, label },
          since: instantToText(facts.since),
        };
      }),
      total,
    };
  },
});
