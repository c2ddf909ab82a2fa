import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { firstAdmin, newPerson } from "../../test/builders/first-admin.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { ensureSetupSecret } from "../identity/store-setup-secret.ts";
import { readTimeline } from "../ledger/store.ts";
import { allRoutes } from "./all-routes.ts";
import { type RunningServer, startServer } from "./server.ts";

/** What reaches the server before any handler does (trust.md §5c, ASVS 5.0). */
let made: TestWorld;
let server: RunningServer;
let token: string;
let viewer: string;

const PASSWORD = "correct horse battery staple";

beforeAll(async () => {
  made = await testWorld();
  const secretPath = (await ensureSetupSecret(made.world))!;
  server = await startServer(made.world, allRoutes, {
    checkReplies: true,
    bodyPace: { graceMs: 300 },
  });
  token = await firstAdmin(server.url, secretPath);
  const of = { url: server.url, token };
  viewer = await newPerson(of, { handle: "vera", password: PASSWORD, role: "viewer" });
});
afterAll(async () => {
  await server.close();
  await made.close();
});

interface Sent {
  readonly method?: string;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly headers?: Record<string, string>;
  readonly token?: string | null;
}

async function send(path: string, { method, body, headers, token: as = token }: Sent = {}) {
  const response = await fetch(`${server.url}${path}`, {
    method: method ?? (body === undefined ? "GET" : "POST"),
    headers: {
      ...(as === null ? {} : { authorization: `Bearer ${as}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
  });
  return { status: response.status, text: await response.text(), headers: response.headers };
}

/** Sends bytes as they are and gives what came back until the connection ended or fell silent. */
function raw(bytes: string, pauseMs = 150): Promise<string> {
  return new Promise((resolve) => {
    let got = "";
    const socket = connect(server.port, "127.0.0.1", () => socket.write(bytes, "latin1"));
    socket.setTimeout(pauseMs, () => socket.destroy());
    socket.on("data", (chunk) => {
      got += chunk.toString("latin1");
    });
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(got));
  });
}

const statuses = (answer: string): number[] =>
  [...answer.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map((match) => Number(match[1]));

const head = (more: readonly string[], path = "/api/v1/hosts"): string =>
  [`POST ${path} HTTP/1.1`, `Host: 127.0.0.1:${server.port}`, ...more, "", ""].join("\r\n");

describe("bodies", () => {
  const deep = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);
  const keys = (count: number): string =>
    `{${Array.from({ length: count }, (_, at) => `"${at.toString(36)}":1`).join(",")}}`;
  const cases: readonly (readonly [name: string, body: string | Uint8Array<ArrayBuffer>])[] = [
    ["a key twice", '{"name":"a","name":"b"}'],
    ["a key twice, once written otherwise", '{"name":"a","n\\u0061me":"b"}'],
    ["a key twice, deep inside", '{"labels":{"a":{"b":1,"b":2}}}'],
    ["__proto__", '{"name":"a","__proto__":{"isAdmin":true}}'],
    ["__proto__ in disguise", '{"name":"a","\\u005f_proto__":{"isAdmin":true}}'],
    ["constructor", '{"labels":{"constructor":{"prototype":{}}}}'],
    ["33 levels", deep(33)],
    ["a million levels", "[".repeat(1_000_000)],
    ["100,001 keys", keys(100_001)],
    ["half of it", '{"name":"a"'],
    ["two values", '{"name":"a"} {"name":"b"}'],
    ["a byte order mark", '\ufeff{"name":"a"}'],
    ["a comment", '{"name":"a" /* b */}'],
    ["not a number", '{"name":NaN}'],
    ["no UTF-8", new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ["NUL inside", '{"name":"a\\u0000b"}'],
    ["half of a surrogate pair", '{"name":"\\ud800"}'],
  ];

  test.each(cases)("with %s are refused by every route that takes one", async (_name, body) => {
    for (const path of ["/api/v1/hosts", "/api/v1/sessions", "/api/v1/users"]) {
      const answer = await send(path, { body });
      expect(answer.status, path).toBe(400);
      expect(JSON.parse(answer.text).code).toBe("invalid");
    }
    expect(({} as Record<string, unknown>)["isAdmin"]).toBeUndefined();
  });

  test("over 1 MiB are refused, told or not told beforehand", async () => {
    const body = JSON.stringify({ name: "a".repeat(1_048_600) });
    expect((await send("/api/v1/hosts", { body })).status).toBe(413);
    const told = await raw(
      head([
        `Authorization: Bearer ${token}`,
        "Content-Type: application/json",
        "Content-Length: 9999999999",
      ]),
    );
    expect(statuses(told)[0]).toBe(413);
  });

  test("that are packed are not unpacked", async () => {
    const bomb = new Uint8Array(gzipSync(Buffer.alloc(50_000_000, 0x20)));
    for (const encoding of ["gzip", "br", "deflate", "gzip, identity"]) {
      const headers = { "content-encoding": encoding };
      const answer = await send("/api/v1/hosts", { body: bomb, headers });
      expect(answer.status, encoding).toBe(400);
      expect(answer.text).toContain("Content-Encoding");
    }
  });

  test("that drip in are ended, and nothing after them is read as a request", async () => {
    const before = Date.now();
    const lines = [`Authorization: Bearer ${token}`, "Content-Type: application/json"];
    const answer = await raw(`${head([...lines, "Content-Length: 1000"])}{"name":`, 5_000);
    expect(Date.now() - before).toBeLessThan(4_000);
    expect(statuses(answer)).toEqual([400]);
    expect(answer).toContain("too slowly");
    expect(answer.toLowerCase()).toContain("connection: close");
  });
});

describe("requests that two readers end at different places", () => {
  const inner = "GET /api/v1/users HTTP/1.1\r\nHost: x\r\n\r\n";
  const cases: readonly (readonly [name: string, lines: readonly string[], body: string])[] = [
    ["CL.TE", ["Content-Length: 6", "Transfer-Encoding: chunked"], "0\r\n\r\nG"],
    ["TE.CL", ["Transfer-Encoding: chunked", "Content-Length: 4"], `5c\r\n${inner}\r\n0\r\n\r\n`],
    ["TE.TE", ["Transfer-Encoding: chunked", "Transfer-Encoding: cow"], "0\r\n\r\n"],
    ["TE in disguise", ["Transfer-Encoding: xchunked"], "0\r\n\r\n"],
    ["TE with a tab", ["Transfer-Encoding:\tchunked", "Content-Length: 3"], "0\r\n\r\n"],
    ["TE with a space before its colon", ["Transfer-Encoding : chunked"], "0\r\n\r\n"],
    ["two lengths", ["Content-Length: 2", "Content-Length: 44"], `{}${inner}`],
    ["two lengths in one", ["Content-Length: 2, 44"], `{}${inner}`],
    ["a negative length", ["Content-Length: -1"], inner],
    ["a length with a plus", ["Content-Length: +2"], `{}${inner}`],
    ["a length in hexadecimal", ["Content-Length: 0x2"], `{}${inner}`],
    ["a length past 2^64", ["Content-Length: 18446744073709551618"], `{}${inner}`],
    ["a folded header", ["X-A: 1", " Content-Length: 2"], `{}${inner}`],
    ["a bare line feed", ["X-A: 1\nContent-Length: 2"], "{}"],
    ["a bare carriage return", ["X-A: 1\rContent-Length: 2"], "{}"],
    ["NUL in a header", ["X-A: 1\0"], ""],
    ["a chunk size past its end", ["Transfer-Encoding: chunked"], "ffffffffffffffff1\r\n{}\r\n"],
    ["a chunk ended by a bare line feed", ["Transfer-Encoding: chunked"], "2\n{}\n0\n\n"],
    ["two hosts", ["Host: evil.example"], ""],
    ["two credentials", ["Authorization: Bearer a", "Authorization: Bearer b"], ""],
  ];

  test.each(cases)("are refused: %s", async (_name, lines, body) => {
    const answer = await raw(head(lines) + body);
    const [first, ...more] = statuses(answer);
    expect(first).toBe(400);
    expect(more).toEqual([]);
  });

  test("are refused: HTTP/0.9, HTTP/2 in clear, an address in full, no host, a long head", async () => {
    const port = server.port;
    const host = `Host: 127.0.0.1:${port}`;
    for (const [text, wanted] of [
      ["GET /healthz\r\n\r\n", 400],
      ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400],
      ["GET /healthz HTTP/1.1\r\n\r\n", 400],
      [`GET /healthz HTTP/1.1\r\n${host}\r\nX-A: ${"a".repeat(20_000)}\r\n\r\n`, 431],
      [`GET /healthz?${"a".repeat(9_000)} HTTP/1.1\r\n${host}\r\n\r\n`, 400],
      [`GET /healthz HTTP/1.1\r\n${host}\r\n${"X-A: 1\r\n".repeat(101)}\r\n`, 400],
      [`TRACE / HTTP/1.1\r\n${host}\r\n\r\n`, 404],
      [`CONNECT evil.example:443 HTTP/1.1\r\n${host}\r\n\r\n`, undefined],
    ] as const) {
      expect(statuses(await raw(text))[0], text.slice(0, 40)).toBe(wanted);
    }
  });
});

describe("browsers", () => {
  let cookie: string;

  beforeAll(async () => {
    const body = JSON.stringify({ by: "password", handle: "vera", password: PASSWORD });
    const answer = await send("/api/v1/sessions", {
      body,
      token: null,
      headers: { origin: server.url },
    });
    expect(answer.status, answer.text).toBe(200);
    cookie = answer.headers.get("set-cookie")!.split(";")[0]!;
  });

  test("get headers that let nothing frame, guess, keep or leak what they show", async () => {
    for (const path of ["/api/v1/me", "/api/v1/nothing", "/healthz"]) {
      const { headers } = await send(path);
      expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
      expect(headers.get("content-security-policy")).not.toContain("unsafe");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
      expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
      expect(headers.get("cache-control")).toBe("no-store");
      // No page of another origin may read an answer, and nothing tells what runs here.
      for (const name of ["access-control-allow-origin", "server", "x-powered-by"]) {
        expect(headers.get(name), name).toBeNull();
      }
    }
  });

  test("of other sites are refused with a cookie: changes, streams and readings", async () => {
    const foreign: Record<string, string>[] = [
      { origin: "https://evil.example" },
      { origin: "null" },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      { origin: server.url, "sec-fetch-site": "cross-site" },
    ];
    for (const headers of foreign) {
      const with_ = { cookie, ...headers };
      for (const path of ["/api/v1/live", "/api/v1/me"]) {
        const read = await send(path, { token: null, headers: with_ });
        expect(read.status, JSON.stringify(headers)).toBe(403);
      }
      const changed = await send("/api/v1/logout", {
        ...{ method: "POST", token: null },
        headers: with_,
      });
      expect(changed.status, JSON.stringify(headers)).toBe(403);
    }
    const read = await send("/api/v1/me", {
      token: null,
      headers: { cookie, "sec-fetch-site": "same-origin" },
    });
    expect(read.status).toBe(200);
  });

  test("of other sites cannot sign anybody in or ask what CORS would let them", async () => {
    const body = JSON.stringify({ by: "password", handle: "vera", password: PASSWORD });
    const headers = { "sec-fetch-site": "cross-site" };
    expect((await send("/api/v1/sessions", { body, token: null, headers })).status).toBe(403);
    const asked = await send("/api/v1/me", {
      ...{ method: "OPTIONS", token: null },
      headers: { origin: "https://evil.example", "access-control-request-method": "POST" },
    });
    expect(asked.status).toBe(404);
    expect(asked.headers.get("access-control-allow-origin")).toBeNull();
  });
});

describe("errors", () => {
  test("tell nothing of the inside, whatever is asked", async () => {
    for (const path of [
      "/api/v1/hosts/'%20or%201=1--",
      "/api/v1/hosts?limit=99999999999999999999",
      "/api/v1/scans/%ff",
      "/api/v1/../../etc/passwd",
      "/api/v1/hosts/%00",
      "/%",
    ]) {
      const { text, status } = await send(path);
      expect(status, path).toBeGreaterThanOrEqual(400);
      expect(status, path).toBeLessThan(500);
      expect(text).not.toMatch(/node_modules|\bat \/|select |postgres|stack|\/src\//i);
    }
  });
});

describe("refusals", () => {
  const eventsOf = async (type: string) =>
    (await readTimeline(made.world.db, { order: "newest", limit: 500 })).filter(
      (event) => event.type === type,
    );

  test("are events, once a kind and not once a try, without what the caller wrote", async () => {
    const forged = "/api/v1/users/x%0A%7B%22type%22%3A%22approval.given%22%7D";
    for (let i = 0; i < 200; i++) await send(forged, { token: viewer });
    for (let i = 0; i < 50; i++) await send("/api/v1/me", { token: `fettle_${"A".repeat(43)}` });
    const deadline = Date.now() + 10_000;
    const find = async () =>
      (await eventsOf("access.refused")).map(({ actor, facts }) => ({ actor, ...facts }));
    let found = await find();
    const isTold = (code: string): boolean =>
      found.some((one) => "code" in one && one.code === code);
    while (!(isTold("forbidden") && isTold("unauthenticated")) && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      found = await find();
    }
    expect(found).toContainEqual(
      expect.objectContaining({
        route: "/api/v1/users/{user}",
        permission: "user.read",
        code: "forbidden",
        signedIn: true,
      }),
    );
    expect(found).toContainEqual(
      expect.objectContaining({ route: "/api/v1/me", code: "unauthenticated", signedIn: false }),
    );
    expect(found.length).toBeLessThan(20);
    expect(JSON.stringify(found)).not.toContain("approval.given");
  });

  test("of too many requests say when to come again, and a halt is let through", async () => {
    const config = { ...made.world.config, requestsPerMinute: 60 };
    const slow = await startServer({ ...made.world, config }, allRoutes);
    try {
      const ask = (path: string, method = "GET") =>
        fetch(`${slow.url}${path}`, { method, headers: { authorization: `Bearer ${token}` } });
      // A slow machine earns more tries while it makes them.
      let refused = await ask("/api/v1/me");
      let tries = 1;
      for (; refused.status === 200 && tries < 1_000; tries++) refused = await ask("/api/v1/me");
      expect(tries).toBeGreaterThan(60);
      expect(refused.status).toBe(429);
      expect(Number(refused.headers.get("retry-after"))).toBeLessThanOrEqual(2);
      expect(await refused.json()).toMatchObject({ code: "rate-limited", retry: true });
      expect((await ask("/api/v1/rollouts/R-1/halt", "POST")).status).toBe(400);
      const other = await fetch(`${slow.url}/api/v1/me`, {
        headers: { authorization: `Bearer ${viewer}` },
      });
      expect(other.status).toBe(200);
    } finally {
      await slow.close();
    }
  });
});
