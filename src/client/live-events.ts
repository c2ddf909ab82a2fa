import { ApiProblem, type ClientOptions } from "./client.ts";
import type { components } from "./schema.d.ts";
import { pause, serverSent } from "./server-sent.ts";

export type LiveEvent = components["schemas"]["Event"];

/** Waits between two tries to reconnect; a server restart takes about this long. */
const RECONNECT_MS = 1_000;

/**
 * Events as they happen, without a gap: after a broken connection it goes on behind the last one
 * seen. Ends when `signal` aborts; throws `ApiProblem` when the server refuses.
 */
export async function* liveEvents(
  options: ClientOptions & {
    /** Index of the last event already known; absent: only what happens from now on. */
    readonly after?: number | undefined;
    readonly signal: AbortSignal;
  },
): AsyncGenerator<LiveEvent> {
  let after = options.after;
  while (!options.signal.aborted) {
    try {
      for await (const event of eventsBehind(options, after)) {
        after = event.index ?? after;
        yield event;
      }
    } catch (cause) {
      if (options.signal.aborted) return;
      const isRefusal = cause instanceof ApiProblem && cause.code !== "unavailable";
      if (isRefusal) throw cause;
    }
    await pause(RECONNECT_MS, options.signal);
  }
}

async function* eventsBehind(
  options: ClientOptions & { readonly signal: AbortSignal },
  after: number | undefined,
): AsyncGenerator<LiveEvent> {
  const lastEventId = after === undefined ? null : String(after);
  for await (const message of serverSent({ ...options, path: "/api/v1/events", lastEventId })) {
    if (message !== null) yield JSON.parse(message.data) as LiveEvent;
  }
}
