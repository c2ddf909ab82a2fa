import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../base/config.ts";
import { type Log, makeLog } from "../base/log.ts";
import type { Loop } from "../base/loop.ts";
import { startCalendarRefresh } from "../calendar/loops.ts";
import { startChangeLoop, startElevationLoop } from "../change/loops.ts";
import { type Connection, openDatabase } from "../db/database.ts";
import { startDiskWatch } from "../db/disk-space.ts";
import { externalConnection, externalName } from "../db/external.ts";
import { migrate } from "../db/migrate.ts";
import { type Channel, type Listener, listen } from "../db/notify.ts";
import { grantRightsTo, makeAppRole } from "../db/roles.ts";
import { startEmbedded } from "../db/supervisor.ts";
import type { Paths, World } from "../db/world.ts";
import { agentDoor } from "../fleet/actions-agent-door.ts";
import { demandOwnKeys } from "../fleet/actions-own-keys.ts";
import { startHostPolicies } from "../fleet/loops-host-policies.ts";
import { startWitnesses } from "../fleet/loops-witness.ts";
import { agentCa } from "../fleet/store-agent-ca.ts";
import { ensureSetupSecret } from "../identity/store-setup-secret.ts";
import { startFeedRefresh, startMatching } from "../intel/loops.ts";
import { loadStarter } from "../intel/starter.ts";
import { startScanLoop, startSourceLoop } from "../inventory/loops.ts";
import { startMirrors } from "../itsm/loops.ts";
import { startSequencer } from "../ledger/loops.ts";
import { BEHIND, isDatabaseBehind, RESTORING } from "../ledger/store-behind.ts";
import { openLogKey } from "../ledger/store-log-key.ts";
import { closeConnections } from "../reach/connections.ts";
import { startAgentRelay } from "../reach/loops-agent-relay.ts";
import { finishPruning } from "../records/actions-prune.ts";
import { startHints } from "../reports/loops-live.ts";
import { openIfBehind } from "../restore/actions-open.ts";
import { startRestoreWatch } from "../restore/loops.ts";
import { startRollouts } from "../rollout/loops.ts";
import { startAgentListener } from "../server/agent-listener.ts";
import { allRoutes } from "../server/all-routes.ts";
import { loadPages } from "../server/pages.ts";
import { startServer } from "../server/server.ts";
import { startDeadlines } from "../triage/loops.ts";
import { startCauseLoop } from "../triage/loops-cause.ts";
import { startDecisionLoop } from "../triage/loops-decision.ts";
import { startForwarding } from "../watch/loops.ts";
import { isInstalled } from "./installed.ts";
import { type InstanceLock, takeInstanceLock } from "./instance-lock.ts";
import { databaseSockets, removeSocketFolders } from "./state-folder.ts";

/** Everything that runs in one server process, wired together; `close` ends all of it. */
export interface RunningFettle {
  readonly url: string;
  /** Where agents call in; null where no port is set for them. */
  readonly agentUrl: string | null;
  readonly world: World;
  /** How the database runs, for people. */
  readonly database: string;
  /** Resolves when the shipped snapshot is loaded or cannot be; waits for no network. */
  readonly starterLoaded: Promise<void>;
  /** File of the setup secret while there is no admin yet. */
  readonly setupSecret: string | null;
  close(): Promise<void>;
}

/** Ends what was started, last first, and goes on when one of them fails. */
class Closers {
  readonly #steps: { readonly name: string; readonly close: () => Promise<unknown> }[] = [];

  add(name: string, close: () => Promise<unknown>): void {
    this.#steps.push({ name, close });
  }

  async closeAll(log: Log): Promise<void> {
    for (const step of this.#steps.splice(0).reverse()) {
      await step.close().catch((cause: unknown) => {
        log.error({ err: cause, step: step.name }, "could not stop cleanly");
      });
    }
  }
}

/** Where `npm run build:pages` puts them; a package is what `dist` was. */
const builtPages = join(import.meta.dirname, "../..", isInstalled ? "web" : "dist/web");

export async function startFettle(config: Config, paths: Paths): Promise<RunningFettle> {
  const log = makeLog(config.logLevel);
  const closers = new Closers();
  try {
    const lock = await takeInstanceLock(paths.state);
    closers.add("instance lock", () => lock.release());
    closers.add("socket folders", async () => removeSocketFolders(paths));
    return await startAll({ config, paths, log, lock, closers });
  } catch (cause) {
    await closers.closeAll(log);
    throw cause;
  }
}

interface Starting {
  readonly config: Config;
  readonly paths: Paths;
  readonly log: Log;
  readonly lock: InstanceLock;
  readonly closers: Closers;
}

async function startAll(start: Starting): Promise<RunningFettle> {
  const { config, paths, log, lock, closers } = start;
  const disk = startDiskWatch({ folder: paths.state, log });
  closers.add("disk watch", () => disk.stop());
  const { connection, description } = await openStore(start);
  const db = openDatabase(connection, (cause) => log.warn({ err: cause }, "database connection"));
  closers.add("database pool", () => db.destroy());
  const standing = await standingOf({ db, clock: Date.now, log, config, paths });
  const { world } = standing;
  await demandOwnKeys(world);
  const setupSecret = await ensureSetupSecret(world);
  closers.add("ssh connections", () => closeConnections(paths.sockets));
  const work = new Work(standing);
  closers.add("background work", () => work.stop());
  if (world.readOnly === undefined) await work.start();
  const watch = startRestoreWatch(world, (isOpen) => work.follow(isOpen));
  closers.add("restore watch", () => watch.stop());
  const listener = listen(connection, channels, (channel) => {
    if (channel === "ledger") watch.wake();
    work.wake(channel);
  });
  closers.add("wake-ups", () => (listener satisfies Listener).close());
  const hints = startHints(world, connection);
  closers.add("live hints", () => hints.close());
  const agents = await startAgents(world, closers);
  const http = await startServer(world, allRoutes, { pages: loadPages(builtPages) });
  closers.add("http", () => http.close());
  lock.announce(http.url);
  return {
    url: http.url,
    agentUrl: agents,
    world,
    database: description,
    starterLoaded: work.starterLoaded,
    setupSecret,
    close: () => closers.closeAll(log),
  };
}

/** The listener for hosts that call in, where the configuration has a port for it. */
async function startAgents(world: World, closers: Closers): Promise<string | null> {
  if (world.config.agentPort === undefined) return null;
  const ca = await agentCa(world.paths.state);
  const door = agentDoor(world);
  closers.add("agents", () => door.stop());
  const listener = await startAgentListener(world, {
    caPem: ca.certificatePem,
    issueServer: ca.issueServer,
    answer: door.answer,
  });
  closers.add("agent listener", () => listener.close());
  return listener.url;
}

interface Standing {
  readonly world: World;
  /** Why nothing may be changed from now on; undefined: whatever rights allow may. */
  setReadOnly(why: string | undefined): void;
}

/** Over a database that lost what is in the log, nothing is dispatched, signed or changed. */
async function standingOf(made: World): Promise<Standing> {
  const restore = await openIfBehind(made);
  const isBehind = restore === null && (await isDatabaseBehind(made));
  let readOnly: string | undefined = isBehind ? BEHIND : undefined;
  if (restore !== null) readOnly = RESTORING;
  if (readOnly !== undefined) made.log.error(readOnly);
  const world = Object.defineProperty({ ...made }, "readOnly", {
    enumerable: true,
    get: () => readOnly,
  });
  return { world, setReadOnly: (why) => (readOnly = why) };
}

const channels: readonly Channel[] = ["ledger", "scan", "feed", "rollout", "change", "agent"];

/** All background work: none of it runs while the server is for reading only. */
class Work {
  readonly #standing: Standing;
  #closers = new Closers();
  #loops: ReadonlyMap<Channel, readonly Woken[]> = new Map();
  #isRunning = false;
  starterLoaded: Promise<void> = Promise.resolve();

  constructor(standing: Standing) {
    this.#standing = standing;
  }

  wake(channel: Channel): void {
    for (const loop of this.#loops.get(channel) ?? []) loop.wake(channel);
  }

  async start(): Promise<void> {
    const { world } = this.#standing;
    this.#isRunning = true;
    const feeds = startFeeds(world);
    this.starterLoaded = feeds.starterLoaded;
    this.#closers.add("feeds", () => feeds.stop());
    this.#loops = await startLoops(world, feeds, this.#closers);
  }

  async stop(): Promise<void> {
    this.#isRunning = false;
    this.#loops = new Map();
    await this.#closers.closeAll(this.#standing.world.log);
  }

  /** A restore was opened, or two people let the server go on. */
  async follow(isOpen: boolean): Promise<void> {
    const { world } = this.#standing;
    if (isOpen === (world.readOnly !== undefined)) return;
    if (!isOpen && (await isDatabaseBehind(world))) return;
    this.#standing.setReadOnly(isOpen ? RESTORING : undefined);
    world.log.warn(isOpen ? RESTORING : "the restore is finished: the server works again");
    if (isOpen === this.#isRunning) await (isOpen ? this.stop() : this.start());
  }
}

/** Brings the tables up to date as their owner; the connection is that of the server's own role. */
async function openStore(
  start: Starting,
): Promise<{ readonly connection: Connection; readonly description: string }> {
  const { config, paths, log, closers } = start;
  const upgrade = async (owner: Connection): Promise<void> => {
    const applied = await migrate(owner);
    if (applied.length > 0) log.info({ applied }, "database upgraded");
  };
  if (config.databaseUrl !== undefined) {
    const connection = externalConnection(config.databaseUrl);
    const { databaseOwnerUrl } = config;
    const owner = databaseOwnerUrl === undefined ? null : externalConnection(databaseOwnerUrl);
    await upgrade(owner ?? connection);
    if (owner !== null) await grantRightsTo(owner, connection);
    return { connection, description: `PostgreSQL at ${externalName(config.databaseUrl)}` };
  }
  const sockets = databaseSockets(paths);
  mkdirSync(sockets, { recursive: true, mode: 0o700 });
  const postgres = await startEmbedded({ state: paths.state, sockets });
  closers.add("embedded PostgreSQL", () => postgres.stop());
  postgres.watch(log);
  await upgrade(postgres.connection);
  const connection = await makeAppRole(postgres.connection);
  const as = postgres.user === null ? "" : `, run as the user ${postgres.user}`;
  const how = postgres.how === "adopted" ? " (still running from before)" : "";
  return { connection, description: `embedded PostgreSQL${as}${how}` };
}

/**
 * A server that was never given a feed knows at least what came with it, and how old that is. Only
 * then are the publishers asked, so that what is told of a feed is what they answered.
 */
function startFeeds(world: World): Loop & { readonly starterLoaded: Promise<void> } {
  let refresh: Loop | null = null;
  let isStopped = false;
  const starterLoaded = loadStarter(world).then(
    () => undefined,
    (cause: unknown) => world.log.error({ err: cause }, "the starter snapshot could not be loaded"),
  );
  const started = starterLoaded.then(() => {
    if (!isStopped) refresh = startFeedRefresh(world);
  });
  return {
    starterLoaded,
    wake: () => refresh?.wake(),
    async stop() {
      isStopped = true;
      await started;
      await refresh?.stop();
    },
  };
}

interface Woken {
  wake(channel: Channel): void;
}

/** Starts the background work; the map says whom a wake-up concerns. */
async function startLoops(
  world: World,
  feeds: Loop,
  closers: Closers,
): Promise<ReadonlyMap<Channel, readonly Woken[]>> {
  const keep = <T extends Loop>(name: string, loop: T): T => {
    closers.add(name, () => loop.stop());
    return loop;
  };
  const sequencer = keep("ledger", startSequencer(world, await openLogKey(world)));
  await finishPruning(world);
  // Ends after all that has talks with hosts.
  const relay = keep("agents of other servers", startAgentRelay(world));
  const scans = keep("scans", startScanLoop(world));
  keep("sources", startSourceLoop(world));
  const matching = keep("matching", startMatching(world));
  const deadlines = keep("deadlines", startDeadlines(world));
  const causes = keep("causes", startCauseLoop(world, deadlines));
  const changes = keep("changes", startChangeLoop(world));
  const elevations = keep("elevations", startElevationLoop(world));
  keep("calendars", startCalendarRefresh(world));
  const rollouts = keep("rollouts", startRollouts(world));
  const witnesses = keep("witnesses", startWitnesses(world));
  const hostPolicies = keep("host policies", startHostPolicies(world));
  const decisions = keep("decisions", startDecisionLoop(world));
  const forwarding = keep("event sinks", await startForwarding(world));
  const mirrors = keep("ITSM mirrors", startMirrors(world));
  return new Map<Channel, readonly Woken[]>([
    ["ledger", [sequencer, causes, forwarding, witnesses, mirrors]],
    ["scan", [scans, matching]],
    ["feed", [feeds, matching, deadlines, decisions]],
    ["change", [changes, elevations, rollouts]],
    ["rollout", [rollouts, hostPolicies]],
    ["agent", [relay]],
  ]);
}
