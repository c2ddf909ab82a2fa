import { type Action, actionOf, lacksRight } from "../base/action.ts";
import { type Actor, holdsAnywhere, scopesFor } from "../base/actor.ts";
import type { SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { World } from "../db/world.ts";
import { loadSubjectNames, personBehind } from "../identity/store.ts";
import { isEverywhere } from "../inventory/scope.ts";
import { requireVisiblePatch } from "./actions.ts";
import { deciderOf } from "./actions-exception-decide.ts";
import { limitsFor, reachRefusal } from "./actions-exception-draft.ts";
import { factsOf } from "./actions-exception-facts.ts";
import { RENEWALS_MAX } from "./deadline-exception.ts";
import { type Exception, type ExceptionState, exceptionStates } from "./exception.ts";
import { type Broken, brokenAssumption, type FactsNow } from "./exception-broken.ts";
import { approvalProblem, type DecisionVerb, mayDecide, verbLabels } from "./exception-decision.ts";
import { exceptionLimits } from "./exception-limits.ts";
import { countExceptions, loadExceptions, loadReaches } from "./store-exception.ts";
import { loadHostNames, loadServiceNames, reachingScopes } from "./store-exception-hosts.ts";

/** Exceptions as their readers see them: only those that reach one of their hosts, or are their own. */
export interface AskedExceptions {
  readonly state?: ExceptionState | undefined;
  readonly vulnerability?: string | undefined;
  readonly source?: string | undefined;
  readonly patch?: string | undefined;
  readonly isWaiting: boolean;
  readonly skip: number;
  readonly limit: number;
}

export interface ListedExceptions {
  readonly items: readonly Exception[];
  readonly total: number;
  readonly counts: Readonly<Record<ExceptionState, number>>;
}

export async function listExceptions(
  world: World,
  actor: Actor,
  asked: AskedExceptions,
): Promise<ListedExceptions> {
  const visible = await visibleNumbers(world, actor);
  const patch =
    asked.patch === undefined ? undefined : await requireVisiblePatch(world, actor, asked.patch);
  const common = {
    visible,
    vulnerability: asked.vulnerability,
    source: asked.source,
    patch: patch?.id,
  };
  const state = asked.state === undefined ? {} : { states: [asked.state] };
  const { skip, limit } = asked;
  if (asked.isWaiting) {
    const waiting = await waitingFor(world, actor, common);
    const items = waiting.slice(skip, skip + limit);
    return { items, total: waiting.length, counts: countsOf(new Map()) };
  }
  const items = await loadExceptions(world.db, { ...common, ...state, skip, limit });
  const counts = countsOf(await countExceptions(world.db, common));
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return { items, counts, total: asked.state === undefined ? all : counts[asked.state] };
}

const WAITING_MAX = 1_000;

/** What this person may approve: asked for by somebody else, wholly within the right to approve. */
async function waitingFor(
  world: World,
  actor: Actor,
  common: Omit<Parameters<typeof loadExceptions>[1], "skip" | "limit">,
): Promise<readonly Exception[]> {
  if (actor.kind !== "person" || !holdsAnywhere(actor, "exception.approve")) return [];
  const person = await personBehind(world.db, actor.subject);
  const found = await loadExceptions(world.db, {
    ...common,
    waitingFor: { person, now: world.clock() },
    skip: 0,
    limit: WAITING_MAX,
  });
  const mine: Exception[] = [];
  for (const one of found) {
    const { hosts } = one.scope;
    const refusal = await reachRefusal(world, actor, { hosts, permission: "exception.approve" });
    if (refusal === null) mine.push(one);
  }
  return mine;
}

async function visibleNumbers(world: World, actor: Actor): Promise<readonly number[] | null> {
  const scopes = scopesFor(actor, "exception.read");
  if (isEverywhere(scopes)) return null;
  const all = await loadReaches(world.db);
  const reached = await reachingScopes(world.db, scopes, all);
  const own = all.filter((one) => one.requestedBy === actor.subject).map((one) => one.number);
  return [...new Set([...reached, ...own])];
}

function countsOf(
  counted: ReadonlyMap<ExceptionState, number>,
): Readonly<Record<ExceptionState, number>> {
  return Object.fromEntries(
    exceptionStates.map((state) => [state, counted.get(state) ?? 0]),
  ) as Record<ExceptionState, number>;
}

/** Names to show beside them: people by subject, hosts by id. */
export async function namesFor(
  world: World,
  exceptions: readonly Exception[],
): Promise<{
  readonly people: ReadonlyMap<SubjectId, string>;
  readonly hosts: ReadonlyMap<string, string>;
  readonly services: ReadonlyMap<string, string>;
}> {
  const subjects = exceptions.flatMap((one) => [
    one.owner,
    one.requesterPerson,
    ...(one.approvedBy === null ? [] : [one.approvedBy]),
  ]);
  const hosts = exceptions.flatMap(({ scope }) =>
    scope.hosts.kind === "named" ? scope.hosts.ids : [],
  );
  const services = exceptions.flatMap(({ scope }) =>
    scope.hosts.kind === "services" ? scope.hosts.ids : [],
  );
  const names = await loadSubjectNames(world.db, [...new Set(subjects)]);
  return {
    people: new Map(names.map((name) => [name.id, name.handle])),
    hosts: await loadHostNames(world.db, [...new Set(hosts)]),
    services: await loadServiceNames(world.db, [...new Set(services)]),
  };
}

export interface ShownException {
  readonly facts: FactsNow;
  readonly broken: Broken | null;
  readonly actions: readonly Action[];
}

/** One with what is the case now, and what its reader may do with it. */
export async function showException(
  world: World,
  actor: Actor,
  exception: Exception,
): Promise<ShownException> {
  const facts = await factsOf(world, exception);
  const isLive = exception.state === "requested" || exception.state === "approved";
  const broken = isLive ? brokenAssumption(exception, facts) : null;
  const decider = await deciderOf(world.db, world, actor, exception);
  const now: Instant = world.clock();
  const limits =
    exception.state === "requested"
      ? await limitsFor(world, exception.scope)
      : exceptionLimits([], now);
  const right = (verb: DecisionVerb): string | null => {
    const permission = verb === "withdraw" ? "exception.request" : "exception.approve";
    return lacksRight(holdsAnywhere(actor, permission), permission);
  };
  const problem = approvalProblem(exception, { now, limits, broken });
  const verbs = ["approve", "refuse", "withdraw", "revoke"] as const;
  const actions = verbs.map((verb) => {
    const refusal = right(verb) ?? mayDecide(verb, exception, decider)?.text ?? null;
    return actionOf(verb, verbLabels[verb], refusal ?? (verb === "approve" ? problem : null));
  });
  return { facts, broken, actions: [...actions, renewal(actor, exception)] };
}

function renewal(actor: Actor, exception: Exception): Action {
  const right = lacksRight(holdsAnywhere(actor, "exception.request"), "exception.request");
  const never = exception.approvedAt === null ? "It was never approved." : null;
  const spent =
    exception.renewal >= RENEWALS_MAX
      ? `It was renewed ${exception.renewal} times; there is no further renewal.`
      : null;
  return actionOf("renew", "Renew", right ?? never ?? spent);
}
