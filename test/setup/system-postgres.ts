import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "../../src/base/run-command.ts";
import type { Connection } from "../../src/db/database.ts";
import { databaseUser } from "../../src/db/postgres-files.ts";

/**
 * A throw-away cluster of the PostgreSQL that the system's packages installed, apart from whatever
 * cluster those packages run: own folder, own socket, without fsync.
 */
export interface SystemPostgres {
  readonly connection: Connection;
  readonly socketDir: string;
  stop(): Promise<void>;
}

export interface SystemPostgresOptions {
  /** More lines for its configuration, for instance to listen with TLS. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Files to put beside its data, readable by it alone. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Where Debian's packages put PostgreSQL, one folder a major version. */
const PACKAGED = "/usr/lib/postgresql";
/** The oldest that we promise to work with. */
const MAJOR_MIN = 15;
const STEP_TIMEOUT_MS = 60_000;

/** Programs of the oldest installed PostgreSQL that we support; null where there is none. */
export function systemPostgres(): string | null {
  if (!existsSync(PACKAGED)) return null;
  const majors = readdirSync(PACKAGED).map(Number);
  const fit = majors.filter((major) => major >= MAJOR_MIN).sort((a, b) => a - b);
  const folders = fit.map((major) => join(PACKAGED, String(major), "bin"));
  return folders.find((folder) => existsSync(join(folder, "initdb"))) ?? null;
}

export async function startSystemPostgres(
  programs: string,
  options: SystemPostgresOptions = {},
): Promise<SystemPostgres> {
  const user = databaseUser(readFileSync("/etc/passwd", "utf8"));
  const folder = mkdtempSync(join(tmpdir(), "fettle-pg-"));
  chmodSync(folder, 0o755);
  const data = join(folder, "data");
  const socketDir = join(folder, "s");
  const own = (path: string): void => {
    if (user !== null) chownSync(path, user.uid, user.gid);
  };
  for (const path of [data, socketDir]) {
    mkdirSync(path, { mode: 0o700 });
    own(path);
  }
  const run = async (program: string, args: readonly string[]): Promise<void> => {
    const result = await runCommand({
      program: join(programs, program),
      args: [...args, "-D", data],
      cwd: "/",
      env: { PATH: "/usr/bin:/bin", LC_ALL: "C.UTF-8", TZ: "UTC" },
      ...(user === null ? {} : { uid: user.uid, gid: user.gid }),
      timeoutMs: STEP_TIMEOUT_MS,
      outputBytesMax: 1024 * 1024,
    });
    if (result.code !== 0) throw new Error(`${program}: ${result.stdout}${result.stderr}`);
  };
  await run("initdb", ["-U", "fettle", "-E", "UTF8", "--auth=trust", "--no-sync"]);
  const settings: Record<string, string> = {
    listen_addresses: "",
    unix_socket_directories: socketDir,
    // Some tests bring dozens of claimers, and three files run at once.
    max_connections: "200",
    fsync: "off",
    synchronous_commit: "off",
    full_page_writes: "off",
    ...options.settings,
  };
  const lines = Object.entries(settings).map(([key, value]) => `${key} = '${value}'\n`);
  for (const [name, text] of Object.entries({
    ...options.files,
    "postgresql.auto.conf": lines.join(""),
  })) {
    writeFileSync(join(data, name), text, { mode: 0o600 });
    own(join(data, name));
  }
  await run("pg_ctl", ["start", "-w", "-s", "-l", join(data, "server.log")]);
  return {
    socketDir,
    connection: { socketDir, database: "postgres", user: "fettle" },
    async stop() {
      await run("pg_ctl", ["stop", "-w", "-s", "-m", "immediate"]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
