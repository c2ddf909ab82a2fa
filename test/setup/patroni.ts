import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { databaseUser } from "../../src/db/postgres-files.ts";

/**
 * Three PostgreSQL servers under Patroni on this machine, with etcd to agree on the leader, as
 * docs/patroni.md sets them up on three: Debian's packages, synchronous replication.
 */
export interface Cluster {
  /** Names all members, as an operator would write it. */
  readonly url: string;
  /** Kills the leader's PostgreSQL and Patroni at once, as a machine that loses its power. */
  killLeader(): Promise<string>;
  leader(): Promise<string | null>;
  stop(): Promise<void>;
}

const PROGRAMS = ["/usr/bin/etcd", "/usr/bin/patroni"];
const MEMBERS = 3;
const READY_MS = 120_000;

/** What is not installed of what this needs. */
export function missingForPatroni(): readonly string[] {
  return PROGRAMS.filter((program) => !existsSync(program));
}

export async function startPatroni(postgresPrograms: string): Promise<Cluster> {
  const user = databaseUser(readFileSync("/etc/passwd", "utf8"));
  const folder = mkdtempSync(join(tmpdir(), "fettle-patroni-"));
  const own = (path: string): string => {
    if (user !== null) chownSync(path, user.uid, user.gid);
    return path;
  };
  own(folder);
  const running = new Map<string, ChildProcess>();
  const start = (name: string, program: string, args: readonly string[]): void => {
    const child = spawn(program, args, {
      cwd: folder,
      stdio: "ignore",
      detached: true,
      env: { PATH: "/usr/bin:/bin", LC_ALL: "C.UTF-8", HOME: folder },
      ...(user === null ? {} : { uid: user.uid, gid: user.gid }),
    });
    running.set(name, child);
  };
  const [etcd, peer, ...ports] = await freePorts(2 + 2 * MEMBERS);
  const members = Array.from({ length: MEMBERS }, (_, at) => ({
    name: `pg${at + 1}`,
    port: ports[2 * at] ?? 0,
    api: ports[2 * at + 1] ?? 0,
  }));
  const at = (port: number | undefined): string => `http://127.0.0.1:${port}`;
  start("etcd", PROGRAMS[0] ?? "", [
    ...["--data-dir", join(folder, "etcd"), "--listen-client-urls", at(etcd)],
    ...["--advertise-client-urls", at(etcd), "--listen-peer-urls", at(peer)],
    ...["--initial-advertise-peer-urls", at(peer), "--initial-cluster", `default=${at(peer)}`],
  ]);
  for (const member of members) {
    const file = join(folder, `${member.name}.yml`);
    own(mkFolder(join(folder, member.name)));
    writeFileSync(file, settings(member, { folder, etcd: etcd ?? 0, postgresPrograms }));
    own(file);
    start(member.name, PROGRAMS[1] ?? "", [file]);
  }
  const leader = async (): Promise<string | null> => {
    for (const { name, api } of members) {
      if (running.has(name) && (await answers(`${at(api)}/primary`))) return name;
    }
    return null;
  };
  const replicas = async (): Promise<number> => {
    const are = await Promise.all(members.map(({ api }) => answers(`${at(api)}/sync`)));
    return are.filter(Boolean).length;
  };
  await until("a leader with a synchronous standby", async () => {
    return (await leader()) !== null && (await replicas()) > 0;
  });
  const hosts = members.map(({ port }) => `127.0.0.1:${port}`).join(",");
  return {
    url: `postgres://fettle@${hosts}/postgres?target_session_attrs=read-write`,
    leader,
    async killLeader() {
      const name = await leader();
      if (name === null) throw new Error("there is no leader to kill");
      await kill(running.get(name));
      running.delete(name);
      killPostgres(join(folder, name, "data"));
      return name;
    },
    async stop() {
      for (const child of running.values()) await kill(child);
      for (const { name } of members) killPostgres(join(folder, name, "data"));
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function mkFolder(path: string): string {
  mkdirSync(path, { mode: 0o700 });
  return path;
}

/** JSON is YAML. Times are the shortest that Patroni takes. */
function settings(
  member: { readonly name: string; readonly port: number; readonly api: number },
  of: { readonly folder: string; readonly etcd: number; readonly postgresPrograms: string },
): string {
  const place = (port: number) => ({
    listen: `127.0.0.1:${port}`,
    connect_address: `127.0.0.1:${port}`,
  });
  return JSON.stringify({
    scope: "fettle",
    name: member.name,
    restapi: place(member.api),
    etcd3: { host: `127.0.0.1:${of.etcd}` },
    bootstrap: {
      dcs: {
        ...{ ttl: 20, loop_wait: 2, retry_timeout: 3, maximum_lag_on_failover: 0 },
        synchronous_mode: true,
        postgresql: { parameters: { max_connections: 100 } },
      },
      initdb: [{ encoding: "UTF8" }, { auth: "trust" }, "no-sync"],
    },
    postgresql: {
      ...place(member.port),
      data_dir: join(of.folder, member.name, "data"),
      bin_dir: of.postgresPrograms,
      authentication: {
        superuser: { username: "fettle", password: "only-here" },
        replication: { username: "standby", password: "only-here" },
      },
      pg_hba: ["host all all 127.0.0.1/32 trust", "host replication all 127.0.0.1/32 trust"],
      parameters: { unix_socket_directories: join(of.folder, member.name) },
    },
  });
}

/** PostgreSQL is its Patroni's child and outlives it. */
function killPostgres(data: string): void {
  const file = join(data, "postmaster.pid");
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, "utf8").split("\n")[0]);
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It is gone already.
  }
}

async function kill(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(1_000) })).status === 200;
  } catch {
    return false;
  }
}

async function until(what: string, is: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + READY_MS;
  while (!(await is())) {
    if (Date.now() > deadline) throw new Error(`there was never ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, "127.0.0.1");
      await once(server, "listening");
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
