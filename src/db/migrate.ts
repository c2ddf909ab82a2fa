import { readdirSync, readFileSync } from "node:fs";
import pg from "pg";
import { counted } from "../base/counted.ts";
import { Failure } from "../base/failure.ts";
import { type Connection, clientConfig } from "./database.ts";

/**
 * Forward-only, numbered migrations, each in a transaction of its own that inserts its id first, so
 * that two servers starting at once cannot both run it. A schema newer than this program is refused:
 * an old binary must not write to tables it does not understand.
 */
const FOLDER = new URL("./migrations/", import.meta.url);
/** Any constant will do, as long as every Fettle server takes the same one. */
const LOCK_KEY = 4_603_781_550;

export interface Migration {
  readonly id: string;
  readonly text: string;
}

export function readMigrations(): readonly Migration[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith(".sql"))
    .sort()
    .map((name) => ({
      id: name.replace(/\.sql$/, ""),
      text: readFileSync(new URL(name, FOLDER), "utf8"),
    }));
}

/** Brings the schema up to date; returns the ids that were applied now. */
export async function migrate(connection: Connection): Promise<readonly string[]> {
  const client = new pg.Client(clientConfig(connection));
  await client.connect();
  try {
    await client.query("select pg_advisory_lock($1)", [LOCK_KEY]);
    if (!(await hasTable(client))) {
      await client.query(
        "create table if not exists migration (id text primary key, applied_at timestamptz not null default now())",
      );
    }
    const done = new Set(
      (await client.query<{ id: string }>("select id from migration")).rows.map((row) => row.id),
    );
    const known = readMigrations();
    refuseNewerSchema(done, known);
    const applied: string[] = [];
    const pending = known.filter((migration) => !done.has(migration.id));
    if (pending.length > 0) await demandOwner(client, pending.length);
    for (const migration of pending) {
      await applyOne(client, migration);
      applied.push(migration.id);
    }
    return applied;
  } finally {
    await client.end();
  }
}

/** Looked for apart, as a role that may make no tables may not even ask for one that is there. */
async function hasTable(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ is: boolean }>(
    "select to_regclass('migration') is not null as is",
  );
  return rows[0]?.is === true;
}

/** The server's own role upgrades nothing: it does not own the tables. */
async function demandOwner(client: pg.Client, pending: number): Promise<void> {
  const { rows } = await client.query<{ may: boolean }>(
    "select pg_has_role(relowner, 'usage') as may from pg_class where oid = to_regclass('migration')",
  );
  if (rows[0]?.may === true) return;
  throw new Failure(
    "blocked",
    `The database lacks ${counted(pending, "upgrade")} of this Fettle, and its user does not own the tables. Name the user who does in databaseOwnerUrl, at least for this start.`,
  );
}

function refuseNewerSchema(done: ReadonlySet<string>, known: readonly Migration[]): void {
  const ids = new Set(known.map((migration) => migration.id));
  const unknown = [...done].filter((id) => !ids.has(id));
  if (unknown.length === 0) return;
  throw new Failure(
    "blocked",
    `The database was written by a newer Fettle (it knows ${unknown.join(", ")}). Start that version, or restore a backup made before the upgrade.`,
    { facts: { unknown } },
  );
}

async function applyOne(client: pg.Client, migration: Migration): Promise<void> {
  await client.query("begin");
  try {
    await client.query("insert into migration (id) values ($1)", [migration.id]);
    await client.query(migration.text);
    await client.query("commit");
  } catch (cause) {
    await client.query("rollback");
    throw new Failure("internal", `The database could not be upgraded at step ${migration.id}.`, {
      cause,
    });
  }
}
