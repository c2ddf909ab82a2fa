import { Failure } from "../base/failure.ts";
import { newId, type SubjectId } from "../base/ids.ts";
import { DAY_MS, type Instant } from "../base/instant.ts";
import { inTransaction, type Tx } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { recordEvent } from "../ledger/record.ts";
import type { Strength } from "./fresh-proof.ts";
import {
  type GrantId,
  ONE_TIME_SECRET_LIFE_MS,
  SIGN_IN_TRIES_MAX,
  TOKEN_LIFE_MS_MAX,
  type TokenId,
} from "./model.ts";
import { insertGrant, insertSubject, savePassword } from "./store.ts";
import {
  countTry,
  endSetup,
  insertOneTimeSecret,
  insertToken,
  takeOneTimeSecret,
} from "./store-access.ts";
import { hashPassword, newSecret, newToken, secretHash } from "./store-secret.ts";
import { isSetupClosed, isSetupSecret, removeSetupSecret } from "./store-setup-secret.ts";

export interface NewSignIn {
  readonly subject: SubjectId;
  /** Shown once. */
  readonly token: string;
  readonly expiresAt: Instant;
}

/** Everything that is wrong with an attempt to set up reads the same. */
function setupRefused(): Failure {
  return new Failure(
    "forbidden",
    "Setup was refused: it is over already, or the secret is not the one in the state folder, or the link is used or older than 15 minutes. Restart the server for a new link, or sign in.",
  );
}

/** Makes the first administrator and a token for them. Works once in the life of a database. */
export async function setUp(
  world: World,
  input: {
    readonly secret: string;
    readonly handle: string;
    readonly name: string;
    readonly password?: string | undefined;
    readonly address: string;
  },
): Promise<NewSignIn> {
  await demandFewTries(world, `setup ${input.address}`);
  if (await isSetupClosed(world)) throw setupRefused();
  const holdsFile = await isSetupSecret(world, input.secret);
  const hash = input.password === undefined ? null : await hashPassword(input.password);
  const subject = newId<SubjectId>(world.clock());
  const made = await inTransaction(world.db, async (tx) => {
    if (!holdsFile && !(await takeSetupLink(world, tx, input.secret))) throw setupRefused();
    const { handle, name } = input;
    const isNew = await insertSubject(tx, {
      id: subject,
      kind: "person",
      handle,
      name,
      owner: null,
    });
    if (!isNew || !(await endSetup(tx, subject))) throw setupRefused();
    if (hash !== null) await savePassword(tx, subject, hash);
    const grant = { id: newId<GrantId>(world.clock()), role: "admin", scope: "" } as const;
    await insertGrant(tx, { ...grant, subject, grantedBy: subject });
    await recordEvent(tx, {
      type: "setup.finished",
      actor: subject,
      object: `subject:${subject}`,
      facts: { by: holdsFile ? "secret" : "link" },
    });
    return firstToken(world, tx, { subject, title: "made at setup" });
  });
  await removeSetupSecret(world);
  return made;
}

async function takeSetupLink(world: World, tx: Tx, secret: string): Promise<boolean> {
  const hash = secretHash(secret);
  return (await takeOneTimeSecret(tx, { hash, purpose: "setup", now: world.clock() })) !== null;
}

/** A link for setting up from another machine: one use, 15 minutes. Printed by the server. */
export async function makeSetupLink(
  world: World,
): Promise<{ readonly path: string; readonly expiresAt: Instant } | null> {
  if (await isSetupClosed(world)) return null;
  const secret = newSecret();
  const expiresAt = world.clock() + ONE_TIME_SECRET_LIFE_MS;
  await insertOneTimeSecret(world.db, {
    hash: secretHash(secret),
    purpose: "setup",
    subject: null,
    expiresAt,
  });
  // After the hash sign, so that no proxy and no access log on the way sees it.
  return { path: `/setup#${secret}`, expiresAt };
}

/** The same, asked for by somebody who can read the secret file. */
export async function requestSetupLink(
  world: World,
  input: { readonly secret: string; readonly address: string },
): Promise<{ readonly path: string; readonly expiresAt: Instant }> {
  await demandFewTries(world, `setup ${input.address}`);
  const isRight = await isSetupSecret(world, input.secret);
  const link = isRight ? await makeSetupLink(world) : null;
  if (link === null) throw setupRefused();
  return link;
}

/** A subject's first token; whoever makes more does so through `createToken`. */
export async function firstToken(
  world: World,
  tx: Tx,
  input: { readonly subject: SubjectId; readonly title: string; readonly strength?: Strength },
): Promise<NewSignIn> {
  const token = newToken();
  const id = newId<TokenId>(world.clock());
  await insertToken(tx, {
    id,
    hash: secretHash(token),
    subject: input.subject,
    parent: null,
    title: input.title,
    limits: null,
    lifeSeconds: TOKEN_LIFE_MS_MAX / 1000,
    // Whoever held a one-time secret proved as much as a password does.
    proof: { at: world.clock(), strength: input.strength ?? "one" },
  });
  await recordEvent(tx, {
    type: "token.created",
    actor: input.subject,
    object: `token:${id}`,
    facts: { subject: input.subject, days: TOKEN_LIFE_MS_MAX / DAY_MS },
  });
  return { subject: input.subject, token, expiresAt: world.clock() + TOKEN_LIFE_MS_MAX };
}

/** Counts the try before it is judged, so that many at once cannot slip through. */
export async function demandFewTries(
  world: World,
  door: string,
  triesMax = SIGN_IN_TRIES_MAX,
): Promise<void> {
  if ((await countTry(world.db, door)) <= triesMax) return;
  throw new Failure(
    "rate-limited",
    "Too many tries from this address for this account. Wait 15 minutes and try again.",
  );
}
