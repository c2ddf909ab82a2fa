import { z } from "zod";
import { asOfFromText, asOfQuery } from "../base/as-of.ts";
import type { CsvForm } from "../base/csv.ts";
import { type Instant, instantToText } from "../base/instant.ts";
import { format, skip } from "../base/list-page.ts";
import { type Route, route } from "../db/world.ts";
import { listFindings, showFinding } from "./actions-findings.ts";
import { coverageReasons } from "./coverage.ts";
import { filterReply, filterSchema } from "./filter-reply.ts";
import type { ExplainedFinding } from "./findings.ts";
import { matchRules } from "./match-rules.ts";
import { exposedStates } from "./model.ts";
import { loadKnownSince } from "./store-past.ts";

/** Findings over HTTP: lists of them, and each match explained. */
const time = z.string().describe("RFC 3339 in UTC");
const flag = z.enum(["true", "false"]).transform((text) => text === "true");

const findingStates = [
  ...exposedStates,
  "under-investigation",
  "unknown-coverage",
] as const satisfies readonly string[];

const coverageReply = z.object({
  coveredCount: z.number().nullable().describe("null of a past moment: it is known of now only"),
  unknown: z.array(
    z.object({
      ecosystem: z.string(),
      reason: z.string(),
      text: z.string(),
      packageCount: z.number(),
    }),
  ),
  hostCount: z.number(),
  unknownHostCount: z.number(),
});

const findingReply = z.object({
  key: z.string().describe("the vulnerability, `<ecosystem> <source>`, or the host's name"),
  title: z.string(),
  vulnerabilities: z
    .array(z.string())
    .describe("of a host the 100 most urgent; /api/v1/hosts/{host}/findings lists all"),
  vulnerabilityCount: z.number().int(),
  sources: z.array(
    z.object({
      ecosystem: z.string(),
      source: z.string(),
      fixedVersions: z.array(z.string()),
    }),
  ),
  states: z.array(z.string()),
  hostCount: z.number(),
  loweredHostCount: z.number().describe("hosts on which the runtime policy lowers all of it"),
  serviceCount: z.number().int().describe("services whose own components have it"),
  packageCount: z.number(),
  knownExploitedCount: z.number(),
  epss: z.number().nullable(),
  cvss: z.number().nullable(),
  since: time,
  runtime: z
    .array(z.object({ kind: z.string(), label: z.string(), hostCount: z.number() }))
    .nullable()
    .describe("hosts on which the running system speaks against it; null where not asked for"),
  team: z.string().nullable().describe("of a host, the team that its labels name; else null"),
});

const findingFile: CsvForm<z.output<typeof findingReply>> = {
  name: "findings",
  columns: [
    { head: "finding", cell: (row) => row.key },
    { head: "title", cell: (row) => row.title },
    { head: "team", cell: (row) => row.team },
    { head: "known exploited", cell: (row) => row.knownExploitedCount },
    { head: "epss", cell: (row) => row.epss },
    { head: "cvss", cell: (row) => row.cvss },
    { head: "hosts", cell: (row) => row.hostCount },
    { head: "services", cell: (row) => row.serviceCount },
    { head: "packages", cell: (row) => row.packageCount },
    { head: "vulnerabilities", cell: (row) => row.vulnerabilityCount },
    { head: "vulnerability ids", cell: (row) => row.vulnerabilities },
    { head: "states", cell: (row) => row.states },
    { head: "sources", cell: (row) => row.sources.map((s) => `${s.ecosystem} ${s.source}`) },
    {
      head: "fixed in",
      cell: (row) => row.sources.map((s) => `${s.source} ${s.fixedVersions.join(" or ")}`.trim()),
    },
    { head: "since", cell: (row) => row.since },
    {
      head: "what runs",
      cell: (row) => row.runtime?.map((one) => `${one.label} on ${one.hostCount}`) ?? null,
    },
    { head: "lowered on hosts", cell: (row) => row.loweredHostCount },
  ],
};

const getFindings = route({
  method: "GET",
  path: "/api/v1/findings",
  summary: "Lists findings of hosts and services by vulnerability, source package or host.",
  permission: "finding.read",
  query: z.object({
    group: z.enum(["vulnerability", "source", "host"]).default("vulnerability"),
    state: z.enum(findingStates).optional(),
    kev: flag.optional(),
    search: z.string().max(200).optional(),
    service: z
      .string()
      .max(100)
      .optional()
      .describe("only what this service contains and the hosts that run it have"),
    team: z
      .string()
      .max(63)
      .optional()
      .describe("only services and hosts of this team (of hosts label team, or owner)"),
    filtered: flag.optional().describe("only what is set aside, which is else left out"),
    runtime: flag.optional().describe("tell what runs of it: not running, not loaded, and so on"),
    asOf: asOfQuery,
    limit: z.coerce.number().int().min(1).max(1000).default(100),
    cursor: z.string().max(500).optional(),
    skip,
    format,
  }),
  reply: z.object({
    items: z.array(findingReply),
    next: z.string().nullable(),
    total: z.number(),
    coverage: coverageReply,
    runtimeLeftOutCount: z
      .number()
      .int()
      .nullable()
      .describe("hosts whose running system was not asked, as too many are unlike others"),
    filteredCount: z.number().describe("vulnerabilities that are set aside on some host"),
    asOf: time.nullable().describe("the past moment that it tells of; null for now"),
    knownSince: time.nullable().describe("how far back the past is known"),
    nothingKnown: z.string().nullable().describe("why an empty list of the past means nothing"),
    backlogCount: z.number().describe("above 0 the list is not final"),
  }),
  errors: ["invalid", "not-found"],
  csv: findingFile,
  handle: async ({ world, actor }, { query }) => {
    const list = await listFindings(world, actor, {
      group: query.group,
      states: query.state === undefined ? undefined : [query.state],
      isKev: query.kev,
      isFiltered: query.filtered,
      service: query.service,
      team: query.team,
      hasRuntime: query.runtime,
      asOf: asOfFromText(query.asOf, world.clock()),
      search: query.search,
      page: { cursor: query.cursor, skip: query.skip, limit: query.limit },
    });
    return {
      items: list.rows.map((row) => ({
        ...row,
        vulnerabilities: [...row.vulnerabilities],
        sources: row.sources.map((s) => ({ ...s, fixedVersions: [...s.fixedVersions] })),
        states: [...row.states],
        runtime: row.runtime === null ? null : [...row.runtime],
        since: instantToText(row.since),
      })),
      next: list.next,
      total: list.total,
      coverage: {
        ...list.coverage,
        unknown: list.coverage.unknown.map((u) => ({ ...u, text: coverageReasons[u.reason] })),
      },
      runtimeLeftOutCount: list.runtimeLeftOutCount,
      filteredCount: list.filteredCount,
      asOf: timeOf(list.asOf),
      knownSince: timeOf(list.knownSince),
      nothingKnown: list.nothingKnown,
      backlogCount: list.backlogCount,
    };
  },
});

const explanationReply = z.object({
  vulnerability: z.object({
    id: z.string(),
    title: z.string(),
    publishedAt: time.nullable(),
    status: z.string(),
    cvss: z.array(
      z.object({ source: z.string(), version: z.string(), vector: z.string(), score: z.number() }),
    ),
    kev: z.object({ addedAt: time, dueAt: time.nullable(), isRansomware: z.boolean() }).nullable(),
    epss: z.object({ score: z.number(), percentile: z.number() }).nullable(),
    ssvc: z
      .object({
        exploitation: z.string(),
        isAutomatable: z.boolean(),
        technicalImpact: z.string(),
      })
      .nullable(),
  }),
  packages: z.array(
    z.object({
      ecosystem: z.string(),
      name: z.string(),
      version: z.string(),
      arch: z.string(),
      source: z.string(),
      state: z.string(),
      fixedVersion: z.string().nullable(),
      hostCount: z.number(),
      filteredHostCount: z.number().describe("hosts that have it too, where it is set aside"),
      because: z.object({
        feed: z.string(),
        generation: z.string(),
        advisory: z.string(),
        rule: z.string(),
        text: z.string(),
        packageName: z.string(),
        installed: z.string(),
        comparedWith: z.string().nullable(),
        comparison: z.string(),
      }),
    }),
  ),
  filters: z.array(z.object({ filter: filterSchema, hostCount: z.number() })),
  runtimeLeftOutCount: z
    .number()
    .int()
    .describe("hosts whose running system was not asked, as too many are unlike others"),
  hosts: z.array(z.object({ id: z.string(), name: z.string() })),
  hasMoreHosts: z.boolean(),
  asOf: time.nullable().describe("the past moment that it tells of; null for now"),
  knownSince: time.nullable().describe("how far back the past is known"),
});

const getFinding = route({
  method: "GET",
  path: "/api/v1/findings/{vulnerability}",
  summary: "Explains one vulnerability: each package it was compared with, why, and the hosts.",
  permission: "finding.read",
  params: z.object({ vulnerability: z.string().min(3).max(100) }),
  query: z.object({ asOf: asOfQuery }),
  reply: explanationReply,
  errors: ["not-found", "invalid"],
  handle: async ({ world, actor }, { params, query }) => {
    const asOf = asOfFromText(query.asOf, world.clock());
    return {
      ...explanationView(await showFinding(world, actor, params.vulnerability, asOf)),
      asOf: timeOf(asOf ?? null),
      knownSince: timeOf(await loadKnownSince(world.db)),
    };
  },
});

export const findingRoutes: readonly Route[] = [getFindings, getFinding];

function timeOf(instant: Instant | null): string | null {
  return instant === null ? null : instantToText(instant);
}

function explanationView(
  explained: ExplainedFinding,
): Omit<z.input<typeof explanationReply>, "asOf" | "knownSince"> {
  const { vulnerability: v } = explained;
  return {
    vulnerability: {
      ...v,
      publishedAt: timeOf(v.publishedAt),
      cvss: v.cvss.map((score) => ({ ...score })),
      kev:
        v.kev === null
          ? null
          : { ...v.kev, addedAt: instantToText(v.kev.addedAt), dueAt: timeOf(v.kev.dueAt) },
    },
    filters: explained.filters.map(({ filter, hostCount }) => ({
      filter: filterReply(filter),
      hostCount,
    })),
    runtimeLeftOutCount: explained.runtimeLeftOutCount,
    packages: explained.packages.map(({ package: p, finding, hostCount, filteredHostCount }) => ({
      ecosystem: p.ecosystem,
      name: p.name,
      version: p.version,
      arch: p.arch,
      source: p.source,
      state: finding.state,
      fixedVersion: finding.fixedVersion,
      hostCount,
      filteredHostCount,
      because: { ...finding.because, text: ruleText(finding.because.rule) },
    })),
    hosts: explained.hosts.map(({ id, name }) => ({ id, name })),
    hasMoreHosts: explained.hasMoreHosts,
  };
}

function ruleText(rule: string): string {
  return Object.hasOwn(matchRules, rule) ? matchRules[rule as keyof typeof matchRules] : "";
}
