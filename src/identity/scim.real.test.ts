import type { FastifyInstance } from "fastify";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { newId, type SubjectId } from "../base/ids.ts";
import type { RoleName } from "../base/permission.ts";
import { inTransaction } from "../db/database.ts";
import { allRoutes } from "../server/all-routes.ts";
import { buildServer } from "../server/server.ts";
import type { GrantId, SessionId, TokenId } from "./model.ts";
import { insertGrant, insertSubject } from "./store.ts";
import { insertToken } from "./store-access.ts";
import { newToken, secretHash } from "./store-secret.ts";
import { insertSession } from "./store-session.ts";

/**
 * The real server before what Entra and Okta send: the shapes are those of their own descriptions of
 * their SCIM clients, with the parts that differ from the standard.
 */
const PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
let made: TestWorld;
let app: FastifyInstance;
let admin: string;
let scim: string;
let other: string;

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: replies of many shapes, checked by each test
  readonly body: any;
  readonly headers: Readonly<Record<string, unknown>>;
}

async function ask(
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
  url: string,
  of: { readonly body?: object; readonly token?: string; readonly ifMatch?: string } = {},
): Promise<Answer> {
  const isScim = url.startsWith("/scim/");
  const answer = await app.inject({
    method,
    url,
    headers: {
      authorization: `Bearer ${of.token ?? (isScim ? scim : admin)}`,
      ...(of.ifMatch === undefined ? {} : { "if-match": of.ifMatch }),
      ...(of.body === undefined
        ? {}
        : { "content-type": isScim ? "application/scim+json; charset=utf-8" : "application/json" }),
    },
    ...(of.body === undefined ? {} : { payload: JSON.stringify(of.body) }),
  });
  const { statusCode: status, headers } = answer;
  return { status, headers, body: answer.body === "" ? null : JSON.parse(answer.body) };
}

const patch = (id: string, operations: readonly object[], kind = "Users") =>
  ask("PATCH", `/scim/v2/${kind}/${id}`, { body: { schemas: [PATCH], Operations: operations } });

/** What Entra posts for a person, with attributes that nobody keeps here. */
const entraUser = (name: string, externalId: string) => ({
  schemas: [USER, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
  externalId,
  userName: `${name}@example.com`,
  active: true,
  displayName: `${name} of Entra`,
  emails: [{ primary: true, type: "work", value: `${name}@example.com` }],
  meta: { resourceType: "User" },
  name: { formatted: `${name} E`, familyName: "E", givenName: name },
  roles: [],
  "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { department: "x" },
});

/** What Okta posts for a person: it sends a password and groups too. */
const oktaUser = (name: string) => ({
  schemas: [USER],
  userName: `${name}@okta.example`,
  name: { givenName: name, familyName: "O" },
  emails: [{ primary: true, value: `${name}@okta.example`, type: "work" }],
  displayName: `${name} of Okta`,
  locale: "en-US",
  externalId: `00u-${name}`,
  groups: [],
  password: "1mz050nq",
  active: true,
});

async function aPersonOfHere(handle: string, role: RoleName | null, scope = ""): Promise<string> {
  const token = newToken();
  const subject = newId<SubjectId>(Date.now());
  await inTransaction(made.world.db, async (tx) => {
    const person = { id: subject, handle, name: handle, kind: "person", owner: null } as const;
    await insertSubject(tx, person);
    const grant = { id: newId<GrantId>(Date.now()), scope, subject, grantedBy: subject };
    if (role !== null) await insertGrant(tx, { ...grant, role });
    await giveToken(tx, subject, token);
  });
  return token;
}

const giveToken = (
  tx: Parameters<typeof insertToken>[0],
  subject: SubjectId,
  token: string,
): Promise<void> =>
  insertToken(tx, {
    ...{ id: newId<TokenId>(Date.now()), hash: secretHash(token), subject, parent: null },
    ...{ title: "t", limits: null, lifeSeconds: 3600 },
    proof: { at: Date.now(), strength: "two" },
  });

async function aDirectory(handle: string): Promise<string> {
  const added = await ask("POST", "/api/v1/directories", { body: { handle, title: handle } });
  expect(added.status, JSON.stringify(added.body)).toBe(201);
  const token = await ask("POST", `/api/v1/directories/${handle}/tokens`, { body: { days: 30 } });
  expect(token.status).toBe(201);
  return token.body.token;
}

const grantsOf = async (id: string) =>
  (await ask("GET", `/api/v1/users/${id}`)).body.grants.map(
    (grant: { role: string; scope: string }) => `${grant.role}[${grant.scope}]`,
  );

const events = async (type: string, object?: string): Promise<number> => {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from event where type = ${type}
      and ${object === undefined ? sql`true` : sql`object = ${`subject:${object}`}`}`.execute(
    made.world.db,
  );
  return rows[0]!.count;
};

beforeAll(async () => {
  made = await testWorld();
  app = buildServer(made.world, allRoutes, { checkReplies: true });
  admin = await aPersonOfHere("root", "admin");
  scim = await aDirectory("entra");
  other = await aDirectory("okta");
});
afterAll(async () => {
  await app.close();
  await made.close();
});

describe("what Entra sends", () => {
  test("a person is looked for, made, found, renamed and disabled; sessions and tokens end", async () => {
    const look = '/scim/v2/Users?filter=userName+eq+"mia@example.com"';
    expect((await ask("GET", look)).body).toMatchObject({ totalResults: 0, Resources: [] });
    const mia = await ask("POST", "/scim/v2/Users", { body: entraUser("mia", "X-mia") });
    expect(mia.status, JSON.stringify(mia.body)).toBe(201);
    expect(mia.headers["content-type"]).toContain("application/scim+json");
    expect(mia.headers["location"]).toBe(`/scim/v2/Users/${mia.body.id}`);
    expect(mia.body).toMatchObject({ userName: "mia@example.com", active: true });
    expect(mia.body).not.toHaveProperty("roles");
    const { id } = mia.body;
    expect((await ask("GET", look)).body).toMatchObject({
      totalResults: 1,
      Resources: [{ id, externalId: "X-mia" }],
    });
    expect((await ask("GET", `/api/v1/users/${id}`)).body).toMatchObject({
      ...{ handle: "mia", name: "mia of Entra", grants: [], hasPassword: false },
    });
    const renamed = await patch(id, [
      { op: "Replace", path: "displayName", value: "Mia M" },
      { op: "Add", path: 'emails[type eq "work"].value', value: "m@example.com" },
    ]);
    expect(renamed.status, JSON.stringify(renamed.body)).toBe(200);
    expect(renamed.body.emails[0].value).toBe("m@example.com");
    const token = newToken();
    const cookie = newToken();
    await inTransaction(made.world.db, async (tx) => {
      await giveToken(tx, id, token);
      await insertSession(tx, {
        ...{ id: newId<SessionId>(Date.now()), hash: secretHash(cookie), subject: id },
        ...{ origin: { address: "::1", program: "" }, strength: "one", provider: null },
        provedAt: null,
      });
    });
    expect((await ask("GET", "/api/v1/me", { token })).status).toBe(200);
    const before = Date.now();
    const gone = await patch(id, [{ op: "Replace", path: "active", value: "False" }]);
    expect(gone.body).toMatchObject({ active: false });
    expect((await ask("GET", "/api/v1/me", { token })).status).toBe(401);
    expect(Date.now() - before).toBeLessThan(5_000);
    const { rows } = await sql`select 1 from session where subject = ${id}`.execute(made.world.db);
    expect(rows).toEqual([]);
    expect(await events("subject.disabled", id)).toBe(1);
    const back = await patch(id, [{ op: "Replace", value: { active: true } }]);
    expect(back.body).toMatchObject({ active: true });
    expect((await ask("GET", "/api/v1/me", { token })).status, "a token of before").toBe(401);
  });

  test("groups give nothing until a rule says so, then roles come and go with members", async () => {
    const [eva, ben] = await Promise.all(
      ["eva", "ben"].map((name) => ask("POST", "/scim/v2/Users", { body: entraUser(name, name) })),
    );
    const group = await ask("POST", "/scim/v2/Groups", {
      body: { schemas: [GROUP], externalId: "G1", displayName: "Admin", meta: {} },
    });
    expect(group.status, JSON.stringify(group.body)).toBe(201);
    const add = (id: string) =>
      patch(
        group.body.id,
        [{ op: "Add", path: "members", value: [{ $ref: null, value: id }] }],
        "Groups",
      );
    expect((await add(eva!.body.id)).status).toBe(200);
    expect(await grantsOf(eva!.body.id), "a group called Admin").toEqual([]);
    const rule = { group: "admin", role: "operator", scope: "env=prod" };
    const set = await ask("POST", "/api/v1/directories/entra/rules", { body: rule });
    expect(set.status, JSON.stringify(set.body)).toBe(201);
    expect(await grantsOf(eva!.body.id)).toEqual(["operator[env=prod]"]);
    await add(ben!.body.id);
    expect(await grantsOf(ben!.body.id)).toEqual(["operator[env=prod]"]);
    const noMembers = '/scim/v2/Groups?excludedAttributes=members&filter=displayName+eq+"ADMIN"';
    const found = await ask("GET", noMembers);
    expect(found.body).toMatchObject({ totalResults: 1, Resources: [{ id: group.body.id }] });
    expect(found.body.Resources[0]).not.toHaveProperty("members");
    const remove = [{ op: "Remove", path: "members", value: [{ value: ben!.body.id }] }];
    const removed = await patch(group.body.id, remove, "Groups");
    expect(removed.body.members).toHaveLength(1);
    expect(await grantsOf(ben!.body.id)).toEqual([]);
    const renamed = [{ op: "Replace", value: { id: group.body.id, displayName: "Others" } }];
    await patch(group.body.id, renamed, "Groups");
    expect(await grantsOf(eva!.body.id), "the rule is for the old name").toEqual([]);
    await patch(group.body.id, [{ op: "replace", path: "displayName", value: "admin" }], "Groups");
    expect(await grantsOf(eva!.body.id)).toEqual(["operator[env=prod]"]);
    await ask("DELETE", `/api/v1/directories/entra/rules/${set.body.id}`);
    expect(await grantsOf(eva!.body.id)).toEqual([]);
    expect(await events("grant.added", eva!.body.id)).toBe(2);
    expect(await events("directory.group-changed")).toBeGreaterThanOrEqual(3);
    expect((await ask("DELETE", `/scim/v2/Groups/${group.body.id}`)).status).toBe(204);
    expect((await ask("GET", `/scim/v2/Groups/${group.body.id}`)).status).toBe(404);
  });
});

describe("what Okta sends", () => {
  const okta = {
    get token() {
      return other;
    },
  };

  test("a person is made, read by page, replaced whole, and disabled without a path", async () => {
    const made = await ask("POST", "/scim/v2/Users", { ...okta, body: oktaUser("olga") });
    expect(made.status, JSON.stringify(made.body)).toBe(201);
    expect(JSON.stringify(made.body)).not.toContain("1mz050nq");
    const page = await ask("GET", "/scim/v2/Users?startIndex=1&count=100", okta);
    expect(page.body).toMatchObject({ totalResults: 1, startIndex: 1, itemsPerPage: 1 });
    const { id } = made.body;
    const whole = { ...oktaUser("olga"), id, active: true, displayName: "Olga P" };
    const put = await ask("PUT", `/scim/v2/Users/${id}`, { ...okta, body: whole });
    expect(put).toMatchObject({ status: 200, body: { displayName: "Olga P" } });
    const body = { schemas: [PATCH], Operations: [{ op: "replace", value: { active: false } }] };
    const off = await ask("PATCH", `/scim/v2/Users/${id}`, { ...okta, body });
    expect(off).toMatchObject({ status: 200, body: { active: false } });
  });

  test("a group is pushed with its members and replaced as a whole", async () => {
    const leo = await ask("POST", "/scim/v2/Users", { ...okta, body: oktaUser("leo") });
    const members = [{ value: leo.body.id, display: "leo@okta.example" }];
    const body = { schemas: [GROUP], displayName: "Patchers", members };
    const group = await ask("POST", "/scim/v2/Groups", { ...okta, body });
    expect(group).toMatchObject({ status: 201, body: { members: [{ value: leo.body.id }] } });
    const url = `/scim/v2/Groups/${group.body.id}`;
    const emptied = await ask("PUT", url, { ...okta, body: { ...body, members: [] } });
    expect(emptied).toMatchObject({ status: 200, body: { members: [] } });
  });
});

describe("the standard's edges", () => {
  test("a name twice is 409 uniqueness; a handle of here is never taken over, only handed over", async () => {
    const twice = { body: entraUser("una", "U-1") };
    const first = await ask("POST", "/scim/v2/Users", twice);
    expect(first.status).toBe(201);
    expect(await ask("POST", "/scim/v2/Users", twice)).toMatchObject({
      status: 409,
      body: { scimType: "uniqueness", status: "409", schemas: [expect.stringContaining("Error")] },
    });
    await aPersonOfHere("ivo", "approver");
    const ivo = entraUser("ivo", "I-1");
    expect(await ask("POST", "/scim/v2/Users", { body: ivo })).toMatchObject({
      status: 409,
      body: { scimType: "uniqueness", detail: expect.stringContaining("directory adopt") },
    });
    const adopt = { user: "ivo", userName: "ivo@example.com" };
    expect((await ask("POST", "/api/v1/directories/entra/users", { body: adopt })).status).toBe(
      204,
    );
    const found = await ask("GET", '/scim/v2/Users?filter=userName+eq+"IVO@example.com"');
    expect(found.body.totalResults).toBe(1);
    const put = await ask("PUT", `/scim/v2/Users/${found.body.Resources[0].id}`, { body: ivo });
    expect(put).toMatchObject({ status: 200, body: { externalId: "I-1", active: true } });
    expect(await grantsOf("ivo"), "what people gave stays").toEqual(["approver[]"]);
  });

  test("an older entity tag is 412; pages, discovery and failures have the standard's form", async () => {
    const tom = await ask("POST", "/scim/v2/Users", { body: entraUser("tom", "T-1") });
    const old = String(tom.headers["etag"]);
    const url = `/scim/v2/Users/${tom.body.id}`;
    const body = { ...entraUser("tom", "T-1"), displayName: "Tom" };
    expect((await ask("PUT", url, { body, ifMatch: old })).status).toBe(200);
    expect(await ask("PUT", url, { body, ifMatch: old })).toMatchObject({
      status: 412,
      body: { status: "412" },
    });
    const page = await ask("GET", "/scim/v2/Users?startIndex=2&count=1&attributes=userName");
    expect(page.body).toMatchObject({ startIndex: 2, itemsPerPage: 1 });
    expect(Object.keys(page.body.Resources[0]).sort()).toEqual(["id", "schemas", "userName"]);
    expect((await ask("GET", "/scim/v2/Users?count=0")).body.itemsPerPage).toBe(0);
    expect(await ask("GET", "/scim/v2/Users?filter=nonsense")).toMatchObject({
      status: 400,
      body: { scimType: "invalidFilter" },
    });
    for (const path of ["ServiceProviderConfig", "ResourceTypes", "Schemas", `Schemas/${USER}`]) {
      expect((await ask("GET", `/scim/v2/${path}`)).status, path).toBe(200);
    }
    expect((await ask("GET", `/scim/v2/Users/${newId(0)}`)).body.schemas[0]).toContain("Error");
  });

  test("who was taken away is gone, and comes back as the same person", async () => {
    const ute = await ask("POST", "/scim/v2/Users", { body: entraUser("ute", "Z-1") });
    const url = `/scim/v2/Users/${ute.body.id}`;
    expect((await ask("DELETE", url)).status).toBe(204);
    expect((await ask("GET", url)).status).toBe(404);
    expect((await ask("GET", `/api/v1/users/${ute.body.id}`)).body.disabledAt).not.toBeNull();
    const again = await ask("POST", "/scim/v2/Users", { body: entraUser("ute", "Z-2") });
    expect(again).toMatchObject({ status: 201, body: { id: ute.body.id, active: true } });
  });
});

describe("what a directory may not", () => {
  test("see or touch another's people, or its own groups' members from there", async () => {
    const kim = await ask("POST", "/scim/v2/Users", { body: entraUser("kim", "K-1") });
    const url = `/scim/v2/Users/${kim.body.id}`;
    const as = { token: other };
    const body = entraUser("kim", "K-1");
    expect((await ask("GET", url, as)).status).toBe(404);
    expect((await ask("PUT", url, { ...as, body })).status).toBe(404);
    expect((await ask("DELETE", url, as)).status).toBe(404);
    const group = { schemas: [GROUP], displayName: "x", members: [{ value: kim.body.id }] };
    expect(await ask("POST", "/scim/v2/Groups", { ...as, body: group })).toMatchObject({
      status: 400,
      body: { scimType: "invalidValue" },
    });
  });

  test("use its token elsewhere, nor anybody else theirs here, whatever their role", async () => {
    for (const url of ["/api/v1/me", "/api/v1/users", "/api/v1/tokens"]) {
      expect((await ask("GET", url, { token: scim })).status, url).toBe(403);
    }
    const asked = { token: scim, body: { title: "more", days: 1 } };
    expect((await ask("POST", "/api/v1/tokens", asked)).status).toBe(403);
    expect((await ask("GET", "/scim/v2/Users", { token: admin })).status).toBe(403);
    expect((await ask("GET", "/scim/v2/Users", { token: newToken() })).status).toBe(401);
  });

  test("disable the last administrator, nor enable whom people of here disabled", async () => {
    await ask("POST", "/api/v1/directories/entra/users", {
      body: { user: "root", userName: "root@example.com" },
    });
    const found = await ask("GET", '/scim/v2/Users?filter=userName+eq+"root@example.com"');
    const { id } = found.body.Resources[0];
    const off = await patch(id, [{ op: "replace", path: "active", value: false }]);
    expect(off).toMatchObject({ status: 409, body: { detail: expect.stringContaining("nobody") } });
    expect((await ask("DELETE", `/scim/v2/Users/${id}`)).status).toBe(409);
    expect((await ask("GET", "/api/v1/me")).status, "nothing half done").toBe(200);
    const zoe = await ask("POST", "/scim/v2/Users", { body: entraUser("zoe", "Y-1") });
    await ask("PATCH", `/api/v1/users/${zoe.body.id}`, { body: { isDisabled: true } });
    const on = await patch(zoe.body.id, [{ op: "replace", path: "active", value: true }]);
    expect(on).toMatchObject({ status: 200, body: { active: false } });
  });

  test("get more by a rule than who sets it holds", async () => {
    const small = await aPersonOfHere("sam", "admin", "env=a");
    const rule = { group: "g", role: "admin", scope: "" };
    const asked = { token: small, body: rule };
    expect((await ask("POST", "/api/v1/directories/entra/rules", asked)).status).toBe(403);
    const operator = await aPersonOfHere("olaf", "operator");
    const again = { token: operator, body: { ...rule, role: "operator" } };
    expect((await ask("POST", "/api/v1/directories/entra/rules", again)).status).toBe(403);
  });

  test("half apply an operation that fails", async () => {
    const pia = await ask("POST", "/scim/v2/Users", { body: entraUser("pia", "P-1") });
    const wrong = await patch(pia.body.id, [
      { op: "replace", path: "displayName", value: "Changed" },
      { op: "replace", path: "active", value: 7 },
    ]);
    expect(wrong.status).toBe(400);
    expect((await ask("GET", `/scim/v2/Users/${pia.body.id}`)).body.displayName).toBe(
      "pia of Entra",
    );
  });
});
