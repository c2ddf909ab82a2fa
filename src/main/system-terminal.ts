import { readSync } from "node:fs";
import type { Terminal } from "../cli/cli.ts";

const INPUT_BYTES_MAX = 64 * 1024 * 1024;
const COLUMNS_DEFAULT = 100;

/** The terminal, or the pipes, that this process was started with. */
export function systemTerminal(): Terminal {
  // A reader that goes away (`| head`) ends us quietly, as it ends every other program.
  process.stdout.on("error", (cause: NodeJS.ErrnoException) => {
    process.exit(cause.code === "EPIPE" ? 0 : 1);
  });
  return {
    isInteractive: process.stdout.isTTY === true,
    columns: process.stdout.columns ?? COLUMNS_DEFAULT,
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

/** One line from the user, without echo where it is a secret typed at a terminal. */
async function readLine(prompt: string, isSecret: boolean): Promise<string> {
  process.stderr.write(prompt);
  const hides = isSecret && process.stdin.isTTY === true;
  if (hides) process.stdin.setRawMode(true);
  try {
    return readBytes(hides);
  } finally {
    if (hides) {
      process.stdin.setRawMode(false);
      process.stderr.write("\n");
    }
  }
}

const LINE_BYTES_MAX = 4096;
const CTRL_C = 3;
const BACKSPACES = [8, 127];
const LINE_ENDS = [10, 13];

function readBytes(hides: boolean): string {
  const typed: number[] = [];
  const buffer = Buffer.alloc(1);
  while (typed.length < LINE_BYTES_MAX && readSync(0, buffer, 0, 1, null) === 1) {
    const byte = buffer[0] ?? 0;
    if (LINE_ENDS.includes(byte)) break;
    if (hides && byte === CTRL_C) process.exit(130);
    if (hides && BACKSPACES.includes(byte)) typed.pop();
    else typed.push(byte);
  }
  return Buffer.from(typed).toString("utf8").trim();
}
