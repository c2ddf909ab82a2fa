import { counted } from "../base/counted.ts";
import { type RiskLevel, type RiskWeights, riskLevels } from "../policy/change-control.ts";
import type { Tier } from "../policy/rings-tiers.ts";

/**
 * How risky a change is, in points, each with its reason (ITIL 4 change enablement: the authority to
 * decide follows the risk). What is not known weighs something too: silence is no low risk.
 */
export interface RiskInput {
  readonly hosts: number;
  /** The most critical tier that a host of it says; null: none says one. */
  readonly tier: Tier | null;
  /** Hosts that can be reached from outside, and those that do not say. */
  readonly exposedHosts: number;
  readonly exposureUnknownHosts: number;
  readonly needsReboot: boolean;
  readonly irreversible: readonly string[];
  /** Ended changes of the same package within the days that the policy looks back. */
  readonly past: { readonly ended: number; readonly failed: number };
}

export interface RiskPart {
  readonly what: "criticality" | "exposure" | "reboot" | "reversibility" | "hosts" | "past";
  readonly points: number;
  readonly because: string;
}

export interface RiskScore {
  readonly points: number;
  readonly level: RiskLevel;
  readonly parts: readonly RiskPart[];
}

export function scoreRisk(weights: RiskWeights, input: RiskInput): RiskScore {
  const parts = [
    criticality(weights, input),
    exposure(weights, input),
    reboot(weights, input),
    reversibility(weights, input),
    hostCount(weights, input),
    past(weights, input),
  ];
  const points = parts.reduce((sum, part) => sum + part.points, 0);
  return { points, level: levelOf(weights, points), parts };
}

function levelOf({ medium, high }: RiskWeights, points: number): RiskLevel {
  if (points >= high) return "high";
  return points >= medium ? "medium" : "low";
}

/** The riskier of the two: people raise what the points say, and never lower it. */
export function riskier(a: RiskLevel, b: RiskLevel): RiskLevel {
  return riskLevels.indexOf(a) >= riskLevels.indexOf(b) ? a : b;
}

function criticality({ tier: weights }: RiskWeights, { tier }: RiskInput): RiskPart {
  return {
    what: "criticality",
    points: tier === null ? weights.unknown : weights[tier],
    because: tier === null ? "no host says its tier" : `its most critical host is of tier ${tier}`,
  };
}

function exposure({ exposure: weights }: RiskWeights, input: RiskInput): RiskPart {
  const { exposedHosts, exposureUnknownHosts } = input;
  if (exposedHosts > 0) {
    const because = `${counted(exposedHosts, "host")} can be reached from outside`;
    return { what: "exposure", points: weights.exposed, because };
  }
  if (exposureUnknownHosts > 0) {
    const because = `of ${counted(exposureUnknownHosts, "host")} it is not known whether they can be reached from outside`;
    return { what: "exposure", points: weights.unknown, because };
  }
  return { what: "exposure", points: 0, because: "no host can be reached from outside" };
}

function reboot({ reboot: weight }: RiskWeights, { needsReboot }: RiskInput): RiskPart {
  return needsReboot
    ? { what: "reboot", points: weight, because: "hosts have to reboot" }
    : { what: "reboot", points: 0, because: "no host has to reboot" };
}

const NAMED_MAX = 5;

function reversibility({ noWayBack }: RiskWeights, { irreversible }: RiskInput): RiskPart {
  if (irreversible.length === 0) {
    const because = "all of it can be put back";
    return { what: "reversibility", points: 0, because };
  }
  const named = irreversible.slice(0, NAMED_MAX).join(", ");
  const more = irreversible.length > NAMED_MAX ? " and others" : "";
  const because = `there is no way back for ${named}${more}`;
  return { what: "reversibility", points: noWayBack, because };
}

function hostCount({ hosts: steps }: RiskWeights, { hosts }: RiskInput): RiskPart {
  const fitting = steps.filter(({ from }) => from <= hosts);
  const points = Math.max(0, ...fitting.map((step) => step.points));
  return { what: "hosts", points, because: `it reaches ${counted(hosts, "host")}` };
}

function past({ pastFailures }: RiskWeights, { past: { ended, failed } }: RiskInput): RiskPart {
  const share = ended === 0 ? 0 : failed / ended;
  const time = `in the last ${counted(pastFailures.days, "day")}`;
  return {
    what: "past",
    points: Math.ceil(pastFailures.points * share),
    because:
      ended === 0
        ? `no change of this package ended ${time}`
        : `${failed} of ${counted(ended, "change")} of this package failed or were backed out ${time}`,
  };
}
