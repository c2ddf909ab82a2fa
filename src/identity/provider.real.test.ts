import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import Provider from "oidc-provider";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Liar, type Lies } from "../../test/builders/lying-provider.ts";
import { testWorld } from "../../test/setup/world.ts";
import type { Actor } from "../base/actor.ts";
import { signInSchema } from "../base/config-providers.ts";
import type { SubjectId } from "../base/ids.ts";
import type { World } from "../db/world.ts";
import { allRoutes } from "../server/all-routes.ts";
import { type RunningServer, startServer } from "../server/server.ts";
import { addDirectory, adoptUser, makeDirectoryToken } from "./actions-directory.ts";
import { unlinkProvider } from "./actions-unlink.ts";
import { ensureSetupSecret } from "./store-setup-secret.ts";

// The real server before a real provider (oidc-provider), and before one that lies in every way.
const CLIENT_SECRET = "a-client-secret-of-some-length";
const PASSWORD = "correct horse battery staple";
let world: World;
let server: RunningServer;
let close: () => Promise<void>;
let honest: { readonly issuer: string; readonly server: Server };
let liar: Liar;
let folder: string;

beforeAll(async () => {
  const made = await testWorld();
  close = made.close;
  folder = mkdtempSync(join(tmpdir(), "fettle-provider-"));
  const clientSecretFile = join(folder, "secret");
  writeFileSync(clientSecretFile, `${CLIENT_SECRET}\n`, { mode: 0o600 });
  liar = await Liar.open(CLIENT_SECRET);
  const socket = createServer();
  await new Promise<void>((done) => socket.listen(0, "127.0.0.1", done));
  const issuer = `http://localhost:${(socket.address() as AddressInfo).port}`;
  const common = { clientId: "fettle", clientSecretFile };
  const signIn = signInSchema.parse({
    providers: [
      { ...common, name: "company", title: "Company", issuer, people: "created" },
      { ...common, name: "liar", title: "Liar", issuer: liar.issuer, people: "created" },
      {
        ...{ ...common, name: "staff", title: "Staff", issuer },
        directory: { name: "entra" },
      },
      {
        ...{ ...common, name: "liar-staff", title: "Liar's staff", issuer: liar.issuer },
        directory: { name: "entra", externalId: "oid" },
      },
      { ...common, name: "strict", title: "Strict", issuer: liar.issuer },
    ],
    groups: [
      { group: "patchers", role: "operator", scope: "env=prod" },
      { group: "bosses", role: "approver" },
    ],
  });
  world = { ...made.world, config: { ...made.world.config, mfa: "required", signIn } };
  const secret = readFileSync((await ensureSetupSecret(world))!, "utf8").trim();
  server = await startServer(world, allRoutes, { checkReplies: true });
  honest = { issuer, server: socket };
  socket.on("request", realProvider(issuer, server.url).callback());
  const setup = { kind: "setup", secret, handle: "ada", name: "Ada", password: PASSWORD };
  await post("/api/v1/entrance", setup);
});
afterAll(async () => {
  await server.close();
  await close();
  honest.server.closeAllConnections();
  honest.server.close();
  liar.close();
  rmSync(folder, { recursive: true, force: true });
});

function realProvider(issuer: string, client: string): Provider {
  return new Provider(issuer, {
    clients: [
      {
        client_id: "fettle",
        client_secret: CLIENT_SECRET,
        redirect_uris: [`${client}/signed-in`],
        post_logout_redirect_uris: [`${client}/signed-out`],
        grant_types: ["authorization_code"],
        response_types: ["code"],
        backchannel_logout_uri: `${client}/api/v1/providers/company/logout`,
        backchannel_logout_session_required: true,
      },
    ],
    claims: { openid: ["sub"], profile: ["name", "preferred_username", "groups"] },
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: true }, backchannelLogout: { enabled: true } },
    cookies: { keys: ["for this test only"] },
    // Its own guard refuses addresses of this machine, where this test's server is.
    fetch: (url, options) => {
      const { dispatcher: _, ...plain } = options as RequestInit & { dispatcher?: unknown };
      return fetch(url, plain);
    },
    findAccount: (_context, id) => ({
      accountId: id,
      claims: () => ({
        sub: id,
        name: `Name of ${id}`,
        preferred_username: id,
        groups: ["patchers", "others"],
      }),
    }),
  });
}

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: replies of many shapes, checked by each test
  readonly body: any;
  readonly cookie: string | undefined;
}

async function post(path: string, body: unknown, cookie?: string): Promise<Answer> {
  const response = await fetch(`${server.url}${path}`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      origin: server.url,
      ...(cookie === undefined ? {} : { cookie }),
    },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  return {
    status: response.status,
    body: text === "" ? null : JSON.parse(text),
    cookie: response.headers.get("set-cookie")?.split(";")[0],
  };
}

async function me(cookie: string) {
  const response = await fetch(`${server.url}/api/v1/me`, { headers: { cookie } });
  // biome-ignore lint/suspicious/noExplicitAny: checked by each test
  return (await response.json()) as any;
}

const begin = (provider: string) => post("/api/v1/sessions", { by: "provider", provider });
const finish = (answer: string, binding: string) =>
  post("/api/v1/sessions", { by: "provider-answer", answer, binding });

/** A browser at the real provider: signs in as somebody, agrees, and is sent back; the query. */
async function atProvider(
  start: string,
  login: string,
  jar = new Map<string, string>(),
): Promise<string> {
  let url = start;
  let form: string | null = null;
  for (let step = 0; step < 12; step += 1) {
    if (url.startsWith(`${server.url}/signed-in?`) || url.includes("/session/end/success")) {
      return url.split("?")[1]!;
    }
    const response: Response = await fetch(url, {
      method: form === null ? "GET" : "POST",
      redirect: "manual",
      headers: {
        cookie: [...jar].map(([name, value]) => `${name}=${value}`).join("; "),
        ...(form === null ? {} : { "content-type": "application/x-www-form-urlencoded" }),
      },
      ...(form === null ? {} : { body: form }),
    });
    for (const set of response.headers.getSetCookie()) {
      const [name = "", value = ""] = (set.split(";")[0] ?? "").split("=");
      jar.set(name, value);
    }
    form = null;
    const location = response.headers.get("location");
    if (location !== null) {
      url = new URL(location, url).href;
      continue;
    }
    const html = await response.text();
    const prompt = /name="prompt" value="(\w+)"/.exec(html)?.[1];
    if (prompt === undefined) throw new Error(`no form at ${url}: ${html.slice(0, 300)}`);
    url = new URL(/action="([^"]+)"/.exec(html)?.[1] ?? "", url).href;
    form = new URLSearchParams({ prompt, login, password: "x" }).toString();
  }
  throw new Error("the provider never sent the browser back");
}

describe("a real provider", () => {
  test("signs somebody in whom it makes an account for, with the roles of their groups", async () => {
    const begun = await begin("company");
    const answer = await atProvider(begun.body.url, "linus");
    const inside = await finish(answer, begun.body.binding);
    expect(inside.status, JSON.stringify(inside.body)).toBe(200);
    const who = await me(inside.cookie!);
    expect(who).toMatchObject({ handle: "linus", ways: ["provider"], proof: { strength: "one" } });
    expect(who.grants).toMatchObject([{ role: "operator", scope: "env=prod" }]);
    expect(who.withheld.permissions).toEqual(["rollout.operate"]);
    expect((await finish(answer, begun.body.binding)).status, "the same answer again").toBe(401);
  });

  test("whose code comes back in another browser, or with another state, signs nobody in", async () => {
    const [mine, other] = [await begin("company"), await begin("company")];
    const answer = await atProvider(mine.body.url, "linus");
    expect((await finish(answer, other.body.binding)).status).toBe(401);
    const again = await begin("company");
    const stolen = new URLSearchParams(await atProvider(again.body.url, "linus"));
    const swapped = new URLSearchParams(stolen);
    swapped.set("state", new URL(other.body.url).searchParams.get("state")!);
    expect((await finish(swapped.toString(), other.body.binding)).status, "injected code").toBe(
      401,
    );
  });

  test("never takes over an account of the same handle", async () => {
    const begun = await begin("company");
    const answer = await atProvider(begun.body.url, "ada");
    const refused = await finish(answer, begun.body.binding);
    expect(refused).toMatchObject({ status: 409, body: { code: "conflict" } });
    expect(refused.cookie).toBeUndefined();
  });
});

/**
 * Ends the browser's session at the real provider, which asks once whether that is meant; returns where it
 * sends the browser then.
 */
async function signOutThere(
  jar: Map<string, string>,
  start = `${honest.issuer}/session/end`,
): Promise<string> {
  const cookie = () => [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
  const keep = (response: Response) => {
    for (const set of response.headers.getSetCookie()) {
      const [name = "", value = ""] = (set.split(";")[0] ?? "").split("=");
      jar.set(name, value);
    }
  };
  const asked = await fetch(start, { headers: { cookie: cookie() } });
  keep(asked);
  const xsrf = /name="xsrf" value="([^"]+)"/.exec(await asked.text())?.[1] ?? "";
  const ended = await fetch(`${honest.issuer}/session/end/confirm`, {
    method: "POST",
    redirect: "manual",
    headers: { cookie: cookie(), "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ xsrf, logout: "yes" }).toString(),
  });
  expect(ended.status).toBeLessThan(400);
  keep(ended);
  return new URL(ended.headers.get("location") ?? "", honest.issuer).href;
}

const ended = async (handle: string): Promise<number> => {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from event e join subject s on e.object = 'subject:' || s.id
    where s.handle = ${handle} and e.type = 'session.ended'`.execute(world.db);
  return rows[0]!.n;
};

test("signing out at a real provider signs out here, that session alone and at once", async () => {
  const jar = new Map<string, string>();
  const [mine, other] = [await begin("company"), await begin("company")];
  const inside = await finish(await atProvider(mine.body.url, "olga", jar), mine.body.binding);
  const elsewhere = await finish(await atProvider(other.body.url, "olga"), other.body.binding);
  expect((await me(inside.cookie!)).handle).toBe("olga");
  const from = Date.now();
  await signOutThere(jar);
  await expect.poll(() => ended("olga")).toBe(1);
  expect(await me(inside.cookie!)).toMatchObject({ status: 401 });
  expect(Date.now() - from).toBeLessThan(5_000);
  expect((await me(elsewhere.cookie!)).handle, "another browser").toBe("olga");
});

describe("signing out here", () => {
  const back = (state: string | null, binding: string) =>
    post("/api/v1/sessions", { by: "provider-signed-out", state, binding });
  async function inside(login: string, jar: Map<string, string>): Promise<string> {
    const begun = await begin("company");
    const made = await finish(await atProvider(begun.body.url, login, jar), begun.body.binding);
    expect(made.status, JSON.stringify(made.body)).toBe(200);
    return made.cookie!;
  }
  const leave = (cookie: string) => post("/api/v1/logout", {}, cookie);
  const eventsOf = async (type: string): Promise<number> => {
    const { rows } = await sql`select 1 from event where type = ${type}`.execute(world.db);
    return rows.length;
  };
  /** Whether the provider asks again who somebody is. */
  async function isAskedThere(jar: Map<string, string>): Promise<boolean> {
    let url = (await begin("company")).body.url as string;
    for (let step = 0; step < 5; step += 1) {
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
      const response = await fetch(url, { redirect: "manual", headers: { cookie } });
      for (const set of response.headers.getSetCookie()) {
        const [name = "", value = ""] = (set.split(";")[0] ?? "").split("=");
        jar.set(name, value);
      }
      const location = response.headers.get("location");
      if (location === null) return (await response.text()).includes('value="login"');
      if (location.startsWith(server.url)) return false;
      url = new URL(location, url).href;
    }
    throw new Error("the provider sent the browser in circles");
  }

  test("ends the session at a real provider too, which knows it by its own token", async () => {
    const jar = new Map<string, string>();
    const cookie = await inside("nora", jar);
    expect(await isAskedThere(new Map(jar)), "still signed in there").toBe(false);
    const left = await leave(cookie);
    expect(left.status, JSON.stringify(left.body)).toBe(200);
    expect(await me(cookie), "over before the provider is asked").toMatchObject({ status: 401 });
    const { url, binding } = left.body.there;
    const asked = new URL(url);
    expect(asked.origin + asked.pathname).toBe(`${honest.issuer}/session/end`);
    const token = asked.searchParams.get("id_token_hint") ?? "";
    const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
    expect(claims).toMatchObject({ sub: "nora", iss: honest.issuer, aud: "fettle" });
    const sentTo = new URL(await signOutThere(jar, url));
    expect(sentTo.origin + sentTo.pathname).toBe(`${server.url}/signed-out`);
    expect(await isAskedThere(jar), "signed out there").toBe(true);
    const state = sentTo.searchParams.get("state");
    const said = await back(state, binding);
    expect(said).toMatchObject({ status: 200, body: { kind: "signed-out", title: "Company" } });
    expect(said.cookie, "nobody is signed in by it").toBeUndefined();
    expect(await eventsOf("provider.signed-out")).toBe(1);
    expect((await back(state, binding)).status, "the same state again").toBe(400);
    expect(await eventsOf("provider.signed-out")).toBe(1);
  });

  test("keeps the token sealed, each for its own session, and writes it nowhere else", async () => {
    const cookie = await inside("otto", new Map());
    const { rows } = await sql<{ id: string; hint: string }>`
      select id, provider_hint as hint from session where provider_hint is not null`.execute(
      world.db,
    );
    expect(rows.length).toBeGreaterThan(0);
    for (const { hint } of rows) expect(hint).not.toMatch(/eyJ|\./);
    // Another session's hint under this one does not open, and is not sent.
    await sql`update session set provider_hint = ${rows[0]!.hint} where id in (
      select session.id from session join subject on subject.id = session.subject
      where handle = 'otto')`.execute(world.db);
    const moved = rows.length > 1;
    const left = await leave(cookie);
    if (moved) expect(left.body.there).toBeNull();
    const { rows: written } = await sql<{ n: number }>`
      select count(*)::int as n from event where event::text like '%eyJ%'`.execute(world.db);
    expect(written[0]?.n).toBe(0);
  });

  test("is finished only by the browser and with the state that began it", async () => {
    const [mine, theirs] = [
      (await leave(await inside("paul", new Map()))).body.there,
      (await leave(await inside("quentin", new Map()))).body.there,
    ];
    const stateOf = ({ url }: { readonly url: string }) => new URL(url).searchParams.get("state");
    const [before, done] = [
      await eventsOf("sign-out.refused"),
      await eventsOf("provider.signed-out"),
    ];
    expect((await back(stateOf(mine), theirs.binding)).status).toBe(400);
    expect((await back(stateOf(mine), mine.binding)).status, "used up by the try").toBe(400);
    expect((await back("made up", theirs.binding)).status).toBe(400);
    const begun = await begin("company");
    const signIn = new URL(begun.body.url).searchParams.get("state");
    expect((await back(signIn, begun.body.binding)).status, "a sign-in's state").toBe(400);
    expect(await eventsOf("sign-out.refused")).toBe(before + 4);
    expect(await eventsOf("provider.signed-out")).toBe(done);
    const answer = new URLSearchParams({ code: "c", state: stateOf(theirs) ?? "" }).toString();
    expect((await finish(answer, theirs.binding)).status, "signs nobody in").toBe(401);
  });

  test("of a session that a password or a provider without such a page began ends it here", async () => {
    const byPassword = { by: "password", handle: "ada", password: PASSWORD };
    const { cookie } = await post("/api/v1/sessions", byPassword);
    expect((await leave(cookie!)).body).toEqual({ there: null });
    const begun = await begin("liar");
    const { searchParams } = new URL(begun.body.url);
    liar.next = { nonce: searchParams.get("nonce") ?? "", claims: { preferred_username: "rita" } };
    const query = { code: "c", state: searchParams.get("state") ?? "", iss: liar.issuer };
    const other = await finish(new URLSearchParams(query).toString(), begun.body.binding);
    expect(other.status, JSON.stringify(other.body)).toBe(200);
    expect((await leave(other.cookie!)).body).toEqual({ there: null });
    expect(await me(other.cookie!)).toMatchObject({ status: 401 });
  });
});

describe("a provider that lies", () => {
  /** Begins, lets the liar answer as told, and hands in what the browser would bring. */
  async function lie(lies: Lies, provider = "liar"): Promise<Answer> {
    const begun = await begin(provider);
    const { searchParams } = new URL(begun.body.url);
    liar.next = { nonce: searchParams.get("nonce") ?? "", ...lies };
    const query = {
      code: "a-code",
      state: searchParams.get("state") ?? "",
      iss: liar.issuer,
      ...lies.query,
    };
    const kept = Object.entries(query).filter(([, value]) => value !== "");
    return finish(new URLSearchParams(kept).toString(), begun.body.binding);
  }

  test("is believed when it tells the truth, and with two factors when it says so", async () => {
    const inside = await lie({ claims: { sub: "t-1", preferred_username: "truth", amr: ["mfa"] } });
    expect(inside.status, JSON.stringify(inside.body)).toBe(200);
    expect(await me(inside.cookie!)).toMatchObject({
      handle: "truth",
      proof: { strength: "two" },
      withheld: null,
    });
    const made = await post("/api/v1/tokens", { title: "script" }, inside.cookie);
    expect(made.status).toBe(201);
    const { rows } = await sql`
      select circumstances->'signIn' as said from event where object = ${`token:${made.body.id}`}`.execute(
      world.db,
    );
    expect(rows).toEqual([
      {
        said: expect.objectContaining({
          ...{ by: "provider", strength: "two", amr: ["mfa"], provider: "liar" },
        }),
      },
    ]);
  });

  const soon = Math.floor(Date.now() / 1000);
  const cases: readonly (readonly [string, Lies])[] = [
    ["another nonce", { claims: { nonce: "another" } }],
    ["no nonce", { claims: { nonce: undefined } }],
    ["a token for another client", { claims: { aud: "another" } }],
    [
      "a token for two clients, meant for the other",
      { claims: { aud: ["fettle", "b"], azp: "b" } },
    ],
    ["a token of another issuer", { claims: { iss: "https://other.example" } }],
    ["an answer of another issuer (mix-up)", { query: { iss: "https://other.example" } }],
    ["an answer without an issuer", { query: { iss: "" } }],
    ["a token that is over", { claims: { exp: soon - 600, iat: soon - 1200 } }],
    ["a token without an end", { claims: { exp: undefined } }],
    ["a sign-in of hours ago", { claims: { auth_time: soon - 7200 } }],
    ["no word on when somebody signed in", { claims: { auth_time: undefined } }],
    ["a token without a signature", { alg: "none" }],
    ["a signature by a key that is not published", { isForged: true }],
    ["a signature with the client's secret", { alg: "HS256" }],
    ["no token at all", { hasNoToken: true }],
    ["no subject", { claims: { sub: undefined } }],
    ["an error", { query: { code: "", error: "access_denied" } }],
    ["another state", { query: { state: "another" } }],
  ];
  test.each(cases)("with %s signs nobody in", async (_what, lies) => {
    const answer = await lie({
      ...lies,
      claims: { preferred_username: "mallory", ...lies.claims },
    });
    expect(answer.status, JSON.stringify(answer.body)).toBe(401);
    expect(answer.cookie).toBeUndefined();
    const { rows } = await sql<{ n: number }>`
      select count(*) as n from subject where handle = 'mallory'`.execute(world.db);
    expect(rows[0]?.n).toBe(0);
  });

  test("gives no roles by words about groups that are not in the signed token", async () => {
    const inside = await lie({
      claims: { sub: "g-1", preferred_username: "grouper", groups: "bosses" },
      beside: { groups: ["bosses"] },
    });
    expect((await me(inside.cookie!)).grants).toEqual([]);
  });

  test("takes roles away again with the group, and leaves those that people gave", async () => {
    const claims = { sub: "s-1", preferred_username: "shift" };
    const first = await lie({ claims: { ...claims, groups: ["patchers", "bosses"] } });
    expect((await me(first.cookie!)).grants).toHaveLength(2);
    await sql`insert into role_grant (id, subject, role, scope, granted_by)
      select 'by-hand', id, 'viewer', '', id from subject where handle = 'shift'`.execute(world.db);
    const second = await lie({ claims: { ...claims, groups: ["others"] } });
    expect((await me(second.cookie!)).grants).toMatchObject([{ role: "viewer", scope: "" }]);
  });

  test("finds its people by subject: a name that was handed on is another person", async () => {
    const first = await lie({ claims: { sub: "h-1", preferred_username: "handed" } });
    const before = (await me(first.cookie!)).subject;
    const renamed = await lie({ claims: { sub: "h-1", preferred_username: "renamed" } });
    expect((await me(renamed.cookie!)).subject).toBe(before);
    const other = await lie({ claims: { sub: "h-2", preferred_username: "handed" } });
    expect(other.status).toBe(409);
  });

  test("lets nobody in who is disabled here, or unknown where accounts must be linked", async () => {
    await lie({ claims: { sub: "d-1", preferred_username: "gone" } });
    await sql`update subject set disabled_at = now() where handle = 'gone'`.execute(world.db);
    const disabled = await lie({ claims: { sub: "d-1", preferred_username: "gone" } });
    expect(disabled.status).toBe(401);
    const unknown = await lie({ claims: { sub: "u-1", preferred_username: "unknown" } }, "strict");
    expect(unknown.status).toBe(403);
  });

  test("links to an account of here only at the word of who is signed in there", async () => {
    const ada = await post("/api/v1/sessions", {
      ...{ by: "password", handle: "ada", password: PASSWORD },
    });
    const begun = await post("/api/v1/me/providers", { provider: "strict" }, ada.cookie);
    expect(begun.status, JSON.stringify(begun.body)).toBe(200);
    const { searchParams } = new URL(begun.body.url);
    liar.next = { nonce: searchParams.get("nonce") ?? "", claims: { sub: "ada-there" } };
    const state = searchParams.get("state") ?? "";
    const query = new URLSearchParams({ code: "c", state, iss: liar.issuer });
    const linked = await finish(query.toString(), begun.body.binding);
    expect((await me(linked.cookie!)).handle).toBe("ada");
    const later = await lie({ claims: { sub: "ada-there", preferred_username: "x" } }, "strict");
    expect((await me(later.cookie!)).handle).toBe("ada");
  });
});

describe("logout tokens", () => {
  const EVENTS = { "http://schemas.openid.net/event/backchannel-logout": {} };
  let count = 0;

  const send = (token: string, provider = "liar") =>
    fetch(`${server.url}/api/v1/providers/${provider}/logout`, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ logout_token: token }).toString(),
    });
  const signed = (claims: Readonly<Record<string, unknown>>, lies: Partial<Lies> = {}) => {
    const jti = `j-${++count}`;
    return liar.tokenOf({
      ...lies,
      claims: { events: EVENTS, jti, auth_time: undefined, ...claims },
    });
  };

  async function inside(sub: string, sid: string): Promise<string> {
    const begun = await begin("liar");
    const { searchParams } = new URL(begun.body.url);
    const claims = { sub, sid, preferred_username: sub };
    liar.next = { nonce: searchParams.get("nonce") ?? "", claims };
    const query = { code: "c", state: searchParams.get("state") ?? "", iss: liar.issuer };
    const made = await finish(new URLSearchParams(query).toString(), begun.body.binding);
    expect(made.status, JSON.stringify(made.body)).toBe(200);
    return made.cookie!;
  }
  const isIn = async (cookie: string): Promise<boolean> => (await me(cookie)).handle !== undefined;

  test("end the session they name, or all of the person, and count once", async () => {
    const [one, two, other] = [
      await inside("lo-1", "s-1"),
      await inside("lo-1", "s-2"),
      await inside("lo-2", "s-3"),
    ];
    const token = signed({ sub: undefined, sid: "s-1" });
    const first = await send(token);
    expect(first.status, await first.text()).toBe(200);
    expect([await isIn(one), await isIn(two), await isIn(other)]).toEqual([false, true, true]);
    expect((await send(token)).status, "the same token again").toBe(400);
    expect((await send(signed({ sub: "lo-2", sid: "s-2" }))).status, "of nobody").toBe(200);
    expect([await isIn(two), await isIn(other)]).toEqual([true, true]);
    expect((await send(signed({ sub: "lo-1" }))).status).toBe(200);
    expect([await isIn(two), await isIn(other)]).toEqual([false, true]);
  });

  const soon = Math.floor(Date.now() / 1000);
  const hostile: readonly HostileCase[] = [
    { what: "a nonce, as ID tokens have", claims: { nonce: "n" } },
    { what: "no event", claims: { events: undefined } },
    { what: "another event", claims: { events: { "http://other.example": {} } } },
    {
      what: "an event that is no object",
      claims: { events: { ...EVENTS, [Object.keys(EVENTS)[0]!]: true } },
    },
    { what: "another client", claims: { aud: "another" } },
    { what: "another issuer", claims: { iss: "https://other.example" } },
    { what: "no id", claims: { jti: undefined } },
    { what: "no end", claims: { exp: undefined } },
    { what: "an end that is past", claims: { exp: soon - 120 } },
    { what: "a time of an hour ago", claims: { iat: soon - 3_600 } },
    { what: "a time to come", claims: { iat: soon + 3_600 } },
    { what: "neither person nor session", claims: { sub: undefined } },
    { what: "no signature", claims: {}, lies: { alg: "none" } },
    { what: "a signature with the client's secret", claims: {}, lies: { alg: "HS256" } },
    { what: "a key that is not published", claims: {}, lies: { isForged: true } },
  ];
  test.each<HostileCase>(hostile)(
    "with $what end nothing, and are an event",
    async ({ claims, lies }) => {
      const cookie = await inside("lo-9", "s-9");
      const refusals = async () =>
        (await sql`select 1 from event where type = 'sign-out.refused'`.execute(world.db)).rows
          .length;
      const before = await refusals();
      const answer = await send(signed({ sub: "lo-9", ...claims }, lies));
      expect(answer.status, await answer.text()).toBe(400);
      expect(await isIn(cookie)).toBe(true);
      expect(await refusals()).toBe(before + 1);
    },
  );

  test("of one provider end nothing of another, and no other route reads forms", async () => {
    const cookie = await inside("lo-8", "s-8");
    expect((await send(signed({ sub: "lo-8" }), "company")).status).toBe(400);
    expect((await send(signed({ sub: "lo-8" }), "nobody")).status).toBe(404);
    expect((await send("a.b.c")).status).toBe(400);
    expect(await isIn(cookie)).toBe(true);
    const form = await fetch(`${server.url}/api/v1/sessions`, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded", origin: server.url },
      body: "by=password&handle=ada&password=x",
    });
    expect(form.status).toBe(400);
  });
});

/** SCIM and sign-in: one human is one account, whoever brings them first. */
describe("who is kept by a directory", () => {
  let scim: string;
  let boss: Actor;
  beforeAll(async () => {
    const { rows } = await sql<{ id: SubjectId }>`
      select id from subject where handle = 'ada'`.execute(world.db);
    boss = {
      ...{ subject: rows[0]!.id, name: "ada", kind: "person", via: "session" },
      grants: [{ role: "admin", scope: [] }],
    };
    await addDirectory(world, boss, { handle: "entra", title: "Entra" });
    scim = (await makeDirectoryToken(world, boss, { directory: "entra", days: 1 })).token;
  });

  async function sendScim(method: "POST" | "PATCH" | "DELETE", path: string, body?: object) {
    const response = await fetch(`${server.url}/scim/v2/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${scim}`,
        ...(body === undefined ? {} : { "content-type": "application/scim+json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    expect(response.status, text).toBeLessThan(300);
    return text === "" ? null : JSON.parse(text);
  }
  const schemas = ["urn:ietf:params:scim:schemas:core:2.0:User"];
  async function provisioned(name: string, externalId: string): Promise<string> {
    const userName = `${name}@example.com`;
    return (await sendScim("POST", "Users", { schemas, userName, externalId })).id;
  }
  const change = (id: string, path: string, value: unknown) =>
    sendScim("PATCH", `Users/${id}`, {
      schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
      Operations: [{ op: "replace", path, value }],
    });
  /** Signs in by a provider that says whatever a test wants. */
  async function said(claims: Readonly<Record<string, unknown>>, link?: string): Promise<Answer> {
    const provider = "liar-staff";
    const begun =
      link === undefined
        ? await begin(provider)
        : await post("/api/v1/me/providers", { provider }, link);
    const { searchParams } = new URL(begun.body.url);
    liar.next = { nonce: searchParams.get("nonce") ?? "", claims };
    const query = { code: "c", state: searchParams.get("state") ?? "", iss: liar.issuer };
    return finish(new URLSearchParams(query).toString(), begun.body.binding);
  }
  const subjects = async (): Promise<number> =>
    (await sql`select 1 from subject`.execute(world.db)).rows.length;
  const refusedWith = async (claims: Readonly<Record<string, unknown>>, words: RegExp) => {
    const before = await subjects();
    const answer = await said(claims);
    expect(answer.status, JSON.stringify(answer.body)).toBeGreaterThanOrEqual(401);
    expect(answer.body.detail).toMatch(words);
    expect(answer.cookie).toBeUndefined();
    expect(await subjects(), "no second account").toBe(before);
  };

  test("signs in by a real provider as the same person, whose groups the directory says", async () => {
    const id = await provisioned("vera", "vera");
    const before = await subjects();
    const begun = await begin("staff");
    const made = await finish(await atProvider(begun.body.url, "vera"), begun.body.binding);
    expect(made.status, JSON.stringify(made.body)).toBe(200);
    expect(await me(made.cookie!)).toMatchObject({ subject: id, handle: "vera", grants: [] });
    expect(await subjects(), "no second account").toBe(before);
    const { rows } = await sql<{ facts: unknown }>`
      select facts from event where type = 'provider.linked' and object = ${`subject:${id}`}`.execute(
      world.db,
    );
    expect(rows).toEqual([{ facts: { provider: "staff", directory: "entra" } }]);
    await change(id, "active", false);
    expect(await me(made.cookie!)).toMatchObject({ status: 401 });
    const again = await begin("staff");
    const late = await finish(await atProvider(again.body.url, "vera"), again.body.binding);
    expect(late.status, "disabled there is disabled here").toBe(401);
  });

  test("is found by the id alone: not by address, name or handle, nor by an id of another kind", async () => {
    await provisioned("wanda", "oid-wanda");
    const wanda = { email: "wanda@example.com", email_verified: true, name: "wanda" };
    const unknown = /keeps nobody here with the oid that it says/;
    for (const oid of [undefined, "another", "OID-WANDA", ["oid-wanda"], 7, "", " oid-wanda"]) {
      const claims = { sub: "w-1", preferred_username: "wanda", ...wanda, oid };
      await refusedWith(claims, unknown);
    }
    await refusedWith({ sub: "oid-wanda", preferred_username: "wanda" }, unknown);
    const inside = await said({ sub: "w-1", oid: "oid-wanda" });
    expect(await me(inside.cookie!)).toMatchObject({ handle: "wanda" });
  });

  test("keeps to the identity of the first time, also when the directory changes its mind", async () => {
    const [xena, yuri] = [await provisioned("xena", "oid-x"), await provisioned("yuri", "oid-y")];
    const inside = await said({ sub: "x-1", oid: "oid-x" });
    expect(await me(inside.cookie!)).toMatchObject({ subject: xena });
    await refusedWith({ sub: "x-1", oid: "oid-y" }, /^Two accounts match/);
    await refusedWith({ sub: "mallory", oid: "oid-x" }, /has a way to sign in already/);
    await change(xena, "externalId", "oid-mallory");
    await refusedWith({ sub: "mallory", oid: "oid-mallory" }, /has a way to sign in already/);
    await change(yuri, "externalId", "oid-x");
    await refusedWith({ sub: "x-1", oid: "oid-x" }, /^Two accounts match/);
    // Who is taken away and made anew elsewhere is the same person here, once the old link is gone.
    await unlinkProvider(world, boss, { user: "xena", provider: "liar-staff" });
    expect(await me(inside.cookie!), "its sessions end").toMatchObject({ status: 401 });
    await expect(
      unlinkProvider(world, boss, { user: "xena", provider: "liar-staff" }),
    ).rejects.toMatchObject({ code: "not-found" });
    const anew = await said({ sub: "x-2", oid: "oid-mallory" });
    expect(await me(anew.cookie!)).toMatchObject({ subject: xena });
  });

  test("is not taken over by the word of the directory when the account was here before", async () => {
    const { cookie } = await post("/api/v1/sessions", {
      ...{ by: "password", handle: "ada", password: PASSWORD },
    });
    await adoptUser(world, boss, { ...{ directory: "entra", user: "ada", userName: "ada" } });
    await change(boss.subject, "externalId", "oid-ada");
    await refusedWith({ sub: "m-1", oid: "oid-ada" }, /has a way to sign in already/);
    const zoe = await provisioned("zoe", "oid-z");
    const other = await said({ sub: "z-1", oid: "oid-z" }, cookie);
    expect(other.status, "somebody else's identity").toBe(409);
    const linked = await said({ sub: "a-1", oid: "oid-ada" }, cookie);
    expect(linked.status, JSON.stringify(linked.body)).toBe(200);
    const later = await said({ sub: "a-1", oid: "oid-ada" });
    expect(await me(later.cookie!)).toMatchObject({ handle: "ada" });
    await sendScim("DELETE", `Users/${zoe}`);
    await refusedWith({ sub: "z-1", oid: "oid-z" }, /keeps nobody here/);
  });

  test("is one identity: a second one with the same id is refused", async () => {
    const id = await provisioned("ulla", "oid-u");
    const begun = [await begin("liar-staff"), await begin("liar-staff")];
    const answers: Answer[] = [];
    for (const one of begun) {
      const { searchParams } = new URL(one.body.url);
      const claims = { sub: `u-${answers.length}`, oid: "oid-u" };
      liar.next = { nonce: searchParams.get("nonce") ?? "", claims };
      const query = { code: "c", state: searchParams.get("state") ?? "", iss: liar.issuer };
      answers.push(await finish(new URLSearchParams(query).toString(), one.body.binding));
    }
    expect(answers.map(({ status }) => status)).toEqual([200, 409]);
    expect(await me(answers[0]!.cookie!)).toMatchObject({ subject: id });
  });
});

test("a directory is believed by a claim that never changes, and makes the people itself", () => {
  const of = (directory: object, more: object = {}) =>
    signInSchema.safeParse({
      providers: [
        {
          ...{ name: "p", title: "P", issuer: "https://id.example", clientId: "c" },
          ...{ clientSecretFile: "/s", directory, ...more },
        },
      ],
    }).success;
  expect(of({ name: "entra" })).toBe(true);
  expect(of({ name: "entra", externalId: "oid" })).toBe(true);
  for (const externalId of ["email", "Email", "preferred_username", "upn", "name", ""]) {
    expect(of({ name: "entra", externalId }), externalId).toBe(false);
  }
  expect(of({ name: "entra" }, { people: "created" })).toBe(false);
  expect(of({ name: "Entra!" })).toBe(false);
});

test("an issuer without https is refused by the configuration, but for this machine", () => {
  const of = (issuer: string) => ({
    providers: [{ name: "p", title: "P", issuer, clientId: "c", clientSecretFile: "/s" }],
  });
  for (const issuer of [
    "http://id.example",
    "http://127.0.0.1.evil.example",
    "http://localhost.evil.example",
    "https://id.example/?x=1",
    "https://user@id.example",
    "ftp://localhost",
  ]) {
    expect(signInSchema.safeParse(of(issuer)).success, issuer).toBe(false);
  }
  expect(signInSchema.safeParse(of("https://id.example/realm")).success).toBe(true);
});

interface HostileCase {
  readonly what: string;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly lies?: Partial<Lies>;
}
