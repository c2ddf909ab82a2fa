import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { aPerson, aService, type TestPerson } from "../../test/builders/stored.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import type { World } from "../db/world.ts";
import { asksToAgree } from "./actions-asked.ts";
import { halt, haltScope } from "./actions-halt.ts";
import { agreeToLift, agreeToResume, liftScope, resume } from "./actions-resume.ts";
import { showHalts, showRollout } from "./actions-show.ts";
import { addHosts, aRollout, type Story } from "./store-story.ts";

/** What is halted goes on when two people say so. Most of it is what must not be possible. */
let made: TestWorld;
let world: World;
let [carol, alice, bob, near]: TestPerson[] = [];
let story: Story;

beforeAll(async () => {
  made = await testWorld();
  world = made.world;
  [carol, alice, bob] = await Promise.all([
    aPerson(world, "carol"),
    aPerson(world, "alice", { role: "operator" }),
    aPerson(world, "bob", { role: "approver" }),
  ]);
  near = await aPerson(world, "near", { role: "approver", scope: "zone=near" });
});
afterAll(() => made.close());

beforeEach(async () => {
  const hosts = await addHosts(world.db, 2);
  await sql`update host set labels = '{"zone": "near"}' where id = ${hosts[0]}`.execute(world.db);
  story = await aRollout(world.db, [{ ring: "canary", hosts }]);
  await halt(world, alice!.actor, { ...said(), isFrozen: false });
});

const said = () => ({ rollout: story.id, reason: "it was nothing" });
const ask = (who = alice!) => resume(world, who.actor, said());
const agree = (who: TestPerson) => agreeToResume(world, who.actor, said());
const stateOf = async () => (await showRollout(world, carol!.actor, story.id)).row.state;
const askedBy = async () => (await showRollout(world, carol!.actor, story.id)).asked?.handle;

async function lastEvent() {
  const { rows } = await sql<{ type: string; facts: Record<string, unknown> }>`
    select type, facts from event order by inserted desc limit 1`.execute(world.db);
  return rows[0];
}

async function disable(who: TestPerson, isDisabled: boolean): Promise<void> {
  await sql`update subject set disabled_at = ${isDisabled ? sql`now()` : null}
             where id = ${who.actor.subject}`.execute(world.db);
}

describe("R13 a rollout that is halted", () => {
  test("stays halted by one person's word, and goes on by that of another", async () => {
    expect((await ask()).state).toBe("halted");
    expect((await lastEvent())?.type).toBe("rollout.resume-asked");
    expect(await askedBy()).toBe("alice");
    expect((await agree(bob!)).state).toBe("running");
    expect(await lastEvent()).toMatchObject({
      type: "rollout.resumed",
      facts: { acknowledged: 0, askedBy: alice!.actor.subject },
    });
    expect(await askedBy()).toBeUndefined();
    await expect(agree(bob!)).rejects.toMatchObject({ code: "blocked" });
  });

  test("does not go on by whoever asked, by none who asked, by part of its hosts, by a program", async () => {
    await expect(agree(bob!)).rejects.toMatchObject({ code: "blocked" });
    await ask(carol!);
    const robot = await aService(world, `robot-${story.number}`, bob!);
    const program = () => agreeToResume(world, robot, said());
    for (const refused of [() => agree(carol!), () => agree(near!), program]) {
      await expect(refused()).rejects.toMatchObject({ code: "forbidden" });
    }
    await expect(agree(alice!)).rejects.toMatchObject({ code: "not-found" });
    await expect(resume(world, bob!.actor, said())).rejects.toMatchObject({ code: "not-found" });
    expect(await stateOf()).toBe("halted");
    expect((await lastEvent())?.type).toBe("rollout.resume-asked");
    expect(await askedBy()).toBe("carol");
  });

  test("does not go on by whoever asked for its change", async () => {
    await ask();
    await sql`update change set requester_person = ${bob!.actor.subject}
               where id = ${story.change}`.execute(world.db);
    await expect(agree(bob!)).rejects.toMatchObject({ code: "forbidden" });
    const { view } = await showRollout(world, bob!.actor, story.id);
    expect(view.actions.find(({ verb }) => verb === "agree")).toMatchObject({ isAllowed: false });
    expect((await agree(carol!)).state).toBe("running");
  });

  test("is asked for by a program in the name of its owner, who is then no other person", async () => {
    const robot = await aService(world, `asks-${story.number}`, carol!);
    await resume(world, robot, said());
    await expect(agree(carol!)).rejects.toMatchObject({ code: "forbidden" });
    expect((await agree(bob!)).state).toBe("running");
  });

  test("does not go on by an ask that is over, of somebody disabled, or from before another halt", async () => {
    await ask();
    await disable(alice!, true);
    await expect(agree(bob!)).rejects.toMatchObject({ code: "blocked" });
    await disable(alice!, false);
    await sql`update resume_ask set asked_at = now() - interval '25 hours'`.execute(world.db);
    await expect(agree(bob!)).rejects.toMatchObject({ code: "blocked" });
    await ask();
    await halt(world, alice!.actor, { ...said(), isFrozen: true });
    await expect(agree(bob!)).rejects.toMatchObject({ code: "blocked" });
    expect(await stateOf()).toBe("halted");
    await ask();
    expect((await agree(bob!)).state).toBe("running");
  });

  test("waits in the inbox of who may agree, and of nobody else", async () => {
    const waits = async (who: TestPerson["actor"]) =>
      (await asksToAgree(world, who)).filter(({ rollout }) => rollout === story.id);
    expect(await waits(bob!.actor)).toEqual([]);
    await ask(carol!);
    expect(await waits(bob!.actor)).toMatchObject([
      { name: `R-${story.number}`, ask: { handle: "carol", words: "it was nothing" } },
    ]);
    const robot = await aService(world, `reads-${story.number}`, bob!);
    for (const other of [carol!.actor, alice!.actor, near!.actor, robot]) {
      expect(await waits(other), other.name).toEqual([]);
    }
    await sql`update change set requester_person = ${bob!.actor.subject}
               where id = ${story.change}`.execute(world.db);
    expect(await waits(bob!.actor), "asked for the change").toEqual([]);
    await sql`update change set requester_person = ${carol!.actor.subject}
               where id = ${story.change}`.execute(world.db);
    expect(await waits(bob!.actor)).toHaveLength(1);
    expect((await agree(bob!)).state).toBe("running");
    expect(await waits(bob!.actor)).toEqual([]);
  });

  test("goes on once, whoever agrees at the same moment", async () => {
    await ask();
    const ends = await Promise.allSettled([agree(bob!), agree(carol!), agree(bob!), agree(carol!)]);
    expect(ends.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const { rows } = await sql<{ resumed: number }>`
      select count(*)::int as resumed from event
       where type = 'rollout.resumed' and change = ${story.change}`.execute(world.db);
    expect(rows).toEqual([{ resumed: 1 }]);
  });

  test("says who may do what about it", async () => {
    const verbs = async (who: TestPerson) => {
      const { view } = await showRollout(world, who.actor, story.id);
      const shown = view.actions.filter(({ verb }) => verb === "resume" || verb === "agree");
      return shown.map(({ isAllowed, reason }) => (isAllowed ? "yes" : reason));
    };
    expect(await verbs(carol!)).toEqual(["yes", "nobody asked to resume it"]);
    await ask(carol!);
    const asked = "carol asked already; somebody else has to agree";
    const mine = "you asked for it yourself; somebody else has to agree";
    expect(await verbs(carol!)).toEqual([asked, mine]);
    expect(await verbs(alice!)).toEqual([asked, "you may not do this to its hosts"]);
    expect(await verbs(bob!)).toEqual(["you may not do this to its hosts", "yes"]);
  });
});

describe("a halt of everything", () => {
  const all = { scope: "all", reason: "it was nothing" } as const;
  const isHalted = async () =>
    (await showHalts(world, carol!.actor)).some(({ scope }) => scope === "all");
  beforeEach(() => haltScope(world, alice!.actor, { ...all, isFrozen: false }));

  test("is lifted by two people, and by one of them twice it is not", async () => {
    expect(await liftScope(world, carol!.actor, all)).toEqual({ isLifted: false });
    expect((await showHalts(world, carol!.actor))[0]?.asked?.handle).toBe("carol");
    for (const who of [carol!, near!]) {
      await expect(agreeToLift(world, who.actor, all)).rejects.toMatchObject({ code: "forbidden" });
    }
    const can = async (who: TestPerson) =>
      (await showHalts(world, who.actor))[0]?.actions.map(({ allowed }) => allowed);
    expect([await can(carol!), await can(bob!), await can(near!)]).toEqual([
      ...[
        [false, false],
        [false, true],
        [false, false],
      ],
    ]);
    expect(await isHalted()).toBe(true);
    await agreeToLift(world, bob!.actor, all);
    expect(await isHalted()).toBe(false);
    expect(await lastEvent()).toMatchObject({
      type: "scope.resumed",
      facts: { askedBy: carol!.actor.subject },
    });
    await expect(agreeToLift(world, bob!.actor, all)).rejects.toMatchObject({ code: "blocked" });
    await expect(liftScope(world, carol!.actor, all)).rejects.toMatchObject({ code: "blocked" });
  });

  test("made anew, forgets who asked to lift it", async () => {
    await liftScope(world, carol!.actor, all);
    await haltScope(world, alice!.actor, { ...all, isFrozen: true });
    await expect(agreeToLift(world, bob!.actor, all)).rejects.toMatchObject({ code: "blocked" });
    expect(await isHalted()).toBe(true);
  });
});

describe("where the policy asks for nobody else", () => {
  test("an operator's word is enough", async () => {
    const folder = join(world.paths.state, "policies");
    const shipped = readFileSync(new URL("../../policies/change.yaml", import.meta.url), "utf8");
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      join(folder, "change.yaml"),
      shipped.replace("\nresume: approved\n", "\nresume: operator\n"),
    );
    expect((await ask()).state).toBe("running");
    await haltScope(world, alice!.actor, { scope: "ring:canary", isFrozen: false, reason: "x" });
    const lifted = { scope: "ring:canary", reason: "x" } as const;
    expect(await liftScope(world, alice!.actor, lifted)).toEqual({ isLifted: true });
    rmSync(join(folder, "change.yaml"));
  });
});
