import type { Instant } from "../base/instant.ts";
import { slices } from "../base/slices.ts";
import type { World } from "../db/world.ts";
import type { CoverageReason } from "./coverage.ts";
import type { HostGroup } from "./exposure.ts";
import { gapFinder, groupJudge } from "./group-risk.ts";
import { type RiskState, riskState } from "./host-risk.ts";
import type { GroupRisk, Knowledge } from "./knowledge.ts";
import { loadFeeds } from "./store-feed.ts";
import { loadKnowledge, loadMembers } from "./store-knowledge.ts";

/** The risk of groups of equal hosts, for lists, filters and the overview. */
export interface JudgedGroup extends HostGroup {
  readonly risk: GroupRisk;
  readonly gaps: ReadonlyMap<CoverageReason, number>;
  readonly state: RiskState;
}

const judges = new WeakMap<Knowledge, ReturnType<typeof groupJudge>>();

export function judgeOf(knowledge: Knowledge): ReturnType<typeof groupJudge> {
  const judge = judges.get(knowledge) ?? groupJudge(knowledge);
  judges.set(knowledge, judge);
  return judge;
}

export async function judgeGroups(
  world: World,
  groups: readonly HostGroup[],
  asOf?: Instant,
): Promise<readonly JudgedGroup[]> {
  const judge = judgeOf(await loadKnowledge(world.db, asOf));
  const members = await loadMembers(world.db, [...new Set(groups.map((group) => group.setId))]);
  // How fresh feeds were in the past is not kept.
  const gapsOf =
    asOf === undefined ? gapFinder(await loadFeeds(world.db), world.clock()) : () => new Map();
  const pause = slices();
  const judged: JudgedGroup[] = [];
  for (const group of groups) {
    if (pause.isDue()) await pause.taken();
    const own = members.get(group.setId) ?? new Int32Array(0);
    const risk = judge.judge(group, own);
    const gaps = gapsOf(judge.kinds(group.setId, own));
    judged.push({ ...group, risk, gaps, state: riskState({ risk, gaps }) });
  }
  return judged;
}
