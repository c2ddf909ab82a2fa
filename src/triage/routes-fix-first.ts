import { z } from "zod";
import { actionOf, actionSchema, lacksRight } from "../base/action.ts";
import { type Actor, holdsAnywhere, scopesFor } from "../base/actor.ts";
import { asOfFromText, asOfQuery } from "../base/as-of.ts";
import { counted } from "../base/counted.ts";
import type { CsvForm } from "../base/csv.ts";
import { type Instant, instantToText } from "../base/instant.ts";
import { format, skip } from "../base/list-page.ts";
import { type Route, route } from "../db/world.ts";
import { type SupportJudgement, supportStates } from "../intel/support.ts";
import { supportWords, whenSupportEnds } from "../intel/support-words.ts";
import { isEverywhere } from "../inventory/scope.ts";
import { caseEffects } from "./actions-exception-effect.ts";
import { fixFirstOn, previewUpdate } from "./actions-fix-first.ts";
import { hostChoiceOf, hostChoiceQuery } from "./actions-host-choice.ts";
import type { CaseEffect } from "./exception-effect.ts";
import type { CoverStep, Listed } from "./fix-first-cover.ts";
import type { Patch } from "./model.ts";
import { exceptedReply, exceptedSchema } from "./routes-excepted.ts";
import { loadOpenPatches } from "./store.ts";
import { remedyWords } from "./words.ts";

/** What to fix first over HTTP, each update with the case that is open for it. */
const supportSchema = z
  .strictObject({
    state: z.enum(supportStates),
    label: z.string(),
    tone: z.enum(["good", "attention", "bad", "unknown"]),
    sentence: z.string(),
    endsAt: z.iso.datetime().nullable(),
  })
  .meta({ id: "SupportBeside" });

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
    /** Those that the runtime policy lowers on every host: they count a tenth. */
    lowered: z.array(z.string()),
    epssMax: z.number().nullable(),
    risk: z.number(),
    /** Its place among the updates on offer; null where nothing is offered. */
    place: z.number().nullable(),
    /** Share of all known risk that it clears, alone and with those before it: 0 to 1. */
    clears: z.number(),
    clearedSoFar: z.number(),
    /** Why it stands where it does. */
    because: z.string(),
    /** How long the release that it belongs to is supported; null outside of distributions. */
    support: supportSchema.nullable(),
    /** The open case for this update; null when nobody opened one. */
    case: z
      .strictObject({
        ref: z.string(),
        state: z.string(),
        urgency: z.enum(["critical", "high", "medium", "low"]),
        /** The date that it always had. */
        deadline: z.iso.datetime().nullable(),
        /** What exceptions do to it; `effective` is the date that counts now. */
        excepted: exceptedSchema.nullable(),
        href: z.string(),
      })
      .nullable(),
    actions: z.array(actionSchema),
  })
  .meta({ id: "FixFirstItem" });

const actionFile: CsvForm<z.output<typeof fixFirstSchema>> = {
  name: "actions",
  columns: [
    { head: "place", cell: (item) => item.place },
    { head: "source", cell: (item) => item.source },
    { head: "to", cell: (item) => item.sourceVersion },
    { head: "ecosystem", cell: (item) => item.ecosystem },
    { head: "remedy", cell: (item) => item.label },
    { head: "hosts", cell: (item) => item.hosts },
    { head: "exposed hosts", cell: (item) => item.exposedHosts },
    { head: "services", cell: (item) => item.services },
    { head: "findings cleared", cell: (item) => item.findingsCleared },
    { head: "known exploited", cell: (item) => item.knownExploited },
    { head: "epss max", cell: (item) => item.epssMax },
    { head: "share of risk", cell: (item) => item.clears },
    { head: "share so far", cell: (item) => item.clearedSoFar },
    { head: "vulnerabilities", cell: (item) => item.vulnerabilities },
    { head: "because", cell: (item) => item.because },
    { head: "support", cell: (item) => item.support?.label ?? null },
    { head: "support ends", cell: (item) => item.support?.endsAt ?? null },
    { head: "case", cell: (item) => item.case?.ref ?? null },
    { head: "deadline", cell: (item) => item.case?.deadline ?? null },
    { head: "lowered", cell: (item) => item.lowered },
  ],
};

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
    ...hostChoiceQuery,
    asOf: asOfQuery,
    skip,
    format,
    limit: z.coerce.number().int().min(1).max(1000).default(100),
  }),
  csv: actionFile,
  reply: z.strictObject({
    items: z.array(fixFirstSchema),
    total: z.number(),
    /** Over all rows that the filters leave: what the updates on offer would clear. */
    offered: z.strictObject({
      updates: z.number(),
      findings: z.number(),
      exploited: z.number(),
      /** Share of all known risk on the hosts asked about that all updates on offer clear: 0 to 1. */
      clearable: z.number(),
    }),
    /** What no update clears today, by why; whatever the filters on rows leave. */
    uncleared: z.array(
      z.strictObject({
        remedy: z.enum(["fixed-upstream-not-offered", "no-fix"]),
        label: z.string(),
        sources: z.number(),
        findings: z.number(),
        exploited: z.number(),
        share: z.number(),
      }),
    ),
    /** The past moment that it tells of; null for now. */
    asOf: z.iso.datetime().nullable(),
  }),
  handle: async ({ world, actor }, { query }) => {
    const asOf = asOfFromText(query.asOf, world.clock());
    const found = await fixFirstOn(world, actor, {
      ...{ asOf, choice: hostChoiceOf(query), service: query.service },
    });
    const all = found.steps.filter(({ item }) => isAsked(item, query));
    // Cases are told as they are now, so a past day is told without them.
    const cases =
      asOf === undefined && holdsAnywhere(actor, "patch.read")
        ? await loadOpenPatches(world.db, scopesFor(actor, "patch.read"))
        : [];
    const byTarget = new Map(cases.map((each) => [targetKey(each.target), each]));
    const offered = all.map(({ item }) => item).filter((item) => item.remedy === "update-offered");
    const from = query.skip ?? 0;
    const shown = all.slice(from, from + query.limit);
    const openOf = ({ item }: CoverStep): Patch | undefined =>
      "services" in item ? undefined : byTarget.get(targetKey(item.target));
    const effects = await caseEffects(
      world,
      shown.flatMap((step) => openOf(step) ?? []),
    );
    return {
      total: all.length,
      offered: {
        updates: offered.length,
        findings: offered.reduce((sum, item) => sum + item.findingsCleared, 0),
        exploited: new Set(offered.flatMap((item) => item.knownExploited)).size,
        clearable: found.clearable,
      },
      uncleared: found.uncleared.map(({ knownExploited: exploited, ...rest }) => ({
        ...{ ...rest, exploited },
        label: remedyWords[rest.remedy][1],
      })),
      items: shown.map((step) => {
        const open = openOf(step);
        const effect = open === undefined ? undefined : effects.get(open.id);
        const support = found.support.get(step.item.target.ecosystem);
        return itemReply(step, { open, effect, support, isPast: asOf !== undefined }, actor);
      }),
      asOf: asOf === undefined ? null : instantToText(asOf),
    };
  },
});

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

interface Beside {
  readonly open: Patch | undefined;
  readonly effect: CaseEffect | undefined;
  readonly support: SupportJudgement | undefined;
  readonly isPast: boolean;
}

function itemReply(
  { item, ...step }: CoverStep,
  { open, effect, support, isPast }: Beside,
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
    ...{ ...rest, ...step },
    services: services.length,
    serviceNames: services.slice(0, SERVICES_NAMED),
    ecosystem: target.ecosystem,
    source: target.source,
    sourceVersion: "sourceVersion" in target ? target.sourceVersion : null,
    label: remedyWords[item.remedy][1],
    vulnerabilities: [...item.vulnerabilities],
    knownExploited: [...item.knownExploited],
    lowered: [...item.lowered],
    support: support === undefined ? null : supportReply(support),
    case:
      open === undefined
        ? null
        : caseOf(open, effect, isEverywhere(scopesFor(actor, "patch.read"))),
    actions: [actionOf("open", "Open a case", refusal)],
  };
}

function supportReply(support: SupportJudgement): z.output<typeof supportSchema> {
  const [label, tone] = supportWords[support.state];
  const { state, endsAt } = support;
  const sentence = `${whenSupportEnds(support)}.`;
  return { ...{ state, label, tone, sentence }, endsAt: textOf(endsAt) };
}

function caseOf(open: Patch, effect: CaseEffect | undefined, isCounted: boolean) {
  return {
    ref: `P-${open.number}`,
    state: open.state,
    urgency: open.urgency,
    deadline: textOf(open.deadline.at),
    excepted: exceptedReply(effect, isCounted),
    href: `/patches/P-${open.number}`,
  };
}

function textOf(instant: Instant | null): string | null {
  return instant === null ? null : instantToText(instant);
}

function targetKey(target: Listed["target"]): string {
  const version = "sourceVersion" in target ? target.sourceVersion : "";
  return `${target.ecosystem}\n${target.source}\n${version}`;
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

const getPreview = route({
  method: "GET",
  path: "/api/v1/fix-first/preview",
  summary:
    "What one update would do: exact versions, hosts that are and are not offered it, restarts.",
  permission: "finding.read",
  query: z.strictObject({
    source: z.string().min(1).max(128),
    ecosystem: z.string().min(1).max(64).optional(),
    ...hostChoiceQuery,
  }),
  reply: z
    .strictObject({
      ecosystem: z.string(),
      source: z.string(),
      hosts: z.number(),
      versions: z.array(
        z.strictObject({
          /** Null where the sources of these hosts offer nothing that clears any of it. */
          sourceVersion: z.string().nullable(),
          hosts: z.number(),
          cleared: z.number().describe("vulnerability and host pairs that it clears"),
          left: z.number().describe("pairs that stay open on them"),
        }),
      ),
      packages: z.array(
        z.strictObject({
          name: z.string(),
          arch: z.string(),
          from: z.array(z.string()),
          to: z.array(z.string()),
          hosts: z.number(),
        }),
      ),
      rebootHosts: z.number(),
      /** What restarts, in a sentence. */
      restarts: z.string(),
    })
    .meta({ id: "UpdatePreview" }),
  errors: ["not-found", "invalid"],
  handle: async ({ world, actor }, { query }) => {
    const choice = hostChoiceOf(query);
    const found = await previewUpdate(world, actor, { ...query, choice });
    return {
      ...found,
      versions: found.versions.map((version) => ({ ...version })),
      packages: found.packages.map(({ from, to, ...rest }) => ({
        ...rest,
        ...{ from: [...from], to: [...to] },
      })),
      restarts: restartsText(found.rebootHosts),
    };
  },
});

/** What else restarts follows from the processes that run, which each host says when a plan is made. */
function restartsText(rebootHosts: number): string {
  const services = "Services whose files it replaces restart; the plan names them host by host.";
  if (rebootHosts === 0) return services;
  return `To be started anew, for a kernel that it replaces: ${counted(rebootHosts, "host")}. ${services}`;
}

export const fixFirstRoutes: readonly Route[] = [getFixFirst, getPreview];
