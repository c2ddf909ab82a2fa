import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testRings } from "../../test/builders/plan.ts";
import {
  aPatch,
  aPerson,
  aService,
  askedOpenssl,
  someHosts,
  type TestPerson,
} from "../../test/builders/stored.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import type { Actor } from "../base/actor.ts";
import { DAY_MS, HOUR_MS } from "../base/instant.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { addService } from "../inventory/actions-services.ts";
import { type CreatePlan, createPlan } from "../plan/actions.ts";
import { loadPlan } from "../plan/store.ts";
import { editChange, requestChange } from "./actions.ts";
import { keepMinutes, showAgenda } from "./actions-agenda.ts";
import { approveChange } from "./actions-approve.ts";
import { castVote, closeVote } from "./actions-board.ts";
import { delegate, endDelegation, raiseRisk } from "./actions-control.ts";
import { callDuties, decideAfterwards, reviewChange } from "./actions-duties.ts";
import { expireOverdue, finishChange, startChange, withdrawChange } from "./actions-end.ts";
import { escalateWaiting } from "./actions-escalate.ts";
import { showControl } from "./actions-show-control.ts";
import {
  approveTemplate,
  demandTemplate,
  proposeTemplate,
  templateActions,
} from "./actions-templates.ts";
import type { ClosureCode } from "./duty.ts";
import type { Change } from "./model.ts";
import { loadChange, loadChanges, lockApproval } from "./store.ts";
import { loadOpenDuties } from "./store-duties.ts";

/**
 * Change control on a real database: what the risk asks for, the board, stand-ins and emergencies. More
 * than half of it is what must not be possible.
 */
const RACES = 9;

let made: TestWorld;
let world: World;
// The database asks its own clock whether an approval still counts: a Monday that has not come yet.
const MONDAY = nextMonday(Date.now() + DAY_MS);
let now = MONDAY + 9 * HOUR_MS;
let [carol, alice, bob, dora, otto, chair]: TestPerson[] = [];
let patch: string;

const policy = (high: string, emergency = "from: [security]") => `
kind: change
groups: { security: [dora] }
risk:
  tier: { "0": 60, "1": 50, "2": 10, "3": 0, unknown: 0 }
  exposure: { exposed: 30, unknown: 0 }
  reboot: 0
  noWayBack: 0
  hosts: []
  pastFailures: { points: 0, days: 30 }
  medium: 50
  high: 75
approval:
  low: { approvers: 1 }
  medium: { approvers: 2, from: [service-owner] }
  high: ${high}
emergency: { approvers: 2, ${emergency}, retrospective: 2, review: 5 }
cab: { members: [chair, alice, bob, carol], chair: chair, quorum: 2, meeting: board }
delegation: { days: 30 }
templates: { days: 365, failures: 5% }
workingDays: { zone: UTC, days: [monday, tuesday, wednesday, thursday, friday] }
`;

beforeAll(async () => {
  made = await testWorld({ clock: () => now });
  world = made.world;
  carol = await aPerson(world, "carol");
  [alice, bob, dora, otto, chair] = await Promise.all(
    ["alice", "bob", "dora", "otto", "chair"].map((name) =>
      aPerson(world, name, { role: "approver" }),
    ),
  );
  await sql`
    insert into role_grant (id, subject, role, scope, granted_by)
    values ('g-otto', ${otto!.actor.subject}, 'approver', '', 'test')`.execute(world.db);
  await someHosts(world, [
    { name: "low-1", labels: { ring: "canary", risk: "low", tier: "3" } },
    { name: "mid-1", labels: { ring: "canary", risk: "medium", tier: "1" } },
    { name: "high-1", labels: { ring: "canary", risk: "high", tier: "0", exposure: "public" } },
  ]);
  patch = await aPatch(world, carol);
  const folder = join(world.paths.state, "policies");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "change.yaml"), policy("{ approvers: 1, cab: true }"));
  const calendar =
    'format: fettle-calendar 1\nzone: UTC\nothers: open\ncab:\n  - { name: board, hosts: all, on: every wednesday, at: "10:00", lasts: 1h }\n';
  writeFileSync(join(folder, "calendar.yaml"), calendar);
  const owners =
    "kind: owners\nrules:\n  - { name: the shop, services: [shop], approves: [otto], executes: [carol], escalate: [{ after: 2h, to: [chair] }] }\n";
  writeFileSync(join(folder, "owners.yaml"), owners);
  await addService(world, carol.actor, {
    ...{ name: "shop", title: "Shop", team: "web", owners: ["otto", "nobody@example.org"] },
    ...{ labels: {}, repository: "", hostSelector: null, hosts: ["mid-1"], needs: [] },
  });
});
afterAll(() => made.close());

type Risk = "low" | "medium" | "high";

async function planned(risk: Risk, some: Partial<CreatePlan> = {}, by = carol!.actor) {
  const request = {
    ...{ patch, policy: { text: testRings }, class: "normal" as const },
    hosts: `risk=${risk}`,
    ...some,
  };
  return (await createPlan(world, by, request, askedOpenssl)).plan;
}

async function requested(risk: Risk, some: Partial<CreatePlan> = {}, by = carol!.actor) {
  const { digest } = await planned(risk, some, by);
  return requestChange(world, by, { plan: digest, reason: "fixes a CVE" });
}

async function approve(who: TestPerson, { id, plan }: Change) {
  const signature = who.sign((await loadPlan(world.db, plan))?.statement ?? "");
  return (await approveChange(world, who.actor, { change: id, signature })).change;
}

const vote = (who: TestPerson, { id: change }: Change, choice: "approve" | "reject" | "abstain") =>
  castVote(world, who.actor, { change, choice, reason: "seen" });
const close = (who: TestPerson, { id: change }: Change, isVeto = false) =>
  closeVote(world, who.actor, { change, isVeto, reason: "closed" });
const stateOf = async ({ id }: Change) => (await loadChange(world.db, id))?.state;

function start({ id }: Change) {
  return inTransaction(world.db, async (tx) => {
    await lockApproval(tx, [id], "shared");
    return startChange(world, tx, { change: id, actor: carol!.actor.subject, at: now });
  });
}

async function eventsOf({ id }: Change): Promise<readonly string[]> {
  const { rows } = await sql<{ type: string }>`
    select type from event where change = ${id} order by inserted`.execute(world.db);
  return rows.map(({ type }) => type);
}

describe("the risk of a change", () => {
  test("is told point by point, and a low one needs one approval", async () => {
    const change = await requested("low");
    expect(change).toMatchObject({ level: "low", need: 1, needsBoard: false });
    expect(change.assessment?.parts).toContainEqual({
      ...{ what: "criticality", points: 0, because: "its most critical host is of tier 3" },
    });
    expect((await approve(alice!, change)).state).toBe("approved");
  });

  test("at medium wants an owner of the service among two, and says who holds it up", async () => {
    const change = await requested("medium");
    expect(change).toMatchObject({ level: "medium", need: 2 });
    await approve(alice!, change);
    expect((await approve(bob!, change)).state).toBe("requested");
    const { heldUpBy } = await showControl(world, alice!.actor, change);
    expect(heldUpBy).toEqual(["an approval of an owner of its services: otto"]);
    await expect(start(change)).rejects.toMatchObject({ code: "blocked" });
    expect((await approve(otto!, change)).state).toBe("approved");
  });

  test("is raised by people, voids what is not enough any more, and is never lowered", async () => {
    const change = await requested("low");
    await approve(alice!, change);
    const raise = (to: Risk) =>
      raiseRisk(world, bob!.actor, { change: change.id, to, reason: "the last one hurt" });
    expect(await raise("medium")).toMatchObject({ state: "requested", level: "medium", need: 2 });
    await expect(start(change)).rejects.toMatchObject({ code: "blocked" });
    await expect(raise("low")).rejects.toMatchObject({ code: "forbidden" });
    await expect(raise("medium")).rejects.toMatchObject({ code: "forbidden" });
    expect(await eventsOf(change)).toContain("change.risk-raised");
    const { digest } = await planned("low", { replaces: change.plan });
    const edit = { change: change.id, plan: digest, reason: "again" };
    const edited = await editChange(world, carol!.actor, edit);
    expect(edited).toMatchObject({ level: "medium", need: 2, assessment: { level: "low" } });
  });
});

describe("the advisory board", () => {
  test("decides on a high risk beside the signatures, whichever comes last", async () => {
    const first = await requested("high");
    expect(first).toMatchObject({ level: "high", need: 1, needsBoard: true });
    expect((await approve(alice!, first)).state).toBe("requested");
    await expect(start(first)).rejects.toMatchObject({ code: "blocked" });
    await vote(alice!, first, "approve");
    await vote(chair!, first, "approve");
    expect((await close(chair!, first)).state).toBe("approved");
    expect((await start(first)).state).toBe("running");
    const second = await requested("high");
    await vote(bob!, second, "approve");
    await vote(chair!, second, "abstain");
    expect((await close(chair!, second)).state).toBe("requested");
    expect((await approve(alice!, second)).state).toBe("approved");
  });

  test("a vote of the board is no signature: it starts nothing alone", async () => {
    const change = await requested("high");
    await vote(alice!, change, "approve");
    await vote(bob!, change, "approve");
    await vote(chair!, change, "approve");
    await close(chair!, change);
    expect(await stateOf(change)).toBe("requested");
    await expect(start(change)).rejects.toMatchObject({ code: "blocked" });
  });

  test("says no by its votes or by the veto of its chair, and that ends the change", async () => {
    const voted = await requested("high");
    await vote(alice!, voted, "reject");
    await vote(chair!, voted, "abstain");
    expect((await close(chair!, voted)).state).toBe("rejected");
    const vetoed = await requested("high");
    await vote(alice!, vetoed, "approve");
    await vote(bob!, vetoed, "approve");
    await expect(close(bob!, vetoed, true)).rejects.toMatchObject({ code: "forbidden" });
    expect((await close(chair!, vetoed, true)).state).toBe("rejected");
    await expect(approve(alice!, vetoed)).rejects.toMatchObject({ code: "blocked" });
  });

  test("R3 whoever asked has no vote, by no token, service or seat", async () => {
    const change = await requested("high");
    await expect(vote(carol!, change, "approve")).rejects.toMatchObject({ code: "forbidden" });
    const robot = await aService(world, "robot-of-alice", alice!);
    const own: Actor = { ...robot, grants: [{ role: "admin", scope: [] }] };
    await expect(
      castVote(world, own, { change: change.id, choice: "approve", reason: "r" }),
    ).rejects.toMatchObject({ code: "forbidden" });
    await expect(vote(dora!, change, "approve")).rejects.toMatchObject({ code: "forbidden" });
    await vote(alice!, change, "approve");
    await expect(close(chair!, change)).rejects.toMatchObject({ code: "blocked" });
    await expect(close(alice!, change)).rejects.toMatchObject({ code: "forbidden" });
    expect(await stateOf(change)).toBe("requested");
  });

  test("R4 decides on one plan: an edit voids its votes and its decision", async () => {
    const change = await requested("high");
    await approve(alice!, change);
    await vote(alice!, change, "approve");
    await vote(chair!, change, "approve");
    await close(chair!, change);
    const { digest } = await planned("high", { replaces: change.plan });
    const edit = { change: change.id, plan: digest, reason: "again" };
    const edited = await editChange(world, carol!.actor, edit);
    await approve(alice!, edited);
    expect(await stateOf(edited)).toBe("requested");
    await expect(start(edited)).rejects.toMatchObject({ code: "blocked" });
  });

  test("has an agenda with its next meeting, and keeps minutes once", async () => {
    const change = await requested("high");
    const agenda = await showAgenda(world, alice!.actor, { from: null });
    expect(agenda.meeting).toMatchObject({ from: MONDAY + 2 * DAY_MS + 10 * HOUR_MS });
    expect(agenda.items.map((item) => item.change.id)).toContain(change.id);
    await vote(alice!, change, "reject");
    await vote(chair!, change, "reject");
    await close(chair!, change);
    const input = { present: ["alice"], notes: "" };
    await expect(keepMinutes(world, dora!.actor, input)).rejects.toMatchObject({
      code: "forbidden",
    });
    now += 1000;
    const minutes = await keepMinutes(world, alice!.actor, input);
    expect(minutes.text).toContain(`## C-${change.number} `);
    expect(minutes.text).toContain("- alice: reject. seen");
    now += 1000;
    expect((await keepMinutes(world, alice!.actor, input)).text).toContain("Nothing was decided");
  });
});

describe("an emergency", () => {
  test("needs two approvers, one of them of security, and no signature is skipped", async () => {
    const change = await requested("high", { class: "emergency" });
    expect(change).toMatchObject({ need: 2, needsBoard: false });
    await approve(alice!, change);
    expect((await approve(bob!, change)).state).toBe("requested");
    expect((await approve(dora!, change)).state).toBe("approved");
    expect((await start(change)).state).toBe("running");
  });

  test("owes a decision of somebody without a part in it and a review, told on time", async () => {
    const change = await requested("low", { class: "emergency" });
    await approve(alice!, change);
    await approve(dora!, change);
    await start(change);
    const { duties } = (await showControl(world, alice!.actor, change)).afterwards;
    expect(duties.map(({ kind, dueAt }) => [kind, dueAt])).toEqual([
      ["retrospective", MONDAY + 3 * DAY_MS],
      ["review", MONDAY + 8 * DAY_MS],
    ]);
    const decide = (who: TestPerson) =>
      decideAfterwards(world, who.actor, {
        ...{ change: change.id, outcome: "accepted", reason: "it was right" },
      });
    for (const who of [carol!, alice!, dora!]) {
      await expect(decide(who)).rejects.toMatchObject({ code: "forbidden" });
    }
    const before = now;
    now = MONDAY + 4.5 * DAY_MS;
    await callDuties(world);
    await callDuties(world);
    const told = (await eventsOf(change)).filter((type) => type.startsWith("change.duty-"));
    expect(told).toEqual([
      ...["change.duty-opened", "change.duty-opened"],
      ...["change.duty-overdue", "change.duty-reminded"],
    ]);
    await decide(bob!);
    await expect(decide(otto!)).rejects.toMatchObject({ code: "forbidden" });
    const review = { change: change.id, isGoalMet: true, cause: "a known fault", actions: [] };
    const say = (who: TestPerson, closure: ClosureCode) =>
      reviewChange(world, who.actor, { ...review, closure });
    await expect(say(bob!, "successful")).rejects.toMatchObject({ code: "forbidden" });
    const end = { change: change.id, verb: "fail" as const, actor: carol!.actor.subject, at: now };
    await inTransaction(world.db, (tx) => finishChange(tx, end));
    await expect(say(bob!, "successful")).rejects.toMatchObject({ code: "invalid" });
    await expect(say(carol!, "failed")).rejects.toMatchObject({ code: "forbidden" });
    await say(bob!, "failed");
    await expect(say(otto!, "failed")).rejects.toMatchObject({ code: "forbidden" });
    now = before;
    const open = await loadOpenDuties(world.db, { scopes: [[]], limit: 10 });
    expect(open.map((duty) => duty.change)).not.toContain(change.id);
  });
});

describe("a stand-in", () => {
  const span = () => ({ startsAt: null, endsAt: now + DAY_MS, reason: "away" });

  test("meets the demand on whom they stand in for, with their own key, until it ends", async () => {
    const handed = await delegate(world, otto!.actor, { to: "alice", ...span() });
    const change = await requested("medium");
    await approve(alice!, change);
    expect((await approve(bob!, change)).state).toBe("approved");
    await endDelegation(world, alice!.actor, handed.id);
    const later = await requested("medium");
    await approve(alice!, later);
    expect((await approve(bob!, later)).state).toBe("requested");
  });

  test("R3 never makes a requester an approver, is never handed on, and never lasts for ever", async () => {
    const toCarol = await delegate(world, otto!.actor, { to: "carol", ...span() });
    const change = await requested("medium");
    await expect(approve(carol!, change)).rejects.toMatchObject({ code: "forbidden" });
    await expect(delegate(world, carol!.actor, { to: "bob", ...span() })).rejects.toMatchObject({
      code: "blocked",
    });
    await expect(
      delegate(world, bob!.actor, { to: "dora", ...span(), endsAt: now + 31 * DAY_MS }),
    ).rejects.toMatchObject({ code: "blocked" });
    const robot = await aService(world, "robot-of-bob", bob!);
    await expect(delegate(world, robot, { to: "dora", ...span() })).rejects.toMatchObject({
      code: "blocked",
    });
    await expect(endDelegation(world, dora!.actor, toCarol.id)).rejects.toMatchObject({
      code: "not-found",
    });
    await endDelegation(world, otto!.actor, toCarol.id);
  });
});

test("the ownership map says on whom a change waits, and tells others at the exact time, once", async () => {
  const change = await requested("medium");
  const before = now;
  const escalated = async () =>
    (await eventsOf(change)).filter((type) => type === "change.escalated").length;
  now = before + 2 * HOUR_MS - 1;
  await escalateWaiting(world);
  expect(await escalated()).toBe(0);
  now += 1;
  await Promise.all([escalateWaiting(world), escalateWaiting(world)]);
  await escalateWaiting(world);
  expect(await escalated()).toBe(1);
  const { escalated: told } = await showControl(world, alice!.actor, change);
  expect(told).toEqual([{ to: ["chair"], dueAt: before + 2 * HOUR_MS }]);
  now = before;
  await approve(alice!, change);
  await approve(otto!, change);
  const approved = (await loadChange(world.db, change.id))!;
  const { heldUpBy } = await showControl(world, alice!.actor, approved);
  expect(heldUpBy).toEqual(["its start by carol"]);
});

describe("a standard change", () => {
  const text = (name: string) =>
    `name: ${name}\nwhy: it never hurt\npackages: [openssl]\nhostsMax: 5\nriskMax: medium\ndays: 180\n`;
  const propose = (name: string, by = carol!) => proposeTemplate(world, by.actor, text(name));
  const agree = (who: TestPerson, { name: template, digest }: { name: string; digest: string }) =>
    approveTemplate(world, who.actor, { template, digest, reason: "well known" });
  const standard = async (risk: Risk, template: string, by = carol!) => {
    const { digest } = await planned(risk, {}, by.actor);
    return requestChange(world, by.actor, { plan: digest, reason: "r", template });
  };

  test("needs the signatures of rings and hosts, and nobody whom its risk would ask for", async () => {
    const template = await propose("openssl-updates");
    const may = async (who: TestPerson) =>
      templateActions(who.actor, await demandTemplate(world, template.name))[0];
    expect(await may(carol!)).toMatchObject({
      allowed: false,
      reason: expect.stringContaining("proposed it"),
    });
    expect(await may(alice!)).toMatchObject({ allowed: true, reason: null });
    await expect(standard("medium", template.name)).rejects.toMatchObject({ code: "blocked" });
    await expect(agree(carol!, template)).rejects.toMatchObject({ code: "forbidden" });
    await agree(alice!, template);
    expect(await may(alice!)).toMatchObject({
      allowed: false,
      reason: expect.stringContaining("already"),
    });
    await expect(agree(alice!, template)).rejects.toMatchObject({ code: "conflict" });
    await expect(agree(bob!, { ...template, digest: "0".repeat(64) })).rejects.toMatchObject({
      code: "conflict",
    });
    const robot = await aService(world, "robot-of-dora", dora!);
    await expect(agree({ ...dora!, actor: robot }, template)).rejects.toMatchObject({
      code: "forbidden",
    });
    await agree(bob!, template);
    const change = await standard("medium", template.name);
    expect(change).toMatchObject({ need: 1, level: "medium", needsBoard: false });
    await expect(start(change)).rejects.toMatchObject({ code: "blocked" });
    await expect(approve(carol!, change)).rejects.toMatchObject({ code: "forbidden" });
    expect((await approve(alice!, change)).state).toBe("approved");
    await expect(standard("high", template.name)).rejects.toMatchObject({ code: "blocked" });
  });

  test("R4 is a normal one with another plan, or once somebody calls it riskier", async () => {
    const change = await standard("medium", "openssl-updates");
    const { digest } = await planned("medium", { replaces: change.plan });
    const edit = { change: change.id, plan: digest, reason: "again" };
    expect(await editChange(world, carol!.actor, edit)).toMatchObject({
      ...{ need: 2, assessment: { template: null } },
    });
    const other = await standard("medium", "openssl-updates");
    await approve(alice!, other);
    const raise = { change: other.id, to: "high" as const, reason: "not today" };
    expect(await raiseRisk(world, bob!.actor, raise)).toMatchObject({
      ...{ state: "requested", needsBoard: true, assessment: { template: null } },
    });
  });

  test("loses its template with a failure among its first, and a new version starts anew", async () => {
    const change = await standard("medium", "openssl-updates");
    await approve(alice!, change);
    await start(change);
    const end = { change: change.id, verb: "fail" as const, actor: carol!.actor.subject, at: now };
    await inTransaction(world.db, (tx) => finishChange(tx, end));
    await expect(standard("medium", "openssl-updates")).rejects.toMatchObject({
      ...{ code: "blocked", message: expect.stringContaining("1 of its last 1 change failed") },
    });
  });
});

test("R5 in races of approval, veto, withdrawal and expiry one story comes out", async () => {
  const ends = new Set<string>();
  for (let round = 0; round < RACES; round += 1) {
    const change = await requested("high");
    await vote(alice!, change, "approve");
    await vote(chair!, change, "approve");
    const before = now;
    const rivals = [
      () => approve(alice!, change).then(() => start(change)),
      () => close(chair!, change).then(() => start(change)),
      () => close(chair!, change, true),
      () => withdrawChange(world, carol!.actor, { change: change.id, reason: "r" }),
      async () => {
        now = change.expiresAt;
        await expireOverdue(world);
      },
    ];
    const chosen = [...rivals.slice(0, 2), rivals[2 + (round % 3)]!];
    await Promise.allSettled(chosen.map((rival) => rival()));
    now = before;
    const types = await eventsOf(change);
    const state = await stateOf(change);
    ends.add(state ?? "");
    // What is over is followed by nothing, and nothing runs without the signature and the board's yes.
    const over = types.findIndex((type) => /\.(withdrawn|expired|rejected)$/.test(type));
    if (over >= 0) expect(types.slice(over + 1)).toEqual([]);
    expect(types.filter((type) => type === "change.board-decided").length).toBeLessThanOrEqual(1);
    if (types.includes("change.running")) {
      const at = types.indexOf("change.running");
      expect(types.slice(0, at)).toEqual(
        expect.arrayContaining(["approval.given", "change.board-decided", "change.approved"]),
      );
    }
  }
  expect(ends.size).toBeGreaterThan(1);
});

test("an inbox has what waits for a person's own signature or vote, and nothing else", async () => {
  const change = await requested("medium");
  const board = await requested("high");
  const waits = async (who: TestPerson, hasSeat = false) => {
    const me = { person: who.actor.subject, scopes: [[]], now, hasSeat };
    const rows = await loadChanges(world.db, { scopes: [[]], waitingFor: me, limit: 500 });
    return [change, board].map(({ id }) => rows.some((row) => row.id === id));
  };
  expect(await waits(carol!, true)).toEqual([false, false]);
  await approve(alice!, change);
  await approve(bob!, change);
  await approve(alice!, board);
  expect(await waits(dora!)).toEqual([false, false]);
  expect(await waits(otto!)).toEqual([true, false]);
  expect(await waits(alice!, true)).toEqual([false, true]);
  await vote(alice!, board, "approve");
  expect(await waits(alice!, true)).toEqual([false, false]);
});

test("a list tells the risk of each change", async () => {
  const rows = await loadChanges(world.db, { scopes: [[]], limit: 100 });
  expect(new Set(rows.map(({ level }) => level))).toEqual(new Set(["low", "medium", "high"]));
});

/** The midnight (UTC) of the first Monday from this instant on. */
function nextMonday(from: number): number {
  const midnight = Math.ceil(from / DAY_MS) * DAY_MS;
  return midnight + ((8 - new Date(midnight).getUTCDay()) % 7) * DAY_MS;
}
