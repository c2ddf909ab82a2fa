import { authorization, type ClientOptions, problemFrom, reach } from "./client.ts";

/** One message of a stream of server-sent events (WHATWG HTML §9.2). */
export interface ServerSent {
  /** What `Last-Event-ID` resumes behind; null where the message names none. */
  readonly id: string | null;
  readonly data: string;
}

/** The server sends a heartbeat every 15 s; three missing ones mean a dead connection. */
const SILENCE_MS_MAX = 45_000;
/** No message of ours comes near it; a stream without an end of message is not from our server. */
const MESSAGE_CHARACTERS_MAX = 1_000_000;

/**
 * The messages of one connection, until it ends or breaks; first `null`, once the server took it.
 * Throws `ApiProblem` when the server refuses, and whatever broke the connection otherwise.
 */
export async function* serverSent(
  options: ClientOptions & {
    readonly path: string;
    readonly lastEventId: string | null;
    readonly signal: AbortSignal;
  },
): AsyncGenerator<ServerSent | null> {
  // Not `AbortSignal.any`: a signal made of others may be collected while a quiet stream waits on it.
  const connection = new AbortController();
  const { signal } = connection;
  const end = (): void => connection.abort();
  options.signal.addEventListener("abort", end);
  if (options.signal.aborted) end();
  let timer = setTimeout(end, SILENCE_MS_MAX);
  try {
    const url = `${options.url.replace(/\/+$/, "")}${options.path}`;
    const headers = {
      ...authorization(options),
      ...(options.lastEventId === null ? {} : { "last-event-id": options.lastEventId }),
    };
    const response = await reach(options.url, () => fetch(url, { headers, signal }));
    if (!response.ok) throw problemFrom(await response.json().catch(() => null), response);
    yield null;
    const decoder = new TextDecoder();
    let text = "";
    for await (const chunk of response.body ?? []) {
      clearTimeout(timer);
      timer = setTimeout(end, SILENCE_MS_MAX);
      const parts = (text + decoder.decode(chunk, { stream: true })).split(/\r?\n\r?\n/);
      text = parts.pop() ?? "";
      if (text.length > MESSAGE_CHARACTERS_MAX) throw new Error("a message without an end");
      yield* parts.flatMap(messageIn);
    }
  } finally {
    clearTimeout(timer);
    options.signal.removeEventListener("abort", end);
    end();
  }
}

/** The message in one block of a stream; heartbeats and retry hints hold none. */
export function messageIn(block: string): ServerSent[] {
  const lines = block.split(/\r?\n/);
  const valuesOf = (field: string): string[] =>
    lines
      .filter((line) => line.startsWith(`${field}:`))
      .map((line) => line.slice(field.length + 1).replace(/^ /, ""));
  const data = valuesOf("data").join("\n");
  return data === "" ? [] : [{ id: valuesOf("id").at(-1) ?? null, data }];
}

/** Waits, or ends at once when the signal does. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });
}
