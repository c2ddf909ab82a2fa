import type pg from "pg";
import { readMigrations } from "../../src/db/migrate.ts";

/**
 * Databases as earlier versions left them: with their schema, and a row in every table. Values follow
 * from the columns, their checks and what they refer to; a few say more than a column can tell.
 */
export async function migrateUntil(client: pg.Client, last: string): Promise<void> {
  await client.query(
    "create table if not exists migration (id text primary key, applied_at timestamptz not null default now())",
  );
  const { rows } = await client.query<{ id: string }>("select id from migration");
  const done = new Set(rows.map(({ id }) => id));
  for (const { id, text } of readMigrations()) {
    if (id.slice(0, 4) > last || done.has(id)) continue;
    await client.query("insert into migration (id) values ($1)", [id]);
    await client.query(text);
  }
}

interface Column {
  readonly table: string;
  readonly name: string;
  readonly type: string;
  /** What it may be, where a check or a reference says so. */
  readonly check: string | null;
  readonly refers: string | null;
}

/** Of the tables that have no row yet; returns their names. */
export async function fillTables(
  client: pg.Client,
  told: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  const { rows } = await client.query<Column>(`
    select c.relname as table, a.attname as name, format_type(a.atttypid, null) as type,
           (select string_agg(pg_get_constraintdef(k.oid), ' ') from pg_constraint k
             where k.conrelid = c.oid and k.contype = 'c' and k.conkey = array[a.attnum]) as check,
           (select k.confrelid::regclass::text || '.' || f.attname
              from pg_constraint k
              join pg_attribute f on f.attrelid = k.confrelid
               and f.attnum = k.confkey[array_position(k.conkey, a.attnum)]
             where k.conrelid = c.oid and k.contype = 'f' and a.attnum = any(k.conkey)
             order by k.oid limit 1) as refers
      from pg_class c join pg_attribute a on a.attrelid = c.oid
     where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and c.relname <> 'migration'
       and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
     order by c.relname, a.attnum`);
  const byName = new Map(rows.map((column) => [`${column.table}.${column.name}`, column]));
  const filled: string[] = [];
  // The rows refer to one another, in circles too, and some tables take no row but from their program.
  await client.query("set session_replication_role = replica");
  for (const [table, columns] of Map.groupBy(rows, (column) => column.table)) {
    const found = await client.query(`select from "${table}" limit 1`);
    if (found.rowCount !== 0) continue;
    const names = columns.map(({ name }) => `"${name}"`).join(", ");
    const values = columns.map((column) => textFor(column, byName, told)).join(", ");
    await client.query(
      `insert into "${table}" (${names}) overriding system value values (${values})`,
    );
    filled.push(table);
  }
  await client.query("set session_replication_role = origin");
  return filled;
}

const byType: Readonly<Record<string, string>> = {
  "timestamp with time zone": "'2026-03-01 12:00:00+00'",
  boolean: "true",
  jsonb: "'{}'",
  bytea: "decode(repeat('00', 32), 'hex')",
  xid8: "'1'",
  uuid: "'00000000-0000-4000-8000-000000000001'",
};

function textFor(
  column: Column,
  all: ReadonlyMap<string, Column>,
  told: Readonly<Record<string, string>>,
): string {
  const own = told[`${column.table}.${column.name}`] ?? told[`*.${column.name}`];
  if (own !== undefined) return own;
  const target = column.refers === null ? undefined : all.get(column.refers);
  if (target !== undefined && target !== column) return textFor(target, all, told);
  if (column.type.endsWith("[]")) return "'{1}'";
  const allowed = /ARRAY\['([^']+)'::text/.exec(column.check ?? "")?.[1];
  if (allowed !== undefined) return `'${allowed}'`;
  if (column.check?.includes("[0-9a-f]{64}$") === true) return "repeat('0', 64)";
  return byType[column.type] ?? "'1'";
}

export async function rowsOf(
  client: pg.Client,
  table: string,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const { rows } = await client.query(`select * from "${table}"`);
  return rows;
}
