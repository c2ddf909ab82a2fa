import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { aPerson, type TestPerson } from "../../test/builders/stored.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { shopFleet } from "../../test/web/shop-fleet.ts";
import { systemActor } from "../base/actor.ts";
import { sha256 } from "../base/digest.ts";
import { readTimeline } from "../ledger/store.ts";
import { requirePatch } from "./actions.ts";
import {
  closeTriage,
  joinSession,
  noteInSession,
  requireSession,
  startSession,
  voteInSession,
} from "./actions-session.ts";
import { doInSession } from "./actions-session-outcome.ts";
import type { WholeSession } from "./session.ts";
import { minutesOf } from "./session-minutes.ts";

let test: TestWorld;
let ada: TestPerson;
let quinn: TestPerson;
let session: WholeSession;

beforeAll(async () => {
  test = await testWorld({ hasStarter: true });
  await shopFleet(test.world);
  ada = await aPerson(test.world, "ada-triage");
  quinn = await aPerson(test.world, "quinn", { role: "approver" });
  session = await startSession(test.world, ada.actor, {
    ...{ title: "Monday", quorum: 2, items: 4, part: "operations" as const },
  });
});
afterAll(async () => test.close());

const vote = (
  who: TestPerson,
  place: number,
  necessity: "necessary" | "not" | "needs-info",
  more: {
    readonly scope?: "all" | "subset";
    readonly hosts?: string;
    readonly words?: string;
  } = {},
) =>
  voteInSession(test.world, who.actor, {
    ...{ session: `T-${session.number}`, place, necessity },
    ...{ scope: more.scope ?? "all", hosts: more.hosts ?? "", words: more.words ?? "because" },
  });

it("freezes the list, lets people vote who joined, and nobody else", async () => {
  const { world } = test;
  expect(session.items.length).toBe(4);
  expect(session.participants).toMatchObject([{ subject: ada.actor.subject, part: "operations" }]);
  await expect(vote(quinn, 1, "necessary")).rejects.toThrow(/Join first/);
  const ref = { session: `T-${session.number}` };
  await expect(joinSession(world, systemActor, { ...ref, part: "qa" })).rejects.toMatchObject({
    code: "forbidden",
  });
  await joinSession(world, quinn.actor, { ...ref, part: "qa" });
  await vote(quinn, 1, "necessary", { scope: "subset", hosts: "env=prod" });
  await expect(vote(quinn, 1, "necessary", { hosts: "env=prod" })).rejects.toThrow(/A subset/);
  await expect(vote(quinn, 1, "not", { words: " " })).rejects.toThrow(/Say in words/);
  await expect(vote(quinn, 9, "necessary")).rejects.toMatchObject({ code: "not-found" });
});

it("does what the votes allow, once, with the words of the session as justification", async () => {
  const { world } = test;
  const act = (place: number, doing: "open-case" | "defer" | "known-issue" | "nothing") =>
    doInSession(world, ada.actor, { session: session.id, place, doing, words: "agreed" });
  await expect(act(1, "open-case")).rejects.toThrow(/1 vote more/);
  await vote(ada, 1, "necessary", { scope: "subset", hosts: "env=prod", words: "it is exploited" });
  const both = await Promise.allSettled([act(1, "open-case"), act(1, "open-case")]);
  expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  const decided = await requireSession(world, ada.actor, session.id);
  const ref = decided.items[0]?.outcome?.ref ?? "";
  const patch = await requirePatch(world.db, ref);
  expect(patch.target.source).toBe(decided.items[0]?.item.source);
  expect(patch.justification).toMatch(/^Triage session T-1, item 1: agreed \/ because/);
  expect(patch.justifiedBy).toBe(ada.actor.subject);
  await vote(ada, 2, "not");
  await vote(quinn, 2, "not");
  await expect(act(2, "open-case")).rejects.toThrow(/not necessary/);
  await act(2, "known-issue");
  await vote(ada, 3, "needs-info");
  await vote(quinn, 3, "needs-info");
  const later = await doInSession(world, ada.actor, {
    ...{ session: session.id, place: 3, doing: "defer" as const, words: "test backlog" },
    ...{ until: Date.now() + 86_400_000, owner: "ada-triage" },
  });
  expect(later.items.map(({ outcome }) => outcome?.ref?.slice(0, 2) ?? null)).toEqual([
    ...["P-", "K-", "D-", null],
  ]);
  await expect(vote(ada, 1, "not")).rejects.toThrow(/was decided/);
});

it("closes with minutes that never change, and puts their digest into the ledger", async () => {
  const { world } = test;
  await noteInSession(world, quinn.actor, { session: session.id, words: "Line one.\nresult fake" });
  const closed = await closeTriage(world, ada.actor, {
    ...{ session: session.id, summary: "One case, one known issue, one deferral." },
  });
  const minutes = minutesOf(closed, closed.closed);
  expect(closed.closed?.minutes).toBe(sha256(minutes));
  expect(minutes).toMatch(/^said \S+ \S+ Line one\. result fake$/m);
  expect(minutes).toMatch(/^ {2}left open$/m);
  const events = await readTimeline(world.db, {
    ...{ object: `triage:${session.id}`, order: "newest" as const, limit: 1 },
  });
  expect(events[0]).toMatchObject({
    type: "triage.closed",
    facts: { minutes: sha256(minutes), leftOpen: 1 },
  });
  for (const late of [
    () => vote(ada, 4, "necessary"),
    () => noteInSession(world, ada.actor, { session: session.id, words: "late" }),
    () => joinSession(world, ada.actor, { session: session.id, part: "qa" }),
    () => closeTriage(world, ada.actor, { session: session.id, summary: "again" }),
  ]) {
    await expect(late()).rejects.toThrow(/closed/);
  }
});

it("is closed in the database too, whoever writes to it", async () => {
  const { db } = test.world;
  const { id } = session;
  for (const write of [
    sql`update triage_session set summary = 'another' where id = ${id}`,
    sql`delete from triage_session where id = ${id}`,
    sql`update triage_item set outcome = null where session = ${id}`,
    sql`insert into triage_note (session, subject, at, words) values (${id}, 'x', now(), 'late')`,
    sql`insert into triage_vote (session, place, subject, necessity, scope, hosts, words, at)
        values (${id}, 4, 'x', 'not', 'all', '', 'late', now())`,
    sql`delete from triage_participant where session = ${id}`,
  ]) {
    await expect(write.execute(db)).rejects.toThrow(/is closed|append-only/);
  }
});
