import { sha256 } from "../base/digest.ts";
import type { PlanHost } from "./model.ts";
import { compareText } from "./planner-hosts.ts";

/**
 * The order in which a ring's hosts start. Whatever number is started first is a sample of the whole
 * ring: hosts are grouped by zone, service and operating system, and each group is spread evenly over
 * the line. Inside a group a digest decides, so the order is the same for every run and nobody picks.
 */
export function stratified<C extends { readonly host: PlanHost }>(members: readonly C[]): C[] {
  const strata = Map.groupBy(members, ({ host }) => stratumOf(host));
  const placed: { member: C; place: number; tie: string }[] = [];
  for (const group of strata.values()) {
    const ordered = group
      .map((member) => ({ member, tie: sha256(member.host.protocolId), place: 0 }))
      .sort((a, b) => compareText(a.tie, b.tie));
    for (const [at, one] of ordered.entries()) {
      one.place = (at + 0.5) / ordered.length;
      placed.push(one);
    }
  }
  placed.sort((a, b) => a.place - b.place || compareText(a.tie, b.tie));
  return placed.map(({ member }) => member);
}

function stratumOf(host: PlanHost): string {
  return [host.labels["zone"] ?? "", host.labels["service"] ?? "", host.os].join("\n");
}
