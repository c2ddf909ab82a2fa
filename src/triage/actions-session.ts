import { type Actor, holdsAnywhere, scopesFor } from "../base/actor.ts";
import { sha256 } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import { newId } from "../base/ids.ts";
import { canonicalJson, type JsonObject } from "../base/json.ts";
import { parseSelector } from "../base/labels.ts";
import { demandUnscoped } from "../base/unscoped.ts";
import { inTransaction, type Tx } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { isEverywhere } from "../inventory/scope.ts";
import { recordEvent } from "../ledger/record.ts";
import { listFixFirst } from "./actions.ts";
import type { FixFirstItem } from "./fix-first.ts";
import {
  doneWords,
  type FrozenItem,
  type Necessity,
  type Part,
  type SessionId,
  type VoteScope,
  type WholeSession,
} from "./session.ts";
import { minutesOf } from "./session-minutes.ts";
import {
  closeSession,
  insertNote,
  insertSession,
  insertVote,
  loadSession,
  lockOpenSession,
  upsertParticipant,
} from "./store-session.ts";

/** Starting a session, taking part in it, and closing it. */

export async function requireSession(
  world: World,
  actor: Actor,
  ref: string,
): Promise<WholeSession> {
  const session = await loadSession(world.db, ref, scopesFor(actor, "patch.read"));
  if (session !== null) return session;
  throw new Failure(
    "not-found",
    `There is no triage session ${ref.slice(0, 64)}. "fettle triage list" shows them.`,
  );
}

export async function startSession(
  world: World,
  actor: Actor,
  input: {
    readonly title: string;
    readonly quorum: number;
    readonly items: number;
    readonly part: Part;
  },
): Promise<WholeSession> {
  demandPerson(actor);
  const items = (await listFixFirst(world, actor)).slice(0, input.items).map(frozen);
  if (items.length === 0) {
    throw new Failure("blocked", "There is nothing to fix in what is known, so nothing to triage.");
  }
  const at = world.clock();
  const id = newId<SessionId>(at);
  const digest = sha256(canonicalJson(items as unknown as readonly JsonObject[]));
  const { title, quorum, part } = input;
  const session = { id, title, quorum, digest, items, startedBy: actor.subject, startedAt: at };
  await inTransaction(world.db, async (tx) => {
    const number = await insertSession(tx, session);
    await upsertParticipant(tx, { session: id, subject: actor.subject, part, at });
    await record(tx, actor, id, "started", { number, list: digest, items: items.length, quorum });
  });
  return requireSession(world, actor, id);
}

type Counts = Pick<FrozenItem, "hosts" | "exposedHosts" | "findingsCleared">;

export const NO_HOSTS: Counts = { hosts: 0, exposedHosts: 0, findingsCleared: 0 };

/** What of a frozen list concerns hosts that the reader sees; null for whoever sees every host. */
export async function ownCounts(
  world: World,
  actor: Actor,
): Promise<ReadonlyMap<string, Counts> | null> {
  if (isEverywhere(scopesFor(actor, "finding.read"))) return null;
  const items = (await listFixFirst(world, actor)).map(frozen);
  return new Map(
    items.map((item) => {
      const { hosts, exposedHosts, findingsCleared } = item;
      return [countKey(item), { hosts, exposedHosts, findingsCleared }];
    }),
  );
}

export function countKey(of: Pick<FrozenItem, "ecosystem" | "source" | "remedy">): string {
  return `${of.ecosystem}\n${of.source}\n${of.remedy}`;
}

function frozen(item: FixFirstItem): FrozenItem {
  const { target, ...rest } = item;
  const { ecosystem, source } = target;
  const sourceVersion = "sourceVersion" in target ? target.sourceVersion : null;
  return { ...rest, ecosystem, source, sourceVersion };
}

/** A vote is a person's word; a service has none. */
function demandPerson(actor: Actor): void {
  if (actor.kind === "person" && actor.via !== "system") return;
  throw new Failure("forbidden", "Only people take part in a triage session.");
}

export async function joinSession(
  world: World,
  actor: Actor,
  input: { readonly session: string; readonly part: Part },
): Promise<WholeSession> {
  demandPerson(actor);
  const { part } = input;
  return inSession(world, actor, input.session, async (tx, session) => {
    const at = world.clock();
    await upsertParticipant(tx, { session: session.id, subject: actor.subject, part, at });
    await record(tx, actor, session.id, "joined", { part });
  });
}

export async function voteInSession(
  world: World,
  actor: Actor,
  input: {
    readonly session: string;
    readonly place: number;
    readonly necessity: Necessity;
    readonly scope: VoteScope;
    readonly hosts: string;
    readonly words: string;
  },
): Promise<WholeSession> {
  demandPerson(actor);
  const { place, necessity, scope, hosts, words } = input;
  demandSaid({ necessity, scope, hosts, words });
  return inSession(world, actor, input.session, async (tx, session) => {
    demandParticipant(session, actor);
    const item = session.items.find((one) => one.place === place);
    if (item === undefined) {
      throw new Failure("not-found", `T-${session.number} has no item ${place}.`);
    }
    if (item.outcome !== null) {
      throw new Failure("blocked", `Item ${place} was decided: ${doneWords[item.outcome.doing]}.`);
    }
    const vote = { subject: actor.subject, necessity, scope, hosts, words, at: world.clock() };
    await insertVote(tx, { ...vote, session: session.id, place });
    await record(tx, actor, session.id, "voted", {
      ...{ place, source: item.item.source, necessity, scope, hosts },
      words: sha256(words),
    });
  });
}

/** Who is against it, or leaves hosts out, says why and which. */
function demandSaid(vote: {
  readonly necessity: Necessity;
  readonly scope: VoteScope;
  readonly hosts: string;
  readonly words: string;
}): void {
  if (vote.necessity !== "necessary" && vote.words.trim() === "") {
    throw new Failure("invalid", "Say in words why it is not necessary, or what must be known.");
  }
  if ((vote.scope === "all") !== (vote.hosts.trim() === "")) {
    throw new Failure(
      "invalid",
      "A subset or an exclusion names its hosts by a label expression; all hosts need none.",
    );
  }
  parseSelector(vote.hosts);
}

function demandParticipant(session: WholeSession, actor: Actor): void {
  if (session.participants.some(({ subject }) => subject === actor.subject)) return;
  throw new Failure(
    "blocked",
    `Join first, so that the minutes say for whom you speak: "fettle triage join T-${session.number} --as PART".`,
  );
}

export async function noteInSession(
  world: World,
  actor: Actor,
  input: { readonly session: string; readonly words: string },
): Promise<WholeSession> {
  demandPerson(actor);
  const { words } = input;
  return inSession(world, actor, input.session, async (tx, session) => {
    demandParticipant(session, actor);
    await insertNote(tx, { session: session.id, subject: actor.subject, at: world.clock(), words });
    await record(tx, actor, session.id, "noted", { words: sha256(words) });
  });
}

/** Signs the minutes off: afterwards nothing in them changes, and the ledger holds their digest. */
export async function closeTriage(
  world: World,
  actor: Actor,
  input: { readonly session: string; readonly summary: string },
): Promise<WholeSession> {
  demandPerson(actor);
  return inSession(world, actor, input.session, async (tx, session) => {
    demandParticipant(session, actor);
    demandUnscoped(actor, "patch.edit", "The minutes of a session");
    const closing = { by: actor.subject, at: world.clock(), summary: input.summary };
    const minutes = sha256(minutesOf(session, closing));
    await closeSession(tx, { session: session.id, closed: { ...closing, minutes } });
    const open = session.items.filter(({ outcome }) => outcome === null).length;
    await record(tx, actor, session.id, "closed", {
      ...{ minutes, list: session.digest, leftOpen: open },
      participants: session.participants.length,
    });
  });
}

/** Does the work while the session is held open, so that nothing is said after it was closed. */
async function inSession(
  world: World,
  actor: Actor,
  ref: string,
  work: (tx: Tx, session: WholeSession) => Promise<void>,
): Promise<WholeSession> {
  const { id, number } = await requireSession(world, actor, ref);
  await inTransaction(world.db, async (tx) => {
    const locked = await lockOpenSession(tx, id);
    const session =
      locked === null ? null : await loadSession(tx, locked, scopesFor(actor, "patch.read"));
    if (session === null) {
      throw new Failure("blocked", `T-${number} is closed; nothing in it changes any more.`);
    }
    await work(tx, session);
  });
  return requireSession(world, actor, id);
}

export async function record(
  tx: Tx,
  actor: Actor,
  session: SessionId,
  what: string,
  facts: JsonObject,
): Promise<void> {
  await recordEvent(tx, {
    type: `triage.${what}`,
    actor: actor.subject,
    object: `triage:${session}`,
    facts,
  });
}

export function mayTakePart(actor: Actor): boolean {
  return holdsAnywhere(actor, "triage.vote");
}
