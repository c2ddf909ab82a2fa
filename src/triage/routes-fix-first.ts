import { z } from "zod";
import { actionOf, actionSchema, lacksRight } from "../base/action.ts";
import { type Actor, holdsAnywhere } from "../base/actor.ts";
import { asOfFromText, asOfQuery } from "../base/as-of.ts";
import { instantToText } from "../base/instant.ts";
import { skip } from "../base/list-page.ts";
import { type Route, route } from "../db/world.ts";
import { listFixFirst } from "./actions.ts";
import { listFixFirstInServices } from "./actions-fix-first-services.ts";
import { byRisk, type FixFirstItem } from "./fix-first.ts";
import type { ServiceItem } from "./fix-first-services.ts";
import type { Patch } from "./model.ts";
import { loadOpenPatches } from "./store.ts";
import { remedyWords } from "./words.ts";

/** What to fix first over HTTP, each update with the case that is open for it. */
const fixFirstSchema = z
  .strictObject({
    ecosystem: z.string(),
    source: z.string(),
    /** Null where nothing is offered that clears these findings. */
    sourceVersion: z.string().nullable(),
    remedy: z.enum(["update-offered", "raise-in-services", "fixed-upstream-not-offered", "no-fix"]),
    /** The remedy in words. */
    label: z.string(),
    hosts: z.number(),
    /** Services whose own components have it: their teams raise it in what they build. */
    services: z.number().int(),
    /** The first twenty of them by name. */
    serviceNames: z.array(z.string()),
    exposedHosts: z.number(),
    findingsCleared: z.number(),
    vulnerabilities: z.array(z.string()),
    knownExploited: z.array(z.string()),
    epssMax: z.number().nullable(),
    risk: z.number(),
    /** The open case for this update; null when nobody opened one. */
    case: z
      .strictObject({
        ref: z.string(),
        state: z.string(),
        urgency: z.enum(["critical", "high", "medium", "low"]),
        deadline: z.iso.datetime().nullable(),
        href: z.string(),
      })
      .nullable(),
    actions: z.array(actionSchema),
  })
  .meta({ id: "FixFirstItem" });

const getFixFirst = route({
  method: "GET",
  path: "/api/v1/fix-first",
  summary: "What clears most risk on the hosts and in the services you may see, best first.",
  permission: "finding.read",
  query: z.strictObject({
    q: z.string().trim().max(200).default("").describe("part of a source or of a vulnerability"),
    exploited: z.enum(["true"]).optional().describe("only what clears a known exploited one"),
    vulnerability: z.string().min(3).max(100).optional(),
    service: z.string().max(100).optional().describe("only what this service contains"),
    asOf: asOfQuery,
    skip,
    limit: z.coerce.number().int().min(1).max(1000).default(100),
  }),
  reply: z.strictObject({
    items: z.array(fixFirstSchema),
    total: z.number(),
    /** Over all rows that the filters leave: what the updates on offer would clear. */
    offered: z.strictObject({ updates: z.number(), findings: z.number(), exploited: z.number() }),
    /** The past moment that it tells of; null for now. */
    asOf: z.iso.datetime().nullable(),
  }),
  handle: async ({ world, actor }, { query }) => {
    const asOf = asOfFromText(query.asOf, world.clock());
    const onHosts = query.service === undefined ? await listFixFirst(world, actor, { asOf }) : [];
    const inServices = await listFixFirstInServices(world, actor, { asOf, service: query.service });
    const every: readonly Listed[] =
      inServices.length === 0 ? onHosts : [...onHosts, ...inServices].toSorted(byRisk);
    const all = every.filter((item) => isAsked(item, query));
    // Cases are told as they are now, so a past day is told without them.
    const cases =
      asOf === undefined && holdsAnywhere(actor, "patch.read")
        ? await loadOpenPatches(world.db)
        : [];
    const byTarget = new Map(cases.map((each) => [targetKey(each.target), each]));
    const offered = all.filter((item) => item.remedy === "update-offered");
    const from = query.skip ?? 0;
    return {
      total: all.length,
      offered: {
        updates: offered.length,
        findings: offered.reduce((sum, item) => sum + item.findingsCleared, 0),
        exploited: new Set(offered.flatMap((item) => item.knownExploited)).size,
      },
      items: all.slice(from, from + query.limit).map((item) => {
        const open = "services" in item ? undefined : byTarget.get(targetKey(item.target));
        return itemReply(item, { open, isPast: asOf !== undefined }, actor);
      }),
      asOf: asOf === undefined ? null : instantToText(asOf),
    };
  },
});

type Listed = FixFirstItem | ServiceItem;

const SERVICES_NAMED = 20;

function isAsked(
  item: Listed,
  query: {
    readonly q: string;
    readonly exploited?: "true" | undefined;
    readonly vulnerability?: string | undefined;
  },
): boolean {
  if (query.exploited !== undefined && item.knownExploited.length === 0) return false;
  const { vulnerability } = query;
  if (vulnerability !== undefined && !item.vulnerabilities.includes(vulnerability)) return false;
  const text = query.q.toLowerCase();
  const names = [item.target.source, ...item.vulnerabilities];
  return text === "" || names.some((name) => name.toLowerCase().includes(text));
}

function itemReply(
  item: Listed,
  { open, isPast }: { readonly open: Patch | undefined; readonly isPast: boolean },
  actor: Actor,
): z.output<typeof fixFirstSchema> {
  const { target, ...rest } = item;
  const services = "services" in item ? item.services : [];
  const right = lacksRight(holdsAnywhere(actor, "patch.edit"), "patch.edit");
  const nothing =
    services.length > 0
      ? "Who builds these services raises it; a case moves packages of hosts."
      : item.remedy === "update-offered"
        ? null
        : `${capital(remedyWords[item.remedy][1])}.`;
  const refusal = isPast
    ? "This is a past day. Look at now to open a case."
    : open === undefined
      ? (right ?? nothing)
      : `P-${open.number} is open for it.`;
  return {
    ...rest,
    services: services.length,
    serviceNames: services.slice(0, SERVICES_NAMED),
    ecosystem: target.ecosystem,
    source: target.source,
    sourceVersion: "sourceVersion" in target ? target.sourceVersion : null,
    label: remedyWords[item.remedy][1],
    vulnerabilities: [...item.vulnerabilities],
    knownExploited: [...item.knownExploited],
    case: open === undefined ? null : caseOf(open),
    actions: [actionOf("open", "Open a case", refusal)],
  };
}

function caseOf(open: Patch) {
  const { at } = open.deadline;
  return {
    ref: `P-${open.number}`,
    state: open.state,
    urgency: open.urgency,
    deadline: at === null ? null : instantToText(at),
    href: `/patches/P-${open.number}`,
  };
}

function targetKey(target: Listed["target"]): string {
  const version = "sourceVersion" in target ? target.sourceVersion : "";
  return `${target.ecosystem}\n${target.source}\n${version}`;
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

export const fixFirstRoutes: readonly Route[] = [getFixFirst];
