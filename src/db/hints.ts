import type { Connection } from "./database.ts";
import { keepListening, type Listener } from "./notify.ts";

/**
 * Listens to the hints that the database sends when something changes. `onGap` is called when hints
 * may have been lost, which is whenever it listens again after a break.
 */
export function listenToHints(
  connection: Connection,
  heard: { readonly onTopics: (topics: readonly string[]) => void; readonly onGap: () => void },
): Listener {
  let isAgain = false;
  return keepListening(connection, {
    names: ["fettle_hint"],
    onMessage: ({ payload }) => heard.onTopics((payload ?? "").split(" ")),
    onListening: () => {
      if (isAgain) heard.onGap();
      isAgain = true;
    },
  });
}
