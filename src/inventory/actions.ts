import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { type Actor, scopesFor, systemActor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { type HostId, newId } from "../base/ids.ts";
import type { JsonObject } from "../base/json.ts";
import type { Labels, Selector } from "../base/labels.ts";
import { inTransaction, isUniqueViolation } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { recordEvent, recordEvents } from "../ledger/record.ts";
import { scanHostKeys } from "../reach/scan-host-keys.ts";
import { noHost } from "./actions-no-host.ts";
import {
  changedLabels,
  demandPossibleMode,
  demandWithin,
  hostName,
  type SshInput,
  sshWay,
} from "./host-input.ts";
import type { Host, HostWay } from "./model.ts";
import { wayRefusal } from "./own-way.ts";
import {
  everywhere,
  insertHosts,
  loadHost,
  loadHosts,
  lockHost,
  markRemoved,
  type NewHost,
  updateHost,
} from "./store.ts";
import { loadKnownWays } from "./store-ways.ts";

export interface HostInput {
  readonly name: string;
  readonly way: { readonly kind: "local" } | SshInput;
  readonly labels: Labels;
  readonly mode: Host["mode"];
}

export async function addHost(world: World, actor: Actor, input: HostInput): Promise<Host> {
  demandWithin(scopesFor(actor, "host.manage"), input.labels);
  const way = await wayFrom(input.way);
  await demandOwnWay(world, actor, way);
  demandPossibleMode(way, input.mode);
  const { name, labels, mode } = input;
  const host = newHost(world, { name, labels, mode, way });
  await insertWithEvents(world, actor, [host]);
  return foundHost(world, host.id, everywhere);
}

/** Adds hosts that were checked before, all or none. */
export async function insertWithEvents(
  world: World,
  actor: Actor,
  hosts: readonly NewHost[],
): Promise<void> {
  try {
    await inTransaction(world.db, async (tx) => {
      await insertHosts(tx, hosts, world.clock());
      await recordEvents(
        tx,
        hosts.map((host) => ({
          type: "host.added",
          actor: actor.subject,
          object: `host:${host.id}`,
          facts: { ...wayFacts(host.way), mode: host.mode },
        })),
      );
    });
  } catch (cause) {
    if (!isUniqueViolation(cause, "host_name_live")) throw cause;
    const names = hosts.map((host) => host.name).slice(0, 5);
    throw new Failure(
      "conflict",
      `A host with one of these names is already there: ${names.join(", ")}. Names are used once; choose another, or edit the host that has it.`,
      { cause },
    );
  }
}

export function newHost(world: World, given: Omit<NewHost, "id" | "protocolId">): NewHost {
  const protocolId = `h-${randomBytes(10).toString("hex")}`;
  return { ...given, id: newId<HostId>(world.clock()), protocolId };
}

/** Keys that a person confirmed by fingerprint are fetched now; only matching ones are pinned. */
async function wayFrom(input: HostInput["way"]): Promise<HostWay> {
  if (input.kind === "local") return { kind: "local" };
  if (input.fingerprints.length === 0) return sshWay(input);
  const shown = await scanHostKeys(input.address, input.port);
  const confirmed = shown.filter((key) => input.fingerprints.includes(key.fingerprint));
  if (confirmed.length === 0) {
    const seen = shown.map((key) => `${key.type} ${key.fingerprint}`).join(", ");
    throw new Failure(
      "blocked",
      `${input.address}, port ${input.port}, shows none of the confirmed keys but: ${seen}. Compare them on the host's own console; if they differ, somebody may be in between.`,
    );
  }
  return sshWay(
    input,
    confirmed.map((key) => key.line),
  );
}

async function demandOwnWay(world: World, actor: Actor, way: HostWay): Promise<void> {
  const [refusal] = await wayRefusals(world, actor, [way]);
  if (refusal != null) throw new Failure("forbidden", refusal);
}

/** For each way why the actor may not have the server go it, or null; nothing without label limits. */
export async function wayRefusals(
  world: World,
  actor: Actor,
  ways: readonly HostWay[],
): Promise<readonly (string | null)[]> {
  const scopes = scopesFor(actor, "host.manage");
  if (scopes.some((selector) => selector.length === 0)) return ways.map(() => null);
  const known = await loadKnownWays(world.db, scopes, ways);
  return ways.map((way) => wayRefusal(way, known));
}

/** Ledger facts of a way: how, never where or as whom. */
function wayFacts(way: HostWay): JsonObject {
  return way.kind === "ssh"
    ? { way: "ssh", program: way.program, keys: way.hostKeys.length }
    : { way: way.kind };
}

/** The host within the actor's scope; one outside looks exactly like one that is not there. */
export async function foundHost(
  world: World,
  ref: string,
  scopes: readonly Selector[],
): Promise<Host> {
  const host = await loadHost(world.db, ref, scopes);
  if (host === null) throw await noHost(world.db, ref, scopes);
  return host;
}

export interface HostChange {
  readonly labels?: Readonly<Record<string, string | null>> | undefined;
  readonly mode?: Host["mode"] | undefined;
  readonly way?: HostInput["way"] | undefined;
}

export async function editHost(
  world: World,
  actor: Actor,
  ref: string,
  change: HostChange,
): Promise<Host> {
  const scopes = scopesFor(actor, "host.manage");
  const { id } = await foundHost(world, ref, scopes);
  const way = change.way === undefined ? null : await wayFrom(change.way);
  if (way !== null) await demandOwnWay(world, actor, way);
  await inTransaction(world.db, async (tx) => {
    await lockHost(tx, id);
    // Read again under the lock: labels decide who may edit, and somebody may just have changed them.
    const host = await loadHost(tx, id, scopes);
    if (host === null) throw new Failure("not-found", `There is no host ${ref}.`);
    const next = {
      labels: changedLabels(host.labels, change.labels ?? {}),
      mode: change.mode ?? host.mode,
      way: way ?? host.way,
    };
    demandWithin(scopes, next.labels);
    demandPossibleMode(next.way, next.mode);
    await updateHost(tx, id, next);
    await recordEvent(tx, {
      type: "host.edited",
      actor: actor.subject,
      object: `host:${id}`,
      facts: {
        changed: Object.keys(change).sort(),
        mode: next.mode,
        ...(way === null ? {} : wayFacts(way)),
      },
    });
  });
  return foundHost(world, id, everywhere);
}

export async function removeHost(world: World, actor: Actor, ref: string): Promise<void> {
  const scopes = scopesFor(actor, "host.manage");
  const host = await foundHost(world, ref, scopes);
  await inTransaction(world.db, async (tx) => {
    if ((await lockHost(tx, host.id)) === null) return;
    await markRemoved(tx, host.id, world.clock());
    const object = `host:${host.id}`;
    await recordEvent(tx, { type: "host.removed", actor: actor.subject, object });
  });
}

/**
 * Adds the machine the server runs on, for inspection only; the same host on every later start. A
 * name that another host has already gets a number behind it.
 */
export async function enrolLocalHost(world: World): Promise<Host> {
  const hosts = await loadHosts(world.db, { scopes: everywhere, way: "local" });
  const known = hosts[0];
  if (known !== undefined) return known;
  const base = localName();
  for (let number = 1; ; number++) {
    const name = number === 1 ? base : `${base.slice(0, 58)}-${number}`;
    if ((await loadHost(world.db, name, everywhere)) !== null) continue;
    const way: HostWay = { kind: "local" };
    const host = newHost(world, { name, labels: {}, way, mode: "inspect-only" });
    await insertWithEvents(world, systemActor, [host]);
    return foundHost(world, host.id, everywhere);
  }
}

function localName(): string {
  const name = hostname().toLowerCase();
  return hostName.safeParse(name).success ? name : "localhost";
}
