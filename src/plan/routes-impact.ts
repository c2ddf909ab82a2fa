import { z } from "zod";
import { type Route, route } from "../db/world.ts";
import { showImpact } from "./actions-impact.ts";
import { impactGaps, impactToText } from "./impact-words.ts";
import { jumpToText } from "./version-jump.ts";

/** What a plan touches beside what it changes, over HTTP. */
const count = z.number().int();
const counted = z.strictObject({ name: z.string(), hosts: count });

const getImpact = route({
  method: "GET",
  path: "/api/v1/plans/{plan}/impact",
  summary:
    "What a plan touches: packages that depend on what is changed, processes that have it in memory, services with their teams, major versions, edited files; and what is not known.",
  permission: "plan.read",
  params: z.strictObject({
    plan: z.string().regex(/^[0-9a-f]{8,64}$/, "a plan's digest, or its first 8 digits or more"),
  }),
  reply: z.strictObject({
    sentence: z.string(),
    unknown: z.array(z.string()).describe("what is not known, in sentences"),
    hosts: count,
    packages: z.array(
      z.strictObject({
        verb: z.enum(["upgrade", "downgrade", "install", "remove"]),
        name: z.string(),
        from: z.string(),
        to: z.string(),
        hosts: count,
        jump: z.string().nullable().describe("a new major version or binary interface"),
      }),
    ),
    dependents: z
      .array(
        z.strictObject({
          name: z.string(),
          hosts: count,
          countMax: count.describe("the most installed packages that depend on it on one host"),
          first: z.array(counted).describe("the first hundred by name"),
        }),
      )
      .nullable()
      .describe("null: not kept when the plan was made"),
    reachedMax: count.nullable(),
    memory: z.strictObject({
      users: z.array(
        z.strictObject({ package: z.string(), hosts: count, processes: z.array(counted) }),
      ),
      whole: count,
      partly: count,
      unknown: count,
    }),
    restarts: z.array(z.string()).describe("units that the plan restarts"),
    needsReboot: z.boolean(),
    services: z.array(
      z.strictObject({
        name: z.string(),
        title: z.string(),
        team: z.string(),
        owners: z.array(z.string()),
        hosts: count,
        neededBy: z.array(z.string()),
      }),
    ),
    moreServices: count,
    conffiles: z
      .array(
        z.strictObject({
          name: z.string(),
          path: z.string(),
          state: z.enum(["changed", "missing"]),
          hosts: count.describe("hosts of the kinds on which it was seen"),
        }),
      )
      .nullable(),
  }),
  errors: ["not-found"],
  async handle({ world, actor }, { params }) {
    const shown = await showImpact(world, actor, params.plan);
    const { impact, memory, report } = shown;
    return {
      sentence: impactToText(shown),
      unknown: impactGaps(shown),
      hosts: shown.hosts,
      packages: shown.packages.map((one) => ({
        ...one,
        jump: one.jump === null ? null : jumpToText(one.jump),
      })),
      dependents: impact?.dependents.map((one) => ({ ...one, first: [...one.first] })) ?? null,
      reachedMax: impact?.reachedMax ?? null,
      memory: {
        ...memory,
        users: memory.users.map((user) => ({ ...user, processes: [...user.processes] })),
      },
      restarts: [...report.restarts],
      needsReboot: report.needsReboot,
      services: shown.services.map((one) => ({
        ...one,
        owners: [...one.owners],
        neededBy: [...one.neededBy],
      })),
      moreServices: shown.moreServices,
      conffiles: impact === null ? null : [...impact.conffiles],
    };
  },
});

export const impactRoutes: readonly Route[] = [getImpact];
