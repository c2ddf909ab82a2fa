import type { Actor } from "../base/actor.ts";
import { sha256 } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import { newId, type SubjectId } from "../base/ids.ts";
import { type Instant, instantToText } from "../base/instant.ts";
import { parseLabel, selectorToText } from "../base/labels.ts";
import { inTransaction, type Tx } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { loadSubject, personBehind } from "../identity/store.ts";
import { everywhere, loadHostRefs } from "../inventory/store.ts";
import { loadServices } from "../inventory/store-services.ts";
import { recordEvent } from "../ledger/record.ts";
import { requireVisiblePatch } from "./actions.ts";
import { type AskedScope, draftScope, limitsFor } from "./actions-exception-draft.ts";
import { factsOf } from "./actions-exception-facts.ts";
import { demandOwner } from "./actions-owner.ts";
import type { Exception, ExceptionId, ReasonClass } from "./exception.ts";
import type { FactsNow } from "./exception-broken.ts";
import { type ExceptionLimits, untilProblem } from "./exception-limits.ts";
import type { ExceptionScope } from "./exception-scope.ts";
import { insertException, loadException } from "./store-exception.ts";

/** Asking for an exception, for the first time or once more. */
export interface AskedException extends AskedScope {
  readonly reasonClass: ReasonClass;
  readonly reason: string;
  /** Handle of the person who answers for the risk. */
  readonly owner: string;
  readonly control: string;
  readonly evidence: string;
  readonly controlLabel?: string | undefined;
  readonly until: Instant;
  readonly patch?: string | undefined;
}

/** What would be asked for, with what is known and allowed about it. */
export interface DraftException {
  readonly scope: ExceptionScope;
  readonly facts: FactsNow;
  readonly limits: ExceptionLimits;
}

export async function previewException(
  world: World,
  actor: Actor,
  asked: AskedScope & { readonly controlLabel?: string | undefined },
): Promise<DraftException> {
  const scope = await draftScope(world, actor, asked);
  return {
    scope,
    facts: await factsOf(world, { scope, controlLabel: asked.controlLabel ?? null }),
    limits: await limitsFor(world, scope),
  };
}

export async function requestException(
  world: World,
  actor: Actor,
  asked: AskedException,
): Promise<Exception> {
  if (asked.controlLabel !== undefined) parseLabel(asked.controlLabel);
  const draft = await previewException(world, actor, asked);
  const refusal = requestRefusal(asked, draft, world.clock());
  if (refusal !== null) throw new Failure("blocked", refusal);
  const owner = await demandOwner(world, asked.owner);
  const patch =
    asked.patch === undefined ? null : await requireVisiblePatch(world, actor, asked.patch);
  const now = world.clock();
  const { withoutControl: _, ...assumes } = draft.facts;
  const exception: Omit<Exception, "number"> = {
    id: newId<ExceptionId>(now),
    state: "requested",
    scope: draft.scope,
    patch: patch?.id ?? null,
    reasonClass: asked.reasonClass,
    reason: asked.reason,
    owner,
    control: asked.control,
    evidence: asked.evidence,
    controlLabel: asked.controlLabel ?? null,
    until: asked.until,
    renews: draft.limits.renews?.id ?? null,
    renewal: draft.limits.renewal,
    assumes,
    requestedBy: actor.subject,
    requesterPerson: await personBehind(world.db, actor.subject),
    requestedAt: now,
    approvedBy: null,
    approvedAt: null,
    movedAt: now,
    closedReason: null,
  };
  return inTransaction(world.db, async (tx) => {
    const number = await insertException(tx, exception);
    const made = { ...exception, number };
    await recordRequest(tx, actor.subject, made);
    return made;
  });
}

/** The same once more, from now; what may have changed is given anew. */
export async function renewException(
  world: World,
  actor: Actor,
  asked: {
    readonly exception: string;
    readonly reason: string;
    readonly until: Instant;
    readonly owner?: string | undefined;
    readonly control?: string | undefined;
    readonly evidence?: string | undefined;
  },
): Promise<Exception> {
  const before = await loadException(world.db, asked.exception);
  if (before === null || before.approvedAt === null) {
    throw new Failure(
      "not-found",
      `There is no exception ${asked.exception.slice(0, 64)} that was approved and could be renewed.`,
    );
  }
  const { scope } = before;
  const [only, ...more] = scope.vulnerabilities;
  const owner = await loadSubject(world.db, before.owner);
  return requestException(world, actor, {
    vulnerability: more.length === 0 || scope.package === null ? only : undefined,
    source: scope.package?.source,
    ecosystem: scope.package?.ecosystem,
    ...(await stillThere(world, scope.hosts)),
    reasonClass: before.reasonClass,
    reason: asked.reason,
    owner: asked.owner ?? owner?.handle ?? "",
    control: asked.control ?? before.control,
    evidence: asked.evidence ?? before.evidence,
    controlLabel: before.controlLabel ?? undefined,
    until: asked.until,
    patch: before.patch ?? undefined,
  });
}

/** What is gone meanwhile is not asked for again. */
async function stillThere(
  world: World,
  hosts: ExceptionScope["hosts"],
): Promise<Pick<AskedScope, "selector" | "hosts" | "services">> {
  switch (hosts.kind) {
    case "labels":
      return { selector: selectorToText(hosts.selector) };
    case "named": {
      const found = await loadHostRefs(world.db, { scopes: everywhere, ids: [...hosts.ids] });
      return { hosts: found.map((host) => host.id) };
    }
    case "services": {
      const all = await loadServices(world.db, { scopes: everywhere });
      return { services: all.flatMap(({ id }) => (hosts.ids.includes(id) ? [id] : [])) };
    }
  }
}

/** Why this cannot be asked for; null where it can. */
function requestRefusal(
  asked: AskedException,
  { facts, limits }: DraftException,
  now: Instant,
): string | null {
  if (limits.refusal !== null) return limits.refusal;
  const late = untilProblem(asked.until, now);
  if (late !== null) return late;
  if (facts.withoutControl > 0) {
    return `${facts.withoutControl} of the ${asked.services === undefined ? "hosts" : "services"} do not carry the label ${asked.controlLabel} of the compensating control. Put the control in place there first, or leave them out.`;
  }
  if (asked.reasonClass === "no-fix" && facts.fixable.length > 0) {
    return `There is a fix for ${facts.fixable.slice(0, 5).join(", ")}: "no fix" is not the reason. Name the real one.`;
  }
  return null;
}

async function recordRequest(tx: Tx, actor: SubjectId, exception: Exception): Promise<void> {
  const { scope } = exception;
  await recordEvent(tx, {
    type: "exception.requested",
    actor,
    object: `exception:${exception.id}`,
    ...(exception.patch === null ? {} : { patch: exception.patch }),
    facts: {
      exception: `X-${exception.number}`,
      reason: sha256(exception.reason),
      control: sha256(exception.control),
      evidence: sha256(exception.evidence),
      class: exception.reasonClass,
      owner: exception.owner,
      until: instantToText(exception.until),
      renewal: exception.renewal,
      hosts: exception.assumes.hosts,
      selector: scope.hosts.kind === "labels" ? selectorToText(scope.hosts.selector) : null,
      named: scope.hosts.kind === "named" ? scope.hosts.ids : [],
      ...(scope.hosts.kind === "services" ? { services: scope.hosts.ids } : {}),
      source: scope.package?.source ?? null,
      vulnerabilities: scope.vulnerabilities.slice(0, NAMED_MAX),
    },
  });
}

/** An entry of the ledger holds 60 KiB; the rest of a long list is in the row, which never changes. */
const NAMED_MAX = 200;
