import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

/**
 * `./fettle` as people type it: the launcher in a process group of its own, so that Ctrl-C reaches
 * what a terminal would send it to, and nothing of the environment of whoever runs the tests.
 */
export interface Launched {
  readonly pid: number;
  /** Everything it wrote, both streams in order of arrival. */
  readonly said: () => string;
  /** Resolves with the match; fails with what was said when it ends or takes too long. */
  waitFor(pattern: RegExp): Promise<RegExpExecArray>;
  /** What a terminal's Ctrl-C does, or another signal, to the whole group. */
  end(signal?: NodeJS.Signals): Promise<Ended>;
  readonly ended: Promise<Ended>;
  /** As when the terminal window or the reader of a pipe is gone. */
  closeOutput(): void;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface LaunchOptions {
  readonly program?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly user?: { readonly uid: number; readonly gid: number };
}

export const clone = join(import.meta.dirname, "..", "..");
const WAIT_MS_MAX = 90_000;
const STOP_MS_MAX = 30_000;
const POLL_MS = 20;

export function launch(args: readonly string[], options: LaunchOptions = {}): Launched {
  const child = spawn(options.program ?? join(clone, "fettle"), [...args], {
    cwd: options.cwd ?? "/",
    env: { ...plainEnvironment(), ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
    ...options.user,
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const ended = new Promise<Ended>((resolve) => {
    child.once("close", (code, signal) => resolve({ code, signal }));
    child.once("error", () => resolve({ code: null, signal: null }));
  });
  const said = (): string => output;
  return {
    pid: child.pid!,
    said,
    ended,
    waitFor: (pattern) => waitForText(child, said, pattern),
    async end(signal = "SIGINT") {
      if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid!, signal);
      const late = setTimeout(() => process.kill(-child.pid!, "SIGKILL"), STOP_MS_MAX);
      const how = await ended;
      clearTimeout(late);
      return how;
    },
    closeOutput() {
      child.stdout.destroy();
      child.stderr.destroy();
    },
  };
}

/** Runs a command of the launcher to its end. */
export async function runLauncher(
  args: readonly string[],
  options: LaunchOptions = {},
): Promise<Ended & { readonly said: string }> {
  const launched = launch(args, options);
  const late = setTimeout(() => void launched.end("SIGKILL"), WAIT_MS_MAX);
  const how = await launched.ended;
  clearTimeout(late);
  return { ...how, said: launched.said() };
}

async function waitForText(
  child: ChildProcess,
  said: () => string,
  pattern: RegExp,
): Promise<RegExpExecArray> {
  const until = Date.now() + WAIT_MS_MAX;
  for (;;) {
    const found = pattern.exec(said());
    if (found !== null) return found;
    if (child.exitCode !== null || child.signalCode !== null || Date.now() > until) {
      throw new Error(`${pattern} was not said, but: ${said().slice(-3000)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function plainEnvironment(): NodeJS.ProcessEnv {
  const { PATH = "", HOME = "/" } = process.env;
  // The launcher finds its own Node; the one that runs the tests must not help it.
  const path = PATH.split(":").filter((folder) => !folder.includes("node_modules"));
  return { PATH: path.join(":"), HOME, FETTLE_FEEDS_NETWORK: "off", FETTLE_MFA: "off" };
}

/** Processes that still work with a state folder: its database's, whoever they run as. */
export function databaseProcesses(state: string): readonly number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 1 && worksIn(pid, join(state, "postgres/data")));
}

function worksIn(pid: number, folder: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === folder;
  } catch {
    return false;
  }
}

export function postmaster(state: string): number | null {
  const file = join(state, "postgres/data/postmaster.pid");
  return existsSync(file) ? Number(readFileSync(file, "utf8").split("\n", 1)[0]) : null;
}
