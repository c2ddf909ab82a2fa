import { randomInt } from "node:crypto";
import type { Actor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import type { SubjectId } from "../base/ids.ts";
import { inTransaction, type Tx } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { recordEvent } from "../ledger/record.ts";
import { demandWholeCredential } from "./actions-access.ts";
import { demandFewTries } from "./actions-setup.ts";
import { type CodeSecret, newCodeSecret, stepOf } from "./one-time-code.ts";
import {
  confirmOneTimeCode,
  deleteOneTimeCode,
  loadOneTimeCode,
  noteProof,
  putOneTimeCode,
  putRecoveryCodes,
  takeRecoveryCode,
  takeStep,
} from "./store-factors.ts";
import { seal, unseal } from "./store-seal.ts";
import { secretHash } from "./store-secret.ts";

const RECOVERY_CODES = 10;
/** Without letters and digits that look alike. 16 of 30 are 78 bits: too many to guess online. */
const RECOVERY_LETTERS = "abcdefghjkmnpqrstvwxyz23456789";
const RECOVERY_LENGTH = 16;

interface Caller {
  readonly credentialHash: string | null;
}

/** Begins one-time codes: the secret for the app. They count after a first code was typed back. */
export async function startCodes(world: World, actor: Actor, of: Caller): Promise<CodeSecret> {
  await demandWholeCredential(world, actor, of.credentialHash);
  if (actor.kind !== "person") throw new Failure("forbidden", "Only people have one-time codes.");
  const made = newCodeSecret({
    issuer: `Fettle ${world.config.deployment}`,
    handle: actor.name,
  });
  const sealed = await seal(world, { text: made.secret, purpose: purposeOf(actor.subject) });
  const { subject } = actor;
  if (await inTransaction(world.db, (tx) => putOneTimeCode(tx, { subject, sealed }))) return made;
  throw new Failure("conflict", "You have one-time codes already. Remove them first.");
}

/** Confirms them with a first code; the reply has the recovery codes, which are shown once. */
export async function confirmCodes(
  world: World,
  actor: Actor,
  of: Caller & { readonly code: string; readonly address: string },
): Promise<readonly string[]> {
  await demandWholeCredential(world, actor, of.credentialHash);
  await demandFewTries(world, `code ${actor.subject} ${of.address}`);
  const { subject } = actor;
  if (!(await spendStep(world, subject, of.code))) {
    throw new Failure("invalid", "That is not the code of now. Is the clock of your device right?");
  }
  const codes = Array.from({ length: RECOVERY_CODES }, newRecoveryCode);
  await inTransaction(world.db, async (tx) => {
    if (!(await confirmOneTimeCode(tx, subject))) {
      throw new Failure("conflict", "These codes are confirmed already.");
    }
    await putRecoveryCodes(tx, { subject, hashes: codes.map(recoveryHash) });
    if (of.credentialHash !== null) {
      await noteProof(tx, { credentialHash: of.credentialHash, strength: "two" });
    }
    await note(tx, "code.added", subject);
  });
  return codes;
}

export async function removeCodes(world: World, actor: Actor): Promise<void> {
  const { subject } = actor;
  await inTransaction(world.db, async (tx) => {
    if (!(await deleteOneTimeCode(tx, subject))) {
      throw new Failure("not-found", "You have no one-time codes.");
    }
    await note(tx, "code.removed", subject);
  });
}

/** New recovery codes in place of the old ones. */
export async function renewRecoveryCodes(world: World, actor: Actor): Promise<readonly string[]> {
  const { subject } = actor;
  const codes = Array.from({ length: RECOVERY_CODES }, newRecoveryCode);
  await inTransaction(world.db, async (tx) => {
    if ((await loadOneTimeCode(tx, subject))?.isConfirmed !== true) {
      throw new Failure("conflict", "Recovery codes stand in for one-time codes; you have none.");
    }
    await putRecoveryCodes(tx, { subject, hashes: codes.map(recoveryHash) });
    await note(tx, "recovery-codes.renewed", subject);
  });
  return codes;
}

/** Whether this code, of the app or for recovery, is right; it is used up then and never again. */
export async function spendCode(world: World, subject: SubjectId, code: string): Promise<boolean> {
  const kept = await loadOneTimeCode(world.db, subject);
  if (kept?.isConfirmed !== true) return false;
  if (await spendStep(world, subject, code.replaceAll(" ", ""))) return true;
  const isUsed = await takeRecoveryCode(world.db, { subject, hash: recoveryHash(code) });
  if (isUsed) await inTransaction(world.db, (tx) => note(tx, "recovery-codes.used", subject));
  return isUsed;
}

async function spendStep(world: World, subject: SubjectId, code: string): Promise<boolean> {
  const kept = await loadOneTimeCode(world.db, subject);
  if (kept === null) return false;
  const secret = await unseal(world, { sealed: kept.sealed, purpose: purposeOf(subject) });
  const step = stepOf(secret, code, world.clock());
  return step !== null && (await takeStep(world.db, { subject, step }));
}

function purposeOf(subject: SubjectId): string {
  return `one-time-code ${subject}`;
}

function newRecoveryCode(): string {
  const letters = Array.from({ length: RECOVERY_LENGTH }, () =>
    RECOVERY_LETTERS.charAt(randomInt(RECOVERY_LETTERS.length)),
  ).join("");
  return letters.replace(/(.{4})(?!$)/g, "$1-");
}

/** Typed with or without dashes, in any case. */
function recoveryHash(code: string): string {
  return secretHash(`recovery ${code.toLowerCase().replace(/[^a-z0-9]/g, "")}`);
}

async function note(
  tx: Tx,
  type: `code.${string}` | `recovery-codes.${string}`,
  subject: SubjectId,
): Promise<void> {
  await recordEvent(tx, { type, actor: subject, object: `subject:${subject}` });
}
