import { sql } from "kysely";
import pg from "pg";
import { type Connection, clientConfig, type Reader } from "./database.ts";

/**
 * Wake-ups. A notification is a hint that something changed, sent once per transaction, never per
 * row; whoever waits also looks by itself from time to time, so a lost one costs latency only.
 */
export type Channel = "ledger" | "scan" | "feed" | "rollout" | "change" | "agent";

const RECONNECT_MS = 1_000;

export async function notify(tx: Reader, channel: Channel): Promise<void> {
  await sql`select pg_notify(${`fettle_${channel}`}, '')`.execute(tx);
}

export interface Listener {
  close(): Promise<void>;
}

/** Calls `onWake` for each hint; reconnects by itself and then wakes once, as hints may be lost. */
export function listen(
  connection: Connection,
  channels: readonly Channel[],
  onWake: (channel: Channel) => void,
): Listener {
  return keepListening(connection, {
    names: channels.map((channel) => `fettle_${channel}`),
    onMessage: ({ channel }) => onWake(channel.replace("fettle_", "") as Channel),
    onListening: () => {
      for (const channel of channels) onWake(channel);
    },
  });
}

/** A connection that only listens, and is taken up again by itself whenever it breaks. */
export function keepListening(
  connection: Connection,
  of: {
    /** Our own words, never data: they stand in the statement as they are. */
    readonly names: readonly string[];
    readonly onMessage: (message: pg.Notification) => void;
    /** Each time it listens again; what was sent before is lost. */
    readonly onListening: () => void;
  },
): Listener {
  let client: pg.Client | null = null;
  let timer: NodeJS.Timeout | null = null;
  let isClosed = false;
  const connect = async (): Promise<void> => {
    const next = new pg.Client(clientConfig(connection));
    const retry = (): void => {
      if (isClosed || client !== next) return;
      client = null;
      next.end().catch(() => undefined);
      timer = setTimeout(() => void connect(), RECONNECT_MS);
    };
    client = next;
    next.on("error", retry);
    next.on("end", retry);
    next.on("notification", of.onMessage);
    try {
      await next.connect();
      for (const name of of.names) await next.query(`listen ${name}`);
      of.onListening();
    } catch {
      retry();
    }
  };
  void connect();
  return {
    async close() {
      isClosed = true;
      if (timer !== null) clearTimeout(timer);
      await client?.end().catch(() => undefined);
    },
  };
}
