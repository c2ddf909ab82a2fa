import { type Actor, scopesFor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { type HostId, newId } from "../base/ids.ts";
import type { Labels, Selector } from "../base/labels.ts";
import { didYouMean, nearNames } from "../base/near-name.ts";
import { inTransaction, isUniqueViolation, type Tx } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { recordEvent } from "../ledger/record.ts";
import { foundHost } from "./actions.ts";
import { changedLabels } from "./host-input.ts";
import type { Service, ServiceId } from "./service.ts";
import { selectorTextOf } from "./service-hosts.ts";
import { demandServiceWithin } from "./service-input.ts";
import { everywhere } from "./store.ts";
import {
  insertService,
  loadService,
  loadServices,
  lockService,
  markServiceRemoved,
  replaceNamedHosts,
  replaceNeeds,
  type ServiceFields,
  updateService,
} from "./store-services.ts";

export interface ServiceInput {
  readonly name: string;
  readonly title: string;
  readonly team: string;
  readonly owners: readonly string[];
  readonly labels: Labels;
  readonly repository: string;
  readonly hostSelector: string | null;
  /** By name or id. */
  readonly hosts: readonly string[];
  readonly needs: readonly string[];
}

export async function addService(
  world: World,
  actor: Actor,
  input: ServiceInput,
): Promise<Service> {
  demandServiceWithin(scopesFor(actor, "service.edit"), input.labels);
  const hosts = await hostIds(world, actor, input.hosts);
  const needs = await serviceIds(world, actor, input.needs);
  const id = newId<ServiceId>(world.clock());
  try {
    await inTransaction(world.db, async (tx) => {
      const num = await insertService(tx, { ...input, id }, world.clock());
      await replaceNamedHosts(tx, num, hosts);
      await replaceNeeds(tx, num, needs);
      await recordEvent(tx, {
        type: "service.added",
        actor: actor.subject,
        object: `service:${id}`,
        facts: { labels: input.labels, hosts: hosts.length, needs: needs.length },
      });
    });
  } catch (cause) {
    if (!isUniqueViolation(cause, "service_name_live")) throw cause;
    throw new Failure(
      "conflict",
      `There is a service ${input.name} already. Names are used once; choose another, or edit that one.`,
      { cause },
    );
  }
  return foundService(world, id, everywhere);
}

/** Hosts that the actor may see: a service cannot be a way of asking for others. */
async function hostIds(
  world: World,
  actor: Actor,
  refs: readonly string[],
): Promise<readonly HostId[]> {
  const scopes = scopesFor(actor, "host.read");
  const hosts = await Promise.all(refs.map((ref) => foundHost(world, ref, scopes)));
  return hosts.map((host) => host.id);
}

async function serviceIds(
  world: World,
  actor: Actor,
  refs: readonly string[],
): Promise<readonly ServiceId[]> {
  const scopes = scopesFor(actor, "service.read");
  const found = await Promise.all(refs.map((ref) => foundService(world, ref, scopes)));
  return found.map((service) => service.id);
}

const REF_CHARACTERS_MAX = 64;

/** The service within the scopes; one outside looks exactly like one that is not there. */
export async function foundService(
  world: World,
  ref: string,
  scopes: readonly Selector[],
): Promise<Service> {
  const service = await loadService(world.db, ref, scopes);
  if (service !== null) return service;
  const shown = ref.slice(0, REF_CHARACTERS_MAX);
  const known = (await loadServices(world.db, { scopes })).map(({ name }) => name);
  const near = didYouMean(nearNames(shown, known));
  throw new Failure("not-found", `There is no service ${shown}.${near}`);
}

export interface ServiceChange {
  readonly title?: string | undefined;
  readonly team?: string | undefined;
  readonly owners?: readonly string[] | undefined;
  /** A value sets, null removes. */
  readonly labels?: Readonly<Record<string, string | null>> | undefined;
  readonly repository?: string | undefined;
  readonly hostSelector?: string | null | undefined;
  readonly hosts?: readonly string[] | undefined;
  readonly needs?: readonly string[] | undefined;
}

export async function editService(
  world: World,
  actor: Actor,
  ref: string,
  change: ServiceChange,
): Promise<Service> {
  const scopes = scopesFor(actor, "service.edit");
  const { id } = await foundService(world, ref, scopes);
  const hosts = change.hosts && (await hostIds(world, actor, change.hosts));
  const needs = change.needs && (await serviceIds(world, actor, change.needs));
  if (needs?.includes(id)) {
    throw new Failure("invalid", "A service cannot need itself. Name the others it needs.");
  }
  await inTransaction(world.db, async (tx) => {
    const { service, num } = await lockedService(tx, id, scopes);
    const next = changedFields(service, change);
    demandServiceWithin(scopes, next.labels);
    await updateService(tx, id, next);
    if (hosts !== undefined) await replaceNamedHosts(tx, num, hosts);
    if (needs !== undefined) await replaceNeeds(tx, num, needs);
    const changed = Object.entries(change).flatMap(([key, value]) =>
      value === undefined ? [] : [key],
    );
    await recordEvent(tx, {
      type: "service.edited",
      actor: actor.subject,
      object: `service:${id}`,
      facts: { changed: changed.sort(), labels: next.labels },
    });
  });
  return foundService(world, id, everywhere);
}

/** Read again under the lock: labels decide who may edit, and somebody may just have changed them. */
export async function lockedService(
  tx: Tx,
  id: ServiceId,
  scopes: readonly Selector[],
): Promise<{ readonly service: Service; readonly num: number }> {
  const num = await lockService(tx, id);
  const service = num === null ? null : await loadService(tx, id, scopes);
  if (num !== null && service !== null) return { service, num };
  throw new Failure("not-found", "The service was removed meanwhile.");
}

function changedFields(service: Service, change: ServiceChange): ServiceFields {
  return {
    title: change.title ?? service.title,
    team: change.team ?? service.team,
    owners: change.owners ?? service.owners,
    labels: changedLabels(service.labels, change.labels ?? {}),
    repository: change.repository ?? service.repository,
    hostSelector:
      change.hostSelector === undefined ? selectorTextOf(service.hosts) : change.hostSelector,
  };
}

export async function removeService(world: World, actor: Actor, ref: string): Promise<void> {
  const scopes = scopesFor(actor, "service.edit");
  const { id } = await foundService(world, ref, scopes);
  await inTransaction(world.db, async (tx) => {
    await lockedService(tx, id, scopes);
    await markServiceRemoved(tx, id, world.clock());
    const object = `service:${id}`;
    await recordEvent(tx, { type: "service.removed", actor: actor.subject, object });
  });
}
