import { z } from "zod";
import { scopesFor } from "../base/actor.ts";
import { instantToText, SECOND_MS } from "../base/instant.ts";
import { type Route, route } from "../db/world.ts";
import { pauseText, ridesFrom, ruleText, spacingMs } from "../policy/cadence.ts";
import { type Cadence, cadenceNow } from "./actions-order.ts";

/** Release trains over HTTP: when each leaves next, what rides it, and what moved a date. */
const DATES_SHOWN = 3;

const caseSchema = z.strictObject({ ref: z.string(), title: z.string(), href: z.string() });

const trainSchema = z
  .strictObject({
    name: z.string(),
    products: z.array(z.string()),
    kinds: z.array(z.string()),
    /** Names of services whose hosts ride it; null for every host. */
    services: z.array(z.string()).nullable(),
    /** When it leaves, in words. */
    rule: z.string(),
    leadSeconds: z.number().describe("what is ready later than this rides the next one"),
    /** How often the availability target allows an outage, in words; null without a target. */
    target: z.string().nullable(),
    pauseSeconds: z.number().describe("at least so long between two rides; 0 without a target"),
    /** Its own next dates. */
    dates: z.array(z.iso.datetime()),
    cases: z.array(
      caseSchema.extend({
        at: z.iso.datetime(),
        /** What moved the date away from the train's own; empty where nothing did. */
        because: z.array(z.string()),
      }),
    ),
  })
  .meta({ id: "ReleaseTrain" });

const getCadence = route({
  method: "GET",
  path: "/api/v1/release-trains",
  summary:
    "Release trains: when each leaves next, which open cases ride it, and what moved a date.",
  permission: "patch.read",
  reply: z.strictObject({
    policy: z.strictObject({ file: z.string(), version: z.string() }),
    trains: z.array(trainSchema),
    /** Open cases that ride none, and why. */
    others: z.array(caseSchema.extend({ reason: z.string() })),
  }),
  async handle({ world, actor }) {
    const { policy, trains, others } = await cadenceNow(world, scopesFor(actor, "patch.read"));
    return {
      policy: { file: policy.file, version: policy.version },
      trains: trains.map((one) => trainReply(one, world.clock())),
      others: others.map(({ patch, reason }) => ({ ...caseReply(patch), reason })),
    };
  },
});

type OneTrain = Cadence["trains"][number];

function trainReply({ train, cases }: OneTrain, now: number): z.output<typeof trainSchema> {
  const { name, products, kinds, services, leadTime } = train;
  return {
    ...{ name, products, kinds, services: services ?? null, rule: ruleText(train) },
    leadSeconds: leadTime / SECOND_MS,
    target: pauseText(train),
    pauseSeconds: Math.ceil(spacingMs(train) / SECOND_MS),
    dates: ridesFrom(train, now + leadTime, DATES_SHOWN).map(instantToText),
    cases: cases.map(({ patch, ride }) => ({
      ...caseReply(patch),
      at: instantToText(ride.at),
      because: [...ride.because],
    })),
  };
}

function caseReply({ number, title }: OneTrain["cases"][number]["patch"]) {
  return { ref: `P-${number}`, title, href: `/patches/P-${number}?tab=why` };
}

export const cadenceRoutes: readonly Route[] = [getCadence];
