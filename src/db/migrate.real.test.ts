import pg from "pg";
import { expect, inject, it } from "vitest";
import { withDatabase } from "../../test/setup/postgres.ts";
import { clientConfig } from "./database.ts";
import { migrate, readMigrations } from "./migrate.ts";

it("makes its tables in an empty database, once, however many servers start", async () => {
  const name = `empty_${process.pid}_${Date.now()}`;
  const admin = new pg.Client(clientConfig(inject("postgres")));
  await admin.connect();
  await admin.query(`create database ${name}`);
  try {
    const empty = withDatabase(inject("postgres"), name);
    const both = await Promise.all([migrate(empty), migrate(empty)]);
    expect(both.flat()).toEqual(readMigrations().map((migration) => migration.id));
    expect(await migrate(empty)).toEqual([]);
  } finally {
    await admin.query(`drop database ${name} with (force)`);
    await admin.end();
  }
});
