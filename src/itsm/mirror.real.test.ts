import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Fault, ItsmMimic } from "../../test/builders/itsm-mimic.ts";
import { testRings } from "../../test/builders/plan.ts";
import {
  aPatch,
  aPerson,
  askedOpenssl,
  someHosts,
  type TestPerson,
} from "../../test/builders/stored.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { requestChange } from "../change/actions.ts";
import { withdrawChange } from "../change/actions-end.ts";
import type { Change } from "../change/model.ts";
import { loadItsmHolds } from "../change/store-itsm.ts";
import type { World } from "../db/world.ts";
import { sequence } from "../ledger/loops-sequencer.ts";
import { openLogKey } from "../ledger/store-log-key.ts";
import { createPlan } from "../plan/actions.ts";
import { webhookKey, webhookSignature } from "../watch/webhook-message.ts";
import { mirror } from "./actions.ts";
import { newMemory } from "./actions-ask.ts";
import { linkByHand, retryLink, takeReport } from "./actions-links.ts";
import { dropSystem, setSystem, testSystem } from "./actions-systems.ts";
import type { ItsmKind } from "./model.ts";
import { loadLink, loadSystem } from "./store.ts";

const SECRET = `whsec_${Buffer.from("a key of thirty-two bytes, 12345").toString("base64")}`;
const POLL_MS = 90_000;

let made: TestWorld;
let world: World;
let admin: TestPerson;
let carol: TestPerson;
let patch: string;
let mimic: ItsmMimic;
let now = Date.now();

beforeAll(async () => {
  made = await testWorld({ clock: () => now });
  world = made.world;
  admin = await aPerson(world, "ada", { role: "admin" });
  carol = await aPerson(world, "carol", { role: "operator" });
  await someHosts(world, [{ name: "web-1", labels: { ring: "canary" } }]);
  patch = await aPatch(world, carol);
  const secrets = join(world.paths.state, "secrets");
  mkdirSync(secrets, { recursive: true });
  writeFileSync(join(secrets, "account"), "fettle:s3cret\n", { mode: 0o600 });
  writeFileSync(join(secrets, "key"), `${SECRET}\n`, { mode: 0o600 });
});
afterAll(() => made.close());
beforeEach(async () => {
  mimic = await new ItsmMimic().open();
  return () => mimic.close();
});

async function placeAll(): Promise<void> {
  while (await sequence(world, await openLogKey(world)));
}

let count = 0;
async function system(kind: ItsmKind, settings: Record<string, unknown> = {}): Promise<string> {
  count += 1;
  const name = `${kind}-${count}`;
  await placeAll();
  await setSystem(world, admin.actor, {
    ...{ name, kind, authority: null, reportFile: "key" },
    url: kind === "webhook" ? `${mimic.origin}/hook` : mimic.origin,
    secretFile: kind === "webhook" ? "key" : "account",
    settings: kind === "jira" ? { project: "OPS", ...settings } : settings,
  });
  return name;
}

async function asked(): Promise<Change> {
  const request = { patch, policy: { text: testRings }, class: "normal" as const };
  const { plan } = await createPlan(world, carol.actor, request, askedOpenssl);
  const change = await requestChange(world, carol.actor, { plan: plan.digest, reason: "fixes it" });
  await placeAll();
  return change;
}

/** Turns until nothing is left that could be done now, as after a restart: with no memory. */
async function turn(name: string): Promise<void> {
  const turns = { name, server: "server-1", memory: newMemory(), timeoutMs: 300 };
  for (let n = 0; n < 20 && (await mirror(world, turns)); n += 1);
}

const linkOf = async (name: string, { id }: Change) =>
  (await loadLink(world.db, { system: name, change: id }))!;

async function later(ms = POLL_MS): Promise<void> {
  now += ms;
}

async function eventsOf(type: string, change: Change): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from event where type = ${type} and change = ${change.id}`.execute(
    world.db,
  );
  return rows[0]?.n ?? 0;
}

describe.each(["servicenow", "jira"] as const)("a record in %s", (kind) => {
  const create = kind === "jira" ? /^POST \S+\/issue$/ : /^POST \S+\/change_request$/;
  const note = kind === "jira" ? /^POST \S+\/comment$/ : /^PATCH /;
  const states = kind === "jira" ? { states: { withdrawn: "Done" } } : {};

  test("is made once, told in the ledger's order, and moved with the change", async () => {
    const name = await system(kind, states);
    expect((await testSystem(world, admin.actor, name)).said).toContain("can be read");
    const change = await asked();
    await turn(name);
    expect(mimic.records).toHaveLength(1);
    const [record] = mimic.records;
    expect(JSON.stringify(record?.fields)).toContain(change.id);
    expect(record?.notes).toHaveLength(1);
    expect(record?.notes[0]).toContain("change.requested");
    const link = await linkOf(name, change);
    expect(link).toMatchObject({ outsideKey: record?.key, problem: null, deadAt: null });
    expect(link.told).toBe(link.wanted);
    const { length } = mimic.writes();
    await turn(name);
    expect(mimic.writes()).toHaveLength(length);
    await withdrawChange(world, carol.actor, { change: change.id, reason: "no need" });
    await placeAll();
    await turn(name);
    expect(record?.notes.at(-1)).toContain("change.withdrawn");
    expect(record?.state).toBe(kind === "jira" ? "Done" : "4");
    expect(JSON.stringify(await loadSystem(world.db, name))).not.toContain("s3cret");
  });

  const faults: readonly (readonly [string, Fault])[] = [
    ["is lost", "lost"],
    ["comes in half", "half"],
    ["never comes", "silent"],
    ["is 500", { status: 500 }],
    ["is 503", { status: 503, headers: { "retry-after": "2" } }],
    ["is 429", { status: 429, headers: { "retry-after": "2" } }],
    ["is 409", { status: 409 }],
  ];
  test.each(faults)(
    "is neither doubled nor left out when the answer to it %s",
    async (_, fault) => {
      const name = await system(kind);
      const change = await asked();
      mimic.faults = [
        { when: create, fault },
        { when: note, fault },
      ];
      for (let round = 0; round < 6; round += 1) {
        await turn(name);
        await later();
      }
      expect(mimic.faults).toEqual([]);
      expect(mimic.records).toHaveLength(1);
      expect(mimic.records[0]?.notes).toHaveLength(1);
      expect(await linkOf(name, change)).toMatchObject({ problem: null, deadAt: null });
      expect((await loadSystem(world.db, name))?.problem).toBeNull();
    },
  );

  test("waits as long as it is told to, and for an account that is let in", async () => {
    const name = await system(kind);
    const change = await asked();
    mimic.faults = [{ when: create, fault: { status: 429, headers: { "retry-after": "30" } } }];
    const memory = newMemory();
    const once = () => mirror(world, { name, server: "server-1", memory });
    await once();
    const { length } = mimic.asked;
    now += 29_000;
    await once();
    expect(mimic.asked).toHaveLength(length);
    now += 1_500;
    mimic.account = "other:account";
    await once();
    expect((await loadSystem(world.db, name))?.problem).toContain("401");
    expect((await linkOf(name, change)).deadAt).toBeNull();
    mimic.account = "fettle:s3cret";
    now += 61_000;
    await once();
    expect(mimic.records).toHaveLength(1);
  });

  test("that is refused for good is given up, shown, and taken up by hand", async () => {
    const name = await system(kind, kind === "jira" ? { fields: { customfield_1: "x" } } : {});
    const change = await asked();
    if (kind === "servicenow") mimic.faults = [{ when: create, fault: { status: 400 } }];
    await turn(name);
    const dead = await linkOf(name, change);
    expect(dead.deadAt).not.toBeNull();
    expect(dead.problem).toContain("400");
    if (kind === "jira") expect(dead.problem).toContain("customfield_1");
    expect(await eventsOf("itsm.given-up", change)).toBe(1);
    const { length } = mimic.asked;
    await later();
    await turn(name);
    expect(mimic.asked).toHaveLength(length);
    await setSystem(world, admin.actor, {
      ...{ name, kind, url: mimic.origin, authority: null, reportFile: null },
      ...{ secretFile: "account", settings: kind === "jira" ? { project: "OPS" } : {} },
    });
    await retryLink(world, carol.actor, { change, system: name });
    await turn(name);
    expect(mimic.records).toHaveLength(1);
    expect(await linkOf(name, change)).toMatchObject({ deadAt: null, problem: null });
  });

  test("that is deleted there is told as gone, and made anew only by hand", async () => {
    const name = await system(kind);
    const change = await asked();
    await turn(name);
    mimic.records.length = 0;
    await later();
    await turn(name);
    expect((await linkOf(name, change)).problem).toContain("gone");
    await later();
    await turn(name);
    expect(mimic.records).toHaveLength(0);
    await retryLink(world, carol.actor, { change, system: name });
    await turn(name);
    expect(mimic.records).toHaveLength(1);
  });

  test("that was edited there is shown so, and not written over", async () => {
    const name = await system(kind);
    const change = await asked();
    await turn(name);
    const field = kind === "jira" ? "summary" : "short_description";
    mimic.records[0]!.fields[field] = "mine now";
    await later();
    await turn(name);
    expect((await linkOf(name, change)).conflict).toContain(`Edited there: ${field}`);
    expect(mimic.records[0]!.fields[field]).toBe("mine now");
  });

  test("holds the change while it is stopped there, by polling or at once by a signed hint", async () => {
    const held = kind === "jira" ? "On Hold" : "true";
    const name = await system(kind);
    const change = await asked();
    await turn(name);
    expect(await loadItsmHolds(world.db, change.id)).toEqual([]);
    if (kind === "jira") mimic.records[0]!.state = held;
    else mimic.records[0]!.fields["on_hold"] = held;
    await report(name, change, { state: "Approved" });
    await turn(name);
    const [hold] = await loadItsmHolds(world.db, change.id);
    expect(hold).toMatchObject({ system: name, kind: "held" });
    // ServiceNow: New, as it was made; Assess, as we moved it; and held. Jira: To Do, and held.
    expect(await eventsOf("itsm.state-changed", change)).toBe(kind === "jira" ? 2 : 3);
    if (kind === "jira") mimic.records[0]!.state = "To Do";
    else mimic.records[0]!.fields["on_hold"] = "false";
    await later();
    await turn(name);
    expect(await loadItsmHolds(world.db, change.id)).toEqual([]);
  });
});

test("an issue that no search finds yet is waited for, not made twice", async () => {
  const name = await system("jira");
  await asked();
  mimic.faults = [{ when: /^POST \S+\/issue$/, fault: "lost" }];
  mimic.unindexed = 1;
  await turn(name);
  now += 30_000;
  await turn(name);
  mimic.unindexed = 0;
  now += 31_000;
  await turn(name);
  expect(mimic.records).toHaveLength(1);
});

test("states that ServiceNow's own approvals lock are told, and reached when they are there", async () => {
  const name = await system("servicenow", { states: { requested: "-2" } });
  const change = await asked();
  mimic.locked.add("-2");
  await turn(name);
  expect(mimic.records[0]?.state).toBe("-3");
  expect((await linkOf(name, change)).conflict).toContain("approvals are missing");
  mimic.locked.clear();
  await later();
  await turn(name);
  expect(mimic.records[0]?.state).toBe("-2");
  await later();
  await turn(name);
  expect((await linkOf(name, change)).conflict).toBeNull();
});

test("OAuth gets a token once, and another when it is not taken any more", async () => {
  const name = await system("servicenow", { auth: "oauth" });
  await asked();
  await turn(name);
  expect(mimic.asked.filter(({ path }) => path === "/oauth_token.do")).toHaveLength(1);
  expect(mimic.records).toHaveLength(1);
  const { rows } = await sql<{ text: string }>`
    select (select jsonb_agg(s)::text from itsm_system s) || (select jsonb_agg(e)::text from event e)
      as text`.execute(world.db);
  expect(rows[0]?.text).not.toContain("s3cret");
  expect(rows[0]?.text).not.toContain(mimic.token);
});

async function report(
  name: string,
  change: Change,
  of: { state?: string; isStopped?: boolean; id?: string; key?: string; ageMs?: number },
) {
  const { id = `r-${now}-${of.state}`, key = SECRET, ageMs = 0, state, isStopped = false } = of;
  const payload = JSON.stringify({ change: change.id, state, isStopped });
  const timestamp = Math.floor((now - ageMs) / 1_000);
  const signed = { id, sentAt: timestamp, body: Buffer.from(payload) };
  const signature = webhookSignature(webhookKey(key)!, signed);
  return takeReport(world, { system: name, id, timestamp, payload, signature });
}

describe("a signed webhook", () => {
  test("is told with ids that stay, and reports a state that can only hold", async () => {
    const name = await system("webhook", { holds: ["rejected"] });
    const change = await asked();
    mimic.faults = [{ when: /hook/, fault: "lost" }];
    await turn(name);
    await later();
    await turn(name);
    const ids = mimic.asked.map(({ headers }) => String(headers["webhook-id"]));
    expect(ids[0]).toBe(ids[1]);
    expect(new Set(ids).size).toBe(ids.length - 1);
    for (const { headers, body } of mimic.asked) {
      const sentAt = Number(headers["webhook-timestamp"]);
      const of = {
        id: String(headers["webhook-id"]),
        sentAt,
        body: Buffer.from(JSON.stringify(body)),
      };
      expect(headers["webhook-signature"]).toBe(webhookSignature(webhookKey(SECRET)!, of));
    }
    expect(await linkOf(name, change)).toMatchObject({ outsideKey: "EXT-1", outsideState: "open" });
    expect(await report(name, change, { state: "Rejected" })).toEqual({ taken: true });
    expect(await loadItsmHolds(world.db, change.id)).toHaveLength(1);
    // The same again, and one from before it, tell nothing new.
    expect(await report(name, change, { state: "Rejected" })).toEqual({ taken: false });
    expect(await report(name, change, { state: "open", ageMs: 20_000 })).toEqual({ taken: false });
    now += 2_000;
    expect(await report(name, change, { state: "approved" })).toEqual({ taken: true });
    expect(await loadItsmHolds(world.db, change.id)).toEqual([]);
    const { rows } = await sql<{ state: string }>`
      select state from change where id = ${change.id}`.execute(world.db);
    expect(rows).toEqual([{ state: "requested" }]);
  });

  test("believes no other key, no other text, and no other time", async () => {
    const name = await system("webhook");
    const change = await asked();
    await turn(name);
    const other = `whsec_${Buffer.from("another key of 32 bytes, 1234567").toString("base64")}`;
    const code = "forbidden";
    await expect(report(name, change, { state: "x", key: other })).rejects.toMatchObject({ code });
    for (const ageMs of [301_000, -302_000]) {
      await expect(report(name, change, { state: "x", ageMs })).rejects.toMatchObject({ code });
    }
    const signature = "v1,AAAA";
    const payload = JSON.stringify({ change: change.id, state: "x" });
    const timestamp = Math.floor(now / 1_000);
    const bare = { system: name, id: "r", timestamp, payload, signature };
    await expect(takeReport(world, bare)).rejects.toMatchObject({ code });
    expect((await linkOf(name, change)).outsideState).toBe("open");
  });
});

describe("what the policy asks for", () => {
  async function needs(change: Change, name: string, states: readonly string[]): Promise<void> {
    const asks = JSON.stringify([{ system: name, states }]);
    await sql`update change set assessment = jsonb_set(assessment, '{itsm}', ${asks}::jsonb)
               where id = ${change.id}`.execute(world.db);
  }
  const kinds = async (change: Change) =>
    (await loadItsmHolds(world.db, change.id)).map(({ kind }) => kind);

  test("holds without a system, a record, the state, or a reading of today", async () => {
    const name = await system("jira", { pollSeconds: 60 });
    const change = await asked();
    await needs(change, "nowhere", ["Approved"]);
    expect(await kinds(change)).toEqual(["no-system"]);
    await needs(change, name, ["in progress"]);
    expect(await kinds(change)).toEqual(["no-record"]);
    await turn(name);
    expect(await kinds(change)).toEqual(["not-in-state"]);
    mimic.records[0]!.state = "In Progress";
    await later();
    await turn(name);
    expect(await kinds(change)).toEqual([]);
    await sql`update itsm_link set checked_at = now() - interval '6 minutes'
               where change = ${change.id}`.execute(world.db);
    expect(await kinds(change)).toEqual(["stale"]);
    await dropSystem(world, admin.actor, name);
    expect(await kinds(change)).toEqual(["no-system"]);
  });

  test("is not met by the record of another change", async () => {
    const name = await system("jira");
    const [one, two] = [await asked(), await asked()];
    await turn(name);
    const [record] = mimic.records;
    await expect(
      linkByHand(world, admin.actor, { change: two, system: name, record: record!.key }),
    ).rejects.toMatchObject({ code: "conflict" });
    await expect(
      linkByHand(world, carol.actor, { change: two, system: name, record: record!.key }),
    ).rejects.toMatchObject({ code: "forbidden" });
    expect((await linkOf(name, one)).outsideKey).toBe(record?.key);
  });
});

test.each([
  ["a field of its own", { fields: { correlation_id: "x" } }, /not for a mapping/],
  ["a word that no change has", { fields: { u_x: "{secret}" } }, /no word of a change/],
  ["a state that no change has", { states: { done: "3" } }, /settings\.states/],
  ["a key that nobody knows", { pol: 3 }, /Unrecognized key/],
  ["no time between polls", { pollSeconds: 0 }, /pollSeconds/],
])("settings with %s are refused", async (_, settings, words) => {
  await expect(system("servicenow", settings)).rejects.toThrow(words);
});
