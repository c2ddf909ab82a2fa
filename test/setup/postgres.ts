import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import type { TestProject } from "vitest/node";
import { clientConfig } from "../../src/db/database.ts";
import { migrate } from "../../src/db/migrate.ts";
import { startEmbedded } from "../../src/db/supervisor.ts";

declare module "vitest" {
  export interface ProvidedContext {
    socketDir: string;
  }
}

/**
 * One PostgreSQL for the whole run, without fsync, and a migrated template from which each test's
 * database is cloned.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), "fettle-test-"));
  chmodSync(folder, 0o755);
  const sockets = mkdtempSync(join(tmpdir(), "fettle-sock-"));
  chmodSync(sockets, 0o755);
  const postgres = await startEmbedded({ state: folder, sockets, isDurable: false });
  const client = new pg.Client(clientConfig({ ...postgres.connection, database: "postgres" }));
  await client.connect();
  await client.query("create database template_fettle");
  await client.end();
  await migrate({ ...postgres.connection, database: "template_fettle" });
  project.provide("socketDir", sockets);
  return async () => {
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
    rmSync(sockets, { recursive: true, force: true });
  };
}
