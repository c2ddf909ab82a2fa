import { createHash } from "node:crypto";
import type { PostgresPool, PostgresPoolClient } from "kysely";
import type pg from "pg";
import { copyRows, RowsToCopy } from "./copy-rows.ts";

/**
 * Statements that come again and again are parsed once by each session of the database: it keeps them
 * under a name (PostgreSQL's extended query protocol, `Parse`). How one is carried out is still thought
 * about each time with its values at hand, as a plan made while a table was empty is the wrong one once it
 * was filled; a transaction may ask otherwise (`walkKeys`).
 */
export interface StatementNames {
  /** The name of a text that came often enough, else null: it is sent as it is. */
  nameOf(text: string): string | null;
  /** From here on all are parsed anew, under other names. */
  renew(): void;
}

/** What is asked only now and then, or never with the same text again, takes no memory of the database. */
const SEEN_MIN = 3;
/** Each session keeps some tens of kilobytes for each of them. */
const NAMES_MAX = 300;
/** Texts that are counted at once. */
const COUNTED_MAX = 2_000;
/** One statement alone: several in one text can have no name. */
const ONE_STATEMENT = /^\s*(?:select|with|insert|update|delete)\b[^;]*$/;

export function statementNames(): StatementNames {
  const counts = new Map<string, number>();
  const names = new Map<string, string>();
  let generation = 0;
  return {
    nameOf(text) {
      const name = names.get(text);
      if (name !== undefined) return name;
      const count = (counts.get(text) ?? 0) + 1;
      if (counts.size >= COUNTED_MAX) counts.clear();
      counts.set(text, count);
      if (count < SEEN_MIN || names.size >= NAMES_MAX || !ONE_STATEMENT.test(text)) return null;
      const digest = createHash("sha256").update(text).digest("hex").slice(0, 32);
      const made = `fettle-${generation}-${digest}`;
      counts.delete(text);
      names.set(text, made);
      return made;
    },
    renew() {
      generation += 1;
      names.clear();
    },
  };
}

/** The pool as Kysely sees it, with names for statements. `pool` is closed through what is returned. */
export function preparingPool(pool: pg.Pool, names = statementNames()): PostgresPool {
  const clients = new WeakMap<pg.PoolClient, PostgresPoolClient>();
  return {
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      const client = await pool.connect();
      const known = clients.get(client);
      if (known !== undefined) return known;
      try {
        await client.query(PLAN_EACH_TIME);
      } catch (cause) {
        client.release(true);
        throw cause;
      }
      const made = preparingClient(client, names);
      clients.set(client, made);
      return made;
    },
  };
}

const PLAN_EACH_TIME = "set plan_cache_mode = force_custom_plan";

function preparingClient(client: pg.PoolClient, names: StatementNames): PostgresPoolClient {
  let isBroken = false;
  const query = async (text: string, values: readonly unknown[]): Promise<unknown> => {
    const [first] = values;
    if (first instanceof RowsToCopy) return copyRows(client, text, first);
    const name = names.nameOf(text);
    if (name === null) return client.query(text, [...values]);
    try {
      return await client.query({ name, text, values: [...values] });
    } catch (cause) {
      if (isForgotten(cause)) {
        names.renew();
        isBroken = true;
      }
      throw cause;
    }
  };
  const { processID } = client as { readonly processID?: number };
  return {
    ...(processID === undefined ? {} : { processID }),
    // Kysely asks with text and values only; it has no cursor here.
    query: query as PostgresPoolClient["query"],
    release: (destroy) => client.release(destroy === true || isBroken),
  };
}

const FEATURE_NOT_SUPPORTED = "0A000";
const INVALID_STATEMENT_NAME = "26000";

/**
 * Another server, of a newer version, has changed the columns of a table meanwhile, or somebody told the
 * session to forget its statements. Only what was under way then fails, as at any break of a connection.
 */
function isForgotten(cause: unknown): boolean {
  const { code, message } = cause as { readonly code?: unknown; readonly message?: unknown };
  if (code === INVALID_STATEMENT_NAME) return true;
  return code === FEATURE_NOT_SUPPORTED && String(message).includes("cached plan");
}
