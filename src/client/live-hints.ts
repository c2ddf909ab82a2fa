import { ApiProblem, type ClientOptions } from "./client.ts";
import { pause, type ServerSent, serverSent } from "./server-sent.ts";

/**
 * When to look again. `topics` names what changed; `null` means that anything may have changed,
 * because the stream has just begun, or is broken and cannot tell.
 */
export interface Hint {
  readonly topics: readonly string[] | null;
  readonly isConnected: boolean;
}

const RECONNECT_MS_MIN = 500;
const RECONNECT_MS_MAX = 15_000;
/** A connection that held this long was a good one; the next wait is short again. */
const STEADY_MS = 5_000;

/** What no further try can change. */
const refusals: readonly string[] = ["unauthenticated", "forbidden"];

/**
 * Hints of the server's live stream. A broken connection is taken up again behind the last hint
 * seen, with longer and longer waits; each try counts as a hint, so that whoever listens looks by
 * itself while there is no stream, at most every 15 s. Ends when `signal` aborts; throws
 * `ApiProblem` when the server refuses.
 */
export async function* liveHints(
  options: ClientOptions & { readonly signal: AbortSignal },
): AsyncGenerator<Hint> {
  let lastEventId: string | null = null;
  let waitMs = RECONNECT_MS_MIN;
  while (!options.signal.aborted) {
    const openedAt = performance.now();
    try {
      for await (const message of serverSent({ ...options, path: "/api/v1/live", lastEventId })) {
        lastEventId = message?.id ?? lastEventId;
        yield { topics: message === null ? null : topicsIn(message), isConnected: true };
      }
    } catch (cause) {
      if (options.signal.aborted) return;
      if (cause instanceof ApiProblem && refusals.includes(cause.code)) throw cause;
    }
    if (options.signal.aborted) return;
    if (performance.now() - openedAt > STEADY_MS) waitMs = RECONNECT_MS_MIN;
    yield { topics: null, isConnected: false };
    await pause(waitMs, options.signal);
    waitMs = Math.min(waitMs * 2, RECONNECT_MS_MAX);
  }
}

/** Topics of one message; one that names none counts as a hint about anything. */
export function topicsIn(message: ServerSent): readonly string[] | null {
  try {
    const { topics } = JSON.parse(message.data) as { readonly topics?: unknown };
    return Array.isArray(topics) ? topics.filter((topic) => typeof topic === "string") : null;
  } catch {
    return null;
  }
}
