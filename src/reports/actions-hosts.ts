import type { z } from "zod";
import { type Action, actionOf, lacksRight } from "../base/action.ts";
import { type Actor, holdsAnywhere, scopesFor } from "../base/actor.ts";
import { instantToText } from "../base/instant.ts";
import { parseSelector, selects } from "../base/labels.ts";
import type { Permission } from "../base/permission.ts";
import type { Tone } from "../base/tone.ts";
import type { World } from "../db/world.ts";
import { type JudgedGroup, judgeGroups } from "../intel/actions-risk.ts";
import { type CountedHosts, knownHostsOf } from "../intel/exposure.ts";
import { type RiskState, riskNotKnown } from "../intel/host-risk.ts";
import { foundHost } from "../inventory/actions.ts";
import { factsReply, type factsReplySchema, hostReply } from "../inventory/host-reply.ts";
import {
  freshState,
  type HostState,
  reachableState,
  rebootState,
} from "../inventory/host-states.ts";
import type { Host } from "../inventory/model.ts";
import { loadHosts } from "../inventory/store.ts";
import { facetsOf, totalOf } from "./host-facets.ts";
import type { hostFacetsSchema, shownHostSchema } from "./host-schema.ts";
import {
  countByTones,
  groupKey,
  groupOfHost,
  type HostsAsked,
  loadAlikeHosts,
  pageOfHosts,
} from "./store-hosts.ts";

/** Reading hosts with their four states. */
export interface HostQuery {
  readonly q: string;
  readonly label: string;
  readonly selector: string;
  readonly reach?: readonly Tone[] | undefined;
  readonly fresh?: readonly Tone[] | undefined;
  readonly reboot?: readonly Tone[] | undefined;
  readonly risk?: readonly Tone[] | undefined;
  readonly cursor: string;
  readonly skip?: number | undefined;
  readonly limit: number;
  /** As lines of a file: rows alone, without totals, so that pages of a large fleet count nothing. */
  readonly isFile?: boolean;
}

type ShownHost = z.output<typeof shownHostSchema>;

export async function listShownHosts(
  world: World,
  actor: Actor,
  query: HostQuery,
): Promise<{
  items: ShownHost[];
  next: string | null;
  total: number;
  facets: z.output<typeof hostFacetsSchema>;
  actions: Action[];
}> {
  const scopes = scopesFor(actor, "host.read");
  const { reach, fresh, reboot, risk } = query;
  const tones = { reach, fresh, reboot, risk };
  const asked: HostsAsked = {
    scopes,
    selectors: [parseSelector(query.label), parseSelector(query.selector)],
    text: query.q,
    now: world.clock(),
  };
  const isCounted = query.isFile !== true || risk !== undefined;
  const alike = isCounted ? await loadAlikeHosts(world.db, asked) : [];
  const all = await judgeGroups(world, knownHostsOf(alike).groups);
  const groups = all.map((group) => ({ ...group, tone: group.state.state }));
  const counts = countByTones(alike, groups);
  const { cursor: afterName, limit } = query;
  const page = { afterName, skip: query.skip ?? 0, limit };
  const listed = await pageOfHosts(world.db, { ...asked, tones, groups }, page);
  const ofPage = (): CountedHosts[] => listed.map((host) => ({ ...host, hostCount: 1 }));
  const judged = isCounted ? all : await judgeGroups(world, knownHostsOf(ofPage()).groups);
  const byGroup = new Map(judged.map((group) => [groupKey(group), group]));
  const hosts = await loadHosts(world.db, { scopes, ids: listed.map((host) => host.id) });
  const groupOf = new Map(
    listed.map((host) => [host.id, host.setId === null ? undefined : byGroup.get(groupKey(host))]),
  );
  const last = hosts.at(-1);
  return {
    items: hosts.map((host) => shownHost(world, actor, host, groupOf.get(host.id) ?? null)),
    next: last !== undefined && hosts.length === limit ? last.name : null,
    total: totalOf(counts, tones),
    facets: facetsOf(counts, tones),
    actions: actionsOnList(actor),
  };
}

/** What may be done with the fleet as a whole; which hosts a right reaches is asked with each host. */
function actionsOnList(actor: Actor): Action[] {
  const refusal = (permission: Permission): string | null =>
    lacksRight(holdsAnywhere(actor, permission), permission);
  return [
    actionOf("add", "Add a host", refusal("host.manage")),
    actionOf("import", "Import a list", refusal("host.manage")),
    actionOf("scan", "Scan", refusal("host.scan")),
  ];
}

export async function showHost(
  world: World,
  actor: Actor,
  ref: string,
): Promise<{ host: ShownHost; facts: z.output<typeof factsReplySchema> | null }> {
  const host = await foundHost(world, ref, scopesFor(actor, "host.read"));
  const group = await groupOfHost(world.db, host.id);
  const [judged] =
    group === null ? [] : await judgeGroups(world, [{ ...group, id: 0, hostCount: 1 }]);
  return { host: shownHost(world, actor, host, judged ?? null), facts: factsReply(host) };
}

function shownHost(world: World, actor: Actor, host: Host, group: JudgedGroup | null): ShownHost {
  const { contact, facts } = host;
  const { exploited, open, fixable } = group?.risk ?? { exploited: 0, open: 0, fixable: 0 };
  const since = contact.inspectedAt;
  return {
    ...hostReply(host),
    states: {
      reachable: stateReply(reachableState(contact)),
      fresh: stateReply(freshState(contact, world.clock())),
      reboot: stateReply(rebootState(facts, since)),
      risk: stateReply({ ...riskOf(group), since: group === null ? null : since }),
    },
    findings: group === null ? null : { exploited, open, fixable },
    actions: actionsOn(actor, host),
  };
}

function riskOf(group: JudgedGroup | null): RiskState {
  return group === null ? riskNotKnown : group.state;
}

function stateReply(state: HostState): ShownHost["states"]["risk"] {
  return { ...state, since: state.since === null ? null : instantToText(state.since) };
}

function actionsOn(actor: Actor, host: Host): Action[] {
  const refusal = (permission: Permission): string | null =>
    lacksRight(
      scopesFor(actor, permission).some((scope) => selects(scope, host.labels)),
      permission,
    );
  return [
    actionOf("scan", "Look at it now", refusal("host.scan")),
    actionOf("edit", "Edit", refusal("host.manage")),
    actionOf("enrol", "Enrol", refusal("host.manage") ?? enrolRefusal(host)),
    actionOf("remove", "Remove", refusal("host.manage")),
  ];
}

function enrolRefusal(host: Host): string | null {
  if (host.mode === "inspect-only") {
    return "It is inspected only and never changed, so there is nothing to enrol it for.";
  }
  return null;
}
