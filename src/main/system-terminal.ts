import { writeSync } from "node:fs";
import type { Terminal } from "../cli/cli.ts";

const INPUT_BYTES_MAX = 64 * 1024 * 1024;
const COLUMNS_DEFAULT = 100;
const ROWS_DEFAULT = 24;
const INTERRUPTED_EXIT = 130;

/** The terminal, or the pipes, that this process was started with. */
export function systemTerminal(
  environment: Readonly<Record<string, string | undefined>>,
): Terminal {
  const { stdout } = process;
  // https://no-color.org: any value that is not empty.
  const wantsColour = (environment["NO_COLOR"] ?? "") === "";
  const isInteractive = stdout.isTTY === true && environment["TERM"] !== "dumb";
  // A reader that goes away (`| head`) ends us quietly, as it ends every other program.
  process.stdout.on("error", (cause: NodeJS.ErrnoException) => {
    process.exit(cause.code === "EPIPE" ? 0 : 1);
  });
  return {
    isInteractive,
    hasColour: isInteractive && wantsColour,
    get columns() {
      return stdout.columns || COLUMNS_DEFAULT;
    },
    get rows() {
      return stdout.rows || ROWS_DEFAULT;
    },
    onResize(listener) {
      stdout.on("resize", listener);
      return () => stdout.off("resize", listener);
    },
    onInterrupt,
    setCursor: cursor(),
    out: (text) => {
      process.stdout.write(text);
    },
    err: (text) => {
      process.stderr.write(text);
    },
    readInput,
    readLine,
  };
}

/** The first Ctrl-C is told; a second one, or one while nobody listens, ends the process. */
function onInterrupt(listener: () => void): () => void {
  let isTold = false;
  const heard = (): void => {
    if (isTold) process.exit(INTERRUPTED_EXIT);
    isTold = true;
    listener();
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, heard);
  return () => {
    for (const signal of signals) process.off(signal, heard);
  };
}

/** Whatever ends the process, the user's cursor comes back. */
function cursor(): Terminal["setCursor"] {
  let isHidden = false;
  const show = (): void => {
    if (!isHidden) return;
    isHidden = false;
    try {
      writeSync(1, "\u001b[?25h");
    } catch {
      // The terminal is gone, and its cursor with it.
    }
  };
  process.on("exit", show);
  return (to) => {
    if (to === "shown") return show();
    isHidden = true;
    process.stdout.write("\u001b[?25l");
  };
}

async function readInput(): Promise<string | null> {
  if (process.stdin.isTTY === true) return null;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > INPUT_BYTES_MAX) throw new Error("the input is longer than 64 MiB");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** What was read beyond the line that was asked for: the start of the next one. */
let beyond: Buffer = Buffer.alloc(0);

/** One line from the user, without echo where it is a secret typed at a terminal. */
async function readLine(prompt: string, isSecret: boolean): Promise<string> {
  const hides = isSecret && process.stdin.isTTY === true;
  // Before the prompt: whoever types as soon as it appears must not be echoed.
  if (hides) process.stdin.setRawMode(true);
  try {
    process.stderr.write(prompt);
    return await readTyped(hides);
  } finally {
    if (hides) {
      process.stdin.setRawMode(false);
      process.stderr.write("\n");
    }
  }
}

const LINE_BYTES_MAX = 4096;
const CTRL_C = 3;
const CTRL_D = 4;
const BACKSPACES = [8, 127];
const LINE_ENDS = [10, 13];

async function readTyped(hides: boolean): Promise<string> {
  const typed: number[] = [];
  while (typed.length < LINE_BYTES_MAX) {
    const bytes = await nextBytes();
    if (bytes === null) break;
    for (const [index, byte] of bytes.entries()) {
      if (hides && byte === CTRL_C) process.exit(INTERRUPTED_EXIT);
      if (LINE_ENDS.includes(byte) || (hides && byte === CTRL_D)) {
        beyond = bytes.subarray(index + 1);
        return textOf(typed);
      }
      if (hides && BACKSPACES.includes(byte)) typed.pop();
      else typed.push(byte);
    }
  }
  return textOf(typed);
}

function textOf(typed: readonly number[]): string {
  return Buffer.from(typed).toString("utf8").trim();
}

/**
 * The next bytes of the input, or null at its end. A terminal and a pipe are not blocking for Node,
 * so a synchronous read fails wherever a person takes a moment to type.
 */
async function nextBytes(): Promise<Buffer | null> {
  if (beyond.length > 0) {
    const kept = beyond;
    beyond = Buffer.alloc(0);
    return kept;
  }
  const { stdin } = process;
  if (stdin.readableEnded || stdin.destroyed) return null;
  return new Promise((resolve, reject) => {
    const settle = (end: () => void): void => {
      stdin.off("data", onData).off("end", onEnd).off("error", onError);
      // What is still listened to keeps the process alive; a file has nothing to let go of.
      stdin.pause();
      stdin.unref?.();
      end();
    };
    const onData = (chunk: Buffer): void => settle(() => resolve(chunk));
    const onEnd = (): void => settle(() => resolve(null));
    const onError = (cause: Error): void => settle(() => reject(cause));
    stdin.on("data", onData).on("end", onEnd).on("error", onError);
    stdin.ref?.();
    stdin.resume();
  });
}
