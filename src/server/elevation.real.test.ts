import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { integrated } from "../../test/builders/integrated.ts";
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
import { systemActor } from "../base/actor.ts";
import { newId, type SubjectId } from "../base/ids.ts";
import { HOUR_MS, MINUTE_MS } from "../base/instant.ts";
import type { RoleName } from "../base/permission.ts";
import { makeMachineKey } from "../base/sshsig.ts";
import { requestChange } from "../change/actions.ts";
import { approveChange } from "../change/actions-approve.ts";
import { endOverdueElevations } from "../change/actions-elevation.ts";
import { withdrawChange } from "../change/actions-end.ts";
import type { Change } from "../change/model.ts";
import { loadChange } from "../change/store.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import type { GrantId, TokenId, TokenLimit } from "../identity/model.ts";
import { insertGrant } from "../identity/store.ts";
import { insertToken } from "../identity/store-access.ts";
import { newToken, secretHash } from "../identity/store-secret.ts";
import { createPlan } from "../plan/actions.ts";
import { loadPlan } from "../plan/store.ts";
import { allRoutes } from "./all-routes.ts";
import { buildServer } from "./server.ts";

/**
 * Just-in-time elevation through the real gate: who is lent what over one change, and everything that it
 * must not be good for. Time is the test's own.
 */
let made: TestWorld;
let world: World;
let app: FastifyInstance;
let [admin, vera, alice, otto, anna, olga]: Who[] = [];
let [first, second]: Change[] = [];
let late = 0;
/** Once a plan's first wave is open, which begins with a full second: rights lent before it wait for it. */
const OPEN_MS = 1_000;

interface Who {
  readonly of: TestPerson;
  readonly token: string;
}

beforeAll(async () => {
  made = await testWorld({ clock: () => Date.now() + late });
  world = made.world;
  app = buildServer(world, allRoutes);
  await someHosts(world, [
    { name: "a-1", labels: { ring: "canary", slice: "a" } },
    { name: "a-2", labels: { ring: "canary", slice: "a" } },
    { name: "b-1", labels: { ring: "canary", slice: "b" } },
    { name: "c-1", labels: { ring: "canary", slice: "c" } },
  ]);
  admin = await someone("admin", "admin");
  vera = await someone("vera", "viewer");
  alice = await someone("alice", "approver");
  otto = await someone("otto", "operator", "slice=b");
  anna = await someone("anna", "auditor");
  olga = await someone("olga", "approver", "slice=b");
  const patch = await aPatch(world, admin.of);
  first = await approved(patch, "a");
  second = await approved(patch, "b");
  await integrated(world);
  late = OPEN_MS;
});
afterAll(async () => {
  await app.close();
  await made.close();
});

async function someone(handle: string, role: RoleName, scope = ""): Promise<Who> {
  const of = await aPerson(world, handle, { role, scope });
  const { subject } = of.actor;
  await inTransaction(world.db, (tx) =>
    insertGrant(tx, {
      id: newId<GrantId>(Date.now()),
      ...{ subject, role, scope, grantedBy: systemActor.subject },
    }),
  );
  return { of, token: await aToken(subject) };
}

async function aToken(subject: SubjectId, limits: readonly TokenLimit[] | null = null, age = 0) {
  const token = newToken();
  await inTransaction(world.db, (tx) =>
    insertToken(tx, {
      ...{ id: newId<TokenId>(Date.now()), hash: secretHash(token), subject, parent: null },
      ...{ title: "test", limits, lifeSeconds: 86_400 },
      proof: { at: world.clock() - age, strength: "two" },
    }),
  );
  return token;
}

async function approved(patch: string, slice: string): Promise<Change> {
  const request = {
    ...{ patch, policy: { text: testRings }, class: "normal" as const },
    hosts: `slice=${slice}`,
  };
  const by = admin!.of.actor;
  const { digest } = (await createPlan(world, by, request, askedOpenssl)).plan;
  const change = await requestChange(world, by, { plan: digest, reason: "fixes a CVE" });
  const signature = alice!.of.sign((await loadPlan(world.db, digest))?.statement ?? "");
  await approveChange(world, alice!.of.actor, { change: change.id, signature });
  return (await loadChange(world.db, change.id))!;
}

interface Reply {
  readonly status: number;
  /** As far as this file reads answers. */
  readonly json: {
    readonly id: string;
    readonly number: string;
    readonly state: string;
    readonly detail: string;
    readonly code: string;
    readonly endCause: string | null;
    readonly endedBy: string | null;
  };
}

async function call(
  token: string,
  method: "GET" | "POST",
  url: string,
  body?: object,
): Promise<Reply> {
  const reply = await app.inject({
    ...{ method, url: `/api/v1${url}` },
    headers: { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { payload: body }),
  });
  return { status: reply.statusCode, json: JSON.parse(reply.body || "{}") as Reply["json"] };
}

const why = { reason: "nobody of the shop is awake" };
const C = (change: Change) => `C-${change.number}`;
const ask = (who: Who, change: Change, some: object = {}) =>
  call(who.token, "POST", `/changes/${C(change)}/elevations`, { ...why, ...some });
const decide = (who: Who, id: string, verb: string, body: object = {}) =>
  call(who.token, "POST", `/elevations/${id}/${verb}`, body);
const words = { words: "not any more" };
const start = (token: string, change: Change) =>
  call(token, "POST", "/rollouts", { change: C(change) });

/** Vera is lent the rights over the change, with Alice's word. */
async function lent(change = first!, minutes = 60): Promise<string> {
  const asked = await ask(vera!, change, { minutes });
  expect(asked.status).toBe(201);
  const granted = await decide(alice!, asked.json.id, "grant");
  expect(granted.status).toBe(200);
  return asked.json.id;
}

async function eventsOf(id: string): Promise<readonly string[]> {
  const { rows } = await sql<{ type: string }>`
    select type from event where object = ${`elevation:${id}`} order by id`.execute(world.db);
  return rows.map((row) => row.type);
}

describe("who asks and who decides", () => {
  test("no reason, a reason of a word, and nine hours are refused", async () => {
    const url = `/changes/${C(first!)}/elevations`;
    expect((await call(vera!.token, "POST", url, {})).status).toBe(400);
    expect((await ask(vera!, first!, { reason: "why not" })).status).toBe(400);
    expect((await ask(vera!, first!, { minutes: 540 })).status).toBe(400);
    expect((await ask(vera!, first!, { hosts: "all" })).status).toBe(400);
  });

  test("a change that one may not see does not exist, and an auditor is lent nothing", async () => {
    expect((await ask(otto!, first!)).status).toBe(404);
    expect((await ask(anna!, first!)).status).toBe(403);
  });

  test("a service is not elevated", async () => {
    const bot = await aService(world, "bot", admin!.of);
    await inTransaction(world.db, (tx) =>
      insertGrant(tx, {
        id: newId<GrantId>(Date.now()),
        ...{ subject: bot.subject, role: "viewer", scope: "", grantedBy: systemActor.subject },
      }),
    );
    const asked = await ask({ of: admin!.of, token: await aToken(bot.subject) }, first!);
    expect([asked.status, asked.json.detail]).toEqual([409, expect.stringContaining("a person")]);
  });

  test("not by oneself, at any role, nor by who has half of the hosts or no fresh proof", async () => {
    const own = await ask(admin!, first!);
    expect((await decide(admin!, own.json.id, "grant")).status).toBe(403);
    expect((await decide(admin!, own.json.id, "refuse", words)).status).toBe(403);
    expect((await decide(vera!, own.json.id, "grant")).status).toBe(403);
    expect((await decide(otto!, own.json.id, "grant")).status).toBe(403);
    expect((await decide(olga!, own.json.id, "grant")).status).toBe(404);
    const strict = { ...world, config: { ...world.config, mfa: "required" as const } };
    const careful = buildServer(strict, allRoutes);
    const stale = await aToken(alice!.of.actor.subject, null, HOUR_MS);
    const unproved = await careful.inject({
      ...{ method: "POST", url: `/api/v1/elevations/${own.json.id}/grant`, payload: {} },
      headers: { authorization: `Bearer ${stale}` },
    });
    await careful.close();
    expect([unproved.statusCode, unproved.json().code]).toEqual([403, "proof-needed"]);
    expect((await start(vera!.token, first!)).status).toBe(403);
    await decide(admin!, own.json.id, "give-up");
    expect((await decide(alice!, own.json.id, "grant")).status).toBe(403);
  });

  test("waits in the inbox of who may decide it, and of nobody else", async () => {
    const inbox = async (who: Who) => {
      const reply = await call(who.token, "GET", "/asked");
      return (reply.json as unknown as { items?: readonly object[] }).items;
    };
    expect(await inbox(alice!)).toEqual([]);
    const asked = await ask(vera!, first!, { minutes: 30 });
    expect(await inbox(alice!)).toEqual([
      {
        ...{ kind: "elevation", number: asked.json.number, by: "vera", words: why.reason },
        title: expect.stringMatching(/^The rights over C-\d+ for 30 minutes: /),
        ...{ at: expect.any(String), href: `/changes/${C(first!)}` },
      },
    ]);
    expect(await inbox(admin!)).toHaveLength(1);
    for (const other of [vera!, otto!, anna!, olga!]) {
      expect(await inbox(other), other.of.actor.name).toEqual([]);
    }
    await decide(alice!, asked.json.id, "refuse", words);
    expect(await inbox(alice!)).toEqual([]);
  });

  test("one at a time, and a refusal is final", async () => {
    const asked = await ask(vera!, first!);
    expect((await ask(vera!, first!)).status).toBe(409);
    expect((await decide(alice!, asked.json.id, "refuse", words)).status).toBe(200);
    for (const [verb, body] of [
      ["grant", {}],
      ["refuse", words],
    ] as const) {
      expect((await decide(alice!, asked.json.id, verb, body)).status).toBe(403);
    }
    expect((await decide(alice!, asked.json.id, "revoke", words)).status).toBe(409);
    expect((await start(vera!.token, first!)).status).toBe(403);
    expect(await eventsOf(asked.json.id)).toEqual(["elevation.asked", "elevation.refused"]);
  });

  test("of twenty that decide at the same moment, one does", async () => {
    const asked = await ask(vera!, first!);
    const tries = Array.from({ length: 20 }, (_, number) =>
      number % 2 === 0
        ? decide(alice!, asked.json.id, "grant")
        : decide(alice!, asked.json.id, "refuse", words),
    );
    const won = (await Promise.all(tries)).filter((reply) => reply.status === 200);
    expect(won).toHaveLength(1);
    const { state } = (await call(vera!.token, "GET", `/elevations/${asked.json.id}`)).json;
    if (state === "granted") await decide(vera!, asked.json.id, "give-up");
  });

  test("the database itself refuses an own word, a longer time and a way back", async () => {
    const id = await lent();
    const tamper = (set: string) =>
      sql`update elevation set ${sql.raw(set)} where id = ${id}`.execute(world.db);
    await expect(tamper("counts_until = counts_until + interval '1 hour'")).rejects.toThrow();
    await expect(tamper("state = 'asked', decided_by = null")).rejects.toThrow();
    await expect(tamper("person = decided_by")).rejects.toThrow();
    await expect(tamper("plan = repeat('0', 64)")).rejects.toThrow();
    await expect(sql`delete from elevation where id = ${id}`.execute(world.db)).rejects.toThrow();
    await decide(vera!, id, "give-up");
    await expect(tamper("state = 'granted', ended_at = null")).rejects.toThrow();
    const asked = await ask(vera!, first!);
    await expect(
      sql`update elevation set state = 'granted', decided_by = person, decided_at = now(),
            counts_from = now(), counts_until = now() + interval '1 hour'
           where id = ${asked.json.id}`.execute(world.db),
    ).rejects.toThrow();
    await decide(vera!, asked.json.id, "give-up");
  });
});

describe("what it is good for", () => {
  test("starting, halting, resuming that rollout; each use is an event", async () => {
    expect((await start(vera!.token, first!)).status).toBe(403);
    const id = await lent();
    // By the clock of another server, which is behind: the decision is there, so it counts.
    late -= 3_000;
    const started = await start(vera!.token, first!);
    late += 3_000;
    expect(started.status).toBe(201);
    const { id: number } = started.json;
    const act = (verb: string, body: object, token = vera!.token) =>
      call(token, "POST", `/rollouts/${number}/${verb}`, body);
    expect((await act("halt", { reason: "a look first" })).status).toBe(200);
    expect((await act("resume", { reason: "it looks well" })).status).toBe(200);
    expect((await act("skip", { host: "a-2", reason: "broken" })).status).toBe(204);
    expect(await eventsOf(id)).toEqual([
      ...["elevation.asked", "elevation.granted"],
      ...["elevation.used", "elevation.used", "elevation.used", "elevation.used"],
    ]);
    expect((await call(vera!.token, "GET", `/rollouts/${number}`)).status).toBe(200);

    // Nothing but that: another rollout, another host, acts that two people or root stand for.
    const other = await start(admin!.token, second!);
    expect(other.status).toBe(201);
    for (const verb of ["halt", "resume", "stop", "skip", "retry"]) {
      const body = verb === "skip" ? { host: "b-1", reason: "x" } : { reason: "x" };
      const reply = await call(vera!.token, "POST", `/rollouts/${other.json.id}/${verb}`, body);
      expect([verb, reply.status]).toEqual([verb, 404]);
    }
    expect((await act("lost", { host: "a-1", reason: "gone" })).status).toBe(403);
    expect((await act("offline-bundle", { host: "a-1" })).status).toBe(403);
    for (const host of ["b-1", "no-such"]) {
      const reply = await act("skip", { host, reason: "x" });
      expect([reply.status, reply.json.detail]).toEqual([404, `There is no host ${host}.`]);
      const again = await act("retry", { hosts: [host], reason: "x" });
      expect([again.status, again.json.detail]).toEqual([404, `There is no host ${host}.`]);
    }
    expect(
      (
        await call(vera!.token, "POST", "/halts", {
          ...{ scope: "all", reason: "x" },
        })
      ).status,
    ).toBe(403);
    expect((await call(vera!.token, "POST", "/scans", { hosts: ["a-1"] })).status).toBe(403);

    // Somebody who operates elsewhere passes the door of those routes by that; it does not help here.
    expect(
      (await call(otto!.token, "POST", `/rollouts/${number}/lost`, { host: "a-1", reason: "x" }))
        .status,
    ).toBe(404);

    // A token for a script is lent nothing, whatever its owner was lent.
    const { subject } = vera!.of.actor;
    const narrow = await aToken(subject, [{ role: "viewer", scope: "" }]);
    expect((await act("halt", { reason: "x" }, narrow)).status).toBe(403);
    const asAdmin = await aToken(subject, [{ role: "admin", scope: "" }]);
    expect((await act("stop", { reason: "x" }, asAdmin)).status).toBe(403);

    // It ends on the clock, in the middle of whatever is under way, before anybody wrote it down.
    late = 60 * MINUTE_MS - 5_000;
    const again = await aToken(subject);
    expect((await act("halt", { reason: "x" }, again)).status).toBe(200);
    late = 60 * MINUTE_MS + 5_000;
    expect((await act("resume", { reason: "x" }, again)).status).toBe(403);
    expect(await endOverdueElevations(world)).toBeGreaterThan(0);
    expect(await endOverdueElevations(world)).toBe(0);
    late = OPEN_MS;
    expect((await act("resume", { reason: "x" })).status).toBe(403);
    expect((await eventsOf(id)).at(-1)).toBe("elevation.ended");
    const told = (await call(vera!.token, "GET", `/elevations/${id}`)).json;
    expect([told.state, told.endCause, told.endedBy]).toEqual(["ended", "expired", null]);
  });

  test("revoked by anybody who may halt there, at once; by nobody else", async () => {
    const id = await lent();
    const halt = () => call(vera!.token, "POST", `/rollouts/R-1/halt`, { reason: "it is me" });
    expect((await halt()).status).toBe(200);
    expect((await decide(otto!, id, "revoke", words)).status).toBe(404);
    expect((await decide(anna!, id, "revoke", words)).status).toBe(403);
    expect((await decide(admin!, id, "give-up")).status).toBe(404);
    expect((await decide(alice!, id, "revoke", words)).status).toBe(200);
    expect((await halt()).status).toBe(403);
    expect((await decide(alice!, id, "grant")).status).toBe(403);
  });

  test("a certificate for one's own key: one host of the change, minutes, only while lent", async () => {
    const id = await lent();
    const publicKey = makeMachineKey().publicKeyLine;
    const sign = (who: Who, some: object = {}) =>
      call(who.token, "POST", `/elevations/${id}/certificate`, { host: "a-1", publicKey, ...some });
    const signed = await sign(vera!);
    expect(signed.status).toBe(200);
    const file = join(world.paths.state, "c-cert.pub");
    writeFileSync(file, `${(signed.json as unknown as { certificate: string }).certificate}\n`);
    const shown = execFileSync("ssh-keygen", ["-L", "-f", file], { encoding: "utf8" });
    expect(shown).toContain(`Key ID: "fettle person a-1 ${C(first!)} J-`);
    expect(shown).toMatch(/Principals: \n\s+fettle-person-h-[0-9a-f]{20}\n/);
    expect(shown).toMatch(/force-command exec timeout --foreground -s HUP -k 5 480 /);
    expect(shown).not.toContain("forwarding");

    expect((await sign(vera!, { host: "b-1" })).status).toBe(404);
    expect((await sign(vera!, { host: "no-such" })).status).toBe(404);
    expect((await sign(vera!, { publicKey: "ssh-rsa AAAA" })).status).toBe(400);
    expect((await sign(vera!, { minutes: 60 })).status).toBe(400);
    expect((await sign(admin!)).status).toBe(404);
    expect((await sign(alice!)).status).toBe(404);
    await decide(alice!, id, "revoke", words);
    expect((await sign(vera!)).status).toBe(409);
    const { rows } = await sql<{ count: number }>`
      select count(*)::integer as count from ssh_certificate where elevation = ${id}`.execute(
      world.db,
    );
    expect(rows[0]?.count).toBe(1);
  });

  test("over with the person, and not back when the person is", async () => {
    const id = await lent();
    const { subject } = vera!.of.actor;
    const set = (at: string) =>
      sql`update subject set disabled_at = ${sql.raw(at)} where id = ${subject}`.execute(world.db);
    const halt = () => call(vera!.token, "POST", `/rollouts/R-1/halt`, { reason: "again" });
    await set("now()");
    expect((await halt()).status).toBe(401);
    await endOverdueElevations(world);
    await set("null");
    expect((await halt()).status).toBe(403);
    expect((await eventsOf(id)).at(-1)).toBe("elevation.ended");
  });

  test("over with the change, though nobody has written that down yet", async () => {
    const id = await lent();
    expect((await call(vera!.token, "POST", "/rollouts/R-1/halt", { reason: "x" })).status).toBe(
      200,
    );
    const given = { change: first!.id, reason: "not needed" };
    await withdrawChange(world, admin!.of.actor, given);
    expect((await call(vera!.token, "POST", "/rollouts/R-1/halt", { reason: "x" })).status).toBe(
      403,
    );
    await endOverdueElevations(world);
    const told = (await call(vera!.token, "GET", `/elevations/${id}`)).json;
    expect(told.endCause).toBe("change-closed");
    expect((await ask(vera!, first!)).status).toBe(409);
  });
});

test("only acts on one change take an elevation at the door", () => {
  const taking = allRoutes.filter((route) => route.byElevation === true);
  expect(taking.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([
    "GET /api/v1/rollouts/{rollout}",
    "GET /api/v1/rollouts/{rollout}/cells",
    "GET /api/v1/rollouts/{rollout}/targets",
    "POST /api/v1/rollouts",
    "POST /api/v1/rollouts/{rollout}/halt",
    "POST /api/v1/rollouts/{rollout}/resume",
    "POST /api/v1/rollouts/{rollout}/retry",
    "POST /api/v1/rollouts/{rollout}/revert",
    "POST /api/v1/rollouts/{rollout}/skip",
    "POST /api/v1/rollouts/{rollout}/stop",
  ]);
});
