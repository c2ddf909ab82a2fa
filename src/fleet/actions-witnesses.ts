import { type Actor, scopesFor } from "../base/actor.ts";
import { counted } from "../base/counted.ts";
import { Failure } from "../base/failure.ts";
import { parsePublicKeyLine } from "../base/ssh-key.ts";
import { demandUnscoped } from "../base/unscoped.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { foundHost } from "../inventory/actions.ts";
import { parseCosigner } from "../ledger/cosignature.ts";
import { recordEvent } from "../ledger/record.ts";
import { loadWitnessSums, type WitnessSums } from "../ledger/store-witness-sums.ts";
import { loadEnrolment } from "./store.ts";
import {
  holdQuorum,
  insertWitness,
  type ListedWitness,
  loadWitnesses,
  type NewWitness,
  removeWitness,
  setQuorum,
} from "./store-witness.ts";

/** Who is asked to sign heads of the log, and how many must have. */

export interface Witnesses {
  readonly sums: WitnessSums;
  readonly witnesses: readonly ListedWitness[];
}

export async function showWitnesses(world: World): Promise<Witnesses> {
  return { sums: await loadWitnessSums(world.db), witnesses: await loadWitnesses(world.db) };
}

export type GivenWitness =
  | { readonly host: string }
  | {
      readonly name: string;
      readonly url: string;
      readonly keyLine: string;
      readonly noteKey: string;
    };

/** Fails with `conflict` where the name is taken, `blocked` for a host that can be none. */
export async function addWitness(
  world: World,
  actor: Actor,
  given: GivenWitness,
): Promise<ListedWitness> {
  demandUnscoped(actor, "policy.apply", "A witness");
  const made = "host" in given ? await ofHost(world, actor, given.host) : ofElsewhere(given);
  const witness: NewWitness = { ...made, by: actor.subject, at: world.clock() };
  await inTransaction(world.db, async (tx) => {
    if (!(await insertWitness(tx, witness))) {
      throw new Failure(
        "conflict",
        `${witness.name} is a witness already, or was one with another key. Give the new one another name.`,
      );
    }
    await recordEvent(tx, {
      type: "witness.added",
      actor: actor.subject,
      object: `witness:${witness.name}`,
      facts: { key: witness.keyLine, host: witness.host ?? "", url: witness.url ?? "" },
    });
  });
  return found(world, witness.name);
}

type Made = Pick<NewWitness, "name" | "host" | "url" | "keyLine" | "noteKey">;

async function ofHost(world: World, actor: Actor, ref: string): Promise<Made> {
  const host = await foundHost(world, ref, scopesFor(actor, "policy.apply"));
  const enrolment = await loadEnrolment(world.db, host.id);
  if (enrolment === null || enrolment.way === "piped") {
    throw new Failure(
      "blocked",
      `${host.name} can be no witness: its program and key must have come from its own people, so enrol it as installed or as an agent.`,
    );
  }
  const { keyLine } = enrolment;
  return { name: host.protocolId, host: host.id, url: null, keyLine, noteKey: null };
}

function ofElsewhere(given: Exclude<GivenWitness, { readonly host: string }>): Made {
  const key = parsePublicKeyLine(given.keyLine);
  const cosigner = parseCosigner(given.noteKey);
  if (key === null || cosigner === null || cosigner.name !== given.name) {
    throw new Failure(
      "invalid",
      "These are not the two keys of one witness. Take both lines from: fettle witness keys, on its machine.",
    );
  }
  const keyLine = `${key.type} ${key.base64}`;
  return { name: given.name, host: null, url: given.url, keyLine, noteKey: given.noteKey };
}

export async function dropWitness(world: World, actor: Actor, name: string): Promise<void> {
  demandUnscoped(actor, "policy.apply", "A witness");
  await inTransaction(world.db, async (tx) => {
    const before = await holdQuorum(tx);
    if (!(await removeWitness(tx, name, world.clock()))) throw noWitness(name);
    const { need, able } = await holdQuorum(tx);
    // One that contradicts the log counts for nothing: without it no less can start than with it.
    if (able < need && able < before.able) throw tooFew(need, able);
    await recordEvent(tx, {
      type: "witness.removed",
      actor: actor.subject,
      object: `witness:${name}`,
    });
  });
}

/** How many witnesses must have signed before work starts. What hosts demand they judge themselves. */
export async function changeQuorum(world: World, actor: Actor, need: number): Promise<Witnesses> {
  demandUnscoped(actor, "policy.apply", "The quorum");
  await inTransaction(world.db, async (tx) => {
    const { need: was, able } = await holdQuorum(tx);
    if (was === need) return;
    if (need > was && need > able) throw tooFew(need, able);
    await setQuorum(tx, need);
    await recordEvent(tx, {
      type: "witness.quorum-set",
      actor: actor.subject,
      object: "ledger:log",
      facts: { was, need },
    });
  });
  return showWitnesses(world);
}

async function found(world: World, name: string): Promise<ListedWitness> {
  const witness = (await loadWitnesses(world.db)).find((one) => one.name === name);
  if (witness === undefined) throw noWitness(name);
  return witness;
}

/** A quorum that nobody can reach stops the whole fleet without saying so; a freeze says it. */
function tooFew(need: number, able: number): Failure {
  return new Failure(
    "blocked",
    `${counted(able, "witness", "witnesses")} could sign, and the quorum would be ${need}: nothing would start any more. Add witnesses first (fettle witness add), or choose a lower quorum (fettle witness quorum N).`,
  );
}

function noWitness(name: string): Failure {
  return new Failure("not-found", `There is no witness ${name}. See them: fettle witness list`);
}
