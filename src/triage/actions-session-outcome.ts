import { type Actor, holdsAnywhere, scopesFor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import type { Instant } from "../base/instant.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { openPatch } from "./actions.ts";
import { startDeferral } from "./actions-deferral.ts";
import { addKnownIssue } from "./actions-known-issue.ts";
import { record, requireSession } from "./actions-session.ts";
import {
  countingVotes,
  type Doing,
  refusalToDo,
  type SessionItem,
  type WholeSession,
} from "./session.ts";
import { loadSession, lockOpenSession, setOutcome } from "./store-session.ts";

/** What comes of the votes on one item, done by a person with the right to it. */
export interface AskedOutcome {
  readonly session: string;
  readonly place: number;
  readonly doing: Doing;
  readonly words: string;
  /** For a deferral: until when, and who answers for it. */
  readonly until?: Instant | undefined;
  readonly owner?: string | undefined;
}

/** The session stays held while it is done, so two people never do it twice. */
export async function doInSession(
  world: World,
  actor: Actor,
  asked: AskedOutcome,
): Promise<WholeSession> {
  const { id, number } = await requireSession(world, actor, asked.session);
  await inTransaction(world.db, async (tx) => {
    const locked = await lockOpenSession(tx, id);
    const session =
      locked === null ? null : await loadSession(tx, locked, scopesFor(actor, "patch.read"));
    const item = session?.items.find(({ place }) => place === asked.place);
    if (session === null) {
      throw new Failure("blocked", `T-${number} is closed; nothing in it changes any more.`);
    }
    if (item === undefined) {
      throw new Failure("not-found", `T-${number} has no item ${asked.place}.`);
    }
    const { state, quorum } = session;
    const refusal = refusalToDo(asked.doing, { state, quorum, item });
    if (refusal !== null) throw new Failure("blocked", refusal);
    const ref = await done(world, actor, { asked, session, item });
    const { doing, words } = asked;
    const outcome = { doing, by: actor.subject, at: world.clock(), words, ref };
    await setOutcome(tx, { session: id, place: asked.place, outcome });
    await record(tx, actor, id, "decided", { place: asked.place, doing, ref });
  });
  return requireSession(world, actor, id);
}

interface Done {
  readonly asked: AskedOutcome;
  readonly session: WholeSession;
  readonly item: SessionItem;
}

async function done(world: World, actor: Actor, of: Done): Promise<string | null> {
  const { asked, item } = of;
  const { source, ecosystem } = item.item;
  switch (asked.doing) {
    case "nothing":
      return null;
    case "open-case": {
      const justification = justificationOf(of);
      const { patch } = await openPatch(world, actor, { source, ecosystem, justification });
      return `P-${patch.number}`;
    }
    case "defer":
      return deferred(world, actor, of);
    case "known-issue":
      return knownIssue(world, actor, of);
  }
}

/** What was said in the session stands in the case, so that it needs no second telling. */
function justificationOf({ asked, session, item }: Done): string {
  const said = countingVotes(item.votes).flatMap(({ words }) => words.trim() || []);
  const words = [asked.words.trim(), ...said].filter((text) => text !== "");
  const head = `Triage session T-${session.number}, item ${item.place}`;
  return words.length === 0 ? `${head}.` : `${head}: ${words.join(" / ")}`.slice(0, 4000);
}

async function deferred(world: World, actor: Actor, { asked, item }: Done): Promise<string> {
  const { until, owner, words } = asked;
  if (until === undefined || owner === undefined || words.trim() === "") {
    throw new Failure("invalid", "A deferral needs an end, who answers for it, and why in words.");
  }
  const { source, ecosystem } = item.item;
  const deferral = await startDeferral(world, actor, {
    ...{ source, ecosystem, until, owner },
    reasonClass: "other",
    reason: words,
  });
  return `D-${deferral.number}`;
}

async function knownIssue(world: World, actor: Actor, { asked, item }: Done): Promise<string> {
  if (!holdsAnywhere(actor, "issue.edit")) {
    throw new Failure("forbidden", "This needs the right issue.edit, which you do not hold.");
  }
  if (asked.words.trim() === "") {
    throw new Failure("invalid", "Say in words how to live with it: the workaround.");
  }
  const { source, ecosystem, vulnerabilities } = item.item;
  const issue = await addKnownIssue(world, actor, {
    ...{ title: `${source} stays as it is`, ecosystem, subject: source, vulnerabilities },
    ...{ affected: "what hosts have now", workaround: asked.words, audience: "operations" },
    patch: null,
  });
  return `K-${issue.number}`;
}
