/**
 * The demo: the same commands a person would type, on six real Debian hosts in namespaces. A pending
 * security update goes canary → ring 1 → ring 2; then an update whose new version answers errors stops
 * at the canary, which puts back what it had.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Lab, startLab } from "../lab/lab.ts";
import { installLabPackages, missingLabPackages } from "../lab/prerequisites.ts";

const clone = resolve(import.meta.dirname, "..");
const state = join(clone, ".fettle", "demo");
const rings = join("lab", "demo-rings.yaml");
const HOSTS = 6;
const START_MS_MAX = 60_000;
const BAD = "lab-answers-500";
const PROBES = {
  "web-health": "http http://127.0.0.1/ 200\ntimeout 5\ntries 3\n",
  "lab-answers": "http http://127.0.0.1:8102/ 200\ntimeout 5\ntries 3\n",
};

let server: ChildProcess | null = null;
let lab: Lab | null = null;
let url = "";

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    void cleanUp().then(() => process.exit(130));
  });
}
try {
  await demo();
} catch (cause) {
  console.error(`demo: ${cause instanceof Error ? cause.message : String(cause)}`);
  process.exitCode = 1;
} finally {
  await cleanUp();
}

async function demo(): Promise<void> {
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) {
    throw new Error(
      "needs root on Debian: it starts real Debian hosts in namespaces of this machine.",
    );
  }
  const missing = await missingLabPackages();
  if (missing.length > 0) await installLabPackages(title);
  rmSync(state, { recursive: true, force: true });
  mkdirSync(state, { recursive: true });
  await startHosts();
  await startServer();
  people();
  addHosts();
  goodPatch();
  await badPatch();
  proof();
}

function title(text: string): void {
  console.log(`\n\u001b[1m${text}\u001b[0m`);
}

async function startHosts(): Promise<void> {
  title(`Starting ${HOSTS} Debian hosts (the first time builds their base, about 40 s)`);
  const started = await startLab({
    hosts: HOSTS,
    stateDir: join(clone, ".fettle", "lab"),
    name: "demo",
    say: (text) => console.log(text),
  });
  lab = started;
  for (const host of started.hosts) {
    await started.installBad(host, BAD);
    await host.must(["mkdir", "-p", "/etc/fettle/probes.d"]);
    for (const [name, text] of Object.entries(PROBES)) {
      await host.must(["tee", `/etc/fettle/probes.d/${name}`], { input: text });
    }
  }
  console.log("Each host runs sshd, nginx and a small service, and has its own health probes.");
}

async function startServer(): Promise<void> {
  title("Starting the server on the embedded database");
  const args = ["src/main/cli.ts", "server", "--port", "0", "--state", state];
  const child = spawn(process.execPath, args, {
    cwd: clone,
    stdio: ["ignore", "pipe", "inherit"],
    env: {
      ...process.env,
      FETTLE_LOG_LEVEL: "error",
      FETTLE_FEEDS_NETWORK: "off",
      FETTLE_MFA: "off",
    },
    detached: true,
  });
  server = child;
  let text = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    text += chunk.toString("utf8");
  });
  for (let waited = 0; waited < START_MS_MAX; waited += 100) {
    const match = /listens at (\S+)/.exec(text);
    if (match?.[1] !== undefined) {
      url = match[1];
      console.log(`It listens at ${url}.`);
      return;
    }
    if (child.exitCode !== null) throw new Error("the server did not start; its message is above.");
    await sleep(100);
  }
  throw new Error("the server did not start within a minute.");
}

interface Options {
  readonly quiet?: boolean;
  /** Exit codes that are fine beside 0. */
  readonly expects?: readonly number[];
}

/** Runs one command as a person would type it, and shows both. */
function fettle(person: "alice" | "bob", args: readonly string[], options: Options = {}): string {
  if (options.quiet !== true) {
    const shown = args.map((arg) => (/[\s"]/.test(arg) ? `'${arg}'` : arg)).join(" ");
    console.log(`\n\u001b[36m${person}$\u001b[0m fettle ${shown}`);
  }
  const result = spawnSync(process.execPath, ["src/main/cli.ts", ...args], {
    cwd: clone,
    stdio: ["ignore", options.quiet === true ? "pipe" : "inherit", "inherit"],
    env: {
      ...process.env,
      FETTLE_URL: url,
      FETTLE_STATE: state,
      XDG_CONFIG_HOME: join(state, "people", person),
    },
  });
  const code = result.status ?? 1;
  if (code !== 0 && options.expects?.includes(code) !== true) {
    throw new Error(`the command above ended with ${code}.`);
  }
  return result.stdout?.toString("utf8") ?? "";
}

/** One field of a command's JSON output. */
function read(args: readonly string[], path: readonly (string | number)[]): string {
  let value: unknown = JSON.parse(fettle("alice", ["-o", "json", ...args], { quiet: true }));
  for (const key of path) value = (value as Record<string | number, unknown>)[key];
  return String(value);
}

function people(): void {
  title("Two people: alice operates, bob approves. Nobody approves their own change.");
  fettle("alice", ["setup", "--handle", "alice"]);
  const invite = join(state, "bob.invite");
  fettle("alice", ["user", "add", "bob", "--role", "approver", "--invite-file", invite]);
  fettle("bob", ["login", "--invite-file", invite]);
  const key = join(state, "bob.key");
  spawnSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "bob", "-f", key]);
  fettle("bob", ["key", "add", `${key}.pub`]);
}

function addHosts(): void {
  if (lab === null) return;
  title("Six hosts: pinned host keys, labels, enrolment, first look");
  for (const host of lab.hosts) {
    const labels = Object.entries(host.labels).flatMap(([k, v]) => ["--label", `${k}=${v}`]);
    const way = ["--ssh", `root@${host.address}:${host.port}`, "--identity", lab.identityFile];
    const pin = ["--host-key", host.hostKey];
    fettle("alice", ["host", "add", host.name, ...way, ...pin, ...labels], {
      quiet: host !== lab.hosts[0],
    });
  }
  console.log(`… and ${lab.hosts.length - 1} more in the same way.`);
  const names = lab.hosts.map((host) => host.name);
  fettle("alice", ["host", "enrol", ...names, "--policy", rings], { quiet: true });
  console.log("All are enrolled: each made its own key, which signs what it reports.");
  fettle("alice", ["host", "scan", "--all", "--watch"]);
  fettle("alice", ["host", "list"]);
}

function goodPatch(): void {
  title("What to fix first, and one real patch from advisory to verified outcome");
  fettle("alice", ["patch", "list", "--limit", "8"]);
  const first = JSON.parse(fettle("alice", ["-o", "json", "patch", "list"], { quiet: true })) as {
    items: { source: string; remedy: string; hosts: number }[];
  };
  const item = first.items.find((i) => i.remedy === "update-offered");
  if (item === undefined) {
    console.log("No real update is pending: this Debian point release is too new. Going on.");
    return;
  }
  const { ref, change } = requestPatch(item.source, "It clears the most risk of all updates today");
  console.log("\nAlice asked for it, so she cannot approve it:");
  const key = join(state, "bob.key");
  fettle("alice", ["change", "approve", change, "--key", key, "--yes"], { expects: [1, 3] });
  fettle("bob", ["change", "show", change]);
  fettle("bob", ["change", "approve", change, "--key", key, "--yes"]);
  fettle("alice", ["rollout", "start", change, "--watch"]);
  fettle("alice", ["patch", "show", ref]);
}

function requestPatch(source: string, reason: string): { ref: string; change: string } {
  fettle("alice", ["patch", "open", source, "--reason", reason]);
  const ref = read(["patch", "open", source], ["patch", "ref"]);
  fettle("alice", ["plan", "create", "--patch", ref, "--policy", rings]);
  const plan = read(["plan", "list", "--patch", ref], [0, "digest"]).slice(0, 16);
  fettle("alice", ["change", "request", "--plan", plan, "--reason", reason]);
  return { ref, change: read(["change", "list"], [0, "number"]) };
}

async function badPatch(): Promise<void> {
  if (lab === null) return;
  title("A patch whose new version starts, then answers errors: it stops at the canary");
  const { ref, change } = requestPatch(BAD, "New version of the small service");
  const key = join(state, "bob.key");
  fettle("bob", ["change", "approve", change, "--key", key, "--yes"]);
  fettle("alice", ["rollout", "start", change, "--watch"], { expects: [1] });
  const rollout = read(["rollout", "list"], [0, "ref"]);
  fettle("alice", ["rollout", "show", rollout]);
  fettle("alice", ["explain", "host", "web-4", "patch", ref]);
  console.log("\nThe hosts themselves say:");
  for (const host of lab.hosts) {
    const version = await host.must(["dpkg-query", "-W", "-f", "${Version}", BAD]);
    console.log(`  ${host.name}: ${BAD} ${version}`);
  }
  title("The case on one timeline");
  fettle("alice", ["patch", "show", ref]);
}

function proof(): void {
  title("The ledger, taken away and checked without the server");
  const file = join(state, "ledger.jsonl");
  const key = fettle("alice", ["audit", "key"], { quiet: true }).trim();
  fettle("alice", ["audit", "export", file]);
  fettle("alice", ["audit", "verify", file, "--key", key]);
  console.log(
    `\n${readFileSync(file, "utf8").split("\n").length - 1} lines in ${file}; everything else is cleaned up now.`,
  );
}

async function cleanUp(): Promise<void> {
  const child = server;
  server = null;
  if (child !== null && child.exitCode === null) {
    const ended = new Promise((done) => child.once("exit", done));
    child.kill("SIGTERM");
    await ended;
  }
  const started = lab;
  lab = null;
  await started?.stop();
}
