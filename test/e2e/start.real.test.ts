import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fillState } from "./deployed-state.ts";
import {
  databaseProcesses,
  type Launched,
  type LaunchOptions,
  launch,
  postmaster,
  runLauncher,
} from "./launcher.ts";
import { spawnServer } from "./server-process.ts";

/** What a newcomer and an operator see of `npm start`, on the real launcher and real processes. */

const isRoot = process.getuid?.() === 0;

let folder = "";
let state = "";
let sockets = "";
let started: Launched[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fettle-start-"));
  chmodSync(folder, 0o755);
  state = join(folder, "state");
  sockets = mkdtempSync(join(tmpdir(), "fs-"));
  started = [];
});

afterEach(async () => {
  for (const server of started) await server.end("SIGTERM");
  for (const pid of databaseProcesses(state)) process.kill(pid, "SIGQUIT");
  await expect.poll(() => databaseProcesses(state), { timeout: 20_000 }).toEqual([]);
  for (const path of [folder, sockets]) rmSync(path, { recursive: true, force: true });
});

function environment(): Record<string, string> {
  return { FETTLE_SOCKETS: sockets, XDG_CONFIG_HOME: join(folder, "config") };
}

/** For what is not about a first start: the state is there as an earlier run of the server left it. */
async function startAgain(options: LaunchOptions = {}): Promise<Launched> {
  await fillState(state, spawnServer);
  return startServer([], options);
}

function startServer(args: readonly string[] = [], options: LaunchOptions = {}): Launched {
  const env = { ...environment(), ...options.env };
  const server = launch(["start", "--port", "0", "--state", state, ...args], { ...options, env });
  started.push(server);
  return server;
}

async function urlOf(server: Launched): Promise<string> {
  return (await server.waitFor(/runs at (http:\/\/\S+)/))[1]!;
}

/** A command of the launcher against this test's state. */
function fettle(args: readonly string[], env: Record<string, string> = {}) {
  return runLauncher(args, { env: { ...environment(), FETTLE_STATE: state, ...env } });
}

function credentials(): { current: string; servers: Record<string, { token: string }> } {
  return JSON.parse(readFileSync(join(folder, "config/fettle/credentials.json"), "utf8"));
}

function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

/** Who the token of the first sign-in is, on a server that may listen elsewhere by now. */
async function whoami(url: string): Promise<{ status: number; handle: string | undefined }> {
  const token = Object.values(credentials().servers)[0]!.token;
  const answer = await fetch(`${url}/api/v1/me`, { headers: { authorization: `Bearer ${token}` } });
  const body = (await answer.json()) as { handle?: string };
  return { status: answer.status, handle: body.handle };
}

async function expectNothingLeft(): Promise<void> {
  expect(databaseProcesses(state)).toEqual([]);
  expect(postmaster(state)).toBe(null);
  expect(existsSync(sockets) ? readdirSync(sockets) : []).toEqual([]);
  expect(existsSync(join(state, "server.json"))).toBe(false);
}

describe("a first start", () => {
  it("says what it found, lets the first admin in once, and stops without a trace", async () => {
    const began = Date.now();
    const server = startServer();
    const url = await urlOf(server);
    await server.waitFor(/Ready in/);
    const firstMs = Date.now() - began;
    for (const line of [
      `State         ${state}, embedded PostgreSQL`,
      `run FETTLE_STATE=${state} ./fettle setup`,
      "This machine  ",
      "Findings      ",
      "Data          ",
      `s. Try: FETTLE_STATE=${state} ./fettle setup, then ./fettle host list, `,
    ]) {
      expect(server.said()).toContain(line);
    }
    expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: "ok" });
    expect((await fetch(`${url}/metrics`)).status, "numbers are for those with a token").toBe(401);

    expect(modeOf(join(state, "setup-secret"))).toBe("600");
    const setup = await fettle(["setup", "--handle", "alice"]);
    expect(setup).toMatchObject({ code: 0 });
    expect(modeOf(join(folder, "config/fettle/credentials.json"))).toBe("600");
    expect(await whoami(url)).toEqual({ status: 200, handle: "alice" });
    const again = await fettle(["setup", "--handle", "mallory"]);
    expect(again.code).toBe(1);
    expect(again.said).toMatch(/setup is over/);
    const hosts = await fettle(["host", "list", "-o", "json"]);
    expect(hosts).toMatchObject({ code: 0 });

    await server.waitFor(/Feeds {9}their network is switched off; .* starter snapshot of 20/);
    expect(await server.end("SIGINT")).toEqual({ code: 0, signal: null });
    expect(server.said()).toMatch(/Stopped\.\n$/);
    await expectNothingLeft();

    const secondBegan = Date.now();
    const second = startServer();
    await second.waitFor(/Ready in/);
    console.log(`first start ${firstMs} ms, second ${Date.now() - secondBegan} ms`);
    expect(second.said()).not.toMatch(/First admin/);
    expect(second.said()).toMatch(/Try: .\/fettle host list, /);
    expect(second.said()).toContain(/^This machine .*$/m.exec(server.said())![0]);
    expect(await second.end("SIGTERM")).toEqual({ code: 0, signal: null });
    await expectNothingLeft();
  });

  it("ends cleanly also when Ctrl-C comes while the database is being made", async () => {
    for (const path of ["postgres/data", "postgres/data/postmaster.pid"]) {
      const server = startServer();
      await expect.poll(() => existsSync(join(state, path)), { timeout: 60_000 }).toBe(true);
      expect(await server.end("SIGINT")).toEqual({ code: 0, signal: null });
      await expectNothingLeft();
    }
    const server = startServer();
    await server.waitFor(/Ready in/);
  });

  it("sends the setup secret to the server of its own state, whatever was used last", async () => {
    const config = join(folder, "config/fettle");
    mkdirSync(config, { recursive: true });
    const known = { current: "http://localhost:9", servers: {} };
    writeFileSync(join(config, "credentials.json"), JSON.stringify(known), { mode: 0o600 });
    const before = await fettle(["setup"]);
    expect(before.code).toBe(1);
    expect(before.said).toMatch(/No server runs on the state folder/);
    const url = await urlOf(await startAgain());
    expect(await fettle(["setup"])).toMatchObject({ code: 0 });
    expect(credentials().current).toBe(url);
  });
});

describe("after a kill -9", () => {
  it("adopts the database that lived on, restarts the one that did not, loses nothing", async () => {
    const first = await startAgain();
    await urlOf(first);
    await first.waitFor(/Ready in/);
    expect(await fettle(["setup", "--handle", "alice"])).toMatchObject({ code: 0 });
    await first.end("SIGKILL");
    const pid = postmaster(state)!;
    expect(databaseProcesses(state)).toContain(pid);

    const adopting = startServer();
    const url = await urlOf(adopting);
    await adopting.waitFor(/still running from before/);
    expect(postmaster(state)).toBe(pid);
    expect(await whoami(url)).toEqual({ status: 200, handle: "alice" });

    await adopting.end("SIGKILL");
    process.kill(pid, "SIGKILL");
    const restarting = startServer();
    expect(await whoami(await urlOf(restarting))).toEqual({ status: 200, handle: "alice" });
    expect(restarting.said()).not.toMatch(/still running from before/);
    expect(await restarting.end()).toEqual({ code: 0, signal: null });
    await expectNothingLeft();
  });

  it("finds the database again when sockets have moved since", async () => {
    const first = await startAgain();
    await urlOf(first);
    await first.waitFor(/Ready in/);
    expect(await fettle(["setup", "--handle", "alice"])).toMatchObject({ code: 0 });
    await first.end("SIGKILL");
    const moved = join(folder, "moved");
    const second = startServer([], { env: { FETTLE_SOCKETS: moved } });
    expect(await whoami(await urlOf(second))).toEqual({ status: 200, handle: "alice" });
    await second.end("SIGKILL");
    // An emptied temporary folder takes the socket, not the server.
    rmSync(join(sockets, "pg"), { recursive: true });
    const third = startServer([], { env: { FETTLE_SOCKETS: moved } });
    expect(await whoami(await urlOf(third))).toEqual({ status: 200, handle: "alice" });
  });
});

describe("trouble", () => {
  it("lets a second server on the same state end with a clear word, unharmed the first", async () => {
    const first = await startAgain();
    const url = await urlOf(first);
    const second = startServer();
    expect((await second.ended).code).toBe(1);
    expect(second.said()).toContain(`already runs on ${state} (process ${first.pid}, ${url})`);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect(await first.end()).toEqual({ code: 0, signal: null });
    await expectNothingLeft();
  });

  it("names a busy port and leaves no database behind", async () => {
    const squatter = createServer();
    const port = await new Promise<number>((resolve) => {
      squatter.listen(0, "127.0.0.1", () => {
        const address = squatter.address();
        resolve(typeof address === "object" ? address!.port : 0);
      });
    });
    const server = startServer(["--port", String(port)]);
    expect((await server.ended).code).toBe(3);
    expect(server.said()).toContain(`Port ${port} on 127.0.0.1 is in use`);
    await new Promise((resolve) => squatter.close(resolve));
    await expectNothingLeft();
  });

  it("refuses unknown keys in the file and in the environment, and names the known ones", async () => {
    const file = join(folder, "fettle.yaml");
    writeFileSync(file, "prot: 7700\n");
    for (const env of [{ FETTLE_CONFIG: file }, { FETTLE_PROT: "7700" }]) {
      const server = startServer([], { env });
      expect((await server.ended).code).toBe(2);
      expect(server.said()).toMatch(/"prot"[\s\S]*Known keys: .*\bport\b/);
      expect(existsSync(state)).toBe(false);
    }
  });

  it("works at a very deep path, with deep folders for temporary files and sockets too", async () => {
    state = join(folder, ...Array.from({ length: 12 }, () => "d".repeat(20)), "state");
    const temporary = join(folder, "t".repeat(100));
    mkdirSync(temporary);
    const env = { TMPDIR: temporary, XDG_RUNTIME_DIR: temporary };
    const args = ["start", "--port", "0", "--state", state];
    const server = launch(args, { env: { ...env, XDG_CONFIG_HOME: join(folder, "config") } });
    started.push(server);
    expect((await fetch(`${await urlOf(server)}/healthz`)).status).toBe(200);
    const socket = readFileSync(join(state, "postgres/data/postmaster.pid"), "utf8").split(
      "\n",
    )[4]!;
    expect(await server.end()).toEqual({ code: 0, signal: null });
    expect(existsSync(socket)).toBe(false);
    await expectNothingLeft();
  });

  it("answers 503 while its database is down and brings it back by itself", async () => {
    const server = await startAgain();
    const url = await urlOf(server);
    await server.waitFor(/Ready in/);
    expect(await fettle(["setup", "--handle", "alice"])).toMatchObject({ code: 0 });
    const killed = postmaster(state)!;
    process.kill(killed, "SIGKILL");
    const health = async (): Promise<number> => (await fetch(`${url}/healthz`)).status;
    await expect.poll(health, { timeout: 20_000, interval: 5 }).toBe(503);
    const seen = new Set<number>();
    await expect
      .poll(
        async () => {
          const { status } = await whoami(url);
          seen.add(status);
          return status;
        },
        { timeout: 60_000, interval: 20 },
      )
      .toBe(200);
    expect([...seen].filter((status) => ![200, 503].includes(status))).toEqual([]);
    expect(postmaster(state)).not.toBe(killed);
    expect(server.said()).toMatch(/ended by itself; starting it again/);
    expect(await server.end()).toEqual({ code: 0, signal: null });
    await expectNothingLeft();
  });

  it("goes on when its terminal or pipe is gone, and still stops cleanly", async () => {
    const server = await startAgain();
    const url = await urlOf(server);
    server.closeOutput();
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect(await server.end("SIGHUP")).toEqual({ code: 0, signal: null });
    await expectNothingLeft();
  });

  it.runIf(isRoot)("refuses a state folder where PostgreSQL's user cannot go", async () => {
    chmodSync(folder, 0o700);
    const server = startServer();
    expect((await server.ended).code).toBe(2);
    expect(server.said()).toMatch(/lies where only root may go.*such as \/var\/lib\/fettle/);
    await expectNothingLeft();
  });
});

describe.runIf(isRoot)("what cannot be seen", () => {
  /** Runs the launcher where parts of this machine are hidden from it, and from it alone. */
  async function startBlind(hide: string): Promise<Launched> {
    await fillState(state, spawnServer);
    const script = `mount --make-rprivate / && ${hide} && shift && exec "$@"`;
    const args = [
      "--mount",
      "sh",
      "-c",
      script,
      "sh",
      "-",
      join(import.meta.dirname, "../../fettle"),
    ];
    const server = launch([...args, "start", "--port", "0", "--state", state], {
      program: "/usr/bin/unshare",
      env: environment(),
    });
    started.push(server);
    return server;
  }

  it("reads as unknown on a machine without dpkg, never as 0", async () => {
    const hidden = ["dpkg", "dpkg-query"].map((name) => `mount --bind /dev/null /usr/bin/${name}`);
    const server = await startBlind(hidden.join(" && "));
    await server.waitFor(/Ready in/);
    expect(server.said()).toMatch(/^This machine .*packages unknown/m);
    expect(server.said()).toMatch(/^Findings +unknown/m);
    expect(server.said()).not.toMatch(/\b0 (packages|available|vulnerabilities)/);
    expect(await server.end()).toEqual({ code: 0, signal: null });
  });

  it("reads as unknown updates on a machine without package lists", async () => {
    const server = await startBlind("mount -t tmpfs none /var/lib/apt/lists");
    await server.waitFor(/Ready in/);
    expect(server.said()).toMatch(/^This machine .*\d packages/m);
    expect(server.said()).toMatch(/^Updates +unknown/m);
    expect(await server.end()).toEqual({ code: 0, signal: null });
  });
});
