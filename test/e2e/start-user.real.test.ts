import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { run } from "../../lab/machine.ts";
import { clone, databaseProcesses, type Launched, launch, runLauncher } from "./launcher.ts";

/**
 * A clone under a home that nobody else can enter: as the ordinary user who owns it, and as root,
 * whose PostgreSQL runs as another user and could not read its own programs there.
 */
const isRoot = process.getuid?.() === 0;
const isRepository = existsSync(join(clone, ".git"));
const name = `fettle-t${process.pid}`;

interface User {
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

let user: User;
let place = "";
const running: Launched[] = [];

// Without root there is no way to make another user; without a repository, nothing to clone.
describe.runIf(isRoot && isRepository)("a clone under a private home", () => {
  beforeAll(async () => {
    await run("useradd", ["-m", "-k", "/nonexistent", "-s", "/bin/sh", name]);
    const [, , uid, gid, , home] = passwdEntry();
    user = { uid: Number(uid), gid: Number(gid), home: home! };
    place = join(user.home, "fettle");
    await run("git", ["clone", "-q", "--no-hardlinks", clone, place]);
    // What `npm ci` would put there, without fetching it again.
    cpSync(join(clone, "node_modules"), join(place, "node_modules"), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (path) => !path.endsWith("/.cache"),
    });
    cpSync(join(place, "package-lock.json"), join(place, "node_modules/.fettle-installed"));
    await run("chown", ["-R", `${uid}:${gid}`, user.home]);
    await run("chmod", ["0700", user.home]);
  });

  afterEach(async () => {
    for (const server of running.splice(0)) await server.end("SIGTERM");
  });

  afterAll(async () => {
    await run("userdel", ["-r", name]);
  });

  function passwdEntry(): readonly string[] {
    const line = readFileSync("/etc/passwd", "utf8")
      .split("\n")
      .find((text) => text.startsWith(`${name}:`));
    return line!.split(":");
  }

  function environment(more: Readonly<Record<string, string>> = {}): Record<string, string> {
    return { HOME: user.home, USER: name, ...more };
  }

  /** The user's own processes, as the kernel has them. */
  function processesOfUser(): readonly string[] {
    return readdirSync("/proc").filter((pid) => {
      try {
        return /^\d+$/.test(pid) && statSync(`/proc/${pid}`).uid === user.uid;
      } catch {
        return false;
      }
    });
  }

  function socketFolderOf(state: string): string {
    return readFileSync(join(state, "postgres/data/postmaster.pid"), "utf8").split("\n")[4]!;
  }

  it("works for the ordinary user who owns it, npm start to Ctrl-C", async () => {
    const state = join(place, ".fettle");
    const server = launch(["start", "--", "--port", "0"], {
      program: "npm",
      cwd: place,
      env: environment(),
      user: { uid: user.uid, gid: user.gid },
    });
    running.push(server);
    await server.waitFor(/Ready in/);
    expect(server.said()).toContain(`State         ${state}, embedded PostgreSQL\n`);
    expect(server.said()).toMatch(/^This machine .*\d packages/m);
    expect(server.said()).not.toMatch(/EBADENGINE|^fettle: (?!building the pages)/m);
    const sockets = socketFolderOf(state);
    expect(sockets).toMatch(new RegExp(`^${tmpdir()}/fettle-${user.uid}-`));
    expect(statSync(sockets)).toMatchObject({ uid: user.uid, mode: 0o40700 });

    const asUser = { cwd: place, env: environment(), user: { uid: user.uid, gid: user.gid } };
    const fettle = join(place, "fettle");
    const setup = await runLauncher(["setup"], { ...asUser, program: fettle });
    expect(setup).toMatchObject({ code: 0 });
    const credentials = statSync(join(user.home, ".config/fettle/credentials.json"));
    expect(credentials).toMatchObject({ uid: user.uid, mode: 0o100600 });
    expect((await runLauncher(["whoami"], { ...asUser, program: fettle })).said).toMatch(/admin/);

    await server.end("SIGINT");
    expect(server.said()).toMatch(/Stopped\.\n$/);
    await expect.poll(processesOfUser, { timeout: 10_000 }).toEqual([]);
    expect(existsSync(sockets)).toBe(false);
  });

  it("puts that user's sockets into the runtime folder of the session where there is one", async () => {
    const runtime = mkdtempSync(join(tmpdir(), "run-user-"));
    try {
      await run("chown", [`${user.uid}:${user.gid}`, runtime]);
      const server = launch(["start", "--port", "0"], {
        program: join(place, "fettle"),
        cwd: user.home,
        env: environment({ XDG_RUNTIME_DIR: runtime }),
        user: { uid: user.uid, gid: user.gid },
      });
      running.push(server);
      await server.waitFor(/Ready in/);
      expect(socketFolderOf(join(place, ".fettle"))).toMatch(new RegExp(`^${runtime}/fettle-`));
      expect(await server.end()).toEqual({ code: 0, signal: null });
      expect(readdirSync(runtime)).toEqual([]);
    } finally {
      rmSync(runtime, { recursive: true, force: true });
    }
  });

  it("works for root too: state in /var/lib/fettle-server, with programs that its user can read", async () => {
    const folder = mkdtempSync(join(tmpdir(), "fettle-root-"));
    const upper = join(folder, "upper");
    for (const part of ["upper", "work", "sockets"]) mkdirSync(join(folder, part));
    // This machine's own /var/lib is seen through an overlay that takes whatever is written.
    const layers = `lowerdir=/var/lib,upperdir=${upper},workdir=${join(folder, "work")}`;
    const script = `mount --make-rprivate / &&
      mount -t overlay overlay -o "$1" /var/lib && rm -rf /var/lib/fettle-server && shift && exec "$@"`;
    try {
      await run("chmod", ["0711", folder, join(folder, "sockets")]);
      const args = ["--mount", "sh", "-c", script, "sh", layers, join(place, "fettle"), "start"];
      const server = launch([...args, "--port", "0"], {
        program: "unshare",
        env: { FETTLE_SOCKETS: join(folder, "sockets") },
      });
      running.push(server);
      const url = (await server.waitFor(/runs at (http:\/\/\S+)/))[1]!;
      await server.waitFor(/Ready in/);
      expect(server.said()).toMatch(
        /State +\/var\/lib\/fettle-server, .*, run as the user (fettle|nobody)/,
      );
      expect((await fetch(`${url}/healthz`)).status).toBe(200);
      const postgres = readdirSync(join(upper, "fettle-server/postgres"));
      expect(postgres).toContainEqual(expect.stringMatching(/^binaries-\d/));
      const processes = databaseProcesses("/var/lib/fettle-server");
      expect(processes.length).toBeGreaterThan(3);
      for (const pid of processes) expect(statSync(`/proc/${pid}`).uid).not.toBe(0);
      expect(await server.end()).toEqual({ code: 0, signal: null });
      expect(databaseProcesses("/var/lib/fettle-server")).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
