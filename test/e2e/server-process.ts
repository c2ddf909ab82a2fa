import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kill, waitFor } from "../../lab/machine.ts";
import { fillState, type StartServer } from "./deployed-state.ts";

/**
 * The product as its users run it: `fettle server` in a process of its own, which can be killed -9
 * and started again on the same state. Its database is the embedded one, with fsync on.
 */
export interface ServerProcess {
  readonly url: string;
  readonly state: string;
  readonly sockets: string;
  /** Resolves when the process is gone; the database outlives it, as it does for users. */
  kill9(): Promise<void>;
  start(): Promise<void>;
  /** kill -9 of every process of the database at once. */
  killDatabase(): void;
  readonly isRunning: () => boolean;
  /** What it wrote since its first start. */
  readonly said: () => string;
  /** Ends server and database and removes their folders. */
  close(): Promise<void>;
}

export const clone = join(import.meta.dirname, "..", "..");
const START_MS_MAX = 90_000;
const STOP_MS_MAX = 30_000;

export async function startServerProcess(
  environment: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
  const folder = mkdtempSync(join(tmpdir(), "fettle-e2e-"));
  chmodSync(folder, 0o755);
  const state = join(folder, "state");
  await fillState(state, spawnServer);
  const sockets = mkdtempSync(join(tmpdir(), "fe-"));
  const port = await freePort();
  const output: string[] = [];
  let child: ChildProcess | null = null;
  const isRunning = (): boolean => child !== null && child.exitCode === null && !child.killed;
  const start = async (): Promise<void> => {
    const from = output.length;
    const started = spawnServer({ state, sockets, port, environment });
    child = started;
    for (const stream of [started.stdout, started.stderr]) {
      stream.on("data", (chunk: Buffer) => output.push(chunk.toString()));
    }
    await waitFor("the server to listen", START_MS_MAX, async () => {
      if (started.exitCode !== null) throw new Error(`it ended: ${output.join("").slice(-3000)}`);
      return output.slice(from).join("").includes("listens at");
    });
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const ending = child;
    if (ending === null || ending.exitCode !== null || ending.signalCode !== null) return;
    const gone = new Promise((resolve) => ending.once("exit", resolve));
    ending.kill(signal);
    const late = setTimeout(() => ending.kill("SIGKILL"), STOP_MS_MAX);
    await gone;
    clearTimeout(late);
  };
  const close = async (): Promise<void> => {
    await end("SIGTERM");
    await endDatabase(state);
    for (const made of [folder, sockets]) rmSync(made, { recursive: true, force: true });
  };
  await start().catch(async (cause: unknown) => {
    await close();
    throw cause;
  });
  return {
    url: `http://localhost:${port}`,
    state,
    sockets,
    kill9: () => end("SIGKILL"),
    start,
    killDatabase: () => killDatabase(state),
    isRunning,
    said: () => output.join(""),
    close,
  };
}

export const spawnServer: StartServer = ({ state, sockets, port, environment }) =>
  spawn(
    process.execPath,
    [join(clone, "src/main/cli.ts"), "server", "--port", String(port), "--state", state],
    {
      env: { ...serverEnvironment(sockets), ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );

/** What the server and the command line inherit: nothing of the configuration of whoever tests. */
export function serverEnvironment(sockets: string): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(FETTLE_|DATABASE_URL)/.test(name),
  );
  return {
    ...Object.fromEntries(kept),
    FETTLE_SOCKETS: sockets,
    FETTLE_FEEDS_NETWORK: "off",
    FETTLE_LOG_LEVEL: "warn",
    FETTLE_MFA: "off",
  };
}

/** Its processes are the one that its own file names, and that one's children. */
function killDatabase(state: string): void {
  const first = postmaster(state);
  if (first === null) throw new Error("no database runs");
  const children = readdirSync("/proc").filter(
    (name) => /^\d+$/.test(name) && isChild(name, first),
  );
  // The first process must not live to see a child die: it would end the others in good order.
  for (const pid of [first, ...children.map(Number)]) kill(pid, "SIGKILL");
}

function isChild(pid: string, parent: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]) === parent;
  } catch {
    // It ended between the look at the folder and at the file.
    return false;
  }
}

function postmaster(state: string): number | null {
  const file = join(state, "postgres/data/postmaster.pid");
  return existsSync(file) ? Number(readFileSync(file, "utf8").split("\n", 1)[0]) : null;
}

/** After a kill -9 nobody has stopped the database; its own file names its process. */
async function endDatabase(state: string): Promise<void> {
  const file = join(state, "postgres/data/postmaster.pid");
  const first = postmaster(state);
  if (first === null) return;
  kill(first, "SIGINT");
  await waitFor("the database to end", STOP_MS_MAX, async () => !existsSync(file));
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" ? (address?.port ?? 0) : 0));
    });
  });
}
