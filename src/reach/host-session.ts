import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { type MessageReader, messageReader } from "./host-message.ts";
import { type ReachProblem, type SessionLimits, sessionLimits } from "./model.ts";
import {
  type HostSession,
  type ItemQueue,
  itemQueue,
  type SessionItem,
  type SessionRequest,
} from "./session.ts";
import { brokenConnection } from "./ssh-problem.ts";
import type { Prepared, Transport } from "./transport.ts";

/** Time to remove temporary files after the request to end. */
const KILL_AFTER_MS = 2_000;
/** An answer was complete; the program only has to clean up behind itself. */
const FAREWELL_MS = 2_000;

/** A host's words on standard error: enough to tell why, not a place to send a flood to. */
const STDERR_BYTES_MAX = 16 * 1024;

export function openSession(transport: Transport, request: SessionRequest): HostSession {
  if (transport.open !== undefined) return transport.open(request);
  const prepared = transport.prepare(request.keeps ?? "connection");
  if ("kind" in prepared) return endedSession(prepared);
  const limits = { ...sessionLimits, ...request.limits };
  const child = start(prepared);
  const items = itemQueue();
  const end = (signal: NodeJS.Signals): void => signalTo(child, prepared, signal);
  const watch = sessionWatch({ child, end, transport, limits, items });
  if (prepared.after !== undefined) void items.ended.then(prepared.after);
  request.signal?.addEventListener("abort", () => watch.stop("cancelled", "was cancelled"), {
    once: true,
  });
  if (request.signal?.aborted === true) watch.stop("cancelled", "was cancelled");
  child.stdin.on("error", () => undefined);
  child.stdin.cork();
  child.stdin.write(prepared.preamble);
  child.stdin.write(`${request.verb}\n${request.input ?? ""}`);
  child.stdin.uncork();
  return {
    next: items.next,
    send(text) {
      if (child.stdin.writable) child.stdin.write(text);
    },
    endInput() {
      child.stdin.end();
    },
    async close() {
      watch.stop("cancelled", "was closed");
      await items.ended;
    },
    async finish() {
      child.stdin.end();
      const timer = setTimeout(() => watch.stop("cancelled", "was closed"), FAREWELL_MS);
      await items.ended;
      clearTimeout(timer);
    },
  };
}

function start(prepared: Prepared): ChildProcessWithoutNullStreams {
  return spawn(prepared.program, [...prepared.args], {
    cwd: "/",
    stdio: ["pipe", "pipe", "pipe"],
    detached: prepared.endsGroup,
    ...(prepared.env === null ? {} : { env: { ...prepared.env } }),
  });
}

function signalTo(
  child: ChildProcessWithoutNullStreams,
  prepared: Prepared,
  signal: NodeJS.Signals,
): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  if (!prepared.endsGroup) {
    child.kill(signal);
    return;
  }
  try {
    process.kill(-child.pid, signal);
  } catch (cause) {
    // Gone between the look and the signal: what was wanted.
    if ((cause as NodeJS.ErrnoException).code !== "ESRCH") throw cause;
  }
}

interface Watched {
  readonly child: ChildProcessWithoutNullStreams;
  readonly end: (signal: NodeJS.Signals) => void;
  readonly transport: Transport;
  readonly limits: SessionLimits;
  readonly items: ItemQueue;
}

/** Holds a session to its limits and turns the end of its process into a typed end. */
function sessionWatch(watched: Watched): {
  stop(kind: ReachProblem["kind"], how: string): void;
} {
  const { child, end, transport, limits, items } = watched;
  const reader = messageReader();
  let stopped: ReachProblem | null = null;
  let force: NodeJS.Timeout | undefined;
  let stderr = "";
  let bytes = 0;

  const stop = (kind: ReachProblem["kind"], how: string): void => {
    if (stopped !== null) return;
    stopped = { kind, message: `The session with ${transport.where} ${how}.` };
    end("SIGTERM");
    force = setTimeout(() => end("SIGKILL"), KILL_AFTER_MS);
    // A helper that outlives ssh (a proxy command) may hold the pipes open; we are done with them.
    child.stdout.destroy();
    child.stderr.destroy();
  };
  const patience = sessionPatience(limits, stop);

  child.stdout.on("data", (chunk: Buffer) => {
    if (stopped !== null) return;
    bytes += chunk.length;
    if (bytes > limits.bytesMax) {
      return stop(
        "flood",
        `was ended because it sent more than ${limits.bytesMax} bytes, which no answer has; look at what the host prints`,
      );
    }
    const messages = reader.take(chunk);
    if ("broken" in messages) return stop("protocol", `broke the protocol with ${messages.broken}`);
    // Before the greeting only the greeting counts: a trickle of bytes must not buy time.
    if (reader.hasGreeted()) patience.heard();
    for (const message of messages) items.push({ kind: "message", message });
  });
  child.stderr.on("data", (chunk: Buffer) => {
    if (stderr.length < STDERR_BYTES_MAX) stderr += chunk.toString("latin1");
  });
  const finish = (problem: ReachProblem | null): void => {
    patience.clear();
    clearTimeout(force);
    items.end(problem);
  };
  child.on("error", () => {
    const message = `The program ${child.spawnfile} could not be started on this server.`;
    finish({ kind: "program-missing", message });
  });
  child.on("close", (code) => {
    finish(stopped ?? endOf(transport, reader, { code: code ?? -1, stderr }));
  });
  return { stop };
}

/** The clocks of a session: until the greeting, between signs of life, and for all of it. */
function sessionPatience(
  limits: SessionLimits,
  stop: (kind: ReachProblem["kind"], how: string) => void,
): { heard(): void; clear(): void } {
  const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;
  const total = setTimeout(
    () => stop("timeout", `did not end within ${seconds(limits.totalMs)}`),
    limits.totalMs,
  );
  let quiet = setTimeout(
    () =>
      stop(
        "no-answer",
        `got no answer within ${seconds(limits.greetingMs)}; look on its console whether it hangs`,
      ),
    limits.greetingMs,
  );
  return {
    heard() {
      clearTimeout(quiet);
      quiet = setTimeout(
        () => stop("timeout", `ended after ${seconds(limits.silenceMs)} of silence`),
        limits.silenceMs,
      );
    },
    clear() {
      clearTimeout(total);
      clearTimeout(quiet);
    },
  };
}

/** What the end of the process means; null when the host program ended by itself after greeting. */
function endOf(
  transport: Transport,
  reader: MessageReader,
  end: { readonly code: number; readonly stderr: string },
): ReachProblem | null {
  if (!reader.hasGreeted()) return transport.explain(end);
  const { where } = transport;
  if (reader.isInside()) {
    return { kind: "connection-lost", message: `The connection to ${where} broke off mid-answer.` };
  }
  // After its greeting the program's messages tell what happened; 255 is ssh losing the line.
  if (end.code !== 255 && end.code >= 0) return null;
  return { kind: "connection-lost", message: brokenConnection(where) };
}

function endedSession(problem: ReachProblem): HostSession {
  const end: SessionItem = { kind: "ended", problem };
  return {
    next: () => Promise.resolve(end),
    send: () => undefined,
    endInput: () => undefined,
    close: () => Promise.resolve(),
    finish: () => Promise.resolve(),
  };
}

/**
 * One question, one answer: opens a session, waits for the named group and closes. A `refused` note
 * or any other end is a problem.
 */
export async function askHost(
  transport: Transport,
  request: SessionRequest & { readonly answer: string },
): Promise<ReadonlyMap<string, readonly string[]> | ReachProblem> {
  const session = openSession(transport, request);
  // Everything was said; a host program that waits for more must not wait for ever.
  session.endInput();
  try {
    return await answerOf(session, transport, request.answer);
  } finally {
    await session.finish();
  }
}

/** The named group, once it was asked for. The session stays as it is. */
export async function answerOf(
  session: HostSession,
  transport: Transport,
  answer: string,
): Promise<ReadonlyMap<string, readonly string[]> | ReachProblem> {
  for (;;) {
    const item = await session.next();
    if (item.kind === "ended") return item.problem ?? noAnswer(transport, answer);
    const { message } = item;
    if (message.kind === "group" && message.name === answer) return message.sections;
    if (message.kind === "note" && message.name === "refused") {
      const said = message.text.slice(0, 200);
      return { kind: "program-refused", message: `${transport.where} refused: ${said}` };
    }
  }
}

function noAnswer(transport: Transport, answer: string): ReachProblem {
  return {
    kind: "protocol",
    message: `The host program on ${transport.where} ended without an answer to ${answer}.`,
  };
}

export function isReachProblem(
  answer: ReadonlyMap<string, readonly string[]> | ReachProblem,
): answer is ReachProblem {
  return !(answer instanceof Map);
}
