import { type Actor, scopesFor } from "../base/actor.ts";
import { lineOfBareKey } from "../base/bare-key.ts";
import { sha256 } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import { newId, type PlanDigest } from "../base/ids.ts";
import { instantToSeconds } from "../base/instant.ts";
import type { Selector } from "../base/labels.ts";
import { fingerprint, parsePublicKeyLine } from "../base/ssh-key.ts";
import { parseSignature, verifySshSignature } from "../base/sshsig.ts";
import { demandUnscoped } from "../base/unscoped.ts";
import { flagBits } from "../base/webauthn.ts";
import { demandChange, lockForTaking } from "../change/actions.ts";
import { endRevoked } from "../change/actions-end.ts";
import type { Change } from "../change/model.ts";
import { changeOfPlan, loadChange } from "../change/store.ts";
import { inTransaction, type Reader, type Tx } from "../db/database.ts";
import { notify } from "../db/notify.ts";
import type { World } from "../db/world.ts";
import { parseRevocation, type RevocationText, writeRevocation } from "../fleet/trust-frame.ts";
import { revokeKey } from "../identity/actions-keys.ts";
import { demandOwnSignature } from "../identity/actions-sign.ts";
import type { GivenSignature } from "../identity/given-signature.ts";
import type { ApproverKey } from "../identity/model.ts";
import { loadSubject } from "../identity/store.ts";
import { loadKeys } from "../identity/store-keys.ts";
import { recordEvent } from "../ledger/record.ts";
import type { Revocation } from "./revocation.ts";
import {
  addOwnedHosts,
  addPlanHosts,
  insertRevocation,
  type ListedRevocation,
  loadRevocations,
  loadToldHosts,
  type ToldHost,
  tellAllAgain,
} from "./store-revocations.ts";

/**
 * Revoking a plan or a key by one's own signature (host protocol §3). The server checks what it can:
 * an approver's key is registered here, a root's stands in the hosts' policies only, so hosts judge
 * that one by themselves. What follows here only narrows: a change ends, a key is removed.
 */
export type Target = { readonly change: string } | { readonly key: string };

export interface RevocationDraft {
  /** The bytes to sign, namespace fettle-revoke-v1. */
  readonly document: string;
  readonly what: "plan" | "key";
  readonly target: string;
}

export async function draftRevocation(
  world: World,
  actor: Actor,
  target: Target,
): Promise<RevocationDraft> {
  const { db } = world;
  const what = "change" in target ? "plan" : "key";
  const id =
    "change" in target
      ? (await demandRevocable(db, actor, target.change)).plan
      : (await demandKey(db, actor, { fingerprint: target.key })).base64;
  const issued = instantToSeconds(world.clock());
  const document = writeRevocation({ tenant: world.config.deployment, what, id, issued });
  return { document, what, target: id };
}

export interface RevocationInput extends GivenSignature {
  readonly document: string;
  /** The name of the root whose key signed, as host policies have it; absent for an approver. */
  readonly root?: string | undefined;
  readonly reason: string;
}

/** Keeps it, ends what it is about, and has every host that it concerns told. */
export async function revoke(
  world: World,
  actor: Actor,
  input: RevocationInput,
): Promise<ListedRevocation> {
  const text = demandText(world, input.document);
  const id = await inTransaction(world.db, (tx) =>
    text.what === "plan"
      ? revokePlan(world, tx, { actor, text, input })
      : revokeKeyOf(world, tx, { actor, text, input }),
  );
  const [made] = await loadRevocations(world.db, { scopes: [[]], id, limit: 1 });
  if (made === undefined) throw new Failure("internal", "The revocation is kept but not found.");
  return made;
}

interface Revoking {
  readonly actor: Actor;
  readonly text: RevocationText;
  readonly input: RevocationInput;
}

async function revokePlan(world: World, tx: Tx, of: Revoking): Promise<string> {
  const { actor, text, input } = of;
  const change = await lockRevocable(tx, actor, text.id as PlanDigest);
  const signed = await demandSigned(tx, of, "revoke this plan");
  const at = world.clock();
  const revocation = revocationOf(of, { ...signed, change, fingerprint: null, at });
  await keepOnce(tx, revocation, `C-${change.number}`);
  const hosts = await addPlanHosts(tx, revocation.id, change.plan);
  await endRevoked(tx, change, { actor, at, reason: input.reason });
  await recordRevoked(tx, revocation, hosts, change);
  return revocation.id;
}

async function revokeKeyOf(world: World, tx: Tx, of: Revoking): Promise<string> {
  const { actor, text, input } = of;
  if (input.root === undefined) {
    throw new Failure(
      "forbidden",
      "Only a root revokes a key: hosts take it from nobody else. Sign with a root's key and name that root as the hosts' policies do.",
    );
  }
  const key = await demandKey(tx, actor, { base64: text.id });
  const signed = await demandSigned(tx, of, "revoke this key");
  const at = world.clock();
  const revocation = revocationOf(of, {
    ...signed,
    change: null,
    fingerprint: key.fingerprint,
    at,
  });
  await keepOnce(tx, revocation, key.fingerprint);
  const hosts = await addOwnedHosts(tx, revocation.id);
  await revokeKey(tx, key, actor.subject);
  await recordRevoked(tx, revocation, hosts, null);
  return revocation.id;
}

function demandText(world: World, document: string): RevocationText {
  const parsed = parseRevocation(document);
  if (!parsed.ok) {
    throw new Failure(
      "invalid",
      `This is not a revocation that hosts can read: line ${parsed.line}: ${parsed.why}.`,
    );
  }
  const { value } = parsed;
  if (value.tenant !== world.config.deployment) {
    throw new Failure(
      "invalid",
      `The revocation is for ${value.tenant}; this is ${world.config.deployment}.`,
    );
  }
  // Hosts take none from the future, and none is too old: it only ever narrows.
  const ahead = value.issued - instantToSeconds(world.clock());
  if (ahead <= CLOCK_SKEW_S) return value;
  throw new Failure(
    "invalid",
    `The revocation is dated ${ahead} seconds from now. Set that clock.`,
  );
}

/** As on hosts (host protocol §6.8). */
const CLOCK_SKEW_S = 300;

interface Signed {
  readonly signer: string;
  readonly class: Revocation["class"];
  readonly keyLine: string;
  readonly signature: string;
}

async function demandSigned(tx: Tx, of: Revoking, deed: string): Promise<Signed> {
  const { actor, input } = of;
  const toSign = { namespace: "fettle-revoke-v1", bytes: input.document, deed } as const;
  if (input.root !== undefined) return { signer: input.root, class: "root", ...rootSigned(input) };
  const subject = await loadSubject(tx, actor.subject);
  if (subject === null || subject.disabledAt !== null || actor.kind !== "person") {
    throw new Failure("forbidden", "Only a person revokes. Sign in as yourself.");
  }
  const { key, keyLine, armoured } = await demandOwnSignature(tx, subject, toSign, input);
  return { signer: subject.handle, class: key.class, keyLine, signature: armoured };
}

/** Good in itself, and touched where the key is hardware; whether it is a root's, hosts decide. */
function rootSigned(input: RevocationInput): Pick<Signed, "keyLine" | "signature"> {
  const signature = input.signature ?? "";
  const keyLine = lineOfBareKey(parseSignature(signature)?.publicKey.toString("base64") ?? "");
  const verdict = verifySshSignature({
    ...{ namespace: "fettle-revoke-v1", bytes: input.document },
    ...{ armoured: signature, publicKeyLine: keyLine },
  });
  if (!verdict.ok) {
    throw new Failure(
      "invalid",
      `The root's signature does not revoke this: ${verdict.why}. Sign the exact text with \`ssh-keygen -Y sign -n fettle-revoke-v1\`.`,
    );
  }
  if (verdict.flags === null || (verdict.flags & flagBits.touched) !== 0) {
    return { keyLine, signature };
  }
  throw new Failure("forbidden", "The root's security key was not touched. Sign again.");
}

function revocationOf(
  { actor, text, input }: Revoking,
  of: Signed & {
    readonly change: Change | null;
    readonly fingerprint: string | null;
    readonly at: number;
  },
): Revocation {
  const { signer, class: cls, keyLine, signature, change, at } = of;
  return {
    ...{ id: newId<string>(at), what: text.what, target: text.id, text: input.document },
    ...{ targetFingerprint: of.fingerprint, change: change?.id ?? null, reason: input.reason },
    ...{ signer, class: cls, keyLine, signature, by: actor.subject, at },
  };
}

async function keepOnce(tx: Tx, revocation: Revocation, name: string): Promise<void> {
  if (await insertRevocation(tx, revocation)) return;
  throw new Failure("conflict", `${name} was revoked with this key already.`);
}

async function recordRevoked(
  tx: Tx,
  revocation: Revocation,
  hosts: number,
  change: Change | null,
): Promise<void> {
  const { what, target, class: cls, keyLine, by, reason, id } = revocation;
  const about =
    change === null ? {} : { patch: change.patch, change: change.id, plan: change.plan };
  await recordEvent(tx, {
    type: what === "plan" ? "plan.revoked" : "key.revoked",
    actor: by,
    object: `revocation:${id}`,
    ...about,
    facts: {
      target: what === "plan" ? target : (revocation.targetFingerprint ?? ""),
      key: fingerprintOf(keyLine),
      class: cls,
      hosts,
      reason: sha256(reason),
    },
  });
  await notify(tx, "rollout");
}

export function fingerprintOf(keyLine: string): string {
  const key = parsePublicKeyLine(keyLine);
  return key === null ? "" : fingerprint(key);
}

/** Whoever may approve for one of its hosts may take it from all: that only ever narrows. */
async function demandRevocable(reader: Reader, actor: Actor, ref: string): Promise<Change> {
  const change = await loadChange(reader, ref);
  return demandChange(reader, scopesFor(actor, "change.approve"), { ref, change });
}

async function lockRevocable(tx: Tx, actor: Actor, plan: PlanDigest): Promise<Change> {
  const found = await changeOfPlan(tx, plan);
  const change = found === null ? null : await lockForTaking(tx, found);
  if (change?.plan === plan) {
    return demandChange(tx, scopesFor(actor, "change.approve"), { ref: plan, change });
  }
  throw new Failure(
    "not-found",
    `No change that you may approve has the plan ${plan.slice(0, 12)} now. Fetch the text again.`,
  );
}

async function demandKey(
  reader: Reader,
  actor: Actor,
  by: { readonly fingerprint: string } | { readonly base64: string },
): Promise<ApproverKey> {
  demandUnscoped(actor, "user.manage", "Revoking keys");
  const [key] = await loadKeys(reader, by);
  if (key !== undefined) return key;
  const name = "fingerprint" in by ? by.fingerprint : "of this revocation";
  throw new Failure("not-found", `The key ${name} is registered by nobody here.`);
}

export async function listRevocations(
  world: World,
  actor: Actor,
  limit: number,
): Promise<readonly ListedRevocation[]> {
  return loadRevocations(world.db, { scopes: scopesFor(actor, "change.read"), limit });
}

async function findRevocation(
  world: World,
  scopes: readonly Selector[],
  id: string,
): Promise<ListedRevocation> {
  const [revocation] = await loadRevocations(world.db, { scopes, id, limit: 1 });
  if (revocation !== undefined) return revocation;
  throw new Failure("not-found", `There is no revocation ${id.slice(0, 64)}.`);
}

const HOSTS_SHOWN_MAX = 1000;

export async function showRevocation(
  world: World,
  actor: Actor,
  id: string,
): Promise<{ readonly revocation: ListedRevocation; readonly hosts: readonly ToldHost[] }> {
  const scopes = scopesFor(actor, "change.read");
  const revocation = await findRevocation(world, scopes, id);
  const of = { revocation: id, scopes, limit: HOSTS_SHOWN_MAX };
  return { revocation, hosts: await loadToldHosts(world.db, of) };
}

/**
 * After a host's own people changed whom it believes: all that have not taken it hear it again, of those over
 * which this person may decide. Whoever decides over none of its hosts finds no such revocation.
 */
export async function retellRevocation(world: World, actor: Actor, id: string): Promise<number> {
  const scopes = scopesFor(actor, "change.approve");
  const revocation = await findRevocation(world, scopes, id);
  return inTransaction(world.db, async (tx) => {
    const hosts = await tellAllAgain(tx, { revocation: revocation.id, scopes });
    await recordEvent(tx, {
      type: "revocation.retold",
      actor: actor.subject,
      object: `revocation:${revocation.id}`,
      facts: { hosts },
    });
    await notify(tx, "rollout");
    return hosts;
  });
}
