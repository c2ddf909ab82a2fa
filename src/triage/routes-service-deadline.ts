import { z } from "zod";
import { scopesFor } from "../base/actor.ts";
import { instantToText } from "../base/instant.ts";
import { type Route, route } from "../db/world.ts";
import { foundService } from "../inventory/actions-services.ts";
import { findingsOfService } from "./actions-service-deadline.ts";
import { dateReply, dateSchema } from "./deadline-reply.ts";

/** By when what a service contains has to be mended, and what excepts it. */
const FINDINGS_MAX = 2_000;

const standingSchema = z.strictObject({
  vulnerability: z.string(),
  ecosystem: z.string(),
  source: z.string(),
  /** The date that counts by policy, with its rule and inputs; null where none asks for one. */
  deadline: dateSchema.nullable(),
  /** The date that counts now, after exceptions. */
  effective: z.iso.datetime().nullable(),
  standing: z.enum(["compliant", "in-time", "overdue", "excepted", "unknown"]),
  exception: z.strictObject({ ref: z.string(), href: z.string() }).nullable(),
});

const getServiceDeadlines = route({
  method: "GET",
  path: "/api/v1/services/{service}/deadlines",
  summary: "By when each finding in a service has to be mended, why, and what excepts it.",
  permission: "finding.read",
  params: z.strictObject({ service: z.string().min(1).max(100) }),
  reply: z.strictObject({
    items: z.array(standingSchema),
    total: z.number().int(),
    counts: z.strictObject({
      overdue: z.number().int(),
      inTime: z.number().int(),
      excepted: z.number().int(),
    }),
  }),
  errors: ["not-found"],
  async handle({ world, actor }, { params }) {
    const scopes = scopesFor(actor, "finding.read");
    const service = await foundService(world, params.service, scopes);
    const all = await findingsOfService(world, service);
    const count = (standing: string): number =>
      all.filter((one) => one.standing === standing).length;
    return {
      items: all.slice(0, FINDINGS_MAX).map((one) => {
        const [date] = one.dates;
        const { vulnerability, ecosystem, source, standing, effective, by } = one;
        return {
          ...{ vulnerability, ecosystem, source, standing },
          deadline: date === undefined ? null : dateReply(date),
          effective: effective === null ? null : instantToText(effective),
          exception:
            by === null ? null : { ref: `X-${by.number}`, href: `/exceptions/X-${by.number}` },
        };
      }),
      total: all.length,
      counts: {
        overdue: count("overdue"),
        inTime: count("in-time"),
        excepted: count("excepted"),
      },
    };
  },
});

export const serviceDeadlineRoutes: readonly Route[] = [getServiceDeadlines];
