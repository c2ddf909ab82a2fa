import { never } from "../base/failure.ts";
import { durationToText } from "../base/instant.ts";
import type {
  CheckRule,
  Gate,
  GateAction,
  GateRule,
  RevertBudget,
  Stabilisation,
} from "./rings-gates.ts";
import type { Threshold } from "./rings-writing.ts";

/** Gates in words, for those who approve: what must hold, and what happens when it does not. */
export function gateRuleToText({ name, onFail, rule }: Gate): string {
  return `${name}: ${ruleToText(rule)}; when it fails: ${actionToText(onFail)}`;
}

function ruleToText(rule: GateRule): string {
  switch (rule.kind) {
    case "prometheus":
      return `${rule.query} ${thresholdToText(rule.threshold)}${forText(rule.for)} in ${rule.source}`;
    case "compare": {
      const names = rule.metrics.map((metric) => metric.name).join(", ");
      const peers = rule.against === "before" ? "with themselves before" : "with unpatched peers";
      return `patched hosts compared ${peers} by ${names} in ${rule.source}, score ${rule.pass} or more`;
    }
    case "check":
      return `${percent(rule.success)} of runs of ${checkToText(rule)} succeed${latencyText(rule)}${forText(rule.for)}`;
    case "sample":
      return `at least ${rule.hosts} hosts of the wave are verified`;
    case "signOff":
      return `${rule.people === 1 ? "one person" : `${rule.people} people`} with the role ${rule.role} signs it off`;
    case "manual":
      return `somebody says that it is so: ${rule.say}`;
    default:
      return never(rule);
  }
}

function checkToText({ http, tcp, tls, dns, each }: CheckRule): string {
  const of = each === "host" ? " for each host" : "";
  if (http !== undefined) return `${http.method} ${http.url}${of}`;
  if (tcp !== undefined) return `a connection to ${tcp.host}:${tcp.port}${of}`;
  if (tls !== undefined) return `TLS with ${tls.host}:${tls.port}${of}`;
  return `${dns?.type ?? "A"} of ${dns?.name ?? ""}${of}`;
}

export function thresholdToText({ comparison, value }: Threshold): string {
  return `${comparison} ${value}`;
}

function actionToText(action: GateAction): string {
  switch (action) {
    case "hold":
      return "nothing more starts in the wave, and no later one opens";
    case "halt":
      return "the rollout halts";
    case "revert-host":
      return "the hosts that fail it are taken back";
    case "revert-wave":
      return "the rollout halts and the wave is taken back";
    case "revert-all":
      return "the rollout halts and every wave is taken back";
    default:
      return never(action);
  }
}

export function stabilisationToText({ forMs, revert, gates }: Stabilisation): string {
  const what =
    revert === "auto" ? "a failure takes everything back at once" : "after a failure people decide";
  return `for ${durationToText(forMs)} after the last wave ${gates.map(({ name }) => name).join(", ")} must go on holding; ${what}`;
}

export function revertBudgetToText({ inFlightMax, hostsMax }: RevertBudget): string {
  return `takes back at most ${inFlightMax} hosts at once, and ${hostsMax} in all before a person is asked`;
}

function forText(ms: number): string {
  return ms === 0 ? "" : ` for ${durationToText(ms)}`;
}

function latencyText({ latencyMax, latencyRatioMax }: CheckRule): string {
  const most = latencyMax === undefined ? "" : `, p95 at most ${latencyMax} ms`;
  const ratio = latencyRatioMax === undefined ? "" : `, p95 at most ${latencyRatioMax} × before`;
  return `${most}${ratio}`;
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`;
}
