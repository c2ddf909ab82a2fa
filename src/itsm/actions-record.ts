import { systemActor } from "../base/actor.ts";
import { assert } from "../base/failure.ts";
import type { Change } from "../change/model.ts";
import { loadChange } from "../change/store.ts";
import { inTransaction } from "../db/database.ts";
import { notify } from "../db/notify.ts";
import type { World } from "../db/world.ts";
import { recordEvent } from "../ledger/record.ts";
import { toldOf } from "../watch/told.ts";
import {
  type Adapter,
  type Ask,
  type Link,
  type MirroredChange,
  type Outside,
  Trouble,
} from "./model.ts";
import { noteOf } from "./note-words.ts";
import { type CommonSettings, editedThere, holdsChange } from "./settings.ts";
import { loadLink, loadUntold, lockLink, type System, saveLink } from "./store.ts";

/** One record: found or made, told of what happened, and read. */
export interface Work {
  readonly system: System;
  readonly link: Link;
  readonly adapter: Adapter;
  readonly ask: Ask;
}

const EVENTS_A_TURN = 50;

/**
 * Makes the record say what is so now. Each note is written down as told before the next one goes, so
 * after any crash at most one is looked for, and none is left out or told twice.
 */
export async function push(world: World, work: Work): Promise<void> {
  const { system, link, adapter, ask } = work;
  const [change, full] = await mirrored(world, link);
  const outside = await present(world, work, change);
  if (adapter.isAsked) await takeState(world, { ...work, outside });
  const events = await loadUntold(world.db, link, EVENTS_A_TURN);
  let { unsureAt } = link;
  for (const { index, entry } of events) {
    const note = noteOf(toldOf(index, entry), (system.settings as CommonSettings).notes);
    if (note !== null) {
      const isThere = unsureAt !== null && (await adapter.hasNote(ask, outside, note));
      if (!isThere) {
        await saveLink(world.db, link, { unsureAt: world.clock() });
        await adapter.note(ask, { outside, change, note });
      }
    }
    unsureAt = null;
    await saveLink(world.db, link, { told: index, unsureAt: null, attempts: 0 });
  }
  if (events.length === EVENTS_A_TURN) return;
  const conflict = await settle(world, { ...work, outside, change, full });
  const done = { attempts: 0, nextAt: null, problem: null, problemSince: null, unsureAt: null };
  // Told up to here, also where the newest events are no notes.
  await saveLink(world.db, link, { told: link.wanted, conflict, ...done });
}

/** Reads the record's state; what was refused before is tried again, as approvals there may have come. */
export async function look(world: World, work: Work): Promise<void> {
  const { link, adapter, ask } = work;
  assert(link.outsideId !== null, "only a record that is there is looked at");
  const outside = await adapter.read(ask, link.outsideId);
  if (outside === null) throw gone();
  await takeState(world, { ...work, outside });
  const edited = editedThere(link.written, outside.fields);
  const [change] = await mirrored(world, link);
  const moved = link.conflict === null ? null : await adapter.move(ask, { outside, change });
  await saveLink(world.db, link, {
    conflict: joined(edited, moved),
    ...{ attempts: 0, nextAt: null, problem: null, problemSince: null },
    ...(link.written === null || link.written.there !== null
      ? {}
      : { written: { ...link.written, there: outside.fields } }),
  });
}

function gone(): Trouble {
  return new Trouble(
    "gone",
    "The record is gone there. fettle itsm retry looks for it once more and makes another one.",
  );
}

function joined(...texts: readonly (string | null)[]): string | null {
  const said = texts.filter((text) => text !== null);
  return said.length === 0 ? null : said.join(" ");
}

async function mirrored(world: World, link: Link): Promise<readonly [MirroredChange, Change]> {
  const change = await loadChange(world.db, link.change);
  assert(change !== null, "a link is of a change");
  const { id, number, state, title, reason, backout, plan, level } = change;
  const words = { id, number, state, title, reason, backout, plan, class: change.class };
  const more = { risk: level, hosts: change.risk.hosts, closed: change.closedReason ?? "" };
  return [{ ...words, ...more }, change];
}

/** The record there: the one that is known, the one that is found, or a new one. */
async function present(world: World, work: Work, change: MirroredChange): Promise<Outside> {
  const { link, adapter, ask } = work;
  if (link.outsideId !== null) {
    const known = adapter.isAsked ? await adapter.read(ask, link.outsideId) : kept(link);
    if (known === null) throw gone();
    return known;
  }
  const now = world.clock();
  if (link.unsureAt !== null && now < link.unsureAt + adapter.settleMs) {
    const waitMs = link.unsureAt + adapter.settleMs - now;
    throw new Trouble("again", "It is not known yet whether the record was made.", {
      ...{ waitMs, isUnsure: true },
    });
  }
  let outside = await adapter.find(ask, change);
  const isNew = outside === null;
  if (outside === null) {
    await saveLink(world.db, link, { unsureAt: now });
    outside = await adapter.create(ask, change, link.wanted);
  }
  const { id, key, url, state } = outside;
  await inTransaction(world.db, async (tx) => {
    await saveLink(tx, link, {
      ...{ outsideId: id, outsideKey: key, outsideUrl: url },
      ...(adapter.isAsked || state === "" ? {} : { outsideState: state, checkedAt: now }),
      ...(isNew ? { written: { ours: adapter.fieldsOf(change), there: null } } : {}),
      // For notes it is known that none went out of a new record.
      ...(isNew ? { unsureAt: null } : {}),
    });
    await recordEvent(tx, {
      type: "itsm.linked",
      actor: systemActor.subject,
      object: `itsm:${work.system.name}`,
      change: link.change,
      facts: { system: work.system.name, key, isNew },
    });
  });
  return outside;
}

function kept(link: Link): Outside {
  return {
    id: link.outsideId ?? "",
    key: link.outsideKey ?? "",
    url: link.outsideUrl,
    state: link.outsideState ?? "",
    isStopped: link.isHolding,
    fields: {},
  };
}

/** Fields where ours differ from what was written, then the state; words for what is not as it should. */
async function settle(
  world: World,
  of: Work & {
    readonly outside: Outside;
    readonly change: MirroredChange;
    readonly full: Change;
  },
): Promise<string | null> {
  const { adapter, ask, outside, change, link } = of;
  const written = (await loadLink(world.db, link))?.written ?? null;
  const ours = adapter.fieldsOf(change);
  const edited = editedThere(written, outside.fields);
  const isSame = written !== null && sameFields(written.ours, ours);
  if (!isSame) {
    await adapter.write(ask, { outside, change, at: link.wanted });
    await saveLink(world.db, link, { written: { ours, there: null } });
  }
  const moved = await adapter.move(ask, { outside, change });
  if (adapter.isAsked) {
    const after = await adapter.read(ask, outside.id);
    if (after === null) throw gone();
    await takeState(world, { ...of, outside: after });
    if (!isSame || written.there === null) {
      await saveLink(world.db, link, { written: { ours, there: after.fields } });
    }
  }
  return joined(isSame ? edited : null, moved);
}

function sameFields(one: Readonly<Record<string, string>>, two: typeof one): boolean {
  const keys = Object.keys(two);
  return Object.keys(one).length === keys.length && keys.every((key) => one[key] === two[key]);
}

/** Keeps what the record says; a state that is new is an event, and wakes what waits for it. */
export async function takeState(
  world: World,
  of: {
    readonly system: System;
    readonly link: Pick<Link, "system" | "change">;
    readonly outside: Outside;
    readonly said?: { readonly at: number; readonly id: string };
  },
): Promise<boolean> {
  const { system, outside, said } = of;
  const isHolding = holdsChange(system.settings as CommonSettings, outside);
  return inTransaction(world.db, async (tx) => {
    const link = await lockLink(tx, of.link);
    if (link === null) return false;
    // A report that is older than the last one, or the same, tells nothing new.
    if (said !== undefined && link.saidAt !== null) {
      if (said.at < link.saidAt || said.id === link.saidId) return false;
    }
    const at = { checkedAt: world.clock() };
    const told = said === undefined ? {} : { saidAt: said.at, saidId: said.id };
    await saveLink(tx, link, { ...at, ...told, outsideState: outside.state, isHolding });
    if (link.outsideState === outside.state && link.isHolding === isHolding) return true;
    await recordEvent(tx, {
      type: "itsm.state-changed",
      actor: systemActor.subject,
      object: `itsm:${system.name}`,
      change: link.change,
      facts: {
        ...{ system: system.name, key: link.outsideKey ?? outside.key },
        ...{ from: link.outsideState, to: outside.state, isHolding },
      },
    });
    await notify(tx, "change");
    return true;
  });
}
