import type { z } from "zod";
import { type Action, actionOf, lacksRight } from "../base/action.ts";
import { type Actor, scopesFor } from "../base/actor.ts";
import { instantToText } from "../base/instant.ts";
import { selects } from "../base/labels.ts";
import type { Permission } from "../base/permission.ts";
import type { StoredPackage } from "../inventory/model.ts";
import type { Service } from "../inventory/service.ts";
import { serviceReply } from "../inventory/service-reply.ts";
import type { JudgedService, SetAside } from "./actions-services.ts";
import { chainText, type PlacedEntry } from "./component-chain.ts";
import type { Filter } from "./filter.ts";
import { filterReply } from "./filter-reply.ts";
import type { FindingRow } from "./finding-list.ts";
import type { Vulnerability } from "./model.ts";
import {
  actionText,
  highestVersion,
  type ServiceAction,
  type ServiceVulnerability,
  vulnerabilitiesOf,
} from "./service-findings.ts";
import type {
  componentSchema,
  hostActionSchema,
  judgedServiceSchema,
  serviceActionSchema,
  setAsideSchema,
  vulnerabilitySchema,
} from "./service-schema.ts";
import { findingStateWords } from "./words.ts";

/** Services in the form the API replies with. */
export function judgedView(
  actor: Actor,
  judged: JudgedService,
): z.output<typeof judgedServiceSchema> {
  const { service, artifacts, own, hosts } = judged;
  const last = artifacts.reduce((max, one) => Math.max(max, one.observedFrom), 0);
  const sum = (of: "componentCount" | "unknownCount"): number =>
    artifacts.reduce((total, one) => total + one.sbom[of], 0);
  return {
    service: serviceReply(service),
    state: own?.state ?? {
      state: "unknown",
      label: "not shown",
      reason: "You may see this service but not its findings.",
    },
    artifactCount: artifacts.length,
    componentCount: sum("componentCount"),
    unknownCount: sum("unknownCount"),
    updatedAt: last === 0 ? null : instantToText(last),
    findings: riskView(own?.risk ?? null),
    setAsideCount: new Set(own?.setAside.map(({ pair }) => pair.vulnerability)).size,
    hostCount: hosts.hostCount,
    hostFindings: riskView(hosts.risk),
    actions: actionsOn(actor, service),
  };
}

function riskView(risk: { exploited: number; open: number; fixable: number } | null) {
  if (risk === null) return null;
  return { exploited: risk.exploited, open: risk.open, fixable: risk.fixable };
}

function actionsOn(actor: Actor, service: Service): Action[] {
  const refusal = (permission: Permission): string | null =>
    lacksRight(
      scopesFor(actor, permission).some((scope) => selects(scope, service.labels)),
      permission,
    );
  return [
    actionOf("publish", "Hand in an SBOM", refusal("service.publish")),
    actionOf("edit", "Edit", refusal("service.edit")),
    actionOf("remove", "Remove", refusal("service.edit")),
  ];
}

const CHAINS_SHOWN = 20;

export type SaidOf = ReadonlyMap<string, readonly Filter[]>;

export function actionView(
  action: ServiceAction,
  of: { readonly placed: readonly PlacedEntry[]; readonly said: SaidOf },
): z.output<typeof serviceActionSchema> {
  const all = [...action.cleared, ...action.remaining];
  const { placed, said } = of;
  const view = (one: ServiceVulnerability) => vulnerabilityView(one, said);
  return {
    key: action.key,
    text: actionText(action),
    ecosystem: action.ecosystem,
    source: action.source,
    versions: [...new Set(action.packages.map((p) => p.version))],
    target: action.target,
    cleared: action.cleared.map(view),
    remaining: action.remaining.map(view),
    exploited: all.filter((one) => one.isExploited).length,
    cvss: highest(all.flatMap((one) => one.cvss ?? [])),
    epss: highest(all.flatMap((one) => one.epss ?? [])),
    isDevelopmentOnly: placed.length > 0 && placed.every(({ entry }) => isDevelopment(entry.scope)),
    since: instantToText(action.since),
    chains: placed.slice(0, CHAINS_SHOWN).map((one) => ({
      artifact: one.artifact.artifact,
      environment: one.artifact.environment,
      version: one.entry.version,
      scope: one.entry.scope,
      names: one.chain.map((entry) => entry.name),
      text: chainText(one),
    })),
  };
}

/** Neither is part of what runs: CycloneDX calls it `excluded`, lock files development. */
function isDevelopment(scope: string): boolean {
  return scope === "development" || scope === "excluded";
}

function highest(values: readonly number[]): number | null {
  return values.length === 0 ? null : Math.max(...values);
}

export function vulnerabilityView(
  one: ServiceVulnerability,
  said: SaidOf = new Map(),
): z.output<typeof vulnerabilitySchema> {
  return {
    ...one,
    filters: (said.get(one.id) ?? []).map(filterReply),
    label: findingStateWords[one.state][1],
    href: `/vulnerabilities/${encodeURIComponent(one.id)}`,
  };
}

/** What is set aside, the worst first, each package of it on its own. */
export function setAsideViews(
  all: readonly SetAside[],
  of: {
    readonly facts: ReadonlyMap<string, Vulnerability>;
    readonly packages: ReadonlyMap<number, StoredPackage>;
  },
): z.output<typeof setAsideSchema>[] {
  const pairs = all.map(({ pair }) => pair);
  const order = vulnerabilitiesOf(pairs, of.facts);
  return order.flatMap((one) =>
    all
      .filter(({ pair }) => pair.vulnerability === one.id)
      .flatMap(({ pair, filter }) => {
        const p = of.packages.get(pair.packageIds[0] ?? -1);
        if (p === undefined) return [];
        const { ecosystem, name, version } = p;
        const view = vulnerabilityView({ ...one, fixedVersion: pair.fixedVersion });
        return [{ ...view, ecosystem, name, version, filter: filterReply(filter) }];
      }),
  );
}

export function hostActionView(row: FindingRow): z.output<typeof hostActionSchema> {
  const [source] = row.sources;
  return {
    key: row.key,
    ecosystem: source?.ecosystem ?? "",
    source: source?.source ?? "",
    fixedVersions: [...(source?.fixedVersions ?? [])],
    target: highestVersion(source?.ecosystem ?? "", source?.fixedVersions ?? []),
    vulnerabilities: row.vulnerabilities.length,
    exploited: row.knownExploitedCount,
    hostCount: row.hostCount,
    cvss: row.cvss,
    epss: row.epss,
  };
}

export function componentView(
  placed: PlacedEntry,
  found: { readonly findings: number; readonly exploited: number } | null,
): z.output<typeof componentSchema> {
  const { artifact, entry, chain } = placed;
  return {
    artifact: artifact.artifact,
    environment: artifact.environment,
    ecosystem: entry.ecosystem,
    name: entry.name,
    version: entry.version,
    purl: entry.purl,
    cpe: entry.cpe,
    scope: entry.scope,
    chain: chain.map((one) => one.name),
    chainText: chainText(placed),
    problem: entry.problem,
    findings: entry.packageId === null ? null : (found?.findings ?? 0),
    exploited: entry.packageId === null ? null : (found?.exploited ?? 0),
  };
}
