import type { Actor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { newId } from "../base/ids.ts";
import { type Selector, selectorToText } from "../base/labels.ts";
import type { Permission } from "../base/permission.ts";
import { fingerprint, parsePublicKeyLine } from "../base/ssh-key.ts";
import { isArmoured, parseSignature, verifySshSignature } from "../base/sshsig.ts";
import { demandUnscoped } from "../base/unscoped.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { parseGrant } from "../identity/rights.ts";
import { loadSubject } from "../identity/store.ts";
import { loadLiveKeys } from "../identity/store-keys.ts";
import { recordEvent } from "../ledger/record.ts";
import { endPublisher, insertPublisher, loadPublishers } from "./store-publisher.ts";
import { foreignAuthors, mayWithin, noTrust, type Publisher, type Trusted } from "./vex-trust.ts";

/** Verifies whose word a VEX document is. */
export const VEX_NAMESPACE = "fettle-vex-v1";

export function demandWithin(actor: Actor, permission: Permission, selector: Selector): void {
  if (mayWithin(actor, permission, selector)) return;
  const where = selector.length === 0 ? "every host" : selectorToText(selector);
  throw new Failure(
    "forbidden",
    `This needs the right ${permission} for ${where}, which you do not hold. Narrow it with --scope to hosts you hold it for, or ask an administrator.`,
  );
}

interface Claim {
  readonly content: string;
  readonly signature: string | null;
  readonly responsible: string | null;
  readonly selector: Selector;
  readonly authors: readonly string[];
}

/** A signature that does not hold refuses the document: it was meant to count. */
export async function judgeAuthor(world: World, actor: Actor, claim: Claim): Promise<Trusted> {
  if (claim.signature !== null) return await signedBy(world, claim, claim.signature);
  if (claim.responsible === null) return noTrust;
  demandWithin(actor, "vex.trust", claim.selector);
  if (actor.kind !== "person") {
    throw new Failure("forbidden", "Only a person can answer for a document. Have it signed.");
  }
  return { trust: "responsible", by: actor.name, reason: claim.responsible };
}

async function signedBy(world: World, claim: Claim, armoured: string): Promise<Trusted> {
  const bytes = Buffer.from(claim.content, "utf8");
  const blob = isArmoured(armoured) ? parseSignature(armoured)?.publicKey : undefined;
  if (blob === undefined) {
    throw new Failure(
      "invalid",
      `The signature is none that ssh-keygen -Y sign -n ${VEX_NAMESPACE} writes.`,
    );
  }
  const base64 = blob.toString("base64");
  const verify = (publicKeyLine: string): void => {
    const namespace = VEX_NAMESPACE;
    const verdict = verifySshSignature({ namespace, bytes, armoured, publicKeyLine });
    if (verdict.ok) return;
    throw new Failure("invalid", `The signature does not hold: ${verdict.why}. Nothing was kept.`);
  };
  const own = (await loadLiveKeys(world.db)).find((key) => key.base64 === base64);
  if (own !== undefined) {
    verify(`${own.type} ${own.base64}`);
    return await approver(world, own, claim.selector);
  }
  const publisher = (await loadPublishers(world.db)).find(
    (known) => known.keyLine.split(" ")[1] === base64,
  );
  if (publisher !== undefined) {
    verify(publisher.keyLine);
    return ofPublisher(publisher, claim.authors);
  }
  throw new Failure(
    "blocked",
    "The signature is of a key that nobody registered here. An approver adds theirs with fettle key add, a publisher's is added with fettle vex publisher add.",
  );
}

async function approver(
  world: World,
  key: { readonly subject: string; readonly handle: string; readonly fingerprint: string },
  selector: Selector,
): Promise<Trusted> {
  const subject = await loadSubject(world.db, key.subject);
  const grants = subject?.grants.map(parseGrant) ?? [];
  if (!mayWithin({ grants }, "vex.trust", selector)) {
    throw new Failure(
      "blocked",
      `${key.handle} signed it but does not hold the right vex.trust for these hosts.`,
    );
  }
  return { trust: "approver", by: key.handle, reason: `signed with ${key.fingerprint}` };
}

function ofPublisher(publisher: Publisher, authors: readonly string[]): Trusted {
  const [foreign] = foreignAuthors(publisher, authors);
  if (foreign !== undefined) {
    throw new Failure(
      "blocked",
      `The key of ${publisher.name} does not speak for the author "${foreign}" of this document.`,
    );
  }
  const reason = `signed with ${publisher.fingerprint}`;
  return { trust: "publisher", by: publisher.name, reason };
}

export async function listPublishers(world: World): Promise<readonly Publisher[]> {
  return await loadPublishers(world.db);
}

const PUBLISHERS = "Whose statements count";

export async function addPublisher(
  world: World,
  actor: Actor,
  input: { readonly name: string; readonly keyLine: string; readonly authors: readonly string[] },
): Promise<Publisher> {
  demandUnscoped(actor, "vex.trust", PUBLISHERS);
  const key = parsePublicKeyLine(input.keyLine);
  if (key === null) {
    throw new Failure(
      "invalid",
      "The line is no SSH public key. Paste the content of a .pub file.",
    );
  }
  const publisher: Publisher = {
    id: newId<string & { readonly __id: "publisher" }>(world.clock()),
    name: input.name,
    authors: input.authors,
    keyLine: `${key.type} ${key.base64}`,
    fingerprint: fingerprint(key),
  };
  await inTransaction(world.db, async (tx) => {
    const isNew = await insertPublisher(tx, publisher, { by: actor.subject, at: world.clock() });
    if (!isNew) throw new Failure("conflict", "This key is registered for a publisher already.");
    await recordEvent(tx, {
      type: "vex.publisher-added",
      actor: actor.subject,
      object: `vex-publisher:${publisher.id}`,
      facts: { name: input.name, authors: input.authors, key: publisher.fingerprint },
    });
  });
  return publisher;
}

/** What a publisher signed before stays; it signs nothing new. */
export async function removePublisher(world: World, actor: Actor, id: string): Promise<void> {
  demandUnscoped(actor, "vex.trust", PUBLISHERS);
  await inTransaction(world.db, async (tx) => {
    const isEnded = await endPublisher(tx, id, world.clock());
    if (!isEnded) throw new Failure("not-found", "There is no such publisher.");
    await recordEvent(tx, {
      type: "vex.publisher-removed",
      actor: actor.subject,
      object: `vex-publisher:${id}`,
      facts: {},
    });
  });
}
