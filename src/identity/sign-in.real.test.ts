import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sql } from "kysely";
import { TOTP } from "otpauth";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Lies, PasskeyDevice } from "../../test/builders/passkey-device.ts";
import { testWorld } from "../../test/setup/world.ts";
import type { Instant } from "../base/instant.ts";
import type { World } from "../db/world.ts";
import { allRoutes } from "../server/all-routes.ts";
import { type RunningServer, startServer } from "../server/server.ts";
import { sealKeyPath } from "./store-seal.ts";
import { ensureSetupSecret } from "./store-setup-secret.ts";

// A real server over a real database, where two factors are required as by default.
const PASSWORD = "correct horse battery staple";
let world: World;
let server: RunningServer;
let close: () => Promise<void>;
/** Moves the server's clock, not the database's. */
let shift = 0;
let origin: string;

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: replies of many shapes, checked by each test
  readonly body: any;
  readonly cookie: string | null;
}

interface Sent {
  readonly token?: string;
  readonly cookie?: string;
  readonly body?: unknown;
  readonly origin?: string;
}

async function send(method: string, path: string, sent: Sent = {}): Promise<Answer> {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: {
      origin: sent.origin ?? origin,
      ...(sent.token === undefined ? {} : { authorization: `Bearer ${sent.token}` }),
      ...(sent.cookie === undefined ? {} : { cookie: sent.cookie }),
      ...(sent.body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(sent.body === undefined ? {} : { body: JSON.stringify(sent.body) }),
  });
  const text = await response.text();
  const set = response.headers.get("set-cookie");
  const cookie = set === null ? null : (set.split(";")[0] ?? null);
  return { status: response.status, body: text === "" ? null : JSON.parse(text), cookie };
}

const post = (path: string, sent: Sent = {}): Promise<Answer> => send("POST", path, sent);

/** A person with a password, in a session of one factor. */
async function person(handle: string, role = "operator"): Promise<string> {
  const admin = { token: adminToken };
  const grants = [{ role, scope: "" }];
  await fresh(adminToken, "two");
  await sql`delete from sign_in_try`.execute(world.db);
  await post("/api/v1/users", { ...admin, body: { handle, name: handle, grants } });
  const made = await post(`/api/v1/users/${handle}/invite`, admin);
  const { invite } = made.body;
  await post("/api/v1/entrance", { body: { kind: "invitation", invite, password: PASSWORD } });
  return signIn(handle);
}

async function signIn(handle: string, code?: string): Promise<string> {
  const body = {
    by: "password",
    handle,
    password: PASSWORD,
    ...(code === undefined ? {} : { code }),
  };
  const made = await post("/api/v1/sessions", { body });
  expect(made.status, JSON.stringify(made.body)).toBe(200);
  return made.cookie!;
}

/** Makes a proof as if it had just been given, for what a test only needs as a beginning. */
async function fresh(token: string, strength: "one" | "two"): Promise<void> {
  const { secretHash } = await import("./store-secret.ts");
  await sql`update api_token set proved_at = now(), strength = ${strength}
    where hash = ${secretHash(token)}`.execute(world.db);
}

async function age(cookie: string, minutes: number): Promise<void> {
  const { secretHash } = await import("./store-secret.ts");
  await sql`update session set proved_at = now() - ${minutes} * interval '1 minute'
    where hash = ${secretHash(cookie.split("=")[1]!)}`.execute(world.db);
}

let adminToken: string;

beforeAll(async () => {
  const made = await testWorld({ clock: (): Instant => Date.now() + shift });
  close = made.close;
  world = { ...made.world, config: { ...made.world.config, mfa: "required" } };
  const secret = readFileSync((await ensureSetupSecret(world))!, "utf8").trim();
  server = await startServer(world, allRoutes, { checkReplies: true });
  origin = server.url;
  const setup = { kind: "setup", secret, handle: "ada", name: "Ada", password: PASSWORD };
  adminToken = (await post("/api/v1/entrance", { body: setup })).body.token;
  const { body } = await post("/api/v1/me/codes", { token: adminToken });
  const code = new TOTP({ secret: body.secret }).generate({ timestamp: world.clock() });
  await post("/api/v1/me/codes/confirm", { token: adminToken, body: { code } });
});
afterAll(async () => {
  await server.close();
  await close();
});

async function passkey(cookie: string, lies: Lies = {}) {
  const { body } = await post("/api/v1/me/passkeys/options", { cookie });
  const device = new PasskeyDevice(origin);
  const response = device.register(body.options, lies);
  const added = await post("/api/v1/me/passkeys", { cookie, body: { title: "key", response } });
  return { device, added, options: body.options, response };
}

async function byPasskey(device: PasskeyDevice, lies: Lies = {}): Promise<Answer> {
  const { body } = await post("/api/v1/sessions", { body: { by: "passkey-options" } });
  const response = device.authenticate(body.options, lies);
  return post("/api/v1/sessions", { body: { by: "passkey", response } });
}

test("at most six endpoints are open to who is not signed in, and they are these", () => {
  const open = allRoutes.filter((route) => typeof route.permission === "object");
  expect([...open.map((route) => `${route.method} ${route.path}`), "GET /healthz"].sort()).toEqual([
    "GET /api/v1/calendar/feeds/{secret}/calendar.ics",
    "GET /api/v1/entrance",
    "GET /healthz",
    "POST /api/v1/entrance",
    "POST /api/v1/providers/{provider}/logout",
    "POST /api/v1/sessions",
  ]);
});

describe("one factor", () => {
  test("signs in, but approves and runs nothing, and is told why", async () => {
    const cookie = await person("one-factor");
    const me = await send("GET", "/api/v1/me", { cookie });
    expect(me.body.withheld).toMatchObject({
      permissions: ["rollout.operate"],
      reason: expect.stringContaining("second factor"),
    });
    const start = await post("/api/v1/rollouts", { cookie, body: { change: "C-1" } });
    expect(start).toMatchObject({ status: 403, body: { facts: { needs: "factor" } } });
    const halt = await post("/api/v1/halts", {
      cookie,
      body: { scope: "all", reason: "smoke" },
    });
    expect(halt.status, "anybody may always stop").toBeLessThan(300);
    expect((await send("GET", "/api/v1/rollouts", { cookie })).status).toBe(200);
  });

  test("adds no person and no key: it is told to add a factor first", async () => {
    const cookie = await person("one-admin", "admin");
    const user = await post("/api/v1/users", { cookie, body: { handle: "x1", name: "X" } });
    expect(user).toMatchObject({ status: 403, body: { code: "proof-needed" } });
    expect(user.body.facts).toMatchObject({ needs: "factor", ways: [] });
    expect((await send("GET", "/api/v1/users/x1", { cookie })).status).toBe(404);
  });
});

describe("passkeys", () => {
  test("are two factors: who adds one may run, and signs in by it alone", async () => {
    const cookie = await person("pia");
    const { device, added } = await passkey(cookie);
    expect(added).toMatchObject({ status: 201, body: { rpId: "localhost", usedAt: null } });
    expect((await send("GET", "/api/v1/me", { cookie })).body.withheld).toBeNull();
    const inside = await byPasskey(device);
    expect(inside).toMatchObject({ status: 200, body: { kind: "session" } });
    const me = await send("GET", "/api/v1/me", { cookie: inside.cookie! });
    expect(me.body).toMatchObject({ handle: "pia", proof: { strength: "two" }, withheld: null });
    const factors = await send("GET", "/api/v1/me/factors", { cookie });
    expect(factors.body.passkeys[0].usedAt).not.toBeNull();
  });

  test("stand in the entry of each act that they signed, and a token as a token", async () => {
    const cookie = await person("wren");
    const { device } = await passkey(cookie);
    const inside = (await byPasskey(device)).cookie!;
    const byWord = await signIn("wren");
    const lastSignIn = async () => {
      const { rows } = await sql<{ said: unknown }>`
        select e.circumstances->'signIn' as said from event e
        where e.actor = (select id from subject where handle = 'wren')
        order by e.inserted desc limit 1`.execute(world.db);
      return rows[0]?.said;
    };
    expect(await lastSignIn(), "who signs in is not signed in yet").toBeNull();
    const proved = expect.stringMatching(/^20.*Z$/);
    const body = { title: "script" };
    const first = await post("/api/v1/tokens", { cookie: inside, body });
    expect(first.status).toBe(201);
    expect(await lastSignIn()).toEqual({ by: "passkey", strength: "two", proved });
    const second = await post("/api/v1/tokens", { token: first.body.token, body });
    expect(second.status).toBe(201);
    expect(await lastSignIn()).toEqual({ by: "token", strength: "two", proved });
    // Beside a session by passkey, one by password says what it is, until it proves more.
    const end = (id: string) => send("DELETE", `/api/v1/tokens/${id}`, { cookie: byWord });
    expect((await end(second.body.id)).status).toBe(204);
    expect(await lastSignIn()).toEqual({ by: "password", strength: "one", proved });
    const { options } = (await post("/api/v1/me/proof/options", { cookie: byWord })).body;
    const proof = { passkey: device.authenticate(options) };
    expect((await post("/api/v1/me/proof", { cookie: byWord, body: proof })).status).toBe(200);
    expect(await lastSignIn(), "as it was when it was asked").toMatchObject({ by: "password" });
    expect((await end(first.body.id)).status).toBe(204);
    expect(await lastSignIn()).toEqual({ by: "passkey", strength: "two", proved });
  });

  test("made for another site, another page, without the person or by another key sign nobody in", async () => {
    const cookie = await person("mallet");
    const { device } = await passkey(cookie);
    const other = new PasskeyDevice(origin);
    const lies: Lies[] = [
      { origin: "https://localhost.evil.example" },
      { origin: `${origin}.evil.example` },
      { origin: origin.replace("localhost", "LOCALHOST.") },
      { origin: "http://localhost:1" },
      { rpId: "evil.example" },
      { type: "webauthn.create" },
      { flags: 0x01 },
      { flags: 0x04 },
      { flags: 0x00 },
      { signedBy: other },
      { userHandle: Buffer.from("somebody-else").toString("base64url") },
    ];
    for (const lie of lies) {
      const answer = await byPasskey(device, lie);
      expect(answer.status, JSON.stringify(Object.keys(lie))).toBe(401);
      expect(answer.cookie).toBeNull();
    }
    expect((await byPasskey(other)).status, "a key nobody knows").toBe(401);
    expect((await byPasskey(device)).status).toBe(200);
  });

  test("count: one whose count goes back may be a copy, and signs nobody in", async () => {
    const { device } = await passkey(await person("copied"));
    expect((await byPasskey(device, { counter: 7 })).status).toBe(200);
    for (const counter of [7, 6, 0]) {
      const answer = await byPasskey(device, { counter });
      expect(answer).toMatchObject({ status: 403, body: { code: "forbidden" } });
    }
    const { rows } = await sql<{ n: number }>`
      select count(*) as n from event where type = 'passkey.copied'`.execute(world.db);
    expect(rows[0]?.n).toBe(3);
  });

  test("answer a challenge once, within five minutes, and only the one that they were asked", async () => {
    const cookie = await person("once");
    const { device, response } = await passkey(cookie);
    const again = await post("/api/v1/me/passkeys", { cookie, body: { title: "b", response } });
    expect(again.status, "registering twice").toBe(400);
    const { body } = await post("/api/v1/sessions", { body: { by: "passkey-options" } });
    const signed = { by: "passkey", response: device.authenticate(body.options) };
    expect((await post("/api/v1/sessions", { body: signed })).status).toBe(200);
    expect((await post("/api/v1/sessions", { body: signed })).status, "replayed").toBe(401);
    const late = await post("/api/v1/sessions", { body: { by: "passkey-options" } });
    await sql`update challenge set expires_at = now() - interval '1 s'`.execute(world.db);
    const tooLate = { by: "passkey", response: device.authenticate(late.body.options) };
    expect((await post("/api/v1/sessions", { body: tooLate })).status, "late").toBe(401);
    const own = { challenge: Buffer.from("my own challenge").toString("base64url") };
    const made = { by: "passkey", response: device.authenticate(own) };
    expect((await post("/api/v1/sessions", { body: made })).status, "own").toBe(401);
    const proof = await post("/api/v1/me/proof/options", { cookie });
    const swapped = { by: "passkey", response: device.authenticate(proof.body.options) };
    expect((await post("/api/v1/sessions", { body: swapped })).status, "a proof's").toBe(401);
  });

  test("prove it anew; nobody else's passkey does", async () => {
    const cookie = await person("prover");
    const { device } = await passkey(cookie);
    const stranger = (await passkey(await person("stranger"))).device;
    await age(cookie, 11);
    const key = { cookie, body: { line: "ssh-ed25519 AAAA", title: "x" } };
    expect((await post("/api/v1/keys", key)).body.code).toBe("proof-needed");
    const foreign = await post("/api/v1/me/proof/options", { cookie });
    const wrong = { passkey: stranger.authenticate(foreign.body.options) };
    expect((await post("/api/v1/me/proof", { cookie, body: wrong })).status).toBe(403);
    expect((await post("/api/v1/keys", key)).body.code).toBe("proof-needed");
    const { body } = await post("/api/v1/me/proof/options", { cookie });
    const right = { passkey: device.authenticate(body.options) };
    expect((await post("/api/v1/me/proof", { cookie, body: right })).status).toBe(200);
    expect((await post("/api/v1/keys", key)).body.code, "past the gate").toBe("invalid");
  });

  test("without the person verified are not taken in the first place", async () => {
    const cookie = await person("unverified");
    for (const lies of [{ flags: 0x01 }, { origin: "https://evil.example" }, { rpId: "evil" }]) {
      expect((await passkey(cookie, lies)).added.status).toBe(400);
    }
    expect((await send("GET", "/api/v1/me/factors", { cookie })).body.passkeys).toEqual([]);
  });

  test("removed ones sign nobody in, and end with the account", async () => {
    const cookie = await person("remover");
    const first = await passkey(cookie);
    const second = await passkey(cookie);
    const gone = `/api/v1/me/passkeys/${first.added.body.id}`;
    expect((await send("DELETE", gone, { cookie: await person("thief") })).status).toBe(403);
    expect((await send("DELETE", gone, { cookie })).status).toBe(204);
    expect((await byPasskey(first.device)).status).toBe(401);
    await fresh(adminToken, "two");
    const disable = { token: adminToken, body: { isDisabled: true } };
    expect((await send("PATCH", "/api/v1/users/remover", disable)).status).toBe(200);
    expect((await byPasskey(second.device)).status).toBe(401);
    expect((await send("GET", "/api/v1/me", { cookie })).status, "R7 sessions end").toBe(401);
  });
});

describe("one-time codes", () => {
  async function withCodes(handle: string) {
    const cookie = await person(handle);
    const { body } = await post("/api/v1/me/codes", { cookie });
    const totp = new TOTP({ secret: body.secret });
    const code = (steps = 0) => totp.generate({ timestamp: world.clock() + steps * 30_000 });
    const confirming = code();
    const confirmed = await post("/api/v1/me/codes/confirm", {
      ...{ cookie, body: { code: confirming } },
    });
    expect(confirmed.status).toBe(200);
    return {
      ...{ cookie, code, confirming },
      secret: body.secret,
      recovery: confirmed.body.recoveryCodes as string[],
    };
  }
  const enter = (handle: string, code?: string) =>
    post("/api/v1/sessions", {
      body: { by: "password", handle, password: PASSWORD, ...(code === undefined ? {} : { code }) },
    });

  test("are asked for after the right password only, and each works once", async () => {
    const { code, confirming } = await withCodes("cody");
    expect((await enter("cody")).body).toMatchObject({
      code: "proof-needed",
      facts: { needs: "code" },
    });
    const wrong = { by: "password", handle: "cody", password: `${PASSWORD}!` };
    expect((await post("/api/v1/sessions", { body: wrong })).body.code).toBe("unauthenticated");
    expect((await enter("cody", confirming)).status, "the confirming code is used up").toBe(401);
    shift += 30_000;
    const now = code();
    const [one, two] = await Promise.all([enter("cody", now), enter("cody", now)]);
    expect([one.status, two.status].sort(), "of two at once one").toEqual([200, 401]);
    expect((await enter("cody", code(-1))).status, "an older one").toBe(401);
    expect((await enter("cody", "000000")).status).toBe(401);
  });

  test("recovery codes stand in, once each, and are stored as digests", async () => {
    const { recovery } = await withCodes("rena");
    expect(recovery).toHaveLength(10);
    expect((await enter("rena", recovery[0]!.toUpperCase().replaceAll("-", " "))).status).toBe(200);
    expect((await enter("rena", recovery[0]!)).status).toBe(401);
    expect((await enter("rena", recovery[1]!)).status).toBe(200);
  });

  test("keep their secret sealed by a key that is not in the database", async () => {
    const { secret, recovery } = await withCodes("sealed");
    const { rows } = await sql<{ text: string }>`
      select coalesce(string_agg(c::text, ' '), '') || coalesce((select string_agg(r::text, ' ')
        from recovery_code r), '') || coalesce((select string_agg(facts::text, ' ') from event), '')
        as text from one_time_code c`.execute(world.db);
    expect(rows[0]!.text).not.toContain(secret);
    for (const code of recovery) expect(rows[0]!.text).not.toContain(code);
    expect(readFileSync(sealKeyPath(world), "utf8").trim()).toHaveLength(43);
    // Moved to another account, what was sealed does not open.
    await sql`update one_time_code set sealed = (select sealed from one_time_code c
      join subject s on s.id = c.subject where s.handle = 'sealed')
      where subject = (select id from subject where handle = 'rena')`.execute(world.db);
    expect((await enter("rena", "123456")).body.code).toBe("blocked");
  });

  test("a password and a code prove it anew, a password alone does not", async () => {
    const { cookie, code } = await withCodes("anew");
    await age(cookie, 11);
    const add = { cookie, body: { title: "t" } };
    expect((await post("/api/v1/tokens", add)).body.facts.ways).toEqual(["password", "code"]);
    const alone = { cookie, body: { password: PASSWORD } };
    expect((await post("/api/v1/me/proof", alone)).body).toEqual({ strength: "one" });
    expect((await post("/api/v1/tokens", add)).body.code).toBe("proof-needed");
    shift += 30_000;
    const both = { cookie, body: { password: PASSWORD, code: code() } };
    expect((await post("/api/v1/me/proof", both)).body).toEqual({ strength: "two" });
    expect((await post("/api/v1/tokens", add)).status).toBe(201);
  });

  test("a token for a program proves nothing, and one from signing in proves what it was given", async () => {
    const { cookie } = await withCodes("tokens");
    const limits = [{ role: "operator", scope: "env=dev" }];
    const made = await post("/api/v1/tokens", { cookie, body: { title: "ci", limits } });
    const { token } = made.body;
    expect((await send("GET", "/api/v1/me", { token })).body).toMatchObject({ proof: null });
    const resume = await post("/api/v1/rollouts/R-1/resume", { token, body: { reason: "r" } });
    expect(resume.status).toBe(403);
    const proof = await post("/api/v1/me/proof", { token, body: { password: PASSWORD } });
    expect(proof.status, "a narrowed token never gets stronger").toBe(403);
  });
});

test("tries are counted by account and address, and a stranger learns nothing from the words", async () => {
  await person("guessed");
  const enter = (handle: string, password: string) =>
    post("/api/v1/sessions", { body: { by: "password", handle, password } });
  await sql`delete from sign_in_try`.execute(world.db);
  const told = new Set<string>();
  for (const handle of ["guessed", "nobody-here"]) {
    for (let i = 0; i < 10; i += 1) told.add((await enter(handle, "wrong")).body.detail);
    expect((await enter(handle, PASSWORD)).status).toBe(429);
  }
  expect(told.size).toBe(1);
  await sql`delete from sign_in_try`.execute(world.db);
  expect((await enter("guessed", PASSWORD)).status).toBe(200);
});

describe("R11 an administrator who is lost", () => {
  const REQUEST = "recovery-request";
  /** Somebody appointed, with the code that only they have seen. */
  async function holder(handle: string): Promise<string> {
    const cookie = await person(handle, "viewer");
    await fresh(adminToken, "two");
    const token = adminToken;
    await post("/api/v1/recovery-holders", { token, body: { user: handle } });
    return (await post("/api/v1/me/recovery-share", { cookie })).body.code;
  }
  async function recover(codes: readonly string[], over: Record<string, unknown> = {}) {
    await sql`delete from sign_in_try`.execute(world.db);
    const secret = "s".repeat(43);
    writeFileSync(join(world.paths.state, REQUEST), secret, { mode: 0o600 });
    const body = { kind: "recovery", handle: "ada", secret, codes, ...over };
    return post("/api/v1/entrance", { body });
  }

  test("nobody takes a code who was not appointed, and nobody sees another's", async () => {
    const cookie = await person("hopeful");
    expect((await post("/api/v1/me/recovery-share", { cookie })).status).toBe(403);
    const code = await holder("seen");
    const token = adminToken;
    const listed = await send("GET", "/api/v1/recovery-holders", { token });
    expect(listed.body.items).toContainEqual(expect.objectContaining({ handle: "seen" }));
    expect(JSON.stringify(listed.body)).not.toContain(code);
    const { rows } = await sql<{ t: string }>`
      select string_agg(r::text, ' ') as t from recovery_share r`.execute(world.db);
    expect(rows[0]!.t).not.toContain(code.replaceAll("-", ""));
  });

  test("is not brought back by one person, by strangers, from elsewhere or twice", async () => {
    const [one, two] = [await holder("holder-1"), await holder("holder-2")];
    const wrong = "0".repeat(40);
    const tries = [
      ["one code twice", () => recover([one, one])],
      ["one code in two spellings", () => recover([one, one.toUpperCase().replaceAll("-", " ")])],
      ["one code and a guess", () => recover([one, wrong])],
      ["another secret than the file's", () => recover([one, two], { secret: "x".repeat(43) })],
      ["nobody of that name", () => recover([one, two], { handle: "nobody-at-all" })],
    ] as const;
    for (const [what, attempt] of tries) expect((await attempt()).status, what).toBe(403);
    rmSync(join(world.paths.state, REQUEST), { force: true });
    const secret = "s".repeat(43);
    const bare = { kind: "recovery", handle: "ada", secret, codes: [one, two] };
    expect((await post("/api/v1/entrance", { body: bare })).status, "no file").toBe(403);
    writeFileSync(join(world.paths.state, REQUEST), secret, { mode: 0o644 });
    expect((await post("/api/v1/entrance", { body: bare })).status, "an open file").toBe(403);
    expect((await send("GET", "/api/v1/me", { token: adminToken })).status).toBe(200);
    const { rows } = await sql<{ n: number }>`
      select count(*) as n from event where type = 'recovery.refused'`.execute(world.db);
    expect(rows[0]!.n).toBe(7);
    const back = await recover([one, two]);
    expect(back, JSON.stringify(back.body)).toMatchObject({ status: 201, body: { kind: "link" } });
    expect((await recover([one, two])).status, "used up").toBe(403);
    const dead = await send("GET", "/api/v1/me", { token: adminToken });
    expect(dead.status, "what was lost signs nobody in any more").toBe(401);
    const invite = back.body.path.split("#")[1];
    const made = await post("/api/v1/entrance", {
      body: { kind: "invitation", invite, password: `${PASSWORD} anew` },
    });
    const { token } = made.body;
    const me = await send("GET", "/api/v1/me", { token });
    expect(me.body).toMatchObject({ handle: "ada", ways: ["password"] });
    expect(me.body.grants).toMatchObject([{ role: "admin", scope: "" }]);
  });
});
