import { type Action, actionOf } from "../base/action.ts";
import type { Actor } from "../base/actor.ts";
import { sha256 } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import type { SubjectId } from "../base/ids.ts";
import { DAY_MS } from "../base/instant.ts";
import { demandUnscoped, lacksUnscoped } from "../base/unscoped.ts";
import { inTransaction, isUniqueViolation, type Tx } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { loadSubject, personBehind } from "../identity/store.ts";
import { recordEvent } from "../ledger/record.ts";
import { changePolicy } from "../policy/store-files.ts";
import {
  insertTemplate,
  insertTemplateApproval,
  loadTemplate,
  type StoredTemplate,
} from "./store-templates.ts";
import {
  misfits,
  type PlanFacts,
  parseTemplate,
  TEMPLATE_APPROVALS,
  templateProblem,
} from "./template.ts";

/** Templates of standard changes: proposing and approving them, and whether a plan may use one. */

const TEMPLATES = "A template of changes";

/** A new version of its name; it counts for nothing until two others have approved this very text. */
export async function proposeTemplate(
  world: World,
  actor: Actor,
  text: string,
): Promise<StoredTemplate> {
  demandUnscoped(actor, "change.request", TEMPLATES);
  const { name, digest, days } = parseTemplate(text, "the template");
  const { templates } = await changePolicy(world);
  if (days > templates.days) {
    throw new Failure(
      "invalid",
      `A template lives ${templates.days} days at most by the change policy, not ${days}.`,
    );
  }
  const at = world.clock();
  const proposer = await personBehind(world.db, actor.subject);
  try {
    await inTransaction(world.db, async (tx) => {
      const by = { proposedBy: actor.subject, proposer, proposedAt: at };
      await insertTemplate(tx, { digest, name, text, ...by, expiresAt: at + days * DAY_MS });
      await recordTemplate(tx, "template.proposed", { actor: actor.subject, digest, name });
    });
  } catch (cause) {
    if (!isUniqueViolation(cause)) throw cause;
    throw new Failure("conflict", `This very text was proposed already as ${name}.`, { cause });
  }
  return demandTemplate(world, digest);
}

export async function demandTemplate(world: World, ref: string): Promise<StoredTemplate> {
  const found = await loadTemplate(world.db, ref);
  if (found !== null) return found;
  throw new Failure("not-found", `There is no template ${ref.slice(0, 64)}.`);
}

/** Somebody else than who proposed it approves its exact text, by its digest; each person once. */
export async function approveTemplate(
  world: World,
  actor: Actor,
  given: { readonly template: string; readonly digest: string; readonly reason: string },
): Promise<StoredTemplate> {
  demandUnscoped(actor, "change.approve", TEMPLATES);
  const template = await demandTemplate(world, given.template);
  if (template.digest !== given.digest) {
    throw new Failure(
      "conflict",
      `${template.name} is another text now than the one you read. Read it again.`,
    );
  }
  const subject = await loadSubject(world.db, actor.subject);
  const refusal = approveRefusal(template, {
    person: actor.subject,
    isPerson: subject?.kind === "person" && actor.kind === "person",
  });
  if (refusal !== null) throw new Failure("forbidden", refusal);
  const { digest, name } = template;
  try {
    await inTransaction(world.db, async (tx) => {
      const by = { person: actor.subject, reason: given.reason, at: world.clock() };
      await insertTemplateApproval(tx, { digest, ...by });
      const reason = sha256(given.reason);
      await recordTemplate(tx, "template.approved", { actor: actor.subject, digest, name, reason });
    });
  } catch (cause) {
    if (!isUniqueViolation(cause)) throw cause;
    throw new Failure("conflict", `You have approved ${name} already.`, { cause });
  }
  return demandTemplate(world, digest);
}

/** What this actor may do with a template, and why not. */
export function templateActions(
  actor: Actor,
  template: Pick<StoredTemplate, "proposer" | "approvals" | "approvedBy">,
): Action[] {
  const who = { person: actor.subject, isPerson: actor.kind === "person" };
  const refusal =
    lacksUnscoped(actor, "change.approve", TEMPLATES) ??
    approveRefusal(template, who) ??
    (template.approvedBy.includes(actor.subject) ? "You have approved it already." : null);
  return [actionOf("approve", "Approve", refusal)];
}

export function templateListActions(actor: Actor): Action[] {
  const refusal = lacksUnscoped(actor, "change.request", TEMPLATES);
  return [actionOf("propose", "Propose a template", refusal)];
}

function approveRefusal(
  template: Pick<StoredTemplate, "proposer" | "approvals">,
  who: { readonly person: SubjectId; readonly isPerson: boolean },
): string | null {
  if (!who.isPerson) return "Only a person approves. Sign in as yourself, not as a service.";
  if (who.person === template.proposer) return "You proposed it, so others have to approve it.";
  return template.approvals >= TEMPLATE_APPROVALS ? "It has its approvals already." : null;
}

async function recordTemplate(
  tx: Tx,
  type: "template.proposed" | "template.approved",
  of: {
    readonly actor: SubjectId;
    readonly digest: string;
    readonly name: string;
    readonly reason?: string;
  },
): Promise<void> {
  const { actor, ...facts } = of;
  await recordEvent(tx, { type, actor, object: `template:${of.digest}`, facts });
}

/** Why a template cannot be used now, whatever the plan; null when it can. */
export async function problemNow(world: World, template: StoredTemplate): Promise<string | null> {
  const { templates } = await changePolicy(world);
  return templateProblem(template, { now: world.clock(), failuresMax: templates.failures });
}

/** For a request: the template counts now, and the plan is what it is for. */
export async function demandStandard(
  world: World,
  ref: string,
  plan: PlanFacts,
): Promise<{ readonly name: string; readonly digest: string }> {
  const template = await demandTemplate(world, ref);
  const { name, digest } = template;
  const problem = await problemNow(world, template);
  if (problem !== null) {
    throw new Failure("blocked", `The template ${name} cannot be used: ${problem}.`);
  }
  const found = misfits(parseTemplate(template.text, name), plan);
  if (found.length === 0) return { name, digest };
  throw new Failure(
    "blocked",
    `This plan is not what the template ${name} is for: ${found.join("; ")}. Ask for it as a normal change.`,
  );
}
