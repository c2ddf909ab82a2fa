import { hostname } from "node:os";
import { join } from "node:path";
import { systemActor } from "../base/actor.ts";
import type { Config } from "../base/config.ts";
import { programVersion } from "../base/program-version.ts";
import type { Paths, World } from "../db/world.ts";
import { makeSetupLink } from "../identity/actions-setup.ts";
import { rematch } from "../intel/rematch.ts";
import { enrolLocalHost } from "../inventory/actions.ts";
import { scanHost } from "../inventory/inspect-host.ts";
import type { Host } from "../inventory/model.ts";
import { failureText } from "./about.ts";
import { look, publishersAsked } from "./first-look.ts";
import { commandName } from "./installed.ts";
import { lookText, publisherLine } from "./look-text.ts";
import { type RunningFettle, startFettle } from "./server.ts";

interface StartOptions {
  readonly config: Config;
  readonly paths: Paths;
  readonly say: (text: string) => void;
}

/**
 * `npm start`: the server, this machine as the first host (inspected, never changed), the starter
 * snapshot, and a few lines about what was found. It waits for nothing that comes over a network.
 */
export async function start(options: StartOptions): Promise<void> {
  const { say } = options;
  await runUntilEnded(options, async (fettle, signal) => {
    say(
      `Fettle ${programVersion} runs at ${fettle.url}   (Ctrl-C stops everything, the database included)`,
    );
    say(`State         ${options.paths.state}, ${fettle.database}`);
    await saySetup(fettle, options);
    if (fettle.world.readOnly !== undefined) {
      say(fettle.world.readOnly);
      return;
    }
    await fettle.starterLoaded;
    const host = await prepare(fettle.world, signal);
    if (signal.aborted) return;
    const seen = lookText(await look(fettle.world, host.id));
    say(seen);
    // Commands ask who is there, so whoever has not set up yet would only be refused.
    const first = fettle.setupSecret === null ? "" : `${setupCommand(options)}, then `;
    say(
      `Ready in ${secondsSinceLaunch()} s. Try: ${first}${commandName} host list, ${commandName} patch list`,
    );
    await lookAgain({ world: fettle.world, host, seen, say, signal });
  });
  say("Stopped.");
}

/** `fettle server`: the server alone, for a service manager. */
export async function serve(options: StartOptions): Promise<void> {
  await runUntilEnded(options, async (fettle) => {
    options.say(`Fettle ${programVersion} listens at ${fettle.url}`);
    if (fettle.setupSecret !== null) {
      options.say(
        `No admin yet: run "fettle setup"; the secret is in ${join(options.paths.state, "setup-secret")}`,
      );
    }
  });
}

/**
 * Starts everything, does the work, and ends everything at the first Ctrl-C, also at one that comes
 * while the database is still being made.
 */
async function runUntilEnded(
  options: StartOptions,
  work: (fettle: RunningFettle, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const end = waitForEnd(options.say);
  const fettle = await startFettle(options.config, options.paths).catch((cause: unknown) => {
    // Ctrl-C reaches the programs that make the database too: what they say then is no news.
    if (end.signal.aborted) return null;
    throw cause;
  });
  if (fettle === null) return;
  try {
    if (!end.signal.aborted) await work(fettle, end.signal);
    await end.ended;
  } finally {
    await fettle.close();
  }
}

/** Ends at the first Ctrl-C or SIGTERM; a second one ends the process at once. */
function waitForEnd(say: (text: string) => void): {
  readonly ended: Promise<void>;
  readonly signal: AbortSignal;
} {
  const controller = new AbortController();
  const ended = new Promise<void>((resolve) => {
    const onSignal = (): void => {
      if (controller.signal.aborted) process.exit(130);
      controller.abort();
      say("\nStopping ...");
      resolve();
    };
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, onSignal);
  });
  return { ended, signal: controller.signal };
}

async function saySetup(fettle: RunningFettle, options: StartOptions): Promise<void> {
  if (fettle.setupSecret === null) return;
  const { say, config } = options;
  const link = await makeSetupLink(fettle.world);
  if (link === null) return;
  const isLocal = ["127.0.0.1", "::1", "localhost"].includes(config.host);
  const url = isLocal ? fettle.url : urlFromOutside(fettle.url);
  const where = isLocal ? "; from another machine through a tunnel to this port" : "";
  say(`First admin   open ${url}${link.path}`);
  say(`              (works once, within 15 minutes${where})`);
  say(
    `              or run ${setupCommand(options)}   (it reads the secret ${fettle.setupSecret})`,
  );
}

function setupCommand({ config, paths }: StartOptions): string {
  const setup = `${commandName} setup`;
  return config.state === undefined ? setup : `FETTLE_STATE=${paths.state} ${setup}`;
}

/** A server that listens on every address answers under this machine's name. */
function urlFromOutside(url: string): string {
  const outside = new URL(url);
  if (["0.0.0.0", "[::]"].includes(outside.hostname)) outside.hostname = hostname();
  return outside.origin;
}

async function prepare(world: World, signal: AbortSignal): Promise<Host> {
  const host = await enrolLocalHost(world);
  // A later start shows what is known and looks again in the background.
  if (host.packageSet === null) {
    await scanHost(world, host, { actor: systemActor.subject, refresh: "nothing", signal });
  }
  await rematch(world);
  return host;
}

/**
 * Reads the package lists anew into private folders, hears what became of asking the publishers of
 * feeds, and says so when that changes the picture.
 */
async function lookAgain(options: {
  readonly world: World;
  readonly host: Host;
  readonly seen: string;
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { world, host, say, signal } = options;
  let { seen } = options;
  const sayNews = async (why: string): Promise<void> => {
    await rematch(world);
    const now = lookText(await look(world, host.id));
    if (now !== seen) say(`\n${why}:\n${now}`);
    seen = now;
  };
  const readLists = async (): Promise<void> => {
    const actor = systemActor.subject;
    const outcome = await scanHost(world, host, { actor, refresh: "lists", signal });
    if (signal.aborted) return;
    if (outcome.state === "failed") say(`\nLooked again: ${outcome.problem}`);
    await sayNews("After reading the package lists anew");
  };
  const hearPublishers = async (): Promise<void> => {
    const publishers = await publishersAsked(world, signal);
    if (publishers !== null) say(publisherLine(publishers));
  };
  try {
    await Promise.all([readLists(), hearPublishers()]);
    if (!signal.aborted) await sayNews("With the feeds of their publishers");
  } catch (cause) {
    if (signal.aborted) return;
    world.log.error({ err: cause }, "the second look failed");
    say(`\nLooking again failed: ${failureText(cause)}`);
  }
}

/** Counted from the beginning of the process, as whoever waits counts. */
function secondsSinceLaunch(): string {
  return (performance.now() / 1000).toFixed(1);
}
