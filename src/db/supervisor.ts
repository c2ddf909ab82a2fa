import { chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { Failure } from "../base/failure.ts";
import { runCommand } from "../base/run-command.ts";
import { type Connection, clientConfig } from "./database.ts";
import {
  copyBinaries,
  databaseUser,
  embeddedFolder,
  isReadableByOthers,
  isWritable,
  linkLibraries,
  type SystemUser,
} from "./postgres-files.ts";

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
  stop(): Promise<void>;
}

const DATABASE = "fettle";
const STEP_TIMEOUT_MS = 60_000;
/** What `.s.PGSQL.5432` and its lock file add to the folder's length; the limit is 107 bytes. */
const SOCKET_NAME_BYTES = 19;
const SOCKET_PATH_BYTES_MAX = 107;

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
  const adopted = isRunning(cluster);
  if (!adopted) await start(cluster);
  const connection = { socketDir: cluster.sockets, database: DATABASE, user: "fettle" };
  await ensureDatabase(connection);
  return {
    connection,
    how: adopted ? "adopted" : "started",
    user: cluster.user?.name ?? null,
    stop: () => stop(cluster),
  };
}

function prepare(options: EmbeddedOptions): Cluster {
  if (Buffer.byteLength(options.sockets) + SOCKET_NAME_BYTES > SOCKET_PATH_BYTES_MAX) {
    throw new Failure(
      "invalid",
      `The socket folder ${options.sockets} is too long for a Unix socket (107 bytes). Set FETTLE_SOCKETS or XDG_RUNTIME_DIR to a shorter one.`,
    );
  }
  const user = databaseUser(readFileSync("/etc/passwd", "utf8"));
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
  throw new Failure(
    "unavailable",
    `The embedded PostgreSQL could not run ${program} on ${cluster.data}. Its log is ${cluster.data}/server.log.`,
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
    max_connections: "60",
    shared_buffers: "128MB",
    timezone: "UTC",
    log_timezone: "UTC",
    ...(cluster.isDurable
      ? {}
      : { fsync: "off", synchronous_commit: "off", full_page_writes: "off" }),
  };
  // When we are root the socket belongs to another user; root may connect all the same.
  const lines = Object.entries(settings).map(([key, value]) => `${key} = '${value}'`);
  const file = join(cluster.data, "postgresql.auto.conf");
  writeFileSync(file, `${lines.join("\n")}\n`, { mode: 0o600 });
  if (cluster.user !== null) chownSync(file, cluster.user.uid, cluster.user.gid);
  removeDeadPidFile(cluster);
  const log = join(cluster.data, "server.log");
  await run(cluster, "pg_ctl", ["start", "-w", "-s", "-D", cluster.data, "-l", log]);
}

async function stop(cluster: Cluster): Promise<void> {
  if (!isRunning(cluster)) return;
  await run(cluster, "pg_ctl", ["stop", "-w", "-s", "-m", "fast", "-D", cluster.data]);
}

/** The process that the data folder's pid file names, when it lives and really is our server. */
function isRunning(cluster: Cluster): boolean {
  const pid = pidOf(cluster);
  if (pid === null) return false;
  try {
    const state = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /s, "")[0];
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
    // A zombie (nobody reaps it in a container without an init) is dead, though its pid exists.
    return state !== "Z" && command.includes("postgres") && command.includes(cluster.data);
  } catch {
    return false;
  }
}

function pidOf(cluster: Cluster): number | null {
  try {
    const pid = Number(readFileSync(join(cluster.data, "postmaster.pid"), "utf8").split("\n")[0]);
    return Number.isSafeInteger(pid) && pid > 1 ? pid : null;
  } catch {
    return null;
  }
}

function removeDeadPidFile(cluster: Cluster): void {
  if (pidOf(cluster) !== null) rmSync(join(cluster.data, "postmaster.pid"), { force: true });
  for (const name of [".s.PGSQL.5432", ".s.PGSQL.5432.lock"]) {
    rmSync(join(cluster.sockets, name), { force: true });
  }
}

async function ensureDatabase(connection: Connection): Promise<void> {
  const client = new pg.Client(clientConfig({ ...connection, database: "postgres" }));
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
