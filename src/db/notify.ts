import { sql } from "kysely";
import pg from "pg";
import { type Connection, clientConfig, type Reader } from "./database.ts";

/**
 * Wake-ups. A notification is a hint that something changed, sent once per transaction, never per
 * row; whoever waits also looks by itself from time to time, so a lost one costs latency only.
 */
export type Channel = "ledger" | "scan" | "feed" | "rollout" | "change";

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
    next.on("notification", (message) => {
      onWake(message.channel.replace("fettle_", "") as Channel);
    });
    try {
      await next.connect();
      for (const channel of channels) await next.query(`listen fettle_${channel}`);
      for (const channel of channels) onWake(channel);
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
