import type { FastifyInstance } from "fastify";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addHost } from "../../test/builders/fleet.ts";
import { trackerFile } from "../../test/builders/intel.ts";
import { testRings } from "../../test/builders/plan.ts";
import { aPatch, aPerson, askedOpenssl, someHosts } from "../../test/builders/stored.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { systemActor } from "../base/actor.ts";
import { newId, type SubjectId } from "../base/ids.ts";
import { DAY_MS } from "../base/instant.ts";
import { type Permission, type RoleName, roleNames, roles } from "../base/permission.ts";
import { setFreeze } from "../calendar/actions.ts";
import { requestChange } from "../change/actions.ts";
import { askElevation } from "../change/actions-elevation.ts";
import { inTransaction } from "../db/database.ts";
import type { GrantId, TokenId, TokenLimit } from "../identity/model.ts";
import { insertGrant, insertSubject } from "../identity/store.ts";
import { insertToken } from "../identity/store-access.ts";
import { newToken, secretHash } from "../identity/store-secret.ts";
import { loadFeedFile } from "../intel/actions.ts";
import { rematch } from "../intel/rematch.ts";
import { startScan } from "../inventory/actions-scan.ts";
import { addService } from "../inventory/actions-services.ts";
import type { ServedRoute } from "../ledger/served-route.ts";
import { createPlan } from "../plan/actions.ts";
import { startDeferral } from "../triage/actions-deferral.ts";
import { startSession } from "../triage/actions-session.ts";
import { allRoutes } from "./all-routes.ts";
import { divisionOf } from "./division.ts";
import { buildServer } from "./server.ts";

/**
 * R1, R2, R10 of the threat model: every route by every role, reach and kind of credential, against
 * the real gate and the real handlers. What is expected follows from the declarations alone.
 */
let made: TestWorld;

beforeAll(async () => {
  // One moment for all: what passes with time must not look like what others have.
  const now = Date.now();
  made = await testWorld({ clock: () => now });
});
afterAll(() => made.close());

interface Caller {
  readonly name: string;
  readonly token: string;
  /** Null where the credential counts for nothing. */
  readonly role: RoleName | null;
  readonly scope: string;
  readonly isDirectory: boolean;
}

interface WantedCaller {
  readonly role: RoleName;
  readonly scope: string;
  readonly limits?: readonly TokenLimit[];
  readonly as?: "person" | "service" | "disabled" | "service-of-disabled" | "directory";
}

let count = 0;

/** A subject with one grant and one token, proved with two factors a moment ago. */
async function aCaller(wanted: WantedCaller): Promise<Caller & { readonly subject: SubjectId }> {
  const { role, scope, limits, as = "person" } = wanted;
  const subject = newId<SubjectId>(Date.now());
  const number = ++count;
  const handle = `c${number}-${role}`;
  const token = newToken();
  const isService = as !== "person" && as !== "disabled";
  const owner = isService ? newId<SubjectId>(Date.now()) : null;
  await inTransaction(made.world.db, async (tx) => {
    if (owner !== null) {
      await insertSubject(tx, {
        id: owner,
        kind: "person",
        handle: `o${number}`,
        name: "owner",
        owner: null,
      });
    }
    const kind = isService ? "service" : "person";
    await insertSubject(tx, { id: subject, kind, handle, name: handle, owner });
    const id = newId<GrantId>(Date.now());
    await insertGrant(tx, { id, subject, role, scope, grantedBy: systemActor.subject });
    await insertToken(tx, {
      ...{ id: newId<TokenId>(Date.now()), hash: secretHash(token), subject, parent: null },
      ...{ title: "test", limits: limits ?? null, lifeSeconds: 3600 },
      proof: { at: made.world.clock(), strength: "two" },
      purpose: as === "directory" ? "scim" : "api",
    });
    const disabled = as === "disabled" ? subject : as === "service-of-disabled" ? owner : null;
    if (disabled !== null)
      await sql`update subject set disabled_at = now() where id = ${disabled}`.execute(tx);
  });
  const isOut = as === "disabled" || as === "service-of-disabled";
  const limit = limits?.[0];
  return {
    ...{ subject, token, isDirectory: as === "directory" },
    name: `${role}[${scope}] ${as}${limit === undefined ? "" : ` limited to ${limit.role}`}`,
    role: isOut ? null : (limit?.role ?? role),
    scope: [scope, limit?.scope ?? ""].filter((text) => text !== "").join(","),
  };
}

const headersOf = (caller: Caller | null): Record<string, string> =>
  caller === null ? {} : { authorization: `Bearer ${caller.token}` };

/** Runs so many at once that the database is never idle, and never waits for one. */
async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const worker = async (): Promise<void> => {
    for (let item = left.pop(); item !== undefined; item = left.pop()) await work(item);
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}

describe("R1: every route asks for its right, of everybody", () => {
  test("role by route by reach by credential, each cell as declared", async () => {
    const reached = { code: 299 };
    const marked = allRoutes.map(
      (declared): ServedRoute => ({
        method: declared.method,
        path: declared.path,
        summary: declared.summary,
        permission: declared.permission,
        ...(declared.params === undefined ? {} : { params: declared.params }),
        reply: { contentType: "text/plain" },
        status: reached.code,
        handle: async () => "reached",
      }),
    );
    const app = buildServer(made.world, marked);
    const callers: readonly (Caller | null)[] = [
      null,
      ...(await Promise.all([
        ...roleNames.flatMap((role) => [
          aCaller({ role, scope: "" }),
          aCaller({ role, scope: "env=a" }),
        ]),
        aCaller({ role: "admin", scope: "", limits: [{ role: "viewer", scope: "env=a" }] }),
        aCaller({ role: "operator", scope: "env=a", limits: [{ role: "publisher", scope: "" }] }),
        aCaller({ role: "operator", scope: "", as: "service" }),
        // Whatever roles the subject of a directory has, its token has none.
        aCaller({ role: "admin", scope: "", as: "directory" }),
        aCaller({ role: "admin", scope: "", as: "disabled" }),
        aCaller({ role: "admin", scope: "", as: "service-of-disabled" }),
      ])),
    ];
    const cells = marked.flatMap((declared) => callers.map((caller) => ({ declared, caller })));
    const wrong: string[] = [];
    let from = 0;
    await inParallel(cells, async ({ declared, caller }) => {
      const url = declared.path.replace(/\{[^}]+\}/g, "nothing");
      const { method } = declared;
      // Each from an address of its own, as many refusals from one are slowed down.
      const remoteAddress = `10.${++from >> 16}.${(from >> 8) & 255}.${from & 255}`;
      const headers = headersOf(caller);
      const { statusCode } = await app.inject({ method, url, headers, remoteAddress });
      const expected = expectedAtGate(declared, caller);
      const got = statusCode === 401 || statusCode === 403 ? statusCode : "in";
      if (got !== expected) {
        wrong.push(`${method} ${declared.path} ${caller?.name}: ${statusCode}, not ${expected}`);
      }
    });
    await app.close();
    expect(cells.length).toBeGreaterThan(3_000);
    expect(wrong).toEqual([]);
  });
});

function expectedAtGate(declared: ServedRoute, caller: Caller | null): "in" | 401 | 403 {
  const { permission } = declared;
  if (typeof permission === "object") return "in";
  if (caller === null || caller.role === null) return 401;
  // A directory's token opens SCIM alone, and is the only one that does.
  if ((permission === "directory") !== caller.isDirectory) return 403;
  if (permission === "signed-in" || permission === "directory") return "in";
  if (!roles[caller.role].includes(permission as Permission)) return 403;
  return divisionOf(declared).division === "whole" && caller.scope !== "" ? 403 : "in";
}

describe("R2: what belongs to others is not there", () => {
  let app: FastifyInstance;
  let own: Caller;
  let all: Caller;
  /** Names and ids of objects of the others, by the placeholder of their routes. */
  const others: Record<string, string[]> = {};
  const mine: Record<string, string> = {};
  const before = new Map<string, string>();
  const SECRET = "zz-secret";
  const SECRET_FLAW = "CVE-2026-77777";

  const ask = async (
    url: string,
    caller: Caller,
    method: ServedRoute["method"] = "GET",
    body?: object,
  ) => {
    const payload = body === undefined ? {} : { payload: body };
    const answer = await app.inject({ method, url, headers: headersOf(caller), ...payload });
    return { status: answer.statusCode, text: answer.body };
  };
  const readings = allRoutes.filter(
    ({ method, path, permission }) =>
      method === "GET" &&
      typeof permission === "string" &&
      !["shared", "own"].includes(divisionOf({ method, path, permission }).division) &&
      // Streams go on for ever; files are made anew for each reader.
      !["/api/v1/live", "/api/v1/events"].includes(path),
  );
  /** The places of a path filled with what the reader has; null where a place has no such thing. */
  const pathOf = (path: string, values: Readonly<Record<string, string>>): string | null => {
    const names = [...path.matchAll(/\{([^}]+)\}/g)].map((match) => match[1]!);
    if (names.some((name) => values[name] === undefined)) return null;
    return names.reduce((url, name) => url.replace(`{${name}}`, values[name]!), path);
  };
  /** What passes with time, or is made anew for each answer, tells nothing of others. */
  const steady = (text: string): string =>
    text
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME")
      .replace(/urn:uuid:[0-9a-f-]+/g, "REQUEST")
      .replace(
        /"(?:asOf|at|usedAt|now|ageSeconds|seconds[A-Za-z]*|ms|bytes[A-Za-z]*)":[\d.]+/g,
        "N",
      );

  async function seedOwn(): Promise<void> {
    const { world } = made;
    const [host] = await someHosts(world, [
      { name: "own-1", labels: { env: "a", ring: "canary" } },
      { name: "own-2", labels: { env: "a", ring: "1" } },
    ]);
    const service = { title: "", team: "a", owners: [], repository: "", needs: [] };
    await addService(world, systemActor, {
      ...{ name: "own-shop", ...service, labels: { env: "a" } },
      hosts: ["own-1"],
      hostSelector: null,
    } as never);
    const carol = await aPerson(world, "carol", { scope: "env=a" });
    const patch = await aPatch(world, carol);
    const rings = { patch, policy: { text: testRings }, class: "normal" as const };
    const { plan } = await createPlan(world, carol.actor, rings, askedOpenssl);
    const change = await requestChange(world, carol.actor, { plan: plan.digest, reason: "a flaw" });
    const asked = { change: change.id, minutes: 60, reason: "nobody else is there" };
    const elevation = await askElevation(world, carol.actor, asked);
    Object.assign(mine, {
      elevation: elevation.id,
      ...{ host: host!, service: "own-shop", patch, plan: plan.digest, other: plan.digest },
      ...{ change: `C-${change.number}`, vulnerability: "CVE-2026-0001", about: patch },
    });
  }

  async function seedOthers(): Promise<void> {
    const { world } = made;
    const [host] = await someHosts(world, [
      { name: `${SECRET}-1`, labels: { env: "b", ring: "canary" } },
      { name: `${SECRET}-2`, labels: { env: "b", ring: "1" } },
    ]);
    const secret = { name: SECRET, version: "1-1", arch: "amd64", source: SECRET };
    const packages = [{ ...secret, sourceVersion: "1-1" }];
    await addHost(world, { name: `${SECRET}-3`, labels: { env: "b", of: "zz" }, packages });
    await rematch(world);
    const service = { title: "", team: SECRET, owners: [], repository: "", needs: [] };
    await addService(world, systemActor, {
      ...{ name: `${SECRET}-shop`, ...service, labels: { env: "b" } },
      hosts: [`${SECRET}-1`],
      hostSelector: null,
    } as never);
    const dave = await aPerson(world, "dave");
    const narrow = { ...dave.actor, grants: [{ role: "admin" as const, scope: envB }] };
    const patch = await aPatch(world, dave, "1-2", SECRET);
    const rings = { patch: mine["patch"]!, policy: { text: testRings }, class: "normal" as const };
    const { plan } = await createPlan(world, narrow, rings, askedOpenssl);
    const change = await requestChange(world, narrow, { plan: plan.digest, reason: SECRET });
    const asked = { change: change.id, minutes: 60, reason: `${SECRET} is nobody's now` };
    const elevation = await askElevation(world, narrow, asked);
    const scan = await startScan(world, narrow, { hosts: [`${SECRET}-3`] } as never);
    const until = world.clock() + 5 * DAY_MS;
    const deferral = await startDeferral(world, dave.actor, {
      ...{ patch, until, reasonClass: "other", reason: `${SECRET} can wait`, owner: "dave" },
    });
    const zz = [...envB, { op: "in" as const, key: "of", values: ["zz"] }];
    const narrowest = { ...dave.actor, grants: [{ role: "admin" as const, scope: zz }] };
    const session = await startSession(world, narrowest, {
      ...{ title: SECRET, quorum: 1, items: 10, part: "operations" },
    });
    Object.assign(others, {
      ...{ host: [host!, `${SECRET}-1`], service: [`${SECRET}-shop`], patch: [patch] },
      ...{ plan: [plan.digest], other: [plan.digest], change: [`C-${change.number}`, change.id] },
      ...{ scan: [scan.id], deferral: [deferral.id, `D-${deferral.number}`] },
      ...{ session: [session.id], about: [patch] },
      elevation: [elevation.id, `J-${elevation.number}`],
    });
  }
  const envB = [{ op: "in" as const, key: "env", values: ["b"] }];

  beforeAll(async () => {
    app = buildServer(made.world, allRoutes);
    const release = { bookworm: { status: "resolved", fixed_version: "9-9", urgency: "high" } };
    const bytes = trackerFile({
      openssl: {
        "CVE-2026-0001": { bookworm: { ...release.bookworm, fixed_version: "3.0.18-1~deb12u1" } },
      },
      [SECRET]: { [SECRET_FLAW]: release },
    });
    await loadFeedFile(made.world, systemActor, { bytes, asOf: null, acceptShrink: true });
    own = await aCaller({ role: "admin", scope: "env=a" });
    all = await aCaller({ role: "admin", scope: "" });
    await seedOwn();
    await rematch(made.world);
    await inParallel(readings, async ({ path }) => {
      const url = pathOf(path, mine);
      if (url !== null) before.set(url, steady((await ask(url, own)).text));
    });
    await seedOthers();
  });
  afterAll(() => app.close());

  test("no list, count, search or object changes by what others have", async () => {
    const changed: string[] = [];
    let seen = 0;
    await inParallel([...before.keys()], async (url) => {
      const { text } = await ask(url, own);
      if (steady(text) !== before.get(url))
        changed.push(`${url}: ${difference(before.get(url)!, steady(text))}`);
      if (text.includes(SECRET)) changed.push(`${url} names it`);
      if ((await ask(url, all)).text.includes(SECRET)) seen += 1;
    });
    expect(changed.sort()).toEqual([]);
    expect(before.size).toBeGreaterThan(60);
    // Whoever sees everything is told, so the names would have been found.
    expect(seen).toBeGreaterThan(10);
  });

  test("no search finds it", async () => {
    for (const word of [SECRET, "zz-", SECRET_FLAW.slice(0, -1).toLowerCase()]) {
      const { text } = await ask(`/api/v1/search?q=${word}`, own);
      expect(text, word).not.toContain(SECRET);
      expect(text, word).not.toContain(SECRET_FLAW);
    }
    expect((await ask(`/api/v1/search?q=${SECRET}`, all)).text).toContain(SECRET);
  });

  test("by name and by id it answers as what never was, on every route that takes one", async () => {
    const wrong: string[] = [];
    let asked = 0;
    const missing = { uuid: newId(Date.now()), digest: "e".repeat(64), number: "999999" };
    for (const { path } of readings) {
      const place = [...path.matchAll(/\{([^}]+)\}/g)]
        .map((match) => match[1]!)
        .find((name) => others[name] !== undefined);
      if (place === undefined) continue;
      for (const id of others[place]!) {
        const none = /^[0-9a-f]{64}$/.test(id)
          ? missing.digest
          : /^[0-9a-f-]{36}$/.test(id)
            ? missing.uuid
            : id.replace(/\d+$/, missing.number).replace(/^zz-.*/, "zz-nothing");
        const there = pathOf(path, { ...mine, [place]: id });
        const nothing = pathOf(path, { ...mine, [place]: none });
        if (there === null || nothing === null) continue;
        asked += 1;
        const [a, b] = [await ask(there, own), await ask(nothing, own)];
        const told = (text: string, name: string) =>
          steady(text).replaceAll(name, "NAME").replaceAll(name.slice(0, 12), "NAME");
        if (a.status !== b.status || a.status < 400 || told(a.text, id) !== told(b.text, none)) {
          wrong.push(
            `${there}: ${a.status} ${told(a.text, id).slice(0, 200)} / ${b.status} ${told(b.text, none).slice(0, 200)}`,
          );
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(asked).toBeGreaterThan(20);
  });

  test("nothing is done to it, whoever asks from outside", async () => {
    const done: string[] = [];
    const bodies = [{}, { reason: "because I say so" }, { summary: "over" }, { words: "no" }];
    const acts = allRoutes.filter(({ method, path }) => method !== "GET" && path.includes("{"));
    for (const { method, path } of acts) {
      const place = [...path.matchAll(/\{([^}]+)\}/g)]
        .map((match) => match[1]!)
        .find((name) => others[name] !== undefined);
      if (place === undefined) continue;
      const url = pathOf(path, { ...mine, [place]: others[place]![0]! });
      if (url === null) continue;
      for (const body of bodies) {
        const { status } = await ask(url, own, method, body);
        if (status < 400 || status >= 500)
          done.push(`${method} ${url} ${JSON.stringify(body)}: ${status}`);
      }
    }
    expect(done).toEqual([]);
  });

  test("what is not divided is refused to everybody whose right has a limit", async () => {
    const wrong: string[] = [];
    for (const declared of allRoutes) {
      const { division } = divisionOf(declared);
      if (division !== "whole") continue;
      const url = declared.path.replace(/\{[^}]+\}/g, "1");
      const { method } = declared;
      const { statusCode } = await app.inject({ method, url, headers: headersOf(own) });
      if (statusCode !== 403) wrong.push(`${method} ${declared.path}: ${statusCode}`);
    }
    expect(wrong).toEqual([]);
  });

  test("a freeze reaches no host outside the right of who sets it", async () => {
    const actor = { ...systemActor, grants: [{ role: "admin" as const, scope: envB }] };
    const asked = { name: "x", reason: "x", startsAt: null, endsAt: Date.now() + DAY_MS };
    for (const hosts of ["all", "env=a", "env!=c", "ring=1"]) {
      const setting = setFreeze(made.world, actor, { ...asked, hosts, passesEmergency: false });
      await expect(setting, hosts).rejects.toMatchObject({ code: "forbidden" });
    }
  });
});

function difference(a: string, b: string): string {
  const at = [...a].findIndex((sign, i) => sign !== b[i]);
  const from = Math.max(0, at - 60);
  return `${a.slice(from, at + 80)} / ${b.slice(from, at + 80)}`;
}
