import { type Actor, systemActor } from "../base/actor.ts";
import { type Digest, sha256 } from "../base/digest.ts";
import { refuseDoubledKey } from "../base/doubled-key.ts";
import { Failure } from "../base/failure.ts";
import { newId, numberOf, type SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { parseSelector, selectorToText } from "../base/labels.ts";
import { inTransaction, type Tx } from "../db/database.ts";
import { notify } from "../db/notify.ts";
import type { World } from "../db/world.ts";
import { recordEvent } from "../ledger/record.ts";
import { saidOfAllServices } from "./actions-service-filters.ts";
import { demandWithin, judgeAuthor } from "./actions-vex-trust.ts";
import type { FeedProblem, VexStatement } from "./feed-format.ts";
import { readFeed } from "./ingest.ts";
import {
  endDocument,
  hasLiveDocuments,
  insertDocument,
  loadDocuments,
  loadExpired,
  loadPackagesNamed,
  loadPairsNamed,
  loadPairsOf,
  loadVexStatements,
  replaceMatches,
  type StoredVexStatement,
  scopeId,
  type VexDocument,
} from "./store-vex.ts";
import { matchStatements, namedIn, wholeOf, whyUnmatched } from "./vex-claims.ts";
import type { Trusted } from "./vex-trust.ts";

/** What users do with VEX documents, and how their statements stay joined with findings. */
export interface NewVex {
  readonly content: string;
  readonly title: string;
  /** Label expression; "" for every host. */
  readonly scope: string;
  /** Package URL of what these hosts are as a whole; "" where statements speak of packages. */
  readonly product: string;
  /** SSHSIG over the exact bytes of the content. */
  readonly signature: string | null;
  /** Why the person who loads it answers for it. */
  readonly responsible: string | null;
  readonly until: Instant | null;
}

export interface LoadedVex {
  readonly document: VexDocument;
  readonly replaced: readonly number[];
  readonly unmatched: readonly Unmatched[];
}

export interface Unmatched {
  readonly statement: StoredVexStatement;
  readonly why: string;
}

export async function loadVex(world: World, actor: Actor, input: NewVex): Promise<LoadedVex> {
  const selector = parseSelector(input.scope);
  demandWithin(actor, "vex.load", selector);
  const now = world.clock();
  if (input.until !== null && input.until <= now) {
    throw new Failure("invalid", "The document would be over at once: --until is in the past.");
  }
  if (input.product !== "" && wholeOf(input.product) === null) {
    throw new Failure("invalid", `The product ${input.product} is no package URL with a version.`);
  }
  const read = await readVex(input.content);
  const trusted = await judgeAuthor(world, actor, { ...input, selector, authors: read.authors });
  const digest = sha256(input.content);
  const { document, replaced } = await inTransaction(world.db, async (tx) => {
    const replaced = await endSame(tx, actor, { digest, scope: selectorToText(selector), now });
    const scope =
      selector.length === 0 ? null : await scopeId(tx, selectorToText(selector), selector);
    const id = newId<string & { readonly __id: "vex" }>(now);
    const number = await insertDocument(
      tx,
      {
        ...{ id, digest, scope, format: read.format, product: input.product, until: input.until },
        title: input.title,
        author: read.authors.join(", ").slice(0, 300),
        trust: trusted.trust,
        trustedBy: trusted.by,
        trustReason: trusted.reason,
        problems: read.problems,
        loadedBy: actor.subject,
        loadedAt: now,
      },
      read.statements,
    );
    await matchDocument(tx, number, now);
    await recordLoaded(tx, actor, { id, number, digest, input, trusted, read });
    await notify(tx, "feed");
    const [document] = await loadDocuments(tx, { number });
    if (document === undefined) throw new Failure("internal", "The document was kept but is gone.");
    return { document, replaced };
  });
  const { unmatched, matchedCount } = await fitOf(world, document.number);
  return { document: { ...document, matchedCount }, replaced, unmatched };
}

interface ReadVex {
  readonly format: string;
  readonly authors: readonly string[];
  readonly statements: readonly VexStatement[];
  readonly problems: readonly FeedProblem[];
}

async function readVex(content: string): Promise<ReadVex> {
  refuseDoubledKey(content, "The file");
  const readings = (await readFeed(Buffer.from(content, "utf8"))).filter(
    (reading) => reading.content.kind === "vex",
  );
  const statements = readings.flatMap((r) =>
    r.content.kind === "vex" ? r.content.statements : [],
  );
  if (statements.length === 0) {
    throw new Failure(
      "invalid",
      "The file holds no VEX statement that can be read (OpenVEX, CycloneDX, CSAF). Nothing was changed.",
    );
  }
  return {
    format: readings.map((reading) => reading.feed).join(", "),
    authors: [...new Set(statements.map((s) => s.author))].sort(),
    statements,
    problems: readings.flatMap((reading) => reading.problems.kept),
  };
}

/** The same file for the same hosts takes the place of the one before, for instance with a signature. */
async function endSame(
  tx: Tx,
  actor: Actor,
  of: { readonly digest: Digest; readonly scope: string; readonly now: Instant },
): Promise<readonly number[]> {
  const same = (await loadDocuments(tx, { isLive: true, digest: of.digest })).filter(
    (document) => document.scope === of.scope,
  );
  for (const { number } of same) {
    const reason = "loaded again";
    await endDocument(tx, number, { by: actor.subject, reason, at: of.now });
  }
  return same.map(({ number }) => number);
}

async function recordLoaded(
  tx: Tx,
  actor: Actor,
  of: {
    readonly id: string;
    readonly number: number;
    readonly digest: Digest;
    readonly input: NewVex;
    readonly trusted: Trusted;
    readonly read: ReadVex;
  },
): Promise<void> {
  await recordEvent(tx, {
    type: "vex.loaded",
    actor: actor.subject,
    object: `vex:${of.id}`,
    facts: {
      number: of.number,
      digest: of.digest,
      format: of.read.format,
      authors: of.read.authors.slice(0, 20),
      statements: of.read.statements.length,
      scope: of.input.scope,
      product: of.input.product,
      trust: of.trusted.trust,
      trustedBy: of.trusted.by,
      reason: of.trusted.reason,
      until: of.input.until,
    },
  });
}

export async function matchDocument(tx: Tx, document: number, at: Instant): Promise<void> {
  const statements = await loadVexStatements(tx, { document });
  const names = [...new Set(statements.flatMap((statement) => statement.names))];
  const pairs = await loadPairsNamed(tx, names);
  await replaceMatches(tx, { document }, matchStatements(pairs, statements), at);
}

/** After packages were matched anew: what statements say of them now. */
export async function matchVexOf(
  tx: Tx,
  packageIds: readonly number[],
  at: Instant,
): Promise<void> {
  if (!(await hasLiveDocuments(tx))) return;
  const pairs = await loadPairsOf(tx, packageIds);
  const names = new Set(pairs.flatMap((pair) => [pair.vulnerability, pair.advisory]));
  const statements = await loadVexStatements(tx, { names: [...names] });
  await replaceMatches(tx, { packageIds }, matchStatements(pairs, statements), at);
}

export async function listVex(
  world: World,
  asked: { readonly isLive: boolean },
): Promise<readonly VexDocument[]> {
  const documents = await loadDocuments(world.db, asked);
  const { statements } = await saidOfAllServices(world.db);
  const more = new Map<number, number>();
  for (const { document, isMatched } of statements.values()) {
    if (!isMatched) more.set(document, (more.get(document) ?? 0) + 1);
  }
  return documents.map((one) => ({
    ...one,
    matchedCount: one.matchedCount + (more.get(one.number) ?? 0),
  }));
}

export async function showVex(
  world: World,
  ref: string,
): Promise<{
  readonly document: VexDocument;
  readonly statements: readonly StoredVexStatement[];
  readonly unmatched: readonly Unmatched[];
}> {
  const document = await requireDocument(world, ref);
  const { statements, unmatched, matchedCount } = await fitOf(world, document.number);
  return { document: { ...document, matchedCount }, statements, unmatched };
}

interface Fit {
  readonly statements: readonly StoredVexStatement[];
  readonly unmatched: readonly Unmatched[];
  readonly matchedCount: number;
}

/**
 * The statements of a document, and those that are about no finding, neither of a package anywhere nor
 * of an entry of a service, each with the reason.
 */
async function fitOf(world: World, document: number): Promise<Fit> {
  const stored = await loadVexStatements(world.db, { document });
  const { statements: said } = await saidOfAllServices(world.db);
  const statements = stored.map((one) => {
    const services = [...(said.get(one.id)?.services ?? [])].sort();
    return { ...one, services, isMatched: one.isMatched || services.length > 0 };
  });
  const unmatched = await whyAlone(world, statements);
  return { statements, unmatched, matchedCount: statements.length - unmatched.length };
}

/** Names are looked up all at once. */
async function whyAlone(
  world: World,
  statements: readonly StoredVexStatement[],
): Promise<readonly Unmatched[]> {
  const alone = statements.filter((statement) => !statement.isMatched);
  const names = [...new Set(alone.flatMap(namedIn))];
  const packages = names.length === 0 ? [] : await loadPackagesNamed(world.db, names);
  return alone.map((statement) => {
    const own = new Set(namedIn(statement));
    const near = packages.filter((p) => own.has(p.name) || own.has(p.source));
    return { statement, why: whyUnmatched(statement, near) };
  });
}

export async function removeVex(
  world: World,
  actor: Actor,
  input: { readonly ref: string; readonly reason: string },
): Promise<VexDocument> {
  const document = await requireDocument(world, input.ref);
  demandWithin(actor, "vex.load", parseSelector(document.scope));
  return await inTransaction(world.db, async (tx) => {
    await end(tx, document, { by: actor.subject, reason: input.reason, at: world.clock() });
    const [ended] = await loadDocuments(tx, { number: document.number });
    return ended ?? document;
  });
}

/** Ends documents whose time is over, so that what they set aside comes back. */
export async function endExpiredVex(world: World): Promise<void> {
  const now = world.clock();
  for (const number of await loadExpired(world.db, now)) {
    const [document] = await loadDocuments(world.db, { number });
    if (document === undefined) continue;
    await inTransaction(world.db, (tx) =>
      end(tx, document, { by: systemActor.subject, reason: "its time is over", at: now }),
    );
  }
}

async function end(
  tx: Tx,
  document: VexDocument,
  how: { readonly by: SubjectId; readonly reason: string; readonly at: Instant },
): Promise<void> {
  const isEnded = await endDocument(tx, document.number, how);
  if (!isEnded) {
    throw new Failure("conflict", `V-${document.number} has ended already.`);
  }
  await recordEvent(tx, {
    type: "vex.ended",
    actor: how.by,
    object: `vex:${document.id}`,
    facts: { number: document.number, reason: how.reason, matched: document.matchedCount },
  });
  await notify(tx, "feed");
}

export async function requireDocument(world: World, ref: string): Promise<VexDocument> {
  const number = numberOf("v", ref);
  const [document] = number === null ? [] : await loadDocuments(world.db, { number });
  if (document !== undefined) return document;
  throw new Failure("not-found", `There is no VEX document ${ref}. fettle vex list shows them.`);
}
