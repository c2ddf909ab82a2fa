import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Failure, failureTable } from "../base/failure.ts";
import { programVersion } from "../base/program-version.ts";
import type { Cli } from "../cli/cli.ts";
import { openCredentials } from "../cli/credentials.ts";
import { registerNouns } from "../cli/nouns.ts";
import { proveOnTerminal } from "../cli/prove.ts";
import { safeLines } from "../cli/view/table.ts";
import { ApiProblem, type ClientOptions, openClient } from "../client/client.ts";
import { failureText } from "./about.ts";
import { cacheHome } from "./command-line-offline.ts";
import { isInstalled } from "./installed.ts";
import { runningServer } from "./instance-lock.ts";
import { loadConfig } from "./load-config.ts";
import { makeProgram, outputOf, runProgram } from "./program.ts";
import { makeFolders, stateFolder } from "./state-folder.ts";
import { systemStreams } from "./system-streams.ts";
import { systemTerminal } from "./system-terminal.ts";

/** The whole command line: flags and environment in, exit code out. Nothing else is decided here. */
const clone = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const environment = process.env;
const terminal = systemTerminal(environment);

interface ServerFlags {
  readonly port?: string;
  readonly host?: string;
  readonly state?: string;
  readonly databaseUrl?: string;
}

const program = makeProgram(terminal).version(programVersion);

registerServer();
await registerNouns(program, cli(), process.argv.slice(2));

process.exitCode = await runProgram(program, {
  terminal,
  isDebug: environment["FETTLE_LOG_LEVEL"] === "debug",
  exitOf: (cause) => (cause instanceof ApiProblem ? problemExit(cause) : null),
});

/** A failure the server told: its own words, and its exit code from the one table. */
function problemExit(problem: ApiProblem): number {
  const id = problem.code === "internal" ? ` (request ${problem.requestId})` : "";
  terminal.err(`fettle: ${safeLines(problem.message)}${id}\n`);
  return failureTable[problem.code]?.exit ?? 1;
}

function folders(state: string | undefined) {
  return makeFolders({
    clone,
    state,
    sockets: environment["FETTLE_SOCKETS"],
    runtimeDir: environment["XDG_RUNTIME_DIR"],
  });
}

function registerServer(): void {
  // A terminal or pipe that goes away must not take the server with it, and its database stays tidy.
  const surviveLostReader = (): void => {
    process.stdout.removeAllListeners("error");
    process.stdout.on("error", () => undefined);
  };
  const say = (text: string): void => terminal.out(`${text}\n`);
  for (const name of ["start", "server"] as const) {
    const isStart = name === "start";
    program
      .command(name)
      .description(
        isStart
          ? "Start everything on the embedded database, look at this machine and say what was found"
          : "Run the server alone, for a service manager",
      )
      .option("--port <number>", "port to listen on (FETTLE_PORT; 7700)")
      .option("--host <address>", "address to listen on (FETTLE_HOST; 127.0.0.1)")
      .option("--state <folder>", "state folder (FETTLE_STATE)")
      .option("--database-url <url>", "an external PostgreSQL 15 or newer (FETTLE_DATABASE_URL)")
      .action(async (flags: ServerFlags) => {
        // Ordinary trouble is told in words there; the log is for what nobody expected.
        const preferences = isStart ? { logLevel: "error", mfa: "off" } : {};
        const config = loadConfig({ clone, environment, flags: { ...flags }, preferences });
        // The server's code is loaded only by whoever runs one: other commands start at once.
        const { serve, start } = await import("./start.ts");
        const run = isStart ? start : serve;
        surviveLostReader();
        await run({ config, paths: folders(config.state), say });
        // All is closed; a name look-up that nobody can call off must not hold up the end.
        process.exit(0);
      });
  }
}

function cli(): Cli {
  const configHome = environment["XDG_CONFIG_HOME"] ?? join(homedir(), ".config");
  const credentials = openCredentials({
    file: join(configHome, "fettle", "credentials.json"),
    environmentToken: environment["FETTLE_TOKEN"],
  });
  const state = (): string =>
    stateFolder({ clone, state: loadConfig({ clone, environment, flags: {} }).state });
  const configProblem = (): string | null => {
    try {
      loadConfig({ clone, environment, flags: {} });
      return null;
    } catch (cause) {
      return failureText(cause);
    }
  };
  let isSetup = false;
  program.hook("preAction", (_, action) => {
    isSetup = action.name() === "setup";
  });
  const url = (): string => {
    const given = program.opts<{ url?: string }>().url ?? environment["FETTLE_URL"];
    if (given !== undefined) return given;
    // The setup secret of this state must not go to whatever server was used last.
    const last = isSetup ? null : credentials.lastUrl();
    const known = last ?? runningServer(state())?.url;
    if (known === undefined && isSetup) throw notRunning(state());
    return known ?? "http://localhost:7700";
  };
  const connection = (): ClientOptions => {
    const address = url();
    const token = credentials.tokenFor(address);
    if (token !== null) return { url: address, token };
    throw new Failure(
      "unauthenticated",
      `You are not signed in to ${address}. On the machine of the server run "fettle setup" (first admin), or "fettle login".`,
    );
  };
  return {
    terminal,
    clock: Date.now,
    credentials,
    clone,
    state,
    cacheFolder: (name) => join(cacheHome(environment), "fettle", name),
    configProblem,
    hostProgram: async () => (await import("../reach/host-program.ts")).hostProgram(),
    url,
    output: () => outputOf(program),
    streams: systemStreams(),
    anonymous: (address) => openClient({ url: address }),
    client: () => {
      const to = connection();
      return openClient({ ...to, prove: (problem) => proveOnTerminal(terminal, to, problem) });
    },
    connection,
  };
}

function notRunning(state: string): Failure {
  return new Failure(
    "unavailable",
    `No server runs on the state folder ${state}. Start it with "${isInstalled ? "fettle start" : "npm start"}" and leave it running; if it uses another folder, set FETTLE_STATE to that one.`,
  );
}
