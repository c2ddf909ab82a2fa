import { constants } from "node:fs";
import { access, readdir, readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { z } from "zod";
import { Failure, present } from "../src/base/failure.ts";
import { runCommand } from "../src/base/run-command.ts";
import { type AptSettings, readAptSettings } from "./apt-settings.ts";
import {
  type AptSource,
  findMirrors,
  type Mirrors,
  parseDeb822Sources,
  parseOneLineSources,
} from "./apt-sources.ts";

/** Everything the lab asks of, or does on, the machine it runs on. */

/** Programs run without the caller's environment: no proxy or locale of the user leaks in. */
export const cleanEnvironment: Readonly<Record<string, string>> = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  HOME: "/root",
  LC_ALL: "C.UTF-8",
  DEBIAN_FRONTEND: "noninteractive",
};

const OUTPUT_BYTES_MAX = 32 * 1024 * 1024;

export interface RunOptions {
  readonly input?: string;
  readonly timeoutMs?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Said when it fails: what was tried and what to do. */
  readonly failing?: string;
}

/** Runs a program that is expected to succeed and returns what it printed. */
export async function run(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const result = await runCommand({
    program,
    args,
    env: { ...cleanEnvironment, ...options.env },
    timeoutMs: options.timeoutMs ?? 60_000,
    outputBytesMax: OUTPUT_BYTES_MAX,
    ...(options.input === undefined ? {} : { input: options.input }),
  });
  if (result.ended === "exit" && result.code === 0) return result.stdout.toString();
  const why = result.stderr.toString().trim().split("\n").at(-1) ?? "";
  const ran = `The lab ran ${program} ${args.slice(0, 4).join(" ")} and it failed`;
  throw new Failure(
    "unavailable",
    options.failing ?? (why === "" ? `${ran}.` : `${ran}: ${why.slice(0, 200)}`),
    {
      facts: {
        program,
        ended: result.ended,
        code: result.code,
        said: `${result.stdout.toString().slice(-2000)}\n${result.stderr.toString().slice(-4000)}`,
      },
    },
  );
}

/**
 * Like `run`, for programs that start others and mount: all of it ends with this process, or with
 * the sweep of the run whose marker it carries. Files are made readable whatever the umask is.
 */
export function runContained(
  marker: string,
  argv: readonly string[],
  options: RunOptions,
): Promise<string> {
  const args = [
    ...["--pdeathsig", "KILL", "--", "unshare", "--mount", "--pid", "--fork"],
    ...["--kill-child=KILL", "--mount-proc", "sh", "-c", 'umask 022 && shift && exec "$@"'],
    ...["sh", marker, ...argv],
  ];
  return run("setpriv", args, options);
}

export async function readMirrors(): Promise<Mirrors> {
  const sources: AptSource[] = [...parseOneLineSources(await readOr("/etc/apt/sources.list", ""))];
  const folder = "/etc/apt/sources.list.d";
  for (const name of (await readdir(folder).catch(() => [])).sort()) {
    const text = await readOr(`${folder}/${name}`, "");
    if (name.endsWith(".list")) sources.push(...parseOneLineSources(text));
    if (name.endsWith(".sources")) sources.push(...parseDeb822Sources(text));
  }
  return findMirrors(sources);
}

export async function readSettings(): Promise<AptSettings> {
  const dump = await run("apt-config", ["dump"]);
  // apt reads these three from its environment; asked through printenv, so do we.
  const inherited = async (name: string): Promise<string> => {
    const asked = { program: "printenv", args: [name], timeoutMs: 5_000, outputBytesMax: 8_192 };
    return (await runCommand(asked)).stdout.toString().trim();
  };
  return readAptSettings(dump, {
    http_proxy: await inherited("http_proxy"),
    https_proxy: await inherited("https_proxy"),
    no_proxy: await inherited("no_proxy"),
  });
}

const routesSchema = z.array(z.looseObject({ dst: z.string() }));
const linksSchema = z.array(z.looseObject({ ifname: z.string(), flags: z.array(z.string()) }));

export async function routedNetworks(): Promise<readonly string[]> {
  const routes = JSON.parse(await run("ip", ["-j", "-4", "route", "show", "table", "all"]));
  return routesSchema.parse(routes).map((route) => route.dst);
}

export async function links(): Promise<readonly { name: string; isUp: boolean }[]> {
  const found = linksSchema.parse(JSON.parse(await run("ip", ["-j", "link", "show"])));
  return found.map((link) => ({ name: link.ifname, isUp: link.flags.includes("UP") }));
}

export function ipBatch(lines: readonly string[]): Promise<string> {
  return run("ip", ["-batch", "-"], { input: `${lines.join("\n")}\n` });
}

export interface RunningProcess {
  readonly pid: number;
  readonly args: readonly string[];
}

export async function processes(): Promise<readonly RunningProcess[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(
    pids.map(async (pid) => ({ pid, args: await processArguments(pid) })),
  );
  return found.filter((process) => process.args.length > 0);
}

export async function processArguments(pid: number): Promise<readonly string[]> {
  const text = await readOr(`/proc/${pid}/cmdline`, "");
  return text.split("\0").filter((argument) => argument !== "");
}

/** Clock ticks after boot at which a process began; with its pid that names it for good. */
export async function startTicks(pid: number): Promise<string | null> {
  const stat = await readOr(`/proc/${pid}/stat`, "");
  // The second field is in brackets and may hold anything; the 22nd is the start (proc(5)).
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" ? null : (fields[19] ?? null);
}

export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ESRCH") throw cause;
  }
}

/** Asks again until `condition` gives something, and tells what was awaited when time is up. */
export async function waitFor<T>(
  what: string,
  timeoutMs: number,
  condition: () => Promise<T | null | false>,
): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const found = await condition();
    if (found !== null && found !== false) return found;
    if (Date.now() > end) {
      throw new Failure("unavailable", `The lab waited ${timeoutMs / 1000} s for ${what}.`);
    }
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
}

export async function readOr<T>(path: string, otherwise: T): Promise<string | T> {
  try {
    return await readFile(path, "utf8");
  } catch {
    // A file that is not there, or a process that has just ended: both mean "nothing to read".
    return otherwise;
  }
}

export async function isPresent(path: string): Promise<boolean> {
  return access(path, constants.F_OK).then(
    () => true,
    () => false,
  );
}

/** The first port from `first` on that nobody listens on at this address. */
export async function freePort(address: string, first: number): Promise<number> {
  for (let port = first; port < first + 50; port += 1) {
    const isFree = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once("error", () => resolve(false));
      server.listen(port, address, () => server.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
  throw new Failure("unavailable", `No port from ${first} on is free at ${address}.`);
}

export function effectiveUser(): number {
  return present(process.geteuid, "user ids on this system")();
}
