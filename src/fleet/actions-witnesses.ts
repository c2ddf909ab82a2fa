import { type Actor, scopesFor } from "../base/actor.ts";
import { counted } from "../base/counted.ts";
import { Failure } from "../base/failure.ts";
import { parsePublicKeyLine } from "../base/ssh-key.ts";
import { demandUnscoped } from "../base/unscoped.ts";
import { inTransaction } from "../db/database.ts";
import { notify } from "../db/notify.ts";
import type { World } from "../db/world.ts";
import { foundHost } from "../inventory/actions.ts";
import { parseCosigner } from "../ledger/cosignature.ts";
import { recordEvent } from "../ledger/record.ts";
import { loadWitnessSums, type WitnessSums } from "../ledger/store-witness-sums.ts";
import { loadEnrolment } from "./store.ts";
import {
  insertWitness,
  type ListedWitness,
  loadWitnesses,
  type NewWitness,
  removeWitness,
} from "./store-witness.ts";
import {
  dropRingQuorum,
  holdQuorum,
  loadRingQuorums,
  type Quorum,
  type RingQuorum,
  setOperator,
  setQuorum,
  setRingQuorum,
} from "./store-witness-quorum.ts";
import type { RingRule } from "./witness-choice.ts";

/** Who is asked to sign heads of the log, and how many must have. */

export interface Witnesses {
  readonly sums: WitnessSums;
  readonly witnesses: readonly ListedWitness[];
  readonly rings: readonly RingQuorum[];
}

export async function showWitnesses(world: World): Promise<Witnesses> {
  const sums = await loadWitnessSums(world.db);
  const witnesses = await loadWitnesses(world.db);
  return { sums, witnesses, rings: await loadRingQuorums(world.db) };
}

export type GivenWitness = { readonly operator?: string | undefined } & (
  | { readonly host: string }
  | {
      readonly name: string;
      readonly url: string;
      readonly keyLine: string;
      readonly noteKey: string;
    }
);

/** Fails with `conflict` where the name is taken, `blocked` for a host that can be none. */
export async function addWitness(
  world: World,
  actor: Actor,
  given: GivenWitness,
): Promise<ListedWitness> {
  demandUnscoped(actor, "policy.apply", "A witness");
  const made = "host" in given ? await ofHost(world, actor, given.host) : ofElsewhere(given);
  const operator = given.operator ?? null;
  const witness: NewWitness = { ...made, operator, by: actor.subject, at: world.clock() };
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
      facts: {
        ...{ key: witness.keyLine, host: witness.host ?? "", url: witness.url ?? "" },
        operator: operator ?? "",
      },
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
    demandReach(before, await holdQuorum(tx));
    await recordEvent(tx, {
      type: "witness.removed",
      actor: actor.subject,
      object: `witness:${name}`,
    });
  });
}

/** Says whose hands a witness is in, or (null) takes that back. For rings it may count otherwise then. */
export async function changeOperator(
  world: World,
  actor: Actor,
  { name, operator }: { readonly name: string; readonly operator: string | null },
): Promise<ListedWitness> {
  demandUnscoped(actor, "policy.apply", "A witness");
  const was = (await found(world, name)).operator;
  await inTransaction(world.db, async (tx) => {
    const before = await holdQuorum(tx);
    if (!(await setOperator(tx, { witness: name, operator }))) throw noWitness(name);
    demandReach(before, await holdQuorum(tx));
    await recordEvent(tx, {
      ...{ type: "witness.operator-set", actor: actor.subject, object: `witness:${name}` },
      facts: { was: was ?? "", operator: operator ?? "" },
    });
    await notify(tx, "change");
  });
  return found(world, name);
}

/** How many witnesses must have signed before work starts. What hosts demand they judge themselves. */
export async function changeQuorum(world: World, actor: Actor, need: number): Promise<Witnesses> {
  demandUnscoped(actor, "policy.apply", "The quorum");
  await inTransaction(world.db, async (tx) => {
    const { need: was, able } = await holdQuorum(tx);
    if (was === need) return;
    if (need > was && need > able) throw tooFew({ need, able });
    await setQuorum(tx, need);
    await recordEvent(tx, {
      type: "witness.quorum-set",
      actor: actor.subject,
      object: "ledger:log",
      facts: { was, need },
    });
    // What waited for more may go on.
    await notify(tx, "change");
  });
  return showWitnesses(world);
}

/** The same for one ring, beside the quorum of all; `need` 0 takes the ring's rule away. */
export async function changeRingQuorum(
  world: World,
  actor: Actor,
  rule: RingRule,
): Promise<Witnesses> {
  demandUnscoped(actor, "policy.apply", "The quorum");
  await inTransaction(world.db, async (tx) => {
    const was = ruleOf(await holdQuorum(tx), rule.ring);
    if (rule.need === 0) {
      if (was === undefined) return;
      await dropRingQuorum(tx, rule.ring);
    } else {
      await setRingQuorum(tx, rule);
      const able = ruleOf(await holdQuorum(tx), rule.ring)?.able ?? 0;
      if (able < rule.need && !isLooser(rule, was)) throw tooFew({ ...rule, able });
    }
    await recordEvent(tx, {
      type: "witness.ring-quorum-set",
      actor: actor.subject,
      object: `ring:${rule.ring}`,
      facts: {
        ...{ was: was?.need ?? 0, need: rule.need },
        ...{ wasOperator: was?.operator ?? "", operator: rule.operator ?? "" },
      },
    });
    await notify(tx, "change");
  });
  return showWitnesses(world);
}

function ruleOf({ rings }: Quorum, ring: string): RingQuorum | undefined {
  return rings.find((one) => one.ring === ring);
}

/** A rule that cannot be met may still be made to ask less. */
function isLooser(rule: RingRule, was: RingRule | undefined): boolean {
  return was !== undefined && was.operator === rule.operator && rule.need <= was.need;
}

/**
 * Fails with `blocked` where a quorum could be reached no more. One that contradicts the log counts for
 * nothing: without it no less can start than with it.
 */
function demandReach(before: Quorum, after: Quorum): void {
  if (after.able < after.need && after.able < before.able) throw tooFew(after);
  for (const ring of after.rings) {
    const was = ruleOf(before, ring.ring)?.able ?? 0;
    if (ring.able < ring.need && ring.able < was) throw tooFew(ring);
  }
}

async function found(world: World, name: string): Promise<ListedWitness> {
  const witness = (await loadWitnesses(world.db)).find((one) => one.name === name);
  if (witness === undefined) throw noWitness(name);
  return witness;
}

/** A quorum that nobody can reach stops the whole fleet without saying so; a freeze says it. */
function tooFew(of: {
  need: number;
  able: number;
  ring?: string;
  operator?: string | null;
}): Failure {
  const { need, able, ring, operator } = of;
  const could = `${counted(able, "witness", "witnesses")} could sign`;
  if (ring === undefined) {
    return new Failure(
      "blocked",
      `${could}, and the quorum would be ${need}: nothing would start any more. Add witnesses first (fettle witness add), or choose a lower quorum (fettle witness quorum N).`,
    );
  }
  const none =
    operator == null
      ? "its own hosts do not count"
      : `neither its own hosts count nor witnesses that are of ${operator} or of nobody named`;
  return new Failure(
    "blocked",
    `${could} for ring ${ring}, and it would need ${need}: nothing would start there any more. For it ${none}, and all of one operator count once. Add witnesses of others first (fettle witness add HOST --operator WHOSE), or choose a lower quorum (fettle witness quorum N --ring ${ring}).`,
  );
}

function noWitness(name: string): Failure {
  return new Failure("not-found", `There is no witness ${name}. See them: fettle witness list`);
}
