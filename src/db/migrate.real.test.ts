import pg from "pg";
import { afterEach, beforeEach, expect, inject, it } from "vitest";
import { fillTables, migrateUntil, rowsOf } from "../../test/builders/filled-store.ts";
import { withDatabase } from "../../test/setup/postgres.ts";
import { loadSayings } from "../intel/store-known.ts";
import { loadStatementsAbout } from "../intel/store-said.ts";
import { type Connection, clientConfig, openDatabase } from "./database.ts";
import { migrate, readMigrations } from "./migrate.ts";
import { grantRightsTo } from "./roles.ts";

let admin: pg.Client;
let client: pg.Client;
let empty: Connection;
let name = "";
let made = 0;
beforeEach(async () => {
  name = `empty_${process.pid}_${Date.now()}_${made++}`;
  admin = new pg.Client(clientConfig(inject("postgres")));
  await admin.connect();
  await admin.query(`create database ${name}`);
  empty = withDatabase(inject("postgres"), name);
  client = new pg.Client(clientConfig(empty));
  await client.connect();
});
afterEach(async () => {
  await client.end();
  await admin.query(`drop database ${name} with (force)`);
  await admin.end();
});

it("makes its tables in an empty database, once, however many servers start", async () => {
  const both = await Promise.all([migrate(empty), migrate(empty)]);
  expect(both.flat()).toEqual(readMigrations().map((migration) => migration.id));
  expect(await migrate(empty)).toEqual([]);
});

it("lets no trigger be planned for each row, whatever plans the session asks for", async () => {
  await migrate(empty);
  const { rows } = await client.query(`
    select p.oid::regprocedure::text as name
      from pg_proc p join pg_language l on l.oid = p.prolang
     where l.lanname = 'plpgsql' and p.pronamespace = 'public'::regnamespace
       and not coalesce('plan_cache_mode=auto' = any(p.proconfig), false)
       and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')`);
  // A new one, or one that was written anew, needs: alter function … set plan_cache_mode = auto
  expect(rows).toEqual([]);
});

it("is worked in by a role that owns nothing and upgrades nothing", async () => {
  const role = `app_${name}`;
  await admin.query(`create role ${role} login`);
  try {
    const app = as(empty, role);
    await expect(migrate(app)).rejects.toThrow();
    await migrate(empty);
    await grantRightsTo(empty, app);
    expect(await migrate(app)).toEqual([]);
    await client.query("delete from migration where id = (select max(id) from migration)");
    await expect(migrate(app)).rejects.toThrow(/Name the user who does in databaseOwnerUrl/);
    await expect(grantRightsTo(empty, empty)).rejects.toThrow(/name the same user/);
    await client.query(`drop owned by ${role}`);
  } finally {
    await admin.query(`drop role ${role}`);
  }
});

function as(connection: Connection, user: string): Connection {
  if (connection.url === undefined) return { ...connection, user };
  const url = new URL(connection.url);
  url.username = user;
  return { ...connection, url: url.href };
}

/** What a column alone does not tell of its values. */
const told = {
  "*.observed_to": "null",
  "*.recorded_to": "null",
  "*.valid_to": "null",
  "*.facts": "'{}'",
  "event.type": "'host.added'",
  "event.approved": "null",
  "subject.owner": "null",
  "api_token.limits": "'[]'",
  "one_time_secret.subject": "null",
  "rollout.ended_at": "null",
  "target.is_begun": "false",
  "target.verdict": "null",
  "fact_past.valid_to": "'2026-03-01 12:00:00+00'",
  "deferral.until": "'2026-04-01 12:00:00+00'",
  "exception.approved_at": "null",
  "exception.approved_by": "null",
  "exception.control": "'a control of ten'",
  "exception.evidence": "'https://example.org/'",
  "exception.hosts": "null",
  "exception.services": "null",
  "*.reason": "'a reason of ten'",
  "halt_control.reason": "null",
  "known_issue_revision.title": "'title'",
  "epss_block.scores": "array_fill(0.5::real, array[1000])",
  "epss_block.percentiles": "array_fill(0.5::real, array[1000])",
  "sbom_component.problem": "null",
  "sbom_component.scope": "''",
  "epss.id": "'CVE-2026-1001'",
  "service_need.needs_num": "2",
  "triage_session.closed_at": "null",
  "vex_document.trusted_by": "''",
};

/** Tables that have another name now. */
const renamed: Readonly<Record<string, string>> = { statement: "statement_group" };

/** What later versions say in another way, or no longer: all else stays as it was written. */
const rewritten: Readonly<Record<string, readonly string[]>> = {
  "0010": [
    // How far a publisher was asked is kept with the source (0013), and it is asked once more.
    ...["feed.etag", "feed.last_modified", "feed.next_check_at"],
    // Deadlines name their policy (0017); a statement is of several packages and ids (0013).
    "patch.deadline",
    // Bytes in place of their digits (0108).
    "plan_leaf.digest",
    ...["statement.package_name", "statement.vulnerability"],
  ],
  "0029": ["plan_leaf.digest"],
};

it.each(Object.entries(rewritten))(
  "keeps every row that version %s wrote",
  async (version, places) => {
    await migrateUntil(client, version);
    const tables = await fillTables(client, told);
    const before = new Map<string, Awaited<ReturnType<typeof rowsOf>>>();
    for (const table of tables) before.set(table, await rowsOf(client, table));
    await migrate(empty);
    const changed: string[] = [];
    for (const [table, [row = {}]] of before) {
      const [now] = await rowsOf(client, renamed[table] ?? table);
      for (const [column, value] of Object.entries(row)) {
        if (JSON.stringify(now?.[column]) !== JSON.stringify(value))
          changed.push(`${table}.${column}`);
      }
    }
    expect(changed).toEqual(places);
    expect(tables.length).toBeGreaterThan(50);
    const [statement] = await rowsOf(client, "statement");
    expect(statement).toMatchObject({ package_name: "1", vulnerability: "1" });
  },
);

it("makes one history of scores of the two that were kept before version 0027", async () => {
  await migrateUntil(client, "0026");
  await client.query("set session_replication_role = replica");
  await client.query(`
    insert into finding_pair (vulnerability, package_id, ecosystem, source, state, statement_id,
      rule, installed, comparison, valid_from, since)
    select id, n, 'Debian:12', 'p', 'affected-no-fix', 1, 'r', '1', 'lower', at, at
      from (values (1, 'CVE-2026-1001', timestamptz '2026-03-01'), (2, 'CVE-2026-1002', '2026-03-01'),
                   (3, 'GHSA-aaaa-bbbb-cccc', '2026-03-01')) as t (n, id, at);
    insert into fact_past (id, title, status, cvss, score, percentile, valid_to) values
      ('CVE-2026-1001', 'first', 'published', '[]', 0.25, 0.5, '2026-03-02'),
      ('CVE-2026-1001', 'second', 'published', '[]', 0.5, 0.75, '2026-03-03'),
      ('CVE-2026-1001', 'second', 'published', '[]', 0.75, 0.875, '2026-03-04');
    insert into epss_block (prefix, scores, percentiles)
    select 'CVE-2026-1', array_agg(case s when 1 then 0.875 end), array_agg(case s when 1 then 1 end)
      from generate_series(0, 999) as s;`);
  await client.query("set session_replication_role = origin");
  await migrate(empty);
  const seen = await client.query(
    "select id, at::date::text as day, score, percentile from epss_seen order by id, at",
  );
  const id = "CVE-2026-1001";
  expect(seen.rows).toEqual([
    { id, day: "2026-03-01", score: 0.25, percentile: 0.5 },
    { id, day: "2026-03-02", score: 0.5, percentile: 0.75 },
    { id, day: "2026-03-03", score: 0.75, percentile: 0.875 },
    { id, day: "2026-03-04", score: 0.875, percentile: 1 },
  ]);
  // What was kept for its score alone says no more than the next.
  const past = await client.query(
    "select title, valid_to::date::text as day from fact_past order by 2",
  );
  expect(past.rows).toEqual([
    { title: "first", day: "2026-03-02" },
    { title: "second", day: "2026-03-04" },
  ]);
});

it("packs the rows of CPE names that were kept before version 0049, and loses none", async () => {
  await migrateUntil(client, "0048");
  await client.query("set session_replication_role = replica");
  const state = { kind: "cpe", configurations: [] };
  await client.query(
    `insert into statement_group (id, feed, ecosystem, package_names, matches, vulnerabilities,
       advisory, state, urgency, row_key, generation, valid_from, valid_to)
     overriding system value
     select id, 'nvd', ecosystem, names, 'binary', ids, '', $1, '', gen_random_uuid(),
            repeat('a', 64), '2026-03-01', until
       from (values (1, 'CPE', array['one', 'two'], array['CVE-2026-1001', 'CVE-2026-1201'], null),
                    (2, 'CPE', array['old'], array['CVE-2026-1002'], timestamptz '2026-03-02'),
                    (3, 'npm', array['one'], array['CVE-2026-1001'], null))
         as t (id, ecosystem, names, ids, until)`,
    [JSON.stringify(state)],
  );
  await client.query(`
    insert into finding_pair (vulnerability, package_id, ecosystem, source, state, statement_id,
      rule, installed, comparison, valid_from, since)
    values ('CVE-2026-1001', 1, 'CPE', 'one', 'affected-no-fix', 1, 'r', '1', 'lower', now(), now())`);
  await client.query("set session_replication_role = origin");
  await migrate(empty);
  const db = openDatabase(empty, () => undefined);
  try {
    const about = async (ecosystem: string, name: string) =>
      (await loadStatementsAbout(db, [{ ecosystem, name }])).map(
        ({ id, vulnerability, packageName }) => [id, vulnerability, packageName],
      );
    expect(await about("CPE", "one")).toEqual([
      [1, "CVE-2026-1001", "one"],
      [1, "CVE-2026-1201", "one"],
    ]);
    expect(await about("CPE", "old")).toEqual([]);
    expect(await about("npm", "one")).toEqual([[3, "CVE-2026-1001", "one"]]);
    expect(await loadSayings(db, "CVE-2026-1002")).toEqual([
      {
        ...{ feed: "nvd", ecosystem: "CPE", packages: ["old"], advisory: "", urgency: "", state },
        since: Date.parse("2026-03-01T00:00:00Z"),
        endedAt: Date.parse("2026-03-02T00:00:00Z"),
      },
    ]);
    const cited = await client.query("select id::int, feed from statement_source order by id");
    expect(cited.rows).toEqual([
      { id: 1, feed: "nvd" },
      { id: 3, feed: "nvd" },
    ]);
  } finally {
    await db.destroy();
  }
});
