import { type Digest, sha256 } from "../base/digest.ts";
import { present } from "../base/failure.ts";
import { instantToSeconds } from "../base/instant.ts";
import { type InPieces, inOneGo, PIECE } from "../base/pieces.ts";
import { approvalsNeeded } from "../policy/rings.ts";
import { HostLeaf } from "./host-leaf.ts";
import { leafText } from "./leaf.ts";
import type {
  Blocker,
  ExcludedHost,
  Plan,
  PlanInput,
  Planned,
  PlannedBudget,
  PlannedLeaf,
  PlannedWave,
} from "./model.ts";
import {
  contentDigest,
  type DraftBody,
  type Drafts,
  draftBodies,
  irreversiblePackages,
} from "./planner-bodies.ts";
import { planBudgets } from "./planner-budgets.ts";
import { byName, type Candidate, selectHosts } from "./planner-hosts.ts";
import { reportFor } from "./planner-report.ts";
import { distinctLeaves, leavesOfRule, ruleBlockers } from "./planner-rule.ts";
import { tierBlockers, tierNeed } from "./planner-tiers.ts";
import { type Schedule, scheduleWaves } from "./planner-waves.ts";
import { writeStatement } from "./statement.ts";
import { statementDigest } from "./statement-digest.ts";
import { buildTree } from "./tree.ts";

export function plan(input: PlanInput): Planned {
  return inOneGo(planInPieces(input));
}

/** The same; a million hosts take seconds, and others are answered meanwhile. */
export function* planInPieces(input: PlanInput): InPieces<Planned> {
  const selected = yield* selectHosts(input);
  const schedule = yield* scheduleWaves(input, selected.candidates);
  const candidates = selected.candidates.filter((one) => !schedule.closed.has(one));
  const excluded = withClosed(selected.excluded, schedule.closed);
  yield;
  const drafts = draftBodies(candidates, input.policy);
  yield;
  const budgets = planBudgets(input, candidates);
  yield;
  const facts = { input, candidates, excluded, drafts, schedule, budgets };
  const blocked = blockersOf(facts);
  const report = reportFor({ ...facts, blocked });
  if (blocked.length > 0) return { plan: null, report };
  yield;
  const leaves =
    input.rule === null ? yield* makeLeaves(schedule, drafts) : leavesOfRule(schedule, drafts);
  const { waves } = schedule;
  return { plan: assemble(input, { leaves, waves, drafts, budgets: budgets.planned }), report };
}

function blockersOf(facts: {
  readonly input: PlanInput;
  readonly candidates: readonly Candidate[];
  readonly drafts: Drafts;
  readonly schedule: Schedule;
  readonly budgets: { readonly blocked: readonly Blocker[] };
}): Blocker[] {
  const { input, candidates, drafts, schedule } = facts;
  if (candidates.length === 0) return [{ why: "no-hosts" }];
  const blocked = [...schedule.blocked, ...facts.budgets.blocked, ...tierBlockers(input, drafts)];
  const packages = irreversiblePackages(drafts.distinct);
  const isAllowed = input.policy.irreversible !== "no" && input.isIrreversibleAcknowledged;
  if (input.rule !== null)
    blocked.push(...ruleBlockers(input.rule, { candidates, schedule, drafts }));
  if (packages.length > 0 && !isAllowed) {
    blocked.push({ why: "irreversible", packages, allowed: input.policy.irreversible });
  }
  if (![...drafts.distinct].some((draft) => draft.isTooLarge)) return blocked;
  const large = candidates.find((candidate) => drafts.of(candidate).isTooLarge);
  const { host } = present(large, "the host of a body that is too large");
  const bytes = drafts.of(large as Candidate).text.length;
  return [...blocked, { why: "body-too-large", host: host.name, bytes }];
}

/** Hosts for which the calendar has no time are told with the others that are left out. */
function withClosed(
  excluded: readonly ExcludedHost[],
  closed: Schedule["closed"],
): readonly ExcludedHost[] {
  if (closed.size === 0) return excluded;
  const more = [...closed].map(([{ host }, because]) => ({
    host: host.id,
    name: host.name,
    because,
  }));
  return [...excluded, ...more].sort(byName);
}

function* makeLeaves(schedule: Schedule, drafts: Drafts): InPieces<PlannedLeaf[]> {
  const leaves: PlannedLeaf[] = [];
  for (const wave of schedule.waves) {
    for (const candidate of present(schedule.members.get(wave.number), "the wave's hosts")) {
      const index = leaves.length;
      if (index % PIECE === 0) yield;
      const { id: host, protocolId } = candidate.host;
      const body = drafts.of(candidate).digest;
      const windows = schedule.windowsOf[candidate.at] ?? wave.windows;
      const { number } = wave;
      const digest = sha256(leafText({ index, wave: number, protocolId, body, windows }));
      leaves.push(
        new HostLeaf({ index, leaf: index, wave: number, host, protocolId, body, digest, windows }),
      );
    }
  }
  return leaves;
}

function assemble(
  input: PlanInput,
  made: {
    readonly leaves: readonly PlannedLeaf[];
    readonly waves: readonly PlannedWave[];
    readonly drafts: Drafts;
    readonly budgets: readonly PlannedBudget[];
  },
): Plan {
  const { leaves, waves, budgets } = made;
  const bodies = distinctBodies(made.drafts);
  const signed = input.rule === null ? leaves : distinctLeaves(leaves);
  const statement = writeStatement({
    tenant: input.deployment,
    change: input.change,
    title: statementTitle(input.title),
    requester: input.requester,
    class: input.class,
    issued: instantToSeconds(input.issuedAt),
    hostPolicy: input.hostPolicy,
    policy: input.policy.digest,
    content: contentDigest(bodies),
    hosts:
      input.rule === null
        ? { kind: "frozen", count: leaves.length }
        : { kind: "rule", ...input.rule },
    attempts: input.policy.attempts,
    permit: input.policy.permit,
    revert: input.policy.revert,
    bodies: bodies.length,
    leaves: signed.length,
    root: buildTree(signed.map((leaf) => leaf.digest)).root,
    waves: waves.map((wave) => ({
      number: wave.number,
      ring: wave.ring,
      notBefore: instantToSeconds(wave.notBefore),
      notAfter: instantToSeconds(wave.notAfter),
    })),
    supersedes: [...input.supersedes].sort(),
  });
  return {
    digest: statementDigest(statement),
    statement,
    patch: input.patch,
    class: input.class,
    need: Math.max(
      tierNeed(input, made.drafts.candidates),
      approvalsNeeded(input.policy, {
        class: input.class,
        rings: waves.map((wave) => wave.ring),
      }),
    ),
    expiresAt: Math.max(...waves.map((wave) => wave.notAfter)),
    bodies: bodies.map(({ digest, text }) => ({ digest, text })),
    leaves,
    waves,
    budgets,
  };
}

function distinctBodies(drafts: Drafts): DraftBody[] {
  const byDigest = new Map<Digest, DraftBody>();
  for (const draft of drafts.distinct) byDigest.set(draft.digest, draft);
  return [...byDigest.values()].sort((a, b) => (a.digest < b.digest ? -1 : 1));
}

/** A title is decoration (host protocol §3): what the byte set does not hold becomes `?`. */
export function statementTitle(title: string): string {
  const text = title.replace(/\s+/g, " ").replace(/[^ -~]/g, "?");
  return text.trim().slice(0, 160).trimEnd() || "untitled";
}
