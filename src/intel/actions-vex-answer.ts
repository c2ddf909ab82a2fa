import type { Actor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { newId } from "../base/ids.ts";
import { parseSelector } from "../base/labels.ts";
import { inTransaction } from "../db/database.ts";
import { notify } from "../db/notify.ts";
import type { World } from "../db/world.ts";
import { recordEvent } from "../ledger/record.ts";
import { matchDocument, requireDocument } from "./actions-vex.ts";
import { demandWithin } from "./actions-vex-trust.ts";
import type { VexStatement } from "./feed-format.ts";
import {
  endDocument,
  insertDocument,
  loadDocuments,
  loadVexStatements,
  type StoredVexStatement,
  scopeId,
  type VexDocument,
} from "./store-vex.ts";
import { mayWithin } from "./vex-trust.ts";

/**
 * Somebody answers by name for a document that nobody verified. It ends, and the same statements stand
 * in another document that counts from now on: so a past day is told as it was.
 */
export async function answerForVex(
  world: World,
  actor: Actor,
  input: { readonly ref: string; readonly reason: string },
): Promise<VexDocument> {
  const before = await requireDocument(world, input.ref);
  const selector = parseSelector(before.scope);
  demandWithin(actor, "vex.trust", selector);
  const refusal = refusalToAnswer(actor, before);
  if (refusal !== null) throw new Failure("blocked", refusal);
  const { reason } = input;
  const now = world.clock();
  return inTransaction(world.db, async (tx) => {
    const how = { by: actor.subject, reason: `${actor.name} answers for it now`, at: now };
    if (!(await endDocument(tx, before.number, how))) {
      throw new Failure("conflict", `V-${before.number} was ended meanwhile. Look again.`);
    }
    const scope = selector.length === 0 ? null : await scopeId(tx, before.scope, selector);
    const id = newId<string & { readonly __id: "vex" }>(now);
    const trust = "responsible" as const;
    const statements = await loadVexStatements(tx, { document: before.number });
    const number = await insertDocument(
      tx,
      {
        ...{ ...before, id, scope, trust, trustedBy: actor.name, trustReason: reason },
        ...{ loadedBy: actor.subject, loadedAt: now },
      },
      statements.map(asSaid),
    );
    await matchDocument(tx, number, now);
    await recordEvent(tx, {
      type: "vex.answered",
      actor: actor.subject,
      object: `vex:${id}`,
      facts: {
        number,
        replaces: before.number,
        digest: before.digest,
        scope: before.scope,
        reason,
      },
    });
    await notify(tx, "feed");
    const [document] = await loadDocuments(tx, { number });
    if (document === undefined) throw new Failure("internal", "The document was kept but is gone.");
    return document;
  });
}

/** Why this person cannot answer for it, whatever rights they hold; null where they can. */
export function refusalToAnswer(
  actor: Actor,
  document: Pick<VexDocument, "endedAt" | "trust" | "trustedBy" | "scope">,
): string | null {
  if (document.endedAt !== null) return "It has ended already.";
  if (document.trust !== "none") return `${document.trustedBy} stands for it already.`;
  if (!mayWithin(actor, "vex.trust", parseSelector(document.scope))) {
    return "This needs the right vex.trust for its hosts, which you do not hold.";
  }
  if (actor.kind !== "person") return "Only a person can answer for a document.";
  return null;
}

function asSaid(statement: StoredVexStatement): VexStatement {
  const [vulnerability = "", ...aliases] = statement.names;
  const { products, status, justification, author, saidAt: at } = statement;
  return { vulnerability, aliases, products, status, justification, author, document: "", at };
}
