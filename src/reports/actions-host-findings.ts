import type { z } from "zod";
import { type Actor, scopesFor } from "../base/actor.ts";
import type { HostId } from "../base/ids.ts";
import { type Instant, instantToText } from "../base/instant.ts";
import type { World } from "../db/world.ts";
import { runtimeFilterOfHost } from "../intel/actions-runtime.ts";
import { coverageReasons } from "../intel/coverage.ts";
import { filterReply } from "../intel/filter-reply.ts";
import { type Coverage, type FilteredFinding, hostFindings } from "../intel/findings.ts";
import { matchRules } from "../intel/match-rules.ts";
import type { Vulnerability } from "../intel/model.ts";
import { countMatchingBacklog } from "../intel/store-finding.ts";
import { loadKnownSince } from "../intel/store-past.ts";
import { loadVulnerabilities } from "../intel/store-vulnerability.ts";
import { findingStateWords } from "../intel/words.ts";
import { foundHost } from "../inventory/actions.ts";
import { datesOfHost } from "../triage/actions-deadline.ts";
import { standingsOnHost } from "../triage/actions-exception-effect.ts";
import { dateSentence } from "../triage/deadline-words.ts";
import { complianceWords } from "../triage/decision-words.ts";
import type { hostFindingSchema } from "./host-schema.ts";

/** The findings of one host as people read them: one row for each update that would clear them. */
type Row = z.output<typeof hostFindingSchema>;
type Undated = Omit<Row, "due" | "standing" | "excepted">;

export async function listFindingsOfHost(
  world: World,
  actor: Actor,
  query: {
    readonly host: string;
    readonly q: string;
    readonly exploited?: "true" | "false" | undefined;
    readonly skip?: number | undefined;
    readonly limit: number;
    readonly asOf?: Instant | undefined;
  },
): Promise<{
  items: Row[];
  total: number;
  runtimeCount: number;
  notKnown: string[];
  isMatching: boolean;
  asOf: string | null;
  knownSince: string | null;
}> {
  const { asOf } = query;
  const host = await foundHost(world, query.host, scopesFor(actor, "finding.read"));
  const { findings, coverage } = await hostFindings(world.db, host.id, world.clock(), asOf);
  const running = findings.filter((finding) => finding.isRunning);
  const ids = [...new Set(running.map((finding) => finding.vulnerability))];
  const facts = await loadVulnerabilities(world.db, ids, asOf);
  const isPast = asOf !== undefined;
  // What runs is known of now only.
  const filterOf = isPast ? null : await runtimeFilterOfHost(world, host, ids);
  const filtered = running.map((finding) => ({
    ...finding,
    filter: finding.filter ?? filterOf?.(finding, facts.get(finding.vulnerability)) ?? null,
  }));
  const rows = rowsOf(filtered, facts).filter((row) => isAsked(row, query));
  const start = query.skip ?? 0;
  const knownSince = await loadKnownSince(world.db);
  // Dates and exceptions are told by the policy and the cases of now.
  const tell = isPast ? undated : await datesOf(world, host, ids);
  return {
    items: rows.slice(start, start + query.limit).map(tell),
    total: rows.length,
    runtimeCount: rows.filter(isOfRuntime).length,
    notKnown: [
      ...(isPast ? pastGaps(coverage) : []),
      ...(host.packageSet === null && !isPast ? ["What is installed on it is not known."] : []),
      ...coverage.unknown.map(
        (gap) => `${packages(gap.packageCount)}: ${coverageReasons[gap.reason]}`,
      ),
    ],
    isMatching: !isPast && (await countMatchingBacklog(world.db)) > 0,
    asOf: isPast ? instantToText(asOf) : null,
    knownSince: knownSince === null ? null : instantToText(knownSince),
  };
}

function isOfRuntime({ filter }: Undated): boolean {
  return filter !== null && filter.kind !== "vex";
}

function undated(row: Undated): Row {
  return { ...row, due: null, standing: null, excepted: null };
}

async function datesOf(
  world: World,
  host: Parameters<typeof standingsOnHost>[1],
  ids: readonly string[],
): Promise<(row: Undated) => Row> {
  const dueOf = await duesOf(world, host.id);
  const standingOf = await standingsOnHost(world, host, ids);
  return (row) => dated(row, dueOf.get(row.vulnerability) ?? null, standingOf);
}

/** A look at the past tells what was known, not what was fresh. */
function pastGaps({ hostCount, unknownHostCount }: Coverage): readonly string[] {
  return hostCount === unknownHostCount
    ? ["What was installed on it then was not known."]
    : ["Which feeds spoke for its packages then is not kept."];
}

function dated(
  row: Undated,
  due: Row["due"],
  standingOf: Awaited<ReturnType<typeof standingsOnHost>>,
): Row {
  const at = due?.at == null ? null : Date.parse(due.at);
  const { by, standing } = standingOf(row, at);
  const [tone, label] = complianceWords[standing];
  return {
    ...row,
    due,
    standing: row.filter?.isSetAside === true ? null : { name: standing, tone, label },
    excepted:
      by === null
        ? null
        : {
            ref: `X-${by.number}`,
            until: instantToText(by.until),
            href: `/exceptions/X-${by.number}`,
          },
  };
}

/** The earliest date of each vulnerability on this host. */
async function duesOf(
  world: World,
  host: HostId,
): Promise<ReadonlyMap<string, NonNullable<Row["due"]>>> {
  const dues = new Map<string, NonNullable<Row["due"]>>();
  for (const date of (await datesOfHost(world, host)).dates) {
    const { vulnerability, at } = date;
    if (vulnerability === null || dues.has(vulnerability)) continue;
    const sentence = `${date.preset}: ${dateSentence(date)}`;
    dues.set(vulnerability, { at: at === null ? null : instantToText(at), sentence });
  }
  return dues;
}

function packages(count: number): string {
  return count === 1 ? "1 package" : `${count} packages`;
}

function isAsked(
  row: Undated,
  query: { readonly q: string; readonly exploited?: "true" | "false" | undefined },
): boolean {
  if (query.exploited !== undefined && row.isExploited !== (query.exploited === "true")) {
    return false;
  }
  const text = query.q.toLowerCase();
  const names = row.packages.map((one) => one.name);
  return [row.vulnerability, row.title, row.source, ...names].some((one) =>
    one.toLowerCase().includes(text),
  );
}

/** One source fans out to many binaries; a row for each of them would say the same many times. */
function rowsOf(
  findings: readonly FilteredFinding[],
  facts: ReadonlyMap<string, Vulnerability>,
): readonly Undated[] {
  const groups = Map.groupBy(findings, ({ vulnerability, ecosystem, source, state, ...rest }) =>
    [
      ...[vulnerability, ecosystem, source, state, rest.fixedVersion ?? ""],
      ...[
        rest.filter?.source ?? "",
        rest.filter?.kind ?? "",
        String(rest.filter?.isSetAside ?? false),
      ],
    ].join("\n"),
  );
  return [...groups.values()].flatMap((group) => rowOf(group, facts) ?? []).toSorted(byUrgency);
}

function rowOf(
  group: readonly FilteredFinding[],
  facts: ReadonlyMap<string, Vulnerability>,
): Undated | null {
  const [first] = group;
  if (first === undefined) return null;
  const fact = facts.get(first.vulnerability);
  const scores = fact?.cvss.map((one) => one.score) ?? [];
  return {
    vulnerability: first.vulnerability,
    title: fact?.title ?? "",
    state: first.state,
    label: findingStateWords[first.state][1],
    isExploited: fact?.kev != null,
    epss: fact?.epss?.score ?? null,
    cvss: scores.length === 0 ? null : Math.max(...scores),
    ecosystem: first.ecosystem,
    source: first.source,
    packages: group.map((one) => ({
      name: one.packageName,
      version: one.packageVersion,
      arch: one.arch,
    })),
    fixedVersion: first.fixedVersion,
    because: becauseText(first),
    since: instantToText(Math.min(...group.map((one) => one.since))),
    filter: first.filter === null ? null : filterReply(first.filter),
    href: `/vulnerabilities/${encodeURIComponent(first.vulnerability)}`,
  };
}

const comparisons = {
  lower: "is older than",
  equal: "is",
  higher: "is newer than",
  "not-comparable": "cannot be compared with",
  "not-compared": "was not compared with",
} as const;

function becauseText({ because }: FilteredFinding): string {
  const { rule, installed, comparedWith, comparison, feed, advisory, packageName } = because;
  const said = Object.hasOwn(matchRules, rule) ? matchRules[rule as keyof typeof matchRules] : "";
  const compared =
    comparedWith === null
      ? `${packageName} ${installed} is installed`
      : `${packageName} ${installed} ${comparisons[comparison]} ${comparedWith}`;
  const by = advisory === "" ? feed : `${feed}, ${advisory}`;
  return `${compared} (${by}). ${said}`.trim();
}

function byUrgency(a: Undated, b: Undated): number {
  return (
    weightOf(a) - weightOf(b) ||
    Number(b.isExploited) - Number(a.isExploited) ||
    (b.epss ?? -1) - (a.epss ?? -1) ||
    (b.cvss ?? -1) - (a.cvss ?? -1) ||
    (a.vulnerability < b.vulnerability ? -1 : 1)
  );
}

/** What counts in full, what is lowered, what is set aside. */
function weightOf({ filter }: Undated): number {
  if (filter?.isSetAside === true) return 2;
  return filter?.isLowered === true ? 1 : 0;
}
