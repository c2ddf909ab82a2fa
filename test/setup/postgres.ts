import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import type { TestProject } from "vitest/node";
import { type Connection, clientConfig } from "../../src/db/database.ts";
import { migrate } from "../../src/db/migrate.ts";
import { makeAppRole } from "../../src/db/roles.ts";
import { startEmbedded } from "../../src/db/supervisor.ts";
import { startSystemPostgres } from "./system-postgres.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** The run's PostgreSQL, as whoever may make databases there. */
    postgres: Connection;
    /** As a server works there: by the role that may only add to the log. */
    app: Connection;
    /** The migrated database that each test's own is cloned from. */
    template: string;
  }
}

/**
 * One PostgreSQL for the whole run, without fsync, and a migrated template from which each test's
 * database is cloned. It is the embedded one, or what FETTLE_TEST_POSTGRES says: the folder of
 * another version's programs (a cluster is made with them and thrown away), or the URL of a running
 * server whose user may make databases.
 */
export default function setup(project: TestProject): Promise<() => Promise<void>> {
  return setUp(project, process.env["FETTLE_TEST_POSTGRES"]);
}

export async function setUp(
  project: TestProject,
  where: string | undefined,
): Promise<() => Promise<void>> {
  const { connection, stop } = await startPostgres(where);
  const template = `template_fettle_${process.pid}_${Date.now()}`;
  await ask(connection, `create database ${template}`);
  const owner = withDatabase(connection, template);
  await migrate(owner);
  // Somebody else's server, named by its URL, is taken as it is.
  project.provide("app", owner.url === undefined ? await makeAppRole(owner) : owner);
  project.provide("postgres", connection);
  project.provide("template", template);
  return async () => {
    for (const made of [template, starterOf(template), `${starterOf(template)}_new`]) {
      await ask(connection, `drop database if exists ${made} with (force)`);
    }
    await stop();
  };
}

/** The template with the starter snapshot in it, which is made only when a test asks for it. */
export function starterOf(template: string): string {
  return `${template}_starter`;
}

/** The same server, another database. */
export function withDatabase(connection: Connection, database: string): Connection {
  if (connection.url === undefined) return { ...connection, database };
  const url = new URL(connection.url);
  url.pathname = `/${database}`;
  return { ...connection, url: url.href };
}

async function ask(connection: Connection, text: string): Promise<void> {
  const client = new pg.Client(clientConfig(connection));
  await client.connect();
  await client.query(text);
  await client.end();
}

async function startPostgres(
  where: string | undefined,
): Promise<{ readonly connection: Connection; stop(): Promise<void> }> {
  if (where === undefined) return startOurs();
  if (where.startsWith("/")) return startSystemPostgres(where);
  return { connection: { url: where }, stop: async () => undefined };
}

async function startOurs(): Promise<{ readonly connection: Connection; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), "fettle-test-"));
  chmodSync(folder, 0o755);
  const sockets = mkdtempSync(join(tmpdir(), "fettle-sock-"));
  chmodSync(sockets, 0o755);
  const postgres = await startEmbedded({ state: folder, sockets, isDurable: false });
  return {
    connection: { ...postgres.connection, database: "postgres" },
    async stop() {
      await postgres.stop();
      rmSync(folder, { recursive: true, force: true });
      rmSync(sockets, { recursive: true, force: true });
    },
  };
}
