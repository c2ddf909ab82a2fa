import { type Actor, scopesFor } from "../base/actor.ts";
import { Bug, Failure } from "../base/failure.ts";
import type { HostId, PatchId, PlanDigest, SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { parseSelector } from "../base/labels.ts";
import { givingWay } from "../base/slices.ts";
import { calendarInForce } from "../calendar/actions.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { loadSubject } from "../identity/store.ts";
import { recordEvent } from "../ledger/record.ts";
import { type ChangeClass, parseRings, type RingsPolicy } from "../policy/rings.ts";
import type { Patch } from "../triage/model.ts";
import { refusalToLeave } from "../triage/readiness.ts";
import { loadVisiblePatch } from "../triage/store.ts";
import { isKnownExploited, signedFilesOf } from "./actions-files.ts";
import { childTitle, demandParent, withoutFamily } from "./actions-parent.ts";
import { followPatch } from "./actions-patch.ts";
import { type Asking, resolvePairs } from "./actions-resolve.ts";
import { demandPlan } from "./actions-show.ts";
import { checkInPieces } from "./checker.ts";
import { impactOf } from "./impact.ts";
import type { HostRule, Plan, PlanInput, Planned, PlanReport } from "./model.ts";
import { exclusionToText } from "./plan-story.ts";
import { planInPieces } from "./planner.ts";
import { blockerToText } from "./planner-report.ts";
import { isRuleWithin, readRule, ruleSelector } from "./rule.ts";
import { parseStatement } from "./statement.ts";
import {
  insertPlan,
  loadPolicyText,
  lockPatch,
  nextChangeNumber,
  type StoredPlan,
} from "./store.ts";
import { loadLabelCounts } from "./store-budgets.ts";
import { loadJobSeconds } from "./store-durations.ts";
import { insertImpact } from "./store-impact.ts";
import { insertRuleSets } from "./store-rule.ts";
import { isOneOf, loadSelectedHosts } from "./store-selected.ts";

/** Makes plans: loads what is known, asks hosts, decides purely, checks, stores. */

export interface CreatePlan {
  /** `P-142` or the case's id. */
  readonly patch: string;
  /** A policy's text, or the digest of one that was used before. */
  readonly policy: { readonly text: string } | { readonly digest: string };
  readonly class: ChangeClass;
  readonly title?: string | undefined;
  /** Label expression that narrows the hosts; all within the actor's scopes when absent. */
  readonly hosts?: string | undefined;
  /** In place of named hosts: the labels of those that may take part, and how many at most. */
  readonly rule?: { readonly text: string; readonly max: number } | undefined;
  readonly startsAt?: Instant | undefined;
  readonly acceptsIrreversible?: boolean | undefined;
  /** An earlier plan (digest or its first digits) that this one takes the place of. */
  readonly replaces?: string | undefined;
  /** An earlier plan that this one adds hosts to, as a child of it. */
  readonly parent?: string | undefined;
  /** Only these hosts of the parent, which it missed, and no others. */
  readonly only?: readonly HostId[] | undefined;
}

export interface CreatedPlan {
  readonly plan: Plan;
  readonly report: PlanReport;
  readonly changeNumber: number;
}

/** Lowest version of the host policy that a plan may meet; hosts have version 1 when enrolled. */
const HOST_POLICY_VERSION = 1;
/** A statement has room for two hundred; more re-plans of one change are a new change. */
const SUPERSEDES_MAX = 64;

export async function createPlan(
  world: World,
  actor: Actor,
  request: CreatePlan,
  ask: Asking,
): Promise<CreatedPlan> {
  const patch = await demandOpenPatch(world, actor, request.patch);
  const policy = await readPolicy(world, request.policy);
  const requester = await requesterOf(world, actor);
  const replaced = await replacedPlan(world, actor, request, patch);
  const parent = await demandParent(world, actor, { asked: request.parent, patch, replaced });
  const rule = ruleOf(actor, request);
  const selected = await loadSelectedHosts(world.db, {
    scopes: scopesFor(actor, "plan.create"),
    selector: rule === null ? parseSelector(request.hosts ?? "") : ruleSelector(rule.labels),
    target: patch.target,
    ...(request.only === undefined ? {} : { also: isOneOf(request.only) }),
  });
  const isCatchingUp = request.only !== undefined;
  const hosts = isCatchingUp
    ? selected
    : await withoutFamily(world, selected, { parent, replaced });
  const resolutions = await resolvePairs(world, ask, { target: patch.target, hosts });
  const changeNumber = replaced?.changeNumber ?? (await nextChangeNumber(world.db));
  const input: PlanInput = {
    deployment: world.config.deployment,
    change: `c-${changeNumber}`,
    patch: patch.id,
    target: patch.target,
    title: childTitle(request.title ?? patch.title, parent, isCatchingUp),
    requester,
    class: request.class,
    issuedAt: world.clock(),
    startsAt: request.startsAt ?? null,
    hostPolicy: HOST_POLICY_VERSION,
    policy,
    calendar: await calendarInForce(world),
    jobSeconds: await loadJobSeconds(world.db),
    isIrreversibleAcknowledged: request.acceptsIrreversible ?? false,
    hosts,
    resolutions,
    signed: await signedFilesOf(world, resolutions),
    isKnownExploited: await isKnownExploited(world, patch.vulnerabilities),
    members: await loadLabelCounts(
      world.db,
      policy.budgets.map((rule) => rule.by),
    ),
    supersedes: supersededBy(replaced),
    rule,
  };
  const planned = await givingWay(planInPieces(input));
  const made = await demandGood(planned, input);
  await commitPlan(world, actor, { made, planned, input, patch, changeNumber, parent });
  return { plan: made, report: planned.report, changeNumber };
}

/** Hosts that join are the requester's responsibility too, so the rule may reach no further. */
function ruleOf(actor: Actor, request: CreatePlan): HostRule | null {
  if (request.rule === undefined) return null;
  if (request.hosts !== undefined || request.parent !== undefined) {
    throw new Failure(
      "invalid",
      "A plan by rule takes every host with the rule's labels: leave out the host expression and the parent plan.",
    );
  }
  const rule = readRule(request.rule);
  if (isRuleWithin(rule.labels, scopesFor(actor, "plan.create"))) return rule;
  throw new Failure(
    "forbidden",
    `Hosts with ${rule.labels.join(" ")} may lie outside your scope. Add the labels of your scope to the rule.`,
  );
}

async function demandOpenPatch(world: World, actor: Actor, ref: string): Promise<Patch> {
  const patch = await loadVisiblePatch(world.db, ref, scopesFor(actor, "plan.create"));
  if (patch === null) throw new Failure("not-found", `There is no patch ${ref}.`);
  const refusal = patch.state === "triage" ? refusalToLeave(patch) : null;
  if (refusal !== null) throw new Failure("blocked", refusal);
  if (patch.state !== "closed" && patch.state !== "dropped") return patch;
  throw new Failure(
    "blocked",
    `The patch ${ref} is ${patch.state}, so nothing is planned for it. Open it again first.`,
  );
}

async function readPolicy(world: World, policy: CreatePlan["policy"]): Promise<RingsPolicy> {
  if ("text" in policy) return parseRings(policy.text, "the rings policy");
  const text = await loadPolicyText(world.db, policy.digest);
  if (text !== null) return parseRings(text, `the rings policy ${policy.digest}`);
  throw new Failure(
    "not-found",
    `No plan ever used a rings policy ${policy.digest}. Send its text.`,
  );
}

/** The person who answers: hosts compare this handle with the approvers' (protocol §6.12). */
async function requesterOf(world: World, actor: Actor): Promise<string> {
  const subject = await loadSubject(world.db, actor.subject);
  const person =
    subject === null || subject.owner === null
      ? subject
      : await loadSubject(world.db, subject.owner);
  if (person !== null) return person.handle;
  throw new Failure("forbidden", "A plan names the person who asks for it. Sign in as a person.");
}

async function replacedPlan(
  world: World,
  actor: Actor,
  request: CreatePlan,
  patch: Patch,
): Promise<StoredPlan | null> {
  if (request.replaces === undefined) return null;
  const replaced = await demandPlan(world, actor, request.replaces);
  if (replaced.patch === patch.id) return replaced;
  throw new Failure("invalid", `The plan ${replaced.digest} is for another patch than this one.`);
}

/** Hosts refuse a plan that a verified one supersedes, so the whole chain is named. */
function supersededBy(replaced: StoredPlan | null): PlanDigest[] {
  if (replaced === null) return [];
  const statement = parseStatement(replaced.statement);
  const earlier = statement.ok ? statement.value.supersedes : [];
  if (earlier.length < SUPERSEDES_MAX) return [...(earlier as PlanDigest[]), replaced.digest];
  throw new Failure(
    "blocked",
    `This change was planned ${SUPERSEDES_MAX} times. Withdraw it and request a new one.`,
  );
}

async function demandGood(planned: Planned, input: PlanInput): Promise<Plan> {
  const { report } = planned;
  if (planned.plan === null) {
    throw new Failure(
      "blocked",
      [
        "No plan could be made.",
        ...report.blocked.map(blockerToText),
        ...excludedTexts(report.excluded),
      ].join(" "),
      { facts: { blocked: report.blocked, excluded: report.excluded.slice(0, 100) } },
    );
  }
  const faults = await givingWay(checkInPieces(planned, input, input.policy));
  if (faults.length > 0) {
    const texts = faults.slice(0, 5).map((fault) => `${fault.rule}: ${fault.detail}`);
    throw new Bug(`the planner made a plan that breaks its own rules: ${texts.join("; ")}`);
  }
  return planned.plan;
}

const EXCLUDED_TOLD_MAX = 5;

/** A plan that was not made cannot be looked at, so its refusal says why hosts were left out. */
function excludedTexts(excluded: PlanReport["excluded"]): string[] {
  const told = excluded.slice(0, EXCLUDED_TOLD_MAX);
  const more = excluded.length - told.length;
  return [
    ...told.map(({ name, because }) => `${name}: ${exclusionToText(because)}.`),
    ...(more > 0 ? [`${more} more hosts are left out as well.`] : []),
  ];
}

async function commitPlan(
  world: World,
  actor: Actor,
  made: {
    readonly made: Plan;
    readonly planned: Planned;
    readonly input: PlanInput;
    readonly patch: Patch;
    readonly changeNumber: number;
    readonly parent: StoredPlan | null;
  },
): Promise<void> {
  const { input, patch, planned } = made;
  await inTransaction(world.db, async (tx) => {
    // Before the plan's row refers to it: two that share the case would each wait for the other.
    await lockPatch(tx, patch.id);
    const isNew = await insertPlan(tx, {
      plan: made.made,
      report: planned.report,
      parent: made.parent?.digest ?? null,
      policy: input.policy,
      changeNumber: made.changeNumber,
      requestedBy: actor.subject,
      requester: input.requester,
      at: input.issuedAt,
    });
    if (!isNew) return;
    if (input.rule !== null) await insertRuleSets(tx, made.made.digest, input.resolutions);
    const taken = new Set(made.made.leaves.map((leaf) => leaf.host));
    await insertImpact(tx, made.made.digest, impactOf({ ...input, taken }));
    await followPatch(tx, {
      patch: patch.id,
      from: { triage: "plan", stopped: "replan" },
      actor: actor.subject,
      at: input.issuedAt,
    });
    await recordPlanned(tx, actor.subject, {
      ...made,
      report: planned.report,
      rule: input.rule,
    });
  });
}

async function recordPlanned(
  tx: Parameters<typeof recordEvent>[0],
  actor: SubjectId,
  of: {
    readonly made: Plan;
    readonly report: PlanReport;
    readonly parent: StoredPlan | null;
    readonly rule: HostRule | null;
  },
): Promise<void> {
  const { made, report, parent } = of;
  const patch: PatchId = made.patch;
  await recordEvent(tx, {
    type: "plan.created",
    actor,
    object: `plan:${made.digest}`,
    patch,
    plan: made.digest,
    facts: {
      class: made.class,
      need: made.need,
      hosts: made.leaves.length,
      excluded: report.excluded.length,
      bodies: made.bodies.length,
      waves: made.waves.map((wave) => ({ ring: wave.ring, hosts: wave.hostCount })),
      reversibility: report.reversibility,
      ...(parent === null ? {} : { parent: parent.digest }),
      ...(of.rule === null ? {} : { rule: of.rule.labels, max: of.rule.max }),
    },
  });
}
