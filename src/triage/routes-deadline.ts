import { z } from "zod";
import { scopesFor } from "../base/actor.ts";
import { asOfFromText, asOfQuery } from "../base/as-of.ts";
import { Failure } from "../base/failure.ts";
import { numberFromRef } from "../base/ids.ts";
import { type Instant, instantToText } from "../base/instant.ts";
import { type RequestContext, type Route, route } from "../db/world.ts";
import { foundHost } from "../inventory/actions.ts";
import { loadHost } from "../inventory/store.ts";
import { loadService } from "../inventory/store-services.ts";
import { requirePatch } from "./actions.ts";
import { datesFor, datesOfHost, deadlinePolicy } from "./actions-deadline.ts";
import { findingsOfService } from "./actions-service-deadline.ts";
import { byDate, earliestDeadline } from "./deadline.ts";
import type { DeadlinePolicy } from "./deadline-policy.ts";
import { dateReply, dateSchema, deadlineReply, deadlineSchema } from "./deadline-reply.ts";
import type { CandidateDate } from "./model.ts";

/** "Why this date?" for a case, a vulnerability or a host: every date that any preset gives. */
const DATES_MAX = 200;

const getDeadline = route({
  method: "GET",
  path: "/api/v1/deadlines/{about}",
  summary: "Every date that the policy gives for a case, a vulnerability, a host or a service.",
  permission: "finding.read",
  params: z.strictObject({ about: z.string().min(1).max(128) }),
  query: z.strictObject({ asOf: asOfQuery }),
  reply: z.strictObject({
    about: z.strictObject({
      kind: z.enum(["case", "vulnerability", "host", "service"]),
      label: z.string(),
      href: z.string(),
    }),
    /** The date that counts; null where nothing that is known asks for one. */
    deadline: deadlineSchema.nullable(),
    /** All dates, earliest first; cut to 200. */
    dates: z.array(dateSchema),
    total: z.number().int(),
    policy: z.strictObject({ file: z.string(), version: z.string() }),
    /** The past moment that it tells of, by what was known and in force then; null for now. */
    asOf: z.iso.datetime().nullable(),
  }),
  errors: ["not-found", "invalid"],
  async handle(context, { params, query }) {
    const { world } = context;
    const asOf = asOfFromText(query.asOf, world.clock());
    const policy = await deadlinePolicy(world, asOf);
    const { about, dates } = await datesAbout(context, { name: params.about, policy, asOf });
    const deadline = earliestDeadline(policy, dates);
    return {
      about,
      deadline: deadline === null ? null : deadlineReply(deadline),
      dates: dates.slice(0, DATES_MAX).map(dateReply),
      total: dates.length,
      policy: { file: policy.file, version: policy.version },
      asOf: asOf === undefined ? null : instantToText(asOf),
    };
  },
});

interface About {
  readonly about: {
    readonly kind: "case" | "vulnerability" | "host" | "service";
    readonly label: string;
    readonly href: string;
  };
  readonly dates: readonly CandidateDate[];
}

const VULNERABILITY = /^[A-Z][A-Z0-9]{1,15}-[A-Za-z0-9:._-]{3,80}$/;

async function datesAbout(
  { world, actor }: RequestContext,
  of: {
    readonly name: string;
    readonly policy: DeadlinePolicy;
    readonly asOf: Instant | undefined;
  },
): Promise<About> {
  const { name, policy, asOf } = of;
  if (numberFromRef("P", name) !== null) {
    if (scopesFor(actor, "patch.read").length === 0) {
      throw new Failure("forbidden", "This needs the right patch.read, which you do not hold.");
    }
    const patch = await requirePatch(world.db, name);
    const label = `P-${patch.number}`;
    const { vulnerabilities, target } = patch;
    const about = { vulnerabilities, sources: [target], asOf };
    const dates = await datesFor(world.db, policy, about);
    return { about: { kind: "case", label, href: `/patches/${label}` }, dates };
  }
  if (VULNERABILITY.test(name)) {
    const dates = await datesFor(world.db, policy, { vulnerabilities: [name], asOf });
    const href = `/vulnerabilities/${encodeURIComponent(name)}`;
    return { about: { kind: "vulnerability", label: name, href }, dates };
  }
  const scopes = scopesFor(actor, "finding.read");
  const service = await loadService(world.db, name, scopes);
  if (service !== null && (await loadHost(world.db, name, scopes)) === null) {
    if (asOf !== undefined) {
      throw new Failure("invalid", "Dates of a service are told of now only: leave out asOf.");
    }
    const dates = (await findingsOfService(world, service)).flatMap((one) => one.dates);
    const href = `/services/${service.name}`;
    return {
      about: { kind: "service", label: service.name, href },
      dates: dates.toSorted(byDate),
    };
  }
  const host = await foundHost(world, name, scopes);
  const { dates } = await datesOfHost(world, host.id, asOf);
  return { about: { kind: "host", label: host.name, href: `/hosts/${host.name}` }, dates };
}

export const deadlineRoutes: readonly Route[] = [getDeadline];
