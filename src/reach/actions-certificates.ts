import { randomBytes } from "node:crypto";
import { systemActor } from "../base/actor.ts";
import { assert, Failure } from "../base/failure.ts";
import type { ChangeId, HostId, RolloutId, SubjectId } from "../base/ids.ts";
import { type Instant, SECOND_MS } from "../base/instant.ts";
import { signCertificate } from "../base/ssh-certificate.ts";
import { fingerprint, type PublicKey } from "../base/ssh-key.ts";
import { inTransaction, type Tx } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { recordEvent } from "../ledger/record.ts";
import { type Purpose, principalFor } from "./certificate-lines.ts";
import { authorityKey } from "./store-authority-key.ts";
import {
  type Authority,
  insertAuthority,
  insertCertificate,
  loadAuthorities,
  lockAuthorities,
  markSigning,
  retireBefore,
} from "./store-certificates.ts";

/** The authority of SSH user certificates: its keys, and signing one certificate. */

/** Hosts whose clock is a little behind take it too; together with its life well below ten minutes. */
const BACKDATE_MS = 120 * SECOND_MS;
/** Needed only until the connection stands. */
export const CERTIFICATE_LIFE_MS = 300 * SECOND_MS;

export interface CertificateOrder {
  readonly purpose: Purpose;
  readonly host: { readonly id: HostId; readonly name: string; readonly protocolId: string };
  readonly key: PublicKey;
  /** What sshd's log ties to ours, such as `C-12 R-7 1`; the host's name and purpose are added. */
  readonly about: string;
  readonly forceCommand: string;
  readonly hasTerminal: boolean;
  readonly until: Instant;
  readonly at: Instant;
  readonly by: SubjectId | null;
  readonly change?: ChangeId;
  readonly rollout?: RolloutId;
  readonly elevation?: string;
}

export interface Issued {
  readonly line: string;
  readonly serial: number;
  readonly keyId: string;
  readonly until: Instant;
}

/**
 * Signs one certificate, in the transaction in which whoever asks was judged. The row and the event are
 * there before it is of any use to anybody.
 */
export async function issueCertificate(
  world: World,
  tx: Tx,
  order: CertificateOrder,
): Promise<Issued> {
  const authority = await signingAuthority(world, tx);
  const { purpose, host, key, at } = order;
  const principal = principalFor(purpose, host.protocolId);
  const keyId = `fettle ${purpose} ${host.name} ${order.about}`.trim();
  const validAfter = Math.floor((at - BACKDATE_MS) / SECOND_MS) * SECOND_MS;
  const validBefore = Math.floor(order.until / SECOND_MS) * SECOND_MS;
  const serial = await insertCertificate(tx, {
    ...{ authority: authority.generation, purpose, host: host.id, principal, keyId, at },
    ...{ keyFingerprint: fingerprint(key), validAfter, validBefore },
    ...{ change: order.change ?? null, rollout: order.rollout ?? null },
    ...{ elevation: order.elevation ?? null, person: purpose === "person" ? order.by : null },
  });
  const signed = signCertificate(
    {
      ...{ key, keyId, serial: BigInt(serial), principals: [principal] },
      ...{ validAfter: validAfter / SECOND_MS, validBefore: validBefore / SECOND_MS },
      ...{ forceCommand: order.forceCommand, hasTerminal: order.hasTerminal },
      sourceAddresses: world.config.certificates.sourceAddresses,
    },
    { key: authorityKey(world.paths.state, authority.generation), nonce: randomBytes(32) },
  );
  if (!signed.ok) throw new Failure("blocked", `No certificate was signed: ${signed.why}.`);
  await recordEvent(tx, {
    type: "certificate.issued",
    actor: order.by ?? systemActor.subject,
    object: `host:${host.id}`,
    ...(order.change === undefined ? {} : { change: order.change }),
    facts: {
      ...{ serial, purpose, principal, key: fingerprint(key), authority: authority.generation },
      ...(order.elevation === undefined ? {} : { elevation: order.elevation }),
      ...(order.rollout === undefined ? {} : { rollout: order.rollout }),
      seconds: (validBefore - validAfter) / SECOND_MS,
    },
  });
  return { line: signed.line, serial, keyId, until: validBefore };
}

/** The newest that signs; the first one is made when it is first needed. */
async function signingAuthority(world: World, tx: Tx): Promise<Authority> {
  const known = newestSigning(await loadAuthorities(tx));
  if (known !== undefined) return known;
  await makeAuthority(world, tx, "now");
  const made = newestSigning(await loadAuthorities(tx));
  assert(made !== undefined, "an authority was just made");
  return made;
}

function newestSigning(all: readonly Authority[]): Authority | undefined {
  return all.findLast((one) => one.signsFrom !== null && one.retiredAt === null);
}

/** Those that hosts should trust now, oldest first; made where there is none yet. */
export async function trustedAuthorities(world: World): Promise<readonly Authority[]> {
  return inTransaction(world.db, async (tx) => {
    await signingAuthority(world, tx);
    return (await loadAuthorities(tx)).filter((one) => one.retiredAt === null);
  });
}

export const authorityActs = ["prepare", "switch", "retire"] as const;
export type AuthorityAct = (typeof authorityActs)[number];

/**
 * A new authority takes the old one's place in three steps, so that hosts trust both in between:
 * `prepare` makes it, `switch` has it sign, `retire` takes the older ones off the lines.
 */
export async function turnAuthority(
  world: World,
  by: SubjectId,
  act: AuthorityAct,
): Promise<readonly Authority[]> {
  await inTransaction(world.db, async (tx) => {
    await lockAuthorities(tx);
    const signing = await signingAuthority(world, tx);
    const next = (await loadAuthorities(tx)).find((one) => one.signsFrom === null);
    const at = world.clock();
    if (act === "prepare") {
      if (next !== undefined) throw blocked("The next authority is there already. Switch to it.");
      await makeAuthority(world, tx, "later");
    } else if (act === "switch") {
      if (next === undefined) throw blocked("There is no other authority yet. Prepare one first.");
      await markSigning(tx, next.generation, at);
    } else {
      if (next !== undefined) throw blocked("The next authority does not sign yet. Switch first.");
      await retireBefore(tx, signing.generation, at);
    }
    const newest = (await loadAuthorities(tx)).at(-1);
    await recordEvent(tx, {
      type: `authority.${act}`,
      actor: by,
      object: `authority:ssh-${newest?.generation ?? 0}`,
      facts: { signs: newestSigning(await loadAuthorities(tx))?.generation ?? 0 },
    });
  });
  return trustedAuthorities(world);
}

function blocked(message: string): Failure {
  return new Failure("blocked", message);
}

async function makeAuthority(world: World, tx: Tx, signs: "now" | "later"): Promise<void> {
  await lockAuthorities(tx);
  const all = await loadAuthorities(tx);
  // Another server made the first one meanwhile.
  if (signs === "now" && newestSigning(all) !== undefined) return;
  const generation = (all.at(-1)?.generation ?? 0) + 1;
  const keyLine = authorityKey(world.paths.state, generation).publicKeyLine;
  await insertAuthority(tx, { generation, keyLine, at: world.clock(), signs });
}
