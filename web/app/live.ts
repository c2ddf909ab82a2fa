import { useSyncExternalStore } from "react";
import { refresh, refreshAll } from "./queries.ts";

/**
 * The one connection for live hints. The browser resumes it by itself behind the last hint it saw;
 * only when the server refused or is away for long do we open it anew, and then ask everything again,
 * as hints may have been missed.
 */
export type LiveState = "connecting" | "live" | "lost";

const REOPEN_MS_MIN = 1_000;
const REOPEN_MS_MAX = 15_000;

let state: LiveState = "connecting";
let source: EventSource | null = null;
let timer: number | undefined;
let wait = REOPEN_MS_MIN;
const watchers = new Set<() => void>();
const listeners = new Set<(topics: readonly string[]) => void>();

export function startLive(): void {
  if (source === null) open(false);
}

export function stopLive(): void {
  window.clearTimeout(timer);
  source?.close();
  source = null;
  become("connecting");
}

/** Calls back with each hint's topics; returns how to stop. */
export function onHint(listener: (topics: readonly string[]) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useLiveState(): LiveState {
  return useSyncExternalStore(
    (notify) => {
      watchers.add(notify);
      return () => watchers.delete(notify);
    },
    () => state,
  );
}

function open(isAgain: boolean): void {
  const opened = new EventSource("/api/v1/live");
  source = opened;
  opened.onopen = () => {
    wait = REOPEN_MS_MIN;
    become("live");
    if (isAgain) void refreshAll();
  };
  opened.onmessage = (message) => hear(String(message.data));
  opened.onerror = () => {
    become("lost");
    // While it is "connecting" the browser tries by itself; closed means that it gave up.
    if (opened.readyState !== EventSource.CLOSED || source !== opened) return;
    timer = window.setTimeout(() => open(true), wait);
    wait = Math.min(wait * 2, REOPEN_MS_MAX);
  };
}

function hear(text: string): void {
  const hint = JSON.parse(text) as { readonly topics: readonly string[] };
  for (const listener of listeners) listener(hint.topics);
  // The server says so when it cannot tell what was missed.
  if (hint.topics.includes("all")) void refreshAll();
  else void refresh(hint.topics);
}

function become(next: LiveState): void {
  if (state === next) return;
  state = next;
  for (const notify of watchers) notify();
}
