import { systemActor } from "../base/actor.ts";
import { assert } from "../base/failure.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { tellHost } from "../fleet/actions-trust.ts";
import { TELL_LEASE_SECONDS, tellAgainSeconds } from "../fleet/tell-again.ts";
import { writeTrustFrame } from "../fleet/trust-frame.ts";
import { everywhere, loadHost } from "../inventory/store.ts";
import { recordEvent } from "../ledger/record.ts";
import { type Telling, type Told, toldBy } from "./revocation.ts";
import { claimTellings, loadRevocation, writeTold } from "./store-revocations.ts";

/** Carrying revocations to hosts, each to each until the host has answered for itself. */

export function takeTellings(world: World, countMax: number): Promise<readonly Telling[]> {
  const claim = { countMax, leaseSeconds: TELL_LEASE_SECONDS };
  return claimTellings(world.db, claim);
}

export async function tellRevocation(
  world: World,
  telling: Telling,
  signal: AbortSignal,
): Promise<Told> {
  const told = await toldNow(world, telling, signal);
  const againSeconds = tellAgainSeconds(telling.tries);
  await inTransaction(world.db, async (tx) => {
    if (!(await writeTold(tx, { telling, told, againSeconds }))) return;
    if (told.outcome !== "refused") return;
    // What a host does not take stays true there until its own people act, so it is told of.
    await recordEvent(tx, {
      type: "revocation.refused",
      actor: systemActor.subject,
      object: `revocation:${telling.revocation}`,
      facts: { host: telling.host, code: told.code ?? "" },
    });
  });
  return told;
}

async function toldNow(world: World, telling: Telling, signal: AbortSignal): Promise<Told> {
  const revocation = await loadRevocation(world.db, telling.revocation);
  assert(revocation !== null, "revocations are never removed");
  const host = await loadHost(world.db, telling.host, everywhere);
  if (host === null) return { outcome: "waiting", code: null, why: "the host was removed" };
  const frame = writeTrustFrame({ revocations: [revocation], policies: [] });
  const said = await tellHost(world, host, { frame, by: revocation.by, signal });
  if (said.kind === "answered") return toldBy(said.answers);
  return { outcome: "waiting", code: null, why: said.message };
}
