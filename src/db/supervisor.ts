import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { Failure } from "../base/failure.ts";
import type { Log } from "../base/log.ts";
import { type Loop, startLoop } from "../base/loop.ts";
import { runCommand } from "../base/run-command.ts";
import { type Connection, clientConfig } from "./database.ts";
import { diskSpace } from "./disk-space.ts";
import {
  copyBinaries,
  databaseUser,
  embeddedFolder,
  isEnterableByOthers,
  isReadableByOthers,
  isWritable,
  linkLibraries,
  type SystemUser,
} from "./postgres-files.ts";
import { logSettings, startLog } from "./postgres-log.ts";

/**
 * Runs the embedded PostgreSQL: Unix socket only, in a process of its own that outlives a killed
 * server, so that the next start adopts it instead of fighting it. It never listens on a network.
 */
export interface EmbeddedOptions {
  /** Holds `postgres/data`; made when missing. */
  readonly state: string;
  /** Short folder for the socket. */
  readonly sockets: string;
  /** Only for tests: trades durability for speed. */
  readonly isDurable?: boolean;
}

export interface EmbeddedPostgres {
  readonly connection: Connection;
  readonly how: "started" | "adopted";
  /** Who it runs as when that is not the current user. */
  readonly user: string | null;
  /** From now on starts the database again when it ends by itself, until `stop`. */
  watch(log: Log): void;
  stop(): Promise<void>;
}

const DATABASE = "fettle";
const STEP_TIMEOUT_MS = 60_000;
/** What `.s.PGSQL.5432` and its lock file add to the folder's length; the limit is 107 bytes. */
const SOCKET_NAME_BYTES = 19;
const SOCKET_PATH_BYTES_MAX = 107;
const SOCKET_NAME = ".s.PGSQL.5432";
/** A look costs two reads of small files. */
const WATCH_MS = 200;
const RESTART_PAUSE_MS_MIN = 1_000;
const RESTART_PAUSE_MS_MAX = 60_000;
const READY_MS_MAX = 60_000;
const ORPHAN_MS_MAX = 20_000;
const POLL_MS = 50;
/** In `postmaster.pid`: where its socket is, and its state (PostgreSQL fixes the file's lines). */
const PID_FILE_SOCKET_LINE = 4;
const PID_FILE_STATE_LINE = 7;

interface Cluster {
  readonly binaries: string;
  readonly data: string;
  readonly sockets: string;
  readonly user: SystemUser | null;
  readonly isDurable: boolean;
}

export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const cluster = prepare(options);
  if (!existsSync(join(cluster.data, "PG_VERSION"))) await initialise(cluster);
  let watcher: Loop | null = null;
  const end = async (): Promise<void> => {
    await watcher?.stop();
    await stop(cluster);
  };
  try {
    const adopted = await adopt(cluster);
    if (adopted === null) await start(cluster);
    const socketDir = adopted ?? cluster.sockets;
    const connection = { socketDir, database: DATABASE, user: "fettle" };
    await ensureDatabase(connection);
    return {
      connection,
      how: adopted === null ? "started" : "adopted",
      user: cluster.user?.name ?? null,
      watch(log) {
        watcher ??= startWatch({ ...cluster, sockets: socketDir }, log);
      },
      stop: end,
    };
  } catch (cause) {
    // Nothing may be left running by a start that failed; its own cause is the one to tell.
    await end().catch(() => undefined);
    throw cause;
  }
}

/**
 * The socket folder of a server that outlived its Fettle, or null when there is none of use: one
 * whose program was replaced since (a new installation), whose socket is gone (an emptied `/tmp`)
 * or that was told to stop is ended, so that a good one can be started.
 */
async function adopt(cluster: Cluster): Promise<string | null> {
  if (!isRunning(cluster)) return null;
  const program = readlinkSync(`/proc/${pidOf(cluster)}/exe`);
  // The pid file names the socket only once that exists; a server just starting gets its moment.
  const until = Date.now() + STEP_TIMEOUT_MS / 10;
  const isOurs = program === join(cluster.binaries, "bin", "postgres");
  while (isOurs && !isStopping(cluster) && Date.now() < until) {
    const folder = pidFileLine(cluster, PID_FILE_SOCKET_LINE);
    if (folder !== null && existsSync(join(folder, SOCKET_NAME))) return folder;
    if (folder !== null || !isRunning(cluster)) break;
    await sleep(POLL_MS);
  }
  await endStopping(cluster);
  return null;
}

/**
 * A database that ends under a running server (killed, out of memory) is started again. One that
 * was told to stop (SIGTERM) takes no new sessions and waits until the last of ours is over, which
 * may be never: it is ended first.
 */
function startWatch(cluster: Cluster, log: Log): Loop {
  let failures = 0;
  let notBefore = 0;
  return startLoop({
    name: "database watch",
    idleMs: WATCH_MS,
    log,
    turn: async () => {
      const wasTold = isStopping(cluster);
      if ((isRunning(cluster) && !wasTold) || Date.now() < notBefore) return false;
      const what = wasTold ? "was told to stop" : "ended by itself";
      log.error(`the embedded PostgreSQL ${what}; starting it again`);
      try {
        if (wasTold) await endStopping(cluster);
        await start(cluster);
        failures = 0;
        log.warn("the embedded PostgreSQL runs again");
      } catch (cause) {
        failures += 1;
        notBefore =
          Date.now() + Math.min(RESTART_PAUSE_MS_MAX, RESTART_PAUSE_MS_MIN * 2 ** failures);
        throw cause;
      }
      return false;
    },
  });
}

function prepare(options: EmbeddedOptions): Cluster {
  if (Buffer.byteLength(options.sockets) + SOCKET_NAME_BYTES > SOCKET_PATH_BYTES_MAX) {
    throw new Failure(
      "invalid",
      `The socket folder ${options.sockets} is too long for a Unix socket (107 bytes). Set FETTLE_SOCKETS or XDG_RUNTIME_DIR to a shorter one.`,
    );
  }
  const user = databaseUser(readFileSync("/etc/passwd", "utf8"));
  if (user !== null && !isEnterableByOthers(options.state)) {
    throw new Failure(
      "invalid",
      `The state folder ${options.state} lies where only root may go, and PostgreSQL runs as the user ${user.name}. Choose a folder that others may pass through, such as /var/lib/fettle-server, with --state or FETTLE_STATE.`,
    );
  }
  const found = embeddedFolder();
  const data = join(options.state, "postgres", "data");
  mkdirSync(join(options.state, "postgres"), { recursive: true, mode: 0o755 });
  const mustCopy =
    (user !== null && !isReadableByOthers(found)) ||
    (!isWritable(found) && !existsSync(join(found, "lib", "libicuuc.so.60")));
  const binaries = mustCopy ? copyBinaries(found, options.state) : found;
  if (!mustCopy && isWritable(found)) linkLibraries(found);
  mkdirSync(data, { recursive: true, mode: 0o700 });
  if (user !== null) {
    chownSync(data, user.uid, user.gid);
    chownSync(options.sockets, user.uid, user.gid);
  }
  return {
    binaries,
    data,
    sockets: options.sockets,
    user,
    isDurable: options.isDurable ?? true,
  };
}

/** Runs one of PostgreSQL's programs as the database's user, in a folder that user may enter. */
async function run(cluster: Cluster, program: string, args: readonly string[]): Promise<void> {
  const result = await runCommand({
    program: join(cluster.binaries, "bin", program),
    args,
    cwd: "/",
    env: { PATH: "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" },
    ...(cluster.user === null ? {} : { uid: cluster.user.uid, gid: cluster.user.gid }),
    timeoutMs: STEP_TIMEOUT_MS,
    outputBytesMax: 1024 * 1024,
  });
  if (result.code === 0) return;
  const space = await diskSpace(cluster.data);
  const why = space.isLow
    ? `${Math.floor(space.freeBytes / 1024)} KB are left on that disk: free some space there.`
    : `Its log is ${cluster.data}/server.log, and further on ${cluster.data}/log.`;
  throw new Failure(
    "unavailable",
    `The embedded PostgreSQL could not run ${program} on ${cluster.data}. ${why}`,
    { facts: { code: result.code, output: tail(result.stdout), error: tail(result.stderr) } },
  );
}

function tail(bytes: Buffer): string {
  return bytes.toString("utf8").slice(-2000);
}

async function initialise(cluster: Cluster): Promise<void> {
  // A data folder without PG_VERSION is what an interrupted initdb leaves: nothing was in it yet.
  rmSync(cluster.data, { recursive: true, force: true });
  mkdirSync(cluster.data, { mode: 0o700 });
  if (cluster.user !== null) chownSync(cluster.data, cluster.user.uid, cluster.user.gid);
  await run(cluster, "initdb", [
    ...["-D", cluster.data, "-U", "fettle", "-E", "UTF8", "--auth=trust", "--no-instructions"],
    ...["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--data-checksums"],
    ...(cluster.isDurable ? [] : ["--no-sync"]),
  ]);
}

async function start(cluster: Cluster): Promise<void> {
  const settings: Record<string, string> = {
    listen_addresses: "",
    unix_socket_directories: cluster.sockets,
    unix_socket_permissions: "0700",
    max_connections: cluster.isDurable ? "60" : "200",
    shared_buffers: "128MB",
    // Files of the write-ahead log are used again; a new one is filled with zeros first, which under
    // load is a twelfth of the work.
    min_wal_size: "256MB",
    timezone: "UTC",
    log_timezone: "UTC",
    ...logSettings,
    ...(cluster.isDurable
      ? {}
      : { fsync: "off", synchronous_commit: "off", full_page_writes: "off" }),
  };
  // When we are root the socket belongs to another user; root may connect all the same.
  const lines = Object.entries(settings).map(([key, value]) => `${key} = '${value}'`);
  const file = join(cluster.data, "postgresql.auto.conf");
  writeFileSync(file, `${lines.join("\n")}\n`, { mode: 0o600 });
  if (cluster.user !== null) chownSync(file, cluster.user.uid, cluster.user.gid);
  await endOrphans(cluster);
  removeZombiePidFile(cluster);
  const log = startLog(cluster.data);
  await run(cluster, "pg_ctl", ["start", "-w", "-s", "-D", cluster.data, "-l", log]);
}

async function stop(cluster: Cluster): Promise<void> {
  if (!isRunning(cluster)) return;
  await run(cluster, "pg_ctl", ["stop", "-w", "-s", "-m", "fast", "-D", cluster.data]);
}

/** It may be gone before we have said anything. */
async function endStopping(cluster: Cluster): Promise<void> {
  await stop(cluster).catch((cause: unknown) => {
    if (isRunning(cluster)) throw cause;
  });
}

/** The process that the data folder's pid file names, when it lives and really is our server. */
function isRunning(cluster: Cluster): boolean {
  const pid = pidOf(cluster);
  if (pid === null) return false;
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
    // A zombie (nobody reaps it in a container without an init) is dead, though its pid exists.
    return !isZombie(pid) && command.includes("postgres") && command.includes(cluster.data);
  } catch {
    return false;
  }
}

function isZombie(pid: number): boolean {
  const afterName = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /s, "");
  return afterName.startsWith("Z");
}

function isStopping(cluster: Cluster): boolean {
  return isRunning(cluster) && pidFileLine(cluster, PID_FILE_STATE_LINE)?.trim() === "stopping";
}

function pidOf(cluster: Cluster): number | null {
  const pid = Number(pidFileLine(cluster, 0));
  return Number.isSafeInteger(pid) && pid > 1 ? pid : null;
}

function pidFileLine(cluster: Cluster, line: number): string | null {
  try {
    const lines = readFileSync(join(cluster.data, "postmaster.pid"), "utf8").split("\n");
    return lines[line] || null;
  } catch {
    return null;
  }
}

/**
 * Sessions of a server that was killed can outlive it, and still write: a second server beside them
 * would destroy the data. They are told to break off (what they had not committed is rolled back)
 * and nothing starts before they are gone.
 */
async function endOrphans(cluster: Cluster): Promise<void> {
  const until = Date.now() + ORPHAN_MS_MAX;
  for (let left = orphans(cluster); left.length > 0; left = orphans(cluster)) {
    if (Date.now() > until) {
      throw new Failure(
        "unavailable",
        `Processes of an earlier PostgreSQL still use ${cluster.data} and do not end: ${left.join(", ")}. End them and start again.`,
      );
    }
    for (const pid of left) breakOff(pid);
    await sleep(POLL_MS);
  }
}

function breakOff(pid: number): void {
  try {
    process.kill(pid, "SIGQUIT");
  } catch {
    // It is gone already.
  }
}

/** PostgreSQL's processes work in the data folder, so that is how they are known. */
function orphans(cluster: Cluster): readonly number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 1 && worksIn(pid, cluster.data));
}

function worksIn(pid: number, folder: string): boolean {
  try {
    const isPostgres = readFileSync(`/proc/${pid}/comm`, "utf8") === "postgres\n";
    return isPostgres && readlinkSync(`/proc/${pid}/cwd`) === folder;
  } catch {
    return false;
  }
}

/**
 * PostgreSQL judges a left-over pid file itself, and better than we could, but takes a zombie or a
 * stranger with the same pid for its living self.
 */
function removeZombiePidFile(cluster: Cluster): void {
  const pid = pidOf(cluster);
  if (pid === null || !existsSync(`/proc/${pid}`)) return;
  rmSync(join(cluster.data, "postmaster.pid"), { force: true });
  for (const name of [SOCKET_NAME, `${SOCKET_NAME}.lock`]) {
    rmSync(join(cluster.sockets, name), { force: true });
  }
}

/** Waits while an adopted server still recovers, then makes the database when it is missing. */
async function ensureDatabase(connection: Connection): Promise<void> {
  const until = Date.now() + READY_MS_MAX;
  for (;;) {
    try {
      return await makeDatabase(connection);
    } catch (cause) {
      if (!isStarting(cause) || Date.now() > until) throw cause;
      await sleep(POLL_MS);
    }
  }
}

/** SQLSTATE 57P03: the server is starting up or in recovery. */
function isStarting(cause: unknown): boolean {
  return (cause as { code?: unknown } | null)?.code === "57P03";
}

async function makeDatabase(connection: Connection): Promise<void> {
  const client = new pg.Client(clientConfig({ ...connection, database: "postgres" }));
  // A connection that breaks rejects what waits on it; nobody waiting, it must not end the process.
  client.on("error", () => undefined);
  await client.connect();
  try {
    const { rowCount } = await client.query("select from pg_database where datname = $1", [
      DATABASE,
    ]);
    if (rowCount === 0) await client.query(`create database ${DATABASE}`);
  } finally {
    await client.end();
  }
}
