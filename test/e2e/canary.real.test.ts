import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { TOTP } from "otpauth";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { allRoutes } from "../../src/server/all-routes.ts";
import {
  clone,
  type ServerProcess,
  serverEnvironment,
  startServerProcess,
} from "./server-process.ts";

/**
 * ASVS 5.0 V13.3, V16.2.5: a secret of its own is put wherever this product takes or makes one, the
 * product is used, rightly and wrongly, by API, command line and pages, with the log at its most talkative,
 * and then none of the secrets stands in anything that leaves it: log, error, export, table, argument, environment or page.
 */
const ask$ = promisify(execFile);
/** Read once as it is and once as a program would have encoded it. */
const planted = new Map<string, string>();
/** What came out, by where it came from. */
const seen: [from: string, text: string][] = [];
let server: ServerProcess;
let folder: string;
let token: string;
let admin: Readonly<Record<string, string>>;
/** The path of a webhook, which the database keeps as people set it and which no answer shows. */
let seenPath: string;

const canary = (where: string): string => {
  const secret = `canary${randomBytes(16).toString("hex")}`;
  planted.set(where, secret);
  return secret;
};

function secretFile(where: string, content = canary(where)): string {
  const path = join(folder, where.replaceAll(" ", "-"));
  writeFileSync(path, `${content}\n`, { mode: 0o600 });
  return path;
}

interface Answer {
  readonly status: number;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: replies of many shapes
  readonly body: any;
  readonly cookie: string | undefined;
}

/** Asks the server; what it says is judged, unless it is the one answer that must hold a new secret. */
async function ask(
  method: string,
  path: string,
  of: {
    readonly body?: unknown;
    readonly headers?: Readonly<Record<string, string>>;
    readonly isTold?: true;
  } = {},
): Promise<Answer> {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: {
      ...(of.body === undefined ? {} : { "content-type": "application/json", origin: server.url }),
      ...(of.headers ?? admin),
    },
    ...(of.body === undefined ? {} : { body: JSON.stringify(of.body) }),
    signal: AbortSignal.timeout(30_000),
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") === true;
  if (of.isTold === undefined) {
    seen.push([`${method} ${path.replace(/canary\w+/g, "…")} ${response.status}`, text]);
  }
  const body = isJson && text !== "" && !text.includes("\n{") ? JSON.parse(text) : null;
  const cookie = response.headers.get("set-cookie")?.split(";")[0];
  return { status: response.status, text, body, cookie };
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "fettle-canary-"));
  const config = join(folder, "fettle.yaml");
  const providerSecret = secretFile("provider secret");
  const hook = `whsec_${Buffer.from(canary("webhook key")).toString("base64")}`;
  planted.set("webhook key as written", hook.slice("whsec_".length));
  const header = canary("webhook header");
  writeFileSync(join(folder, "header"), `X-Key: ${header}\n`, { mode: 0o600 });
  writeFileSync(
    config,
    JSON.stringify({
      signIn: {
        providers: [
          {
            ...{ name: "company", title: "Company", issuer: "http://localhost:9/", clientId: "f" },
            clientSecretFile: providerSecret,
          },
        ],
      },
      feeds: {
        network: "off",
        proxy: "http://127.0.0.1:9",
        proxyAuthFile: secretFile("proxy password", `user:${canary("proxy password")}`),
      },
      events: {
        to: [
          {
            ...{ name: "hook", webhook: "http://127.0.0.1:9/" },
            secretFile: secretFile("webhook", hook),
            headerFile: join(folder, "header"),
          },
        ],
      },
    }),
  );
  server = await startServerProcess({ FETTLE_LOG_LEVEL: "trace", FETTLE_CONFIG: config });
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs the command line, and looks at the arguments of every process while it does. */
async function fettle(...args: readonly string[]): Promise<void> {
  const env = {
    ...serverEnvironment(server.sockets),
    ...{
      FETTLE_STATE: server.state,
      FETTLE_URL: server.url,
      XDG_CONFIG_HOME: join(folder, "home"),
    },
  };
  const program = [join(clone, "src/main/cli.ts"), ...args];
  const child = spawn(process.execPath, program, { env, stdio: ["ignore", "pipe", "pipe"] });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => said.push(chunk.toString()));
  }
  const gone = new Promise((done) => child.once("close", done));
  noteProcesses();
  await gone;
  seen.push([`fettle ${args.join(" ")}`, said.join("")]);
}

/** Arguments of every process of this machine, and what the server's own children inherit. */
function noteProcesses(): void {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    if (Number(pid) === process.pid) continue;
    for (const part of ["cmdline", "environ"]) {
      try {
        seen.push([`/proc/${pid}/${part}`, readFileSync(`/proc/${pid}/${part}`, "utf8")]);
      } catch {
        // It ended meanwhile, or belongs to another.
      }
    }
  }
}

/** Every row of every table, as text. */
async function noteDatabase(): Promise<number> {
  // The fifth line of its file names the folder of the socket.
  const host = readFileSync(join(server.state, "postgres/data/postmaster.pid"), "utf8").split(
    "\n",
  )[4]!;
  const client = new pg.Client({ host, user: "fettle", database: "fettle" });
  await client.connect();
  const { rows } = await client.query<{ name: string }>(
    "select tablename as name from pg_tables where schemaname = 'public'",
  );
  for (const { name } of rows) {
    const { rows: all } = await client.query<{ row: string }>(
      `select t::text as row from "${name}" t limit 20000`,
    );
    seen.push([`table ${name}`, all.map(({ row }) => row).join("\n")]);
  }
  await client.end();
  return rows.length;
}

/** Secret files that the server made itself: each line of each. */
function plantOwnFiles(at: string): void {
  for (const entry of readdirSync(at, { withFileTypes: true })) {
    const path = join(at, entry.name);
    if (entry.isDirectory() && entry.name !== "postgres") plantOwnFiles(path);
    if (!entry.isFile() || (statSync(path).mode & 0o077) !== 0) continue;
    for (const [at, line] of readFileSync(path, "utf8").split("\n").entries()) {
      const isSecret = line.length >= 32 && !line.startsWith("-----") && !/^[{#]/.test(line);
      if (isSecret && /key|secret/.test(entry.name))
        planted.set(`${entry.name}:${at}`, line.trim());
    }
  }
}

/** Systems for tickets that nobody answers at, asked with their accounts, and a report by another's key. */
async function mirrors(): Promise<void> {
  const at = "/api/v1/itsm";
  const keep = (name: string, line: string): void =>
    writeFileSync(join(server.state, "secrets", name), `${line}\n`, { mode: 0o600 });
  keep("snow", `fettle:${canary("ticket password")}`);
  keep("bus", `whsec_${Buffer.from(canary("report key")).toString("base64")}`);
  const url = "http://127.0.0.1:9";
  const hidden = canary("webhook path");
  const systems = {
    snow: { kind: "servicenow", url, secretFile: "snow" },
    ops: { kind: "jira", url, secretFile: "snow", settings: { project: "OPS" } },
    bus: { kind: "webhook", url: `${url}/${hidden}`, secretFile: "bus", reportFile: "bus" },
  };
  for (const [name, body] of Object.entries(systems)) {
    const set = await ask("PUT", `${at}/${name}`, { body });
    expect([name, set.status, set.body?.code]).toEqual([name, 200, undefined]);
    expect((await ask("POST", `${at}/${name}/test`, { body: {} })).status).toBeGreaterThan(399);
  }
  const report = {
    ...{ id: "1", timestamp: Math.floor(Date.now() / 1000), payload: '{"change":"C-1"}' },
    signature: `v1,${canary("wrong signature")}`,
  };
  expect((await ask("POST", `${at}/bus/reports`, { body: report })).status).toBe(403);
  // An address is kept to be asked; its path is shown to nobody.
  planted.delete("webhook path");
  seenPath = hidden;
}

test("no secret leaves the product, wherever it was put", async () => {
  const password = canary("password");
  const setup = readFileSync(join(server.state, "setup-secret"), "utf8").trim();
  planted.set("setup secret", setup);
  const none = { headers: {} };
  const person = { handle: "ada", name: "Ada", password };
  const first = await ask("POST", "/api/v1/entrance", {
    ...none,
    body: { kind: "setup", secret: setup, ...person },
    isTold: true,
  });
  token = first.body.token;
  planted.set("token", token);
  admin = { authorization: `Bearer ${token}` };
  const told = async (where: string, path: string, body: unknown, field: string) => {
    const made = await ask("POST", path, { body, isTold: true });
    expect(made.status, `${where}: ${made.text}`).toBeLessThan(300);
    planted.set(where, made.body[field]);
    return made.body;
  };
  const login = { by: "password", handle: "ada", password };
  const session = await ask("POST", "/api/v1/sessions", { ...none, body: login, isTold: true });
  planted.set("session cookie", (session.cookie ?? "").split("=")[1] ?? "");
  const codes = await told("one-time code seed", "/api/v1/me/codes", undefined, "secret");
  const code = new TOTP({ secret: codes.secret }).generate();
  const confirmed = await ask("POST", "/api/v1/me/codes/confirm", { body: { code }, isTold: true });
  for (const one of confirmed.body.recoveryCodes) planted.set(`recovery code ${one.length}`, one);
  await told("service token", "/api/v1/tokens", { title: "t", days: 1 }, "token");
  await ask("POST", "/api/v1/directories", { body: { handle: "entra", title: "Entra" } });
  await told("SCIM token", "/api/v1/directories/entra/tokens", {}, "token");
  await ask("POST", "/api/v1/users", { body: { handle: "bob", name: "Bob" } });
  await told("invitation", "/api/v1/users/bob/invite", {}, "invite");
  const feed = await told("calendar feed", "/api/v1/calendar/feeds", { name: "mine" }, "path");
  planted.set("calendar feed", feed.path.split("/")[5]);
  mkdirSync(join(server.state, "secrets"), { recursive: true, mode: 0o700 });
  const metric = canary("metric token");
  writeFileSync(join(server.state, "secrets", "prom"), `${metric}\n`, { mode: 0o600 });
  const source = { url: "http://127.0.0.1:9", secretFile: "prom", authority: null };
  await ask("PUT", "/api/v1/metric-sources/main", { body: source });
  await ask("POST", "/api/v1/metric-sources/main/query", { body: { query: "up" } });
  await mirrors();
  plantOwnFiles(server.state);

  // Wrong uses: where people paste secrets into the wrong place, and where what is asked does not answer.
  const wrong = canary("wrong password");
  await ask("POST", "/api/v1/sessions", { ...none, body: { ...login, password: wrong } });
  await ask("POST", "/api/v1/sessions", {
    ...none,
    body: { ...login, unknownField: canary("field") },
  });
  await ask("POST", "/api/v1/sessions", { ...none, body: { ...login, password: [wrong] } });
  await ask("POST", "/api/v1/sessions", { ...none, body: { by: "provider", provider: "company" } });
  await ask("GET", "/api/v1/me", { headers: { authorization: `Bearer ${canary("wrong token")}` } });
  await ask("GET", "/api/v1/me", { headers: { authorization: `Basic ${canary("basic")}` } });
  await ask("GET", `/api/v1/hosts?token=${canary("query")}`);
  await ask("GET", `/api/v1/calendar/feeds/${canary("wrong feed")}/calendar.ics`, none);
  const calendar = { name: "c", kind: "freeze", hosts: "all", passesEmergency: false, text: null };
  const url = `https://user:${canary("calendar password")}@127.0.0.1:9/c.ics?key=${canary("calendar key")}`;
  await ask("POST", "/api/v1/calendar/imports", { body: { ...calendar, url } });
  const logout = `logout_token=${canary("logout token")}`;
  const form = { "content-type": "application/x-www-form-urlencoded" };
  const out = await fetch(`${server.url}/api/v1/providers/company/logout`, {
    ...{ method: "POST", headers: form, body: logout },
  });
  seen.push(["back-channel logout", await out.text()]);
  const database = `postgres://fettle:${canary("database password")}@127.0.0.1:9/none`;
  const refused = await ask$(process.execPath, [join(clone, "src/main/cli.ts"), "server"], {
    env: {
      ...serverEnvironment(server.sockets),
      FETTLE_STATE: join(folder, "none"),
      FETTLE_DATABASE_URL: database,
      FETTLE_LOG_LEVEL: "trace",
    },
    timeout: 20_000,
  }).catch((cause: { stdout?: string; stderr?: string }) => cause);
  seen.push(["a server without its database", `${refused.stdout}${refused.stderr}`]);

  // The whole of what can be read, then what is seen from beside.
  const still = allRoutes.filter(
    ({ method, path }) => method === "GET" && !path.includes("{") && path !== "/api/v1/live",
  );
  for (const { path } of still) if (!path.endsWith("/events")) await ask("GET", path);
  for (const path of ["/metrics", "/healthz", "/", "/settings/tokens", "/setup", "/sign-in"]) {
    await ask("GET", path);
  }
  await ask("GET", "/api/v1/users/ada");
  mkdirSync(join(folder, "home", "fettle"), { recursive: true, mode: 0o700 });
  const kept = { current: server.url, servers: { [server.url]: { token } } };
  writeFileSync(join(folder, "home", "fettle", "credentials.json"), JSON.stringify(kept), {
    mode: 0o600,
  });
  await Promise.all([
    fettle("doctor"),
    fettle("-o", "json", "token", "list"),
    fettle("audit", "list", "--all"),
    fettle("audit", "export", join(folder, "ledger")),
    fettle("login", "ada"),
  ]);
  const tables = await noteDatabase();
  noteProcesses();
  seen.push(["the log", server.said()]);

  const shown = seen.filter(
    ([from, text]) => !from.startsWith("table ") && text.includes(seenPath),
  );
  expect(shown.map(([from]) => from)).toEqual([]);
  expect(planted.size).toBeGreaterThan(28);
  for (const [where, secret] of planted) expect(secret?.length, where).toBeGreaterThan(7);
  expect(tables).toBeGreaterThan(80);
  expect(seen.find(([from]) => from === "the log")?.[1].length).toBeGreaterThan(5_000);
  expect(found()).toEqual([]);
  // The search itself finds what is there.
  seen.push(["the proof of this test", `x${token}x`]);
  expect(found()).toEqual(["token in the proof of this test"]);
});

function found(): string[] {
  const wanted = [...planted].flatMap(([where, secret]) => [
    [where, secret] as const,
    [`${where} (base64)`, Buffer.from(secret).toString("base64").slice(0, -4)] as const,
    [`${where} (url)`, encodeURIComponent(secret)] as const,
  ]);
  const places = seen.flatMap(([from, text]) =>
    wanted.filter(([, secret]) => text.includes(secret)).map(([where]) => `${where} in ${from}`),
  );
  return [...new Set(places.map((place) => place.replace(" (url)", "")))];
}
