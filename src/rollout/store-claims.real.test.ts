import { sql } from "kysely";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import type { Actor } from "../base/actor.ts";
import type { HostId, SubjectId } from "../base/ids.ts";
import { type Labels, parseSelector } from "../base/labels.ts";
import { calendarNow, liftFreeze, setFreeze, standingCalendar } from "../calendar/actions.ts";
import {
  endFeed,
  exportSpan,
  importCalendar,
  makeFeed,
  removeCalendar,
  requireFeed,
} from "../calendar/actions-import.ts";
import { showSpan } from "../calendar/actions-show.ts";
import { parseCalendar } from "../calendar/calendar-policy.ts";
import { type Calendar, emptyCalendar } from "../calendar/model.ts";
import { mayStartNow } from "../calendar/scope.ts";
import { whenNext } from "../calendar/when-next.ts";
import { type Db, inTransaction, sqlJson } from "../db/database.ts";
import { insertBudgets } from "../plan/store-budgets.ts";
import { loadApprovalHold, lookAtIntegrated } from "./store-approvals.ts";
import { loadBudgetHeld, loadRooms, loadStarted } from "./store-budgets.ts";
import { loadCalendarHeld } from "./store-calendar.ts";
import { type Claimed, claim } from "./store-claims.ts";
import { permit } from "./store-permits.ts";
import { recordVerdict } from "./store-results.ts";
import {
  addHosts,
  age,
  aRollout,
  aRolloutNotInLog,
  openAllWaves,
  own,
  type Story,
} from "./store-story.ts";
import { integrateRows } from "./store-story-log.ts";
import { takeRollouts } from "./store-turn.ts";
import { loadBusyElsewhere, loadTargets } from "./store-view.ts";

let made: TestWorld;
let db: Db;
beforeEach(async () => {
  made = await testWorld();
  db = made.world.db;
});
afterEach(() => made.close());

async function claimFor(
  story: Story,
  calendar: Calendar = emptyCalendar,
): Promise<readonly Claimed[]> {
  const { scopes, change } = story;
  const owned = await own(db, story, "a");
  const what = {
    wave: 1,
    kind: "apply",
    leaseSeconds: 60,
    scopes,
    change,
    calendar,
  } as const;
  return claim(db, { ...owned, ...what });
}

test("a host that says it is done gets no other job before it was looked at", async () => {
  const hosts = await addHosts(db, 1);
  const [first, second] = [
    await aRollout(db, [{ ring: "canary", hosts }]),
    await aRollout(db, [{ ring: "canary", hosts }]),
  ];
  for (const story of [first, second]) await openAllWaves(db, story);
  expect(await claimFor(first)).toHaveLength(1);
  await sql`
    update target set state = 'done', ended_at = now(), is_begun = true, lease_owner = 'a',
           lease_until = null where rollout = ${first.id}`.execute(db);
  await sql`update host_slot set rollout = null`.execute(db);
  expect(await claimFor(second)).toEqual([]);
  const shown = { rollout: second.id, scopes: [[]], limit: 9 };
  expect(await loadTargets(db, shown)).toMatchObject([{ busyWith: first.number }]);
  await sql`update rollout set look_at = now() + interval '1 hour'`.execute(db);
  await recordVerdict(db, {
    rollout: first.id,
    host: hosts[0]!,
    attempt: 1,
    owner: "a",
    verdict: "verified",
    evidence: null,
    retryAfterSeconds: 1,
  });
  // Whoever waited for the host is looked at at once.
  expect(await takeRollouts(db, "a")).toHaveLength(2);
  expect(await claimFor(second)).toHaveLength(1);
});

test("a rollout tells which others are at work on hosts that wait in it, to who may see them", async () => {
  const hosts = await addHosts(db, 3);
  const first = await aRollout(db, [{ ring: "canary", hosts: hosts.slice(0, 2) }]);
  const second = await aRollout(db, [{ ring: "canary", hosts }]);
  for (const story of [first, second]) await openAllWaves(db, story);
  expect(await loadBusyElsewhere(db, second.id, [[]])).toEqual([]);
  expect(await claimFor(first)).toHaveLength(2);
  expect(await loadBusyElsewhere(db, second.id, [[]])).toEqual([
    { number: first.number, title: "Upgrade libssl3", hosts: 2 },
  ]);
  expect(await loadBusyElsewhere(db, first.id, [[]])).toEqual([]);
  const elsewhere = [{ op: "in", key: "env", values: ["prod"] }] as const;
  expect(await loadBusyElsewhere(db, second.id, [elsewhere])).toEqual([]);
});

const ada: Actor = {
  subject: "00000000-0000-7000-8000-0000000000aa" as SubjectId,
  name: "ada",
  kind: "person",
  via: "session",
  grants: [{ role: "operator", scope: parseSelector("env=prod") }],
};

/** Half of them `env=prod`, and each third in Tokyo. */
async function labelled(hosts: readonly HostId[]): Promise<void> {
  for (const [at, host] of hosts.entries()) {
    const labels = { env: at % 2 === 0 ? "prod" : "dev" };
    const facts = at % 3 === 0 ? { zone: "Asia/Tokyo" } : { zone: "Europe/Berlin" };
    await sql`update host set labels = ${JSON.stringify(labels)}::jsonb,
      facts = coalesce(facts, '{}') || ${JSON.stringify(facts)}::jsonb where id = ${host}`.execute(
      db,
    );
  }
}

test("a freeze that is set after the approval holds claims and permits at once, until it is lifted", async () => {
  const hosts = await addHosts(db, 4);
  await labelled(hosts);
  const story = await aRollout(db, [{ ring: "canary", hosts }]);
  await openAllWaves(db, story);
  const asked = { name: "fair", reason: "the fair", startsAt: null, passesEmergency: false };
  const endsAt = Date.now() + 3_600_000;
  await expect(setFreeze(made.world, ada, { ...asked, hosts: "all", endsAt })).rejects.toThrow(
    "limited to some labels",
  );
  const freeze = await setFreeze(made.world, ada, { ...asked, hosts: "env=prod", endsAt });
  const free = await claimFor(story);
  expect(free.map(({ host }) => host)).toEqual([hosts[1], hosts[3]]);
  const of = { rollout: story.id, standing: emptyCalendar };
  expect(await loadCalendarHeld(db, of)).toMatchObject([{ wave: 1, held: 2, of: 2 }]);
  await liftFreeze(made.world, ada, { freeze: `F-${freeze.number}`, reason: "it is over" });
  const [next, other] = await claimFor(story);
  expect([next?.host, other?.host]).toEqual([hosts[0], hosts[2]]);
  // What was claimed before a freeze asks for its permit under it.
  const nonce = "0f".repeat(16);
  const ask = { ...next!, index: next!.leafIndex, kind: "apply", nonce } as const;
  const under = { scopes: story.scopes, changes: [story.change], calendar: emptyCalendar };
  await setFreeze(made.world, ada, { ...asked, hosts: "env=prod", endsAt });
  expect(await permit(db, [ask], under)).toEqual([]);
  const { rows } = await sql<{ events: number }>`
    select count(*) as events from event where type in ('freeze.set', 'freeze.lifted')`.execute(db);
  expect(rows).toEqual([{ events: 3 }]);
});

test("claims have the calendar's answer for every host, whatever its labels and zone", async () => {
  const hosts = await addHosts(db, 12);
  await labelled(hosts);
  const story = await aRollout(db, [{ ring: "canary", hosts }]);
  await openAllWaves(db, story);
  const { zones } = await calendarNow(db, { db, standing: hostly("00:00", "24h") });
  expect(zones).toHaveLength(2);
  const { rows: places } = await sql<{ id: HostId; labels: Labels; zone: string }>`
    select id, labels, facts ->> 'zone' as zone from host`.execute(db);
  for (const at of ["00:00", "06:30", "12:00", "18:00", "23:00"]) {
    const standing = hostly(at, "7h");
    const { calendar, now } = await calendarNow(db, { db, standing });
    for (const urgency of ["normal", "emergency"] as const) {
      const may = mayStartNow(calendar, { now, zones, urgency });
      const { rows } = await sql<{ id: HostId }>`
        select h.id from host h where ${may}`.execute(db);
      const open = places.filter((host) => whenNext(calendar, host, { now, urgency }).isOpen);
      expect(rows.map(({ id }) => id).sort()).toEqual(open.map(({ id }) => id).sort());
    }
  }
});

test("an imported calendar holds claims until it is taken away, and ours is given out by a secret address", async () => {
  const hosts = await addHosts(db, 1);
  const story = await aRollout(db, [{ ring: "canary", hosts }]);
  await openAllWaves(db, story);
  const admin: Actor = { ...ada, grants: [{ role: "admin", scope: [] }] };
  const stamp = (at: number): string =>
    `${new Date(at).toISOString().slice(0, 19).replace(/[-:]/g, "")}Z`;
  const [from, to] = [stamp(Date.now() - 3_600_000), stamp(Date.now() + 3_600_000)];
  const event = `BEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Fair\r\nDTSTART:${from}\r\nDTEND:${to}\r\nEND:VEVENT`;
  const text = `BEGIN:VCALENDAR\r\nVERSION:2.0\r\n${event}\r\nEND:VCALENDAR\r\n`;
  const asked = { name: "fairs", kind: "freeze", hosts: "all", passesEmergency: false, url: null };
  await expect(importCalendar(made.world, ada, { ...asked, kind: "freeze", text })).rejects.toThrow(
    "policy.apply",
  );
  await importCalendar(made.world, admin, { ...asked, kind: "freeze", text });
  expect(await claimFor(story, await standingCalendar(made.world))).toEqual([]);
  const { secret, feed } = await makeFeed(made.world, admin, { name: "phone", hosts: "all" });
  expect((await requireFeed(made.world, secret)).id).toBe(feed.id);
  const { times } = await showSpan(made.world, exportSpan(Date.now()));
  expect(times.map(({ time }) => time.entry.name)).toEqual(["Fair"]);
  await endFeed(made.world, admin, feed.id);
  await expect(requireFeed(made.world, secret)).rejects.toThrow("no such calendar");
  await removeCalendar(made.world, admin, "fairs");
  expect(await claimFor(story, await standingCalendar(made.world))).toHaveLength(1);
});

function hostly(at: string, lasts: string): Calendar {
  const entry = (name: string, hosts: string, more = ""): string =>
    `  - { name: ${name}, hosts: ${hosts}, zone: host, on: every day, at: "${at}", lasts: ${lasts}${more} }\n`;
  const text = `format: fettle-calendar 1\nzone: UTC\nothers: open\nwindows:\n${entry("w", "env=prod")}peaks:\n${entry("p", "env=dev", ", reason: r, emergency: passes")}`;
  return parseCalendar(text, "calendar.yaml").calendar;
}

/** At most two hosts of service web may be away at once, as the plan of the story says. */
async function budget(story: Story, unavailableMax = 2): Promise<void> {
  const of = { key: "service", value: "web", members: 9, unavailableMax };
  await inTransaction(db, (tx) => insertBudgets(tx, story.plan, [of]));
}

test("a budget holds over all rollouts at once, also over those whose own plan has none", async () => {
  const [some, others] = [await addHosts(db, 6, "web"), await addHosts(db, 6, "web")];
  const free = await addHosts(db, 2, "db");
  const first = await aRollout(db, [{ ring: "canary", hosts: [...some, ...free] }]);
  const second = await aRollout(db, [{ ring: "canary", hosts: others }]);
  await budget(first);
  for (const story of [first, second]) await openAllWaves(db, story);
  const claims = [first, second, first, second].map((story) => claimFor(story));
  const claimed = (await Promise.all(claims)).flat().map(({ host }) => host);
  expect(claimed.filter((host) => !free.includes(host))).toHaveLength(2);
  expect(claimed.filter((host) => free.includes(host))).toHaveLength(2);
  expect(await loadRooms(db, "apply")).toEqual([
    { key: "service", value: "web", most: 2, used: 2 },
  ]);
  const held = await loadBudgetHeld(db, {
    rollout: second.id,
    rooms: await loadRooms(db, "apply"),
  });
  const waiting = others.filter((host) => !claimed.includes(host)).length;
  expect(held).toMatchObject([{ wave: 1, held: waiting, of: waiting }]);
  // The promise lasts as long as the rollout that gave it.
  await sql`update rollout set state = 'stopped', ended_at = now()
             where id = ${first.id}`.execute(db);
  expect(await claimFor(second)).toHaveLength(waiting);
});

test("hosts that are out of reach or broken take room from others, and none from themselves", async () => {
  const hosts = await addHosts(db, 4, "web");
  const story = await aRollout(db, [{ ring: "canary", hosts }]);
  await budget(story);
  await openAllWaves(db, story);
  await sql`update host set contact_state = 'unreachable' where id = ${hosts[3]}`.execute(db);
  await sql`update target set state = 'failed', ended_at = now() where host = ${hosts[0]}`.execute(
    db,
  );
  expect((await claimFor(story)).map(({ host }) => host)).toEqual([hosts[3]]);
  await sql`update target set is_acknowledged = true where host = ${hosts[0]}`.execute(db);
  expect((await claimFor(story)).map(({ host }) => host)).toEqual([hosts[1]]);
});

test("a wave starts no more hosts within the time of its rate, however soon the first are done", async () => {
  const hosts = await addHosts(db, 5);
  const gate = { rate: { hosts: 2, seconds: 60 } };
  const story = await aRollout(db, [{ ring: "canary", hosts, gate }]);
  await openAllWaves(db, story);
  expect(await claimFor(story)).toHaveLength(2);
  expect(await claimFor(story)).toEqual([]);
  expect(await loadStarted(db, story.id)).toEqual([{ wave: 1, started: 2 }]);
  await age(db, 61_000);
  expect(await claimFor(story)).toHaveLength(2);
});

test("U19 nothing is claimed before a signed head of the log covers the approval", async () => {
  const hosts = await addHosts(db, 1);
  const story = await aRolloutNotInLog(db, [{ ring: "canary", hosts }]);
  await openAllWaves(db, story);
  const hold = () => loadApprovalHold(db, story);
  expect(await claimFor(story)).toEqual([]);
  expect(await hold()).toEqual({ why: "approval-not-in-log" });
  // Whoever looked has put the next look off; only the place in the log brings it forward.
  const look = () => takeRollouts(db, "a");
  const found = sqlJson([await hold()]);
  await sql`update rollout set look_at = now() + interval '1 hour'`.execute(db);
  expect(await lookAtIntegrated(db)).toBe(false);
  expect(await look()).toEqual([]);
  await integrateRows(db);
  expect(await hold()).toBeNull();
  expect(await lookAtIntegrated(db)).toBe(true);
  expect(await look()).toHaveLength(1);
  await sql`
    update rollout set started_at = now() - interval '1 minute',
                       look_at = now() + interval '1 hour'`.execute(db);
  expect(await lookAtIntegrated(db)).toBe(false);
  await sql`update wave set holds = ${found}`.execute(db);
  expect(await lookAtIntegrated(db)).toBe(true);
  expect(await look()).toHaveLength(1);
  expect(await claimFor(story)).toHaveLength(1);
});
