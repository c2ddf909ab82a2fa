import { z } from "zod";
import { actionSchema } from "../base/action.ts";
import { stateSchema } from "../base/tone.ts";
import { wordSchema } from "../base/word.ts";
import { filterSchema } from "../intel/filter-reply.ts";
import { hostReplySchema } from "../inventory/host-reply.ts";

/** Hosts as pages show them: beside what they are, where they stand in four separate respects. */
const time = z.iso.datetime();
const count = z.number().int();

/** None of the four stands for another. */
export const hostStatesSchema = z
  .strictObject({
    reachable: stateSchema,
    fresh: stateSchema,
    reboot: stateSchema,
    risk: stateSchema,
  })
  .meta({ id: "HostStates" });

export const shownHostSchema = hostReplySchema
  .extend({
    states: hostStatesSchema,
    /** Vulnerabilities on it now; null while nothing is known of its packages. */
    findings: z.strictObject({ exploited: count, open: count, fixable: count }).nullable(),
    actions: z.array(actionSchema),
  })
  .meta({ id: "ShownHost" });

const facet = z.strictObject({ good: count, attention: count, bad: count, unknown: count });

/** Hosts by state, each respect counted under all filters but its own. */
export const hostFacetsSchema = z
  .strictObject({ reach: facet, fresh: facet, reboot: facet, risk: facet })
  .meta({ id: "HostFacets" });

export const hostFindingSchema = z
  .strictObject({
    vulnerability: z.string(),
    title: z.string(),
    state: z.string(),
    /** The state in words. */
    label: z.string(),
    isExploited: z.boolean(),
    epss: z.number().nullable(),
    cvss: z.number().nullable(),
    ecosystem: z.string(),
    source: z.string(),
    packages: z.array(z.strictObject({ name: z.string(), version: z.string(), arch: z.string() })),
    fixedVersion: z.string().nullable(),
    /** Why: what was compared with what, and by whose word. */
    because: z.string(),
    since: time,
    /** What sets it aside on this host, or speaks of it; null when nothing does. */
    filter: filterSchema.nullable(),
    /** By when it must be gone here, by the earliest preset; null where nothing asks for it. */
    due: z.strictObject({ at: time.nullable(), sentence: z.string() }).nullable(),
    /** Where it stands by that date; null where something sets it aside. */
    standing: wordSchema.nullable(),
    /** What excepts it on this host; the date stays beside it. */
    excepted: z.strictObject({ ref: z.string(), until: time, href: z.string() }).nullable(),
    href: z.string(),
  })
  .meta({ id: "HostFinding" });

export const timelineEntrySchema = z
  .strictObject({
    at: time,
    kind: z.enum(["inspection", "packages", "contact", "job", "refusal", "hold", "plan", "edit"]),
    sentence: z.string(),
    /** More of it, line by line. */
    details: z.array(z.string()),
    href: z.string().nullable(),
  })
  .meta({ id: "TimelineEntry" });
