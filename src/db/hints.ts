import pg from "pg";
import { type Connection, clientConfig } from "./database.ts";

/**
 * Listens to the hints that the database sends when something changes. The connection is taken up
 * again by itself; `onGap` is called when hints may have been lost meanwhile.
 */
export interface HintListener {
  close(): Promise<void>;
}

const RECONNECT_MS = 1_000;

export function listenToHints(
  connection: Connection,
  heard: { readonly onTopics: (topics: readonly string[]) => void; readonly onGap: () => void },
): HintListener {
  let client: pg.Client | null = null;
  let timer: NodeJS.Timeout | null = null;
  let isClosed = false;
  let isAgain = false;
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
    next.on("notification", ({ payload }) => heard.onTopics((payload ?? "").split(" ")));
    try {
      await next.connect();
      await next.query("listen fettle_hint");
      if (isAgain) heard.onGap();
      isAgain = true;
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
