import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { inject } from "vitest";
import { configSchema } from "../../src/base/config.ts";
import type { Clock } from "../../src/base/instant.ts";
import { silentLog } from "../../src/base/log.ts";
import { type Connection, clientConfig, type Db, openDatabase } from "../../src/db/database.ts";
import type { World } from "../../src/db/world.ts";
import { starterOf, withDatabase } from "./postgres.ts";

export interface TestWorld {
  readonly world: World;
  /** As whoever owns the tables. */
  readonly connection: Connection;
  /** For what a server may not do, such as breaking a table to see what follows. */
  owner(): Db;
  close(): Promise<void>;
}

let made = 0;

interface WorldOptions {
  readonly clock?: Clock;
  /** With the starter snapshot loaded, which costs seconds and is done once a run. */
  readonly hasStarter?: boolean;
}

/** A fresh, migrated database cloned from the run's template, and folders of its own. */
export async function testWorld(options: WorldOptions = {}): Promise<TestWorld> {
  const postgres = inject("postgres");
  const database = `test_${process.pid}_${Date.now()}_${made++}`;
  const admin = new pg.Client(clientConfig(postgres));
  await admin.connect();
  const template = inject("template");
  const from = options.hasStarter === true ? await starterTemplate(admin, template) : template;
  await copyDatabase(admin, from, database);
  const folder = mkdtempSync(join(tmpdir(), "fettle-world-"));
  const connection = withDatabase(postgres, database);
  const app = withDatabase(inject("app"), database);
  const world = worldOn(app, folder, options.clock ?? Date.now);
  let owner: Db | null = null;
  return {
    world,
    connection,
    owner() {
      owner ??= openDatabase(connection, () => undefined);
      return owner;
    },
    async close() {
      await world.db.destroy();
      await owner?.destroy();
      await admin.query(`drop database if exists ${database} with (force)`);
      await admin.end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function worldOn(connection: Connection, folder: string, clock: Clock): World {
  return {
    db: openDatabase(connection, () => undefined),
    clock,
    log: silentLog,
    config: configSchema.parse({
      port: 0,
      mfa: "off",
      feeds: { network: "off" },
      outbound: { networks: ["127.0.0.0/8"] },
    }),
    paths: { state: folder, sockets: folder },
  };
}

async function copyDatabase(admin: pg.Client, from: string, to: string): Promise<void> {
  await admin.query(`create database ${to} template ${from} strategy file_copy`);
}

/** Made by the first test of the run that asks; the others wait for it. */
async function starterTemplate(admin: pg.Client, template: string): Promise<string> {
  const name = starterOf(template);
  await admin.query("select pg_advisory_lock(hashtext($1))", [name]);
  try {
    const found = await admin.query("select from pg_database where datname = $1", [name]);
    if (found.rowCount === 0) await makeStarter(admin, template, name);
  } finally {
    await admin.query("select pg_advisory_unlock(hashtext($1))", [name]);
  }
  return name;
}

async function makeStarter(admin: pg.Client, template: string, name: string): Promise<void> {
  // Most tests need none of what reads feeds, and loading it takes its time in each file of tests.
  const { loadStarter } = await import("../../src/intel/starter.ts");
  const unfinished = `${name}_new`;
  await admin.query(`drop database if exists ${unfinished} with (force)`);
  await copyDatabase(admin, template, unfinished);
  const world = worldOn(withDatabase(inject("postgres"), unfinished), tmpdir(), Date.now);
  await loadStarter(world).finally(() => world.db.destroy());
  await admin.query(`alter database ${unfinished} rename to ${name}`);
}
