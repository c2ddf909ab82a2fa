import pg from "pg";
import { Failure } from "../base/failure.ts";
import { type Connection, clientConfig } from "./database.ts";

/**
 * Two roles: the owner makes and upgrades the tables, and the server works as another, which may
 * only add to the log. So neither a mistake of ours nor somebody's SQL can change what is written
 * there, nor turn off the triggers that say the same. Whoever owns the machine of the database can
 * do both; that is what the signed heads outside of it are for.
 */
export const APP_ROLE = "fettle_app";

/** Any constant, the same for every server: grants of two at once would fail each other. */
const GRANT_LOCK = 4_603_781_551;

/** What of the rights over all tables the server does not have, and why. */
const WITHHELD: readonly { readonly rights: string; readonly tables: string }[] = [
  // What happened is added to, and never changed.
  { rights: "update, delete", tables: "event, ledger_entry, ledger_checkpoint" },
  // The edge of the tree grows in place, and one head follows another; triggers see to the rest.
  { rights: "delete", tables: "ledger_tile, ledger_head" },
  { rights: "update", tables: "event_queue" },
  // A forgotten person's key leaves a mark.
  { rights: "delete", tables: "subject_key" },
  // What goes from the log goes by `ledger_prune`, which looks at age and holds itself.
  { rights: "insert, update, delete", tables: "ledger_pruned" },
  { rights: "insert, delete", tables: "ledger_retention" },
  { rights: "delete", tables: "legal_hold, subject_erasure" },
  // The schema is the owner's.
  { rights: "insert, update, delete", tables: "migration" },
];

/** On a server that is ours: makes the role by which we work there, and gives it its rights. */
export async function makeAppRole(owner: Connection): Promise<Connection> {
  await withClient(owner, async (client) => {
    await lock(client);
    const { rowCount } = await client.query("select from pg_roles where rolname = $1", [APP_ROLE]);
    if (rowCount === 0) {
      await client.query(
        `create role ${APP_ROLE} login nosuperuser nocreatedb nocreaterole noreplication nobypassrls`,
      );
    }
  });
  await grantRights(owner, APP_ROLE);
  return { ...owner, user: APP_ROLE };
}

/** On somebody else's server: the role is there, as the operator made it. */
export async function grantRightsTo(owner: Connection, app: Connection): Promise<void> {
  const role = await withClient(app, async (client) => {
    const { rows } = await client.query<{ name: string }>("select current_user as name");
    return rows[0]?.name ?? "";
  });
  await grantRights(owner, role);
}

async function grantRights(owner: Connection, role: string): Promise<void> {
  await withClient(owner, async (client) => {
    await lock(client);
    const { rows } = await client.query<{ user: string; name: string }>(
      "select current_user as user, quote_ident($1) as name",
      [role],
    );
    const { user, name } = rows[0] ?? { user: role, name: "" };
    if (user === role) {
      throw new Failure(
        "invalid",
        "databaseOwnerUrl and databaseUrl name the same user. The owner makes the tables; make another one for the server, with the right to log in and no other.",
      );
    }
    await client.query(`grant usage on schema public to ${name}`);
    await client.query(`revoke all on all tables in schema public from ${name}`);
    await client.query(
      `grant select, insert, update, delete on all tables in schema public to ${name}`,
    );
    await client.query(`grant usage, select on all sequences in schema public to ${name}`);
    for (const { rights, tables } of WITHHELD) {
      await client.query(`revoke ${rights} on ${tables} from ${name}`);
    }
  });
}

async function lock(client: pg.Client): Promise<void> {
  await client.query("select pg_advisory_xact_lock($1)", [GRANT_LOCK]);
}

/** In one transaction, so that others never see the rights half given. */
async function withClient<T>(
  connection: Connection,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client(clientConfig(connection));
  // A connection that breaks rejects what waits on it; nobody waiting, it must not end the process.
  client.on("error", () => undefined);
  await client.connect();
  try {
    await client.query("begin");
    const done = await work(client);
    await client.query("commit");
    return done;
  } finally {
    await client.end().catch(() => undefined);
  }
}
