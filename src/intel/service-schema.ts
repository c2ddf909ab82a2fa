import { z } from "zod";
import { actionSchema } from "../base/action.ts";
import { tones } from "../base/tone.ts";
import { artifactReplySchema, serviceReplySchema } from "../inventory/service-reply.ts";
import { filterSchema } from "./filter-reply.ts";

/** Services with what is wrong in them, as the API shows them. */
const time = z.iso.datetime();
const count = z.number().int();

const risk = z.strictObject({ exploited: count, open: count, fixable: count });

export const judgedServiceSchema = z
  .strictObject({
    service: serviceReplySchema,
    state: z.strictObject({
      state: z.enum(tones),
      label: z.string(),
      reason: z.string().nullable(),
    }),
    artifactCount: count,
    componentCount: count,
    unknownCount: count,
    updatedAt: time.nullable().describe("when an artifact changed last"),
    findings: risk.nullable().describe("of its own components; null without the right to see them"),
    setAsideCount: count.describe(
      "vulnerabilities that trusted VEX sets aside; counted nowhere else",
    ),
    hostCount: count,
    hostFindings: risk.nullable().describe("on the worst of its hosts"),
    actions: z.array(actionSchema),
  })
  .meta({ id: "JudgedService" });

export const shownServiceSchema = z.strictObject({
  judged: judgedServiceSchema,
  artifacts: z.array(artifactReplySchema),
  hosts: z.array(z.strictObject({ id: z.string(), name: z.string() })),
  neededBy: z.array(z.strictObject({ id: z.string(), name: z.string() })),
  notKnown: z.array(z.string()).describe("what the absence of findings does not cover"),
  isMatching: z.boolean().describe("true while components are still being matched"),
});

export const vulnerabilitySchema = z.strictObject({
  id: z.string(),
  title: z.string(),
  state: z.string(),
  label: z.string(),
  fixedVersion: z.string().nullable(),
  isExploited: z.boolean(),
  cvss: z.number().nullable(),
  epss: z.number().nullable(),
  filters: z.array(filterSchema).describe("what is said of it and sets nothing aside"),
  href: z.string(),
});

/** A finding that a trusted author sets aside, with who says so and why. */
export const setAsideSchema = vulnerabilitySchema
  .extend({ ecosystem: z.string(), name: z.string(), version: z.string(), filter: filterSchema })
  .meta({ id: "SetAsideFinding" });

const chainSchema = z.strictObject({
  artifact: z.string(),
  environment: z.string(),
  version: z.string(),
  scope: z.string(),
  names: z.array(z.string()).describe("what brought it in, from the project's side, itself last"),
  text: z.string(),
});

export const serviceActionSchema = z.strictObject({
  key: z.string(),
  text: z.string(),
  ecosystem: z.string(),
  source: z.string(),
  versions: z.array(z.string()),
  target: z.string().nullable(),
  cleared: z.array(vulnerabilitySchema),
  remaining: z.array(vulnerabilitySchema),
  exploited: count,
  cvss: z.number().nullable(),
  epss: z.number().nullable(),
  isDevelopmentOnly: z.boolean(),
  since: time,
  chains: z.array(chainSchema),
});

export const hostActionSchema = z.strictObject({
  key: z.string(),
  ecosystem: z.string(),
  source: z.string(),
  fixedVersions: z.array(z.string()),
  target: z.string().nullable().describe("the version at or above all of them"),
  vulnerabilities: count,
  exploited: count,
  hostCount: count,
  cvss: z.number().nullable(),
  epss: z.number().nullable(),
});

export const componentSchema = z.strictObject({
  artifact: z.string(),
  environment: z.string(),
  ecosystem: z.string(),
  name: z.string(),
  version: z.string(),
  purl: z.string(),
  cpe: z.string(),
  scope: z.string(),
  chain: z.array(z.string()),
  chainText: z.string(),
  problem: z.string().nullable().describe("why it cannot be judged"),
  findings: count.nullable(),
  exploited: count.nullable(),
});

export const exposedServiceSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  team: z.string(),
  components: z
    .array(
      z.strictObject({
        ecosystem: z.string(),
        name: z.string(),
        version: z.string(),
        fixedVersion: z.string().nullable(),
        paths: z.array(z.string()).describe("how it got in, at most five"),
        remedy: z
          .string()
          .nullable()
          .describe("the version that mends it; null where none is known"),
        filter: filterSchema.nullable().describe("what is said of it there, or sets it aside"),
      }),
    )
    .describe("its own components that have it"),
  isOpen: z.boolean().describe("false where all of it is set aside"),
  href: z.string(),
});
