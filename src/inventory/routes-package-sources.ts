import { z } from "zod";
import { scopesFor } from "../base/actor.ts";
import { instantToText } from "../base/instant.ts";
import { lacksUnscoped } from "../base/unscoped.ts";
import { type Route, route } from "../db/world.ts";
import { assessSource } from "./actions-package-sources.ts";
import { type PackageSource, sourceConcern, sourceKinds, sourceTrusts } from "./package-source.ts";
import { loadPackageSources } from "./store-package-sources.ts";

/** The register of sources that hosts take packages from. */
const sourceSchema = z.strictObject({
  uri: z.string(),
  suite: z.string(),
  components: z.array(z.string()).describe("`-` where a host could not read its lists"),
  hosts: z.int(),
  unauthenticatedHosts: z.int().describe("hosts that take from it what nobody signed"),
  concern: z.string().nullable().describe("what is to be minded, in words"),
  assessment: z
    .strictObject({
      trust: z.enum(sourceTrusts),
      kind: z.enum(sourceKinds),
      reason: z.string(),
      assessedBy: z.string(),
      assessedAt: z.string(),
    })
    .nullable(),
});

function sourceReply(source: PackageSource): z.output<typeof sourceSchema> {
  const { assessment, components, ...rest } = source;
  const concern = sourceConcern(source);
  if (assessment === null) return { ...rest, components: [...components], concern, assessment };
  const { trust, kind, reason, assessedBy, assessedAt } = assessment;
  const when = instantToText(assessedAt);
  return {
    ...{ ...rest, components: [...components], concern },
    assessment: { trust, kind, reason, assessedBy, assessedAt: when },
  };
}

const listSources = route({
  method: "GET",
  path: "/api/v1/package-sources",
  summary: "Lists the sources that hosts take packages from, and what was decided about each.",
  permission: "host.read",
  reply: z.strictObject({
    items: z.array(sourceSchema),
    actions: z.array(
      z.strictObject({
        verb: z.literal("assess"),
        allowed: z.boolean(),
        reason: z.string().nullable(),
      }),
    ),
  }),
  async handle({ world, actor }) {
    const sources = await loadPackageSources(world.db, scopesFor(actor, "host.read"));
    const reason = lacksUnscoped(actor, "policy.apply", "Deciding which sources are trusted");
    return {
      items: sources.map(sourceReply),
      actions: [{ verb: "assess" as const, allowed: reason === null, reason }],
    };
  },
});

const printable = /^[\x21-\x7e]+$/;

const putAssessment = route({
  method: "PUT",
  path: "/api/v1/package-sources/assessment",
  summary: "Decides about a source: trusted, or blocked, so that its hosts take part in no plan.",
  permission: "policy.apply",
  freshProof: "demanded",
  body: z.strictObject({
    uri: z.string().min(1).max(300).regex(printable),
    suite: z.string().min(1).max(128).regex(printable),
    trust: z.enum(sourceTrusts),
    kind: z.enum(sourceKinds),
    reason: z.string().trim().min(1).max(1_000),
  }),
  reply: sourceSchema,
  errors: ["not-found", "forbidden"],
  handle: async ({ world, actor }, { body }) => sourceReply(await assessSource(world, actor, body)),
});

export const packageSourceRoutes: readonly Route[] = [listSources, putAssessment];
