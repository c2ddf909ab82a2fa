import { Socket } from "node:net";
import type { ConnectionOptions } from "node:tls";
import pg from "pg";

/**
 * A cluster of PostgreSQL servers of which one takes writes, as Patroni keeps them. Each new session
 * first finds out which one that is now; a session that breaks is made anew like any other, so a
 * failover needs no proxy and no word to us.
 */
export interface Place {
  readonly host: string;
  readonly port: number;
  /** The whole address, with the user. */
  readonly url: string;
}

/** A member that says nothing for this long is passed over; three of them are one connect's time. */
const PROBE_MS = 1_500;

/** The driver's own socket, but for where it leads. */
export class PrimarySocket extends Socket {
  readonly #places: readonly Place[];
  readonly #tls: ConnectionOptions | undefined;

  constructor(places: readonly Place[], tls?: ConnectionOptions) {
    super();
    this.#places = places;
    this.#tls = tls;
  }

  // The driver names the first member; which one it becomes is decided here.
  override connect(): this {
    findPrimary(this.#places, this.#tls).then(
      (found) => {
        if (found !== null) super.connect(found.port, found.host);
        else this.destroy(new Error(`none of ${this.#places.length} databases takes writes now`));
      },
      (cause: Error) => this.destroy(cause),
    );
    return this;
  }
}

/** All are asked at once; whoever first says that it takes writes is it. Null when none does. */
export async function findPrimary(
  places: readonly Place[],
  tls?: ConnectionOptions,
): Promise<Place | null> {
  const asked = places.map(async (place) => {
    if (await takesWrites(place, tls)) return place;
    throw new Error("it is a standby");
  });
  return Promise.any(asked).catch(() => null);
}

async function takesWrites(place: Place, tls?: ConnectionOptions): Promise<boolean> {
  const client = new pg.Client({
    connectionString: place.url,
    ...(tls === undefined ? {} : { ssl: tls }),
    connectionTimeoutMillis: PROBE_MS,
    query_timeout: PROBE_MS,
  });
  // A member that dies while it is asked has given its answer.
  client.on("error", () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ is: boolean }>(
      "select not pg_is_in_recovery() and current_setting('transaction_read_only') = 'off' as is",
    );
    return rows[0]?.is === true;
  } finally {
    await client.end().catch(() => undefined);
  }
}
