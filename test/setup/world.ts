import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { inject } from "vitest";
import { configSchema } from "../../src/base/config.ts";
import type { Clock } from "../../src/base/instant.ts";
import { silentLog } from "../../src/base/log.ts";
import { type Connection, clientConfig, openDatabase } from "../../src/db/database.ts";
import type { World } from "../../src/db/world.ts";
import { withDatabase } from "./postgres.ts";

export interface TestWorld {
  readonly world: World;
  readonly connection: Connection;
  close(): Promise<void>;
}

let made = 0;

/** A fresh, migrated database cloned from the run's template, and folders of its own. */
export async function testWorld(options: { clock?: Clock } = {}): Promise<TestWorld> {
  const postgres = inject("postgres");
  const database = `test_${process.pid}_${Date.now()}_${made++}`;
  const admin = new pg.Client(clientConfig(postgres));
  await admin.connect();
  await admin.query(
    `create database ${database} template ${inject("template")} strategy file_copy`,
  );
  const folder = mkdtempSync(join(tmpdir(), "fettle-world-"));
  const connection = withDatabase(postgres, database);
  const db = openDatabase(connection, () => undefined);
  const world: World = {
    db,
    clock: options.clock ?? Date.now,
    log: silentLog,
    config: configSchema.parse({ port: 0, feeds: { network: "off" } }),
    paths: { state: folder, sockets: folder },
  };
  return {
    world,
    connection,
    async close() {
      await db.destroy();
      await admin.query(`drop database if exists ${database} with (force)`);
      await admin.end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
