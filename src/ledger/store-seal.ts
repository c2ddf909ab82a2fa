import { randomBytes } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { sql } from "kysely";
import { Failure } from "../base/failure.ts";
import type { SubjectId } from "../base/ids.ts";
import { placeOnce, readSecretFile } from "../base/secret-file.ts";
import type { Reader, Tx } from "../db/database.ts";
import type { World } from "../db/world.ts";
import {
  NONCE_BYTES,
  openText,
  SEAL_KEY_BYTES,
  type SealKey,
  sealedSubject,
  sealText,
  unwrapKey,
  wrapKey,
} from "./seal.ts";
import { ledgerFolder } from "./store-log-key.ts";

/** What stands where a text was sealed under a key that is destroyed. */
export const FORGOTTEN = "(erased)";
/** What stands there for whoever may not read it. */
export const WITHHELD = "(sealed)";

/** Seals a text about a subject; the first one makes the subject's key. */
export async function sealAbout(
  world: World,
  tx: Tx,
  of: { readonly subject: SubjectId; readonly text: string },
): Promise<string> {
  const outer = await outerKey(world);
  const key = await subjectKey(tx, outer, of.subject);
  return key === null ? FORGOTTEN : sealText(key, randomBytes(NONCE_BYTES), of.text);
}

/** Opens every sealed text in a value; what cannot be opened any more says so. */
export async function openSealed(world: World, value: unknown): Promise<unknown> {
  const subjects = new Set<SubjectId>();
  mapTexts(value, (text) => {
    const subject = sealedSubject(text);
    if (subject !== null) subjects.add(subject);
    return text;
  });
  if (subjects.size === 0) return value;
  const keys = await loadKeys(world.db, await outerKey(world), [...subjects]);
  return mapTexts(value, (text) => {
    const subject = sealedSubject(text);
    if (subject === null) return text;
    const key = keys.get(subject);
    return key === undefined ? FORGOTTEN : (openText(key, text) ?? FORGOTTEN);
  });
}

/** The same value with a mark in place of every sealed text, for whoever may not read them. */
export function withholdSealed(value: unknown): unknown {
  return mapTexts(value, (text) => (sealedSubject(text) === null ? text : WITHHELD));
}

/** Destroys the subject's key for good; false when it was destroyed before. */
export async function destroySubjectKey(tx: Tx, subject: SubjectId): Promise<boolean> {
  const { numAffectedRows } = await sql`
    insert into subject_key (subject, sealed_key, destroyed_at) values (${subject}, null, now())
    on conflict (subject) do update set sealed_key = null, destroyed_at = now()
     where subject_key.sealed_key is not null`.execute(tx);
  return numAffectedRows === 1n;
}

function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((part) => mapTexts(part, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [name, mapTexts(part, change)]),
  );
}

/** Null where the subject was forgotten. */
async function subjectKey(tx: Tx, outer: Buffer, subject: SubjectId): Promise<SealKey | null> {
  const found = await loadWrapped(tx, [subject]);
  if (found.length === 0) {
    const made: SealKey = { subject, key: randomBytes(SEAL_KEY_BYTES) };
    const wrapped = wrapKey(outer, randomBytes(NONCE_BYTES), made);
    await sql`
      insert into subject_key (subject, sealed_key) values (${subject}, ${wrapped})
      on conflict do nothing`.execute(tx);
    // Another transaction may have been first; then its key is the one.
    return subjectKeyIn(outer, await loadWrapped(tx, [subject]));
  }
  return subjectKeyIn(outer, found);
}

function subjectKeyIn(outer: Buffer, rows: readonly Wrapped[]): SealKey | null {
  const [row] = rows;
  if (row === undefined || row.wrapped === null) return null;
  const key = unwrapKey(outer, row.subject, row.wrapped);
  if (key !== null) return key;
  throw new Failure(
    "blocked",
    "The key of a subject was not sealed by ledger/seal.key. Put back the seal.key that belongs to this database.",
  );
}

interface Wrapped {
  readonly subject: SubjectId;
  readonly wrapped: Buffer | null;
}

async function loadWrapped(
  reader: Reader,
  subjects: readonly SubjectId[],
): Promise<readonly Wrapped[]> {
  const { rows } = await sql<Wrapped>`
    select subject, sealed_key as wrapped from subject_key
     where subject = any(${[...subjects]}::text[])`.execute(reader);
  return rows;
}

async function loadKeys(
  reader: Reader,
  outer: Buffer,
  subjects: readonly SubjectId[],
): Promise<ReadonlyMap<SubjectId, SealKey>> {
  const keys = new Map<SubjectId, SealKey>();
  for (const row of await loadWrapped(reader, subjects)) {
    const key = subjectKeyIn(outer, [row]);
    if (key !== null) keys.set(row.subject, key);
  }
  return keys;
}

const outerKeys = new WeakMap<World, Promise<Buffer>>();

/** The key outside the database; read once, as it never changes while a server runs. */
function outerKey(world: World): Promise<Buffer> {
  const known = outerKeys.get(world);
  if (known !== undefined) return known;
  const reading = readOuterKey(world);
  outerKeys.set(world, reading);
  reading.catch(() => outerKeys.delete(world));
  return reading;
}

async function readOuterKey(world: World): Promise<Buffer> {
  const folder = ledgerFolder(world);
  const path = join(folder, "seal.key");
  if (!(await isThere(path))) {
    await refuseSecondKey(world, path);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    placeOnce(path, `${randomBytes(SEAL_KEY_BYTES).toString("base64")}\n`);
  }
  return readSecretFile(path, {
    failing: "What the ledger holds of persons",
    mustHold: "the 32 bytes that seal it, in base64",
    parse: (text) => {
      const key = Buffer.from(text.trim(), "base64");
      return key.length === SEAL_KEY_BYTES ? key : null;
    },
  });
}

async function refuseSecondKey(world: World, path: string): Promise<void> {
  const { rows } = await sql`
    select 1 from subject_key where sealed_key is not null limit 1`.execute(world.db);
  if (rows.length === 0) return;
  throw new Failure(
    "blocked",
    `The ledger holds personal data sealed by ${path}, which is missing. Put it back from a backup of the state folder.`,
  );
}

async function isThere(path: string): Promise<boolean> {
  return readFile(path).then(
    () => true,
    (cause: NodeJS.ErrnoException) => {
      if (cause.code === "ENOENT") return false;
      throw cause;
    },
  );
}
