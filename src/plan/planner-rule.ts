import { sha256 } from "../base/digest.ts";
import { present } from "../base/failure.ts";
import { overlap, type Span } from "../base/spans.ts";
import { HostLeaf } from "./host-leaf.ts";
import { ANY_HOST, leafText, WINDOWS_MAX } from "./leaf.ts";
import type { Blocker, HostRule, PlannedLeaf } from "./model.ts";
import type { Drafts } from "./planner-bodies.ts";
import type { Candidate } from "./planner-hosts.ts";
import type { Schedule } from "./planner-waves.ts";

/**
 * The leaves of a plan by rule: `host *`, one for each wave and body. The hosts that are known when the
 * plan is made take them by place; whoever joins later takes one of the same.
 */

/** Hosts of one wave with the same steps: they share a leaf, so they share its windows. */
interface Share {
  readonly wave: number;
  readonly ring: string;
  readonly hosts: readonly Candidate[];
  /** Times in which each of them is open; null where they have none in common. */
  readonly windows: readonly Span[] | null;
}

export function leavesOfRule(schedule: Schedule, drafts: Drafts): PlannedLeaf[] {
  const leaves: PlannedLeaf[] = [];
  for (const [leaf, { wave, hosts, windows }] of sharesOf(schedule, drafts).entries()) {
    const body = drafts.of(hosts[0] as Candidate).digest;
    const times = present(windows, "the hosts' common time");
    const protocolId = ANY_HOST;
    const text = leafText({ index: leaf, wave, protocolId, body, windows: times });
    const signed = { leaf, wave, protocolId, body, digest: sha256(text), windows: times };
    for (const { host } of hosts) {
      leaves.push(new HostLeaf({ index: leaves.length, host: host.id, ...signed }));
    }
  }
  return leaves;
}

/** Each signed leaf once, in the order of the tree. */
export function distinctLeaves(leaves: readonly PlannedLeaf[]): readonly PlannedLeaf[] {
  return leaves.filter((one, at) => one.leaf !== leaves[at - 1]?.leaf);
}

export function ruleBlockers(
  rule: HostRule,
  of: {
    readonly candidates: readonly Candidate[];
    readonly schedule: Schedule;
    readonly drafts: Drafts;
  },
): Blocker[] {
  const hosts = of.candidates.length;
  const isFull = hosts > rule.max;
  return [
    ...(isFull ? [{ why: "rule-too-small" as const, hosts, max: rule.max }] : []),
    ...sharesOf(of.schedule, of.drafts).flatMap((share) =>
      share.windows === null
        ? [{ why: "rule-no-window" as const, ring: share.ring, hosts: share.hosts.length }]
        : [],
    ),
  ];
}

function sharesOf(schedule: Schedule, drafts: Drafts): readonly Share[] {
  return schedule.waves.flatMap((wave) => {
    const members = schedule.members.get(wave.number) ?? [];
    const byBody = Map.groupBy(members, (one) => drafts.of(one).digest);
    return [...byBody.values()].map((hosts) => {
      const own = hosts.map((one) => schedule.windowsOf[one.at] ?? wave.windows);
      return { wave: wave.number, ring: wave.ring, hosts, windows: commonTimes(own) };
    });
  });
}

/** No windows mean all of the wave's time, so they narrow nothing. */
function commonTimes(lists: readonly (readonly Span[])[]): readonly Span[] | null {
  const narrowing = new Set(lists.filter((windows) => windows.length > 0));
  const [first, ...others] = narrowing;
  if (first === undefined) return [];
  const common = others.reduce<readonly Span[]>((left, right) => overlap(left, right), first);
  return common.length === 0 ? null : common.slice(0, WINDOWS_MAX);
}
