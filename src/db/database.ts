import type { ConnectionOptions } from "node:tls";
import { Kysely, PostgresDialect, type RawBuilder, sql, type Transaction } from "kysely";
import pg from "pg";
import { Failure } from "../base/failure.ts";
import type { Instant } from "../base/instant.ts";
import { preparingPool } from "./prepared.ts";
import { type Place, PrimarySocket } from "./primary.ts";

/**
 * The one door to PostgreSQL. Queries are SQL text through Kysely's `sql` tag (values are always
 * parameters), so what a store says is what the planner sees.
 */
export type Schema = Record<string, Record<string, unknown>>;
export type Db = Kysely<Schema>;
export type Tx = Transaction<Schema>;
/** Reads accept both, so they can run inside or outside a transaction. */
export type Reader = Db | Tx;

export interface Connection {
  /** `postgres://…`, or the folder of a Unix socket with database and user. */
  readonly url?: string;
  /** How to encrypt and whom to believe, for a server off this machine (`external.ts`). */
  readonly tls?: ConnectionOptions;
  /** Where there are several: the one that takes writes is looked for at each connect. */
  readonly places?: readonly Place[];
  readonly socketDir?: string;
  readonly database?: string;
  readonly user?: string;
  readonly port?: number;
}

/** Ten for work, and the one by which a server shows that it lives. */
const POOL_CONNECTIONS_MAX = 11;
const CONNECT_TIMEOUT_MS = 5_000;
/**
 * A new session reads the catalogue again before its first statements, which costs ten times what
 * they do; after the ten seconds that are usual, every start of a rollout would begin with that.
 */
const IDLE_MS_MAX = 300_000;

const INT8 = 20;
const TIMESTAMPTZ = 1184;

pg.types.setTypeParser(INT8, (text) => {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new Failure("internal", "A number is too large to read.");
  return value;
});
pg.types.setTypeParser(TIMESTAMPTZ, parseTimestamp);

/** `2026-11-21 22:49:42.885+00` as PostgreSQL writes it in UTC (the pool sets that zone). */
export function parseTimestamp(text: string): Instant {
  const at = Date.parse(text.replace(" ", "T").replace(/([+-]\d{2})$/, "$1:00"));
  if (Number.isNaN(at)) throw new Failure("internal", "A time in the database cannot be read.");
  return at;
}

export function clientConfig(connection: Connection): pg.ClientConfig {
  const where =
    connection.url === undefined
      ? {
          host: connection.socketDir,
          port: connection.port ?? 5432,
          database: connection.database ?? "fettle",
          user: connection.user ?? "fettle",
        }
      : {
          connectionString: connection.url,
          ...(connection.tls === undefined ? {} : { ssl: connection.tls }),
        };
  const { places } = connection;
  return {
    ...where,
    ...(places === undefined ? {} : { stream: () => new PrimarySocket(places, connection.tls) }),
    application_name: "fettle",
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: 120_000,
    idle_in_transaction_session_timeout: 60_000,
  };
}

export function openDatabase(connection: Connection, onError: (cause: Error) => void): Db {
  const pool = new pg.Pool({
    ...clientConfig(connection),
    max: POOL_CONNECTIONS_MAX,
    idleTimeoutMillis: IDLE_MS_MAX,
  });
  // An idle connection that breaks (server stopped) must not end the process.
  pool.on("error", onError);
  // Nor one that breaks while it is lent out but no query waits on it, as between two statements of
  // a transaction: the pool listens to idle ones only, and an error nobody hears ends the process.
  pool.on("connect", (client) => client.on("error", onError));
  return new Kysely<Schema>({ dialect: new PostgresDialect({ pool: preparingPool(pool) }) });
}

export function inTransaction<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  return db.transaction().execute(work);
}

/** An instant as a parameter of type `timestamptz`. */
export function sqlInstant(instant: Instant | null): RawBuilder<unknown> {
  return instant === null ? sql`null::timestamptz` : sql`to_timestamp(${instant}::float8 / 1000)`;
}

/** A value as a `jsonb` parameter (arrays would otherwise become PostgreSQL arrays). */
export function sqlJson(value: unknown): RawBuilder<unknown> {
  return sql`${JSON.stringify(value)}::jsonb`;
}

/** True when the cause is a violated unique constraint (SQLSTATE 23505), optionally that one. */
export function isUniqueViolation(cause: unknown, constraint?: string): boolean {
  const error = cause as { code?: unknown; constraint?: unknown };
  return error?.code === "23505" && (constraint === undefined || error.constraint === constraint);
}
