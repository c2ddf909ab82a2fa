import { setTimeout as sleep } from "node:timers/promises";
import { ApiProblem, type ClientOptions } from "../client/client.ts";
import { type Hint, liveHints } from "../client/live-hints.ts";
import type { Cli } from "./cli.ts";

/**
 * Follows something on the server until it ends: looks once, then again whenever the server hints
 * that it changed. Never by the clock, except while the stream of hints is broken (at most every
 * 15 s), and gives up when no server has answered for long.
 */
export type Followed = "ended" | "left";

/** A restart of the server with an upgrade of its database takes minutes at worst. */
const LOST_MS_MAX = 10 * 60_000;
/** Looks follow each other no faster than this, however many hints come. */
const LOOK_APART_MS = 150;
/** What the clock alone changes on a screen: distances in time. */
const TICK_MS = 1_000;

export interface Following {
  /** Topics that concern us. */
  readonly topics: () => readonly string[];
  /** Looks and shows; true when it has ended. */
  readonly look: (isConnected: boolean) => Promise<boolean>;
  /** Draws again what was seen last; only called for people at a terminal. */
  readonly tick?: () => void;
  /** What goes on without us, and how to find it again. */
  readonly farewell: string;
}

const INTERRUPTED_EXIT = 130;

export async function follow(cli: Cli, following: Following): Promise<Followed> {
  const stop = new AbortController();
  const release = cli.terminal.onInterrupt(() => stop.abort());
  const ticker =
    following.tick === undefined ? undefined : setInterval(following.tick, TICK_MS).unref();
  try {
    return await untilEnded(cli.connection(), following, stop.signal);
  } finally {
    clearInterval(ticker);
    release();
    stop.abort();
  }
}

/**
 * Waits for one long request, and meanwhile looks at what the server hints. Progress is decoration
 * here: where it cannot be had, the work goes on all the same. `null` when the user left.
 */
export async function whileWorking<T>(
  cli: Cli,
  work: Promise<T>,
  meanwhile: Pick<Following, "topics" | "tick"> & { readonly look: () => Promise<void> },
): Promise<T | null> {
  const stop = new AbortController();
  const release = cli.terminal.onInterrupt(() => stop.abort());
  const ticker =
    meanwhile.tick === undefined ? undefined : setInterval(meanwhile.tick, TICK_MS).unref();
  const over = new AbortController();
  const hints = lookAtHints(cli.connection(), meanwhile, over.signal).catch(() => undefined);
  try {
    return await untilAborted(work, stop.signal);
  } finally {
    clearInterval(ticker);
    release();
    over.abort();
    await hints;
  }
}

async function lookAtHints(
  connection: ClientOptions,
  meanwhile: Pick<Following, "topics"> & { readonly look: () => Promise<void> },
  signal: AbortSignal,
): Promise<void> {
  for await (const hint of liveHints({ ...connection, signal })) {
    if (concerns(hint, meanwhile.topics())) await untilAborted(meanwhile.look(), signal);
    await untilAborted(sleep(LOOK_APART_MS), signal);
  }
}

/** Says what goes on without us; the exit code is that of an interrupted program. */
export function sayLeft(cli: Cli, farewell: string): void {
  cli.terminal.err(`\n${farewell}\n`);
  process.exitCode = INTERRUPTED_EXIT;
}

async function untilEnded(
  connection: ClientOptions,
  following: Following,
  signal: AbortSignal,
): Promise<Followed> {
  let lostAt: number | null = null;
  const look = async (isConnected: boolean): Promise<boolean> => {
    try {
      const isEnded = await following.look(isConnected);
      lostAt = null;
      return isEnded;
    } catch (cause) {
      // A server that restarts is waited for; whatever it refuses is told at once.
      if (!(cause instanceof ApiProblem) || cause.code !== "unavailable") throw cause;
      lostAt ??= performance.now();
      if (performance.now() - lostAt < LOST_MS_MAX) return false;
      throw new ApiProblem(cause.code, `${cause.message} ${following.farewell}`, { cause });
    }
  };
  // Who cannot be reached at the very beginning is told at once.
  const ended = await untilAborted(following.look(true), signal);
  if (ended !== false) return ended === true ? "ended" : "left";
  for await (const hint of liveHints({ ...connection, signal })) {
    if (!concerns(hint, following.topics())) continue;
    const outcome = await untilAborted(look(hint.isConnected), signal);
    if (outcome !== false) return outcome === true ? "ended" : "left";
    await sleep(LOOK_APART_MS);
  }
  return "left";
}

/** `all`: the server knows that hints were missed. */
function concerns({ topics }: Hint, wanted: readonly string[]): boolean {
  return topics === null || ["all", ...wanted].some((topic) => topics.includes(topic));
}

/** `null` when the user left first; what goes on then is nobody's concern any more. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | null> {
  if (signal.aborted) return null;
  let onAbort: () => void = () => undefined;
  const left = new Promise<null>((resolve) => {
    onAbort = () => resolve(null);
    signal.addEventListener("abort", onAbort);
  });
  try {
    return await Promise.race([work, left]);
  } finally {
    signal.removeEventListener("abort", onAbort);
    work.catch(() => undefined);
  }
}
