import type { Labels } from "../base/labels.ts";
import type { Vulnerability } from "../intel/model.ts";
import type { ServiceAction } from "../intel/service-findings.ts";
import { byRisk, type FixFirstItem, riskOf } from "./fix-first.ts";

/**
 * What teams can raise in what they build, beside the updates of hosts. One item is one package that
 * services contain, brought to the smallest version at or above all known fixes; each service is one
 * place where that is to be done. What no version mends is told as such. Risk weighs as on hosts.
 */
export interface ServiceItem extends Omit<FixFirstItem, "remedy"> {
  readonly remedy: "raise-in-services" | "no-fix";
  /** Names of the services that contain it. */
  readonly services: readonly string[];
}

export interface ServiceWithActions {
  readonly name: string;
  readonly labels: Labels;
  readonly actions: readonly ServiceAction[];
}

type Facts = ReadonlyMap<string, Vulnerability>;

export function fixFirstInServices(
  services: readonly ServiceWithActions[],
  facts: Facts,
): readonly ServiceItem[] {
  const parts = services.flatMap((service) =>
    service.actions.flatMap((action) => partsOf(service, action)),
  );
  const groups = Map.groupBy(parts, (part) => `${part.remedy}\n${part.action.key}\n${part.target}`);
  return [...groups.values()].map((group) => itemOf(group, facts)).toSorted(byRisk);
}

interface Part {
  readonly service: ServiceWithActions;
  readonly action: ServiceAction;
  readonly remedy: ServiceItem["remedy"];
  readonly target: string;
  readonly vulnerabilities: readonly string[];
}

/** A package gives up to two items: what raising it clears, and what nothing clears yet. */
function partsOf(service: ServiceWithActions, action: ServiceAction): readonly Part[] {
  const ids = (list: ServiceAction["cleared"]): readonly string[] => list.map((one) => one.id);
  const common = { service, action };
  return [
    {
      ...common,
      remedy: "raise-in-services" as const,
      target: action.target ?? "",
      vulnerabilities: ids(action.cleared),
    },
    { ...common, remedy: "no-fix" as const, target: "", vulnerabilities: ids(action.remaining) },
  ].filter((part) => part.vulnerabilities.length > 0);
}

function itemOf(parts: readonly Part[], facts: Facts): ServiceItem {
  const [first] = parts;
  const { ecosystem = "", source = "" } = first?.action ?? {};
  const target = first?.target ?? "";
  const vulnerabilities = [...new Set(parts.flatMap((part) => part.vulnerabilities))].sort();
  const scores = vulnerabilities.flatMap((id) => facts.get(id)?.epss?.score ?? []);
  const risk = parts.reduce((sum, part) => sum + riskIn(part, facts), 0);
  return {
    target: target === "" ? { ecosystem, source } : { ecosystem, source, sourceVersion: target },
    remedy: first?.remedy ?? "no-fix",
    hosts: 0,
    exposedHosts: 0,
    services: [...new Set(parts.map(({ service }) => service.name))].sort(),
    findingsCleared: parts.reduce((sum, part) => sum + part.vulnerabilities.length, 0),
    vulnerabilities,
    knownExploited: vulnerabilities.filter((id) => facts.get(id)?.kev != null),
    lowered: [],
    epssMax: scores.length === 0 ? null : Math.max(...scores),
    risk: Math.round(risk * 100) / 100,
  };
}

/** Exposure doubles it; a service that does not say how it is reached counts as exposed. */
function riskIn({ service, vulnerabilities }: Part, facts: Facts): number {
  const reached = service.labels["exposure"];
  const isInside = reached === "internal" || reached === "none";
  const sum = vulnerabilities.reduce((total, id) => total + riskOf(facts.get(id) ?? null), 0);
  return isInside ? sum : 2 * sum;
}
