import type { Actor } from "../base/actor.ts";
import { sha256 } from "../base/digest.ts";
import { Failure, present } from "../base/failure.ts";
import { inTransaction, type Reader } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { writeOfflineBundle } from "../fleet/bundle.ts";
import { signedParts } from "./actions-bundle.ts";
import { demandHost } from "./actions-hosts.ts";
import { recordRolloutEvent } from "./actions-results.ts";
import { holdToText } from "./hold.ts";
import type { TargetState } from "./model.ts";
import { loadFacts, type RolloutRow } from "./store.ts";
import { loadJobOfHost } from "./store-targets.ts";

/**
 * The file that root of a host runs by hand, `fettle-host local FILE` (host protocol §9): what people
 * signed and the log proves, without an order. The host judges it by itself; what is refused here
 * would be refused there, or would start what somebody stopped.
 */
export async function takeOfflineBundle(
  world: World,
  actor: Actor,
  input: { readonly rollout: string; readonly host: string },
): Promise<string> {
  const { row, host } = await demandHost(world, actor, input);
  return inTransaction(world.db, async (tx) => {
    await demandStartable(tx, row);
    const job = present(
      await loadJobOfHost(tx, { rollout: row.id, host: host.id }),
      `the job of ${host.name}`,
    );
    if (job.isQuarantined) throw refused(row, `${host.name} is in quarantine`);
    if (over.has(job.state)) throw refused(row, `${host.name} is ${job.state} already`);
    const signed = await signedParts(world, rolloutOf(row), [job]);
    const { parts } = present(signed.get(host.id), `the job of ${host.name}`);
    const text = writeOfflineBundle(parts);
    const facts = { host: host.id, bundle: sha256(text) };
    await recordRolloutEvent(tx, row.id, "target.bundle-taken", facts, actor.subject);
    return text;
  });
}

const over: ReadonlySet<TargetState> = new Set([
  ...(["done", "noop", "reverted", "skipped", "lost"] as const),
]);

function rolloutOf({ id, plan, change }: RolloutRow) {
  return { rollout: id, plan, change };
}

async function demandStartable(tx: Reader, row: RolloutRow): Promise<void> {
  const { facts, now } = present(await loadFacts(tx, row.id), `the rollout R-${row.number}`);
  if (facts.state !== "running" || facts.halted !== null) {
    throw refused(row, facts.state === "running" ? "a halt holds it" : `it is ${facts.state}`);
  }
  if (facts.approvalHold !== null) throw refused(row, holdToText(facts.approvalHold, now));
}

function refused(row: Pick<RolloutRow, "number">, why: string): Failure {
  return new Failure("blocked", `R-${row.number} gives out no offline bundle: ${why}.`);
}
