import { join } from "node:path";
import { systemActor } from "../base/actor.ts";
import type { Config } from "../base/config.ts";
import type { Paths, World } from "../db/world.ts";
import { makeSetupLink } from "../identity/actions-setup.ts";
import { rematch } from "../intel/rematch.ts";
import { loadStarter } from "../intel/starter.ts";
import { enrolLocalHost } from "../inventory/actions.ts";
import { scanHost } from "../inventory/inspect-host.ts";
import type { Host } from "../inventory/model.ts";
import { failureText, version } from "./about.ts";
import { look } from "./first-look.ts";
import { lookText } from "./look-text.ts";
import { type RunningFettle, startFettle } from "./server.ts";

/**
 * `npm start`: the server, this machine as the first host (inspected, never changed), the starter
 * snapshot, and a few lines about what was found. It waits for nothing that comes over a network.
 */
export async function start(options: {
  readonly config: Config;
  readonly paths: Paths;
  readonly say: (text: string) => void;
}): Promise<void> {
  const { say } = options;
  const began = Date.now();
  const fettle = await startFettle(options.config, options.paths);
  const ended = waitForEnd(say);
  const refresh = new AbortController();
  try {
    say(
      `Fettle ${version} runs at ${fettle.url}   (Ctrl-C stops everything, the database included)`,
    );
    say(`State         ${options.paths.state}, ${fettle.database}`);
    await saySetup(fettle, say);
    const host = await prepare(fettle.world);
    say(lookText(await look(fettle.world, host.id)));
    say(
      `Ready in ${((Date.now() - began) / 1000).toFixed(1)} s. Try: ./fettle host list, ./fettle patch list`,
    );
    const background = lookAgain({ fettle, host, say, signal: refresh.signal });
    await ended;
    refresh.abort();
    await background;
  } finally {
    await fettle.close();
  }
  say("Stopped.");
}

async function saySetup(fettle: RunningFettle, say: (text: string) => void): Promise<void> {
  if (fettle.setupSecret === null) return;
  say(
    "First admin   run ./fettle setup   (the setup secret is in the file setup-secret of the state)",
  );
  const link = await makeSetupLink(fettle.world);
  if (link === null) return;
  say(`              or on another machine, once, within 15 minutes: ./fettle setup --link`);
  say(`              and paste ${fettle.url}${link.path}`);
}

async function prepare(world: World): Promise<Host> {
  await loadStarter(world);
  const host = await enrolLocalHost(world);
  // A later start shows what is known and looks again in the background.
  if (host.packageSet === null) {
    await scanHost(world, host, { actor: systemActor.subject, refresh: "nothing" });
  }
  await rematch(world);
  return host;
}

/** Reads the package lists anew into private folders, and says so when that changes the picture. */
async function lookAgain(options: {
  readonly fettle: RunningFettle;
  readonly host: Host;
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { world } = options.fettle;
  try {
    const before = lookText(await look(world, options.host.id));
    const outcome = await scanHost(world, options.host, {
      actor: systemActor.subject,
      refresh: "lists",
      signal: options.signal,
    });
    if (options.signal.aborted) return;
    if (outcome.state === "failed") options.say(`\nLooked again: ${outcome.problem}`);
    await rematch(world);
    const after = lookText(await look(world, options.host.id));
    if (after !== before) options.say(`\nAfter reading the package lists anew:\n${after}`);
  } catch (cause) {
    if (options.signal.aborted) return;
    world.log.error({ err: cause }, "the second look failed");
    options.say(`\nLooking again failed: ${failureText(cause)}`);
  }
}

/** Resolves at the first Ctrl-C or SIGTERM; a second one ends the process at once. */
export function waitForEnd(say: (text: string) => void): Promise<void> {
  return new Promise((resolve) => {
    let isEnding = false;
    const onSignal = (): void => {
      if (isEnding) process.exit(130);
      isEnding = true;
      say("\nStopping ...");
      resolve();
    };
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, onSignal);
  });
}

/** `fettle server`: the server alone, for a service manager. */
export async function serve(options: {
  readonly config: Config;
  readonly paths: Paths;
  readonly say: (text: string) => void;
}): Promise<void> {
  const fettle = await startFettle(options.config, options.paths);
  options.say(`Fettle ${version} listens at ${fettle.url}`);
  if (fettle.setupSecret !== null) {
    options.say(
      `No admin yet: run "fettle setup"; the secret is in ${join(options.paths.state, "setup-secret")}`,
    );
  }
  await waitForEnd(() => undefined);
  await fettle.close();
}
