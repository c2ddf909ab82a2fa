import type { Actor } from "../base/actor.ts";
import { type Digest, sha256 } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import { instantToText } from "../base/instant.ts";
import { demandUnscoped } from "../base/unscoped.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { recordEvent } from "../ledger/record.ts";
import { classify, parseClassification } from "../policy/classification.ts";
import type { PolicyKind } from "../policy/policy-kind.ts";
import { parsePriority, prioritise } from "../policy/priority.ts";
import { policyInForce } from "../policy/store-files.ts";
import { insertVersion, loadVersion, lockKind } from "../policy/store-version.ts";
import { casesToRedate, redateCases } from "./actions-deadline.ts";
import { prioritiseCases } from "./actions-priority.ts";
import { parseDeadlines } from "./deadline-policy.ts";
import { policyKinds, requireKind } from "./policy-kinds.ts";
import { loadClassified } from "./store.ts";

/**
 * Policy texts put in force over the API. First what would change is shown, over the cases that are
 * recorded; then a person with the right applies exactly that text, and says why. What was decided
 * before stays as it was and keeps naming the version that decided it; dates of open cases follow.
 */
export interface PolicyEffect {
  readonly ref: string;
  readonly title: string;
  readonly href: string;
  readonly what: string;
  readonly from: string;
  readonly to: string;
  readonly because: string;
}

export interface PolicyOutlook {
  readonly kind: PolicyKind;
  readonly digest: Digest;
  /** Of the text in force now. */
  readonly inForce: Digest;
  readonly isSame: boolean;
  readonly judgedCount: number;
  readonly effects: readonly PolicyEffect[];
}

/** Parses the text (throws with every fault and its line) and judges recorded cases by it. */
export async function outlook(
  world: World,
  input: { readonly text: string; readonly file: string; readonly cases: "open" | "all" },
): Promise<PolicyOutlook> {
  const kind = requireKind(input.text);
  kind.parse(input.text, input.file);
  const now = await policyInForce(world, kind);
  const digest = sha256(input.text);
  const { judgedCount, effects } = await effectsOf(world, kind, input);
  return { kind, digest, inForce: now.digest, isSame: now.digest === digest, judgedCount, effects };
}

interface Effects {
  readonly judgedCount: number;
  readonly effects: readonly PolicyEffect[];
}

async function effectsOf(
  world: World,
  kind: PolicyKind,
  input: { readonly text: string; readonly file: string; readonly cases: "open" | "all" },
): Promise<Effects> {
  if (kind.kind === "classification") return classificationEffects(world, input);
  if (kind.kind === "priority") return priorityEffects(world, input);
  if (kind.kind === "deadlines") return deadlineEffects(world, input);
  return { judgedCount: 0, effects: [] };
}

async function classificationEffects(
  world: World,
  input: { readonly text: string; readonly file: string; readonly cases: "open" | "all" },
): Promise<Effects> {
  const policy = parseClassification(input.text, input.file);
  const cases = await loadClassified(world.db, input.cases);
  const effects = cases.flatMap((patch): PolicyEffect[] => {
    const decided = classify(policy, patch.facts);
    const from = `${patch.route}, ${patch.urgency}`;
    const to = `${decided.route}, ${decided.urgency}`;
    const because = `the rule "${decided.by.rule}" instead of "${patch.rule}"`;
    return from === to ? [] : [{ ...named(patch), what: "classification", from, to, because }];
  });
  return { judgedCount: cases.length, effects };
}

async function priorityEffects(
  world: World,
  input: { readonly text: string; readonly file: string; readonly cases: "open" | "all" },
): Promise<Effects> {
  const policy = parsePriority(input.text, input.file);
  const cases = await loadClassified(world.db, input.cases);
  const effects = cases.flatMap((patch): PolicyEffect[] => {
    const { outcome, by } = prioritise(policy, patch.factsNow);
    if (outcome === patch.outcome) return [];
    const from = patch.outcome ?? "none yet";
    return [
      { ...named(patch), what: "priority", from, to: outcome, because: `the rule "${by.rule}"` },
    ];
  });
  return { judgedCount: cases.length, effects };
}

async function deadlineEffects(
  world: World,
  input: { readonly text: string; readonly file: string },
): Promise<Effects> {
  const policy = parseDeadlines(input.text, input.file);
  const cases = await loadClassified(world.db, "open");
  const effects = (await casesToRedate(world.db, policy))
    .filter(({ patch, to }) => patch.deadline.at !== to.at || patch.deadline.rule !== to.rule)
    .map(({ patch, to }): PolicyEffect => {
      const because = `${to.preset}, rule ${to.rule}, for ${to.vulnerability ?? "no vulnerability"}`;
      const [from, until] = [dateText(patch.deadline), dateText(to)];
      return { ...named(patch), what: "deadline", from, to: until, because };
    });
  return { judgedCount: cases.length, effects };
}

function dateText(of: { readonly at: number | null; readonly period: string }): string {
  return of.at === null ? of.period || "no date" : instantToText(of.at).slice(0, 10);
}

function named(patch: { readonly number: number; readonly title: string }) {
  const ref = `P-${patch.number}`;
  return { ref, title: patch.title, href: `/patches/${ref}` };
}

export const POLICY = "Policy";

/** Puts a text in force for everybody, if `expected` is still what was in force when it was judged. */
export async function applyPolicy(
  world: World,
  actor: Actor,
  input: {
    readonly text: string;
    readonly file: string;
    readonly reason: string;
    readonly expected: Digest;
  },
): Promise<{ readonly kind: PolicyKind; readonly digest: Digest; readonly isNew: boolean }> {
  demandUnscoped(actor, "policy.apply", POLICY);
  const kind = requireKind(input.text);
  kind.parse(input.text, input.file);
  if (!kind.isApplied) {
    throw new Failure(
      "blocked",
      `A policy of the kind ${kind.kind} is not put in force for all: it goes with each plan, whose approvers see it. Use "fettle plan create --policy FILE".`,
    );
  }
  const digest = sha256(input.text);
  const isNew = await inTransaction(world.db, async (tx) => {
    await lockKind(tx, kind.kind);
    const now = (await loadVersion(tx, kind.kind)) ?? (await policyInForce(world, kind));
    if (now.digest === digest) return false;
    if (now.digest !== input.expected) {
      throw new Failure(
        "conflict",
        `The ${kind.kind} policy was changed meanwhile: in force is ${now.digest.slice(0, 12)}…, not what this text was compared with. Run "fettle policy plan" again.`,
      );
    }
    const { text, reason } = input;
    const at = world.clock();
    await insertVersion(tx, {
      ...{ kind: kind.kind, digest, text, reason },
      ...{ appliedBy: actor.subject, appliedAt: at },
    });
    await recordEvent(tx, {
      type: "policy.applied",
      actor: actor.subject,
      object: `policy:${kind.kind}`,
      facts: { kind: kind.kind, digest, before: now.digest, reason: sha256(reason) },
    });
    return true;
  });
  if (isNew && kind.kind === "deadlines") await redateCases(world, actor);
  if (isNew && kind.kind === "priority") await prioritiseCases(world, actor);
  return { kind, digest, isNew };
}

export async function policiesInForce(world: World) {
  return Promise.all(
    policyKinds.map(async (kind) => ({ kind, inForce: await policyInForce(world, kind) })),
  );
}
