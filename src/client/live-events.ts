import { ApiProblem, authorization, type ClientOptions, problemFrom, reach } from "./client.ts";
import type { components } from "./schema.d.ts";

export type LiveEvent = components["schemas"]["Event"];

/** Waits between two tries to reconnect; a server restart takes about this long. */
const RECONNECT_MS = 1_000;
/** The server sends a heartbeat every 15 s; three missing ones mean a dead connection. */
const SILENCE_MS_MAX = 45_000;

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
      for await (const event of oneConnection(options, after)) {
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

async function* oneConnection(
  options: ClientOptions & { readonly signal: AbortSignal },
  after: number | undefined,
): AsyncGenerator<LiveEvent> {
  const silence = new AbortController();
  const signal = AbortSignal.any([options.signal, silence.signal]);
  let timer = setTimeout(() => silence.abort(), SILENCE_MS_MAX);
  try {
    const url = `${options.url.replace(/\/+$/, "")}/api/v1/events`;
    const headers = {
      ...authorization(options),
      ...(after === undefined ? {} : { "last-event-id": String(after) }),
    };
    const response = await reach(options.url, () => fetch(url, { headers, signal }));
    if (!response.ok) throw problemFrom(await response.json().catch(() => null), response);
    const decoder = new TextDecoder();
    let text = "";
    for await (const chunk of response.body ?? []) {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS_MAX);
      const parts = (text + decoder.decode(chunk, { stream: true })).split("\n\n");
      text = parts.pop() ?? "";
      yield* parts.flatMap(eventIn);
    }
  } finally {
    clearTimeout(timer);
  }
}

/** The event in one block of a stream; heartbeats and retry hints hold none. */
function eventIn(block: string): LiveEvent[] {
  const data = block
    .split("\n")
    .filter((line) => line.startsWith("data:"))
    .map((line) => line.slice(5).trimStart())
    .join("\n");
  return data === "" ? [] : [JSON.parse(data) as LiveEvent];
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
