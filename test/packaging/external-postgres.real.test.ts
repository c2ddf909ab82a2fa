import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterEach, expect, it } from "vitest";
import { runCommand } from "../../src/base/run-command.ts";
import { clientConfig } from "../../src/db/database.ts";
import { externalConnection } from "../../src/db/external.ts";
import { readMigrations } from "../../src/db/migrate.ts";
import { startSystemPostgres, systemPostgres } from "../setup/system-postgres.ts";

/**
 * The program on a PostgreSQL that the operator brings. It needs the system's (Debian: postgresql-15)
 * and is skipped visibly without it, except where a run must be complete. What the stores do there is
 * for the tests beside them, which run on it as well (project `external`).
 */
const clone = join(import.meta.dirname, "../..");
const programs = systemPostgres();
const onSystem = it.skipIf(programs === null && process.env["CI"] !== "true");
const START_MS_MAX = 60_000;

let closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  closers = [];
});

onSystem("runs the server on it, and starts no database of its own", async () => {
  const postgres = await startSystemPostgres(installed());
  closers.push(() => postgres.stop());
  const state = temporary();
  const url = `postgres:///postgres?host=${postgres.socketDir}&user=fettle`;
  const server = spawn(
    process.execPath,
    [join(clone, "src/main/cli.ts"), "server", "--port", "0"],
    {
      env: {
        PATH: process.env["PATH"],
        FETTLE_STATE: state,
        FETTLE_FEEDS_NETWORK: "off",
        FETTLE_MFA: "off",
        DATABASE_URL: url,
      },
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const gone = new Promise((resolve) => server.once("exit", resolve));
  closers.push(async () => {
    server.kill("SIGTERM");
    await gone;
  });
  let said = "";
  server.stdout.on("data", (bytes: Buffer) => {
    said += bytes.toString("utf8");
  });
  await expect.poll(() => said, { timeout: START_MS_MAX }).toContain("listens at");
  const address = /listens at (http:\/\/\S+)/.exec(said)?.[1];
  expect((await fetch(`${address}/healthz`)).status).toBe(200);
  const client = await connected(clientConfig(externalConnection(url)));
  const { rows } = await client.query<{ applied: number }>(
    "select count(*)::int as applied from migration",
  );
  expect(rows).toEqual([{ applied: readMigrations().length }]);
  server.kill("SIGTERM");
  expect(await gone).toBe(0);
});

onSystem("believes a server off this machine only by its certificate and name", async () => {
  const { certificate, key } = await selfSigned("db.example");
  const named = await selfSigned(hostname());
  const other = await serverWith(certificate, key);
  const right = await serverWith(named.certificate, named.key);
  const plain = await serverWith(null, null);
  const ask = async (port: number, more = ""): Promise<unknown> => {
    // The machine's own name is none of the names that mean "this machine".
    const url = `postgres://fettle@${hostname()}:${port}/postgres?${more}`;
    const client = await connected(clientConfig(externalConnection(url)));
    return (await client.query("select ssl from pg_stat_ssl where pid = pg_backend_pid()")).rows;
  };
  await expect(ask(plain)).rejects.toThrow(/does not support SSL/);
  await expect(ask(right)).rejects.toThrow(/self-signed/);
  await expect(ask(other, `sslrootcert=${file(certificate)}`)).rejects.toThrow(/does not match/);
  expect(await ask(right, `sslrootcert=${file(named.certificate)}`)).toEqual([{ ssl: true }]);
});

function installed(): string {
  if (programs !== null) return programs;
  throw new Error("No PostgreSQL 15 or newer below /usr/lib/postgresql. Install postgresql-15.");
}

async function connected(config: pg.ClientConfig): Promise<pg.Client> {
  const client = new pg.Client(config);
  closers.push(() => client.end().catch(() => undefined));
  await client.connect();
  return client;
}

/** A server that listens under this machine's name; its port. */
async function serverWith(certificate: string | null, key: string | null): Promise<number> {
  const port = await freePort();
  const postgres = await startSystemPostgres(installed(), {
    settings: {
      listen_addresses: hostname(),
      port: String(port),
      ...(certificate === null ? {} : { ssl: "on" }),
    },
    files: {
      "pg_hba.conf": "local all all trust\nhost all all all trust\n",
      ...(certificate === null ? {} : { "server.crt": certificate }),
      ...(key === null ? {} : { "server.key": key }),
    },
  });
  closers.push(() => postgres.stop());
  return port;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

async function selfSigned(name: string): Promise<{ certificate: string; key: string }> {
  const folder = temporary();
  const result = await runCommand({
    program: "openssl",
    args: [
      ...["req", "-x509", "-nodes", "-days", "2", "-newkey", "ec"],
      ...["-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", "/CN=test"],
      ...["-addext", `subjectAltName=DNS:${name}`, "-keyout", join(folder, "key")],
      ...["-out", join(folder, "certificate")],
    ],
    timeoutMs: 20_000,
    outputBytesMax: 1024 * 1024,
  });
  expect(result.code, result.stderr.toString("utf8")).toBe(0);
  const read = (file: string): string => readFileSync(join(folder, file), "utf8");
  return { certificate: read("certificate"), key: read("key") };
}

function file(text: string): string {
  const path = join(temporary(), "ca.pem");
  writeFileSync(path, text);
  return path;
}

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), "fettle-external-"));
  closers.push(async () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
