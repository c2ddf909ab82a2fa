import type { PatchId, PlanDigest, SubjectId } from "../base/ids.ts";
import { DAY_MS } from "../base/instant.ts";
import type { World } from "../db/world.ts";
import { ownersOf, servicesOf } from "../plan/actions-impact.ts";
import { changedPackages } from "../plan/changed-packages.ts";
import { loadBodies } from "../plan/store.ts";
import { type ChangePolicy, type RiskLevel, SERVICE_OWNER } from "../policy/change-control.ts";
import { ownerRuleFor } from "../policy/owners.ts";
import type { ChangeClass } from "../policy/rings.ts";
import { changePolicy, ownersPolicy } from "../policy/store-files.ts";
import { loadPatch } from "../triage/store.ts";
import { demandStandard } from "./actions-templates.ts";
import { askedOf, type Demand } from "./demand.ts";
import { type ItsmPart, itsmAsked } from "./itsm-hold.ts";
import type { Assessment, Change, RiskFacts } from "./model.ts";
import { riskier, scoreRisk } from "./risk-score.ts";
import { partsAsked, type SignOffPart } from "./sign-off.ts";
import { loadHolders, loadHostRisk, loadLivePeople, loadPast } from "./store-control.ts";
import { loadTier } from "./store-sign-offs.ts";

/** Weighing a plan that is asked for, and finding out who has to approve it. */
export interface Weighed {
  readonly control: Pick<Change, "need" | "level" | "assessment" | "needsBoard">;
  readonly demands: readonly Demand[];
}

export interface ToWeigh {
  readonly plan: PlanDigest;
  readonly patch: PatchId;
  readonly class: ChangeClass;
  /** What rings and hosts demand already. */
  readonly planNeed: number;
  readonly requester: SubjectId;
  readonly risk: RiskFacts;
  /** Somebody called the change riskier before it got this plan; that stays. */
  readonly raised: Assessment["raised"];
  /** A template of standard changes that it was asked for from; null for a normal change. */
  readonly template: string | null;
}

export async function weigh(world: World, asked: ToWeigh): Promise<Weighed> {
  const policy = await changePolicy(world);
  const since = world.clock() - policy.risk.pastFailures.days * DAY_MS;
  const [hostRisk, past] = await Promise.all([
    loadHostRisk(world.db, asked.plan),
    loadPast(world.db, { patch: asked.patch, since }),
  ]);
  const { hosts, needsReboot, irreversible } = asked.risk;
  const input = { hosts, needsReboot, irreversible, ...hostRisk, past };
  const score = scoreRisk(policy.risk, input);
  const level = riskier(score.level, asked.raised?.to ?? "low");
  const { needed, demands } = await demandsFor(world, { policy, asked, level });
  const template = asked.template === null ? null : await standardFor(world, asked, level);
  const assessment = {
    ...{ points: score.points, level: score.level, parts: [...score.parts] },
    waived: [...needed.waived],
    policy: { file: policy.file, digest: policy.version },
    ownership: await ownershipOf(world, asked),
    // A standard change was looked at beforehand; once it is a normal one, this is asked for as well.
    signOffs: template === null ? await signOffsFor(world, { policy, asked, level }) : [],
    itsm: await itsmFor(world, { policy, asked, level }),
    template,
    raised: asked.raised,
  };
  if (template !== null) {
    // Approved beforehand as far as this policy asks; rings and hosts ask for their signatures still.
    const control = { need: asked.planNeed, level, assessment, needsBoard: false };
    return { control, demands: [] };
  }
  const { need, needsCab: needsBoard } = needed;
  return { control: { need, level, assessment, needsBoard }, demands };
}

/** What a level asks for, with the people who can give it, as the policy in force names them. */
export async function demandsFor(
  world: World,
  of: {
    readonly policy: ChangePolicy;
    readonly level: RiskLevel;
    readonly asked: Pick<ToWeigh, "plan" | "class" | "planNeed" | "requester">;
  },
) {
  const { policy, level, asked } = of;
  const handles = [...new Set(Object.values(policy.groups).flat())];
  const rules = [...Object.values(policy.approval), policy.emergency];
  const asksOwners = rules.some(({ from }) => from.includes(SERVICE_OWNER));
  const serviceOwners = asksOwners ? await approvingOwners(world, asked.plan) : [];
  const byHandle = await loadLivePeople(world.db, handles);
  const people = { byHandle, serviceOwners, requester: asked.requester };
  const needed = askedOf(policy, { class: asked.class, level, planNeed: asked.planNeed }, people);
  return { needed, demands: needed.demands };
}

/** Which sign-offs a level asks for, with the people who can give them, as the policies name them. */
export async function signOffsFor(
  world: World,
  of: {
    readonly policy: ChangePolicy;
    readonly level: RiskLevel;
    readonly asked: Pick<ToWeigh, "plan" | "class" | "requester">;
  },
): Promise<SignOffPart[]> {
  const { policy, level, asked } = of;
  if (policy.signOffs.length === 0) return [];
  const owners = await ownersPolicy(world);
  const handles = owners.rules.flatMap(({ signs }) => Object.values(signs).flat());
  const [services, tier, byHandle] = await Promise.all([
    servicesOf(world, asked.plan),
    loadTier(world.db, asked.plan),
    loadLivePeople(world.db, [...new Set(handles)]),
  ]);
  return partsAsked(policy, owners, {
    ...{ class: asked.class, requester: asked.requester, level, tier, byHandle },
    services: services.map(({ name }) => name),
  });
}

/** Which states of its records a change waits for; a standard change too. */
export async function itsmFor(
  world: World,
  of: {
    readonly policy: ChangePolicy;
    readonly level: RiskLevel;
    readonly asked: Pick<ToWeigh, "plan" | "class">;
  },
): Promise<ItsmPart[]> {
  const { policy, level, asked } = of;
  if (policy.itsm.length === 0) return [];
  const tier = await loadTier(world.db, asked.plan);
  return itsmAsked(policy, { class: asked.class, level, tier });
}

async function standardFor(
  world: World,
  asked: ToWeigh,
  level: RiskLevel,
): Promise<Assessment["template"]> {
  const patch = await loadPatch(world.db, asked.patch);
  const bodies = await loadBodies(world.db, asked.plan);
  const hosts = new Map(bodies.map(({ digest }) => [digest, 1]));
  const verbs = changedPackages(bodies, hosts).map(({ verb }) => verb);
  return demandStandard(world, asked.template ?? "", {
    ...{ class: asked.class, source: patch?.target.source ?? "", level },
    verbs: [...new Set(verbs)],
    ...asked.risk,
  });
}

async function ownershipOf(
  world: World,
  { plan, class: changeClass }: ToWeigh,
): Promise<Assessment["ownership"]> {
  const policy = await ownersPolicy(world);
  if (policy.rules.length === 0) return null;
  const services = (await servicesOf(world, plan)).map(({ name }) => name);
  const rule = ownerRuleFor(policy, { class: changeClass, services });
  if (rule === null) return null;
  const { name, decides, approves, executes, told, escalate } = rule;
  return { rule: name, decides, approves, executes, told, escalate };
}

async function approvingOwners(world: World, plan: PlanDigest): Promise<readonly SubjectId[]> {
  const owners = await loadLivePeople(world.db, await ownersOf(world, plan));
  return loadHolders(world.db, [...owners.values()], "change.approve");
}
