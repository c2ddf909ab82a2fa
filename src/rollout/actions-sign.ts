import type { Actor } from "../base/actor.ts";
import { scopesFor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { newId } from "../base/ids.ts";
import type { RoleName } from "../base/permission.ts";
import { loadChange } from "../change/store.ts";
import { inTransaction } from "../db/database.ts";
import { notify } from "../db/notify.ts";
import type { World } from "../db/world.ts";
import { personBehind } from "../identity/store.ts";
import { demandRollout, wordsDigest } from "./actions.ts";
import { recordRolloutEvent } from "./actions-results.ts";
import { refusalToSign, type Signer } from "./gate-actions.ts";
import type { GateWord } from "./gate-judge.ts";
import { loadFacts, type RolloutRow } from "./store.ts";
import { loadReadings, putGateWord, type StoredReading } from "./store-gates.ts";
import { countTargets, insertWord } from "./store-view.ts";
import { isOver } from "./wave.ts";

/** What people say about gates, and what was measured for them. */
export interface GateRef {
  readonly rollout: string;
  /** 0: after the last wave. */
  readonly wave: number;
  readonly gate: string;
}

/** Accepts or refuses a gate, with a reason that everybody reads. */
export async function signGate(
  world: World,
  actor: Actor,
  input: GateRef & { readonly verdict: GateWord["verdict"]; readonly reason: string },
): Promise<void> {
  const { row, isOpen, gate } = await demandGate(world, actor, input);
  const signer = await signerOf(world, actor, row);
  const refusal = refusalToSign(gate, { signer, isOpen });
  if (refusal !== null) {
    const isForbidden = isOpen && (row.state === "running" || row.state === "halted");
    throw new Failure(isForbidden ? "forbidden" : "blocked", refusal);
  }
  const person = await personBehind(world.db, actor.subject);
  const { verdict, reason: words, wave } = input;
  await inTransaction(world.db, async (tx) => {
    await putGateWord(tx, { rollout: row.id, wave, name: gate.name }, { person, verdict, words });
    const said = { id: newId(world.clock()), rollout: row.id, by: actor.subject, words };
    await insertWord(tx, { ...said, verb: `${verdict}s ${gate.name}` });
    const facts = { wave, gate: gate.name, verdict, reason: wordsDigest(words) };
    await recordRolloutEvent(tx, row.id, "gate.signed", facts, actor.subject);
    await notify(tx, "rollout");
  });
}

/** The newest measurements of a gate, each with its evidence and the digest of it. */
export async function showReadings(
  world: World,
  actor: Actor,
  input: GateRef & { readonly limit: number },
): Promise<readonly StoredReading[]> {
  const { row, gate } = await demandGate(world, actor, input);
  const key = { rollout: row.id, wave: input.wave, name: gate.name };
  return loadReadings(world.db, key, input.limit);
}

async function demandGate(world: World, actor: Actor, { rollout: ref, wave, gate }: GateRef) {
  const row = await demandRollout(world.db, { ref, scopes: scopesFor(actor, "rollout.read") });
  const loaded = await loadFacts(world.db, row.id);
  const { waves = [], after } = loaded?.facts ?? {};
  const own = waves.find(({ number }) => number === wave);
  const stands = wave === 0 ? after?.gates : own?.gates;
  const found = stands?.find((stand) => stand.gate.name === gate);
  if (found === undefined) {
    const where = wave === 0 ? "after its last wave" : `in wave ${wave}`;
    throw new Failure("not-found", `R-${row.number} has no gate ${gate} of its policy ${where}.`);
  }
  const isOpen = wave === 0 ? waves.every(isOver) : own?.state === "open";
  return { row, isOpen, gate: found.gate };
}

/** What decides whether somebody may sign: the roles over every host, and who asked for the change. */
export async function signerOf(world: World, actor: Actor, row: RolloutRow): Promise<Signer> {
  const { db } = world;
  const coversAll = async (scopes: ReturnType<typeof scopesFor>): Promise<boolean> => {
    if (scopes.length === 0) return false;
    if (scopes.some((scope) => scope.length === 0)) return true;
    const { inScope, all } = await countTargets(db, row.id, scopes);
    return inScope === all;
  };
  const roles: RoleName[] = [];
  for (const role of new Set(actor.grants.map((grant) => grant.role))) {
    const scopes = actor.grants.filter((grant) => grant.role === role).map(({ scope }) => scope);
    if (await coversAll(scopes)) roles.push(role);
  }
  const change = await loadChange(db, row.change);
  const person = await personBehind(db, actor.subject);
  return {
    state: row.state,
    mayOperate: await coversAll(scopesFor(actor, "rollout.operate")),
    roles,
    isRequester: change?.requesterPerson === person,
  };
}
