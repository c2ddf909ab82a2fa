import { type Actor, scopesFor } from "../base/actor.ts";
import { sha256 } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import { type Id, newId } from "../base/ids.ts";
import { DAY_MS, type Instant } from "../base/instant.ts";
import { calendarInForce } from "../calendar/actions.ts";
import { entryTimes } from "../calendar/entry-times.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { loadSubjectNames } from "../identity/store.ts";
import { recordEvent } from "../ledger/record.ts";
import type { ChangePolicy } from "../policy/change-control.ts";
import { changePolicy } from "../policy/store-files.ts";
import { type BoardStand, boardOf, boardStand } from "./actions-board.ts";
import { minutesText } from "./board-minutes.ts";
import type { Conflict } from "./conflict.ts";
import type { Change } from "./model.ts";
import { loadChange } from "./store.ts";
import {
  insertMinutes,
  loadDecided,
  loadForBoard,
  loadMinutes,
  loadVotes,
  lockMinutes,
  type Minutes,
} from "./store-board.ts";
import { loadConflicts } from "./store-conflicts.ts";

/** What the advisory board has before it at its next meeting, and what it decided at the last. */

export interface AgendaItem {
  readonly change: Change;
  readonly stand: BoardStand;
  readonly conflicts: readonly Conflict[];
  /** Its approved time would end before the board meets. */
  readonly isTooLate: boolean;
}

export interface Agenda {
  readonly meeting: { readonly name: string; readonly from: Instant; readonly to: Instant } | null;
  /** Why there is no meeting; null when there is one. */
  readonly problem: string | null;
  readonly items: readonly AgendaItem[];
}

const ITEMS_MAX = 100;
const LOOK_DAYS = 400;

export async function showAgenda(
  world: World,
  actor: Actor,
  asked: { readonly from: Instant | null },
): Promise<Agenda> {
  const policy = await changePolicy(world);
  const now = world.clock();
  const next = await nextMeeting(world, policy, asked.from ?? now);
  const scopes = scopesFor(actor, "change.read");
  const ids = await loadForBoard(world.db, { scopes, now, limit: ITEMS_MAX });
  const items: AgendaItem[] = [];
  for (const id of ids) {
    const change = await loadChange(world.db, id);
    if (change === null) continue;
    items.push({
      change,
      stand: await boardStand(world, world.db, change),
      conflicts: await loadConflicts(world.db, change, scopes),
      isTooLate: next.meeting !== null && change.expiresAt <= next.meeting.from,
    });
  }
  return { ...next, items };
}

async function nextMeeting(
  world: World,
  { cab }: ChangePolicy,
  from: Instant,
): Promise<Pick<Agenda, "meeting" | "problem">> {
  if (cab === undefined) {
    return { meeting: null, problem: "The change policy in force names no advisory board." };
  }
  const calendar = await calendarInForce(world);
  const entry = calendar.entries.find(({ kind, name }) => kind === "cab" && name === cab.meeting);
  if (entry === undefined) {
    const problem = `The calendar has no entry ${cab.meeting} under cab, which the change policy names as the board's meeting.`;
    return { meeting: null, problem };
  }
  const span = { from, to: from + LOOK_DAYS * DAY_MS };
  const time = entryTimes(entry, calendar.zone, span).times.find(({ to }) => to > from);
  return time === undefined
    ? { meeting: null, problem: `${cab.meeting} does not meet within ${LOOK_DAYS} days.` }
    : { meeting: { name: entry.name, from: time.from, to: time.to }, problem: null };
}

export type MinutesId = Id<"minutes">;

/** Keeps the minutes of all that was decided since the last ones; the text and its digest stay. */
export async function keepMinutes(
  world: World,
  actor: Actor,
  given: { readonly present: readonly string[]; readonly notes: string },
): Promise<Minutes> {
  return inTransaction(world.db, async (tx) => {
    const board = await boardOf(tx, (await changePolicy(world)).cab);
    if (board === null || !board.members.includes(actor.subject)) {
      throw new Failure("forbidden", "Only members of the advisory board keep its minutes.");
    }
    await lockMinutes(tx);
    const at = world.clock();
    const since = (await loadMinutes(tx, 1))[0]?.at ?? 0;
    const decided = await loadDecided(tx, { since, until: at });
    const names = new Map((await loadSubjectNames(tx)).map(({ id, handle }) => [id, handle]));
    const items = await Promise.all(
      decided.map(async (one) => ({
        ...one,
        votes: await loadVotes(tx, { id: one.change, plan: one.plan }),
      })),
    );
    const handleOf = (subject: string): string => names.get(subject as never) ?? subject;
    const text = minutesText({ ...given, at, by: handleOf(actor.subject), items, handleOf });
    const digest = sha256(text);
    const kept = { id: newId<MinutesId>(at), text, digest, by: actor.subject, since, at };
    await insertMinutes(tx, kept);
    await recordEvent(tx, {
      type: "board.minutes",
      actor: actor.subject,
      object: `minutes:${kept.id}`,
      facts: { digest, decisions: decided.length },
    });
    return kept;
  });
}
