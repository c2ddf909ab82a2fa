import type { Actor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { MINUTE_MS, SECOND_MS } from "../base/instant.ts";
import { type PublicKey, parsePublicKeyLine } from "../base/ssh-key.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import type { Host } from "../inventory/model.ts";
import { loadHost } from "../inventory/store.ts";
import { type Issued, issueCertificate } from "../reach/actions-certificates.ts";
import { personCommand } from "../reach/certificate-lines.ts";
import { loadChange } from "./store.ts";
import { hasPlanHost, holdElevation, lockElevation } from "./store-elevations.ts";

/** With what certificates are given before their time, ten minutes at most (trust.md A9). */
const PERSON_LIFE_MS = 8 * MINUTE_MS;

/**
 * A certificate for a person's own key, for one host of the change that they were lent. It is good for
 * eight minutes and never past the elevation, and the login that it opens ends with it.
 */
export async function certifyPerson(
  world: World,
  actor: Actor,
  given: { readonly elevation: string; readonly host: string; readonly publicKey: string },
): Promise<Issued & { readonly host: Pick<Host, "name" | "way"> }> {
  const key = parsePublicKeyLine(given.publicKey);
  if (key === null) {
    throw new Failure("invalid", "Give the line of an Ed25519 or P-256 key: ssh-ed25519 AAAA…");
  }
  return inTransaction(world.db, async (tx) => {
    const elevation = await lockElevation(tx, given.elevation);
    if (elevation === null || elevation.person !== actor.subject) {
      throw new Failure("not-found", `There is no elevation ${given.elevation.slice(0, 64)}.`);
    }
    const { id, number, countsUntil, change, plan } = elevation;
    const now = world.clock();
    const isLent = actor.elevations?.some((one) => one.id === id) === true;
    if (!isLent || !(await holdElevation(tx, { id, change, now })) || countsUntil === null) {
      throw new Failure("blocked", `J-${number} lends nothing now, so nothing is signed for it.`);
    }
    const host = await loadHost(tx, given.host, [[]]);
    if (host === null || !(await hasPlanHost(tx, plan, host.id))) {
      throw new Failure("not-found", `There is no host ${given.host.slice(0, 64)} in this change.`);
    }
    const until = Math.min(now + PERSON_LIFE_MS, countsUntil);
    const of = await loadChange(tx, change);
    const issued = await issueCertificate(world, tx, {
      ...personalOrder({ host, key, seconds: (until - now) / SECOND_MS }),
      ...{ at: now, until, by: actor.subject, change, elevation: id },
      about: `C-${of?.number ?? 0} J-${number} ${actor.subject}`,
    });
    return { ...issued, host };
  });
}

function personalOrder(of: {
  readonly host: Host;
  readonly key: PublicKey;
  readonly seconds: number;
}) {
  const { host, key, seconds } = of;
  if (host.way.kind !== "ssh") {
    throw new Failure("blocked", `${host.name} is not reached over SSH, so nobody signs in there.`);
  }
  const forceCommand = personCommand(seconds);
  return { purpose: "person" as const, host, key, forceCommand, hasTerminal: true };
}
