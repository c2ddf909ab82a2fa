import { once } from "node:events";
import { existsSync, readFileSync, statSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { Writable } from "node:stream";
import { sql } from "kysely";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testWorld } from "../../test/setup/world.ts";
import type { Actor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import type { RoleName } from "../base/permission.ts";
import { inTransaction } from "../db/database.ts";
import { listen } from "../db/notify.ts";
import type { World } from "../db/world.ts";
import { addUser } from "../identity/actions.ts";
import { ensureSetupSecret } from "../identity/store-setup-secret.ts";
import { startSequencer } from "../ledger/loops.ts";
import { recordEvent } from "../ledger/record.ts";
import type { ServedRoute } from "../ledger/served-route.ts";
import { readTimeline } from "../ledger/store.ts";
import { openLogKey } from "../ledger/store-log-key.ts";
import { loadHead } from "../ledger/store-tree.ts";
import { isConsistent, isIncluded } from "../ledger/tree.ts";
import { parseVerifierKey, verifyExport } from "../ledger/verify.ts";
import { allRoutes } from "./all-routes.ts";
import { buildServer, type RunningServer, startServer } from "./server.ts";

interface Site {
  readonly world: World;
  readonly server: RunningServer;
  readonly logged: () => string;
  readonly secretPath: string;
  close(): Promise<void>;
}

async function openSite(routes: readonly ServedRoute[] = allRoutes): Promise<Site> {
  const { world: bare, connection, close } = await testWorld();
  let logged = "";
  const sink = new Writable({
    write(chunk, _encoding, done) {
      logged += String(chunk);
      done();
    },
  });
  const world: World = { ...bare, log: pino({ level: "trace" }, sink) };
  const secretPath = (await ensureSetupSecret(world))!;
  const server = await startServer(world, routes, { checkReplies: true });
  const sequencer = startSequencer(world, await openLogKey(world));
  const listener = listen(connection, ["ledger"], () => sequencer.wake());
  return {
    world,
    server,
    logged: () => logged,
    secretPath,
    async close() {
      await server.close();
      await listener.close();
      await sequencer.stop();
      await close();
    },
  };
}

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: replies of many shapes, checked by each test
  readonly body: any;
  readonly headers: Headers;
}

interface Call {
  readonly token?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

async function call(site: Site, method: string, path: string, options: Call = {}): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${site.server.port}${path}`, {
    method,
    headers: {
      ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
      ...(options.body === undefined ? {} : { "content-type": "application/json" }),
      ...options.headers,
    },
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
  });
  const text = await response.text();
  const isJson = (response.headers.get("content-type") ?? "").includes("json");
  const isWhole = isJson && !response.headers.get("content-type")!.includes("jsonl");
  return {
    status: response.status,
    body: isWhole && text !== "" ? JSON.parse(text) : text,
    headers: response.headers,
  };
}

function secretOf(site: Site): string {
  return readFileSync(site.secretPath, "utf8").trim();
}

const ENTRANCE = "/api/v1/entrance";

async function setUpAdmin(site: Site): Promise<string> {
  const made = await call(site, "POST", ENTRANCE, {
    body: { kind: "setup", secret: secretOf(site), handle: "ada", name: "Ada", password: PASSWORD },
  });
  expect(made.status).toBe(201);
  return made.body.token;
}

/** Ways to write the same path, or nearly: as odd clients and proxies do, and those who probe. */
function spellings(): readonly string[] {
  const starts = [
    ...["/api/v1/entrance", "/api/v1//entrance", "//api/v1/entrance", "/api/v1/./entrance"],
    ...["/API/v1/entrance", "/api/v1/Entrance", "/api/v1/x/../entrance", "/api/v1/%65ntrance"],
    ...["/api/%76%31/entrance", "/api/v2/entrance", "/api/v1/entr%61nce", "/api/v1/setup"],
    ...["/api\\v1\\entrance", "/api/v1;/entrance", "/./api/v1/entrance", "/api/v1/%2e/entrance"],
  ];
  const ends = ["", "/", "//", "%20", "?x=1", "?", ";x", "%00", "%2f", ".json", "%3f", "/link"];
  const more = ["\\", "/.", "/..;/entrance", "%0a"];
  return starts.flatMap((start) => [...ends, ...more].map((end) => `${start}${end}`));
}

/** Sends the path as it stands; `fetch` would tidy it. */
async function postRaw(site: Site, path: string, body: string): Promise<number> {
  const sent = request({
    host: "127.0.0.1",
    port: site.server.port,
    method: "POST",
    path,
    headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body) },
  });
  sent.end(body);
  const [reply] = (await once(sent, "response")) as [IncomingMessage];
  reply.resume();
  return reply.statusCode ?? 0;
}

const PASSWORD = "correct horse battery staple";

/** Adds a person with grants, invites them and gives their first token. */
async function addPerson(
  site: Site,
  admin: string,
  handle: string,
  grants: readonly { role: RoleName; scope: string }[],
): Promise<{ id: string; token: string }> {
  const user = await call(site, "POST", "/api/v1/users", {
    token: admin,
    body: { handle, name: handle, grants },
  });
  expect(user.status).toBe(201);
  const invite = await call(site, "POST", `/api/v1/users/${handle}/invite`, { token: admin });
  const joined = await call(site, "POST", "/api/v1/entrance", {
    body: { kind: "invitation", invite: invite.body.invite, password: PASSWORD },
  });
  expect(joined.status).toBe(201);
  return { id: user.body.id, token: joined.body.token };
}

describe("first-run setup", () => {
  test("needs the secret of the state folder, works once and dies for good", async () => {
    const site = await openSite();
    expect(statSync(site.secretPath).mode & 0o777).toBe(0o600);
    const body = { kind: "setup", secret: "x".repeat(43), handle: "eve", name: "Eve" };
    expect((await call(site, "POST", ENTRANCE, { body })).status).toBe(403);
    const secret = secretOf(site);
    const token = await setUpAdmin(site);
    expect(existsSync(site.secretPath)).toBe(false);
    expect((await call(site, "GET", "/api/v1/me", { token })).body).toMatchObject({
      handle: "ada",
      grants: [{ role: "admin", scope: "" }],
    });
    expect(await ensureSetupSecret(site.world)).toBeNull();
    for (const again of [
      { kind: "setup-link", secret },
      { ...body, secret },
    ]) {
      expect((await call(site, "POST", ENTRANCE, { body: again })).status).toBe(403);
    }
    await expect(sql`delete from setup_over`.execute(site.world.db)).rejects.toThrow(/for good/);
    await expect(sql`truncate setup_over`.execute(site.world.db)).rejects.toThrow(/denied/);
    await site.close();
  });

  test("R12 of fifty callers at once exactly one wins", async () => {
    const site = await openSite();
    const secret = secretOf(site);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        call(site, "POST", ENTRANCE, {
          body: { kind: "setup", secret, handle: `p${i}`, name: "P" },
        }),
      ),
    );
    expect(answers.filter((answer) => answer.status === 201)).toHaveLength(1);
    const { rows } = await sql<{ n: number }>`select count(*) as n from subject`.execute(
      site.world.db,
    );
    expect(rows[0]?.n).toBe(1);
    await site.close();
  });

  test("a link works from elsewhere, once", async () => {
    const site = await openSite();
    const secret = secretOf(site);
    const link = await call(site, "POST", "/api/v1/entrance", {
      body: { kind: "setup-link", secret },
    });
    const inLink = link.body.path.split("#")[1];
    const body = { kind: "setup", secret: inLink, handle: "ada", name: "Ada" };
    expect((await call(site, "POST", ENTRANCE, { body })).status).toBe(201);
    expect((await call(site, "POST", ENTRANCE, { body })).status).toBe(403);
    await site.close();
  });

  test("a link that is too old does nothing", async () => {
    const site = await openSite();
    const link = await call(site, "POST", ENTRANCE, {
      body: { kind: "setup-link", secret: secretOf(site) },
    });
    await sql`update one_time_secret set expires_at = now() - interval '1 s'`.execute(
      site.world.db,
    );
    const body = {
      kind: "setup",
      secret: link.body.path.split("#")[1],
      handle: "ada",
      name: "Ada",
    };
    expect((await call(site, "POST", ENTRANCE, { body })).status).toBe(403);
    await site.close();
  });

  test("R12 no spelling of the path opens it again, of more than two hundred", async () => {
    const site = await openSite();
    const secret = secretOf(site);
    await setUpAdmin(site);
    const body = JSON.stringify({ kind: "setup", secret, handle: "eve", name: "Eve" });
    const answers = new Set<number>();
    for (const path of spellings()) {
      await sql`delete from sign_in_try`.execute(site.world.db);
      const status = await postRaw(site, path, body);
      expect([400, 403, 404], path).toContain(status);
      answers.add(status);
    }
    expect([...answers].sort()).toEqual([400, 403, 404]);
    const { rows } = await sql<{ n: number }>`select count(*) as n from subject`.execute(
      site.world.db,
    );
    expect(rows[0]?.n).toBe(1);
    await site.close();
  });

  test("guessing is slowed down to ten tries", async () => {
    const site = await openSite();
    const body = { kind: "setup", secret: "x".repeat(43), handle: "eve", name: "Eve" };
    const statuses: number[] = [];
    for (let i = 0; i < 11; i += 1) {
      statuses.push((await call(site, "POST", ENTRANCE, { body })).status);
    }
    expect(statuses).toEqual([...Array(10).fill(403), 429]);
    await site.close();
  });
});

describe("the gate", () => {
  let site: Site;
  let admin: string;

  beforeAll(async () => {
    // The real routes behind the real gate; only what they would do is taken out.
    const marked = allRoutes.map((declared) =>
      declared.path === ENTRANCE || declared.path.startsWith("/api/v1/users")
        ? declared
        : {
            ...declared,
            handle: async () => {
              throw new Failure("conflict", "the handler was reached");
            },
          },
    );
    site = await openSite(marked);
    admin = await setUpAdmin(site);
  });
  afterAll(() => site.close());

  test("every route declares who may use it, and why when everybody may", () => {
    expect(allRoutes.length).toBeGreaterThan(20);
    for (const declared of allRoutes) {
      expect(declared.permission, declared.path).toBeDefined();
      if (typeof declared.permission === "object") {
        expect(declared.permission.public.length).toBeGreaterThan(15);
      }
      expect(declared.path).toMatch(/^\/(api\/v1\/[a-z]|scim\/v2\/[A-Z])/);
      const placeholders = declared.path.includes("{");
      expect(declared.params !== undefined, declared.path).toBe(placeholders);
    }
    const names = allRoutes.map((declared) => `${declared.method} ${declared.path}`);
    expect(new Set(names).size).toBe(names.length);
  });

  test("knows no other path and no other method, for anybody", async () => {
    for (const [method, path] of [
      ["GET", "/api/v1/nothing"],
      ["PUT", "/api/v1/users"],
      ["POST", "/metrics"],
      ["GET", "/"],
      ["HEAD", "/api/v1/me"],
      ["GET", "/api/v1/me/"],
      ["OPTIONS", "/api/v1/users"],
    ] as const) {
      const answer = await call(site, method, path, { token: admin });
      expect(answer.status, `${method} ${path}`).toBe(404);
    }
  });

  test("refuses credentials that are not whole", async () => {
    for (const authorization of [
      "Bearer",
      "Bearer ",
      `bearer ${admin}`,
      `Bearer ${admin}x`,
      `Bearer ${admin} x`,
      `Basic ${admin}`,
      admin,
      `Bearer fettle_${"A".repeat(43)}`,
      `Bearer ${admin.slice(7)}`,
    ]) {
      const answer = await call(site, "GET", "/api/v1/me", { headers: { authorization } });
      expect(answer.status, authorization.slice(0, 12)).toBe(401);
      expect(answer.headers.get("www-authenticate")).toBe("Bearer");
    }
  });
});

describe("rights", () => {
  let site: Site;
  let admin: string;
  beforeAll(async () => {
    site = await openSite();
    admin = await setUpAdmin(site);
  });
  afterAll(() => site.close());

  test("a token loses a right in the moment its owner does", async () => {
    const bob = await addPerson(site, admin, "bob", [{ role: "admin", scope: "" }]);
    const made = await call(site, "POST", "/api/v1/tokens", {
      token: bob.token,
      body: { title: "script" },
    });
    const script = made.body.token;
    expect((await call(site, "GET", "/api/v1/users", { token: script })).status).toBe(200);
    const user = await call(site, "GET", "/api/v1/users/bob", { token: admin });
    const grant = user.body.grants[0].id;
    const path = `/api/v1/users/bob/grants/${grant}`;
    expect((await call(site, "DELETE", path, { token: admin })).status).toBe(204);
    expect((await call(site, "GET", "/api/v1/users", { token: script })).status).toBe(403);
    expect((await call(site, "GET", "/api/v1/me", { token: script })).body.grants).toEqual([]);
  });

  test("a limited token cannot make a stronger one, and its children die with it", async () => {
    const limited = await call(site, "POST", "/api/v1/tokens", {
      token: admin,
      body: { title: "limited", limits: [{ role: "viewer", scope: "env=dev" }] },
    });
    const token = limited.body.token;
    expect((await call(site, "GET", "/api/v1/users", { token })).status).toBe(403);
    const me = await call(site, "GET", "/api/v1/me", { token });
    expect(me.body.grants).toMatchObject([{ role: "viewer", scope: "env=dev" }]);
    for (const limits of [[{ role: "admin", scope: "" }], [{ role: "viewer", scope: "" }]]) {
      const body = { title: "more", limits };
      expect((await call(site, "POST", "/api/v1/tokens", { token, body })).status).toBe(403);
    }
    const child = await call(site, "POST", "/api/v1/tokens", { token, body: { title: "child" } });
    const childMe = await call(site, "GET", "/api/v1/me", { token: child.body.token });
    expect(childMe.body.grants).toEqual(me.body.grants);
    await call(site, "DELETE", `/api/v1/tokens/${limited.body.id}`, { token: admin });
    for (const dead of [token, child.body.token]) {
      expect((await call(site, "GET", "/api/v1/me", { token: dead })).status).toBe(401);
    }
  });

  test("a token ends by its time, lasts 90 days at most, and no longer than its parent", async () => {
    const make = (token: string, days: number): Promise<Answer> =>
      call(site, "POST", "/api/v1/tokens", { token, body: { title: "t", days } });
    expect((await make(admin, 91)).status).toBe(400);
    const parent = await make(admin, 3);
    const child = await make(parent.body.token, 30);
    expect(Date.parse(child.body.expiresAt)).toBeLessThanOrEqual(Date.parse(parent.body.expiresAt));
    const { token, id } = parent.body;
    expect((await call(site, "GET", "/api/v1/me", { token })).status).toBe(200);
    const past = sql`now() - interval '1 s'`;
    await sql`update api_token set created_at = now() - interval '2 d', expires_at = ${past}
      where id = ${id}`.execute(site.world.db);
    expect((await call(site, "GET", "/api/v1/me", { token })).status).toBe(401);
    const tooLong = sql`update api_token set expires_at = created_at + interval '91 d'`;
    await expect(tooLong.execute(site.world.db)).rejects.toThrow(/check constraint/);
  });

  test("a token with limits adds no approver key", async () => {
    const limits = [{ role: "approver", scope: "" }];
    const made = await call(site, "POST", "/api/v1/tokens", {
      token: admin,
      body: { title: "narrow", limits },
    });
    const body = { line: "ssh-ed25519 AAAA" };
    const answer = await call(site, "POST", "/api/v1/keys", { token: made.body.token, body });
    expect(answer).toMatchObject({ status: 403 });
    const whole = await call(site, "POST", "/api/v1/keys", { token: admin, body });
    expect(whole).toMatchObject({ status: 400 });
  });

  test("a disabled user is out with the next request, sessions and tokens alike", async () => {
    const carl = await addPerson(site, admin, "carl", [{ role: "viewer", scope: "" }]);
    const cookie = await logInAs(site, "carl");
    expect((await call(site, "GET", "/api/v1/me", { headers: { cookie } })).status).toBe(200);
    const body = { isDisabled: true };
    expect((await call(site, "PATCH", "/api/v1/users/carl", { token: admin, body })).status).toBe(
      200,
    );
    expect((await call(site, "GET", "/api/v1/me", { headers: { cookie } })).status).toBe(401);
    expect((await call(site, "GET", "/api/v1/me", { token: carl.token })).status).toBe(401);
    const login = { handle: "carl", password: PASSWORD };
    expect(
      (await call(site, "POST", "/api/v1/sessions", { body: { by: "password", ...login } })).status,
    ).toBe(401);
    const again = { handle: "carl", name: "Another Carl" };
    expect((await call(site, "POST", "/api/v1/users", { token: admin, body: again })).status).toBe(
      409,
    );
  });

  test("the last administrator cannot be taken away", async () => {
    const other = await openSite();
    const token = await setUpAdmin(other);
    const body = { isDisabled: true };
    const disabled = await call(other, "PATCH", "/api/v1/users/ada", { token, body });
    expect(disabled).toMatchObject({ status: 409, body: { code: "blocked" } });
    const me = await call(other, "GET", "/api/v1/users/ada", { token });
    const path = `/api/v1/users/ada/grants/${me.body.grants[0].id}`;
    expect((await call(other, "DELETE", path, { token })).body.code).toBe("blocked");
    expect((await call(other, "GET", "/api/v1/users/ada", { token })).status).toBe(200);
    await other.close();
  });

  test("an administrator of some labels manages no users and reads no log", async () => {
    const dora = await addPerson(site, admin, "dora", [{ role: "admin", scope: "env=dev" }]);
    for (const path of ["/api/v1/users", "/api/v1/audit/events", "/api/v1/audit/export"]) {
      expect((await call(site, "GET", path, { token: dora.token })).status, path).toBe(403);
    }
    const body = { role: "admin", scope: "" };
    const grants = "/api/v1/users/dora/grants";
    expect((await call(site, "POST", grants, { token: dora.token, body })).status).toBe(403);
  });

  test("a service has a person who answers for it, and its token its own rights", async () => {
    const service = await call(site, "POST", "/api/v1/users", {
      token: admin,
      body: {
        kind: "service",
        handle: "ci",
        name: "CI",
        grants: [{ role: "operator", scope: "env=dev" }],
      },
    });
    const me = await call(site, "GET", "/api/v1/me", { token: admin });
    expect(service.body.owner).toBe(me.body.subject);
    const made = await call(site, "POST", "/api/v1/tokens", {
      token: admin,
      body: { title: "ci", user: "ci" },
    });
    const who = await call(site, "GET", "/api/v1/me", { token: made.body.token });
    expect(who.body).toMatchObject({ handle: "ci", kind: "system" });
    const key = { line: "ssh-ed25519 AAAA", title: "k" };
    const refused = await call(site, "POST", "/api/v1/keys", { token: made.body.token, body: key });
    expect(refused.status).toBe(403);
    const forOther = { title: "x", user: "dora" };
    const other = await call(site, "POST", "/api/v1/tokens", { token: admin, body: forOther });
    expect(other.status).toBe(403);
  });

  test("nobody gets a token for a service that somebody else answers for", async () => {
    const grants = [{ role: "operator" as const, scope: "env=dev" }];
    const gus = await addPerson(site, admin, "gus", [...grants, { role: "viewer", scope: "" }]);
    const body = { kind: "service", handle: "gus-ci", name: "CI", owner: "gus", grants };
    expect((await call(site, "POST", "/api/v1/users", { token: admin, body })).status).toBe(201);
    const wanted = { title: "ci", user: "gus-ci" };
    const byAdmin = await call(site, "POST", "/api/v1/tokens", { token: admin, body: wanted });
    expect(byAdmin.status).toBe(403);
    const made = await call(site, "POST", "/api/v1/tokens", { token: gus.token, body: wanted });
    expect(made.status).toBe(201);
    const me = (): Promise<Answer> =>
      call(site, "GET", "/api/v1/me", { token: made.body.token as string });
    expect((await me()).status).toBe(200);
    // Rights that the service has and its owner has not do not come to the owner by its token.
    const more = { role: "admin", scope: "" };
    await call(site, "POST", "/api/v1/users/gus-ci/grants", { token: admin, body: more });
    const beyond = await call(site, "POST", "/api/v1/tokens", { token: gus.token, body: wanted });
    expect(beyond.status).toBe(403);
    const limited = { ...wanted, limits: grants };
    const within = await call(site, "POST", "/api/v1/tokens", { token: gus.token, body: limited });
    expect(within.status).toBe(201);
    // Whoever leaves keeps no way in through a service.
    const leave = { isDisabled: true };
    await call(site, "PATCH", "/api/v1/users/gus", { token: admin, body: leave });
    expect((await me()).status).toBe(401);
  });

  test("an edit of what changed meanwhile is refused by its tag", async () => {
    await addPerson(site, admin, "fay", []);
    const seen = (await call(site, "GET", "/api/v1/users/fay", { token: admin })).headers.get(
      "etag",
    )!;
    const headers = { "if-match": seen };
    const rename = (name: string): Promise<Answer> =>
      call(site, "PATCH", "/api/v1/users/fay", { token: admin, body: { name }, headers });
    expect((await rename("Fay One")).status).toBe(200);
    expect((await rename("Fay Two")).status).toBe(409);
  });

  test("every change is an event that names nobody", async () => {
    const events = await readTimeline(site.world.db, {});
    const types = new Set(events.map((event) => event.type));
    for (const type of [
      "setup.finished",
      "subject.added",
      "subject.disabled",
      "grant.added",
      "grant.removed",
      "invite.made",
      "invite.accepted",
      "token.created",
      "token.revoked",
      "session.started",
    ]) {
      expect(types).toContain(type);
    }
    const text = JSON.stringify(events);
    for (const name of ["bob", "carl", "Carl", "dora", "Fay", PASSWORD, admin]) {
      expect(text).not.toContain(name);
    }
  });
});

async function logInAs(site: Site, handle: string): Promise<string> {
  const body = { handle, password: PASSWORD };
  const login = await call(site, "POST", "/api/v1/sessions", { body: { by: "password", ...body } });
  expect(login.status).toBe(200);
  const cookie = login.headers.get("set-cookie")!;
  expect(cookie).toMatch(/^__Host-fettle=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Strict/);
  return cookie.split(";")[0]!;
}

describe("sessions", () => {
  let site: Site;
  let admin: string;
  beforeAll(async () => {
    site = await openSite();
    admin = await setUpAdmin(site);
  });
  afterAll(() => site.close());

  test("a change by cookie must come from this site", async () => {
    const cookie = await logInAs(site, "ada");
    const body = { title: "t" };
    const tokensFrom = async (origin: string | null): Promise<number> => {
      const headers = { cookie, ...(origin === null ? {} : { origin }) };
      return (await call(site, "POST", "/api/v1/tokens", { body, headers })).status;
    };
    expect(await tokensFrom(null)).toBe(403);
    expect(await tokensFrom("https://evil.example")).toBe(403);
    expect(await tokensFrom("null")).toBe(403);
    expect(await tokensFrom(`http://127.0.0.1:${site.server.port + 1}`)).toBe(403);
    expect(await tokensFrom(`http://127.0.0.1:${site.server.port}`)).toBe(201);
  });

  test("logging out ends the session on the server", async () => {
    const cookie = await logInAs(site, "ada");
    const origin = `http://127.0.0.1:${site.server.port}`;
    const out = await call(site, "POST", "/api/v1/logout", { headers: { cookie, origin } });
    expect(out.status).toBe(200);
    expect(out.body, "no provider began it").toEqual({ there: null });
    expect((await call(site, "GET", "/api/v1/me", { headers: { cookie } })).status).toBe(401);
  });

  test("people see where they are signed in, and end one or all others", async () => {
    const [here, there, third] = [
      await logInAs(site, "ada"),
      await logInAs(site, "ada"),
      await logInAs(site, "ada"),
    ];
    const origin = `http://127.0.0.1:${site.server.port}`;
    const list = async () =>
      (await call(site, "GET", "/api/v1/sessions", { headers: { cookie: here } })).body.items;
    const before = await list();
    const own = before.filter((one: { isCurrent: boolean }) => one.isCurrent);
    expect(own).toHaveLength(1);
    expect(own[0]).toMatchObject({ address: "127.0.0.1", program: "node" });
    const headers = { cookie: there, origin };
    const [ofThere] = (await call(site, "GET", "/api/v1/sessions", { headers })).body.items.filter(
      (one: { isCurrent: boolean }) => one.isCurrent,
    );
    const end = (cookie: string) =>
      call(site, "DELETE", `/api/v1/sessions/${ofThere.id}`, { headers: { cookie, origin } });
    expect((await end(here)).status).toBe(204);
    expect((await end(here)).status).toBe(404);
    expect((await call(site, "GET", "/api/v1/me", { headers: { cookie: there } })).status).toBe(
      401,
    );
    const ended = await call(site, "POST", "/api/v1/sessions/end-others", {
      ...{ headers: { cookie: here, origin }, body: {} },
    });
    expect(ended.body).toEqual({ ended: before.length - 2 });
    expect((await call(site, "GET", "/api/v1/me", { headers: { cookie: third } })).status).toBe(
      401,
    );
    expect(await list()).toMatchObject([{ id: own[0].id }]);
  });

  test("nobody sees or ends the sign-ins of others without managing users", async () => {
    const { token: bob } = await addPerson(site, admin, "bob", [{ role: "operator", scope: "" }]);
    await logInAs(site, "ada");
    const [session] = (await call(site, "GET", "/api/v1/sessions", { token: admin })).body.items;
    const ask = async (method: string, path: string, token: string) =>
      (await call(site, method, `/api/v1/sessions${path}`, { token })).status;
    expect(await ask("GET", "?user=ada", bob)).toBe(403);
    expect(await ask("DELETE", `/${session.id}?user=ada`, bob)).toBe(403);
    expect(await ask("DELETE", `/${session.id}`, bob)).toBe(404);
    expect(await ask("GET", "?user=bob", admin)).toBe(200);
    expect(await ask("DELETE", `/${session.id}`, admin)).toBe(204);
  });

  test("a session ends after rest and after its day", async () => {
    for (const age of [
      sql`seen_at = now() - interval '16 min'`,
      sql`created_at = now() - interval '9 h'`,
    ]) {
      const cookie = await logInAs(site, "ada");
      await sql`update session set ${age}`.execute(site.world.db);
      expect((await call(site, "GET", "/api/v1/me", { headers: { cookie } })).status).toBe(401);
    }
  });

  test("an unknown account and a wrong password look the same, and tries are counted", async () => {
    const attempt = (handle: string, password: string): Promise<Answer> =>
      call(site, "POST", "/api/v1/sessions", { body: { by: "password", handle, password } });
    const wrong = await attempt("ada", "not the password at all");
    const unknown = await attempt("nobody", "not the password at all");
    expect({ ...wrong.body, instance: "" }).toEqual({ ...unknown.body, instance: "" });
    let last = wrong;
    for (let i = 0; i < 10; i += 1) last = await attempt("ada", "not the password at all");
    expect(last.status).toBe(429);
    expect(last.headers.get("retry-after")).toBe("900");
    expect((await attempt("ada", PASSWORD)).status).toBe(429);
    await sql`delete from sign_in_try`.execute(site.world.db);
    expect((await attempt("ada", PASSWORD)).status).toBe(200);
  });

  test("a short password is refused", async () => {
    const cookie = await logInAs(site, "ada");
    const origin = `http://127.0.0.1:${site.server.port}`;
    const headers = { cookie, origin };
    const body = { current: PASSWORD, next: "too short" };
    const path = "/api/v1/me/password";
    expect((await call(site, "PUT", path, { body, headers })).status).toBe(400);
    const wrong = { current: "something else here", next: "another long enough one" };
    expect((await call(site, "PUT", path, { body: wrong, headers })).status).toBe(403);
  });
});

describe("the contract", () => {
  let site: Site;
  let admin: string;
  beforeAll(async () => {
    site = await openSite();
    admin = await setUpAdmin(site);
  });
  afterAll(() => site.close());

  test("failures are problem details with the request's id and nothing of their cause", async () => {
    const answer = await call(site, "GET", "/api/v1/users/nobody", { token: admin });
    expect(answer.headers.get("content-type")).toMatch(/^application\/problem\+json/);
    expect(answer.body).toMatchObject({ status: 404, code: "not-found", retry: false });
    expect(answer.body.instance).toBe(`urn:uuid:${answer.headers.get("x-request-id")}`);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  });

  test("input that no schema knows is refused with its place", async () => {
    const extra = { handle: "gil", name: "Gil", isAdmin: true };
    const answer = await call(site, "POST", "/api/v1/users", { token: admin, body: extra });
    expect(answer).toMatchObject({ status: 400, body: { code: "invalid" } });
    expect((await call(site, "GET", "/api/v1/me?x=1", { token: admin })).status).toBe(400);
    const raw = async (body: string, type = "application/json"): Promise<number> => {
      const response = await fetch(`http://127.0.0.1:${site.server.port}/api/v1/users`, {
        method: "POST",
        headers: { authorization: `Bearer ${admin}`, "content-type": type },
        body,
      });
      return response.status;
    };
    for (const path of ["/api/v1/%zz", "/api/v1/users/%", "/api/v1/hosts?misspelt=1"]) {
      const answer = await call(site, "GET", path, { token: admin });
      expect(answer, path).toMatchObject({ status: 400, body: { code: "invalid" } });
    }
    expect(await raw("{")).toBe(400);
    expect(await raw('{"__proto__":{"x":1},"handle":"gil","name":"Gil"}')).toBe(400);
    const deep = `${"[".repeat(40)}${"]".repeat(40)}`;
    expect(await raw(`{"handle":"gil","name":${deep}}`)).toBe(400);
    expect(await raw(`{"handle":"gil","name":"${"[".repeat(100)}"}`)).toBe(201);
    expect(await raw("handle=gil", "application/x-www-form-urlencoded")).toBe(400);
    expect(await raw(`{"name":"${"x".repeat(1_100_000)}"}`)).toBe(413);
  });

  test("no text or number makes the database itself complain", async () => {
    for (const path of [
      "users/%00",
      "hosts/%00",
      "hosts?cursor=%00",
      "scans/%00",
      "findings/%00aa",
      "audit/events?type=%00",
      "changes?cursor=99999999999999",
      "rollouts?cursor=99999999999999",
      "patches?cursor=999999999",
      "changes/C-999999999",
    ]) {
      const { status } = await call(site, "GET", `/api/v1/${path}`, { token: admin });
      expect(status, path).toBeLessThan(500);
    }
    const body = { handle: "nul", name: "N\u0000l" };
    const posted = await call(site, "POST", "/api/v1/users", { token: admin, body });
    expect(posted).toMatchObject({ status: 400, body: { code: "invalid" } });
    const login = { handle: "nu\u0000l", password: PASSWORD };
    expect(
      (await call(site, "POST", "/api/v1/sessions", { body: { by: "password", ...login } })).status,
    ).toBe(400);
  });

  test("a POST whose end nobody knows is not done again under its key", async () => {
    let done = 0;
    const broken = allRoutes.map((declared) =>
      declared.method === "POST" && declared.path === "/api/v1/users"
        ? {
            ...declared,
            handle: async () => {
              done += 1;
              throw new Error("Connection terminated unexpectedly");
            },
          }
        : declared,
    );
    const other = await openSite(broken);
    try {
      const token = await setUpAdmin(other);
      const body = { handle: "once", name: "Once" };
      const post = (): Promise<Answer> =>
        call(other, "POST", "/api/v1/users", { token, body, headers: { "idempotency-key": "k" } });
      expect((await post()).status).toBe(503);
      expect(await post()).toMatchObject({ status: 409, body: { code: "conflict" } });
      expect(done).toBe(1);
    } finally {
      await other.close();
    }
  });

  test("a repeated POST with the same key is done once", async () => {
    const body = { handle: "hal", name: "Hal" };
    const headers = { "idempotency-key": "k-1" };
    const [first, second] = [
      await call(site, "POST", "/api/v1/users", { token: admin, body, headers }),
      await call(site, "POST", "/api/v1/users", { token: admin, body, headers }),
    ];
    expect(first.status).toBe(201);
    expect(second.status).toBe(201);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get("idempotency-replayed")).toBe("true");
    const other = { handle: "ivo", name: "Ivo" };
    const third = await call(site, "POST", "/api/v1/users", { token: admin, body: other, headers });
    expect(third).toMatchObject({ status: 409, body: { code: "conflict" } });
  });

  test("of the same POST sent many times at once one is done, and none twice", async () => {
    const body = { handle: "una", name: "Una" };
    const headers = { "idempotency-key": "k-9" };
    const answers = await Promise.all(
      Array.from({ length: 6 }, () =>
        call(site, "POST", "/api/v1/users", { token: admin, body, headers }),
      ),
    );
    const fresh = answers.filter(
      (answer) => answer.status === 201 && answer.headers.get("idempotency-replayed") === null,
    );
    expect(fresh).toHaveLength(1);
    expect(answers.every(({ status }) => status === 201 || status === 409)).toBe(true);
  });

  test("a key whose request failed can be used again, and secrets are never kept", async () => {
    const headers = { "idempotency-key": "k-2" };
    const taken = { handle: "ada", name: "Ada" };
    const post = (body: unknown): Promise<Answer> =>
      call(site, "POST", "/api/v1/users", { token: admin, body, headers });
    expect((await post(taken)).status).toBe(409);
    expect((await post({ handle: "jim", name: "Jim" })).status).toBe(201);
    const secret = { "idempotency-key": "k-3" };
    const makeToken = (): Promise<Answer> =>
      call(site, "POST", "/api/v1/tokens", { token: admin, body: { title: "t" }, headers: secret });
    const made = await makeToken();
    expect(made.status).toBe(201);
    expect(await makeToken()).toMatchObject({ status: 409 });
    const { rows } = await sql<{ body: string | null }>`
      select body from idempotent_answer where key = 'k-3'`.execute(site.world.db);
    expect(rows).toEqual([{ body: null }]);
  });

  test("health says whether the database answers; metrics know routes, not ids", async () => {
    expect(await call(site, "GET", "/healthz")).toMatchObject({
      status: 200,
      body: { status: "ok" },
    });
    const metrics = await call(site, "GET", "/metrics", { token: admin });
    expect((await call(site, "GET", "/metrics")).status).toBe(401);
    expect(metrics.body).toContain('route="/api/v1/users/{user}"');
    expect(metrics.body).toMatch(/fettle_ledger_entries \d+/);
    expect(metrics.body).not.toContain("/users/nobody");
  });

  test("the export of a running server passes the offline verifier", async () => {
    await addPerson(site, admin, "lea", [{ role: "viewer", scope: "" }]);
    await expect
      .poll(async () => (await loadHead(site.world.db))?.size ?? 0, { timeout: 10_000 })
      .toBeGreaterThan(3);
    const exported = await call(site, "GET", "/api/v1/audit/export", { token: admin });
    const vkey = await call(site, "GET", "/api/v1/audit/key", { token: admin });
    const key = parseVerifierKey(vkey.body)!;
    const verdict = await verifyExport([Buffer.from(exported.body)], { key });
    expect(verdict).toMatchObject({ isGood: true, findings: [] });
    expect(verdict.entries).toBeGreaterThan(3);
    const proof = await call(site, "GET", "/api/v1/audit/proof/0", { token: admin });
    expect(JSON.parse(proof.body.entry)).toMatchObject({ type: "setup.finished" });
    const bytes = (text: string): Buffer => Buffer.from(text, "base64");
    const { index, size, leaf, root } = proof.body;
    const path: Buffer[] = proof.body.proof.map(bytes);
    const claim = { index, size, leaf: bytes(leaf), root: bytes(root), proof: path };
    expect(isIncluded(claim)).toBe(true);
    const older = await call(site, "GET", "/api/v1/audit/proof/1?size=3", { token: admin });
    const grown = `/api/v1/audit/consistency?from=3&to=${size}`;
    const consistency = await call(site, "GET", grown, { token: admin });
    expect(
      isConsistent({
        oldSize: 3,
        oldRoot: bytes(older.body.root),
        size,
        root: bytes(root),
        proof: consistency.body.proof.map(bytes),
      }),
    ).toBe(true);
    const beyond = await call(site, "GET", "/api/v1/audit/proof/99999", { token: admin });
    expect(beyond.status).toBe(404);
  });

  test("the log has no token, password, cookie or setup secret", async () => {
    const other = await openSite();
    const secret = secretOf(other);
    const token = await setUpAdmin(other);
    const cookie = await logInAs(other, "ada");
    await call(other, "GET", "/api/v1/me", { headers: { cookie } });
    await call(other, "GET", `/api/v1/users/${token}`, { token });
    await call(other, "POST", "/api/v1/sessions", {
      body: { by: "password", handle: "ada", password: `${PASSWORD}!` },
    });
    await other.close();
    expect(other.logged()).toContain('"route":"/api/v1/me"');
    for (const hidden of [secret, token, token.slice(7), cookie.split("=")[1]!, PASSWORD]) {
      expect(other.logged()).not.toContain(hidden);
    }
    const dump = await sql<{ text: string }>`
      select string_agg(t::text, ' ') as text from (
        select to_jsonb(a) as t from api_token a union all select to_jsonb(s) from session s
        union all select to_jsonb(u) from subject u) x`.execute(site.world.db);
    expect(dump.rows[0]?.text).toContain("$argon2id$v=19$m=19456,t=2,p=1$");
    for (const hidden of [admin, admin.slice(7), PASSWORD]) {
      expect(dump.rows[0]?.text).not.toContain(hidden);
    }
  });
});

describe("live events", () => {
  async function* eventsOf(response: Response): AsyncGenerator<{ id: number; type: string }> {
    let text = "";
    for await (const chunk of response.body!) {
      text += Buffer.from(chunk).toString();
      for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
        const match = /^id: (\d+)\nevent: (\S+)\ndata: /.exec(text);
        text = text.slice(end + 2);
        if (match !== null) yield { id: Number(match[1]), type: match[2]! };
      }
    }
  }

  const openStream = (
    site: Site,
    token: string,
    headers: Record<string, string>,
  ): Promise<Response> =>
    fetch(`http://127.0.0.1:${site.server.port}/api/v1/events`, {
      headers: { authorization: `Bearer ${token}`, ...headers },
    });

  async function record(
    site: Site,
    actor: Actor["subject"],
    type: "a.one" | "a.two",
  ): Promise<void> {
    await inTransaction(site.world.db, (tx) => recordEvent(tx, { type, actor, object: "a:b" }));
  }

  test("arrive as they happen and go on where the caller left off", async () => {
    const site = await openSite();
    const token = await setUpAdmin(site);
    const me = await call(site, "GET", "/api/v1/me", { token });
    const first = await openStream(site, token, { "last-event-id": "1" });
    const live = eventsOf(first);
    await record(site, me.body.subject, "a.one");
    const one = (await live.next()).value!;
    expect(one).toEqual({ id: 2, type: "a.one" });
    await record(site, me.body.subject, "a.two");
    expect((await live.next()).value).toEqual({ id: 3, type: "a.two" });
    await live.return(undefined);
    const again = eventsOf(await openStream(site, token, { "last-event-id": "2" }));
    expect((await again.next()).value).toEqual({ id: 3, type: "a.two" });
    await again.return(undefined);
    expect((await openStream(site, token, { "last-event-id": "x" })).status).toBe(400);
    await site.close();
  });

  test("end within seconds when the right is taken away, and at once when the server closes", async () => {
    const site = await openSite();
    const admin = await setUpAdmin(site);
    const kim = await addPerson(site, admin, "kim", [{ role: "viewer", scope: "" }]);
    const ended = async (response: Response): Promise<number> => {
      const from = Date.now();
      await (async () => {
        for await (const _ of eventsOf(response));
      })().catch(() => undefined);
      return Date.now() - from;
    };
    const stream = await openStream(site, kim.token, {});
    const end = ended(stream);
    await call(site, "PATCH", "/api/v1/users/kim", { token: admin, body: { isDisabled: true } });
    expect(await end).toBeLessThan(8_000);
    // Narrower is not gone: the log is for those without a label limit, also while they look.
    const lou = await addPerson(site, admin, "lou", [{ role: "viewer", scope: "" }]);
    const narrowed = ended(await openStream(site, lou.token, {}));
    const body = { role: "viewer", scope: "env=dev" };
    await call(site, "POST", "/api/v1/users/lou/grants", { token: admin, body });
    const { grants } = (await call(site, "GET", "/api/v1/users/lou", { token: admin })).body;
    const whole = grants.find((grant: { scope: string }) => grant.scope === "");
    await call(site, "DELETE", `/api/v1/users/lou/grants/${whole.id}`, { token: admin });
    expect(await narrowed).toBeLessThan(8_000);
    const other = ended(await openStream(site, admin, {}));
    await site.close();
    expect(await other).toBeLessThan(4_000);
  });
});

test("a user cannot be made by an actor whose rights are limited", async () => {
  const { world, close } = await testWorld();
  const limited: Actor = {
    subject: "0190a0a0-0000-7000-8000-000000000009" as Actor["subject"],
    name: "x",
    kind: "person",
    via: "token",
    grants: [{ role: "operator", scope: [] }],
  };
  await expect(
    addUser(world, limited, { kind: "person", handle: "x", name: "X", grants: [] }),
  ).rejects.toMatchObject({ code: "forbidden" });
  await close();
});

describe("the log", () => {
  test("A2 a server whose database is older than its log answers, and changes nothing", async () => {
    const site = await openSite();
    const token = await setUpAdmin(site);
    const { db } = site.world;
    const world = { ...site.world, readOnly: "the database is older" };
    const behind = buildServer(world, allRoutes, { checkReplies: true });
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const ask = (method: "GET" | "POST", url: string, payload?: string) =>
      behind.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) });
    // The log numbers entries in the background: what is compared later has its numbers already.
    const isNumbered = async () =>
      (await readTimeline(db, {})).every(({ index }) => index !== null);
    await expect.poll(isNumbered).toBe(true);
    const before = await readTimeline(db, {});
    const body = JSON.stringify({ handle: "eve", name: "Eve", kind: "person" });
    const refused = await ask("POST", "/api/v1/users", body);
    expect(refused.json()).toMatchObject({ code: "blocked", detail: "the database is older" });
    expect((await ask("GET", "/api/v1/audit/events")).statusCode).toBe(200);
    const health = await ask("GET", "/api/v1/health");
    expect(health.json().ledger).toMatchObject({ readOnly: "the database is older" });
    // The databases of the tests run without, and the doctor is told so.
    const unsafe = ["fsync", "full_page_writes", "synchronous_commit"];
    expect(health.json().database).toMatchObject({ unsafe });
    expect(await readTimeline(db, {})).toEqual(before);
    await behind.close();
    await site.close();
  });

  test("V16 who reads the log is in the log, once for many readings, and an auditor only reads", async () => {
    const site = await openSite();
    const admin = await setUpAdmin(site);
    const { token } = await addPerson(site, admin, "ann", [{ role: "auditor", scope: "" }]);
    for (let i = 0; i < 5; i += 1) {
      const read = await call(site, "GET", "/api/v1/audit/events", { token });
      expect(read.status).toBe(200);
    }
    const readings = await readTimeline(site.world.db, { type: "ledger.read" });
    expect(readings.map(({ facts }) => facts)).toEqual([{ what: "events", readings: 1 }]);
    const { items } = (await call(site, "GET", "/api/v1/audit/events", { token })).body;
    expect(items[0].circumstances.address).toBe("127.0.0.1");
    const viewer = await addPerson(site, admin, "vic", [{ role: "viewer", scope: "" }]);
    const seen = await call(site, "GET", "/api/v1/audit/events", { token: viewer.token });
    expect(seen.body.items[0].circumstances.address).toBe("(sealed)");
    const body = { handle: "eve", name: "Eve", kind: "person" };
    expect((await call(site, "POST", "/api/v1/users", { token, body })).status).toBe(403);
    expect((await call(site, "GET", "/api/v1/users", { token })).status).toBe(200);
    await site.close();
  });
});

test("whoever follows a link to pages that are not built is told how to build them", async () => {
  const made = await testWorld();
  const server = await startServer(made.world, allRoutes, { pages: null });
  try {
    const asked = async (path: string, accept: string) => {
      const { status, headers } = await fetch(`${server.url}${path}`, { headers: { accept } });
      return [status, headers.get("content-type")];
    };
    const words = [503, "text/plain; charset=utf-8"];
    expect(await asked("/", "*/*")).toEqual(words);
    expect(await asked("/invite", "text/html,*/*;q=0.8")).toEqual(words);
    expect(await asked("/invite", "*/*")).toEqual([404, "application/problem+json; charset=utf-8"]);
    expect(await asked("/api/v1/none", "text/html")).toEqual([
      404,
      "application/problem+json; charset=utf-8",
    ]);
  } finally {
    await server.close();
    await made.close();
  }
});
