import type { ProviderConfig } from "../base/config-providers.ts";
import { Failure } from "../base/failure.ts";
import { newId, type SubjectId } from "../base/ids.ts";
import type { Tx } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { recordEvent } from "../ledger/record.ts";
import { insertSubject, loadSubject } from "./store.ts";
import { findLinked, insertLink, isUntouched, noteSource } from "./store-providers.ts";
import { findByExternalId } from "./store-scim.ts";

/**
 * Whose account it is that a provider vouches for. It is found by the provider's own subject; for whom a
 * directory (SCIM) keeps, the first time by the `externalId` that the directory and a claim of the
 * provider both say. Never by e-mail address, name or handle, which people can be given or give themselves.
 */
export interface VouchedPerson {
  readonly sub: string;
  readonly handle: string;
  readonly name: string;
  /** What the provider says that the directory's `externalId` is; null where it says nothing of the kind. */
  readonly externalId: string | null;
}

interface Asked {
  readonly provider: ProviderConfig;
  readonly person: VouchedPerson;
  /** Who is signed in and links the provider to their account. */
  readonly link: SubjectId | null;
}

/** The account here: the linked one, the directory's, the one that asked to be linked, or a new one. */
export async function accountOf(world: World, tx: Tx, of: Asked): Promise<SubjectId> {
  const { provider, person, link } = of;
  const key = { provider: provider.name, providerSubject: person.sub };
  const linked = await findLinked(tx, key);
  const kept = await keptPerson(tx, of);
  if (linked !== null && kept !== null && linked !== kept) throw twoMatch(provider);
  const known = linked ?? kept;
  if (link !== null && known !== null && link !== known) {
    throw new Failure("conflict", "That identity belongs to another account here.");
  }
  if (linked !== null) return enabled(tx, linked);
  if (link !== null) return linkTo(tx, { ...of, subject: link, by: "person" });
  if (kept !== null) return firstSignIn(tx, { ...of, subject: kept });
  if (provider.people === "linked") throw new Failure("forbidden", unknownHere(provider));
  return newAccount(world, tx, of);
}

async function keptPerson(tx: Tx, { provider, person }: Asked): Promise<SubjectId | null> {
  const { directory } = provider;
  const { externalId } = person;
  if (directory === undefined || externalId === null) return null;
  return findByExternalId(tx, { directory: directory.name, externalId });
}

function twoMatch({ title, name }: ProviderConfig): Failure {
  return new Failure(
    "conflict",
    `Two accounts match: the identity at ${title} is linked to one, and the directory says that it is another. Nobody was signed in. An administrator takes the wrong link away: fettle user unlink HANDLE --provider ${name}`,
  );
}

function unknownHere({ title, directory }: ProviderConfig): string {
  const how = `sign in with your invitation first, then link ${title} under Settings, My sign-in.`;
  if (directory === undefined) return `${title} knows you, this server does not: ${how}`;
  return `${title} knows you, and the directory ${directory.name} keeps nobody here with the ${directory.externalId} that it says. Have the directory send you here, or ${how}`;
}

/**
 * Only into an account that the directory made and into which nobody came in any way: else whoever
 * writes the directory could take over an account of this server.
 */
async function firstSignIn(
  tx: Tx,
  of: Asked & { readonly subject: SubjectId },
): Promise<SubjectId> {
  const { provider, subject } = of;
  if (await isUntouched(tx, subject)) return linkTo(tx, { ...of, by: "directory" });
  throw new Failure(
    "conflict",
    `The directory says that this is an account which has a way to sign in already. Sign in that way, then link ${provider.title} under Settings, My sign-in. If that way is lost or is another identity at ${provider.title}, an administrator helps: fettle user invite, or fettle user unlink.`,
  );
}

async function linkTo(
  tx: Tx,
  of: Asked & { readonly subject: SubjectId; readonly by: "person" | "directory" },
): Promise<SubjectId> {
  const { provider, person, subject, by } = of;
  const key = { provider: provider.name, providerSubject: person.sub };
  if (!(await insertLink(tx, { ...key, subject }))) {
    throw new Failure(
      "conflict",
      `The account is linked to another identity at ${provider.title}, or that one to another account. An administrator takes a link away: fettle user unlink HANDLE --provider ${provider.name}`,
    );
  }
  await noteLink(tx, { subject, provider, by });
  return enabled(tx, subject);
}

const HANDLE = /^[a-z0-9][a-z0-9.-]{0,62}$/;
const PERSON = { kind: "person", owner: null } as const;

async function newAccount(world: World, tx: Tx, of: Asked): Promise<SubjectId> {
  const { provider, person } = of;
  const { handle, name } = person;
  const id = newId<SubjectId>(world.clock());
  const isFree =
    HANDLE.test(handle) && (await insertSubject(tx, { ...{ id, handle, name }, ...PERSON }));
  if (!isFree) {
    throw new Failure(
      "conflict",
      `An account with the handle ${JSON.stringify(handle)} cannot be made here: it is taken, or no handle. Who has it links ${provider.title} in the settings.`,
    );
  }
  await noteSource(tx, { subject: id, source: "provider" });
  await recordEvent(tx, {
    type: "subject.added",
    actor: id,
    object: `subject:${id}`,
    facts: { kind: "person", provider: provider.name },
  });
  return linkTo(tx, { ...of, subject: id, by: "person" });
}

async function enabled(tx: Tx, id: SubjectId): Promise<SubjectId> {
  const subject = await loadSubject(tx, id);
  if (subject !== null && subject.disabledAt === null) return id;
  throw new Failure("unauthenticated", "That did not sign you in: this account is disabled.");
}

async function noteLink(
  tx: Tx,
  of: {
    readonly subject: SubjectId;
    readonly provider: ProviderConfig;
    readonly by: "person" | "directory";
  },
): Promise<void> {
  const { subject, provider, by } = of;
  const directory = by === "directory" ? { directory: provider.directory?.name ?? "" } : {};
  await recordEvent(tx, {
    ...{ type: "provider.linked", facts: { provider: provider.name, ...directory } },
    ...{ actor: subject, object: `subject:${subject}` },
  });
}
