import { z } from "zod";
import { type Actor, scopesFor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import type { HostId } from "../base/ids.ts";
import { parseSelector } from "../base/labels.ts";
import type { Permission } from "../base/permission.ts";
import type { World } from "../db/world.ts";
import { foundService } from "../inventory/actions-services.ts";
import { loadHost } from "../inventory/store.ts";
import { type ChosenHosts, type HostChoice, isEveryHost } from "./host-choice.ts";

/** How hosts are chosen in a query, and who that is for one reader. */

const HOSTS_MAX = 200;

/** The fields of a query; hosts stand with commas between them. */
export const hostChoiceQuery = {
  label: z.string().max(1000).default("").describe("only hosts of this label expression"),
  hosts: z.string().max(16_000).default("").describe("only these hosts, with commas between them"),
  runs: z.string().max(64).optional().describe("only hosts that run this service"),
  team: z.string().max(63).optional().describe("only hosts of this team (label team, or owner)"),
};

export function hostChoiceOf(query: {
  readonly label: string;
  readonly hosts: string;
  readonly runs?: string | undefined;
  readonly team?: string | undefined;
}): HostChoice {
  const hosts = query.hosts
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  if (hosts.length > HOSTS_MAX) {
    throw new Failure(
      "invalid",
      `At most ${HOSTS_MAX} hosts can be named. Choose more of them by a label.`,
    );
  }
  return { label: query.label, hosts, runs: query.runs ?? null, team: query.team ?? null };
}

/** Undefined for all; a host or service that the actor may not see is as if it were not there. */
export async function chosenHosts(
  world: World,
  actor: Actor,
  of: { readonly choice: HostChoice; readonly permission: Permission },
): Promise<ChosenHosts | undefined> {
  const { choice, permission } = of;
  if (isEveryHost(choice)) return undefined;
  const any: { selector: ChosenHosts["label"] | null; ids: readonly HostId[] }[] = [];
  if (choice.hosts.length > 0) {
    const scopes = scopesFor(actor, permission);
    const ids = await Promise.all(
      choice.hosts.map(async (name) => {
        const host = await loadHost(world.db, name, scopes);
        if (host !== null) return host.id;
        throw new Failure("not-found", `There is no host ${name.slice(0, 64)}.`);
      }),
    );
    any.push({ selector: null, ids });
  }
  if (choice.runs !== null) {
    const { hosts } = await foundService(world, choice.runs, scopesFor(actor, "service.read"));
    any.push({ selector: hosts.selector, ids: hosts.named.map(({ id }) => id) });
  }
  return { label: parseSelector(choice.label), team: choice.team, any };
}
